"""A published round: one file from which each reader computes the whole round again.

Theory of operation. The file holds the book, both commitments and nonces, and the result: line, berths,
moves, cancellations, what is held after them, and the money. `verify` computes everything that follows from
book, nonces and cancellations, and compares it member by member. It needs no key and no daemon.

Rules
- No sleeper is named: an ask has a random id that its sleeper alone knows.
- The digest of a document is the caller's: the SHA-256 of its canonical form (RFC 8785).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dreamd.core.exchange.accounts import account, rows
from dreamd.core.exchange.book import Book, BookError, shorten
from dreamd.core.exchange.clearing import clear
from dreamd.core.exchange.given_on import given_on
from dreamd.core.exchange.reading import listed, members, read_book, text
from dreamd.core.exchange.tickets import commitment, is_hex, seed_of

FORMAT: Final = "dreamd exchange round 1"
SIDES: Final = ("site", "advocate")
RESULT: Final = ("seed", "line", "berths", "moves", "unfunded", "held", "account", "pool_cents")
MEMBERS: Final = ("format", "book", "book_sha256", "commitments", "nonces", "cancelled", *RESULT)
Digest = Callable[[Mapping[str, object]], str]


@dataclass(frozen=True, slots=True)
class Draw:
    """The commitments and nonces of a round, by 64 hexadecimal digits, of the site and of the advocate."""

    commitments: tuple[str, str]
    nonces: tuple[str, str]


def published(book: Book, draw: Draw, cancelled: Sequence[str], digest: Digest) -> dict[str, object]:
    """Return the file of a cleared round as an object for JSON.

    Raises:
        ValueError: as `given_on`.
    """
    name = digest(book.document())
    return {
        "format": FORMAT,
        "book": book.document(),
        "book_sha256": name,
        "commitments": dict(zip(SIDES, draw.commitments, strict=True)),
        "nonces": dict(zip(SIDES, draw.nonces, strict=True)),
        "cancelled": list(cancelled),
        **_result(book, seed_of(*draw.nonces, name), cancelled),
    }


def _result(book: Book, seed: str, cancelled: Sequence[str]) -> dict[str, object]:
    clearing = clear(book, seed)
    holding = given_on(book, clearing, cancelled)
    money = account(book, holding.holds)
    return {
        "seed": seed,
        "line": [turn.ask for turn in clearing.line],
        "berths": dict(clearing.holds),
        "moves": [
            {"ask": move.ask, "left": move.left, "took": move.took, "made_for": move.made_for}
            for move in clearing.moves
        ],
        "unfunded": sorted(clearing.unfunded),
        "held": dict(holding.holds),
        "account": [list(row) for row in rows(money)],
        "pool_cents": money.pool_after,
    }


def verify(document: object, digest: Digest) -> tuple[str, ...]:
    """Return what is wrong with a published round, one sentence a fault; empty: all of it follows.

    Faults of the book or its form end the verification, as nothing can be computed from them.
    """
    try:
        whole = members(document, "round", MEMBERS)
        if whole["format"] != FORMAT:
            raise BookError("round.format", whole["format"], repr(FORMAT))
        book = read_book(whole["book"])
        committed, revealed = _pair(whole["commitments"], "commitments"), _pair(whole["nonces"], "nonces")
        cancelled = [text(one, "cancelled") for one in listed(whole["cancelled"], "cancelled")]
        name = digest(book.document())
        expected = _result(book, seed_of(*revealed, name), cancelled)
    except ValueError as fault:
        return (str(fault),)
    found = [
        f"the nonce of the {side} does not open its commitment: its SHA-256 is {commitment(nonce)}, the "
        f"commitment {promised}"
        for side, promised, nonce in zip(SIDES, committed, revealed, strict=True)
        if commitment(nonce) != promised
    ]
    if committed[0] == committed[1]:
        found.append("both commitments are the same, so one side chose the seed alone")
    if whole["book_sha256"] != name:
        found.append(f"book_sha256: found {shorten(whole['book_sha256'])}, the book has {name}")
    if whole["book"] != book.document():
        found.append("book: offers and asks are in the order of their ids, and these are not")
    return (
        *found,
        *(_differs(one, whole[one], expected[one]) for one in RESULT if whole[one] != expected[one]),
    )


def _pair(value: object, at: str) -> tuple[str, str]:
    found = members(value, at, SIDES)
    for side in SIDES:
        if not is_hex(found[side]):
            raise BookError(f"{at}.{side}", found[side], "64 hexadecimal digits, lower case")
    return text(found["site"], at), text(found["advocate"], at)


def _differs(name: str, found: object, expected: object) -> str:
    """Return the sentence on the first place in which a member differs from what follows from the book."""
    if isinstance(found, list) and isinstance(expected, list):
        if len(found) != len(expected):
            return f"{name}: {len(found)} entries, {len(expected)} follow from the book"
        n = next(n for n, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1])
        return _differs(f"{name}[{n}]", str(found[n]), str(expected[n]))
    if isinstance(found, dict) and isinstance(expected, dict):
        one = min(key for key in {*found, *expected} if found.get(key) != expected.get(key))
        return _differs(f"{name}.{one}", str(found.get(one)), str(expected.get(one)))
    return f"{name}: found {shorten(found)}, {shorten(expected)} follows from the book"
