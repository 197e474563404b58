"""Every restart as a row: the act, the limit until all are alone, the limit until they are merged again.

A row runs in virtual time with the production code, over links of 0, 60 and 150 ms one way. Before it a
breaker is locked, a sleeper has withdrawn and cleared the latch, a wake order stands for one pod, exposure is
charged; afterwards nothing of it may be forgotten. Bounds are seconds since the act began.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import World
from fakes.callers import OPERATOR

ALONE_WITHIN_S: Final = 1.5
ONE_WAY_MS: Final = (0, 60, 150)
GONE_S: Final = 1.0
"""Time until a stopped process is started again."""
OUT_S: Final = 3.0
"""Time for which a broker, a bed or a frozen daemon is out."""


def _later(world: World, seconds: float, happen: Callable[[], object]) -> None:
    world.schedule.after(round(seconds * SECOND_NS), lambda: (happen(), None)[1])


def _daemon_stop(world: World) -> None:
    daemon = world.daemon
    assert daemon is not None
    daemon.stop(lambda: _later(world, GONE_S, world.start_daemon))


def _daemon_update(world: World) -> None:
    daemon = world.daemon
    assert daemon is not None
    daemon.stop(lambda: _later(world, 0.1, world.start_daemon))


def _daemon_kill(world: World) -> None:
    daemon = world.daemon
    assert daemon is not None
    daemon.kill()
    _later(world, GONE_S, world.start_daemon)


def _daemon_freeze(world: World) -> None:
    daemon = world.daemon
    assert daemon is not None
    daemon.freeze()
    _later(world, OUT_S, daemon.thaw)


def _daemon_restore(world: World) -> None:
    """Restore the whole state directory from a backup of just now while the daemon is stopped."""
    daemon = world.daemon
    assert daemon is not None
    backup = world.storage.copy()
    backup.known = backup.writes
    world.run(2.0)
    daemon.app.pods.check_out(OPERATOR, "bed-1")
    world.run(1.0)

    def put_back() -> None:
        world.storage.restore(backup, whole=True)
        world.start_daemon()

    daemon.stop(put_back)


def _broker_kill(world: World) -> None:
    world.broker.crash()
    _later(world, OUT_S, world.broker.restart)


def _broker_freeze(world: World) -> None:
    world.broker.freeze()
    _later(world, OUT_S, world.broker.thaw)


def _bed_stop(world: World) -> None:
    pod = world.pods[0]
    pod.catch_up()
    pod.runner.leave("stopped")
    pod.plan()
    _later(world, GONE_S, pod.kill)
    _later(world, GONE_S + OUT_S, pod.boot)


def _bed_kill(world: World) -> None:
    world.pods[0].kill()
    _later(world, GONE_S, world.pods[0].boot)


def _bed_reboot(world: World) -> None:
    pod = world.pods[0]
    pod.kill()
    _later(world, 20.0, lambda: (pod.machine.jump(world.schedule.now_ns, 5 * SECOND_NS), pod.boot()))


@dataclass(frozen=True)
class Row:
    """One restart. merged_s: the limit until all are merged again; infinity: not without a person.

    beds: the ones it ends, all of them or the first alone; the others dream on.
    """

    what: str
    how: str
    act: Callable[[World], None]
    merged_s: float
    beds: str = "all"


NEVER: Final = float("inf")
ROWS: Final = (
    Row("daemon", "stopped (SIGTERM), started", _daemon_stop, 14.0),
    Row("daemon", "updated: stopped, another build started at once", _daemon_update, 14.0),
    Row("daemon", "killed (SIGKILL), started", _daemon_kill, 14.0),
    Row("daemon", "frozen 3 s (SIGSTOP, SIGCONT)", _daemon_freeze, 14.0),
    Row("daemon", "its state directory restored from a copy", _daemon_restore, NEVER),
    Row("broker", "stopped or killed, started after 3 s", _broker_kill, 20.0),
    Row("broker", "frozen 3 s", _broker_freeze, 20.0),
    Row("bed", "stopped (SIGTERM), started after 4 s", _bed_stop, 20.0, "one"),
    Row("bed", "killed, started after 1 s", _bed_kill, 20.0, "one"),
    Row("bed", "rebooted, 20 s", _bed_reboot, 40.0, "one"),
)


def markdown() -> str:
    """The table, for docs/reference.md."""
    head = "| what | restarted how | alone | merged again, without a person | forgotten |\n"
    head += "|---|---|---|---|---|\n"
    return head + "".join(_line(row) for row in ROWS)


def _line(row: Row) -> str:
    again = f"within {row.merged_s:.0f} s"
    forgotten = "nothing"
    if row.merged_s == NEVER:
        again = "not before they are checked in anew"
        forgotten = "what was written since, so no consent is believed"
    alone = f"{row.beds} within {ALONE_WITHIN_S} s"
    return f"| {row.what} | {row.how} | {alone} | {again} | {forgotten} |\n"
