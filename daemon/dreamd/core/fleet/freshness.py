"""How long the last word of a bed says how the bed is now.

A pod sends a frame four times a second and a status once a second. Within ALONE_WITHIN_S (lease and fade)
of its last word a pod may still be as it said. After that its lease has lapsed, whatever was granted: its
coupling, its quality and its clock are not known. Every face (API, console, `top`, command line, metrics)
uses `known`; none has a limit of its own. An age that is no number is beyond every limit.
"""

from dataclasses import dataclass
from math import inf, nan
from typing import Final

from dreamd.core.limits import ALONE_WITHIN_S


@dataclass(frozen=True, slots=True)
class Word:
    """The last word of a bed. applied, quality: 0..1. age_s: since it was said; infinity: never heard."""

    applied: float
    quality: float
    age_s: float


SILENCE: Final = Word(nan, nan, inf)
"""Nothing has been heard."""


def known(age_s: float) -> bool:
    """Return whether a word of this age, in seconds, still says how the bed is."""
    return age_s <= ALONE_WITHIN_S


def believed(word: Word) -> Word:
    """Return the word with its numbers where it is `known`, else its age alone, with NaN for the numbers."""
    return word if known(word.age_s) else Word(nan, nan, word.age_s)


def newest(one: Word, other: Word) -> Word:
    """Return the younger of two words; `one` where both are as old."""
    return other if other.age_s < one.age_s else one
