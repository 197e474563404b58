"""Exposure: merge-minutes by sleeper and hour, and the marks of sleepers that are merging."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

HOUR_S: Final = 3600.0
"""Exposure is kept by the hour."""


class MarkMove(Enum):
    """What a charge of exposure does to the sleepers' marks."""

    OPEN = "open"  # charged only where a mark stands already; then all are marked
    MOVE = "move"  # charged, and marked from the new instant on
    CLOSE = "close"  # charged, and marked no more


@dataclass(frozen=True, slots=True)
class Exposure:
    """Merge-minutes by sleeper, charged in the hour of `at_s`, and what becomes of their marks."""

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
