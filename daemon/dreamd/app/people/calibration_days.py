"""Calibration days: how many days a sleeper was given a slot after a calibration, from the ledger.

A day goes from noon to noon, UTC, so that one night is one day. It is written in the transaction that names
the seat, and counts once that is durable. A clock that was set back counts no day twice.
"""

from typing import Final

from dreamd.core.exposure.windows import DAY_S
from dreamd.ports.ledger.exposure import ExposureLedger

NOON_S: Final = DAY_S / 2.0


class CalibrationDays:
    """The days of every sleeper; one thread uses it."""

    def __init__(self, ledger: ExposureLedger) -> None:
        """ledger: read here, once."""
        self._of = ledger.calibration_days()

    @staticmethod
    def day_of(at_s: float) -> int:
        """The number of the day of this session time."""
        return int((at_s - NOON_S) // DAY_S)

    def many(self, sleeper: str) -> int:
        """How many days this sleeper has."""
        return self._of.get(sleeper, (0, 0))[0]

    def kept(self, sleeper: str, day: int) -> None:
        """The ledger has this day."""
        many, newest = self._of.get(sleeper, (0, -1))
        if day > newest:
            self._of[sleeper] = many + 1, day

    def forget_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased: a walk-in again."""
        self._of.pop(sleeper, None)
