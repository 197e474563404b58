"""A moratorium: while it acts, no sleeper in its scope is merged, and a merged one is severed, not woken.

An advocate's call acts at once and for 24 hours. It stands to its end once it is seconded: by another
advocate, by a clinician, or by enough of the enrolled sleepers. Without seconds it lapses.

| from | event | to |
|---|---|---|
| - | an advocate calls | CALLED |
| - | a clause of the guidelines | STANDING |
| CALLED | seconded | STANDING |
| CALLED | 24 hours since it began, or its end | LAPSED |
| CALLED | its caller lifts it, or a clinician and an advocate do | LIFTED |
| STANDING | a clinician and an advocate lift it, two people | LIFTED |
| STANDING | its end | ENDED |

Rules
- A person seconds another person's call, never their own, and counts once.
- Sleepers second as SECONDS_LEAST people, or SECONDS_SHARE of those enrolled there, whichever is more.
- One call of a scope and an advocate in CALLED_EVERY_S may stay without seconds; the next one is refused.
- An end of time is exact: at `until_s` it acts no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from math import isfinite
from typing import Final

from dreamd.core.access.caller import Role
from dreamd.core.refusals import Code, Figure, Refusal, bad_field

HOUR_S: Final = 3600.0
DAY_S: Final = 24.0 * HOUR_S
UNSECONDED_S: Final = DAY_S
"""A call without seconds acts this long."""
LONGEST_S: Final = 14.0 * DAY_S
"""From its beginning to its end, and from the call to its beginning."""
CALLED_EVERY_S: Final = 30.0 * DAY_S
SECONDS_LEAST: Final = 3
SECONDS_SHARE: Final = 20
"""One of so many enrolled sleepers: 5 %."""
PAIR: Final = frozenset({Role.CLINICIAN, Role.ADVOCATE})
"""The two roles in which a moratorium is lifted."""


class MoratoriumState(Enum):
    """The states."""

    CALLED = "called"
    STANDING = "standing"
    LAPSED = "lapsed"
    LIFTED = "lifted"
    ENDED = "ended"


OPEN: Final = frozenset({MoratoriumState.CALLED, MoratoriumState.STANDING})
"""The states in which it acts, or will."""


class MoratoriumScope(Enum):
    """How far a moratorium reaches."""

    SITE = "site"
    FLEET = "fleet"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of one person. person: the name of their principal; of a sleeper their pseudonym."""

    person: str
    role: Role
    at_s: float


@dataclass(frozen=True, slots=True)
class Moratorium:
    """A moratorium as it is kept. Times are session seconds.

    site: empty for the fleet. by: the caller's principal, or the clause that called. clause: empty for the
    call of a person. people_only: it reaches no bed in which no person lies. sleepers: the pseudonyms that
    have seconded. seconds: of advocates and clinicians. lifting: the acts that ask for its end.
    """

    id: str
    revision: int
    scope: MoratoriumScope
    site: str
    begins_s: float
    ends_s: float
    reason: str
    by: str
    called_s: float
    state: MoratoriumState = MoratoriumState.CALLED
    clause: str = ""
    people_only: bool = False
    request_id: str = ""
    seconds: tuple[Signature, ...] = ()
    sleepers: frozenset[str] = frozenset()
    seconded_s: float = 0.0
    lifting: tuple[Signature, ...] = ()
    closed_s: float = 0.0
    closed_reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it acts, or will act."""
        return self.state in OPEN

    @property
    def until_s(self) -> float:
        """The instant from which on it acts no more."""
        if self.state is MoratoriumState.CALLED:
            return min(self.ends_s, self.begins_s + UNSECONDED_S)
        return self.ends_s

    @property
    def reach(self) -> str:
        """Its reach in words."""
        return "the fleet" if self.scope is MoratoriumScope.FLEET else f"site {self.site}"

    def acts(self, now_s: float) -> bool:
        """Whether it keeps its scope from merging at this instant; NaN is an instant at which it does."""
        return self.open and not now_s < self.begins_s and not now_s >= self.until_s

    def reaches(self, site: str, *, person: bool) -> bool:
        """Whether it reaches a bed of this site. person: whether a person lies there, or may."""
        if self.people_only and not person:
            return False
        return self.scope is MoratoriumScope.FLEET or self.site == site

    def alike(self, other: "Moratorium") -> bool:
        """Whether the other has the same scope."""
        return (self.scope, self.site) == (other.scope, other.site)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A person seconds it. person: their principal. pseudonym: of a sleeper. enrolled: sleepers there."""

    person: str
    role: Role
    pseudonym: str = ""
    enrolled: int = 0


