"""A house with several brokers: our own way to the pods is judged by broker."""

import numpy as np
import pytest

from dreamd.app.collective.recorded_rows import rows_of
from dreamd.app.inbound_guard import InboundGuard
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamwire.messages import Assign, PodEventKind
from fakes.stage import Stage

URLS = ("mqtt://a:1883", "mqtt://b:1883")


def coupled(stage: Stage) -> set[str]:
    """The pods that the newest message of their cohort couples."""
    granted = stage.link.collectives[-1].coupling
    places = {c.pod: c.what.slot for c in stage.link.commands if isinstance(c.what, Assign)}
    return {pod for pod, slot in places.items() if slot < granted.size and granted[slot] > 0}


def at_two(first: int, second: int) -> Stage:
    """A Stage whose pods dream: so many at the first broker, so many at the second."""
    stage = Stage(pods=first + second)
    guards = name_two(stage)
    for guard in guards:
        guard.on_link(up=True)
    for pod in stage.pods[first:]:
        pod.broker = 1
    stage.appear()
    stage.dream()
    stage.hop(16)
    assert len(coupled(stage)) == first + second
    return stage


def name_two(stage: Stage) -> list[InboundGuard]:
    """Give the house two brokers."""
    stage.app.brokers.name_brokers(URLS)
    return [InboundGuard(stage.app.inbound, stage.app.failures, number) for number in (0, 1)]


def die(stage: Stage, broker: int, *, told: bool = True) -> list[str]:
    """End all that comes by this broker; told: our own connection to it is lost. Return its pods."""
    if told:
        stage.app.inbound.on_link(up=False, broker=broker)
    there = [pod for pod in stage.pods if pod.broker == broker]
    for pod in there:
        pod.sends = False
    return [pod.name for pod in there]


def none_trips(stage: Stage) -> bool:
    """Whether every breaker is closed."""
    return all(view.breaker is BreakerState.CLOSED for view in stage.app.pods.list())


@pytest.mark.parametrize(("first", "second", "told"), [(16, 8, True), (8, 16, False), (3, 9, True)])
def test_a_dead_broker_leaves_those_at_the_other_dreaming(first: int, second: int, told: bool) -> None:
    """Broker 2 dies with few or most pods: those at broker 1 are coupled in every tick, and none trips."""
    stage = at_two(first, second)
    dead = die(stage, 1, told=told)
    others = {pod.name for pod in stage.pods} - set(dead)
    for _ in range(4 * 12):
        stage.hop()
        assert others <= coupled(stage)
    assert coupled(stage) == others
    assert none_trips(stage)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING


def test_a_recording_shows_those_at_a_dead_broker_without_weight() -> None:
    """The rows of a recording name as allowed whom the tick has summed, so that a replay sums the same."""
    stage = at_two(6, 6)
    die(stage, 1)
    stage.hop(8)
    cohorts = stage.app.registry["night"].dreamscape.cohorts
    (rows,) = rows_of(cohorts)
    places = {c.pod: c.what.slot for c in stage.link.commands if isinstance(c.what, Assign)}
    assert {pod for pod, slot in places.items() if rows.allowed[slot]} == {f"bed-{n}" for n in range(1, 7)}


def test_one_pod_alone_at_a_dead_broker_does_not_trip() -> None:
    """The silence of the only pod of a broker to which our connection is lost is no evidence against it."""
    stage = at_two(5, 1)
    die(stage, 1)
    stage.hop(4 * 12)
    assert none_trips(stage)
    assert coupled(stage) == {f"bed-{n}" for n in range(1, 6)}


def test_too_few_at_the_living_broker_wait_at_zero_and_dream_on_when_the_others_return() -> None:
    """Two of eight at the living broker are at zero, not severed; all dream again once the other is back."""
    stage = at_two(2, 6)
    die(stage, 1)
    stage.hop(4 * 40)
    assert not coupled(stage)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    stage.app.inbound.on_link(up=True, broker=1)
    for pod in stage.pods[2:]:
        pod.back()
    stage.hop(8)
    assert len(coupled(stage)) == 8
    assert none_trips(stage)


