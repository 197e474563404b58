"""Substitutes for what only Linux has: run on Linux with the calls taken away, not on Windows or macOS."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dreamedge.adapters.credential import files
from dreamedge.adapters.suspend_watch import APART_NS, LAPSE_NS, SuspendWatch
from dreamedge.core.merging.tether import LEASE_NS
from dreamedge.core.renewal_schedule import Plan

TAKEN_AWAY = Path(__file__).parent / "taken_away.py"
SECOND_NS = 1_000_000_000


class _Machine:
    """A machine with a clock that stops while it is suspended, and a wall clock that goes on."""

    def __init__(self) -> None:
        self.running_ns, self.wall_ns = 50 * SECOND_NS, 1_700_000_000 * SECOND_NS

    def work(self, for_ns: int) -> None:
        self.running_ns += for_ns
        self.wall_ns += for_ns

    def watch(self) -> SuspendWatch:
        return SuspendWatch(lambda: self.running_ns, lambda: self.wall_ns)


@pytest.mark.parametrize(
    ("suspended_s", "set_s"),
    [(3600.0, 0.0), (0.2, 0.0), (0.0, -3600.0), (0.0, 3600.0), (60.0, -59.0), (60.0, -61.0)],
    ids=["an hour", "a moment", "set back", "set forward", "set back in it", "set back beyond it"],
)
def test_no_lease_outlives_a_suspend_where_the_clock_stops_in_it(suspended_s: float, set_s: float) -> None:
    """After a suspend, or a setting of the wall clock, the next reading is later than any lease lasts."""
    machine = _Machine()
    clock = machine.watch()
    machine.work(50_000_000)
    captured_ns = clock.now_ns()
    machine.wall_ns += round((suspended_s + set_s) * 1e9)
    machine.work(1_000_000)
    woken_ns = clock.now_ns()
    assert LAPSE_NS > LEASE_NS
    assert woken_ns - captured_ns >= max(suspended_s + set_s, LAPSE_NS / 1e9) * 1e9
    machine.work(SECOND_NS)
    assert clock.now_ns() - woken_ns == SECOND_NS


def test_a_clock_that_counts_suspends_itself_is_left_alone() -> None:
    """Where both clocks go on in a suspend, and while the wall clock is steered, nothing is added."""
    machine = _Machine()
    clock = machine.watch()
    machine.work(3600 * SECOND_NS)
    for _ in range(1000):
        machine.work(50_000_000)
        machine.wall_ns += APART_NS // 100  # far more than a time server steers
        assert clock.now_ns() == machine.running_ns


def test_a_thread_that_waits_between_the_two_clocks_sees_no_suspend() -> None:
    """A reading that was held up for a second between its clocks adds nothing, and hides no later suspend."""
    machine = _Machine()
    held_up = [0]

    def wall_ns() -> int:
        machine.work(held_up[0])
        return machine.wall_ns

    clock = SuspendWatch(lambda: machine.running_ns, wall_ns)
    held_up[0] = SECOND_NS
    assert clock.now_ns() == machine.running_ns
    held_up[0] = 0
    assert clock.now_ns() == machine.running_ns
    machine.wall_ns += SECOND_NS
    assert clock.now_ns() >= machine.running_ns + LAPSE_NS


def test_a_plan_of_an_unknown_boot_never_counts() -> None:
    """Where a system has no id of its boot, the time left of a credential is not known after a start."""
    assert Plan("", 0.0, 10.0, 20.0).left_s("", 5.0) is None
    assert Plan("b", 0.0, 10.0, 20.0).left_s("b", 5.0) == 15.0


async def test_a_renewal_is_polled_where_the_loop_starts_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The polled program's answer, its refusal and its absence are read as those of an awaited one."""
    monkeypatch.setattr(files, "LOOP_STARTS_PROGRAMS", False)
    monkeypatch.setattr(files, "_GLANCE_S", 0.002)
    said = {
        "echo '{\"renewed\": true}'": ("", True),
        "echo no": ("dreamedge renew has answered with no JSON", False),
        "echo 'dreamedge: no route' >&2; exit 2": ("no route", False),
    }
    for line, expected in said.items():
        store = files.BedCredential(tmp_path / "credential.json", files.asyncio.Lock(), ("sh", "-c", line))
        assert await store._run() == expected
    missing = files.BedCredential(tmp_path / "c.json", files.asyncio.Lock(), (str(tmp_path / "none"),))
    assert (await missing._run())[0].startswith("dreamedge renew cannot be started")


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_the_edge_loads_and_acts_with_the_calls_of_linux_taken_away(system: str, tmp_path: Path) -> None:
    """Without what Windows lacks, and macOS, the edge loads and each substitute acts.

    Taken away: fcntl, poll, signals, modes, /proc and more; on macOS fewer.

    The program of the test takes the calls away, imports every module of the edge, and prints what it found.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, str(TAKEN_AWAY), system, str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["unloaded"] == []
    assert found["clock"] == {"win32": "perf_counter_ns", "darwin": "raw"}[system]
    assert found["lapsed_s"] >= LAPSE_NS / 1e9
    assert found["began"]
    assert (found["load"] > 0) is (system == "darwin")
    assert found["second agent"].startswith("another dreamedge already runs")
    assert found["kept"] == ["withdraw", 0o600 if system == "darwin" else 0]
    assert found["signals"] == {"win32": [], "darwin": ["wake", "distress"]}[system]
    assert found["client"] == [True, system == "win32"]
    assert found["stopped"] == ["stopped"]
    assert "device of Linux" in found["evdev"]
    assert ("no light can be kept" in found["light"]) is (system == "win32")
    assert found["ready"] == [False, True]
    assert found["read"] == "the bytes\r\nas they are"
