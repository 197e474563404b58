"""The needs of so many sleepers: cores, brokers, bandwidth, money; and the wall that they meet first.

The model. A sleeper costs the daemon four frames, a status, half a clock probe and a share of four ticks a
second; a Dreamscape costs the fixed part of its ticks and a signed broadcast for each cohort. A process runs
on one core and is planned to BUSY_MOST of it. Two walls stand beside the core: all pods send at the grid
instant, so the frames of a daemon must fit the time until its tick; and the limits of `core.limits`. A
Dreamscape that is larger than a daemon is shared between houses. A broker of one thread is a core too.

The model counts no watchers, no recording and no calls of the API.
"""

import math
from dataclasses import dataclass
from typing import Final

from dreamd.cli.capacity.coefficients import Coefficients
from dreamd.core.limits import (
    COHORT_SLOTS,
    DREAMSCAPES_MAX,
    HOP_S,
    PODS_MAX,
    QUORUM_MIN,
    SEATS_MAX,
    TICK_CLOSES_AFTER_S,
)
from dreamwire.codec.bounds import FRAMES_MAX

BUSY_MOST: Final = 0.6
"""Share of a core that is planned for; the rest is for gatherings, calls and the machine's bad moments."""
HOPS_S: Final = 1.0 / HOP_S
STATUSES_S: Final = 1.0
PROBES_S: Final = 0.5
FIRST: Final = 256
"""Sleepers of a Dreamscape from which on a further one costs a tick less: their synchrony is read in part."""
SLEEPERS_MOST: Final = 1_000_000_000
US: Final = 1e6


class CapacityError(ValueError):
    """A question that has no answer; the message names the flag, its value and what is expected."""


@dataclass(frozen=True, slots=True)
class Question:
    """A fleet. seats: of each Dreamscape, as filled. gateway: beds of one gateway; 1: none."""

    sleepers: int
    seats: int
    gateway: int = 1

    def __post_init__(self) -> None:
        """Refuse what has no answer."""
        if not QUORUM_MIN <= self.sleepers <= SLEEPERS_MOST:
            raise CapacityError(f"--sleepers is {self.sleepers}, expected {QUORUM_MIN} to {SLEEPERS_MOST}")
        if not QUORUM_MIN <= self.seats <= self.sleepers:
            raise CapacityError(
                f"--seats is {self.seats}, expected {QUORUM_MIN} to the {self.sleepers} of --sleepers"
            )
        if not 1 <= self.gateway <= FRAMES_MAX:
            raise CapacityError(f"--gateway is {self.gateway}, expected 1 (no gateway) to {FRAMES_MAX}")


@dataclass(frozen=True, slots=True)
class Wall:
    """Something that ends a process's growth. sleepers: at how many of this shape it does."""

    what: str
    sleepers: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """The answer.

    dreamscapes: their number. shared_by: houses that one Dreamscape takes. core_share: all daemons' work, in
    cores. daemons, brokers: processes, a core each. broker_share: all brokers' work, in cores. up_gbit_s,
    down_gbit_s: from and to all pods. memory_gb: of all daemons, for pods. walls: of one daemon and one
    broker, the first first. lone_us: core time of one sleeper in a second.
    """

    dreamscapes: int
    shared_by: int
    core_share: float
    daemons: int
    brokers: int
    broker_share: float
    up_gbit_s: float
    down_gbit_s: float
    memory_gb: float
    walls: tuple[Wall, ...]
    lone_us: float

    @property
    def cores(self) -> int:
        """Cores to have: one for each process."""
        return self.daemons + self.brokers

    def money(self, core_hour: float, hours: float, sleepers: int) -> float:
        """Return the price of the cores, for a night of `hours`, for each 1,000 sleepers."""
        return self.cores * core_hour * hours * 1000.0 / sleepers


def answer(question: Question, costs: Coefficients) -> Capacity:
    """Answer the question by these costs."""
    seats, sleepers = question.seats, question.sleepers
    dreamscapes = math.ceil(sleepers / seats)
    cohorts = math.ceil(seats / COHORT_SLOTS)
    hop_us = costs.frame_us + costs.message_us / question.gateway
    first = min(seats, FIRST)
    tick_us = (first * costs.tick_sleeper_us + (seats - first) * costs.tick_further_us) / seats
    lone_us = HOPS_S * (hop_us + tick_us) + STATUSES_S * costs.status_us + PROBES_S * costs.probe_us
    apart_us = HOPS_S * (costs.tick_us + cohorts * costs.broadcast_us)
    one_us = seats * lone_us + apart_us
    budget_us = BUSY_MOST * US
    messages = HOPS_S / question.gateway + STATUSES_S + PROBES_S
    broker_us = messages * costs.broker_message_us + (HOPS_S + PROBES_S) * costs.broker_delivery_us
    broker_most = int(budget_us / broker_us)
    walls = _walls(question, budget_us, one_us, lone_us, hop_us)
    most = min(wall.sleepers for wall in walls)
    shared_by = max(1, math.ceil(seats / most))
    whole = max(1, most // seats)
    daemons = math.ceil(sleepers / most) if shared_by > 1 else math.ceil(dreamscapes / whole)
    broadcast_bytes = costs.broadcast_bytes + costs.slot_bytes * seats / cohorts
    up = HOPS_S * costs.frame_bytes + STATUSES_S * costs.status_bytes + PROBES_S * costs.probe_bytes
    down = HOPS_S * broadcast_bytes + PROBES_S * costs.probe_bytes
    brokers = Wall("the broker's core", broker_most)
    return Capacity(
        dreamscapes=dreamscapes,
        shared_by=shared_by,
        core_share=(sleepers * lone_us + dreamscapes * apart_us) / US,
        daemons=daemons,
        brokers=math.ceil(sleepers / broker_most),
        broker_share=sleepers * broker_us / US,
        up_gbit_s=sleepers * up * 8e-9,
        down_gbit_s=sleepers * down * 8e-9,
        memory_gb=sleepers * costs.pod_bytes * 1e-9,
        walls=tuple(sorted((*walls, brokers), key=lambda wall: wall.sleepers)),
        lone_us=lone_us,
    )


def _walls(
    question: Question, budget_us: float, one_us: float, lone_us: float, hop_us: float
) -> tuple[Wall, ...]:
    """Return the walls of one daemon that holds Dreamscapes of this size, or a part of one."""
    seats = question.seats
    core = int(budget_us / one_us) * seats
    if core < seats:  # not one of them fits: a part of it has the fixed part of its ticks to itself
        core = max(1, int((budget_us - (one_us - seats * lone_us)) / lone_us))
    walls = [
        Wall("the daemon's core", core),
        Wall("frames before the tick", int(BUSY_MOST * TICK_CLOSES_AFTER_S * US / hop_us)),
        Wall("PODS_MAX", PODS_MAX),
    ]
    if seats < question.sleepers:
        walls.append(Wall("DREAMSCAPES_MAX", DREAMSCAPES_MAX * seats))
    else:
        walls.append(Wall("SEATS_MAX", SEATS_MAX))
    return tuple(walls)
