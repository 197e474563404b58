"""The number of columns of each part of a row, from the terminal's width and the longest names. Pure.

Names come first: a row is of no use if its bed cannot be told from the next one. The rest goes to the bar and
the words. A name that does not fit is cut at its front, because names differ at their end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

FIXED: Final = 54
"""Columns of a row that do not grow: names of BED and SLEEPER columns included."""
BED, SLEEPER = 7, 8
NAME_MOST: Final = 32
BAR: Final = (8, 40)
WHY: Final = (18, 44)


@dataclass(frozen=True, slots=True)
class Widths:
    """Columns of a bed's name, a sleeper's, the bar and the words."""

    bed: int
    sleeper: int
    bar: int
    why: int


def widths(width: int, names: Iterable[tuple[str, str]]) -> Widths:
    """Share `width` columns; names: (bed, sleeper) of every row."""
    longest_bed = longest_sleeper = 0
    for bed, sleeper in names:
        longest_bed, longest_sleeper = max(longest_bed, len(bed)), max(longest_sleeper, len(sleeper))
    spare = max(0, width - FIXED - BAR[0] - WHY[0])
    beds = _more(longest_bed, BED, spare)
    sleepers = _more(longest_sleeper, SLEEPER, spare - beds)
    spare -= beds + sleepers
    bar = min(BAR[1], BAR[0] + spare // 2)
    words = width - FIXED - beds - sleepers - bar
    return Widths(BED + beds, SLEEPER + sleepers, bar, max(WHY[0], min(WHY[1], words)))


def _more(longest: int, given: int, spare: int) -> int:
    return max(0, min(min(longest, NAME_MOST) - given, spare))


def end_of(name: str, columns: int) -> str:
    """The name, cut at its front where it does not fit."""
    return name if len(name) <= columns else f"…{name[len(name) - columns + 1 :]}"
