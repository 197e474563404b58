"""The one clock a run reads: CLOCK_BOOTTIME, the clock the pods stamp with.

All processes of a machine share it, so a stamp taken here before a kill and a stamp taken at a pod
may be subtracted from one another.
"""

import time
from datetime import UTC, datetime


def now_ns() -> int:
    """Nanoseconds since boot, sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def wall() -> datetime:
    """The wall clock in this machine's zone, for what is written on the picture and for nothing else."""
    return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC).astimezone()
