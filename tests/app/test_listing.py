"""Lists keep their order, and a page costs only itself: views are counted, not timed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.app.fleet.unseated_pods import UnseatedPods
from dreamd.core.dreamscapes.views import BreakerState, Plan, SeatState
from dreamd.core.listing import (
    Names,
    Newest,
    dated,
    newest_first,
    place_of,
    place_of_dreamscape,
    place_of_order,
)
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope
from fakes.callers import OPERATOR, named
from fakes.stage import Stage

NAMES = st.text(alphabet="abc-1", min_size=1, max_size=4)
PLACES = st.tuples(st.floats(0.0, 2e9), NAMES)


@given(st.lists(st.tuples(st.booleans(), NAMES)), NAMES)
def test_names_are_a_sorted_set(steps: list[tuple[bool, str]], after: str) -> None:
    """Names stay sorted and unique through additions and removals; a list continues behind any name."""
    names, model = Names(), set[str]()
    for added, name in steps:
        (names.add if added else names.discard)(name)
        (model.add if added else model.discard)(name)
    assert list(names) == sorted(model)
    assert all((name in names) == (name in model) for name in (after, *model))
    assert list(names.after(after)) == [name for name in sorted(model) if name > after]
    behind = [name for name in sorted(model) if name > after] or sorted(model)
    assert names.some_after(after, 2) == behind[:2]


@given(st.sets(PLACES), st.sets(PLACES), PLACES)
def test_the_newest_come_first_whatever_list_they_are_in(
    few: set[tuple[float, str]], many: set[tuple[float, str]], after: tuple[float, str]
) -> None:
    """Two lists merge into one, newest first, and continue behind any place, also as text."""
    kept = Newest()
    for place in many:
        kept.add(place)
    expected = sorted(few | many, reverse=True)
    assert list(newest_first(few - many, kept, None, str)) == [name for _, name in expected]
    begin = dated(place_of(after))
    behind = list(newest_first(few - many, kept, begin, str))
    assert behind == [name for place in expected if place < after for name in place[1:]]


@pytest.mark.parametrize("text", ["x", "x night", "bed-1"])
def test_a_place_of_another_list_is_refused(text: str) -> None:
    """A place of another list is refused."""
    with pytest.raises(ValueError, match="could not convert"):
        dated(text)


def test_pods_are_listed_behind_any_name_in_order() -> None:
    """A list of pods continues behind any name, also an absent one."""
    stage = Stage(12)
    stage.appear(sleepers=False)
    names = sorted(pod.name for pod in stage.pods)
    assert [view.pod for view in stage.app.pods.list()] == names
    assert [view.pod for view in stage.app.pods.list("bed-3")] == names[names.index("bed-3") + 1 :]
    assert [view.pod for view in stage.app.pods.list("bed-3a")] == names[names.index("bed-3") + 1 :]
    assert list(stage.app.pods.list("zzz")) == []


def test_breakers_are_listed_by_name_across_dreamscapes_and_pods() -> None:
    """A list of breakers continues behind one that no longer fits the filter."""
    stage = Stage(3)
    stage.appear()
    stage.dream()
    everything = ["dreamscapes/night", "pods/bed-1", "pods/bed-2", "pods/bed-3"]
    for at, after in enumerate(("", *everything)):
        assert [view.name for view in stage.app.breakers.list(None, after)] == everything[at:]
    for name in ("pods/bed-1", "pods/bed-3"):
        stage.app.breakers.trip(named("mira"), name, "")
    assert [view.name for view in stage.app.breakers.list(BreakerState.OPEN)] == ["pods/bed-1", "pods/bed-3"]
    assert [view.name for view in stage.app.breakers.list(BreakerState.OPEN, "pods/bed-2")] == ["pods/bed-3"]


def test_dreamscapes_and_orders_go_on_behind_their_place() -> None:
    """Dreamscapes and wake orders continue behind their place, newest first, living and ended."""
    stage = Stage(1)
    stage.appear()
    for number in range(6):
        stage.clock.at_s += 1.0
        stage.app.dreamscapes.create(OPERATOR, Plan(f"d-{number}", 3, 8))
        stage.app.wake_orders.order(named("mira"), WakeScope.DREAMSCAPE, f"d-{number}", "")
        if number % 2:
            stage.app.dreamscapes.end(OPERATOR, f"d-{number}", "")
    stage.hop(1)
    listed = list(stage.app.dreamscapes.list())
    assert [view.plan.dreamscape for view in listed] == [f"d-{number}" for number in reversed(range(6))]
    assert list(stage.app.dreamscapes.list(place_of_dreamscape(listed[2]))) == listed[3:]
    orders = list(stage.app.wake_orders.list())
    assert [order.target for order in orders] == [f"d-{number}" for number in reversed(range(6))]
    assert list(stage.app.wake_orders.list(place_of_order(orders[3]))) == orders[4:]


def test_a_list_of_dreamscapes_has_no_seats_but_their_number() -> None:
    """A list of Dreamscapes has the number of seats but makes none."""
    stage = Stage(5)
    stage.appear()
    stage.dream()
    [listed] = stage.app.dreamscapes.list()
    assert (listed.seats, listed.seats_taken) == ((), 5)
    view = stage.app.dreamscapes.get("night")
    assert listed == replace(view, seats=())  # type: ignore[type-var] -- no refusal


def test_a_gathering_checks_only_unseated_pods() -> None:
    """Gathering checks only unseated pods of the site; a pod that leaves its seat is checked again."""
    unseated = UnseatedPods()
    for number in range(6):
        unseated.update_pod(f"bed-{number}", "north" if number % 2 else "south", free=True)
    assert list(unseated.at_site("north")) == ["bed-1", "bed-3", "bed-5"]
    unseated.update_pod("bed-3", "north", free=False)
    unseated.update_pod("bed-5", "south", free=True)
    assert list(unseated.at_site("north")) == ["bed-1"]
    assert list(unseated.at_site("")) == ["bed-0", "bed-1", "bed-2", "bed-4", "bed-5"]
    unseated.update_pod("bed-1", "north", free=False)
    assert list(unseated.at_site("north")) == []
    assert list(unseated.at_site("west")) == []


def test_only_the_invited_are_seated() -> None:
    """Invited pods are seated by name, and no others, although the first cannot come."""
    stage = Stage(6)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8, pods=("bed-5", "bed-9", "bed-2", "bed-1")))
    stage.hop(4)
    view = stage.app.dreamscapes.get("night")
    assert [(seat.seat, seat.pod) for seat in view.seats] == [(1, "bed-1"), (2, "bed-2"), (3, "bed-5")]  # type: ignore[union-attr] -- no refusal
    assert all(seat.state is SeatState.ADMITTED for seat in view.seats)  # type: ignore[union-attr] -- no refusal


def test_a_sleeper_is_found_without_looking_through_the_fleet() -> None:
    """A sleeper's bed is found by an index that follows every check-in and check-out."""
    stage = Stage(3)
    stage.appear()
    beds = stage.app._deps.fleet
    assert (beds.pod_of("sleeper-2"), beds.pod_of("nobody")) == ("bed-2", "")
    stage.app.pods.check_out(OPERATOR, "bed-2")
    assert beds.pod_of("sleeper-2") == ""
    stage.app.pods.check_in(OPERATOR, "bed-2", "ash")
    assert (beds.pod_of("ash"), beds.pod_of("sleeper-2")) == ("bed-2", "")


