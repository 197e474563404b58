"""What a breaker is told, and what that amounts to: observations, the signs they are read as, its moves."""

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
    """Evidence against this sleeper's signal or way; `evidence` in words, never a sample."""

    cause: Cause
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick passed in which nothing came."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Open now, whatever the counts say; `by` names who wants it, `evidence` says what they saw.

    seen_s: session time at which it was seen; None: now.
    """

    cause: Cause
    by: str
    evidence: str = ""
    seen_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Leave LOCKED; a name and a reason are required, without them nothing happens."""

    by: str
    reason: str


Observation = Good | Bad | Tick | Trip | Reset


class Sign(Enum):
    """What an observation amounts to: the columns of the table."""

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
    """One move of a breaker, for the journal. seen_s: when its evidence was seen; None: at `at_s`."""

    at_s: float
    before: BreakerState
    after: BreakerState
    cause: Cause | None
    detail: str = ""
    seen_s: float | None = None


def read(observation: Observation) -> tuple[Sign, Cause, str]:
    """Return the sign, the cause it stands for, and what is said of it."""
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
