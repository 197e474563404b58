"""Daemons, brokers and disks that fail, and come back after a while."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import World

if TYPE_CHECKING:
    from dreamd.simulation.machines.pods import Pod


def later(world: World, seconds: float, happen: Callable[[], None]) -> None:
    """Let it happen after so many seconds."""
    world.schedule.after(round(seconds * SECOND_NS), happen)


def void(_value: object) -> None:
    """Take a value and say nothing."""


def kill_owner(world: World, _pod: "Pod", lasts_s: float, rng: random.Random) -> None:
    """The daemon is killed, and started again; its machine's clock may have been set meanwhile."""
    owner = world.owner
    if owner is None:
        return
    owner.kill()
    set_by_s = rng.choice((0.0, 0.0, rng.uniform(-20.0, 20.0)))
    later(world, lasts_s, lambda: None if world.owner else void(world.start_owner(set_by_s=set_by_s)))


def stop_owner(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """The daemon is stopped in order, and started again."""
    owner = world.owner
    if owner is None or owner.frozen or owner.app.closing:
        return
    owner.stop(lambda: later(world, lasts_s, lambda: None if world.owner else void(world.start_owner())))


def freeze_owner(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """The daemon stands still, and goes on."""
    owner = world.owner
    if owner is not None:
        owner.freeze()
        later(world, lasts_s, owner.thaw)


def second_owner(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """A second daemon takes over while the first lives; later the first is ended."""
    first = world.owner
    if first is None:
        return
    world.start_owner()

    def end() -> None:
        first.kill()
        if world.owner is not None and world.owner.lost:
            world.owner.kill()  # whoever has lost its term stays silent until somebody starts it again
        if world.owner is None:
            world.start_owner()

    later(world, lasts_s, end)


def break_ledger(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """The disk is full, for a while."""
    owner = world.owner
    if owner is None:
        return
    owner.ledger.broken = "the disk is full"

    def mend() -> None:
        owner.ledger.broken = ""

    later(world, lasts_s, mend)


def slow_disk(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """Nothing the daemon writes is on the disk before this is over."""
    owner = world.owner
    if owner is not None:
        owner.slow_until_s = world.schedule.now_s + lasts_s


def crash_broker(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """The broker is killed, and started again."""
    if world.broker.alive:
        world.broker.crash()
        later(world, lasts_s, world.broker.restart)


def freeze_broker(world: World, _pod: "Pod", lasts_s: float, _rng: random.Random) -> None:
    """The broker stands still, and goes on."""
    if world.broker.alive and not world.broker.frozen:
        world.broker.freeze()
        later(world, lasts_s, world.broker.thaw)