def test_the_quorum_is_of_those_whose_way_is_good() -> None:
    """Three real failures among the five at the living broker sever the Dreamscape, as they would alone."""
    stage = at_two(5, 10)
    die(stage, 1)
    stage.hop(8)
    for pod in stage.pods[:3]:
        pod.event(PodEventKind.SEVERED, "railed", evidence_ns=1, zero_ns=2)
    stage.hop(1)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.SEVERED


def test_nothing_is_granted_to_those_still_heard_by_a_lost_way() -> None:
    """Most pods of a broker fall silent: the few there that are heard are at zero with them."""
    stage = at_two(6, 6)
    for pod in stage.pods[6:11]:
        pod.sends = False
    stage.hop(8)
    assert coupled(stage) == {f"bed-{n}" for n in range(1, 7)}
    assert none_trips(stage)


def test_both_brokers_lost_are_an_uplink_failure_as_of_one() -> None:
    """With both brokers lost everyone is at zero without a trip or sever, and dreams again after it."""
    stage = at_two(6, 6)
    die(stage, 0)
    die(stage, 1)
    stage.hop(4 * 12)
    assert not coupled(stage)
    assert none_trips(stage)
    assert stage.app.house.overview().blind == ("night",)
    for pod in stage.pods:
        pod.back()
    stage.hop(8)
    assert len(coupled(stage)) == 12


def test_frames_lost_by_a_dead_broker_count_against_no_pod_and_others_count() -> None:
    """Gaps of the pods at a lost broker are forgiven; a gap at the other broker counts as ever."""
    stage = at_two(6, 6)
    die(stage, 1)
    stage.hop(40)
    stage.app.inbound.on_link(up=True, broker=1)
    for pod in stage.pods[6:]:
        pod.seq += 40
        pod.back()
    stage.pods[0].seq += 1
    stage.hop(40)
    table = stage.app.registry["night"].dreamscape.cohorts.banks[0].columns
    places = {c.pod: c.what.slot for c in stage.link.commands if isinstance(c.what, Assign)}
    assert none_trips(stage)
    assert table.lost == 1, [table.lost_lately(slot) for slot in places.values()]


def test_those_who_return_last_from_an_outage_are_not_tripped_for_it() -> None:
    """Pods that need some seconds longer than most to come back do not trip; one that stays away does."""
    stage = at_two(6, 6)
    die(stage, 1)
    stage.hop(40)
    stage.app.inbound.on_link(up=True, broker=1)
    for pod in stage.pods[6:11]:
        pod.back()
        stage.hop(8)
    assert none_trips(stage)
    assert coupled(stage) == {f"bed-{n}" for n in range(1, 12)}
    stage.hop(4 * 16)
    assert stage.app.pods.get("bed-12").breaker_cause == "stale"


def test_a_will_at_the_broker_that_a_pod_has_left_is_no_word_of_it() -> None:
    """A pod that has moved to broker 2 stays online when broker 1 publishes its old will."""
    stage = at_two(6, 6)
    stage.pods[0].broker = 1
    stage.pods[0].status()
    stage.pods[0].presence(online=False, broker=0)
    assert stage.app.pods.get("bed-1").online
    stage.pods[0].presence(online=False)
    assert not stage.app.pods.get("bed-1").online


def test_a_pod_that_moves_is_judged_with_the_pods_there() -> None:
    """A pod that has moved to broker 2, and is still heard, is at zero as most pods there fall silent."""
    stage = at_two(6, 3)
    stage.pods[0].broker = 1
    stage.hop(4)
    for pod in stage.pods[6:]:
        pod.sends = False
    stage.hop(8)
    assert coupled(stage) == {f"bed-{n}" for n in range(2, 7)}
    assert none_trips(stage)


def test_the_house_names_the_broker_that_is_lost() -> None:
    """Events and troubles name the broker by its address, and the beds that are not concerned."""
    stage = at_two(6, 6)
    die(stage, 1)
    stage.hop(8)
    (trouble,) = stage.app.house.overview().troubles
    assert "mqtt://b:1883" in trouble
    assert "the beds at other brokers dream on" in trouble
    told = [event.sentence for event in stage.app.journal._events]
    assert "the broker mqtt://b:1883 lost: every bed there switches to zero by its own 1 s timeout" in told
    assert "no frames from 6 of 6 pods at the broker mqtt://b:1883: it or our network is down" in told
    assert np.any(stage.link.collectives[-1].coupling)
