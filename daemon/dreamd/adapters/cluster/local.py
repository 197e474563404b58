"""Houses of one process joined without a network: the engine of tests, and the reference for every other.

`LocalHub` is the reducer; each house has a `LocalEngine` of its own at it. One thread closes ticks in time
and calls what listens, so an answer never comes inside `submit`.
"""

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Final

from dreamd.fusion.reduction import Part, Reduction
from dreamd.ports.cohort_engine import Heard

WITHIN_S: Final = 0.02
_WAITING_MAX: Final = 4096


class LocalHub:
    """The reducer of some houses in this process."""

    def __init__(self, within_s: float = WITHIN_S, now_s: Callable[[], float] = monotonic) -> None:
        self._within_s, self._now_s = within_s, now_s
        self._reductions: dict[tuple[str, type], Reduction] = {}
        self._incoming: deque[tuple[str, Part, Heard]] = deque(maxlen=_WAITING_MAX)
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="cohort-hub", daemon=True)
        self._thread.start()

    def house(self) -> "LocalEngine":
        """Return the engine of one more house."""
        return LocalEngine(self)

    def take_part(self, dreamscape: str, part: Part, heard: Heard) -> None:
        """Take a part in; `heard` is called on the hub's thread."""
        with self._changed:
            self._incoming.append((dreamscape, part, heard))
            self._changed.notify()

    def stop_hub(self) -> None:
        """End the thread: no part is joined from now on."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    @property
    def running(self) -> bool:
        """Whether parts are joined."""
        return self._open

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._incoming or not self._open, self._wait_s())
                if not self._open:
                    return
                parts = list(self._incoming)
                self._incoming.clear()
            for dreamscape, part, heard in parts:
                self._add(dreamscape, part, heard)
            for reduction in self._reductions.values():
                reduction.close_due(self._now_s())

    def _wait_s(self) -> float | None:
        due_s = min((one.due_s() for one in self._reductions.values()), default=float("inf"))
        return max(due_s - self._now_s(), 0.0) if due_s < float("inf") else None

    def _add(self, dreamscape: str, part: Part, heard: Heard) -> None:
        key = dreamscape, type(part.sums)
        if key not in self._reductions:
            self._reductions[key] = Reduction("hub", self._within_s)
        self._reductions[key].add_part(part, self._now_s(), partial(_tell, heard, dreamscape))


def _tell(heard: Heard, dreamscape: str, answer: Part | None) -> None:
    if answer is not None:
        heard(dreamscape, answer)


class LocalEngine:
    """ports.cohort_engine.CohortEngine of one house at a hub."""

    def __init__(self, hub: LocalHub) -> None:
        self._hub = hub
        self._heard: Heard | None = None

    def submit(self, dreamscape: str, part: Part) -> None:
        """Send a part to the hub."""
        if self._heard is not None:
            self._hub.take_part(dreamscape, part, self._hear)

    def listen(self, heard: Heard) -> None:
        """Call `heard` with each answer, on the hub's thread."""
        self._heard = heard

    @property
    def trouble(self) -> str:
        """Whether the hub has stopped."""
        return "" if self._hub.running else "the hub of this process has stopped"

    def close(self) -> None:
        """Hear nothing more; the hub and the other houses go on."""
        self._heard = None

    def _hear(self, dreamscape: str, answer: Part) -> None:
        if self._heard is not None:
            self._heard(dreamscape, answer)
