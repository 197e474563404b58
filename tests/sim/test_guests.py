"""Guests in virtual time, with real pods: out at once, back by an acceptance, none coupled without one."""

import pytest

from depth import LONG
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.refusals import Refusal
from dreamd.simulation.faults import ways_out
from dreamd.simulation.machines.guests import all_come
from dreamd.simulation.machines.operators import OPERATOR
from sim.sites import daemon_of, dreaming, zero_s


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two seconds of a processor")
def test_a_guest_is_at_zero_at_once_and_back_by_a_new_acceptance_after_a_restart() -> None:
    """A guest that declines is at zero within 0.5 s; the others dream on, over a restart too.

    The guest that accepts again and lies down anew merges; no message couples anyone without an acceptance.
    """
    world = dreaming(pods=4, site=False)
    one, others = world.pods[0], world.pods[1:]
    ways_out.decline(world, daemon_of(world), one, "sleeper-1")
    assert zero_s(world, one) <= 0.5
    world.run(2.0)
    assert min(pod.share() for pod in others) > 0.0
    daemon_of(world).kill()
    world.start_daemon()
    world.run(14.0)
    assert one.share() == 0.0
    assert min(pod.share() for pod in others) > 0.0
    app = daemon_of(world).app
    world.answered(app.pods.check_out(OPERATOR, one.name))
    while not all_come(app, world.dreamscape, ["sleeper-1"]):
        world.run(0.01)
    world.answered(app.pods.check_in(OPERATOR, one.name, "sleeper-1"))
    world.run(14.0)
    view = app.dreamscapes.get(world.dreamscape)
    assert not isinstance(view, Refusal)
    assert all(seat.breaker is BreakerState.CLOSED for seat in view.seats)
    assert one.share() > 0.0
    assert world.checker.grants.guests.judged > 40
    assert not world.checker.violations


def test_a_coupling_without_an_acceptance_that_covers_the_others_is_reported() -> None:
    """The rule `invited`: broken by a row that is gone, by an older list, and by a guest that declined."""
    world = dreaming(pods=4, site=False)
    guests, name = world.storage.guests, world.dreamscape
    guests[name, "sleeper-2"] = guests[name, "sleeper-2"].__class__("sleeper-2", 2, 2)
    del guests[name, "sleeper-1"]
    world.run(0.3)
    told = {(one.rule, one.subject, one.text) for one in world.checker.violations}
    older = "has accepted list 1 and is coupled with a guest of list 2"
    assert ("invited", "bed-1", "is coupled, and is no guest of night that has accepted") in told
    assert {("invited", bed, older) for bed in ("bed-3", "bed-4")} <= told
    world.checker.violations.clear()
    world.checker.grants.guests.declined(daemon_of(world), name, "sleeper-4")
    world.run(0.3)
    said = {(one.subject, one.text) for one in world.checker.violations}
    assert ("bed-4", "is coupled after its sleeper declined") in said
