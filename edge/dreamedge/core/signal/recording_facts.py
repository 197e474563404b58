"""Statements of a recording beside its samples: notes about its time and channels, and marks of events."""

from dataclasses import dataclass
from typing import Final

ALIGNMENT: Final = "alignment"
"""The code of a note that makes the recording's alignment to others doubtful."""


@dataclass(frozen=True, slots=True)
class Note:
    """A finding that does not keep a recording from playing: a code in one word, and one sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation: seconds from the recording's beginning, its duration in seconds (0 an instant), text."""

    at_s: float
    duration_s: float
    text: str
