"""A tick's view is made once, on first read, and only the parts that are read."""

from dreamd.app.dreamscapes.views import SeatsWhenAsked
from dreamd.app.events.tick_watchers import Newest
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import CollectiveView, SeatState, SeatView
from dreamd.core.refusals import Refusal
from fakes.stage import Stage
from fakes.views import collective_view, seat_view


def test_watchers_of_a_tick_share_one_view() -> None:
    """Watchers share the parts the first one made; the next tick is new."""
    stage = Stage(5)
    stage.appear()
    stage.dream()
    watches = [stage.app.dreamscapes.watch("night", lambda: None) for _ in range(3)]
    taken = [watch.take() for watch in watches if not isinstance(watch, Refusal)]
    assert taken[0] is not None
    assert all(view is taken[0] for view in taken)
    assert [seat.state for seat in taken[0].seats] == [SeatState.ASSIGNED] * 5
    stage.hop()
    later = [watch.take() for watch in watches if not isinstance(watch, Refusal)]
    assert later[0] is not None
    assert later[0].tick > taken[0].tick
    assert later[1] is later[0]


def test_a_view_is_made_once_per_watcher_and_change() -> None:
    """An up-to-date watcher costs a comparison of two numbers."""
    made: list[int] = []

    def make() -> CollectiveView:
        made.append(1)
        return collective_view("n", 4)

    newest = Newest(lambda: (7, 4), make)
    assert newest.view((7, 4)) is None
    assert made == []
    assert newest.view(None) is newest.view((7, 3))
    assert made == [1]
    newest.drop_tick()
    assert newest.view(None) is not None
    assert made == [1, 1]


def test_seats_are_made_as_they_are_read_and_once() -> None:
    """A seat is made at the first read of its slice, once; then the seats behave as a tuple."""
    made: list[int] = []

    def make(seat: Seat) -> SeatView:
        made.append(seat.number)
        return seat_view(seat.number, seat.pod)

    seats = SeatsWhenAsked(lambda: [Seat(n, f"bed-{n}", "") for n in range(1, 4)], make)
    assert (len(seats), made) == (3, [])
    assert ([seat.pod for seat in seats[:2]], made) == (["bed-1", "bed-2"], [1, 2])
    assert (seats[1:2][0].pod, made) == ("bed-2", [1, 2])
    assert (seats[-1].pod, [seat.pod for seat in seats][2], made) == ("bed-3", "bed-3", [1, 2, 3])
    assert seats == tuple(seat_view(n, f"bed-{n}") for n in range(1, 4))
    assert hash(seats) == hash(tuple(seats))
    assert made == [1, 2, 3]