@pytest.mark.parametrize(
    ("scope", "target", "reached"),
    [
        (WakeScope.POD, "bed-1", "bed-1"),
        (WakeScope.SITE, "here", "bed-1 bed-2 bed-3"),
        (WakeScope.DREAMSCAPE, "night", "bed-1 bed-2 bed-3"),
        (WakeScope.FLEET, "", "bed-1 bed-2 bed-3"),
        (WakeScope.UNSPECIFIED, "", "bed-1 bed-2 bed-3"),
    ],
)
def test_an_order_is_found_by_its_target(scope: WakeScope, target: str, reached: str) -> None:
    """An order is found by its target's pod, site, Dreamscape or fleet; lifted, it is not."""
    stage = Stage(3)
    stage.appear(sleepers=False)
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    stage.app.wake_orders.order(named("ash"), WakeScope.POD, "bed-3", "")
    ordered = stage.app.wake_orders.order(named("mira"), scope, target, "")
    book = stage.app._deps.wakes

    def found() -> str:
        orders = {pod: book.reaching(pod, "here", "night") for pod in ("bed-1", "bed-2", "bed-3")}
        return " ".join(pod for pod, order in orders.items() if order is not None)

    assert found() == " ".join(sorted({*reached.split(), "bed-3"}))
    assert book.count_standing() == 2
    stage.app.wake_orders.lift(named("mira"), ordered.order.id, "over")  # type: ignore[union-attr] -- no refusal
    assert found() == "bed-3"
    assert book.reaching("bed-9", "there", "") is None


def test_an_order_that_was_lifted_long_ago_leaves_no_trace() -> None:
    """A long-lifted order's place in the list and its request id are dropped."""
    stage = Stage(1)
    stage.appear(sleepers=False)
    first = stage.app.wake_orders.order(named("mira"), WakeScope.FLEET, "", "", request_id="r-0")
    assert not hasattr(first, "code")
    book = stage.app._deps.wakes
    for number in range(1, 260):
        order: Order = book.asked(f"r-{number - 1}")  # type: ignore[assignment] -- it was given
        stage.app.wake_orders.lift(named("mira"), order.id, "over")
        stage.clock.at_s += 1.0
        stage.app.wake_orders.order(named("mira"), WakeScope.FLEET, "", "", request_id=f"r-{number}")
    assert book.asked("r-0") is None
    assert len(list(stage.app.wake_orders.list())) == 257
    assert len(stage.ledger.wake_orders()) == 257
