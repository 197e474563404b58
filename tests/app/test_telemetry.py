"""The metrics are true: the place of every pod, unpermitted couplings, unconfirmed severs."""

import random
from collections import Counter
from dataclasses import replace
from math import nan

import numpy as np
import pytest

from dreamd.app.fleet.statistics import NO_SITE, FleetStatistics
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState, Plan
from dreamd.core.limits import HOP_S, QUALITY_IN
from dreamd.core.safety.causes import Scope
from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, SiteMetrics
from dreamwire.messages import PodEventKind, Presence, Status, WakeScope
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger
from fakes.people import SLEEPER, Exposures, granted
from fakes.stage import Puppet, Stage


def dreaming(pods: int = 6) -> Stage:
    """A Dreamscape with grants to all for a while."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(16)
    return stage


def night(stage: Stage) -> DreamscapeMetrics:
    """The Dreamscape's newest metrics."""
    return stage.meters.dreamscapes["night"]


def where(stage: Stage) -> tuple[int, int, int, int]:
    """(merged, alone, severed, unreachable)."""
    reading = night(stage)
    return reading.merged, reading.alone, reading.severed, reading.unreachable


def fleet(stage: Stage) -> FleetMetrics:
    """The fleet's newest metrics."""
    assert stage.meters.now is not None
    return stage.meters.now


def not_a_number(pod: Puppet) -> None:
    """Make its features NaN from now on: a hard cause."""
    pod.bend = lambda f: replace(f, features=np.full_like(f.features, np.nan))


def test_everyone_with_a_slot_is_in_one_place() -> None:
    """Each pod is counted once: merged, unreachable after three hops, severed, or alone."""
    stage = dreaming()
    assert where(stage) == (0, 6, 0, 0)
    stage.pods[0].applied = 0.1
    stage.pods[1].sends = False
    not_a_number(stage.pods[2])
    stage.hop(5)
    assert where(stage) == (1, 3, 1, 1)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.pods[0].applied = 0.0
    stage.hop(1)
    assert where(stage) == (0, 0, 5, 1), "who is at zero in a severed Dreamscape is severed"


def test_a_share_that_is_no_number_is_not_zero() -> None:
    """A NaN share counts as merged and as above the grant: it proves no zero."""
    stage = dreaming()
    stage.pods[0].bend = lambda f: replace(f, applied=float("nan"))
    stage.hop(1)
    assert night(stage).merged == 1
    assert fleet(stage).above_granted == 1


def test_a_slot_just_given_is_not_unreachable() -> None:
    """A pod is not unreachable in the tick after its assign, when no frame is due."""
    stage = Stage(pods=3)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", seats_min=3, seats_max=3))
    stage.hop(4)
    stage.app.dreamscapes.start(OPERATOR, "night")
    for pod in stage.pods:
        pod.sends = False
    stage.hop(2)
    assert where(stage) == (0, 3, 0, 0)
    stage.hop(12)
    assert where(stage) == (0, 0, 0, 3)


def test_coupled_above_granted_is_seen_in_the_same_tick_and_as_long_as_it_lasts() -> None:
    """One frame above the grant sets the gauge, for as long as it lasts, also while severed."""
    stage = dreaming()
    wild = stage.pods[3]
    assert fleet(stage).above_granted == 0
    wild.bend = lambda f: replace(f, applied=0.2)
    stage.hop(1)
    assert fleet(stage).above_granted == 1
    assert stage.app.pods.get(wild.name).breaker is BreakerState.CLOSED, "two frames trip, one is shown"
    stage.hop(12)
    assert stage.app.pods.get(wild.name).breaker is not BreakerState.CLOSED
    assert fleet(stage).above_granted == 1
    assert stage.meters.counts["above-granted"] == 13
    wild.bend = lambda f: f
    stage.hop(1)
    assert fleet(stage).above_granted == 0


