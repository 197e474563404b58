"""The reading of pods' messages by a simulated daemon, by the wire revision that it knows."""

from dataclasses import replace

from dreamd.app.inbound import InboundRouter
from dreamd.app.inbound_guard import InboundGuard
from dreamd.core.limits import HOP_S
from dreamwire import codec, topics
from dreamwire.messages import PodEvent
from dreamwire.schema import WIRE_REVISION
from dreamwire.topics import FramesTopic, PodTopic
from dreamwire.v1 import wire_pb2 as pb


def _take_frames(
    inbound: InboundRouter | InboundGuard, topic: FramesTopic, payload: bytes, now_s: float
) -> None:
    """Give frames to a daemon, in every second hop as a block, as its intake does."""
    blocks, _ = codec.decode_frame_block([(topic, payload)] if int(now_s / HOP_S) % 2 else [])
    for block in blocks:
        inbound.on_frame_block(block)
    if not blocks:
        inbound.on_frames(topic, codec.decode_frames(payload))


def take_in(
    inbound: InboundRouter | InboundGuard,
    topic: str,
    payload: bytes,
    now_s: float,
    *,
    reads: int = WIRE_REVISION,
) -> PodEvent | None:
    """Give a daemon a message of a pod; returns it where it is an event.

    reads: the daemon's wire revision. The one before finds no frame in a payload of fixed layout, and takes
    the vital part of a status for a whole one.
    """
    parsed, newest = topics.parse(topic), reads >= WIRE_REVISION
    if isinstance(parsed, FramesTopic):
        if newest or not pb.Frames.FromString(payload).plain:
            _take_frames(inbound, parsed, payload, now_s)
        return None
    match parsed:
        case PodTopic(pod, "clock"):
            inbound.on_clock_probe(pod, codec.decode_clock_probe(payload), now_s)
        case PodTopic(_, "presence"):
            inbound.on_presence(codec.decode_presence(payload))
        case PodTopic(_, "status"):
            status = codec.decode_status(payload)
            inbound.on_status(status if newest else replace(status, vital=False))
        case PodTopic(_, "event"):
            event = codec.decode_event(payload)
            inbound.on_event(event)
            return event
        case other:
            raise AssertionError(f"nobody publishes {other}")
    return None
