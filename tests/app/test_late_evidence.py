"""Late evidence counts against the uplink, never against a device or a person."""

from collections import deque
from dataclasses import replace

import pytest

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.limits import ACTUATOR_AGE_S, HOP_S
from dreamd.core.safety.causes import Cause, Kind, cause_named, kind_of
from dreamwire.messages import Frame, PodEventKind
from fakes.callers import OPERATOR
from fakes.stage import Puppet, Stage

LEASE_AND_FADE_HOPS = 6


class Backlog:
    """A link that delivers frames `hops` late, in order and at their rate: bufferbloat."""

    def __init__(self, stage: Stage, pod: Puppet, hops: int = 0) -> None:
        self.hops = hops
        self._held: deque[Frame] = deque()
        self._stage, self._pod = stage, pod

    def __call__(self, frame: Frame) -> Frame | None:
        """Take the newest frame, return the one that is due; after the delay, return all that wait."""
        self._held.append(frame)
        while len(self._held) > self.hops + 1:
            self._stage.app.inbound.on_frames(self._stage.topic(self._pod), (self._held.popleft(),))
        return self._held.popleft() if len(self._held) > self.hops else None


def merged(pods: int = 5) -> Stage:
    """All pods render their grants."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(8)
    for pod in stage.pods:
        pod.applied = 0.098
    stage.hop(8)
    return stage


def delayed(stage: Stage, pods: list[Puppet], hops: int, for_hops: int) -> None:
    """Delay these pods' messages for a while; they go to zero as their leases lapse, and return."""
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
    """The causes of all trips."""
    return {event.cause for event in stage.app.journal._events if event.kind == "breaker-tripped"}


def accused(stage: Stage) -> set[str]:
    """Those causes that count against a person or a device."""
    return {c for c in tripped(stage) if kind_of(cause_named(c)) in (Kind.HARD, Kind.SOFT)}


@pytest.mark.parametrize(
    ("hops", "alone"),
    [(2, True), (44, True), (2, False), (6, False), (9, False), (14, False), (44, False)],
    ids=lambda value: {True: "one", False: "everyone"}[value] if isinstance(value, bool) else str(value),
)
def test_a_constant_delay_accuses_no_device(hops: int, alone: bool) -> None:
    """A delay of 0.5 to 11 s, twice for 20 s, trips only by transport causes; both metrics stay 0."""
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
    assert {stage.app.pods.get(pod.name).breaker for pod in stage.pods} == {BreakerState.CLOSED}
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods), "they come back without a person"


@pytest.mark.parametrize("uncertain_hops", [1, 2, 4])
def test_a_clock_that_may_be_off_is_given_the_grants_of_then(uncertain_hops: int) -> None:
    """A frame that claims to be younger, within its clock's bounds, does not count against its pod."""
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
    stage.app.dreamscapes.sever(OPERATOR, "night", "a drill")
    stage.hop(1)
    for pod in stage.pods:
        pod.applied = 0.0
    stage.hop(20)
    assert accused(stage) == set()


@pytest.mark.parametrize("hops", [1, 4, 5])
def test_an_actuator_that_sticks_behind_a_delay_of_a_second_is_found_all_the_same(hops: int) -> None:
    """A stuck actuator behind a delay of a second is still found by two late frames."""
    assert hops * HOP_S <= ACTUATOR_AGE_S
    stage = merged()
    pod = stage.pods[0]
    pod.bend = Backlog(stage, pod, hops)
    stage.hop(8)
    pod.applied = 0.5
    stage.hop(hops + 2)
    record = stage.app._deps.fleet.get(pod.name)
    assert record is not None
    assert (record.breaker.state, record.breaker.cause) == (BreakerState.OPEN, Cause.ACTUATOR)


@pytest.mark.parametrize("hops", [7, 14])
def test_an_actuator_that_sticks_is_found_when_its_frames_are_young_again(hops: int) -> None:
    """Behind a long delay a stuck actuator is found by its second young frame."""
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