def test_rendering_the_grant_is_not_above_it() -> None:
    """Rendering the grant, and for a lease and a fade after it, is not above it."""
    stage = dreaming()
    for pod in stage.pods:
        pod.applied = 0.0999
    stage.hop(4)
    assert fleet(stage).above_granted == 0
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(4)
    assert fleet(stage).above_granted == 0
    stage.hop(8)
    assert fleet(stage).above_granted == 6


def test_a_pod_without_a_slot_that_stays_coupled_is_above_granted() -> None:
    """A released pod that reports a coupling for longer than lease and fade counts until it reports zero."""
    stage = dreaming()
    stray = stage.pods[0]
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, stray.name, "asked")
    stray.applied = 0.1
    stray.status()
    stage.hop(6, statuses=False)
    stray.status()
    stage.hop(1, statuses=False)
    assert fleet(stage).above_granted == 0, "1.5 s have not passed between its words"
    stage.hop(1, statuses=False)
    stray.status()
    stage.hop(1, statuses=False)
    assert fleet(stage).above_granted == 1
    stray.applied = 0.0
    stray.status()
    stage.hop(1, statuses=False)
    assert fleet(stage).above_granted == 0


def test_old_statuses_that_come_at_once_do_not_count() -> None:
    """Three statuses of a pod without a slot arriving at once span no time and do not count."""
    stage = dreaming()
    stray = stage.pods[0]
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, stray.name, "asked")
    stray.applied = 0.1
    for _ in range(3):
        stray.status()
    stage.hop(1, statuses=False)
    assert fleet(stage).above_granted == 0
    stray.presence(online=False)
    stage.hop(8, statuses=False)
    assert fleet(stage).above_granted == 0


def test_a_sever_is_confirmed_by_the_pods_word_and_timed() -> None:
    """A sever is confirmed by the next frame; a silent pod is unconfirmed after 1.5 s, not before."""
    stage = dreaming()
    silent = stage.pods[5]
    for pod in stage.pods:
        pod.applied = 0.09
    stage.hop(1)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    silent.sends = False
    for pod in stage.pods:
        pod.applied = 0.0
    stage.hop(1)
    assert len(stage.meters.confirmed_s) == 5
    assert all(0.0 < took_s <= 0.25 for took_s in stage.meters.confirmed_s)
    stage.hop(5)
    assert fleet(stage).unconfirmed == 0
    stage.hop(2)
    assert fleet(stage).unconfirmed == 1
    silent.sends = True
    stage.hop(1)
    assert fleet(stage).unconfirmed == 0
    assert stage.meters.confirmed_s[-1] > 1.5


def test_a_second_sever_keeps_the_age_of_the_first() -> None:
    """A second sever keeps the first one's age, and one report confirms both."""
    stage = dreaming(pods=4)
    stage.pods[0].sends = False
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(5)
    second = stage.app.dreamscapes.sever(OPERATOR, "night", "again")
    stage.hop(3)
    assert fleet(stage).unconfirmed == 1
    assert second.outcome().unconfirmed == ("bed-1",)
    stage.pods[0].event(PodEventKind.ALONE, "lease")
    assert second.outcome().unconfirmed == ()
    assert max(stage.meters.confirmed_s) > 1.5
    stage.hop(1)
    assert fleet(stage).unconfirmed == 0


def test_a_checked_out_offline_pod_is_not_waited_for() -> None:
    """Checking out an offline pod ends the wait for it; an online pod still has to confirm."""
    stage = dreaming(pods=4)
    off, on = stage.pods[:2]
    off.sends = on.sends = False
    off.presence(online=False)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(8)
    assert fleet(stage).unconfirmed == 2
    stage.app.pods.check_out(OPERATOR, off.name)
    stage.app.pods.check_out(OPERATOR, on.name)
    stage.hop(8)
    assert fleet(stage).unconfirmed == 1


def test_a_breaker_that_opens_waits_for_the_pods_word_too() -> None:
    """A hard cause awaits the pod's zero; a lost pod cannot report one."""
    stage = dreaming()
    sick, lost = stage.pods[:2]
    sick.applied = 0.05
    not_a_number(sick)
    lost.sends = False
    stage.hop(12)
    assert fleet(stage).unconfirmed == 1
    sick.applied = 0.0
    stage.hop(1)
    assert fleet(stage).unconfirmed == 0


