"""Sleepers over several days: features alone, with a template that drifts from day to day and may be pulled.

A planted pull moves the template of a waking sitting from the sleeper's own pattern towards the mean pattern
of the others, by that share of the way. So the true pull of each sitting is known.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.simulation.machines.sleepers import Body
from dreamedge.core.signal.baseline import Baseline

DRIFT_DB: Final = 0.25
"""Standard deviation of a template's feature from day to day."""


class PulledBody(Body):
    """A sleeper in a bed, over all days."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.day = 0
        self.pulled = 0.0
        self.others_db: NDArray[np.float64] = self.person.profile_db

    def template(self) -> Baseline:
        """The calibration of this day: the own pattern, drift, and what a group has pulled."""
        own = super().template()
        drift = np.random.default_rng([self.number, self.day, 11]).normal(0.0, DRIFT_DB, len(own.template_db))
        towards = self.pulled * (self.others_db - self.person.profile_db)
        return replace(own, template_db=(own.template_db + drift + towards).astype(np.float32))


def mean_profile(bodies: Mapping[int, PulledBody], without: int) -> NDArray[np.float64]:
    """The mean own pattern of all bodies but one, float64[D], dB."""
    others = [body.person.profile_db for number, body in bodies.items() if number != without]
    return np.asarray(np.mean(others, axis=0))
