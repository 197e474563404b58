"""What the meters are told each tick: sums that are kept anyway, read off, and whole columns counted.

Nobody is looked at one by one. A share that is no number is not zero: its sleeper counts as merged.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from math import nan

import numpy as np

from dreamd.app.collective.cohorts import GRACE_HOPS, Bank
from dreamd.app.dependencies import Surroundings
from dreamd.app.dreamscapes.runtime import Conductor
from dreamd.app.dreamscapes.views import crowd_view
from dreamd.core.dreamscapes.states import COUPLED
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.ports.metrics import DreamscapeReading, FleetReading


def whereabouts(banks: Iterable[Bank], instant: int) -> tuple[int, int, int, int]:
    """(merged, alone, severed, unreachable): where everyone is who holds a slot, each counted once.

    A slot just given is alone until a frame is due.
    """
    merged = alone = severed = unreachable = 0
    for bank in banks:
        columns = bank.columns
        heard = columns.recent(instant) | (~columns.present & (instant - bank.since <= GRACE_HOPS))
        coupled = heard & ~(columns.applied <= 0.0)
        at_zero = bank.occupied & heard & ~coupled
        merged += int(np.count_nonzero(bank.occupied & coupled))
        alone += int(np.count_nonzero(at_zero & bank.allowed))
        severed += int(np.count_nonzero(at_zero & ~bank.allowed))
        unreachable += int(np.count_nonzero(bank.occupied & ~heard))
    return merged, alone, severed, unreachable


def above_granted(banks: Iterable[Bank], instant: int) -> int:
    """How many say, in a frame that is not stale, that they render more than was granted."""
    return sum(int(np.count_nonzero(b.occupied & b.grants.above & b.columns.recent(instant))) for b in banks)


def of_dreamscape(conductor: Conductor) -> DreamscapeReading:
    """One Dreamscape now; outside the states that may couple, whoever is at zero is severed."""
    merged, alone, severed, unreachable = whereabouts(conductor.cohorts.banks, conductor.instant)
    if conductor.state not in COUPLED:
        alone, severed = 0, severed + alone
    return DreamscapeReading(merged, alone, severed, unreachable, crowd_view(conductor))


def _nobody_is_heard(living: Collection[Conductor], now_s: float) -> bool:
    """Whether there are pods with a slot, and none of them is heard; the first that is ends the looking."""
    seated = [c for c in living if c.cohorts.counts()[0]]
    return bool(seated) and all(c.cohorts.unheard(now_s) == c.cohorts.counts()[0] for c in seated)


def of_fleet(surroundings: Surroundings, living: Collection[Conductor]) -> FleetReading:
    """The fleet now; of the Dreamscapes, those that have not ended."""
    census = surroundings.fleet.census
    seated_above = sum(above_granted(c.cohorts.banks, c.instant) for c in living)
    blind = not census.strays and _nobody_is_heard(living, surroundings.clock.now_s())
    return FleetReading(
        online=census.online - census.unheard,
        unheard=census.unheard,
        known=census.known,
        above_granted=nan if blind else seated_above + census.strays,
        unconfirmed=surroundings.tickets.overdue(),
        breakers=dict(census.breakers),
        locked=surroundings.locks.waiting(),
        wake_orders=surroundings.wakes.count_standing(),
        dreamscapes=Counter(c.state for c in living),
    )


def tell(surroundings: Surroundings, conductors: Collection[Conductor]) -> None:
    """Tell the meters everything, once a tick."""
    meters = surroundings.meters
    living = [c for c in conductors if c.state is not DreamscapeState.ENDED]
    for conductor in living:
        meters.dreamscape(conductor.plan.dreamscape, of_dreamscape(conductor))
    meters.fleet(of_fleet(surroundings, living))
    for site, reading in surroundings.fleet.census.take_sites():
        meters.site(site, reading)
