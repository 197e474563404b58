"""The session clock: Unix time anchored once at start, carried by CLOCK_BOOTTIME, slewed.

Why not plain Unix time: an administrator or NTP may set it back by an hour, and every instant on the grid
would come twice. Why not CLOCK_BOOTTIME alone: its crystal drifts tens of ppm, and by the morning the
daemon's stamps would differ by seconds from all others. So the clock runs on CLOCK_BOOTTIME (which counts
through suspend, like the pods') and leans towards Unix time by at most 500 ppm, the rate at which `adjtime`
slews. At that rate a hop of 250 ms is off by 125 us at most, far below the probes' noise.

`slew` is the whole arithmetic and is pure; `BoottimeClock` reads the two clocks and remembers.
"""

import time
from dataclasses import dataclass
from typing import Final

SLEW_MAX: Final = 500e-6
"""Seconds of correction per second of running."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of both clocks: the session clock (`session_s`, Unix-like) at CLOCK_BOOTTIME `boottime_s`."""

    boottime_s: float
    session_s: float


def slew(last: Reading, boottime_s: float, unix_s: float) -> Reading:
    """Carry the session clock from `last` to `boottime_s`, leaning towards `unix_s`.

    It never goes back and never jumps: it advances by the boot-time elapsed, times 1 +- SLEW_MAX. A boot time
    before `last` (two readers racing) leaves it where it was; a Unix time that is no number leaves it running
    free.
    """
    elapsed_s = max(0.0, boottime_s - last.boottime_s)
    free_s = last.session_s + elapsed_s
    lean_s = SLEW_MAX * elapsed_s
    error_s = unix_s - free_s
    # min and max let a NaN through; the comparison does not.
    step_s = max(-lean_s, min(lean_s, error_s)) if abs(error_s) >= 0.0 else 0.0
    return Reading(max(boottime_s, last.boottime_s), free_s + step_s)


class BoottimeClock:
    """ports.clock.SessionClock on CLOCK_BOOTTIME; one thread reads it."""

    def __init__(self) -> None:
        """Anchor the session clock to Unix time, this once."""
        self._last = Reading(time.clock_gettime(time.CLOCK_BOOTTIME), time.time())

    def now_s(self) -> float:
        """Session time in seconds, comparable to Unix time."""
        self._last = slew(self._last, time.clock_gettime(time.CLOCK_BOOTTIME), time.time())
        return self._last.session_s