def test_locks_are_counted_by_kind_and_over_a_restart() -> None:
    """A second trip within half an hour is a lock of a device until a named person resets it."""
    stage = dreaming()
    sick = stage.pods[0]
    not_a_number(sick)
    stage.hop(1)
    sick.bend = lambda f: f
    while stage.app.pods.get(sick.name).breaker is not BreakerState.CLOSED:
        stage.hop(1)
    not_a_number(sick)
    stage.hop(1)
    assert fleet(stage).locked.get(Scope.DEVICE) == 1
    assert fleet(stage).breakers[BreakerState.LOCKED] == 1
    stage.restart()
    stage.hop(1, statuses=False)
    assert fleet(stage).locked.get(Scope.DEVICE) == 1, "also before its pod has been heard of"
    for pod in stage.pods:
        pod.presence()
    stage.app.breakers.reset(named("ines"), f"pods/{sick.name}", "electrode changed")
    stage.hop(1)
    assert sum(fleet(stage).locked.values()) == 0


def test_orders_states_and_mass_failures_are_reported() -> None:
    """Wake orders, Dreamscapes by state and the mass-failure sever are in the metrics."""
    stage = dreaming()
    for pod in stage.pods[:4]:
        not_a_number(pod)
    stage.hop(1)
    assert stage.meters.counts["mass"] == 1
    assert [state.value for state in fleet(stage).dreamscapes] == ["severed"]
    ordered = stage.app.wake_orders.order(named("ines"), WakeScope.POD, "bed-6", "drill")
    stage.hop(1)
    assert fleet(stage).wake_orders == 1
    stage.app.wake_orders.lift(named("ines"), ordered.order.id, "over")
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(8)
    assert fleet(stage).wake_orders == 0
    assert not fleet(stage).dreamscapes
    assert "night" not in stage.meters.dreamscapes


def test_the_level_is_what_was_broadcast() -> None:
    """The level is the broadcast one for included pods; zero after a sever."""
    stage = dreaming()
    assert night(stage).crowd.level == 0.1
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(1)
    assert night(stage).crowd.level == 0.0


def _counted(known: dict[str, tuple[Presence, Status | None, BreakerState]]) -> dict[str, SiteMetrics]:
    """The sites, counted from scratch."""
    sites: dict[str, SiteMetrics] = {}
    for presence, status, _ in known.values():
        if status is not None and presence.online:
            synced = status.clock.synced
            one = SiteMetrics(
                1,
                round(status.quality * 1000),
                int(status.quality < QUALITY_IN),
                int(not synced),
                status.clock.uncertainty_us if synced else 0,
            )
            site = presence.site or NO_SITE
            sites[site] = sites.get(site, SiteMetrics()) + one
    return sites


def test_the_census_is_what_counting_would_find() -> None:
    """After a thousand changes of thirty pods the sums equal a full count."""
    stage = Stage(pods=1)
    stage.appear()
    rng, census, shown = random.Random(5), FleetStatistics(), {}
    record = stage.app._deps.fleet.get("bed-1")
    assert record is not None
    assert record.status is not None
    known: dict[str, tuple[Presence, Status | None, BreakerState]] = {}
    used: dict[str, bool] = {}
    heard: dict[str, bool] = {}
    for _ in range(1000):
        pod = f"bed-{rng.randrange(30)}"
        site = rng.choice(("", "north", "south"))
        presence = replace(record.presence, pod=pod, site=site, online=rng.random() < 0.8)
        clock = replace(record.status.clock, synced=rng.random() < 0.7, uncertainty_us=rng.randrange(9999))
        status = replace(record.status, pod=pod, quality=rng.randrange(1001) / 1000, clock=clock)
        known[pod] = (presence, status if rng.random() < 0.9 else None, rng.choice(tuple(BreakerState)))
        used[pod], heard[pod] = rng.random() < 0.5, rng.random() < 0.8
        census.update_pod(*known[pod], heard=heard[pod], used=used[pod])
        shown.update(census.take_sites())
    believed = {pod: (one[0], one[1] if heard[pod] else None, one[2]) for pod, one in known.items()}
    counted = _counted(believed)
    assert census.in_use == sum(one[0].online and heard[pod] and used[pod] for pod, one in known.items())
    assert {site: shown[site] for site in counted} == counted
    assert all(shown[site] == SiteMetrics() for site in shown.keys() - counted.keys())
    assert census.online == sum(presence.online for presence, _, _ in known.values())
    assert census.known == len(known)
    assert +census.breakers == Counter(state for _, _, state in known.values())


