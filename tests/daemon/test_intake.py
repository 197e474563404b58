"""From payloads to values: dispatch, refusals, and turns for the event loop."""

import asyncio
from dataclasses import replace

import pytest

from dreamd.adapters.mqtt.inbox import FRAMES_A_SENDER
from dreamd.adapters.mqtt.intake import BATCH, FRAMES_WAIT_S, Intake
from dreamwire import topics
from dreamwire.codec import encode
from dreamwire.messages import ClockProbe
from fakes import words
from fakes.inbound import KeepingInbound, KeepingLinkMeters, SetClock


def _intake() -> tuple[Intake, KeepingInbound, KeepingLinkMeters]:
    inbound, meters = KeepingInbound(), KeepingLinkMeters()
    return Intake(inbound, SetClock(), meters), inbound, meters


async def test_every_kind_reaches_its_place() -> None:
    """Presence, status, event, probe and frames reach their handlers unchanged."""
    intake, inbound, _ = _intake()
    intake.offer(topics.pod_topic("bed-1", "presence"), encode(words.presence()), retained=True)
    intake.offer(topics.pod_topic("bed-1", "status"), encode(words.status()), retained=False)
    intake.offer(topics.pod_topic("bed-1", "event"), encode(words.event()), retained=False)
    intake.offer(topics.pod_topic("bed-1", "clock"), encode(ClockProbe(5, 10)), retained=False)
    intake.offer(topics.frames("night", 3, "bed-1"), encode((words.frame(), words.frame(2))), retained=False)
    intake.turn()
    assert inbound.presences == [words.presence()]
    assert [one.pod for one in inbound.statuses] == ["bed-1"]
    assert inbound.events == [words.event()]
    assert inbound.probes == [("bed-1", ClockProbe(5, 10), 1_760_000_000.0)]
    assert {(topic.dreamscape, topic.cohort, topic.sender) for topic, _ in inbound.frames} == {
        ("night", 3, "bed-1")
    }
    assert [one.seq for _, frames in inbound.frames for one in frames] == [1, 2]
    assert inbound.malformed == []


@pytest.mark.parametrize(
    ("leaf", "payload"),
    [
        ("presence", encode(words.presence("bed-2"))),
        ("status", encode(words.status("bed-2"))),
        ("event", encode(words.event("bed-2"))),
    ],
)
async def test_a_pod_speaks_for_itself_alone(leaf: str, payload: bytes) -> None:
    """A payload that names another pod than its topic is refused."""
    intake, inbound, _ = _intake()
    intake.offer(topics.pod_topic("bed-1", leaf), payload, retained=False)
    intake.turn()
    assert inbound.malformed == [("bed-1", leaf, "the payload names another pod")]
    assert [inbound.presences, inbound.statuses, inbound.events] == [[], [], []]


@pytest.mark.parametrize("leaf", ["status", "event", "clock"])
async def test_only_a_presence_may_be_retained(leaf: str) -> None:
    """A retained message other than a presence is refused as a replay."""
    intake, inbound, _ = _intake()
    payload = {"status": words.status(), "event": words.event(), "clock": ClockProbe(1, 1)}[leaf]
    intake.offer(topics.pod_topic("bed-1", leaf), encode(payload), retained=True)  # type: ignore[arg-type]
    intake.offer(topics.frames("night", 0, "bed-1"), encode((words.frame(),)), retained=True)
    intake.turn()
    assert [one[1] for one in inbound.malformed] == [leaf, "frames"]
    assert [inbound.statuses, inbound.events, inbound.probes, inbound.frames] == [[], [], [], []]


@pytest.mark.parametrize("payload", [b"", b"\xff\xff\xff", b"x" * 70_000])
@pytest.mark.parametrize("leaf", ["presence", "status", "event"])
async def test_unreadable_payloads_are_reported_and_cost_the_others_nothing(
    leaf: str, payload: bytes
) -> None:
    """Empty, garbage and oversized payloads are reported; the next message is handled."""
    intake, inbound, _ = _intake()
    intake.offer(topics.pod_topic("bed-1", leaf), payload, retained=False)
    intake.offer(topics.frames("night", 0, "bed-1"), payload, retained=False)
    intake.offer(topics.frames("night", 0, "bed-2"), encode((words.frame(),)), retained=False)
    intake.turn()
    assert [one[:2] for one in inbound.malformed] == [("bed-1", leaf), ("bed-1", "frames")]
    assert len(inbound.frames) == 1


