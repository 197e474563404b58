"""The pauses of Python's garbage collector, kept short on the tick's thread.

Theory of operation. A full collection looks at every object that can be part of a cycle. Ten thousand beds
are more than a million, a third of a second, and for so long no tick runs and no sever leaves. Nearly all of
these live for the whole night. So what has survived a full collection is frozen (`gc.freeze`): the next one
looks at what was made since.

Rules
- A frozen object is freed as ever when nothing names it; cycles among frozen ones are not.
- So while no sleeper dreams all are thawed, and the next full collection looks at everything.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

FULL: Final = 2
"""The oldest of Python's generations: a collection of it looks at all that is not frozen."""


@contextmanager
def short_pauses(idle: Callable[[], bool]) -> Iterator[None]:
    """Freeze meanwhile what survives. idle: whether a long pause disturbs no sleeper."""

    def collected(phase: str, info: Mapping[str, int]) -> None:
        if phase == "stop" and info["generation"] == FULL:
            (gc.unfreeze if idle() else gc.freeze)()

    gc.callbacks.append(collected)
    try:
        yield
    finally:
        gc.callbacks.remove(collected)
        gc.unfreeze()
