"""Metrics of each tick: sums that are kept anyway, and counts over whole columns.

No sleeper is looked at alone. A share that is no number is not zero: its sleeper counts as merged.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from math import nan
from typing import Final

import numpy as np

from dreamd.app.collective.cohorts import GRACE_HOPS, SlotTable
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.views import crowd_view
from dreamd.core.clinic.levels import Level
from dreamd.core.dreamscapes.states import COUPLED
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.guidelines.course import due_s
from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, PeopleMetrics

PEOPLE_EVERY: Final = 4
"""Instants from one look at consents and doses to the next."""


def whereabouts(banks: Iterable[SlotTable], instant: int) -> tuple[int, int, int, int]:
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


def above_granted(banks: Iterable[SlotTable], instant: int) -> int:
    """How many say, in a frame that is not stale, that they render more than was granted."""
    return sum(int(np.count_nonzero(b.occupied & b.grants.above & b.columns.recent(instant))) for b in banks)


def of_dreamscape(dreamscape: Dreamscape, now_s: float) -> DreamscapeMetrics:
    """One Dreamscape now; outside the states that may couple, whoever is at zero is severed."""
    merged, alone, severed, unreachable = whereabouts(dreamscape.cohorts.banks, dreamscape.instant)
    if dreamscape.state not in COUPLED:
        alone, severed = 0, severed + alone
    dreaming, overdue_s = dreamscape.state is DreamscapeState.DREAMING, _overdue_s(dreamscape, now_s)
    crowd = crowd_view(dreamscape)
    return DreamscapeMetrics(merged, alone, severed, unreachable, crowd, dreaming, overdue_s)


def _overdue_s(dreamscape: Dreamscape, now_s: float) -> float:
    """Seconds since the start of its plan, while it still gathers; 0: started, or a plan without a time."""
    start_at_s = dreamscape.plan.start_at_s
    waits = dreamscape.state in (DreamscapeState.PLANNED, DreamscapeState.GATHERING) and start_at_s > 0.0
    return max(0.0, now_s - start_at_s) if waits else 0.0


def _nobody_is_heard(living: Collection[Dreamscape], now_s: float) -> bool:
    """Whether there are pods with a slot, and none of them is heard; the first that is ends the looking."""
    seated = [c for c in living if c.cohorts.counts()[0]]
    return bool(seated) and all(c.cohorts.unheard(now_s) == c.cohorts.counts()[0] for c in seated)


def of_fleet(dependencies: Dependencies, living: Collection[Dreamscape]) -> FleetMetrics:
    """The fleet now; of the Dreamscapes, those that have not ended."""
    census = dependencies.fleet.census
    seated_above = sum(above_granted(c.cohorts.banks, c.instant) for c in living)
    now_s = dependencies.clock.now_s()
    blind = not census.strays and _nobody_is_heard(living, now_s)
    return FleetMetrics(
        online=census.online - census.unheard,
        unheard=census.unheard,
        known=census.known,
        above_granted=nan if blind else seated_above + census.strays,
        unconfirmed=dependencies.tickets.overdue(),
        breakers=dict(census.breakers),
        locked=dependencies.locks.waiting(),
        wake_orders=dependencies.wakes.count_standing(),
        dreamscapes=Counter(c.state for c in living),
        beds_offline=dependencies.fleet.beds_offline,
        wake_oldest_s=max(0.0, now_s - dependencies.wakes.oldest_s()),
        contradicted=census.contradicted,
        off_gateway=census.off_gateway,
        credentials_ending=dependencies.principals.lifetimes.ending,
    )


def of_people(dependencies: Dependencies) -> PeopleMetrics:
    """Consent and dose of all sleepers, as counts that are kept; each look takes a few sleepers anew."""
    consents = dependencies.consents.tally()
    now_s = dependencies.clock.now_s()
    near, over = dependencies.doses.near_limits(now_s)
    course = dependencies.guidelines.in_force.course
    cases, late = dependencies.clinic.counts()
    paused = dependencies.moratoria.tally()
    return PeopleMetrics(
        consents=consents.states,
        unwritten=consents.unwritten,
        near=near,
        over=over,
        letters=dependencies.nights.letters_waiting,
        revision=course.revision,
        lapses_in_s=due_s(course) - now_s if course.provisional else nan,
        cases=cases,
        unanswered=late.get(Level.NOW, 0),
        called=paused.called,
        standing=paused.standing,
        unseconded_s=paused.lapses_in_s,
    )


def tell(dependencies: Dependencies, runtimes: Collection[DreamscapeRuntime], instant: int) -> None:
    """Tell the meters everything, once a tick; of people once a second, for a look at them costs more."""
    meters, now_s = dependencies.meters, dependencies.clock.now_s()
    living = [c.dreamscape for c in runtimes if c.dreamscape.state is not DreamscapeState.ENDED]
    for dreamscape in living:
        meters.dreamscape(dreamscape.plan.dreamscape, of_dreamscape(dreamscape, now_s))
    meters.fleet(of_fleet(dependencies, living))
    if instant % PEOPLE_EVERY == 0:
        meters.people(of_people(dependencies))
    for site, reading in dependencies.fleet.census.take_sites():
        meters.site(site, reading)