def test_a_pod_may_fade_out_of_an_earlier_grant_in_the_slot_it_was_just_given() -> None:
    """In the first 1.5 s of a slot a share above the grant is not judged; afterwards it is."""
    stage = Stage(pods=5)
    stage.appear()
    stage.pods[0].applied = 0.5
    stage.dream()  # four hops in the slot
    stage.hop(2)
    assert "actuator" not in tripped(stage)
    assert stage.meters.now is not None
    assert stage.meters.now.above_granted == 0
    stage.hop(5)
    assert "actuator" in tripped(stage)


def test_a_duplicated_frame_counts_against_no_pod() -> None:
    """A second copy of every frame, four seconds later, opens no breaker and costs no coupling."""
    stage = merged()
    kept: deque[Frame] = deque()

    def again(frame: Frame) -> Frame:
        kept.append(frame)
        if len(kept) > 16:
            stage.app.inbound.on_frames(stage.topic(stage.pods[0]), (kept.popleft(),))
        return frame

    stage.pods[0].bend = again
    stage.hop(60)
    assert tripped(stage) == set()
    assert stage.meters.counts["refused:outdated"] > 0
    assert stage.coupling("bed-1") > 0


def test_a_held_frame_of_poor_quality_is_one_piece_of_evidence() -> None:
    """One poor frame in three with two late ones is fewer than five in a row: no trip."""
    stage = merged()
    pod, way = stage.pods[0], Backlog(stage, stage.pods[0])
    pod.bend = way
    for _ in range(2):
        pod.quality, way.hops = 0.2, 0
        stage.hop(1)
        pod.quality, way.hops = 0.9, 2
        stage.hop(2)
    assert tripped(stage) == set()
    pod.quality, way.hops = 0.2, 0
    stage.hop(5)
    assert tripped(stage) == {"quality"}, "five that come each in their own tick still do"


def late_statuses(stage: Stage, pod: Puppet, since_s: float, delay_s: float, until_s: float) -> None:
    """Statuses once a second, each `delay_s` late; the pod renders its share until its release."""
    written_s = since_s - delay_s
    while written_s <= until_s:
        stage.clock.at_s = written_s + delay_s
        pod.applied = 0.098 if written_s <= since_s else 0.0
        pod.status(written_s)
        stage.hop(1, statuses=False)
        written_s += 1.0


def test_a_status_from_before_a_release_does_not_count() -> None:
    """A status 3.5 s late, from before the release, shows a share that the slot allowed."""
    stage = merged()
    pod = stage.pods[0]
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, pod.name, "asked")
    since_s = stage.clock.at_s
    late_statuses(stage, pod, since_s, 3.5, since_s + 4.0)
    assert stage.meters.now is not None
    assert stage.meters.now.above_granted == 0


def test_a_pod_that_writes_later_that_it_is_coupled_counts_although_its_word_is_late() -> None:
    """A share without a slot, written 1.6 s after the daemon first heard of it, counts though 3.5 s late."""
    stage = merged()
    pod = stage.pods[0]
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, pod.name, "asked")
    since_s = stage.clock.at_s
    pod.applied = 0.098
    pod.status(since_s)
    for after_s, counted in ((1.4, 0), (1.6, 1)):
        stage.clock.at_s = since_s + after_s + 3.5
        pod.status(since_s + after_s)
        stage.hop(1, statuses=False)
        assert stage.meters.now is not None
        assert stage.meters.now.above_granted == counted


def test_a_status_written_ahead_of_the_daemons_clock_accuses_no_pod() -> None:
    """A status written 13 s ahead, by an earlier daemon's clock, does not count against the pod."""
    stage = merged()
    pod = stage.pods[0]
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, pod.name, "asked")
    pod.applied = 0.098
    pod.status(stage.clock.at_s + 13.0)
    stage.hop(1, statuses=False)
    assert stage.meters.now is not None
    assert stage.meters.now.above_granted == 0


def test_a_status_that_was_overtaken_says_nothing() -> None:
    """Of two statuses of one process the later written one counts, whichever comes first."""
    stage = merged()
    pod, now_s = stage.pods[0], stage.clock.at_s
    pod.status(now_s)
    pod.latched, assigned = "distress", pod.assign
    pod.assign = None
    pod.status(now_s - 1.0)
    assert stage.app.pods.get(pod.name).latched == ""
    pod.assign = assigned
    pod.status(now_s + 1.0)
    assert stage.app.pods.get(pod.name).latched == "distress"


