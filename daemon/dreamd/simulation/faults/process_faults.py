"""Daemons, brokers and disks that fail, and come back after a while."""

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from dreamd.core.limits import HOUSE_LEASE_S
from dreamd.core.refusals import Refusal
from dreamd.ports.commit import LedgerError, LedgerHeldError
from dreamd.ports.deferred import Deferred
from dreamd.simulation.processes.daemons import CUT, DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import World

T = TypeVar("T")
FULL: Final = "the disk is full"
STARTS_AGAIN_S: Final = 1.0
SEEN_S: Final = 0.02
"""Between two looks at an answer that waits."""


def later(world: World, seconds: float, happen: Callable[[], None]) -> None:
    """Schedule an event after so many seconds."""
    world.schedule.after(round(seconds * SECOND_NS), happen)


def when_settled(
    world: World, answer: T | Refusal | Deferred[T], then: Callable[[T | Refusal], object]
) -> None:
    """Go on once the answer is there; a daemon that has died gives none."""
    if not isinstance(answer, Deferred):
        then(answer)
    elif answer.settled:
        then(answer.answer())
    else:
        later(world, SEEN_S, lambda: when_settled(world, answer, then))


def void(_value: object) -> None:
    """Take a value and ignore it."""


def start_anew(world: World, *, set_by_s: float = 0.0) -> None:
    """Start a daemon on the last owner's machine, as a service manager does, until the house has an owner."""
    if world.daemon is None:
        try:
            world.start_daemon(set_by_s=set_by_s)
        except LedgerError:
            later(world, STARTS_AGAIN_S, partial(start_anew, world, set_by_s=set_by_s))


def cut_owner(world: World, owner: DaemonProcess, lasts_s: float) -> None:
    """The way of a daemon to its database is cut, for a while."""
    owner.ledger.broken = CUT

    def heal() -> None:
        if owner.ledger.broken == CUT:
            owner.ledger.broken = ""

    later(world, lasts_s, heal)


def kill_daemon(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The daemon is killed, and started again; its machine's clock may have been set meanwhile."""
    daemon = world.daemon
    if daemon is None:
        return
    daemon.kill()
    set_by_s = rng.choice((0.0, 0.0, rng.uniform(-20.0, 20.0)))
    later(world, lasts_s, partial(start_anew, world, set_by_s=set_by_s))


def stop_daemon(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The daemon is stopped in order, and started again."""
    daemon = world.daemon
    if daemon is None or daemon.frozen or daemon.app.closing:
        return
    daemon.stop(lambda: later(world, lasts_s, partial(start_anew, world)), hands_over=world.has_heir)


def freeze_daemon(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The daemon freezes, and goes on."""
    daemon = world.daemon
    if daemon is not None:
        daemon.freeze()
        later(world, lasts_s, daemon.thaw)


def second_daemon(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A second daemon wants the house while the first lives: the standby, or one that is refused."""
    first = world.daemon
    if first is None:
        return
    if world.standby is not None:
        cut_owner(world, first, HOUSE_LEASE_S + lasts_s)
        return
    with suppress(LedgerHeldError):
        world.start_daemon()
        world.checker.violated("one-owner", "a second daemon", "starts on a file that another one holds")

    def end() -> None:
        first.kill()
        start_anew(world)

    later(world, lasts_s, end)


def break_ledger(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The disk is full, for a while: that of the daemon, or of the database for all."""
    daemon = world.daemon
    if daemon is None:
        return
    if world.standby is not None:
        world.storage.full = FULL
    else:
        daemon.ledger.broken = FULL

    def mend() -> None:
        world.storage.full = daemon.ledger.broken = ""

    later(world, lasts_s, mend)


def slow_disk(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """Nothing that the daemon writes is on the disk before this is over."""
    daemon = world.daemon
    if daemon is not None:
        daemon.slow_until_s = world.schedule.now_s + lasts_s


def crash_broker(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The broker is killed, and started again."""
    if world.broker.alive:
        world.broker.crash()
        later(world, lasts_s, world.broker.restart)


def freeze_broker(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The broker freezes, and goes on."""
    if world.broker.alive and not world.broker.frozen:
        world.broker.freeze()
        later(world, lasts_s, world.broker.thaw)
