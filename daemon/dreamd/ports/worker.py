"""Work that would hold up the tick, done beside it."""

from collections.abc import Callable
from typing import Any, Protocol


class Worker(Protocol):
    """One worker beside the daemon's thread, and no queue."""

    @property
    def free(self) -> bool:
        """Whether work would be begun now. MUST be False while something is under way."""
        ...

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """MUST return at once, MUST call `done` with the result on the daemon's thread; only while free.

        `work` touches nothing that the daemon's thread may touch: it is given copies.
        """
        ...


class NullWorker:
    """Has no time, ever: what is not worth its cost where one thread lives through many nights."""

    @property
    def free(self) -> bool:
        """Never."""
        return False

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Nobody asks who has no time.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"there is no time aside for {work} and {done}")
