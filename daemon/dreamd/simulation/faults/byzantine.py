"""Byzantine pods: their frames are altered on the way out, one by one.

`found_cause` is the cause by which the daemon has to sever it, empty where one frame cannot show it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dreamedge.adapters.fault_injection import Bend, frozen, replayed
from dreamwire.messages import Frame

AHEAD_HOPS: Final = 40
FAR_DB: Final = 60.0


def nonfinite() -> Bend:
    """Not numbers, at the best quality."""
    return lambda frame: (replace(frame, features=np.full_like(frame.features, np.nan), quality=1.0),)


def out_of_range() -> Bend:
    """More decibels than exist."""
    return lambda frame: (replace(frame, features=np.full_like(frame.features, 1e6), quality=1.0),)


def ahead() -> Bend:
    """Frames of an instant far ahead."""
    return lambda frame: (replace(frame, instant=frame.instant + AHEAD_HOPS),)


def overdriven() -> Bend:
    """It reports that it renders more than was granted."""
    return lambda frame: (replace(frame, applied=0.9),)


def extreme() -> Bend:
    """Numbers within every range, and of no sleeper: the reason for a geometric median."""

    def bend(frame: Frame) -> tuple[Frame, ...]:
        far = np.where(frame.features > 0.0, FAR_DB, -FAR_DB).astype(np.float32)
        return (replace(frame, features=far),)

    return bend


@dataclass(frozen=True, slots=True)
class Lie:
    """How to begin it, and the cause by which the daemon has to sever it."""

    bend: Callable[[], Bend]
    found_cause: str


LIES: Final = {
    "frozen": Lie(frozen, "frozen"),
    "replayed": Lie(replayed, "replayed"),
    "nonfinite": Lie(nonfinite, "nonfinite"),
    "out-of-range": Lie(out_of_range, "range"),
    "ahead": Lie(ahead, "clock"),
    "overdriven": Lie(overdriven, "actuator"),
    "extreme": Lie(extreme, ""),
}
