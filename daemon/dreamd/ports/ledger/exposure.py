"""Exposure: merge-minutes by sleeper and ten minutes, planned doses, the marks of sleepers that merge."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class MarkMove(Enum):
    """The effect of a charge of exposure on the sleepers' marks."""

    OPEN = "open"  # charged where a mark stands already; then all are marked
    MOVE = "move"  # charged, and marked from the new instant on
    CLOSE = "close"  # charged, and the marks removed that are not younger: those are of another daemon


class Account(Enum):
    """The account that is charged; each has buckets and marks of its own."""

    MERGING = "merging"  # merge-minutes
    ANCHOR = "anchor"  # minutes of anchor sessions


@dataclass(frozen=True, slots=True)
class Exposure:
    """Minutes of an account by sleeper, charged in the bucket of `at_s`, and the effect on their marks."""

    minutes: Mapping[str, float]
    at_s: float
    move: MarkMove
    account: Account = Account.MERGING


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """The merge-minutes that a sleeper is first assigned for: ceiling granted by planned time."""

    dreamscape: str
    sleeper: str
    minutes: float
    at_s: float


class ExposureLedger(Protocol):
    """Exposure."""

    def merging(self, account: Account = Account.MERGING) -> dict[str, float]:
        """MUST return the sleepers with a mark in this account, each with the time of its mark."""
        ...

    def exposures(self, since_s: float) -> dict[str, float]:
        """MUST return each sleeper's merge-minutes charged in the bucket of `since_s` and after.

        Of exposure that is folded into days the whole day of `since_s` counts.
        """
        ...

    def exposure_buckets(
        self, since_s: float, account: Account = Account.MERGING
    ) -> dict[str, dict[int, float]]:
        """MUST return each sleeper's minutes in this account by bucket, from the one of `since_s` on."""
        ...

    def planned_doses(self, dreamscape: str) -> dict[str, float]:
        """MUST return the planned merge-minutes of a Dreamscape, by sleeper."""
        ...

    def calibration_days(self) -> dict[str, tuple[int, int]]:
        """MUST return how many calibration days each sleeper has, and the newest of them."""
        ...
