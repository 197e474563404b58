"""What is done about a crowd: halve every coupling, zero unless it helps, and say afterwards what it was.

A runaway of the loop, a crowd that locks into one rhythm, sleepers fading into one another: none of these is
one person's failure, so none is a breaker's. `step` is given what the crowd shows once a tick and answers
with acts. It decides nothing of persons but `judge_person`, which stands here because it has the same lines.

Each cause has its own watch

    CALM --over--> HALVED --10 s, fallen by 30 %--> EASED --60 s calm--> CALM
                     |                                |
                     `-- not fallen: all to zero      `-- over again: HALVED, judged from where it is now
    any of them --severe--> all to zero

Rules
- Couplings are halved once, whatever number of causes asks for it; they are whole again when every watch
  is calm. The way back is the pods' own: a grant that doubles is reached by their slew, a ramp's length.
- A runaway must have fallen by 30 % ten seconds after it was halved, wherever it was in between; and again
  in each ten seconds in which it is still over its limit. Of 60 s means no such fall can be asked: a
  homogenising crowd stays halved until it is calm, or is severed below the lower line.
- Calm is more than not over: there is a margin. What cannot be said is not calm.
- A third halving within 30 minutes severs: what has to be halved again and again is not well.
- What happens after zero decides the label, never the severing. What has fallen by 30 % after 20 s (60 s
  means: after 90 s) without a loop was driven by the loop; what has not is driven by something all of them
  share: a sound, a light, the mains. Dreaming on before that leaves it unlabelled.
- A person is halved alone when their likeness to themselves is below .5 by more than chance, severed alone
  when it is then below .25, whole again from .6. One bad first minute must not cost somebody their night.
- Signs count only while somebody may be coupled; without, nothing stays halved. A number that is not known
  has not fallen.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf, isfinite, nan
from typing import Final, NamedTuple, assert_never

from dreamd.core.limits import HALVED_FOR_S, HALVED_MUST_FALL, IDENTITY_HALVE, IDENTITY_SEVER, LOCK_WITHIN_S
from dreamd.core.safety.causes import Cause

CALM_FOR_S: Final = 60.0
"""So long calm, and the halving is taken back."""
HALVINGS_MOST: Final = 2
"""Within half an hour; one more severs."""
LABEL_AFTER_S: Final = 20.0
LABEL_SLOW_S: Final = 90.0
"""60 s means need so long to forget the loop."""
PERSON_BACK: Final = 0.60
"""A person's likeness from which their halving is taken back."""

CROWD_CAUSES: Final = (Cause.GAIN, Cause.SYNCHRONY, Cause.HOMOGENISED)
"""The causes this machine watches, in order of its watches."""
SLOW: Final = frozenset({Cause.HOMOGENISED})
"""Causes read from 60 s means."""


class Label(Enum):
    """What it was, as seen after zero; the value is the word in the journal."""

    LOOP = "loop-driven"
    COMMON = "common drive or line noise"


class Phase(Enum):
    """Where a watch is."""

    CALM = "calm"
    HALVED = "halved"
    EASED = "eased"


class GroupReading(NamedTuple):
    """What the crowd shows of one cause.

    value: how bad, larger is worse, NaN: not known. limit: where `over` begins. over: halve. severe: zero
    at once. calm: surely well, which what is not known never is.
    """

    value: float = nan
    limit: float = nan
    over: bool = False
    severe: bool = False
    calm: bool = False


UNKNOWN: Final = GroupReading()
"""Nothing can be said: it halves nobody, and makes nobody whole."""


class CauseState(NamedTuple):
    """One cause: its phase, when that was entered, the value when it was halved, since when it is calm."""

    phase: Phase = Phase.CALM
    at_s: float = 0.0
    value: float = nan
    calm_s: float = inf


@dataclass(frozen=True, slots=True)
class Severed:
    """What severed, when, and how bad it was: kept until it is labelled."""

    cause: Cause
    at_s: float
    value: float


class GroupState(NamedTuple):
    """The state. halvings: when couplings were halved, the last few."""

    watches: tuple[CauseState, ...] = tuple(CauseState() for _ in CROWD_CAUSES)
    halvings: tuple[float, ...] = ()
    severed: Severed | None = None

    @property
    def halved(self) -> Cause | None:
        """Why every coupling is halved; None: it is not."""
        asking = (c for c, w in zip(CROWD_CAUSES, self.watches, strict=True) if w.phase is not Phase.CALM)
        return next(asking, None)


@dataclass(frozen=True, slots=True)
class Halve:
    """Every coupling is halved from this message on."""

    cause: Cause
    sign: GroupReading


@dataclass(frozen=True, slots=True)
class Restore:
    """Couplings are whole again."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Zero:
    """The Dreamscape is severed; `why` in words."""

    cause: Cause
    sign: GroupReading
    why: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """What it was that severed; value: how bad it still is."""

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
        live: somebody may be coupled: the Dreamscape dreams. Otherwise signs only label.
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
    """What severs in this step, if anything does."""
    for cause, watch, sign in zip(CROWD_CAUSES, crowd.watches, signs, strict=True):
        if sign.severe:
            return Zero(cause, sign, "beyond the line below which nobody stays merged")
        due = watch.phase is Phase.HALVED and cause not in SLOW and now_s - watch.at_s >= HALVED_FOR_S
        if due and not fallen(sign.value, watch.value):
            seconds, share = f"{HALVED_FOR_S:.0f} s", f"{HALVED_MUST_FALL:.0%}"
            return Zero(
                cause, sign, f"not fallen by {share} of {watch.value:.2f} in {seconds} of half coupling"
            )
    return None


def fallen(value: float, was: float) -> bool:
    """Whether what ran away has fallen by 30 %; what is not known has not."""
    return isfinite(value) and value <= (1.0 - HALVED_MUST_FALL) * was


def _moved(cause: Cause, watch: CauseState, sign: GroupReading, now_s: float) -> CauseState:
    """Move one watch that severs nothing now; one that is due has fallen, or is slow."""
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
        return _zeroed(after, Zero(cause, sign, f"to be halved a third time within {minutes}"), now_s)
    return after._replace(halvings=(*lately, now_s)), (Halve(cause, sign),)


def _zeroed(crowd: GroupState, zero: Zero, now_s: float) -> tuple[GroupState, tuple[Act, ...]]:
    return GroupState(halvings=crowd.halvings, severed=Severed(zero.cause, now_s, zero.sign.value)), (zero,)


def _look_back(crowd: GroupState, signs: GroupReadings, now_s: float) -> tuple[GroupState, tuple[Act, ...]]:
    """Nobody is coupled: nothing is halved any more, and what severed can be told apart."""
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
    """What follows from one person's likeness to themselves."""

    NOTHING = "nothing"
    HALVE = "halve"
    RESTORE = "restore"
    SEVER = "sever"


def judge_person(likeness: float, chance: float, *, halved: bool) -> PersonAct:
    """Judge one person by their likeness; NaN, not known, changes nothing.

    Args:
        likeness: to their own first window, over what it was then.
        chance: how much lower than it is chance may make it.
        halved: their own coupling is halved already.
    """
    lost = halved or likeness + chance < IDENTITY_HALVE
    if lost and likeness < IDENTITY_SEVER:
        return PersonAct.SEVER
    if halved:
        return PersonAct.RESTORE if likeness >= PERSON_BACK else PersonAct.NOTHING
    return PersonAct.HALVE if lost else PersonAct.NOTHING


assert IDENTITY_SEVER < IDENTITY_HALVE < PERSON_BACK < 1.0
