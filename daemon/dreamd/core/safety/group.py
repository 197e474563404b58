"""The group monitor: halve every coupling, sever unless that helps, and classify the cause afterwards.

A runaway of the loop, a group that locks into one rhythm, sleepers growing alike: none of these is one
person's failure, so no breaker covers them. `step` is given the group's readings once a tick and returns
acts. It decides nothing about single persons; `judge_person` does, and stands here because it has the same
limits.

Each cause has its own state

    CALM --over--> HALVED --10 s, fallen by 30 %--> EASED --60 s calm--> CALM
                     |                                |
                     `-- not fallen: all to zero      `-- over again: HALVED, judged from where it is now
    any of them --severe--> all to zero

Rules
- Couplings are halved once, however many causes ask for it. They are restored when every cause is calm. The
  pods make the way back: their slew follows a grant that doubles, over a ramp's length.
- A runaway must have fallen by 30 % ten seconds after it was halved, wherever it was in between; and again in
  each ten seconds in which it is still over its limit. Homogenisation is measured on 60 s means, which cannot
  drop by 30 % in 10 s. So it stays halved until calm, and severs only below the lower limit.
- "Calm" requires a margin below the limit. An unknown value is never calm.
- A third halving within 30 minutes severs: a loop that needs halving again and again is not stable.
- The data after zero decide the label, never the severing. A value that has fallen by 30 % after 20 s (60 s
  means: after 90 s) without a loop was driven by the loop. A value that has not fallen is driven by something
  common to all: a sound, a light, the mains. A Resume before that time leaves the sever unlabelled.
- A person alone is halved when their likeness to themselves is below .5 by more than chance, severed when it
  is then below .25, and restored from .6. One bad first minute must not end a sleeper's night.
- Readings count only while couplings may be above zero; otherwise nothing stays halved. An unknown value has
  not fallen.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf, isfinite, nan
from typing import Final, NamedTuple, assert_never

from dreamd.core.limits import HALVED_FOR_S, HALVED_MUST_FALL, IDENTITY_HALVE, IDENTITY_SEVER, LOCK_WITHIN_S
from dreamd.core.safety.causes import Cause

CALM_FOR_S: Final = 60.0
"""Calm for this long restores the couplings."""
HALVINGS_MOST: Final = 2
"""Halvings within half an hour; one more severs."""
LABEL_AFTER_S: Final = 20.0
LABEL_SLOW_S: Final = 90.0
"""The time that 60 s means need to forget the loop."""
PERSON_BACK: Final = 0.60
"""Likeness of a person from which their coupling is restored."""

CROWD_CAUSES: Final = (Cause.GAIN, Cause.SYNCHRONY, Cause.HOMOGENISED)
"""The causes of this monitor, in the order of its states."""
SLOW: Final = frozenset({Cause.HOMOGENISED})
"""Causes read from 60 s means."""


class Label(Enum):
    """The class of a group sever's cause, from the data after zero; the value is the word in the journal."""

    LOOP = "loop-driven"
    COMMON = "common drive or line noise"


class Phase(Enum):
    """The phase of one cause."""

    CALM = "calm"
    HALVED = "halved"
    EASED = "eased"


class GroupReading(NamedTuple):
    """A group reading for one cause.

    value: larger is worse, NaN: not known. limit: the value from which `over` holds. over: halve. severe:
    zero at once. calm: below the limit by a margin; an unknown value never is.
    """

    value: float = nan
    limit: float = nan
    over: bool = False
    severe: bool = False
    calm: bool = False


UNKNOWN: Final = GroupReading()
"""No reading: it halves nothing and restores nothing."""


class CauseState(NamedTuple):
    """One cause: its phase, when it was entered, the value when it was halved, since when it is calm."""

    phase: Phase = Phase.CALM
    at_s: float = 0.0
    value: float = nan
    calm_s: float = inf


@dataclass(frozen=True, slots=True)
class Severed:
    """The cause, time and value of a group sever; kept until it is labelled."""

    cause: Cause
    at_s: float
    value: float


class GroupState(NamedTuple):
    """The state of the monitor. halvings: times of the last halvings."""

    watches: tuple[CauseState, ...] = tuple(CauseState() for _ in CROWD_CAUSES)
    halvings: tuple[float, ...] = ()
    severed: Severed | None = None

    @property
    def halved(self) -> Cause | None:
        """The cause for which every coupling is halved; None: not halved."""
        asking = (c for c, w in zip(CROWD_CAUSES, self.watches, strict=True) if w.phase is not Phase.CALM)
        return next(asking, None)


@dataclass(frozen=True, slots=True)
class Halve:
    """Every coupling is halved from this message on."""

    cause: Cause
    sign: GroupReading


