"""Orders that another daemon keeps, in virtual time and with real agents at the beds."""

import pytest

from depth import LONG
from dreamd.core.house_orders import HouseOrder
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World
from sim.sites import daemon_of, dreaming, zero_s

ORDERS = (
    HouseOrder("o1", "OrderSever", "pod", "bed-1", told="mira", via="standby"),
    HouseOrder("o2", "OrderSever", "sleeper", sleeper="sleeper-2", via="standby"),
    HouseOrder("o3", "WithdrawConsent", sleeper="sleeper-3", via="standby"),
    HouseOrder("o4", "OrderWake", "pod", "bed-4", told="mira", reason="fire", via="standby"),
)
MERGES_AGAIN_S = 40.0
DEEPER = pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a second of processor time each")


def keep(world: World, orders: tuple[HouseOrder, ...] = ORDERS) -> None:
    """Another daemon of the house writes them."""
    world.storage.house_orders.update((one.id, one) for one in orders)


def most(world: World, pods: list[Pod], seconds: float) -> float:
    """The largest share that one of these pods renders in that time."""
    found = 0.0
    for _ in range(round(seconds * 20)):
        world.run(0.05)
        found = max(found, *(pod.share() for pod in pods))
    return found


def test_beds_of_kept_orders_stay_alone_over_a_takeover() -> None:
    """The owner is killed; four beds that were let out meanwhile are never drawn again, all others are."""
    world = dreaming(pods=9, site=False)
    out, stay = world.pods[:4], world.pods[4:]
    daemon_of(world).kill()
    world.run(2.0)
    keep(world)
    world.run(3.0)
    world.start_daemon()
    assert most(world, out, MERGES_AGAIN_S) == 0.0
    assert min(pod.share() for pod in stay) > 0.05
    assert set(world.storage.carried_out) == {one.id for one in ORDERS}
    assert not world.checker.violations


@DEEPER
def test_a_living_owner_lets_a_bed_out_within_a_second() -> None:
    """Each order is at the bed within a tick and its fade, and the others dream on."""
    world = dreaming(pods=9, site=False)
    keep(world)
    assert max(zero_s(world, pod) for pod in world.pods[:4]) <= 0.6
    world.run(3.0)
    assert min(pod.share() for pod in world.pods[4:]) > 0.05
    assert not world.checker.violations


@DEEPER
@pytest.mark.parametrize("scope", ["site", "fleet"])
def test_a_scope_that_was_severed_meanwhile_is_alone(scope: str) -> None:
    """A site and the fleet, whose beds have not connected yet as the next owner begins."""
    world = dreaming(pods=6, site=False)
    site = world.environment.house.site_of("bed-1")
    daemon_of(world).kill()
    keep(world, (HouseOrder("o", "OrderSever", scope, site if scope == "site" else "", via="standby"),))
    world.run(2.0)
    world.start_daemon()
    assert most(world, world.pods, MERGES_AGAIN_S) == 0.0
    assert world.storage.carried_out["o"].outcome == "done"


@DEEPER
def test_an_owner_that_dies_before_it_has_written_leaves_the_order_to_the_next() -> None:
    """The disk is slow: the order is carried out, its end is lost, and the next owner begins with it."""
    world = dreaming(pods=9, site=False)
    daemon_of(world).slow_until_s = world.schedule.now_s + 60.0
    keep(world, ORDERS[:1])
    assert zero_s(world, world.pods[0]) <= 0.6
    daemon_of(world).kill()
    assert not world.storage.carried_out
    world.run(2.0)
    world.start_daemon()
    assert most(world, world.pods[:1], MERGES_AGAIN_S) == 0.0
    assert min(pod.share() for pod in world.pods[1:]) > 0.05
