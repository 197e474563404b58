"""Many small Dreamscapes: a house's tick in one pass beside ticks apart, in turns in one process.

Two houses, each with real application, cohort keys and signatures and a link that keeps nothing; one is pooled,
one is not. Frames are written into the columns as `FrameTable.write` leaves them, 2 % late, with all phases.
CPU time, medians over whole seconds: each sleeper's synchrony is read in one tick of four.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from dreamd.adapters.keys import Seal
from dreamd.app.collective.cohorts import Cohorts
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import HOP_S, TICK_CLOSES_AFTER_S
from dreamd.core.refusals import Refusal
from dreamd.fusion.pooled.pooled_fusion import PooledFusion
from dreamd.fusion.small_groups.phase_rings import PhaseRings
from dreamd.fusion.synchrony_tracker import SynchronyTracker
from dreamd.ports.pod_link import CohortKey
from dreamd.simulation.machines.guests import all_come
from dreamwire.messages import Collective
from dreamwire.schema import BANDS6X2
from dreamwire.signing import SigningKey
from fakes.callers import OPERATOR
from fakes.stage import Link, Stage

DREAMSCAPES, SLEEPERS = 100, 20
SECONDS: Final = 12
WARM_HOPS: Final = 60
BANDS: Final = len(BANDS6X2.phase_bands)

Row = Callable[[str, str, str], None]


class _SealingLink(Link):
    """Encrypts and signs each broadcast, then drops it."""

    seal = Seal(SigningKey.from_seed(bytes(32)))

    def publish(self, collective: Collective, key: CohortKey | None = None) -> None:
        """Do all but send."""
        self.seal(key.encrypt(collective) if key is not None else collective)


class _House:
    """A house of small Dreamscapes. spent_s: CPU seconds of the newest tick by part."""

    def __init__(self, *, pooled: bool) -> None:
        self.stage = Stage(pods=DREAMSCAPES * SLEEPERS)
        self.rng, self.spent_s = np.random.default_rng(1), dict[str, float]()
        pods = {pod.name: pod for pod in self.stage.pods}
        self.stage.pod = pods.__getitem__  # type: ignore[method-assign] -- a look-up instead of a search
        self.stage.app.ticks.pooled = pooled
        self.stage.appear()
        names = [f"night-{number}" for number in range(DREAMSCAPES)]
        for number, name in enumerate(names):
            plan = Plan(name, seats_min=3, seats_max=SLEEPERS, ramp_s=10.0, ceiling=0.1)
            _done(self.stage.app.dreamscapes.create(OPERATOR, plan))
            guests = range(number * SLEEPERS + 1, (number + 1) * SLEEPERS + 1)
            all_come(self.stage.app, name, [f"sleeper-{k}" for k in guests])
        self.stage.hop(4)
        for name in names:
            _done(self.stage.app.dreamscapes.start(OPERATOR, name))
        self.stage.hop(4)
        self.stage.link.__class__ = _SealingLink

    def hop(self) -> dict[str, float]:
        """One hop of frames, not measured, and its tick: CPU seconds by part."""
        due_s = self.stage.app.next_due_s()
        instant = round((due_s - TICK_CLOSES_AFTER_S) / HOP_S)
        self.stage.clock.at_s = instant * HOP_S + 0.02
        for pod in self.stage.pods if instant % 4 == 0 else ():
            pod.status()
        for runtime in self.stage.app.registry.values():
            self._write(runtime.dreamscape.cohorts, instant)
        self.stage.clock.at_s = due_s
        self.spent_s = {"fused": 0.0, "phases": 0.0}
        began = time.process_time()
        self.stage.app.run_due()
        return self.spent_s | {"whole": time.process_time() - began, "instant": instant}

    def _write(self, cohorts: Cohorts, instant: int) -> None:
        (table,) = cohorts.banks
        columns, n = table.columns, table.columns.used
        table.seen = None
        columns.present[:n] = columns.finite[:n] = True
        columns.frozen[:n] = False
        columns.instant[:n] = instant - (self.rng.random(n) < 0.02)
        columns.seq[:n] = instant & 0xFFFF
        columns.quality[:n] = 0.9
        columns.applied[:n] = 0.0
        columns.db[:n] += 0.1 * self.rng.standard_normal((n, BANDS6X2.size), dtype=np.float32)
        columns.phasors[:n] = np.exp(2j * np.pi * self.rng.random((n, 2, BANDS)))


def _done(answer: object) -> None:
    assert not isinstance(answer, Refusal), answer


def _timed(of: type, name: str, part: str, house: list[_House]) -> None:
    """Add the CPU time of this method to a part of the tick of the house that runs."""
    act = getattr(of, name)

    def timed(*values: Any, **words: Any) -> Any:  # noqa: ANN401 -- as the method
        began = time.process_time()
        try:
            return act(*values, **words)
        finally:
            spent = house[0].spent_s
            spent[part] = spent.get(part, 0.0) + time.process_time() - began

    setattr(of, name, timed)


def pooled(row: Row) -> None:
    """Measure and print."""
    running: list[_House] = []
    houses = {"apart": _House(pooled=False), "pooled": _House(pooled=True)}
    running[:] = [houses["apart"]]
    add = partial(_timed, house=running)
    add(Cohorts, "fuse", "fused")
    add(PooledFusion, "fuse_members", "fused")
    add(SynchronyTracker, "tick", "phases")
    add(PhaseRings, "add_hop", "phases")
    add(PhaseRings, "read_synchrony", "phases")
    took: dict[str, list[dict[str, float]]] = {name: [] for name in houses}
    for number in range(WARM_HOPS + 4 * SECONDS):
        for name, house in houses.items():
            running[0] = house
            spent = house.hop()
            if number >= WARM_HOPS:
                took[name].append(spent)
    title = f"{DREAMSCAPES} Dreamscapes of {SLEEPERS}"
    apart, together = (_of_a_tick(took[name]) for name in houses)
    for part, what, limit in (
        ("centre", "centre, sums, outliers", ">= 10 x"),
        ("phases", "synchrony", ""),
        ("fused", "all that is fused", ">= 10 x"),
        ("rest", "judging, sealing, books", ""),
        ("whole", "the house's whole tick", ""),
    ):
        ms = f"{1e3 * apart[part]:.1f} / {1e3 * together[part]:.1f} ms"
        row(f"{title}: {what}, apart / pooled", f"{apart[part] / together[part]:.1f} x ({ms})", limit)


def _of_a_tick(took: list[dict[str, float]]) -> dict[str, float]:
    """CPU seconds of a tick by part: the mean of the four medians of a second's ticks."""
    for one in took:
        one["centre"] = one["fused"] - one["phases"]
        one["rest"] = one["whole"] - one["fused"]
    parts = ("centre", "phases", "fused", "rest", "whole")
    quarters = [[one for one in took if one["instant"] % 4 == phase] for phase in range(4)]
    return {
        part: float(np.mean([np.median([one[part] for one in quarter]) for quarter in quarters]))
        for part in parts
    }
