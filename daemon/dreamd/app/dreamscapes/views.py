"""Views of a Dreamscape, made when they are read and not before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import nan
from typing import overload

from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.events.long_work import AT_ONCE
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


class SeatsWhenAsked(Sequence[SeatView]):
    """The seats of a Dreamscape, each made when it is first read, and once for all readers.

    Ten thousand seats cost a quarter of a second, and most readers of a Dreamscape or a tick never read them.
    A seat shows what is true when it is made, so read them on the application's thread: at once, or slice by
    slice with other work between.
    """

    __slots__ = ("_made", "_make", "_named", "_seats")

    def __init__(self, named: Callable[[], list[Seat]], make: Callable[[Seat], SeatView]) -> None:
        """named: the seats to be shown, by number, at the first look. make: the view of one, now."""
        self._named, self._make = named, make
        self._seats: list[Seat] | None = None
        self._made: list[SeatView] = []

    def _first(self, count: int) -> list[SeatView]:
        """As many as are made, and at least so many."""
        if self._seats is None:
            self._seats = self._named()
        self._made.extend(map(self._make, self._seats[len(self._made) : count]))
        return self._made

    @overload
    def __getitem__(self, at: int) -> SeatView: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[SeatView, ...]: ...

    def __getitem__(self, at: int | slice) -> SeatView | tuple[SeatView, ...]:
        """As of a tuple; those before the end of the slice are made."""
        if isinstance(at, slice):
            return tuple(self._first(max(at.indices(len(self))[:2]))[at])
        return self._first(len(self))[at]

    def __len__(self) -> int:
        """How many there are."""
        if self._seats is None:
            self._seats = self._named()
        return len(self._seats)

    def __iter__(self) -> Iterator[SeatView]:
        """By number."""
        return iter(tuple(self._first(len(self))))

    def __eq__(self, other: object) -> bool:
        """As tuples are."""
        return tuple(self) == (tuple(other) if isinstance(other, Sequence) else other)

    def __hash__(self) -> int:
        """As the tuple's."""
        return hash(tuple(self))


def _seat_view(dreamscape: Dreamscape, fleet: PodRegistry, seat: Seat, now_s: float) -> SeatView:
    record, person = fleet.get(seat.pod), dreamscape.exposure.person(seat)
    reading = dreamscape.cohorts.reading(seat.slot) if seat.slot else NOTHING
    if _hidden(dreamscape):
        reading = replace(reading, synchrony=nan)
    if seat.slot:
        reading = replace(reading, identity=dreamscape.monitor.likeness(seat.slot))
    if record is None:
        return shown(seat, BreakerState.CLOSED, "", reading, SILENCE, person)
    word = _last_word(dreamscape, record, seat, now_s)
    return shown(seat, record.breaker.state, breaker_cause(record), reading, word, person)


def _last_word(dreamscape: Dreamscape, record: PodRecord, seat: Seat, now_s: float) -> Word:
    """The last word of a seat's pod; the word of a pod that sits elsewhere now does not count here."""
    if record.dreamscape not in ("", dreamscape.plan.dreamscape):
        return SILENCE
    frame = dreamscape.cohorts.word(seat.slot, now_s) if seat.slot else SILENCE
    return newest(last_status(record, now_s), frame)


def last_frame(dreamscape: Dreamscape, pod: str, now_s: float) -> Word:
    """The newest frame of this pod; SILENCE where it has no slot here or has sent none."""
    seat = dreamscape.seats.of(pod)
    slot = seat.slot if seat is not None else None
    return dreamscape.cohorts.word(slot, now_s) if slot is not None else SILENCE


def newest_instant(dreamscape: Dreamscape, pod: str) -> int:
    """The grid instant of this pod's newest frame, or from which on its slot waits for one; 0: no slot."""
    seat = dreamscape.seats.of(pod)
    if seat is None or seat.slot is None:
        return 0
    bank, row = dreamscape.cohorts.locate(seat.slot)
    return int(bank.columns.instant[row] if bank.columns.present[row] else bank.since[row])


def blind(dreamscape: Dreamscape) -> bool:
    """Whether most frames of the pods that hold a slot are missing at once."""
    return dreamscape.evaluator.blind and dreamscape.state is not DreamscapeState.ENDED


def _hidden(dreamscape: Dreamscape) -> bool:
    """Whether the collective must be hidden, for it could be read back to a person."""
    fused = dreamscape.cohorts.fused
    return dreamscape.plan.intimate or fused is None or fused.n < INTIMATE_BELOW


