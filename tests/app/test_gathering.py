"""Gathering a fleet: every pod is checked, few at a time, so that dreaming pods notice nothing."""

from collections import Counter
from random import Random

from dreamd.app.dreamscapes.drivers.housekeeping import LOOKED_AT
from dreamd.core.dreamscapes.seats import Seats
from dreamd.core.dreamscapes.views import Plan, SeatState
from dreamd.core.limits import DREAMSCAPES_MAX, SEATS_EVER
from dreamd.core.refusals import Code, Refusal
from fakes.callers import OPERATOR
from fakes.people import granted
from fakes.stage import Stage

MANY = 2 * LOOKED_AT + 88
LAST = "bed-99"
"""The last pods by name, the order of seats."""


def states(stage: Stage) -> Counter[SeatState]:
    """The number of seats in each state."""
    return Counter(seat.state for seat in stage.app.dreamscapes.get("night").seats)


def test_a_large_fleet_is_checked_in_parts_and_in_turn() -> None:
    """At most so many pods are checked each half second; late joiners are seated the same way."""
    stage = Stage(MANY)
    stage.appear()
    stage.app.dreamscapes.create(
        OPERATOR, Plan("night", seats_min=3, seats_max=MANY, ramp_s=10.0, ceiling=0.1, late_joining=True)
    )
    admitted = []
    for _ in range(4):
        stage.hop(2, statuses=False)
        admitted.append(states(stage)[SeatState.ADMITTED])
    assert admitted == [LOOKED_AT, 2 * LOOKED_AT, MANY, MANY]
    assert not hasattr(stage.app.dreamscapes.start(OPERATOR, "night"), "code")
    stage.hop(4)
    assert states(stage) == {SeatState.ASSIGNED: MANY}


def test_a_refused_pod_is_checked_again_in_turn() -> None:
    """The check rotates, so the last pod does not wait for the first to be admitted."""
    stage = Stage(MANY)
    stage.appear()
    for pod in stage.pods:
        pod.sends = pod.name == LAST
    stage.app.dreamscapes.create(
        OPERATOR, Plan("night", seats_min=3, seats_max=MANY, ramp_s=10.0, ceiling=0.1, late_joining=True)
    )
    stage.hop(24)
    seats = stage.app.dreamscapes.get("night").seats
    assert seats[-1].pod == LAST
    assert [seat.pod for seat in seats if seat.state is SeatState.ADMITTED] == [LAST]


def test_the_etag_of_a_pod_is_of_what_a_caller_can_edit() -> None:
    """The etag stays through statuses and seats; it changes with the sleeper."""
    stage = Stage(4)
    stage.appear(sleepers=False)
    stage.hop(4)

    def etag() -> str:
        shown = stage.app.pods.get("bed-1")
        assert not isinstance(shown, Refusal)
        return shown.etag

    empty = etag()
    stage.hop(12)
    assert etag() == empty
    granted(stage.app, "ada")
    assert not isinstance(stage.app.pods.check_in(OPERATOR, "bed-1", "ada", empty), Refusal)
    taken = etag()
    assert taken != empty
    for pod in ("bed-2", "bed-3", "bed-4"):
        stage.lie_down(pod, f"s-{pod}")
    stage.dream()
    stage.hop(8)
    assert etag() == taken
    stage.app.pods.check_out(OPERATOR, "bed-1")
    refused = stage.app.pods.check_in(OPERATOR, "bed-1", "bob", taken)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.STALE_ETAG


def test_a_dreamscape_has_so_many_seats_in_a_night_and_no_more() -> None:
    """A Dreamscape has a bounded number of seats per night; a newcomer beyond it is refused."""
    seats = Seats(3, Random(1))
    for number in range(SEATS_EVER):
        assert not seats.full
        seats.leave(seats.seat_pod(f"bed-{number % 3}", f"sleeper-{number}"), "left")
    assert seats.full


def test_one_dreamscape_too_many_is_refused() -> None:
    """At most DREAMSCAPES_MAX are open; one that ends makes room."""
    stage = Stage(0)
    for number in range(DREAMSCAPES_MAX):
        assert not isinstance(stage.app.dreamscapes.create(OPERATOR, Plan(f"d-{number}", 3, 8)), Refusal)
    refused = stage.app.dreamscapes.create(OPERATOR, Plan("late", 3, 8))
    assert isinstance(refused, Refusal)
    assert refused.code is Code.DREAMSCAPES_FULL
    stage.app.dreamscapes.end(OPERATOR, "d-7", "")
    assert not isinstance(stage.app.dreamscapes.create(OPERATOR, Plan("late", 3, 8)), Refusal)