def test_a_word_from_before_a_sever_does_not_confirm_it() -> None:
    """Zeros confirm a sever only if captured or written after it."""
    stage = merged()
    pods = stage.pods[:3]
    for pod in pods:
        pod.bend, pod.applied = Backlog(stage, pod, 4), 0.0
    stage.hop(8, statuses=False)
    severed_s = stage.clock.at_s
    ticket = stage.app.dreamscapes.sever(OPERATOR, "night", "a drill")
    stage.hop(4, statuses=False)
    assert set(ticket.outcome().unconfirmed) >= {pod.name for pod in pods}
    pods[0].assign, assigned = None, pods[0].assign
    pods[0].status(severed_s - 0.1)
    assert pods[0].name in ticket.outcome().unconfirmed
    pods[0].status(severed_s + 0.1)
    assert pods[0].name not in ticket.outcome().unconfirmed
    pods[0].assign = assigned
    stage.hop(1, statuses=False)
    assert not {pod.name for pod in pods} & set(ticket.outcome().unconfirmed)


def test_a_pod_is_home_by_a_status_that_was_written_after_the_end() -> None:
    """A status written before the assignment and four seconds late sends no pod home."""
    stage = merged()
    stage.link.cut = True
    ended_s = stage.clock.at_s
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    for pod in stage.pods:
        pod.assign, pod.applied = None, 0.0
        pod.status(ended_s - 4.0)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.WAKING
    for pod in stage.pods:
        pod.status(ended_s + 0.1)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.ENDED


def at_ms(seconds: float) -> int:
    """A session time as in an event."""
    return round(seconds * 1000)


def closed_again(stage: Stage, pod: Puppet) -> None:
    """Let this pod's breaker close."""
    for _ in range(4 * 60):
        stage.hop(1)
        if stage.app.pods.get(pod.name).breaker is BreakerState.CLOSED:
            return
    raise AssertionError("it does not close")


@pytest.mark.parametrize("late_hops", [0, 4 * 28, 4 * 60])
def test_a_malfunction_reported_twice_does_not_lock(late_hops: int) -> None:
    """A malfunction seen in frames and reported by the pod is one trip and does not lock."""
    stage = merged()
    pod = stage.pods[0]
    began_s = stage.clock.at_s
    pod.quality, pod.applied = 0.1, 0.0
    stage.hop(5)
    pod.quality = 0.9
    assert stage.app.pods.get(pod.name).breaker is BreakerState.OPEN
    stage.hop(late_hops)
    pod.event(PodEventKind.SEVERED, "contact", unix_ms=at_ms(began_s))
    assert stage.app.pods.get(pod.name).breaker is BreakerState.OPEN
    closed_again(stage, pod)


def test_a_second_malfunction_locks_however_late_the_report() -> None:
    """Two malfunctions 40 s apart by the pod's clock lock, though the second is reported a minute late."""
    stage = merged()
    pod = stage.pods[0]
    first_s, pod.applied = stage.clock.at_s, 0.0
    pod.event(PodEventKind.SEVERED, "railed", unix_ms=at_ms(first_s))
    closed_again(stage, pod)
    second_s = stage.clock.at_s
    assert second_s - first_s > 30.0
    stage.hop(4 * 60)
    pod.event(PodEventKind.SEVERED, "railed", unix_ms=at_ms(second_s))
    assert stage.app.pods.get(pod.name).breaker is BreakerState.LOCKED


def test_failures_minutes_apart_reported_at_once_are_no_mass_failure() -> None:
    """Three failures minutes apart, reported at once, are no mass failure; the rest dream on."""
    stage = merged(pods=8)
    now_s = stage.clock.at_s
    for number, pod in enumerate(stage.pods[:3]):
        pod.event(PodEventKind.MALFUNCTION, "flat", unix_ms=at_ms(now_s - 60.0 * (number + 1)))
    stage.hop(2)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert {stage.app.pods.get(pod.name).breaker for pod in stage.pods[:3]} == {BreakerState.OPEN}
    stage.hop(8)
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods[3:])
