"""The pod's clocks: the only place at the edge that reads one."""

import os
import time


def boottime_ns() -> int:
    """CLOCK_BOOTTIME in ns: shared by all processes of a machine, and it counts suspend (as a lease must)."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def process_began_ns() -> int:
    """When this process began, on CLOCK_BOOTTIME: before any import."""
    with open("/proc/self/stat", encoding="ascii") as stat:  # noqa: PTH123 - as below
        # Field 22 is the start. Field 2, the name, may hold spaces and brackets: count from its end.
        ticks = int(stat.read().rpartition(")")[2].split()[19])
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
        self._page_kib = os.sysconf("SC_PAGE_SIZE") // 1024

    def measure(self) -> tuple[float, int]:
        """Return (share of one core since the last call, resident KiB)."""
        now_ns, cpu_s = boottime_ns(), time.process_time()
        elapsed_s = max((now_ns - self._at_ns) / 1e9, 1e-3)
        share = (cpu_s - self._cpu_s) / elapsed_s
        self._at_ns, self._cpu_s = now_ns, cpu_s
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - hot path, read every second
            resident_pages = int(statm.read().split()[1])
        return share, resident_pages * self._page_kib
