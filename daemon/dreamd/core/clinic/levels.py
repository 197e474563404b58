"""The level of a case by what opened it: one table over all causes, and the rules of the questionnaires.

Rules
- Each cause has its row; None: nothing has happened to the person, so no case is opened.
- More coupling than granted is no mere fault of the device: the person has lived it.
- A fault of a device or of the way opens a case only where it comes on two nights that follow each other.
- Leaving is a right. A withdrawal, an ended consent or a check-out opens no case.
- Answers are judged against the sleeper's own baseline: a cut-off for all would open a case for every tenth
  healthy morning. An answer outside its scale is refused, not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from statistics import fmean, median
from typing import Final

from dreamd.core.refusals import Figure, Refusal, bad_field
from dreamd.core.safety.causes import Cause

HOUR_S: Final = 3600.0
KSS_SCALE: Final = (1, 9)
KSS_ABOVE_OWN: Final = 3
KSS_LEAST: Final = 7
WHO5_SCALE: Final = (0, 25)
WHO5_FALL: Final = 5
WHO5_LOW: Final = 7
WHO5_ADVICE: Final = 13
"""Below it the morning letter advises to speak to a physician; it opens no case."""
BASELINE_LEAST: Final = 3
"""Answers of which a baseline is made."""
PULL_NOW: Final = 0.5
NIGHTS_RUNNING: Final = 2


class Level(IntEnum):
    """How soon a case is answered; the least number first."""

    NOW = 1
    TODAY = 2
    SOON = 3
    NOTE = 4

    @property
    def within_s(self) -> float:
        """Seconds from its opening in which it is to be answered."""
        return _WITHIN_S[self]

    @property
    def holds(self) -> bool:
        """Whether its sleeper is held at once; below, the clinician decides."""
        return self <= Level.TODAY


_WITHIN_S: Final = {
    Level.NOW: 0.25 * HOUR_S,
    Level.TODAY: 4.0 * HOUR_S,
    Level.SOON: 24.0 * HOUR_S,
    Level.NOTE: 7.0 * 24.0 * HOUR_S,
}

_N, _T, _S, _D = Level.NOW, Level.TODAY, Level.SOON, Level.NOTE
LEVELS: Final[dict[Cause, Level | None]] = {
    **dict.fromkeys((Cause.DISTRESS, Cause.IDENTITY, Cause.HOMOGENISED), _N),
    Cause.EXPOSURE: _T,
    **dict.fromkeys((Cause.AROUSAL, Cause.WAKE, Cause.ACTUATOR), _S),
    **dict.fromkeys((Cause.FLAT, Cause.RAILED, Cause.CONTACT, Cause.MAINS, Cause.AMPLITUDE), _D),
    **dict.fromkeys((Cause.RESOLUTION, Cause.HIGHFREQ, Cause.UNIT, Cause.QUALITY, Cause.NONFINITE), _D),
    **dict.fromkeys((Cause.RANGE, Cause.RATE, Cause.SILENCE, Cause.LOST, Cause.STALE, Cause.FROZEN), _D),
    **dict.fromkeys((Cause.REPLAYED, Cause.CLOCK, Cause.LEASE, Cause.STALLED, Cause.RENDERER), _D),
    **dict.fromkeys((Cause.MISFIT, Cause.CROSSTALK, Cause.UPLINK, Cause.UNKNOWN), _D),
    **dict.fromkeys((Cause.WITHDRAWN, Cause.EXPIRED, Cause.LATCHED, Cause.OUTLIER, Cause.OPERATOR), None),
    **dict.fromkeys((Cause.RELEASED, Cause.LEFT, Cause.STOPPED, Cause.DURATION, Cause.REASSIGNED), None),
    **dict.fromkeys((Cause.RECORDING_OVER, Cause.TIME_OVER, Cause.ENDED, Cause.SHUTDOWN), None),
    **dict.fromkeys((Cause.MORATORIUM, Cause.ELSEWHERE, Cause.UNJOINED), None),
    **dict.fromkeys(
        (Cause.DAEMON, Cause.LEDGER, Cause.QUORUM, Cause.MASS, Cause.GAIN, Cause.SYNCHRONY), None
    ),
}
"""Every cause. GAIN, SYNCHRONY, MASS and HOMOGENISED open a parent besides (PARENTS)."""

PARENTS: Final = frozenset({Cause.GAIN, Cause.SYNCHRONY, Cause.HOMOGENISED, Cause.MASS})
"""Causes that sever a Dreamscape as one failure: a parent holds the cases of its sleepers."""

assert set(LEVELS) == set(Cause), "every cause has its level"


def opened_by(cause: Cause, nights: int = 1) -> Level | None:
    """Return the level of the case that this cause opens; None: it opens none.

    nights: on how many nights that follow each other it has come; it matters for NOTE alone.
    """
    level = LEVELS[cause]
    return None if level is Level.NOTE and not nights >= NIGHTS_RUNNING else level


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one morning; None: not asked or not answered."""

    kss: int | None = None
    who5: int | None = None


def answers_fault(answers: Answers) -> Refusal | None:
    """Return why these answers cannot be taken; None: they are sound."""
    for field, value, (least, most) in (("kss", answers.kss, KSS_SCALE), ("who5", answers.who5, WHO5_SCALE)):
        sound = value is None or (type(value) is int and least <= value <= most)
        if not sound:
            return bad_field(field, f"a whole number from {least} to {most}", Figure(value))
    return None


def opened_by_answers(answers: Answers, own_kss: Sequence[int], own_who5: Sequence[int]) -> Level | None:
    """Return the level of the case that these answers open, against the sleeper's own earlier ones.

    own_kss, own_who5: oldest first. Without BASELINE_LEAST of them KSS opens none, and WHO-5 none but for a
    very low answer after a fall from the newest one there is.
    """
    found: list[Level] = []
    if answers.kss is not None and len(own_kss) >= BASELINE_LEAST:
        far = answers.kss >= median(own_kss) + KSS_ABOVE_OWN
        if far and answers.kss >= KSS_LEAST:
            found.append(Level.SOON)
    if answers.who5 is not None and own_who5:
        before = fmean(own_who5[-BASELINE_LEAST:])
        if answers.who5 <= WHO5_LOW and answers.who5 < before:
            found.append(Level.TODAY)
        if len(own_who5) >= BASELINE_LEAST and before - answers.who5 >= WHO5_FALL:
            found.append(Level.SOON)
    return min(found, default=None)


def opened_by_pull(pull: float) -> Level | None:
    """Return NOW where a sitting is pulled half of the way to the group; a pull that is no number is."""
    ok = isfinite(pull) and pull < PULL_NOW
    return None if ok else Level.NOW
