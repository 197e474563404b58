"""Observations of a breaker, the signs they are reduced to, and the transitions that follow."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.causes import Cause, Kind, kind_of


@dataclass(frozen=True, slots=True)
class Good:
    """A fresh, sound frame since the last tick."""


@dataclass(frozen=True, slots=True)
class Bad:
    """Evidence against this sleeper's signal or network; `evidence` in words, never a sample."""

    cause: Cause
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick passed without a frame."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Open now, whatever the counts are.

    by: the person or detector that trips. evidence: the observation in words. seen_s: session time of the
    evidence; None: now.
    """

    cause: Cause
    by: str
    evidence: str = ""
    seen_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Leave LOCKED. A name and a reason are required; without them the observation is neutral."""

    by: str
    reason: str


Observation = Good | Bad | Tick | Trip | Reset


class Sign(Enum):
    """The class of an observation: the columns of the table."""

    GOOD = "good"
    SOFT = "soft"
    HARD = "hard"
    TRANSPORT = "transport"
    SILENT = "silent"
    TRIP = "trip"
    RESET = "reset"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Transition:
    """One move of a breaker, for the journal. seen_s: time of its evidence; None: `at_s`."""

    at_s: float
    before: BreakerState
    after: BreakerState
    cause: Cause | None
    detail: str = ""
    seen_s: float | None = None


def read(observation: Observation) -> tuple[Sign, Cause, str]:
    """Return the sign, its cause, and the detail for the journal."""
    match observation:
        case Good():
            return Sign.GOOD, Cause.UNKNOWN, ""
        case Tick():
            return Sign.SILENT, Cause.SILENCE, "no frame came"
        case Bad(cause, evidence):
            return _SIGN_OF_BAD[kind_of(cause)], cause, evidence
        case Trip(cause, by, evidence, _):
            return Sign.TRIP, cause, f"{by}: {evidence}" if evidence else by
        case Reset(by, reason):
            named = by.strip() != "" and reason.strip() != ""
            return (Sign.RESET if named else Sign.NEUTRAL), Cause.OPERATOR, f"{by}: {reason}"
        case _:
            assert_never(observation)


_SIGN_OF_BAD: Final = {
    Kind.HARD: Sign.HARD,
    Kind.SOFT: Sign.SOFT,
    Kind.TRANSPORT: Sign.TRANSPORT,
    Kind.EXCLUDE: Sign.NEUTRAL,
    Kind.ORDER: Sign.NEUTRAL,
}
