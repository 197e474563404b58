"""Evidence in time: what arrives late speaks of the way to the daemon, never of a device or a person."""

from collections import deque
from dataclasses import replace

import pytest

from dreamd.core.limits import ACTUATOR_AGE_S, HOP_S
from dreamd.core.session.views import BreakerState, DreamscapeState
from dreamd.core.severing.causes import Cause, Kind, cause_named, kind_of
from dreamwire.messages import Frame
from fakes.stage import Puppet, Stage

LEASE_AND_FADE_HOPS = 6


class Backlog:
    """A way whose frames come `hops` late, in order and at their rate: bufferbloat."""

    def __init__(self, stage: Stage, pod: Puppet, hops: int = 0) -> None:
        self.hops = hops
        self._held: deque[Frame] = deque()
        self._stage, self._pod = stage, pod

    def __call__(self, frame: Frame) -> Frame | None:
        """Take the newest frame in, give the one that is due; when the way is quick again, all that waits."""
        self._held.append(frame)
        while len(self._held) > self.hops + 1:
            self._stage.app.on_frames(self._stage.topic(self._pod), (self._held.popleft(),))
        return self._held.popleft() if len(self._held) > self.hops else None


def merged(pods: int = 5) -> Stage:
    """Everyone renders what is granted."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(8)
    for pod in stage.pods:
        pod.applied = 0.098
    stage.hop(8)
    return stage


def delayed(stage: Stage, pods: list[Puppet], hops: int, for_hops: int) -> None:
    """What these pods send comes late for a while; they go to zero as their leases lapse, and come back."""
    ways = {pod.name: Backlog(stage, pod) for pod in pods}
    for pod in pods:
        pod.bend = ways[pod.name]
        ways[pod.name].hops = hops
    stage.hop(LEASE_AND_FADE_HOPS)
    for pod in pods:
        pod.applied = 0.0
    stage.hop(for_hops - LEASE_AND_FADE_HOPS)
    for way in ways.values():
        way.hops = 0
    stage.hop(1)


def tripped(stage: Stage) -> set[str]:
    """The causes for which breakers have tripped."""
    return {event.cause for event in stage.app.journal._events if event.kind == "tripped"}


def accused(stage: Stage) -> set[str]:
    """Those of them that are held against a person or a device."""
    return {c for c in tripped(stage) if kind_of(cause_named(c)) in (Kind.HARD, Kind.SOFT)}


@pytest.mark.parametrize("alone", [True, False], ids=["one", "everyone"])
@pytest.mark.parametrize("hops", [2, 6, 9, 14, 44])
def test_a_constant_delay_accuses_no_device(hops: int, alone: bool) -> None:
    """0.5 to 11 s, twice for 20 s: no breaker trips but for the way, and both metrics stay 0."""
    stage = merged()
    for _ in range(2):
        delayed(stage, stage.pods[:1] if alone else stage.pods, hops, 80)
        stage.hop(80)
        for pod in stage.pods:
            pod.applied = stage.coupling(pod.name) / 255
        stage.hop(8)
    assert accused(stage) == set()
    assert stage.meters.counts["above-granted"] == 0
    assert stage.meters.now is not None
    assert stage.meters.now.above_granted == 0
    assert {stage.app.pod(pod.name).breaker for pod in stage.pods} == {BreakerState.CLOSED}
    assert stage.app.dreamscape("night").state is DreamscapeState.DREAMING
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods), "they come back without a person"


@pytest.mark.parametrize("uncertain_hops", [1, 2, 4])
def test_a_clock_that_may_be_off_is_given_the_grants_of_then(uncertain_hops: int) -> None:
    """A frame that claims to be younger than it is, within its clock's own bounds, accuses nobody."""
    stage = merged()
    for pod in stage.pods:
        way = Backlog(stage, pod, 2 + uncertain_hops)
        uncertain_us = round(uncertain_hops * HOP_S * 1e6)

        def bend(frame: Frame, way: Backlog = way, uncertain_us: int = uncertain_us) -> Frame | None:
            due = way(frame)
            return due and replace(
                due, instant=due.instant + uncertain_hops, uncertainty_us=uncertain_us, applied=due.applied
            )

        pod.bend = bend
    stage.hop(LEASE_AND_FADE_HOPS)
    stage.app.sever("night", "a drill")
    stage.hop(1)
    for pod in stage.pods:
        pod.applied = 0.0
    stage.hop(20)
    assert accused(stage) == set()


@pytest.mark.parametrize("hops", [1, 4, 5])
def test_an_actuator_that_sticks_behind_a_delay_of_a_second_is_found_all_the_same(hops: int) -> None:
    """Up to the age at which a frame is judged, two frames that come late still show what a device does."""
    assert hops * HOP_S <= ACTUATOR_AGE_S
    stage = merged()
    pod = stage.pods[0]
    pod.bend = Backlog(stage, pod, hops)
    stage.hop(8)
    pod.applied = 0.5
    stage.hop(hops + 2)
    record = stage.app._in.fleet.get(pod.name)
    assert record is not None
    assert (record.breaker.state, record.breaker.cause) == (BreakerState.OPEN, Cause.ACTUATOR)


@pytest.mark.parametrize("hops", [7, 14])
def test_an_actuator_that_sticks_is_found_when_its_frames_are_young_again(hops: int) -> None:
    """Behind a long delay nothing is said of the device; with the second young frame its breaker opens."""
    stage = merged()
    pod = stage.pods[0]
    pod.bend = way = Backlog(stage, pod, hops)
    pod.applied = 0.5
    stage.hop(60)
    assert accused(stage) == set()
    way.hops = 0
    stage.hop(2)
    assert accused(stage) == {"actuator"}
    assert stage.coupling(pod.name) == 0


def test_a_frame_sent_twice_by_the_way_accuses_nobody() -> None:
    """A second copy of every frame, four seconds later, opens no breaker and costs nobody their coupling."""
    stage = merged()
    kept: deque[Frame] = deque()

    def again(frame: Frame) -> Frame:
        kept.append(frame)
        if len(kept) > 16:
            stage.app.on_frames(stage.topic(stage.pods[0]), (kept.popleft(),))
        return frame

    stage.pods[0].bend = again
    stage.hop(60)
    assert tripped(stage) == set()
    assert stage.meters.counts["refused:outdated"] > 0
    assert stage.coupling("bed-1") > 0