def test_a_dreaming_dreamscape_is_distinguished_from_a_severed_one() -> None:
    """The reading is of a dreaming Dreamscape from Start on, and no longer once it is severed."""
    stage = Stage(pods=3)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", seats_min=3, seats_max=3))
    stage.hop(4)
    assert not night(stage).dreaming
    stage.app.dreamscapes.start(OPERATOR, "night")
    stage.hop(4)
    assert night(stage).dreaming
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(1)
    assert not night(stage).dreaming


def test_a_start_that_is_late_is_timed() -> None:
    """Past the plan's time a Dreamscape that still gathers counts seconds; a plan without one never does."""
    stage = Stage(pods=2)
    stage.appear()
    at_s = stage.clock.at_s + 2.0
    stage.app.dreamscapes.create(OPERATOR, Plan("night", seats_min=3, seats_max=3, start_at_s=at_s))
    stage.hop(6)
    assert night(stage).overdue_s == 0.0
    stage.hop(20)
    assert 4.0 <= night(stage).overdue_s == stage.clock.at_s - at_s
    stage.app.dreamscapes.create(OPERATOR, Plan("other", seats_min=3, seats_max=3))
    stage.hop(1)
    assert stage.meters.dreamscapes["other"].overdue_s == 0.0, "a plan without a time is never late"


def test_beds_offline_are_those_with_a_sleeper_that_are_not_heard() -> None:
    """A checked-in sleeper counts if the pod is offline, silent for lease and fade, or never connected."""
    stage = dreaming(pods=3)
    assert fleet(stage).beds_offline == 0
    stage.pods[0].sends = False
    stage.hop(12)
    assert fleet(stage).beds_offline == 1
    stage.pods[0].sends = True
    stage.hop(4)
    assert fleet(stage).beds_offline == 0
    stage.pods[1].presence(online=False)
    stage.hop(1)
    assert fleet(stage).beds_offline == 1
    stage.app.pods.check_out(OPERATOR, "bed-2")
    stage.hop(1)
    assert fleet(stage).beds_offline == 0, "a bed without a sleeper may be off"


def test_a_bed_that_keeps_another_audit_log_is_counted_and_told_once() -> None:
    """Each bed that says so is counted until it says so no more; the journal names it once a sentence."""
    stage = dreaming(pods=3)
    told: list[tuple[str, str]] = []
    stage.app.journal.subscribe(
        lambda event: told.append((event.pod, event.sentence)) if event.kind == "audit-contradicted" else None
    )
    counts = []
    for pod in stage.pods:
        pod.sends = False
    for number, why in ((0, "9 to 4"), (0, "9 to 4"), (1, "9 to 4"), (0, "9 to 5"), (1, ""), (0, "")):
        stage.app.inbound.on_status(replace(stage.pods[number].account(), log_contradiction=why))
        stage.hop(1)
        counts.append(fleet(stage).contradicted)
    assert counts == [1, 1, 2, 2, 1, 0]
    assert told == [
        (bed, f"{bed} keeps another audit log: {why}")
        for bed, why in (("bed-1", "9 to 4"), ("bed-2", "9 to 4"), ("bed-1", "9 to 5"))
    ]


