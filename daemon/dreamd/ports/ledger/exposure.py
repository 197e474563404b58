"""Exposure: merge-minutes by sleeper and hour, and the marks of sleepers that are merging."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

HOUR_S: Final = 3600.0
"""Exposure is kept by the hour."""


class MarkMove(Enum):
    """The effect of a charge of exposure on the sleepers' marks."""

    OPEN = "open"  # charged where a mark stands already; then all are marked
    MOVE = "move"  # charged, and marked from the new instant on
    CLOSE = "close"  # charged, and the marks removed


@dataclass(frozen=True, slots=True)
class Exposure:
    """Merge-minutes by sleeper, charged in the hour of `at_s`, and the effect on their marks."""

    minutes: Mapping[str, float]
    at_s: float
    move: MarkMove


class ExposureLedger(Protocol):
    """Exposure."""

    def merging(self) -> dict[str, float]:
        """MUST return the sleepers that are marked as merging, each with the time of its mark."""
        ...

    def exposures(self, since_s: float) -> dict[str, float]:
        """MUST return each sleeper's merge-minutes charged in the hour of `since_s` and after."""
        ...
