"""Pieces in the application: one for each lead, of what was broadcast, signed and kept at its end."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dreamd.adapters.documents.pieces import verified_piece
from dreamd.adapters.recordings.led_ticks import disagreement
from dreamd.adapters.recordings.reader import Recording
from dreamd.app.stage.live_lead import LeadStream
from dreamd.app.stage.piece_book import PIECES_WAITING
from dreamd.core.pieces.piece import NO_CREDITS, Credits, Piece
from dreamd.core.refusals import Code, Refusal
from dreamd.render.permission import ask_permission
from dreamwire.messages import Collective
from dreamwire.schema import BANDS6X2
from dreamwire.signing import SigningKey
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger, settled
from fakes.recordings import DirectRecordings
from fakes.stage import PIECE_KEY, Stage

D = BANDS6X2.size
WORDS = Credits("Low Tide", "Mia Vance", "ab" * 32)


@pytest.fixture
def stage() -> Stage:
    """Six sleepers with grants for a while, in a Dreamscape with an artist's share of .3."""
    stage = Stage(pods=6)
    stage.appear()
    stage.dream(artist_share=0.3)
    stage.hop(12)
    return stage


def begin(stage: Stage, words: Credits = WORDS, name: str = "vera") -> LeadStream:
    """A lead by the artist of this name."""
    lead = stage.app.dreamscapes.lead(named(name), "night", words)
    assert isinstance(lead, LeadStream)
    return lead


def play(stage: Stage, lead: LeadStream, hops: int) -> list[Collective]:
    """Lead for so long; return the broadcasts that held the artist, one a tick."""
    held: dict[int, Collective] = {}
    for hop in range(hops):
        assert lead.offer([0.25 * hop - 1.0] * D, 0.2) is None
        stage.hop(1)
        newest = stage.link.collectives[-1]
        if newest.share > 0.0:
            held[newest.tick] = newest
    return list(held.values())


def kept(stage: Stage) -> list[Piece]:
    """Every piece in the ledger, newest first, each verified with the daemon's public key."""
    stage.hop(1)
    found = settled(stage.ledger, stage.ledger.read_pieces("", 100)).value
    return [verified_piece(one.text.encode(), PIECE_KEY.public) for one in found]


def test_a_piece_is_signed_at_the_end_of_a_lead_over_what_every_pod_was_sent(stage: Stage) -> None:
    """From the broadcasts alone a reader gets its last value: the applied vector and share, tick by tick."""
    lead = begin(stage)
    sent = play(stage, lead, 10)
    stage.hop(6)
    assert kept(stage) == []
    lead.close()
    (piece,) = kept(stage)
    assert (piece.credits, piece.dreamscape, piece.id) == (WORDS, "night", lead.piece)
    chain = piece.new_chain()
    for one in (
        *sent,
        *(one for one in stage.link.collectives if one.tick > sent[-1].tick and one.share > 0.0),
    ):
        if one.tick > chain.last:
            chain.add_tick(one.tick, one.artist.tolist(), one.share)
    assert (chain.value.hex(), chain.ticks) == (piece.chain_sha256, piece.ticks)
    assert piece.share_most == max(one.share for one in sent)
    held = stage.app._deps.guidelines.in_force
    assert piece.guidelines == ((held.bundle.revision, held.digest),)
    assert "sleeper-" not in json.dumps(piece.for_json())


def test_a_piece_follows_from_the_recording_of_its_night(tmp_path: Path) -> None:
    """The recorded ticks give the chain again, over two leads and a sever; the night may be rendered."""
    stage = Stage(pods=6, recordings=DirectRecordings(tmp_path, part_s=2.0))
    stage.appear()
    stage.dream(artist_share=0.3, record=True)
    stage.hop(12)
    for number in (1, 2):
        lead = begin(stage, Credits(f"Part {number}"))
        play(stage, lead, 9)
        if number == 1:
            stage.app.dreamscapes.sever(OPERATOR, "night", "a breath")
            play(stage, lead, 3)
            stage.app.dreamscapes.resume(OPERATOR, "night")
            play(stage, lead, 9)
        lead.close()
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    stage.hop(12)
    recording = Recording.from_directory(tmp_path / "recordings" / "night")
    pieces = kept(stage)
    assert [one.credits.title for one in pieces] == ["Part 2", "Part 1"]
    assert [disagreement(one, recording) for one in pieces] == ["", ""]
    assert pieces[1].ticks < pieces[1].last_tick - pieces[1].first_tick + 1
    assert disagreement(replace(pieces[0], chain_sha256="0" * 64), recording) != ""
    ask_permission(recording)


