"""Views of a Dreamscape, made when somebody looks and not before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING, overload

from dreamd.app.fleet.registry import PodRecord, PodRegistry, breaker_cause, last_status
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.core.dreamscapes.seats import NOTHING, Seat, shown
from dreamd.core.dreamscapes.states import breaker_of
from dreamd.core.dreamscapes.views import (
    BreakerState,
    CollectiveView,
    CrowdView,
    DreamscapeState,
    DreamscapeView,
    SeatView,
    SynchronyView,
)
from dreamd.core.fleet.freshness import SILENCE, Word, newest
from dreamd.core.limits import HOP_S, INTIMATE_BELOW
from dreamd.core.safety.views import BreakerView

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape


class SeatsWhenAsked(Sequence[SeatView]):
    """The seats of a Dreamscape, made when they are first looked at, and once for all who look.

    Ten thousand seats cost tens of milliseconds, and most who ask for a Dreamscape or a tick never look at
    them. They show what is true when they are made, so look on the application's thread, and at once.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], tuple[SeatView, ...]]) -> None:
        self._make: Callable[[], tuple[SeatView, ...]] | None = make
        self._made: tuple[SeatView, ...] = ()

    def _all(self) -> tuple[SeatView, ...]:
        if self._make is not None:
            self._made, self._make = self._make(), None
        return self._made

    @overload
    def __getitem__(self, at: int) -> SeatView: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[SeatView, ...]: ...

    def __getitem__(self, at: int | slice) -> SeatView | tuple[SeatView, ...]:
        """As of a tuple."""
        return self._all()[at]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all())

    def __iter__(self) -> Iterator[SeatView]:
        """By number."""
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        """As tuples are."""
        return self._all() == (tuple(other) if isinstance(other, Sequence) else other)

    def __hash__(self) -> int:
        """As the tuple's."""
        return hash(self._all())


def _seat_view(session: "Dreamscape", fleet: PodRegistry, seat: Seat, now_s: float) -> SeatView:
    record = fleet.get(seat.pod)
    reading = session.cohorts.reading(seat.slot) if seat.slot else NOTHING
    if _hidden(session):
        reading = replace(reading, synchrony=nan)
    if seat.slot:
        reading = replace(reading, identity=session.crowd.likeness(seat.slot))
    if record is None:
        return shown(seat, BreakerState.CLOSED, "", reading, SILENCE)
    word = _last_word(session, record, seat, now_s)
    return shown(seat, record.breaker.state, breaker_cause(record), reading, word)


def _last_word(session: "Dreamscape", record: PodRecord, seat: Seat, now_s: float) -> Word:
    """The last word of a seat's pod; what a pod says that sits elsewhere now says nothing of this seat."""
    if record.dreamscape not in ("", session.plan.dreamscape):
        return SILENCE
    frame = session.cohorts.word(seat.slot, now_s) if seat.slot else SILENCE
    return newest(last_status(record, now_s), frame)


def last_frame(session: "Dreamscape", pod: str, now_s: float) -> Word:
    """The newest frame of this pod; SILENCE where it has no slot here or has sent none."""
    seat = session.seats.of(pod)
    slot = seat.slot if seat is not None else None
    return session.cohorts.word(slot, now_s) if slot is not None else SILENCE


def blind(session: "Dreamscape") -> bool:
    """Whether most frames of those who have a slot are missing at once."""
    return session.judge.blind and session.state is not DreamscapeState.ENDED


def _hidden(session: "Dreamscape") -> bool:
    """Whether what is shown of the collective could be read back to a person."""
    fused = session.cohorts.fused
    return session.plan.intimate or fused is None or fused.n < INTIMATE_BELOW


def _seat_views(session: "Dreamscape", fleet: PodRegistry) -> tuple[SeatView, ...]:
    named = (seat for seat in session.seats if not seat.pod.startswith("#"))
    now_s = fleet.now_s()
    return tuple(_seat_view(session, fleet, seat, now_s) for seat in named)


def dreamscape_view(session: "Dreamscape", fleet: PodRegistry, *, with_seats: bool = True) -> DreamscapeView:
    """The Dreamscape as the API shows it; without its seats in a list."""
    assigned, merged, _ = session.tally()
    return DreamscapeView(
        plan=session.plan,
        state=session.state,
        state_cause=session.state_cause,
        created_s=session.created_s,
        term=session.ownership.first,
        tick=session.cohorts.tick_number,
        ticks_skipped=session.skipped,
        assigned=assigned,
        merged=merged,
        seats=_seat_views(session, fleet) if with_seats else (),
        etag=session.etag,
        seats_taken=session.seats.named,
        unheard=session.cohorts.unheard(fleet.now_s()),
        unknown_pods=_unknown(session, fleet) if with_seats else (),
    )


def _unknown(session: "Dreamscape", fleet: PodRegistry) -> tuple[str, ...]:
    """Pods that are invited and have never connected, while they can still be waited for."""
    if session.state not in (DreamscapeState.PLANNED, DreamscapeState.GATHERING):
        return ()
    return tuple(pod for pod in session.plan.pods if fleet.get(pod) is None)


def crowd_view(session: "Dreamscape") -> CrowdView:
    """What the newest tick says of the crowd as a whole."""
    fused, halved = session.cohorts.fused, session.crowd.halved
    artist, share = session.cohorts.artist
    crowd = CrowdView(
        level=session.cohorts.level / (2.0 if halved else 1.0),
        halved_cause=halved.value if halved else "",
        artist=tuple(map(float, artist)),
        artist_share=share,
    )
    if fused is None:
        return crowd
    said, shifted = fused.synchrony, session.cohorts.fusion.chorus.shifted
    return replace(
        crowd,
        synchrony=tuple(
            SynchronyView(name, *map(float, numbers))
            for name, *numbers in zip(
                session.cohorts.bands, said.ppc, said.z, shifted, fused.order, strict=True
            )
        ),
        identity=session.crowd.identity(),
        runaway=session.crowd.runaway(),
    )


def collective_view(session: "Dreamscape", fleet: PodRegistry) -> CollectiveView | None:
    """The newest tick; the centre is hidden where it could be read back to a person."""
    fused = session.cohorts.fused
    if fused is None:
        return None
    assigned, merged, _ = session.tally()
    hidden = _hidden(session)
    return CollectiveView(
        dreamscape=session.plan.dreamscape,
        term=session.ownership.first,
        tick=session.cohorts.tick_number,
        instant_s=session.instant * HOP_S,
        centre=() if hidden else tuple(float(value) for value in fused.m),
        centre_hidden=hidden,
        included=fused.n,
        assigned=assigned,
        merged=merged,
        dispersion=fused.mean_distance if fused.n else 0.0,
        seats=SeatsWhenAsked(lambda: _seat_views(session, fleet)),
        tick_ms=session.tick_s * 1000,
        crowd=crowd_view(session),
        unheard=session.cohorts.unheard(fleet.now_s()),
    )


def breaker_view(session: "Dreamscape", locks: BreakerRegistry) -> BreakerView:
    """The breaker of a Dreamscape that is not put away yet; see `breaker_of`."""
    name = f"dreamscapes/{session.plan.dreamscape}"
    state = breaker_of(session.state)
    is_open = state is BreakerState.OPEN
    return BreakerView(
        name=name,
        state=state,
        cause=session.sever_cause if is_open else "",
        since_s=session.severed_s if is_open else session.created_s,
        until_s=0.0,
        tripped_s=session.severed_s,
        evidence=session.state_cause if is_open else "",
        history=locks.moves(name),
        etag=session.etag,
    )
