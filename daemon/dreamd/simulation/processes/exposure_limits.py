"""Exposure limits of simulated sleepers: some have a limit low enough to be reached in a night."""

import random
from collections.abc import Mapping
from typing import Final

from dreamd.adapters.exposure import ChargedLedger, LedgerExposure
from dreamd.core.exposure.dose import Dose
from dreamd.ports.ledger.exposure import Exposure

LIMITED_NIGHTS: Final = 0.3
LIMITED_SLEEPERS: Final = 0.25
LIMITS_MIN: Final = (0.02, 0.4)
"""Merge-minutes, least and most, for a night of some minutes."""


class LimitedExposures(LedgerExposure):
    """ports.consent.Exposures over the ledger, with limits. A night is shorter than every window."""

    def __init__(self, ledger: ChargedLedger, now_s: float, limits_min: Mapping[str, float]) -> None:
        super().__init__(ledger, now_s)
        self._limits_min = limits_min
        self._hours = ledger
        self._charged_min = ledger.exposures(0.0) if limits_min else {}

    def kept(self, exposure: Exposure) -> None:
        """Keep it, and read the sums again."""
        super().kept(exposure)
        if self._limits_min:
            self._charged_min = self._hours.exposures(0.0)

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """The minutes charged all night, and the limit of a sleeper with one."""
        limit_min = self._limits_min.get(sleeper)
        if limit_min is None:
            return super().dose(sleeper, now_s)
        return Dose(self._charged_min.get(sleeper, 0.0), limit_min)


def limits(seed: int, pods: int) -> dict[str, float]:
    """Draw tonight's limits: merge-minutes by pseudonym."""
    rng = random.Random(f"limits {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= LIMITED_NIGHTS:
        return {}
    drawn = {f"sleeper-{number}": rng.uniform(*LIMITS_MIN) for number in range(1, pods + 1)}
    return {sleeper: limit_min for sleeper, limit_min in drawn.items() if rng.random() < LIMITED_SLEEPERS}
