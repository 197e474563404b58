"""The course of a case: one table, and `step(case, event, now)`.

A case is one person and one night; later evidence joins it. A hold is a refusal to merge that a clinician of
the site alone ends; it is never a reason to keep a person anywhere.

Rules
- A case that is not answered in time climbs a level, once for each time that passes.
- The return has three steps, one night each, a clean morning after each: a quarter, half, the whole ceiling.
  A low check-in goes one step back, a trip or what opens level 2 back to HELD.
- Graver evidence after the triage is answered anew. In the return, a graver level that holds ends the return.
- A case is released by a clinician of its site who is not its person. It is closed from TRIAGED where
  nothing more is to be done, or from HELD where its person is erased. One of level 4 closes by itself.
- Nothing is forgotten: evidence joins until the case has ended, and later evidence opens the next one.
"""

from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import Final

from dreamd.core.clinic.levels import Level
from dreamd.core.refusals import Code, Refusal


class CaseKind(Enum):
    """The kind of a case. Only that of a person holds."""

    PERSON = "person"
    PARENT = "parent"  # a Dreamscape that was severed as one; the cases of its sleepers name it
    FLEET = "fleet"  # a kind of harm that has become more frequent


class CaseState(Enum):
    """The states of a case."""

    OPEN = "open"
    TRIAGED = "triaged"
    HELD = "held"
    RETURNING = "returning"
    RELEASED = "released"
    CLOSED = "closed"


ENDED: Final = frozenset({CaseState.RELEASED, CaseState.CLOSED})
STEPS: Final = (0.25, 0.5, 1.0)
"""Shares of the ceiling, by step of the return."""


@dataclass(frozen=True, slots=True)
class Case:
    """One person and one night. Times are unix seconds, 0: not yet.

    person: their name in this program; empty for other kinds, and once the person is erased. answer_by_s: the
    instant from which an answer is late. held: whether the person is held. answered_s: of the triage.
    climbed: how often, for want of an answer. step: of the return, 1 to 3, 4: each has had its clean morning.
    morning: whether the night of this step awaits its morning.
    """

    id: str
    person: str
    site: str
    level: Level
    opened_s: float
    answer_by_s: float = 0.0
    state: CaseState = CaseState.OPEN
    held: bool = False
    answered_s: float = 0.0
    climbed: int = 0
    step: int = 0
    morning: bool = False
    ended_s: float = 0.0
    parent: str = ""
    kind: CaseKind = CaseKind.PERSON

    @property
    def ended(self) -> bool:
        """Whether it is released or closed."""
        return self.state in ENDED

    def holds_at(self, level: Level) -> bool:
        """Whether its person is held at once at this level."""
        return self.kind is CaseKind.PERSON and level.holds

    @property
    def share(self) -> float:
        """The share of the ceiling that may be granted: 0 while it is held, a step's while it returns."""
        if self.state is CaseState.RETURNING:
            return STEPS[min(self.step, len(STEPS)) - 1]
        return 0.0 if self.held else 1.0

    def due_s(self) -> float:
        """When time alone changes it; infinity: never."""
        ended = self.state in ENDED
        if self.level is Level.NOTE:
            return inf if self.held or ended else self.opened_s + self.level.within_s
        return self.answer_by_s if self.state is CaseState.OPEN else inf


@dataclass(frozen=True, slots=True)
class By:
    """The person that acts: `sub` of the credential, and whether it is a clinician of the case's site."""

    person: str
    clinician: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """More has come to light. trip: the person was severed by a personal cause."""

    level: Level
    trip: bool = False


@dataclass(frozen=True, slots=True)
class Triages:
    """A clinician answers and sets the level."""

    by: By
    level: Level


@dataclass(frozen=True, slots=True)
class Holds:
    """A clinician holds the person."""

    by: By


@dataclass(frozen=True, slots=True)
class Plans:
    """A clinician plans the return: the next night merges with a quarter of the ceiling."""

    by: By


@dataclass(frozen=True, slots=True)
class Merged:
    """The person was merged in a night of the return."""


@dataclass(frozen=True, slots=True)
class Morning:
    """The morning after. low: the answers open a case by themselves."""

    low: bool


@dataclass(frozen=True, slots=True)
class Releases:
    """A clinician releases the person. restored: by the sittings; None: it cannot be measured."""

    by: By
    restored: bool | None


