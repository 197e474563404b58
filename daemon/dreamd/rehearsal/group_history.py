"""The group statistics of the collective, tick by tick, as any watcher sees them: kept for the report.

Bounded: when 2,400 moments are kept every second one goes, and from then on half as many come in.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from dreamapi.v1.dreamscapes_pb2 import Collective

MOMENTS_MAX: Final = 2_400


@dataclass(frozen=True, slots=True)
class Moment:
    """One tick; a number that is not known is NaN. z: the largest of all bands."""

    t_s: float
    merged: int
    level: float
    dispersion_ratio: float
    rank_ratio: float
    energy: float
    energy_limit: float
    z: float
    halved: str


@dataclass
class CrowdRecord:
    """The moments of one rehearsal."""

    moments: list[Moment] = field(default_factory=list)
    spacing_s: float = 0.0
    halvings: list[tuple[float, str]] = field(default_factory=list)
    _halved: str = ""

    def add_tick(self, tick: Collective, t_s: float) -> None:
        """A tick, at a second of the run."""
        if tick.halved_cause and not self._halved:
            self.halvings.append((t_s, tick.halved_cause))
        self._halved = tick.halved_cause
        if self.moments and t_s - self.moments[-1].t_s < self.spacing_s:
            return
        self.moments.append(moment(tick, t_s))
        if len(self.moments) >= MOMENTS_MAX:
            self.moments = self.moments[::2]
            self.spacing_s = max(2.0 * self.spacing_s, 0.4)


def moment(tick: Collective, t_s: float) -> Moment:
    """One tick as a moment."""
    identity, runaway = tick.identity, tick.runaway
    z = [band.z for band in tick.synchrony if band.HasField("z")]
    return Moment(
        t_s=t_s,
        merged=tick.merged,
        level=tick.level,
        dispersion_ratio=identity.dispersion_ratio if identity.HasField("dispersion_ratio") else math.nan,
        rank_ratio=identity.rank_ratio if identity.HasField("rank_ratio") else math.nan,
        energy=runaway.energy if runaway.HasField("energy") else math.nan,
        energy_limit=runaway.energy_limit if runaway.HasField("energy_limit") else math.nan,
        z=max(z, default=math.nan),
        halved=tick.halved_cause,
    )
