"""Long work, done in parts between ticks: ten thousand seats delay no tick, no frame and no sever.

Theory of operation. The application has one thread. A loop over all sleepers of a large Dreamscape holds it
for seconds, and for so long no lease is renewed anywhere in the house. So such a loop is a generator that
does PART seats and then yields. The tick loop continues one of them every EVERY_S while no tick is due.

Rules
- Up to AT_ONCE seats are no long work: they are done in the call, as ever.
- Between two parts everything may change. A part checks again what it relies on.
- Works take turns. One that raises is closed, and its own `finally` leaves nothing half done.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from functools import partial
from math import inf
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 256
"""So many seats are done in one turn of the thread, a twentieth of a second."""
PART: Final = 64
"""So many of a larger number are done in one turn."""
EVERY_S: Final = 0.01
"""A part begins this long after the one before; the event loop has what is left for frames and calls."""


Parts = Generator[None, None, None]
"""A work: it yields after each part."""


class Attempt(Protocol):
    """`StepFailures.attempt`."""

    def __call__(self, step: str, act: Callable[[], bool], of: str = "") -> bool | None:
        """Run `act`; None where it raises."""
        ...


def each(act: Callable[[T], object], parts: Iterable[T]) -> Parts:
    """The work that does this to each part."""
    for part in parts:
        act(part)
        yield


class LongWork:
    """The long works of one application."""

    def __init__(self) -> None:
        """Begin without any."""
        self._works: deque[tuple[str, Parts]] = deque()
        self._next_s = 0.0

    def divide(self, of: str, parts: Parts) -> None:
        """Do this work in parts. of: the Dreamscape that a bug in it concerns."""
        self._works.append((of, parts))

    def due_s(self) -> float:
        """Session time of the next part; infinity: there is no work."""
        return self._next_s if self._works else inf

    def do_part(self, now_s: float, attempt: Attempt) -> None:
        """Do the part that is due, if one is."""
        if not self._works or now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        of, parts = self._works.popleft()
        if attempt("tick", partial(_goes_on, parts), of=of):
            self._works.append((of, parts))
        else:
            parts.close()


def _goes_on(parts: Parts) -> bool:
    return next(parts, _OVER) is not _OVER


_OVER: Final = object()
