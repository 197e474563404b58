"""How long a bed's last report describes its present state.

A pod sends a frame four times a second and a status once a second. Within ALONE_WITHIN_S (lease and fade) of
its last report a pod may still be in the reported state. After that its lease has lapsed, whatever was
granted: its coupling, its quality and its clock are unknown. Every face (API, console, `top`, command line,
metrics) uses `known`; none has a limit of its own. An age that is no number is beyond every limit.
"""

from dataclasses import dataclass
from math import inf, nan
from typing import Final

from dreamd.core.limits import ALONE_WITHIN_S


@dataclass(frozen=True, slots=True)
class Word:
    """The last report of a bed. applied, quality: 0..1. age_s: seconds since it was sent; infinity: none."""

    applied: float
    quality: float
    age_s: float


SILENCE: Final = Word(nan, nan, inf)
"""No report has been received."""


def known(age_s: float) -> bool:
    """Return whether a report of this age, in seconds, still describes the bed."""
    return age_s <= ALONE_WITHIN_S


def believed(word: Word) -> Word:
    """Return the report where it is `known`; otherwise only its age, with NaN for the numbers."""
    return word if known(word.age_s) else Word(nan, nan, word.age_s)


def newest(one: Word, other: Word) -> Word:
    """Return the younger of two reports; `one` where both are equally old."""
    return other if other.age_s < one.age_s else one
