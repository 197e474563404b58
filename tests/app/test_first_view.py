"""A tick's view is made once, on first read, and only the parts that are read."""

from dreamd.app.dreamscapes.views import SeatsWhenAsked
from dreamd.app.events.tick_watchers import Newest
from dreamd.core.dreamscapes.views import CollectiveView, SeatState
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


def test_seats_are_made_at_the_first_look_and_once() -> None:
    """Seats are made at the first read, once; then they behave as a tuple."""
    made: list[int] = []

    def make() -> tuple:  # type: ignore[type-arg]
        made.append(1)
        return seat_view(1, "bed-1"), seat_view(2, "bed-2")

    seats = SeatsWhenAsked(make)
    assert made == []
    assert len(seats) == 2
    assert (seats[1].pod, [seat.pod for seat in seats[:1]]) == ("bed-2", ["bed-1"])
    assert seats == make()
    assert hash(seats) == hash(tuple(seats))
    assert made == [1, 1]
