"""The pod's clocks: the only place at the edge that reads one."""

import os
import time
from collections.abc import Callable

from dreamwire.operating_system import clock_behind_suspend, resident_kib

_LOADED_NS = time.monotonic_ns()


def _watched() -> Callable[[], int]:
    """The clock of a system without CLOCK_BOOTTIME: it counts suspend by the wall clock.

    Each process counts by itself: after a suspend or a setting of the wall clock, the stamps of two processes
    may differ by seconds.
    """
    from dreamedge.adapters.suspend_watch import SuspendWatch  # noqa: PLC0415 - no part of a bed on Linux

    return SuspendWatch(clock_behind_suspend(), time.time_ns).now_ns


if hasattr(time, "CLOCK_BOOTTIME"):

    def boottime_ns() -> int:
        """CLOCK_BOOTTIME in ns: of all processes of a machine, and it counts suspend (as a lease must)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

else:
    boottime_ns = _watched()


def process_began_ns() -> int:
    """When this process began, on `boottime_ns`: before any import.

    Without /proc: when this module was loaded, which is up to a second later. Only the onsets of injected
    malfunctions rest on it.
    """
    try:
        with open("/proc/self/stat", encoding="ascii") as stat:  # noqa: PTH123 - as in `operating_system`
            # Field 22 is the start. Field 2, the name, may hold spaces and brackets: count from its end.
            ticks = int(stat.read().rpartition(")")[2].split()[19])
    except OSError:
        return boottime_ns() - (time.monotonic_ns() - _LOADED_NS)
    return ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))


def unix_ms() -> int:
    """The machine's wall clock, ms since 1970."""
    return time.time_ns() // 1_000_000


def wall_ns(at_ns: int) -> int:
    """Unix time in ns at a `boottime_ns` stamp, by the wall clock's present setting."""
    return time.time_ns() - boottime_ns() + at_ns


def wait_until(at_ns: int) -> None:
    """Block until a `boottime_ns` stamp."""
    time.sleep(max(at_ns - boottime_ns(), 0) / 1e9)


class Load:
    """This process's share of a core since the last measurement, and its resident memory."""

    def __init__(self) -> None:
        self._at_ns = boottime_ns()
        self._cpu_s = time.process_time()

    def measure(self) -> tuple[float, int]:
        """Return (share of one core since the last call, resident KiB)."""
        now_ns, cpu_s = boottime_ns(), time.process_time()
        elapsed_s = max((now_ns - self._at_ns) / 1e9, 1e-3)
        share = (cpu_s - self._cpu_s) / elapsed_s
        self._at_ns, self._cpu_s = now_ns, cpu_s
        return share, resident_kib()