def test_a_severed_tick_is_not_in_the_piece_and_a_lead_never_broadcast_is_none(stage: Stage) -> None:
    """Ticks after a sever grant nothing, so they are not led; a lead under a sever leaves no piece."""
    lead = begin(stage)
    sent = play(stage, lead, 5)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    assert play(stage, lead, 3) == []
    lead.close()
    silent = begin(stage)
    assert play(stage, silent, 3) == []
    silent.close()
    (piece,) = kept(stage)
    assert (piece.ticks, piece.last_tick) == (len(sent), sent[-1].tick)
    assert silent.piece == ""


def test_the_tick_that_grants_nothing_any_more_is_not_led(stage: Stage) -> None:
    """Every bed falls silent while an artist leads: the first message of zeros is not in the piece."""
    lead = begin(stage)
    sent = play(stage, lead, 5)
    for pod in stage.pods:
        pod.sends = False
    sent += play(stage, lead, 20)
    assert stage.link.collectives[-1].share == 0.0
    lead.close()
    (piece,) = kept(stage)
    assert (piece.ticks, piece.last_tick) == (len(sent), sent[-1].tick)


def test_the_end_of_the_dreamscape_or_of_the_daemon_ends_the_piece(stage: Stage) -> None:
    """An ended Dreamscape has its piece though the stream is open; a daemon that stops writes one."""
    lead = begin(stage)
    play(stage, lead, 4)
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    stage.hop(12)
    assert [one.id for one in kept(stage)] == [lead.piece]
    lead.close()
    assert len(kept(stage)) == 1
    other = Stage(pods=6)
    other.appear()
    other.dream(artist_share=0.3)
    other.hop(12)
    open_lead = begin(other)
    play(other, open_lead, 4)
    other.app.shutdown(OPERATOR)
    other.app.close_books()
    other.app.close()
    assert isinstance(other.ledger, MemoryLedger)
    other.ledger.reopen()
    assert [one.id for one in kept(other)] == [open_lead.piece]


def test_a_killed_daemon_loses_the_piece_under_way_alone(stage: Stage) -> None:
    """A piece that was written stays over the restart; one whose lead was open is gone, and that is all."""
    first = begin(stage)
    play(stage, first, 4)
    first.close()
    stage.hop(1)
    play(stage, begin(stage), 4)
    stage.restart()
    assert [one.id for one in kept(stage)] == [first.piece]


def test_a_piece_waits_for_a_ledger_that_fails_and_is_bounded(stage: Stage) -> None:
    """A failed write is tried again; beyond PIECES_WAITING a piece is dropped and counted."""
    assert isinstance(stage.ledger, MemoryLedger)
    lead = begin(stage)
    play(stage, lead, 4)
    stage.ledger.broken = "the disk is full"
    lead.close()
    stage.hop(2)
    found = stage.app.pieces.get_piece(OPERATOR, lead.piece)
    assert found.settled
    assert not isinstance(found.answer(), Refusal)
    stage.ledger.broken = ""
    stage.hop(2)
    assert [one.id for one in kept(stage)] == [lead.piece]
    book = stage.app._deps.pieces
    stage.ledger.broken = "the disk is full"
    for number in range(PIECES_WAITING + 3):
        book.keep_piece(Piece(NO_CREDITS, "n", "s", "b", "e", 1, 1, 1, 0.1, f"{number:064x}"[::-1], ()))
    assert book.dropped == 3


def test_words_that_cannot_be_shown_are_refused_and_a_sleepers_name_is_not_written(stage: Stage) -> None:
    """Title and artist are one line, a score is 64 digits; a caller named as a sleeper is unnamed."""
    for words, field in (
        (Credits(title="two\nlines"), "title"),
        (Credits(title=" blank"), "title"),
        (Credits(artist="x" * 101), "artist"),
        (Credits(score_sha256="AB" * 32), "score_sha256"),
    ):
        refused = stage.app.dreamscapes.lead(OPERATOR, "night", words)
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.metadata["field"]) == (Code.INVALID_ARGUMENT, field)
    for name in ("sleeper-3", "vera"):
        lead = begin(stage, NO_CREDITS, name)
        play(stage, lead, 3)
        lead.close()
    assert [one.credits.artist for one in kept(stage)] == ["vera", ""]


def test_a_file_with_one_byte_changed_or_of_another_key_does_not_verify(stage: Stage) -> None:
    """Each byte of the file is covered, and another daemon's key has not signed it."""
    lead = begin(stage)
    play(stage, lead, 3)
    lead.close()
    stage.hop(1)
    (one,) = settled(stage.ledger, stage.ledger.read_pieces("", 9)).value
    text = one.text.encode()
    for place in range(0, len(text), 7):
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        with pytest.raises(ValueError, match=r"."):
            verified_piece(changed, PIECE_KEY.public)
    with pytest.raises(ValueError, match="another key"):
        verified_piece(text, SigningKey.from_seed(bytes(32)).public)