@pytest.mark.parametrize("topic", ["dreamd/v1/pods/UPPER/status", "other", "dreamd/v1/pods/bed-1/command"])
async def test_a_topic_that_is_not_a_pods_is_counted(topic: str) -> None:
    """A message on a topic that is no pod's is counted and ignored."""
    intake, inbound, _ = _intake()
    intake.offer(topic, encode(words.status()), retained=False)
    intake.turn()
    assert [one[1] for one in inbound.malformed] == ["topic"]


async def test_the_loop_has_its_turn_between_batches() -> None:
    """A flood is processed BATCH by BATCH, newest of each sender first, with metered drops."""
    intake, inbound, meters = _intake()
    payload = encode((words.frame(),))
    senders = [f"bed-{number}" for number in range(1000)]
    for sender in senders:
        for _ in range(FRAMES_A_SENDER + (sender == "bed-1")):
            intake.offer(topics.frames("night", 0, sender), payload, retained=False)
    assert meters.dropped == ["frame"]
    assert inbound.frames == []
    seen: list[int] = []
    while len(inbound.frames) < len(senders):
        await asyncio.sleep(0)
        seen.append(len(inbound.frames))
    assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) <= BATCH


async def test_an_intake_with_a_crowded_inbox_reads_the_newest_frames_alone() -> None:
    """With more hops waiting than may be fresh only the newest of each sender is read."""
    intake, inbound, meters = _intake()
    for seq in range(1, 5):
        payload = encode((words.frame(seq),))
        for pod in range(100):
            intake.offer(topics.frames("night", 0, f"bed-{pod}"), payload, retained=False)
    for _ in range(4):
        await asyncio.sleep(0)
    assert {frames[0].seq for _, frames in inbound.frames} == {4}
    assert (inbound.behind, len(meters.dropped)) == ([300], 300)


async def test_an_intake_that_is_behind_keeps_a_gateways_frames_of_each_cohort() -> None:
    """A gateway's beds in several cohorts are all heard: of each cohort its newest message is read."""
    clock, inbound = SetClock(), KeepingInbound()
    intake = Intake(inbound, clock, KeepingLinkMeters())
    intake.behind = lambda: True
    intake.turn()
    for seq in range(1, 9):
        for cohort in range(5):
            where = topics.frames("night", cohort, "ward-a")
            intake.offer(where, encode((words.frame(seq),)), retained=False)
    intake.turn()
    clock.at_s += 1.5 * FRAMES_WAIT_S
    intake.turn()
    assert [(topic.cohort, frames[0].seq) for topic, frames in inbound.frames] == [(n, 8) for n in range(5)]


async def test_an_intake_that_is_behind_reads_the_newest_frames_alone() -> None:
    """While the socket is not empty frames wait a moment; then the newest of each sender is read.

    Events and statuses do not wait.
    """
    clock = SetClock()
    inbound, meters = KeepingInbound(), KeepingLinkMeters()
    intake = Intake(inbound, clock, meters)
    intake.behind = lambda: True
    intake.offer(topics.frames("night", 0, "bed-1"), encode((words.frame(1),)), retained=False)
    intake.turn()
    assert [frames[0].seq for _, frames in inbound.frames] == [1]
    for seq in range(2, 8):
        intake.offer(topics.frames("night", 0, "bed-1"), encode((words.frame(seq),)), retained=False)
    intake.offer(topics.pod_topic("bed-1", "event"), encode(words.event()), retained=False)
    intake.turn()
    assert inbound.events == [words.event()]
    assert len(inbound.frames) == 1
    clock.at_s += 1.5 * FRAMES_WAIT_S
    intake.turn()
    assert [frames[0].seq for _, frames in inbound.frames] == [1, 7]
    assert (inbound.behind, meters.dropped) == ([5], ["frame"] * 5)
    for seq in range(8, 11):
        intake.offer(topics.frames("night", 0, "bed-1"), encode((words.frame(seq),)), retained=False)
    intake.behind = lambda: False
    intake.turn()
    assert [frame.seq for _, frames in inbound.frames for frame in frames] == [1, 7, 8, 9, 10]


async def test_the_newest_presence_is_the_last_word() -> None:
    """Presences keep their order: the last one counts."""
    intake, inbound, _ = _intake()
    for online in (True, False):
        gone = replace(words.presence(), online=online)
        intake.offer(topics.pod_topic("bed-1", "presence"), encode(gone), retained=False)
    intake.turn()
    assert [one.online for one in inbound.presences] == [True, False]
