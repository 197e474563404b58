"""The course of a revision from draft to its end: one table, and `step(course, event, now)`.

Rules
- A revision is ratified by one clinician and one advocate, and the two are two people. A person that holds
  both roles ratifies once.
- It is open for comments for at least COMMENTS_S, with its dry run attached. One that only tightens, against
  the revision in force at that instant, may be ratified at once. It is then provisional: it lapses after
  CONFIRM_S unless the two roles ratify it again once it has been open for COMMENTS_S.
- A provisional revision hides the one before it, which is superseded once it stands.
- What lapses or is withdrawn never comes into force again.
- An event that has happened already changes nothing, so two ratifications at once make one.
"""

from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import Final

from dreamd.core.access.caller import Role
from dreamd.core.refusals import Code, Refusal

DAY_S: Final = 24 * 3600.0
COMMENTS_S: Final = 7 * DAY_S
CONFIRM_S: Final = 30 * DAY_S
LAPSES_S: Final = 90 * DAY_S
RATIFIERS: Final = frozenset({Role.CLINICIAN, Role.ADVOCATE})


class CourseState(Enum):
    """The states of a revision."""

    DRAFT = "draft"
    OPEN = "open"
    RATIFIED = "ratified"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


MOVES: Final[dict[CourseState, frozenset[CourseState]]] = {
    CourseState.DRAFT: frozenset({CourseState.OPEN, CourseState.WITHDRAWN, CourseState.LAPSED}),
    CourseState.OPEN: frozenset({CourseState.RATIFIED, CourseState.WITHDRAWN, CourseState.LAPSED}),
    CourseState.RATIFIED: frozenset({CourseState.IN_FORCE, CourseState.WITHDRAWN}),
    CourseState.IN_FORCE: frozenset({CourseState.SUPERSEDED, CourseState.LAPSED}),
    CourseState.SUPERSEDED: frozenset(),
    CourseState.LAPSED: frozenset(),
    CourseState.WITHDRAWN: frozenset(),
}
"""The possible moves."""


class CourseEffect(Enum):
    """The consequence of a step."""

    BEGINS = "begins"  # it is in force from now on
    STANDS = "stands"  # it is confirmed, or was never provisional: earlier ones are superseded
    ENDS = "ends"  # provisional and not confirmed: the revision before it is in force again


@dataclass(frozen=True, slots=True)
class Course:
    """The life of one revision. Times are unix seconds, 0: not yet.

    begins_s: the earliest instant of its force. dry_run: digest of the attached table. clinician, advocate:
    the people that ratified; while it is provisional, that have confirmed.
    """

    revision: int
    proposer: str
    drafted_s: float
    state: CourseState = CourseState.DRAFT
    opened_s: float = 0.0
    begins_s: float = 0.0
    in_force_s: float = 0.0
    dry_run: str = ""
    clinician: str = ""
    advocate: str = ""
    provisional: bool = False
    ended_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Opens:
    """The proposer opens it for comments, with the digest of its dry run."""

    dry_run: str


@dataclass(frozen=True, slots=True)
class Ratifies:
    """A person ratifies in one role. roles: all they hold; tightens: against the revision in force now."""

    person: str
    role: Role
    roles: frozenset[Role]
    tightens: bool


