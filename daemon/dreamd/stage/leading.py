"""Leading: a vector and a share for the next tick, from a hand, a score or both. Pure.

A session asks its leader at each tick, and at once when an input has come. `None` leads nothing: the session
then closes its lead, and another artist may begin.
"""

from dataclasses import dataclass
from enum import Enum
from math import nan
from typing import Final, Protocol


class Source(Enum):
    """Where an input comes from."""

    LIVE = "live"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The input that is asked for now: D numbers on the shared scale, and their share of the blend, 0..1."""

    vector: tuple[float, ...]
    share: float
    source: Source = Source.LIVE


@dataclass(frozen=True, slots=True)
class Credits:
    """The words of a lead for its piece and for letters. score_sha256: of the score's file, hexadecimal."""

    title: str = ""
    artist: str = ""
    score_sha256: str = ""


NO_CREDITS: Final = Credits()


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant of a question.

    tick_s: the grid instant of the newest tick, session time, s; NaN: none has come. now_s: the monotonic
    clock of this machine, s.
    """

    tick_s: float = nan
    now_s: float = 0.0


class Leader(Protocol):
    """A way to lead. credits: of the piece that it leads."""

    credits: Credits

    def wanted(self, moment: Moment) -> Wanted | None:
        """Return what to ask for at this moment; None: lead nothing now."""
        ...

    def due_cues(self, moment: Moment) -> tuple[str, ...]:
        """Return the names of the cues that have become due since the last question."""
        ...

    def is_over(self, moment: Moment) -> bool:
        """Whether it leads nothing from now on, whatever comes."""
        ...
