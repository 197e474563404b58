"""What happens to seats, told in words: the journal's sentences, and what a pod's event leads to.

A pod's own event is the truth about its sleeper: when it severed, why, how fast, by its own stamps. The
daemon writes it down, counts it, and opens the breaker for what has malfunctioned.
"""

from typing import TYPE_CHECKING, Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.breaker import Transition
from dreamd.core.safety.causes import Cause, Kind, act, cause_named, kind_of
from dreamwire.messages import PodEvent, PodEventKind

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape

NO_TRIP: Final = frozenset(
    {Cause.LEASE, Cause.DAEMON, Cause.SHUTDOWN}
    | {Cause.WAKE, Cause.DISTRESS, Cause.AROUSAL, Cause.WITHDRAWN, Cause.LATCHED}
)
"""Severs that open no breaker: permission ran out, we said zero ourselves, or a latch holds anyway."""

GONE: Final = frozenset({PodEventKind.LATCHED, PodEventKind.LEFT})


class Happenings:
    """Tells the journal and the meters; leads a pod's event to its consequence."""

    def __init__(self, session: "Dreamscape", dependencies: Dependencies) -> None:
        self._session = session
        self._deps = dependencies

    def seat(self, kind: str, seat: Seat, sentence: str, cause: str = "") -> None:
        """A fact about a seat."""
        self._write(kind, sentence, seat.pod, seat.number, cause, {})

    def excluded(self, kind: str, seat: Seat, sentence: str, values: dict[str, float]) -> None:
        """Somebody is left out for being far from everybody, or counts again."""
        self._write(kind, sentence, seat.pod, seat.number, Cause.OUTLIER.value, values)

    def _write(
        self,
        kind: str,
        sentence: str,
        pod: str,
        seat: int,
        cause: str,
        values: dict[str, float],
        acted_s: float = 0.0,
        reason: str = "",
    ) -> None:
        self._deps.journal.append(
            self._deps.clock.now_s(),
            kind,
            sentence,
            dreamscape=self._session.plan.dreamscape,
            pod=pod,
            seat=seat,
            cause=cause,
            values=values,
            acted_s=acted_s,
            reason=reason,
        )

    def breaker(self, record: PodRecord, seat: Seat, transition: Transition) -> None:
        """A breaker has moved."""
        cause = transition.cause.value if transition.cause else ""
        tripped = transition.after in (BreakerState.OPEN, BreakerState.LOCKED)
        because = f": {cause}" if tripped and cause else ""
        detail = f" ({transition.detail})" if transition.detail else ""
        self._write(
            "breaker-tripped" if tripped else "breaker-changed",
            f"breaker of {record.pod} is {transition.after.value}{because}{detail}",
            record.pod,
            seat.number,
            cause,
            {},
            reason=f"{transition.after.value}{because}",
        )

    def on_event(self, record: PodRecord, event: PodEvent) -> None:
        """Write a pod's event down and do what follows from it."""
        seat = self._session.seats.of(record.pod)
        values = _stamps(event)
        if event.kind is PodEventKind.MERGED:
            self._session.causes.merged(record)
        cause = self._session.causes.told(record, event.cause, self._session.withheld)
        self._write(
            event.kind.name.lower(),
            _sentence(record.pod, event, cause, values),
            record.pod,
            seat.number if seat else 0,
            cause,
            values,
            acted_s=event.unix_ms / 1000,
        )
        if event.kind is PodEventKind.SEVERED:
            self._count(cause, values)
        if seat is not None and event.kind in GONE:
            self._session.leave(seat, event.cause or event.kind.name.lower())
        elif seat is not None and _spent(event, seat):
            self._session.let_go(seat, Cause.EXPOSURE)

    def _count(self, cause: str, values: dict[str, float]) -> None:
        self._deps.meters.severed(cause_named(cause).value)
        if "evidence_to_zero_ms" in values:
            self._deps.meters.evidence_to_zero(values["evidence_to_zero_ms"] / 1000)


def _sentence(pod: str, event: PodEvent, cause: str, values: dict[str, float]) -> str:
    because = f" ({cause})" if cause else ""
    match event.kind:
        case PodEventKind.SEVERED:
            took_ms = values.get("evidence_to_zero_ms")
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


def _spent(event: PodEvent, seat: Seat) -> bool:
    """Whether the pod says that its sleeper has lived all that was left to them under this assignment."""
    told = event.kind is PodEventKind.SEVERED and event.cause == Cause.EXPOSURE.value
    return told and seat.slot is not None and seat.slot.assignment_id == event.assignment


def tell_unseated(dependencies: Dependencies, record: PodRecord, event: PodEvent) -> None:
    """Write down the event of a pod of which no Dreamscape is known here, and count its sever."""
    kind, cause = event.kind.name.lower(), act(event.cause, record.zeroed_for)
    dependencies.journal.append(
        dependencies.clock.now_s(),
        kind,
        f"{record.pod} {kind}" + (f": {cause}" if cause else ""),
        dreamscape=event.dreamscape,
        pod=record.pod,
        cause=cause,
        acted_s=event.unix_ms / 1000,
    )
    if event.kind is PodEventKind.SEVERED:
        dependencies.meters.severed(cause_named(cause).value)


def fault_told(event: PodEvent) -> Cause | None:
    """The malfunction a pod's event tells of, None where it tells of none."""
    cause = cause_named(event.cause)
    faulty = kind_of(cause) in (Kind.HARD, Kind.SOFT, Kind.TRANSPORT) and cause not in NO_TRIP
    told = event.kind in (PodEventKind.SEVERED, PodEventKind.MALFUNCTION)
    return cause if told and faulty else None


def _stamps(event: PodEvent) -> dict[str, float]:
    """Milliseconds between the pod's own stamps, where both are known."""
    pairs = {
        "evidence_to_zero_ms": (event.evidence_ns, event.zero_ns),
        "onset_to_zero_ms": (event.onset_ns, event.zero_ns),
        "onset_to_alone_ms": (event.onset_ns, event.alone_ns),
        "zero_to_alone_ms": (event.zero_ns, event.alone_ns),
    }
    return {name: (b - a) / 1e6 for name, (a, b) in pairs.items() if a and b}