@dataclass(frozen=True, slots=True)
class Withdraws:
    """The proposer takes it back before it is in force."""

    person: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """Another revision has come into force."""


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes."""


CourseEvent = Opens | Ratifies | Withdraws | Superseded | Passes
Stepped = tuple[Course, tuple[CourseEffect, ...]]


def step(course: Course, event: CourseEvent, now_s: float) -> Stepped | Refusal:
    """Return the course after the event and its effects, or the refusal; time is accounted for first."""
    course, effects = _passed(course, now_s)
    after = _answered(course, event, now_s)
    return after if isinstance(after, Refusal) else (after[0], effects + after[1])


def _answered(course: Course, event: CourseEvent, now_s: float) -> Stepped | Refusal:
    match event:
        case Passes():
            return course, ()
        case Opens():
            return _opened(course, event, now_s)
        case Ratifies():
            return _ratified(course, event, now_s)
        case Withdraws():
            return _withdrawn(course, event, now_s)
        case Superseded():
            return _superseded(course, now_s)


def due_s(course: Course) -> float:
    """Return when time alone changes it; infinity: never."""
    match course.state:
        case CourseState.DRAFT:
            return course.drafted_s + LAPSES_S
        case CourseState.OPEN:
            return course.opened_s + LAPSES_S
        case CourseState.RATIFIED:
            return course.begins_s
        case CourseState.IN_FORCE:
            return course.in_force_s + CONFIRM_S if course.provisional else inf
        case CourseState.SUPERSEDED | CourseState.LAPSED | CourseState.WITHDRAWN:
            return inf


def _passed(course: Course, now_s: float) -> Stepped:
    if now_s < due_s(course):
        return course, ()
    if course.state is CourseState.RATIFIED:
        begun = replace(course, state=CourseState.IN_FORCE, in_force_s=now_s)
        if begun.provisional:
            begun = replace(begun, clinician="", advocate="")
        stands = () if begun.provisional else (CourseEffect.STANDS,)
        return begun, (CourseEffect.BEGINS, *stands)
    ended = replace(course, state=CourseState.LAPSED, ended_s=now_s)
    return ended, (CourseEffect.ENDS,) if course.state is CourseState.IN_FORCE else ()


def _opened(course: Course, event: Opens, now_s: float) -> Stepped | Refusal:
    if course.state is CourseState.OPEN:
        return course, ()
    if course.state is not CourseState.DRAFT:
        return _wrong(course, "opened for comments")
    if not event.dry_run:
        return Refusal(Code.WRONG_STATE, f"revision {course.revision} has no dry run yet", _of(course))
    return replace(course, state=CourseState.OPEN, opened_s=now_s, dry_run=event.dry_run), ()


def _ratified(course: Course, event: Ratifies, now_s: float) -> Stepped | Refusal:
    refusal = _ratifier_refused(course, event, now_s)
    if refusal is not None:
        return refusal
    first = course.clinician if event.role is Role.CLINICIAN else course.advocate
    if first:
        return course, ()
    if event.role is Role.CLINICIAN:
        course = replace(course, clinician=event.person)
    else:
        course = replace(course, advocate=event.person)
    if not (course.clinician and course.advocate):
        return course, ()
    if course.state is CourseState.IN_FORCE:
        return replace(course, provisional=False), (CourseEffect.STANDS,)
    provisional = now_s < course.opened_s + COMMENTS_S
    begins_s = now_s if provisional else max(course.begins_s, now_s)
    return _passed(
        replace(course, state=CourseState.RATIFIED, begins_s=begins_s, provisional=provisional), now_s
    )


def _ratifier_refused(course: Course, event: Ratifies, now_s: float) -> Refusal | None:
    confirming = course.state is CourseState.IN_FORCE and course.provisional
    if course.state is not CourseState.OPEN and not confirming:
        return _wrong(course, "ratified")
    if event.role not in RATIFIERS or event.role not in event.roles:
        sentence = f"{event.person} does not act as clinician or advocate here"
        return Refusal(Code.WRONG_ROLE, sentence, _of(course))
    other = course.advocate if event.role is Role.CLINICIAN else course.clinician
    if other and other == event.person:
        sentence = f"{event.person} has ratified revision {course.revision} in the other role"
        return Refusal(Code.SAME_PERSON, sentence, _of(course))
    from_s = course.opened_s + COMMENTS_S
    if now_s < from_s and (confirming or not event.tightens):
        left_h = (from_s - now_s) / 3600.0
        sentence = f"revision {course.revision} is open for comments for another {left_h:.0f} h"
        return Refusal(Code.TOO_EARLY, sentence, _of(course) | {"from": f"{from_s:.0f}"})
    return None


def _withdrawn(course: Course, event: Withdraws, now_s: float) -> Stepped | Refusal:
    if course.state is CourseState.WITHDRAWN:
        return course, ()
    if event.person != course.proposer:
        sentence = f"revision {course.revision} was proposed by another person"
        return Refusal(Code.WRONG_ROLE, sentence, _of(course))
    if CourseState.WITHDRAWN not in MOVES[course.state]:
        return _wrong(course, "withdrawn")
    return replace(course, state=CourseState.WITHDRAWN, ended_s=now_s), ()


def _superseded(course: Course, now_s: float) -> Stepped | Refusal:
    if course.state is not CourseState.IN_FORCE:
        return course, ()
    return replace(course, state=CourseState.SUPERSEDED, ended_s=now_s), ()


def _wrong(course: Course, done: str) -> Refusal:
    sentence = f"revision {course.revision} is {course.state.value} and cannot be {done}"
    return Refusal(Code.WRONG_STATE, sentence, _of(course))


def _of(course: Course) -> dict[str, str]:
    return {"revision": str(course.revision), "state": course.state.value}
