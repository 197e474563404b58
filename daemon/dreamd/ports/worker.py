"""Work that would delay the tick, done on another thread."""

from collections.abc import Callable
from typing import Any, Protocol


class Worker(Protocol):
    """One worker beside the daemon's thread, without a queue."""

    @property
    def free(self) -> bool:
        """Whether work would start now. MUST be False while work is in progress."""
        ...

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """MUST return at once, MUST call `done` with the result on the daemon's thread; only while free.

        `work` touches nothing that the daemon's thread may touch: it receives copies.
        """
        ...


class NullWorker:
    """Never free: for simulations, where one thread runs many nights and the work is not worth its cost."""

    @property
    def free(self) -> bool:
        """Always False."""
        return False

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Never called: `free` is always False.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"there is no time aside for {work} and {done}")
