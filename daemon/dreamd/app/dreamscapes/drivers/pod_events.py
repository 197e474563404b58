"""The events of pods in words and figures: what one means for its seat and its breaker.

Pure functions; `pod_inputs` acts on them. A pod's own event is the truth about its sleeper: when it severed,
why, how fast, by its own stamps.
"""

from typing import Final

from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.safety.causes import Cause, Kind, cause_named, kind_of
from dreamwire.messages import PodEvent, PodEventKind

NO_TRIP: Final = frozenset(
    {Cause.LEASE, Cause.DAEMON, Cause.SHUTDOWN}
    | {Cause.WAKE, Cause.DISTRESS, Cause.AROUSAL, Cause.WITHDRAWN, Cause.LATCHED}
)
"""Severs that open no breaker: permission ran out, the daemon itself set zero, or a latch holds anyway."""

GONE: Final = frozenset({PodEventKind.LATCHED, PodEventKind.LEFT})
"""Events after which a seat is left."""


def sentence_of(pod: str, event: PodEvent, cause: str, stamps: dict[str, float]) -> str:
    """Return the journal's sentence for an event. cause: the word to use; stamps: see `stamps_of`."""
    because = f" ({cause})" if cause else ""
    match event.kind:
        case PodEventKind.SEVERED:
            took_ms = stamps.get("evidence_to_zero_ms")
            fast = f" after {took_ms:.0f} ms" if took_ms is not None else ""
            return f"{pod}: at zero{fast}{because}"
        case PodEventKind.ALONE:
            return f"{pod}: faded out{because}"
        case PodEventKind.MERGED:
            return f"{pod} is merged"
        case PodEventKind.WARNED:
            return f"{pod} is near a limit: {cause or event.kind.name.lower()} ({event.detail})"
        case _:
            return f"{pod} {event.kind.name.lower()}{because}"


def stamps_of(event: PodEvent) -> dict[str, float]:
    """Return the milliseconds between the pod's own stamps, where both are known."""
    pairs = {
        "evidence_to_zero_ms": (event.evidence_ns, event.zero_ns),
        "onset_to_zero_ms": (event.onset_ns, event.zero_ns),
        "onset_to_alone_ms": (event.onset_ns, event.alone_ns),
        "zero_to_alone_ms": (event.zero_ns, event.alone_ns),
    }
    return {name: (b - a) / 1e6 for name, (a, b) in pairs.items() if a and b}


def reports_spent_dose(event: PodEvent, seat: Seat) -> bool:
    """Whether the pod reports that its sleeper has lived all minutes left to them under this assignment."""
    told = event.kind is PodEventKind.SEVERED and event.cause == Cause.EXPOSURE.value
    return told and seat.slot is not None and seat.slot.assignment_id == event.assignment


def fault_told(event: PodEvent) -> Cause | None:
    """Return the malfunction that a pod's event reports, or None."""
    cause = cause_named(event.cause)
    faulty = kind_of(cause) in (Kind.HARD, Kind.SOFT, Kind.TRANSPORT) and cause not in NO_TRIP
    told = event.kind in (PodEventKind.SEVERED, PodEventKind.MALFUNCTION)
    return cause if told and faulty else None
