"""The course of a round: planned, open for asks, closed, drawn, cleared, settled; or void.

| from | event | to |
|---|---|---|
| PLANNED | a side commits to its nonce | PLANNED |
| PLANNED | an operator publishes: both sides have committed, the reserves are funded | OPEN |
| OPEN | an operator closes the book, at its time or later | CLOSED |
| CLOSED | a side reveals its nonce; the other one has not | CLOSED |
| CLOSED | a side reveals its nonce; the other one has | DRAWN |
| CLOSED | REVEAL_S without both nonces | VOID |
| DRAWN | the daemon has computed the result | CLEARED |
| CLEARED | the nights of its offers are over | SETTLED |
| PLANNED, OPEN | an operator voids it, with a reason | VOID |

Rules
- Two sides, two people: an operator for the site, an advocate for the sleepers. The person that committed
  reveals. Commitments differ, and none is changed.
- After the book is closed no person voids a round: a result that is not liked cannot be avoided. A withheld
  nonce does void it, and the round names the side.
- The seed is fixed by both nonces and the digest of the closed book.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, assert_never

from dreamd.core.access.caller import Role
from dreamd.core.exchange.accounts import reserve_fault
from dreamd.core.exchange.book import Terms
from dreamd.core.exchange.tickets import commitment, is_hex, seed_of
from dreamd.core.refusals import Code, Refusal, bad_field

REVEAL_S: Final = 3600.0
"""Seconds from the close within which both sides reveal."""


class RoundState(Enum):
    """The states."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    DRAWN = "drawn"
    CLEARED = "cleared"
    SETTLED = "settled"
    VOID = "void"


class Side(Enum):
    """The two sides of a draw, in the order in which their nonces are joined."""

    SITE = "site"
    ADVOCATE = "advocate"


SIDE_OF: Final = {Role.OPERATOR: Side.SITE, Role.ADVOCATE: Side.ADVOCATE}


@dataclass(frozen=True, slots=True)
class Committed:
    """One side's part. person: the name of a principal. nonce: empty until it is revealed."""

    person: str
    sha256: str
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """A round as it is kept; times are unix seconds, 0 until they come. closes_s: the planned close."""

    id: str
    terms: Terms
    closes_s: float
    state: RoundState = RoundState.PLANNED
    site: Committed | None = None
    advocate: Committed | None = None
    berths: int = 0
    closed_s: float = 0.0
    book_sha256: str = ""
    seed: str = ""
    void_reason: str = ""


@dataclass(frozen=True, slots=True)
class Commits:
    """A side promises its nonce. sha256: `tickets.commitment` of it."""

    person: str
    role: Role
    sha256: str


@dataclass(frozen=True, slots=True)
class Publishes:
    """The offers are complete. berths: of all of them."""

    berths: int


@dataclass(frozen=True, slots=True)
class Closes:
    """No ask is taken any more. book_sha256: names the book."""

    book_sha256: str


@dataclass(frozen=True, slots=True)
class Reveals:
    """A side gives its nonce away."""

    person: str
    role: Role
    nonce: str


@dataclass(frozen=True, slots=True)
class Clears:
    """The result is written."""


@dataclass(frozen=True, slots=True)
class Settles:
    """The nights are over, and the account is final."""


@dataclass(frozen=True, slots=True)
class Voids:
    """An operator gives it up."""

    reason: str


@dataclass(frozen=True, slots=True)
class RevealDue:
    """Time passes."""


RoundEvent = Commits | Publishes | Closes | Reveals | Clears | Settles | Voids | RevealDue

TAKES: Final[dict[type[RoundEvent], frozenset[RoundState]]] = {
    Commits: frozenset({RoundState.PLANNED}),
    Publishes: frozenset({RoundState.PLANNED}),
    Closes: frozenset({RoundState.OPEN}),
    Reveals: frozenset({RoundState.CLOSED}),
    Clears: frozenset({RoundState.DRAWN}),
    Settles: frozenset({RoundState.CLEARED}),
    Voids: frozenset({RoundState.PLANNED, RoundState.OPEN}),
    RevealDue: frozenset(RoundState),
}
"""The states in which each event is taken."""


def step(  # noqa: PLR0911 - one for each event
    found: Round, event: RoundEvent, now_s: float
) -> Round | Refusal:
    """Return the round after this event; a refused event leaves it as it was. now_s: unix seconds."""
    now = _passed(found, now_s)
    if now.state not in TAKES[type(event)]:
        return _wrong_state(now)
    match event:
        case Commits():
            return _committed(now, event)
        case Publishes():
            return _published(now, event)
        case Closes():
            return _closed(now, event, now_s)
        case Reveals():
            return _revealed(now, event)
        case Clears():
            return replace(now, state=RoundState.CLEARED)
        case Settles():
            return replace(now, state=RoundState.SETTLED)
        case Voids():
            return _void(now, event.reason)
        case RevealDue():
            return now
        case _:
            assert_never(event)


