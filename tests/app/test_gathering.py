"""A fleet gathers: everybody is looked at, and never so many at once that those who dream would notice."""

from collections import Counter

from dreamd.app.conductor import LOOKED_AT
from dreamd.core.refusals import Code, Refusal
from dreamd.core.session.views import Plan, SeatState
from fakes.stage import Stage

MANY = 2 * LOOKED_AT + 88
LAST = "bed-99"
"""By name, as seats are given."""


def states(stage: Stage) -> Counter[SeatState]:
    """How many seats are in each state."""
    return Counter(seat.state for seat in stage.app.dreamscape("night").seats)


def test_a_large_fleet_is_looked_at_in_parts_and_everybody_in_turn() -> None:
    """So many every half second and no more; late joiners are seated in the same way."""
    stage = Stage(MANY)
    stage.appear()
    stage.app.create(Plan("night", seats_min=3, seats_max=MANY, ramp_s=10.0, ceiling=0.1, late_joining=True))
    admitted = []
    for _ in range(4):
        stage.hop(2, statuses=False)
        admitted.append(states(stage)[SeatState.ADMITTED])
    assert admitted == [LOOKED_AT, 2 * LOOKED_AT, MANY, MANY]
    assert not hasattr(stage.app.start("night"), "code")
    assert states(stage) == {SeatState.ASSIGNED: MANY}


def test_who_was_refused_is_looked_at_again_in_turn() -> None:
    """The look goes round: nobody at the end waits for those before them to be admitted."""
    stage = Stage(MANY)
    stage.appear()
    for pod in stage.pods:
        pod.sends = pod.name == LAST
    stage.app.create(Plan("night", seats_min=3, seats_max=MANY, ramp_s=10.0, ceiling=0.1, late_joining=True))
    stage.hop(24)
    seats = stage.app.dreamscape("night").seats
    assert seats[-1].pod == LAST
    assert [seat.pod for seat in seats if seat.state is SeatState.ADMITTED] == [LAST]


def test_the_etag_of_a_pod_is_of_what_a_caller_can_edit() -> None:
    """It stays while statuses come and a seat is taken; with another sleeper it changes."""
    stage = Stage(4)
    stage.appear(sleepers=False)
    stage.hop(4)

    def etag() -> str:
        shown = stage.app.pod("bed-1")
        assert not isinstance(shown, Refusal)
        return shown.etag

    empty = etag()
    stage.hop(12)
    assert etag() == empty
    assert not isinstance(stage.app.check_in("bed-1", "ada", empty), Refusal)
    taken = etag()
    assert taken != empty
    for pod in ("bed-2", "bed-3", "bed-4"):
        stage.app.check_in(pod, f"s-{pod}")
    stage.dream()
    stage.hop(8)
    assert etag() == taken
    stage.app.check_out("bed-1")
    refused = stage.app.check_in("bed-1", "bob", taken)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.STALE_ETAG