def _seat_views(dreamscape: Dreamscape, fleet: PodRegistry) -> SeatsWhenAsked:
    return SeatsWhenAsked(
        lambda: [seat for seat in dreamscape.seats if not seat.pod.startswith("#")],
        lambda seat: _seat_view(dreamscape, fleet, seat, fleet.now_s()),
    )


def _seats_of(dreamscape: Dreamscape, fleet: PodRegistry) -> Sequence[SeatView]:
    """The seats as they are now; those of more than AT_ONCE as they are when they are read."""
    seats = _seat_views(dreamscape, fleet)
    return seats if dreamscape.seats.named > AT_ONCE else tuple(seats)


def dreamscape_view(dreamscape: Dreamscape, fleet: PodRegistry, *, with_seats: bool = True) -> DreamscapeView:
    """The Dreamscape as the API shows it; without its seats in a list."""
    assigned, merged, _ = dreamscape.tally()
    return DreamscapeView(
        plan=dreamscape.plan,
        state=dreamscape.state,
        state_cause=dreamscape.state_cause,
        created_s=dreamscape.created_s,
        term=dreamscape.ownership.first,
        tick=dreamscape.cohorts.tick_number,
        ticks_skipped=dreamscape.skipped,
        assigned=assigned,
        merged=merged,
        seats=_seats_of(dreamscape, fleet) if with_seats else (),
        etag=dreamscape.etag,
        seats_taken=dreamscape.seats.named,
        unheard=dreamscape.cohorts.unheard(fleet.now_s()),
        unknown_pods=_unknown(dreamscape, fleet) if with_seats else (),
    )


def _unknown(dreamscape: Dreamscape, fleet: PodRegistry) -> tuple[str, ...]:
    """Pods that are invited and have never connected, while they can still be waited for."""
    if dreamscape.state not in (DreamscapeState.PLANNED, DreamscapeState.GATHERING):
        return ()
    return tuple(pod for pod in dreamscape.plan.pods if fleet.get(pod) is None)


def crowd_view(dreamscape: Dreamscape) -> CrowdView:
    """Return the newest tick's view of the group as a whole."""
    fused, halved = dreamscape.cohorts.fused, dreamscape.monitor.halved
    artist, share = dreamscape.cohorts.artist
    crowd = CrowdView(
        level=dreamscape.cohorts.level / (2.0 if halved else 1.0),
        halved_cause=halved.value if halved else "",
        artist=tuple(map(float, artist)),
        artist_share=share,
    )
    if fused is None:
        return crowd
    said, shifted = fused.synchrony, dreamscape.cohorts.fusion.chorus.shifted
    return replace(
        crowd,
        synchrony=tuple(
            SynchronyView(name, *map(float, numbers))
            for name, *numbers in zip(
                dreamscape.cohorts.bands, said.ppc, said.z, shifted, fused.order, strict=True
            )
        ),
        identity=dreamscape.monitor.identity(),
        runaway=dreamscape.monitor.runaway(),
    )


def collective_view(dreamscape: Dreamscape, fleet: PodRegistry) -> CollectiveView | None:
    """The newest tick; the centre is hidden where it could be read back to a person."""
    fused = dreamscape.cohorts.fused
    if fused is None:
        return None
    assigned, merged, _ = dreamscape.tally()
    hidden = _hidden(dreamscape)
    return CollectiveView(
        dreamscape=dreamscape.plan.dreamscape,
        term=dreamscape.ownership.first,
        tick=dreamscape.cohorts.tick_number,
        instant_s=dreamscape.instant * HOP_S,
        centre=() if hidden else tuple(float(value) for value in fused.m),
        centre_hidden=hidden,
        included=fused.n,
        assigned=assigned,
        merged=merged,
        dispersion=fused.mean_distance if fused.n else 0.0,
        seats=_seat_views(dreamscape, fleet),
        tick_ms=dreamscape.tick_s * 1000,
        crowd=crowd_view(dreamscape),
        unheard=dreamscape.cohorts.unheard(fleet.now_s()),
    )


def breaker_view(dreamscape: Dreamscape, locks: BreakerRegistry) -> BreakerView:
    """The breaker of a Dreamscape that is not put away yet; see `breaker_of`."""
    name = f"dreamscapes/{dreamscape.plan.dreamscape}"
    state = breaker_of(dreamscape.state)
    is_open = state is BreakerState.OPEN
    return BreakerView(
        name=name,
        state=state,
        cause=dreamscape.sever_cause if is_open else "",
        since_s=dreamscape.severed_s if is_open else dreamscape.created_s,
        until_s=0.0,
        tripped_s=dreamscape.severed_s,
        evidence=dreamscape.state_cause if is_open else "",
        history=locks.moves(name),
        etag=dreamscape.etag,
    )
