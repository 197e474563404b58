"""Frames that arrive in blocks have the effects of the same frames one by one."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np
import pytest

from dreamd.core.dreamscapes.views import BreakerState
from dreamwire import codec
from dreamwire.messages import Frame
from dreamwire.topics import FramesTopic
from fakes.stage import Stage

HOPS = 90
FAULTS_FROM = 30


def gather(stage: Stage, *, blocks: bool) -> None:
    """Let the frames of each hop wait, as bytes, until its tick is due.

    Those of two pods wait for two hops; those of another arrive twice. With `blocks` they are taken in
    together, else one by one in the same order.
    """
    waiting: list[tuple[FramesTopic, bytes]] = []
    inbound, run_due = stage.app.inbound, stage.app.run_due
    one_by_one = inbound.on_frames
    ticks = count()

    def keep(topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        copies = 2 if topic.sender == "bed-10" and stage.meters.counts["accepted"] > 400 else 1
        payload = codec.encode_frames(
            frames, plain=int(topic.sender[-1:].isdigit() and topic.sender[-1]) % 2 == 0
        )
        waiting.extend([(topic, payload)] * copies)

    def arrive() -> None:
        held = {"bed-7", "bed-8"} if next(ticks) % 2 else set()
        due = [one for one in waiting if one[0].sender not in held]
        waiting[:] = [one for one in waiting if one[0].sender in held]
        found, rest = codec.decode_frame_block(due) if blocks else ([], due)
        for block in found:
            inbound.on_frame_block(block)
        for topic, payload in rest:
            one_by_one(topic, codec.decode_frames(payload))
        run_due()

    inbound.on_frames = keep
    stage.app.run_due = arrive


def faulty(stage: Stage) -> None:
    """Give six of the pods a fault each: NaN, frozen, range, a stranger's topic, gaps, an old instant."""

    def bend(number: int, frame: Frame) -> Frame | None:
        if number == 1:
            return replace(frame, features=np.full_like(frame.features, np.nan))
        if number == 2:
            return replace(frame, features=np.ones_like(frame.features))
        if number == 3:
            return replace(frame, features=frame.features + 300.0)
        if number == 5:
            return None if frame.seq % 3 == 0 else frame
        return replace(frame, instant=frame.instant - 50) if number == 6 else frame

    for number, pod in enumerate(stage.pods[:6], start=1):
        pod.bend = partial(bend, number)
    stranger = stage.pods[3]
    topic: Callable[..., FramesTopic] = stage.topic
    stage.topic = lambda pod: replace(topic(pod), sender="bed-9") if pod is stranger else topic(pod)


def night(*, blocks: bool) -> Stage:
    """A night of twelve in which faults begin, then a sever whose confirmations come by frames."""
    stage = Stage(pods=12)
    gather(stage, blocks=blocks)
    stage.appear()
    stage.dream()
    stage.hop(FAULTS_FROM)
    faulty(stage)
    stage.hop(HOPS - FAULTS_FROM)
    return stage


def told(stage: Stage) -> list[object]:
    """All that left the daemon, and what it counted."""
    said = [
        (one.tick, one.coupling.tobytes(), one.answered.tobytes(), one.m.tobytes())
        for one in stage.link.collectives
    ]
    seats = [
        (seat.pod, seat.state, seat.breaker, seat.cause) for seat in stage.app.dreamscapes.get("night").seats
    ]
    return [said, seats, dict(stage.meters.counts)]


def test_a_block_has_the_effects_of_its_frames() -> None:
    """Grants, answers, centres, breakers and counters are the same, with six faulty pods of twelve."""
    together, apart = night(blocks=True), night(blocks=False)
    assert told(together) == told(apart)
    counts = together.meters.counts
    assert counts["accepted"] > 500
    assert counts["late"] > 20
    reasons = {"nonfinite", "frozen", "range", "wrong-sender", "outdated", "copied"}
    assert reasons <= {name.removeprefix("refused:") for name in counts}


@pytest.mark.parametrize("blocks", [True, False])
def test_a_gateway_sends_for_the_beds_that_name_it(blocks: bool) -> None:
    """Frames of a gateway count for the beds whose presence names it, and for no other."""
    stage = Stage(pods=6)
    gather(stage, blocks=blocks)
    stage.appear()
    stage.dream()
    stage.hop(30)
    for pod in stage.pods[:4]:
        pod.gateway = "ward-a"
        pod.presence()
    topic: Callable[..., FramesTopic] = stage.topic
    stage.topic = lambda pod: replace(topic(pod), sender="ward-a")
    before = stage.meters.counts["accepted"]
    stage.hop(10)
    assert stage.meters.counts["accepted"] - before == 4 * 10
    assert stage.meters.counts["refused:wrong-sender"] == 2 * 10


def test_a_sever_is_confirmed_by_the_frames_of_a_block() -> None:
    """A frame with a share of zero in a block confirms the sever of its pod."""
    stage = Stage(pods=5)
    gather(stage, blocks=True)
    stage.appear()
    stage.dream()
    stage.hop(30)
    name = stage.pods[0].name
    ticket = stage.app._deps.tickets.issue([name])
    assert ticket.waiting == (name,)
    stage.hop(2, statuses=False)
    assert ticket.waiting == ()


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(("sender", "tripped"), [("ward-a", set()), ("", {"bed-1", "bed-2", "bed-3"})])
def test_a_frame_that_a_gateway_sends_twice_accuses_no_bed(
    blocks: bool, sender: str, tripped: set[str]
) -> None:
    """A copy on a bed's own connection is a replay of its device; a gateway's copy is counted alone."""
    stage = Stage(pods=6)
    gather(stage, blocks=blocks)
    stage.appear()
    stage.dream()
    stage.hop(30)
    twice = stage.pods[:3]
    for pod in twice:
        pod.gateway = "ward-a"
        pod.presence()
    topic: Callable[..., FramesTopic] = stage.topic
    stage.topic = lambda pod: replace(topic(pod), sender=sender if pod in twice and sender else pod.name)
    taken = stage.app.inbound.on_frames

    def again(where: FramesTopic, frames: tuple[Frame, ...]) -> None:
        taken(where, frames)
        if where.sender == "ward-a" or where.sender in {pod.name for pod in twice}:
            taken(where, frames)

    stage.app.inbound.on_frames = again
    stage.hop(4)
    assert stage.meters.counts["refused:copied"] >= 3
    open_now = {pod.pod for pod in stage.app.pods.list() if pod.breaker is BreakerState.OPEN}
    assert open_now == tripped
