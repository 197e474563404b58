"""A sleeper as a row of a board, and the words that boards count with. No clock, no terminal.

`dreamd up` folds its rows from the pods' journals, `dreamd top` makes them from the API's messages.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

NAMED_MAX: Final = 3
"""Pods that a sentence names; of more it gives the number."""

_NUMBERS: Final = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


class State(Enum):
    """The state of a sleeper, in the words of a row."""

    COMING = "coming"
    READY = "ready"
    HERE = "at rest"
    DREAMING = "dreaming"
    SEVERED = "severed"
    AWAKE = "woken"
    LEFT = "left"
    GONE = "gone"
    HOME = "home"
    UNKNOWN = "not known"


class Tone(Enum):
    """How a line is coloured."""

    CALM = "calm"
    GRAVE = "grave"
    GOOD = "good"


@dataclass
class Row:
    """One sleeper as shown.

    share: 0 alone, 1 at the ceiling. cause: the reason for not dreaming, empty without one. silent: the
    journal has stopped although the process has not, so the state of the sleeper is not known.
    """

    pod: str
    pseudonym: str
    state: State = State.COMING
    share: float = 0.0
    quality: float = math.nan
    cause: str = ""
    linked: bool = True
    heard_ns: int = 0
    silent: bool = False


def count(number: int) -> str:
    """The number in a word up to twelve."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def plural(number: int, singular: str, many: str) -> str:
    """`singular` after one, `many` otherwise, with the number in a word."""
    return f"{count(number)} {singular if number == 1 else many}"


def pod_names(pods: Sequence[str]) -> str:
    """Up to three names; the number of sleepers where there are more."""
    return ", ".join(pods) if len(pods) <= NAMED_MAX else f"{count(len(pods))} sleepers"


def by_number(name: str) -> tuple[int, str]:
    """A sort key that puts `bed-10` after `bed-9`."""
    digits = name.rpartition("-")[2]
    return (int(digits) if digits.isdecimal() else 0, name)
