"""Pieces of artists: the chain over ticks, the document and its reading."""

from dataclasses import replace
from hashlib import sha256
from struct import pack

import pytest

from dreamd.core.pieces.chain import Chain
from dreamd.core.pieces.open_piece import OpenPiece
from dreamd.core.pieces.piece import NO_CREDITS, REVISIONS_MOST, Credits, Piece
from dreamd.core.pieces.reading import MEMBERS, PieceError, read_piece

WORDS = Credits("Low Tide", "Mia Vance", "ab" * 32)
REVISION = (3, "cd" * 32)
TICKS = [(7, [0.25, -1.5], 0.1), (8, [0.5, -1.0], 0.125), (11, [0.5, -0.5], 0.05)]


def led(ticks: list[tuple[int, list[float], float]], words: Credits = WORDS) -> Piece:
    """The piece of these ticks."""
    open_piece = OpenPiece(words, "night", "bands6x2")
    for tick, vector, share in ticks:
        open_piece.add_tick(1_800_000_000.0 + 0.25 * tick, tick, vector, share, REVISION)
    piece = open_piece.closed()
    assert piece is not None
    return piece


def test_the_chain_is_as_the_page_says() -> None:
    """By its bytes: SHA-256 over the head, then over the value before and tick, length, vector and share."""
    value = sha256(b"dreamd piece 1\0Low Tide\0Mia").digest()
    chain = Chain.of_head("Low Tide", "Mia")
    assert chain.value == value
    for tick, vector, share in TICKS:
        chain.add_tick(tick, vector, share)
        value = sha256(value + pack("<QIffd", tick, 2, *vector, share)).digest()
    assert (chain.value, chain.ticks, chain.first, chain.last) == (value, 3, 7, 11)


@pytest.mark.parametrize(
    "other",
    [
        TICKS[:2],
        TICKS[1:],
        [TICKS[0], TICKS[2]],
        [*TICKS[:2], (12, *TICKS[2][1:])],
        [*TICKS[:2], (11, [0.5, -0.49], 0.05)],
        [*TICKS[:2], (11, [0.5, -0.5], 0.0500001)],
        [*TICKS[:2], (11, [0.5, -0.5, 0.0], 0.05)],
    ],
)
def test_every_tick_every_number_and_their_order_are_in_the_chain(
    other: list[tuple[int, list[float], float]],
) -> None:
    """A tick left out, moved, or with another number ends in another chain, and so in another id."""
    assert led(other).chain_sha256 != led(TICKS).chain_sha256
    assert led(other).id != led(TICKS).id


def test_a_tick_that_is_not_above_the_last_adds_nothing() -> None:
    """The chain refuses it, and a piece that is led leaves it out."""
    assert led([*TICKS, TICKS[0], TICKS[2]]) == led(TICKS)
    chain = led(TICKS).new_chain()
    chain.add_tick(5, [0.0], 0.1)
    with pytest.raises(ValueError, match="tick 5 comes after tick 5"):
        chain.add_tick(5, [0.0], 0.1)


def test_a_piece_is_read_as_it_was_written_and_its_chain_can_be_made_again() -> None:
    """Document and reading agree; from the head alone and the ticks a reader gets the last value."""
    piece = led(TICKS)
    assert read_piece(piece.for_json()) == piece
    assert (piece.ticks, piece.first_tick, piece.last_tick, piece.share_most) == (3, 7, 11, 0.125)
    assert (piece.begin, piece.end) == ("2027-01-15T08:00:01.750Z", "2027-01-15T08:00:02.750Z")
    chain = piece.new_chain()
    for tick, vector, share in TICKS:
        chain.add_tick(tick, vector, share)
    assert chain.value.hex() == piece.chain_sha256
    assert led(TICKS, NO_CREDITS).chain_sha256 != piece.chain_sha256


def test_a_lead_without_a_tick_is_no_piece_and_revisions_are_named_in_order() -> None:
    """Nothing broadcast, nothing signed; each revision in force stands once a change, the last ones kept."""
    assert OpenPiece(WORDS, "night", "bands6x2").closed() is None
    open_piece = OpenPiece(WORDS, "night", "bands6x2")
    for tick in range(1, 2 * REVISIONS_MOST + 7):
        open_piece.add_tick(tick, tick, [0.0], 0.1, (max(tick // 2, 1), "cd" * 32))
    piece = open_piece.closed()
    assert piece is not None
    assert [number for number, _ in piece.guidelines] == list(range(4, REVISIONS_MOST + 4))
    assert read_piece(piece.for_json()) == piece


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("format", "dreamd piece 2", "format"),
        ("id", "0" * 16, "id is not"),
        ("title", "two\nlines", "title"),
        ("title", "x" * 101, "title"),
        ("artist", None, "artist"),
        ("score_sha256", "abc", "score_sha256"),
        ("dreamscape", "../x", "dreamscape"),
        ("begin", "yesterday", "begin"),
        ("end", "2026-01-01T00:00:00.000Z", "end is before begin"),
        ("ticks", 0, "ticks"),
        ("ticks", True, "ticks"),
        ("ticks", 6, "ticks is more"),
        ("first_tick", 1.0, "first_tick"),
        ("share_most", float("nan"), "share_most"),
        ("share_most", 0.51, "share_most"),
        ("share_most", 0.0, "share_most"),
        ("chain_sha256", "AB" * 32, "chain_sha256"),
        ("guidelines", [], "guidelines"),
        ("guidelines", [{"revision": 1}], "guidelines"),
        ("guidelines", [{"revision": 0, "sha256": "cd" * 32}], "guidelines"),
        ("sleeper", "ash", "sleeper"),
    ],
)
def test_a_document_that_is_no_piece_is_refused_with_its_member(
    member: str, value: object, said: str
) -> None:
    """The sentence names the member that is wrong, missing or unknown; one more member is none of a piece."""
    with pytest.raises(PieceError, match=said):
        read_piece(led(TICKS).for_json() | {member: value})


def test_a_piece_has_no_member_for_a_person() -> None:
    """Its members are these and no others: none can hold a sleeper, a bed, a site or a count of people."""
    assert set(MEMBERS) == set(led(TICKS).for_json())
    assert not {"sleeper", "sleepers", "pod", "pods", "seat", "seats", "site", "people"} & set(MEMBERS)
    with pytest.raises(PieceError, match="schema"):
        read_piece({name: told for name, told in led(TICKS).for_json().items() if name != "schema"})
    assert replace(led(TICKS), schema="bands5x2").id == led(TICKS).id