def _passed(found: Round, now_s: float) -> Round:
    if found.state is not RoundState.CLOSED or now_s < found.closed_s + REVEAL_S:
        return found
    parts = ((Side.SITE, found.site), (Side.ADVOCATE, found.advocate))
    withheld = [side.value for side, part in parts if part is None or not part.nonce]
    reason = f"the nonce of the {' and of the '.join(withheld)} was not revealed in time"
    return replace(found, state=RoundState.VOID, void_reason=reason)


def _wrong_state(found: Round) -> Refusal:
    why = f": {found.void_reason}" if found.void_reason else ""
    sentence = f"round {found.id} is {found.state.value}{why}"
    return Refusal(Code.WRONG_STATE, sentence, {"round": found.id, "state": found.state.value})


def _side(found: Round, role: Role) -> Side | Refusal:
    side = SIDE_OF.get(role)
    if side is None:
        sentence = f"a nonce of round {found.id} is of an operator, for the site, or of an advocate"
        return Refusal(Code.WRONG_ROLE, sentence, {"round": found.id})
    return side


def _committed(found: Round, event: Commits) -> Round | Refusal:
    side = _side(found, event.role)
    if isinstance(side, Refusal):
        return side
    part = Committed(event.person, event.sha256)
    own, other = (found.site, found.advocate) if side is Side.SITE else (found.advocate, found.site)
    if own == part:
        return found
    if own is not None:
        sentence = f"the {side.value} of round {found.id} has committed; no commitment is changed"
        return Refusal(Code.WRONG_STATE, sentence, {"round": found.id, "state": found.state.value})
    return _commitment_fault(found, part, other) or _with(found, side, part)


def _commitment_fault(found: Round, part: Committed, other: Committed | None) -> Refusal | None:
    if not is_hex(part.sha256):
        return bad_field("sha256", "64 hexadecimal digits, lower case", part.sha256)
    if other is not None and other.person == part.person:
        sentence = f"{part.person} has committed for the other side of round {found.id}"
        return Refusal(Code.SAME_PERSON, sentence, {"round": found.id})
    if other is not None and other.sha256 == part.sha256:
        return bad_field("sha256", "the digest of a nonce of your own", part.sha256)
    return None


def _with(found: Round, side: Side, part: Committed) -> Round:
    return replace(found, site=part) if side is Side.SITE else replace(found, advocate=part)


def _published(found: Round, event: Publishes) -> Round | Refusal:
    if found.site is None or found.advocate is None:
        lacking = "site" if found.site is None else "advocate"
        sentence = f"round {found.id} opens once both sides have committed; the {lacking} has not"
        return Refusal(Code.WRONG_STATE, sentence, {"round": found.id, "state": found.state.value})
    if not event.berths > 0:
        return bad_field("offers", "at least one berth", event.berths)
    fault = reserve_fault(found.terms, event.berths)
    return fault or replace(found, state=RoundState.OPEN, berths=event.berths)


def _closed(found: Round, event: Closes, now_s: float) -> Round | Refusal:
    if not now_s >= found.closes_s:
        sentence = f"round {found.id} takes asks for another {found.closes_s - now_s:.0f} s"
        return Refusal(Code.TOO_EARLY, sentence, {"round": found.id})
    if not is_hex(event.book_sha256):
        return bad_field("book_sha256", "64 hexadecimal digits, lower case", event.book_sha256)
    return replace(found, state=RoundState.CLOSED, closed_s=now_s, book_sha256=event.book_sha256)


def _revealed(found: Round, event: Reveals) -> Round | Refusal:
    side = _side(found, event.role)
    if isinstance(side, Refusal):
        return side
    own = found.site if side is Side.SITE else found.advocate
    if own is None or own.person != event.person:
        sentence = f"the person that committed for the {side.value} of round {found.id} reveals its nonce"
        return Refusal(Code.WRONG_ROLE, sentence, {"round": found.id})
    if not (is_hex(event.nonce) and commitment(event.nonce) == own.sha256):
        return bad_field("nonce", "the nonce of your commitment, 64 hexadecimal digits", event.nonce)
    after = _with(found, side, replace(own, nonce=event.nonce))
    site, advocate = after.site, after.advocate
    if site is None or advocate is None or not (site.nonce and advocate.nonce):
        return after
    seed = seed_of(site.nonce, advocate.nonce, after.book_sha256)
    return replace(after, state=RoundState.DRAWN, seed=seed)


def _void(found: Round, reason: str) -> Round | Refusal:
    if not reason.strip():
        return bad_field("reason", "a sentence", reason)
    return replace(found, state=RoundState.VOID, void_reason=reason.strip())