@dataclass(frozen=True, slots=True)
class Restore:
    """Couplings are back at their full value."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Zero:
    """The Dreamscape is severed; `why` in words."""

    cause: Cause
    sign: GroupReading
    why: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """The classified cause of a group sever; value: the reading at that time."""

    cause: Cause
    label: Label
    value: float


Act = Halve | Restore | Zero | Labelled
GroupReadings = tuple[GroupReading, ...]


def step(
    crowd: GroupState, signs: GroupReadings, now_s: float, *, live: bool
) -> tuple[GroupState, tuple[Act, ...]]:
    """Judge one tick.

    Args:
        crowd: as the last step left it.
        signs: one for each of CROWD_CAUSES.
        now_s: session time.
        live: couplings may be above zero: the Dreamscape is DREAMING. Otherwise readings only label.
    """
    if not live:
        return _look_back(crowd, signs, now_s)
    zero = _worst(crowd, signs, now_s)
    if zero is not None:
        return _zeroed(crowd, zero, now_s)
    moved = tuple(
        _moved(cause, watch, sign, now_s)
        for cause, watch, sign in zip(CROWD_CAUSES, crowd.watches, signs, strict=True)
    )
    after = GroupState(moved, crowd.halvings)
    if after.halved is not None and crowd.halved is None:
        return _halve(after, after.halved, signs, now_s)
    if after.halved is None and crowd.halved is not None:
        return after, (Restore(crowd.halved),)
    return after, ()


def _worst(crowd: GroupState, signs: GroupReadings, now_s: float) -> Zero | None:
    """Return the act that severs in this step, if any."""
    for cause, watch, sign in zip(CROWD_CAUSES, crowd.watches, signs, strict=True):
        if sign.severe:
            return Zero(cause, sign, "beyond the limit for every merge")
        due = watch.phase is Phase.HALVED and cause not in SLOW and now_s - watch.at_s >= HALVED_FOR_S
        if due and not fallen(sign.value, watch.value):
            seconds, share = f"{HALVED_FOR_S:.0f} s", f"{HALVED_MUST_FALL:.0%}"
            return Zero(
                cause, sign, f"not fallen by {share} of {watch.value:.2f} in {seconds} of half coupling"
            )
    return None


def fallen(value: float, was: float) -> bool:
    """Whether the value has fallen by 30 %; an unknown value has not."""
    return isfinite(value) and value <= (1.0 - HALVED_MUST_FALL) * was


def _moved(cause: Cause, watch: CauseState, sign: GroupReading, now_s: float) -> CauseState:
    """Move one cause that does not sever now; one that is due has fallen, or is slow."""
    calm_s = min(watch.calm_s, now_s) if sign.calm else inf
    match watch.phase:
        case Phase.CALM:
            return CauseState(Phase.HALVED, now_s, sign.value) if sign.over else watch
        case Phase.HALVED:
            due = now_s - watch.at_s >= HALVED_FOR_S
            again = due and sign.over and cause not in SLOW
            if again:
                return CauseState(Phase.HALVED, now_s, sign.value)
            return CauseState(Phase.EASED if due else Phase.HALVED, watch.at_s, watch.value, calm_s)
        case Phase.EASED:
            if sign.over and cause not in SLOW:
                return CauseState(Phase.HALVED, now_s, sign.value)
            return CauseState() if now_s - calm_s >= CALM_FOR_S else watch._replace(calm_s=calm_s)
        case _:
            assert_never(watch.phase)


def _halve(
    after: GroupState, cause: Cause, signs: GroupReadings, now_s: float
) -> tuple[GroupState, tuple[Act, ...]]:
    sign = signs[CROWD_CAUSES.index(cause)]
    lately = tuple(at_s for at_s in after.halvings if now_s - at_s <= LOCK_WITHIN_S)
    if len(lately) >= HALVINGS_MOST:
        minutes = f"{LOCK_WITHIN_S / 60:.0f} min"
        return _zeroed(after, Zero(cause, sign, f"a third halving within {minutes}"), now_s)
    return after._replace(halvings=(*lately, now_s)), (Halve(cause, sign),)


def _zeroed(crowd: GroupState, zero: Zero, now_s: float) -> tuple[GroupState, tuple[Act, ...]]:
    return GroupState(halvings=crowd.halvings, severed=Severed(zero.cause, now_s, zero.sign.value)), (zero,)


def _look_back(crowd: GroupState, signs: GroupReadings, now_s: float) -> tuple[GroupState, tuple[Act, ...]]:
    """Restore while all are at zero, and label the last sever once its wait is over."""
    acts: tuple[Act, ...] = (Restore(crowd.halved),) if crowd.halved is not None else ()
    after = GroupState(halvings=crowd.halvings, severed=crowd.severed)
    severed = crowd.severed
    if severed is None:
        return after, acts
    wait_s = LABEL_SLOW_S if severed.cause in SLOW else LABEL_AFTER_S
    if now_s - severed.at_s < wait_s:
        return after, acts
    value = signs[CROWD_CAUSES.index(severed.cause)].value
    if isfinite(value) and isfinite(severed.value):
        label = Label.LOOP if fallen(value, severed.value) else Label.COMMON
        acts = (*acts, Labelled(severed.cause, label, value))
    return after._replace(severed=None), acts


class PersonAct(Enum):
    """The consequence of one person's likeness to themselves."""

    NOTHING = "nothing"
    HALVE = "halve"
    RESTORE = "restore"
    SEVER = "sever"


def judge_person(likeness: float, chance: float, *, halved: bool) -> PersonAct:
    """Judge one person by their likeness; NaN, not known, changes nothing.

    Args:
        likeness: to their own first window, over its value then.
        chance: the largest drop that chance explains.
        halved: their own coupling is halved already.
    """
    lost = halved or likeness + chance < IDENTITY_HALVE
    if lost and likeness < IDENTITY_SEVER:
        return PersonAct.SEVER
    if halved:
        return PersonAct.RESTORE if likeness >= PERSON_BACK else PersonAct.NOTHING
    return PersonAct.HALVE if lost else PersonAct.NOTHING


assert IDENTITY_SEVER < IDENTITY_HALVE < PERSON_BACK < 1.0
