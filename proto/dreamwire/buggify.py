"""Points at which a simulation may trigger a rare but permitted behaviour of production code.

A lost order, a dropped frame, a tick that came too late: all of it happens, but too seldom to be met in a
test. `buggify(point)` is always False in production. A simulation installs dice, and then the seed decides.
Both ends have to survive every point; a point never changes what is true.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

POINTS: Final = (
    "order-not-sent",  # an order is kept for resending, its first sending fails
    "tick-skipped",  # the tick's thread was delayed for a moment
    "term-not-confirmed",  # the ledger did not answer in time
    "nobody-seated",  # house-keeping had no time to look for joiners
    "frame-not-sent",  # the pod's outbox was full
    "status-not-sent",
    "step-raises",  # a bug in a step of the daemon, after its work is done
)
"""Every point; any other name is a mistake in the code."""

Dice = Callable[[str], bool]

_dice: list[Dice] = []


def buggify(point: str) -> bool:
    """Whether the rare behaviour is triggered here and now; False without a simulation."""
    return bool(_dice) and _dice[-1](point)


@contextmanager
def installed(dice: Dice) -> Iterator[None]:
    """Let `dice` decide, for as long as this lasts."""
    _dice.append(dice)
    try:
        yield
    finally:
        _dice.pop()