@dataclass(frozen=True, slots=True)
class Closes:
    """A clinician closes a case after its triage."""

    by: By


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes."""


Decision = Triages | Holds | Plans | Releases | Closes
CaseEvent = Evidence | Decision | Merged | Morning | Passes


def opened(
    id: str,  # noqa: A002 - the field's own name
    person: str,
    site: str,
    level: Level,
    at_s: float,
    parent: str = "",
    kind: CaseKind = CaseKind.PERSON,
) -> Case:
    """Return a new case; its person is held at once where the level says so."""
    by_s = at_s + level.within_s
    held = kind is CaseKind.PERSON and level.holds
    return Case(id, person, site, level, at_s, by_s, held=held, parent=parent, kind=kind)


def step(case: Case, event: CaseEvent, now_s: float) -> Case | Refusal:
    """Return the case after the event; time is accounted for first."""
    case = _passed(case, now_s)
    match event:
        case Passes():
            return case
        case Evidence():
            return _joined(case, event, now_s)
        case Merged():
            return replace(case, morning=True) if case.state is CaseState.RETURNING else case
        case Morning():
            return _morning(case, event)
        case Triages() | Holds() | Plans() | Releases() | Closes():
            return _decided(case, event, now_s)


def _passed(case: Case, now_s: float) -> Case:
    """Climb for each answer that is late; a case of level 1 has no further level and is late once."""
    while now_s >= case.due_s():
        due_s = case.due_s()
        if case.level is Level.NOTE:
            return replace(case, state=CaseState.CLOSED, ended_s=due_s)
        level = Level(max(Level.NOW, case.level - 1))
        by_s = inf if case.level is Level.NOW else due_s + level.within_s
        held = case.held or case.holds_at(level)
        case = replace(case, level=level, climbed=case.climbed + 1, answer_by_s=by_s, held=held)
    return case


def _joined(case: Case, event: Evidence, now_s: float) -> Case:
    if case.state in ENDED:
        return case
    level, graver = min(case.level, event.level), event.level < case.level
    holds = case.holds_at(event.level)
    if case.state is CaseState.RETURNING and (event.trip or holds):
        return replace(case, state=CaseState.HELD, held=True, step=0, morning=False, level=level)
    by_s = min(case.answer_by_s, now_s + level.within_s) if graver else case.answer_by_s
    again = graver and case.state is CaseState.TRIAGED
    state, by_s = (CaseState.OPEN, now_s + level.within_s) if again else (case.state, by_s)
    return replace(case, level=level, answer_by_s=by_s, held=case.held or holds, state=state)


def _morning(case: Case, event: Morning) -> Case:
    if case.state is not CaseState.RETURNING or not case.morning:
        return case
    if event.low:
        if case.step == 1:
            return replace(case, state=CaseState.HELD, held=True, step=0, morning=False)
        return replace(case, step=min(case.step, len(STEPS)) - 1, morning=False)
    return replace(case, step=min(case.step + 1, len(STEPS) + 1), morning=False)


def _decided(case: Case, event: Decision, now_s: float) -> Case | Refusal:
    refusal = decider_refused(case, event.by)
    if refusal is not None:
        return refusal
    match event:
        case Triages():
            return _triaged(case, event, now_s)
        case Holds():
            held = _held(case)
            return held if isinstance(held, Refusal) else _answered(held, now_s)
        case Plans():
            return _planned(case)
        case Releases():
            return _released(case, event, now_s)
        case Closes():
            return _closed(case, now_s)


def decider_refused(case: Case, by: By) -> Refusal | None:
    """Return why this person does not decide the case; None: they may."""
    if not by.clinician:
        return Refusal(Code.NOT_YOUR_SITE, f"case {case.id} is decided by a clinician of its site", _of(case))
    if by.person == case.person:
        return Refusal(
            Code.NOT_YOURS, f"case {case.id} is one's own: another clinician decides it", _of(case)
        )
    return _wrong(case, "changed") if case.state in ENDED else None


def _held(case: Case) -> Case | Refusal:
    if case.kind is not CaseKind.PERSON:
        return _wrong(case, "held: it is of no person")
    return replace(case, state=CaseState.HELD, held=True, step=0, morning=False)


def _planned(case: Case) -> Case | Refusal:
    if case.state is not CaseState.HELD:
        return _wrong(case, "returned: only a held person returns in steps")
    return replace(case, state=CaseState.RETURNING, step=1, morning=False)


def _closed(case: Case, now_s: float) -> Case | Refusal:
    erased = case.kind is CaseKind.PERSON and not case.person
    if not (erased and case.state is CaseState.HELD) and (case.state is not CaseState.TRIAGED or case.held):
        return _wrong(case, "closed: a case is closed after its triage, where no hold stands")
    return replace(case, state=CaseState.CLOSED, held=False, ended_s=now_s)


def _answered(case: Case, now_s: float) -> Case:
    return replace(case, answered_s=case.answered_s or now_s)


def _triaged(case: Case, event: Triages, now_s: float) -> Case:
    held = case.held or case.holds_at(event.level)
    if case.state is CaseState.RETURNING and event.level < case.level and case.holds_at(event.level):
        case = replace(case, state=CaseState.HELD, step=0, morning=False)
    state = case.state if case.state is not CaseState.OPEN else CaseState.TRIAGED
    if held and state is CaseState.TRIAGED:
        state = CaseState.HELD
    return _answered(replace(case, level=event.level, state=state, held=held), now_s)


def _released(case: Case, event: Releases, now_s: float) -> Case | Refusal:
    if case.state is not CaseState.RETURNING:
        return _wrong(case, "released: a release follows the last step of the return")
    done = case.step > len(STEPS) and not case.morning
    if not done:
        sentence = f"case {case.id} is at step {case.step} of {len(STEPS)} of its return"
        return Refusal(Code.PLAN_STEP, sentence, _of(case) | {"step": str(case.step)})
    if event.restored is False:
        sentence = f"case {case.id}: the last sittings do not show the person as themselves yet"
        return Refusal(Code.NOT_MEASURED, sentence, _of(case))
    return replace(case, state=CaseState.RELEASED, held=False, ended_s=now_s)


def _wrong(case: Case, done: str) -> Refusal:
    return Refusal(Code.WRONG_STATE, f"case {case.id} is {case.state.value} and cannot be {done}", _of(case))


def _of(case: Case) -> dict[str, str]:
    return {"case": case.id, "state": case.state.value}