@dataclass(frozen=True, slots=True)
class Lifts:
    """A person asks for its end, in one role."""

    person: str
    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes."""


MoratoriumEvent = Seconds | Lifts | Passes


def call_fault(called: Moratorium, kept: Iterable[Moratorium]) -> Refusal | None:
    """Return why this call is refused; None: it is not. kept: every moratorium known."""
    now_s = called.called_s
    if not (isfinite(called.begins_s) and now_s <= called.begins_s <= now_s + LONGEST_S):
        expected = "nothing, or a time within the next 14 days"
        return bad_field("begin_time", expected, Figure(f"{called.begins_s - now_s:+.0f} s from now"))
    lasts_s = called.ends_s - called.begins_s
    if not (isfinite(called.ends_s) and 0.0 < lasts_s <= LONGEST_S):
        expected = "a time after the beginning, at most 14 days after it"
        return bad_field("end_time", expected, Figure(f"{lasts_s:+.0f} s from the beginning"))
    before = [one for one in kept if not one.clause and one.by == called.by and one.alike(called)]
    bare = [one for one in before if not one.seconded_s and now_s - one.called_s < CALLED_EVERY_S]
    if not bare:
        return None
    last = max(bare, key=lambda one: one.called_s)
    days = (last.called_s + CALLED_EVERY_S - now_s) / DAY_S
    sentence = (
        f"moratorium {last.id} of {called.reach} by {called.by} has no second; the next one waits for it, or "
        f"for {days:.1f} days"
    )
    return Refusal(Code.QUORUM_LACKING, sentence, {"moratorium": last.id})


def seconds_needed(enrolled: int) -> int:
    """Return how many sleepers second a moratorium. enrolled: of its scope."""
    return max(SECONDS_LEAST, -(-max(enrolled, 0) // SECONDS_SHARE))


def step(moratorium: Moratorium, event: MoratoriumEvent, now_s: float) -> Moratorium | Refusal:
    """Return the moratorium after this event; a refused event leaves it as it was."""
    now = _passed(moratorium, now_s)
    match event:
        case Passes():
            return now
        case Seconds():
            return _closed(now) or _seconded(now, event, now_s)
        case Lifts():
            return _closed(now) or _lifted(now, event, now_s)


def _passed(moratorium: Moratorium, now_s: float) -> Moratorium:
    if not moratorium.open or not now_s >= moratorium.until_s:
        return moratorium
    called = moratorium.state is MoratoriumState.CALLED
    state = MoratoriumState.LAPSED if called else MoratoriumState.ENDED
    why = "it had no second" if called else "its time was over"
    return replace(moratorium, state=state, closed_s=moratorium.until_s, closed_reason=why)


def _closed(moratorium: Moratorium) -> Refusal | None:
    if moratorium.open:
        return None
    sentence = f"moratorium {moratorium.id} has {moratorium.state.value} already"
    return Refusal(Code.WRONG_STATE, sentence, {"moratorium": moratorium.id})


def _seconded(moratorium: Moratorium, event: Seconds, now_s: float) -> Moratorium | Refusal:
    if event.person == moratorium.by:
        sentence = f"moratorium {moratorium.id} was called by this person; another one seconds it"
        return Refusal(Code.SAME_PERSON, sentence, {"moratorium": moratorium.id})
    if event.role is Role.SLEEPER:
        sleepers = moratorium.sleepers | {event.pseudonym}
        heard = replace(moratorium, sleepers=sleepers)
        return _stands(heard, now_s) if len(sleepers) >= seconds_needed(event.enrolled) else heard
    if event.role not in PAIR:
        sentence = "a moratorium is seconded by an advocate, a clinician or the sleepers it reaches"
        return Refusal(Code.WRONG_ROLE, sentence)
    if any(one.person == event.person for one in moratorium.seconds):
        return moratorium
    act = Signature(event.person, event.role, now_s)
    return _stands(replace(moratorium, seconds=(*moratorium.seconds, act)), now_s)


def _stands(moratorium: Moratorium, now_s: float) -> Moratorium:
    if moratorium.state is MoratoriumState.STANDING:
        return moratorium
    return replace(moratorium, state=MoratoriumState.STANDING, seconded_s=now_s)


def _lifted(moratorium: Moratorium, event: Lifts, now_s: float) -> Moratorium | Refusal:
    own = moratorium.state is MoratoriumState.CALLED and event.person == moratorium.by
    if own:
        return _ended(moratorium, event, now_s)
    if event.role not in PAIR:
        sentence = "a moratorium is lifted by a clinician and an advocate, two people"
        return Refusal(Code.WRONG_ROLE, sentence, {"moratorium": moratorium.id})
    asked = {one.role: one.person for one in moratorium.lifting}
    if asked.get(event.role) == event.person:
        return moratorium
    (other,) = PAIR - {event.role}
    if asked.get(other) == event.person:
        sentence = f"{event.person} has lifted moratorium {moratorium.id} as {other.value}"
        return Refusal(Code.SAME_PERSON, sentence, {"moratorium": moratorium.id})
    kept = (one for one in moratorium.lifting if one.role is other)
    lifting = (*kept, Signature(event.person, event.role, now_s))
    heard = replace(moratorium, lifting=lifting, closed_reason=event.reason)
    return _ended(heard, event, now_s) if other in asked else heard


def _ended(moratorium: Moratorium, event: Lifts, now_s: float) -> Moratorium:
    return replace(moratorium, state=MoratoriumState.LIFTED, closed_s=now_s, closed_reason=event.reason)
