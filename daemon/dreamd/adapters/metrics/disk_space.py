"""The space on the state directory's disk, measured so that a scrape never waits for a disk that hangs.

A measurement runs on a thread of its own, at most one at a time, and at most every MEASURED_EVERY_S. A scrape
takes the newest result; once that is older than KNOWN_FOR_S the space is not known (NaN).
"""

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path
from time import monotonic
from typing import Final

MEASURED_EVERY_S: Final = 10.0
KNOWN_FOR_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes free for the daemon's user, and bytes in all; NaN: not known."""

    free_bytes: float
    size_bytes: float


UNKNOWN: Final = Space(nan, nan)


def unknown() -> Space:
    """The space where no disk is measured."""
    return UNKNOWN


def space_of(folder: Path) -> Callable[[], Space]:
    """Return a function that measures the file system of this folder; it raises OSError where it cannot."""

    def measure() -> Space:
        usage = shutil.disk_usage(folder)
        return Space(float(usage.free), float(usage.total))

    return measure


def on_a_thread(work: Callable[[], None]) -> None:
    """Run it on a thread that keeps no process alive."""
    threading.Thread(target=work, name="disk-space", daemon=True).start()


class DiskSpace:
    """The newest measurement; `newest` may be called from any thread."""

    def __init__(
        self,
        measure: Callable[[], Space],
        now_s: Callable[[], float] = monotonic,
        run: Callable[[Callable[[], None]], None] = on_a_thread,
    ) -> None:
        """measure: may block; run: does its work elsewhere, and returns at once."""
        self._measure, self._now_s, self._run = measure, now_s, run
        self._lock = threading.Lock()
        self._space, self._at_s = UNKNOWN, -inf
        self._begun_s, self._running = -inf, False

    def newest(self) -> Space:
        """The newest result; a new measurement is begun where it is time."""
        now_s = self._now_s()
        with self._lock:
            due = not self._running and now_s - self._begun_s >= MEASURED_EVERY_S
            if due:
                self._running, self._begun_s = True, now_s
        if due:
            self._run(self._update)
        with self._lock:
            ok = self._now_s() - self._at_s <= KNOWN_FOR_S
            return self._space if ok else UNKNOWN

    def _update(self) -> None:
        space = UNKNOWN
        try:
            space = self._measure()
        except OSError:
            pass  # the alert on the ledger reports a disk that cannot be asked
        finally:
            with self._lock:
                self._space, self._at_s = space, self._now_s()
                self._running = False
