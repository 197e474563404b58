"""The timeline of a festival: what happened, each with its instant, told while it runs.

Plain values, so that a page, a terminal and the account take them alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class HappeningKind(Enum):
    """The kinds of what happens, by their words in JSON."""

    ROUND = "round"  # the exchange: offers, asks, a draw, berths given on
    EVENING = "evening"  # check-ins
    ACT_BEGINS = "act-begins"
    AUDIENCE = "audience"  # a reading of a Dreamscape in an act, every few seconds
    FAILURE = "failure"  # something fails on cue
    ACTION = "action"  # what the house, a device or a person did
    ACT_ENDS = "act-ends"
    MORNING = "morning"  # check-outs and letters
    MORATORIUM = "moratorium"
    CLINIC = "clinic"  # a case, or a decision on it
    REPORT = "report"
    END = "end"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    at_s: unix seconds of the festival's own clock. words: one sentence. act: its number from 1, 0: in none.
    day: of the festival, from 1. figures: numbers and words by name; of AUDIENCE `merged`, `seated`,
    `severed`, `share` (the largest that a device renders, 0..1) and `artist` (the artist's share, 0..1).
    """

    at_s: float
    kind: HappeningKind
    words: str
    act: int = 0
    day: int = 1
    figures: dict[str, float | int | str] = field(default_factory=dict)

    def plain(self) -> dict[str, object]:
        """The happening as values of JSON."""
        return {
            "at_s": round(self.at_s, 3),
            "kind": self.kind.value,
            "words": self.words,
            "act": self.act,
            "day": self.day,
            "figures": dict(self.figures),
        }


Tell = Callable[[Happening], None]
"""Called with each happening, in the order of their instants."""