def test_beds_that_have_left_a_gateway_are_counted_and_the_gateway_told_once() -> None:
    """Each bed counts until it is back; the journal names a gateway with the first bed that leaves it."""
    stage = dreaming(pods=3)
    told: list[tuple[str, str]] = []
    stage.app.journal.subscribe(
        lambda event: told.append((event.pod, event.cause)) if event.kind == "gateway-unheard" else None
    )
    for pod in stage.pods:
        pod.sends = False
    counts = []
    for number, gateway in (
        (0, "w-1"),
        (0, "w-1"),
        (1, "w-1"),
        (2, "w-2"),
        (0, ""),
        (1, ""),
        (1, "w-1"),
        (2, "w-1"),
    ):
        stage.app.inbound.on_status(replace(stage.pods[number].account(), unheard_gateway=gateway))
        stage.hop(1)
        counts.append(fleet(stage).off_gateway)
    assert counts == [1, 1, 2, 3, 2, 1, 2, 2]
    assert told == [("bed-1", "w-1"), ("bed-3", "w-2"), ("bed-2", "w-1")]
    assert stage.app.pods.get("bed-3").unheard_gateway == "w-1"


def test_the_oldest_wake_order_that_stands_has_an_age() -> None:
    """It grows from the order that was given first, passes to the next when that is lifted, and ends at 0."""
    stage = dreaming(pods=3)
    assert fleet(stage).wake_oldest_s == 0.0
    first = stage.app.wake_orders.order(named("mira"), WakeScope.POD, "bed-1", "fire drill")
    stage.hop(8)
    second = stage.app.wake_orders.order(named("mira"), WakeScope.POD, "bed-2", "fire drill")
    stage.hop(8)
    assert fleet(stage).wake_oldest_s == 16 * HOP_S
    stage.app.wake_orders.lift(named("mira"), first.order.id, "over")
    stage.hop(1)
    assert fleet(stage).wake_oldest_s == 9 * HOP_S
    stage.app.wake_orders.lift(named("mira"), second.order.id, "over")
    stage.hop(1)
    assert fleet(stage).wake_oldest_s == 0.0


def test_a_write_that_the_disk_refused_is_counted() -> None:
    """Each failed transaction counts, also where the journal has reported the failure once."""
    stage = Stage(1, ledger := MemoryLedger())
    stage.appear(sleepers=False)
    assert "ledger-failures" not in stage.meters.counts
    ledger.broken = "the disk is full"
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    stage.hop(12)
    assert stage.meters.counts.get("ledger-failures", 0) >= 2


def test_each_seat_shows_the_state_of_consent_and_the_share_of_dose() -> None:
    """A seat has the state of its sleeper's consent and the share of the nearer limit, and no more."""
    exposures = Exposures(limits_min={"sleeper-1": 10.0, "sleeper-2": 10.0}, charged_min={"sleeper-1": 7.5})
    stage = Stage(3, None, exposures)
    stage.appear()
    stage.dream()
    stage.app.consents.withdraw(SLEEPER, "sleeper-2")
    seats = {seat.sleeper: seat for seat in stage.app.dreamscapes.get("night").seats}
    told = {name: (seat.consent, round(seat.dose_share, 2)) for name, seat in seats.items()}
    assert told == {
        "sleeper-1": ("given", 0.75),
        "sleeper-2": ("withdrawn", 0.0),
        "sleeper-3": ("given", 0.0),
    }


def test_consents_and_doses_are_told_as_counts() -> None:
    """Each tick the meters receive sleepers by state of consent, and how many are near a limit and at one."""
    exposures = Exposures(
        limits_min={"sleeper-1": 10.0, "sleeper-2": 10.0, "sleeper-3": 10.0},
        charged_min={"sleeper-1": 7.9, "sleeper-2": 8.0, "sleeper-3": 10.0},
    )
    stage = Stage(3, None, exposures)
    granted(stage.app, "sleeper-9")
    stage.app.consents.withdraw(SLEEPER, "sleeper-9")
    stage.hop(1)
    told = stage.meters.people_now
    assert (told.consents[ConsentState.WITHDRAWN], told.near, told.over) == (1, 1, 1)
    assert (told.revision, told.lapses_in_s, told.letters) == (1, pytest.approx(nan, nan_ok=True), 0)
