"""The kinds of the public report, and the event of the journal that marks a person with one.

Each kind is a fact about a person in a period, so a person counts once, however often it happened. Acts of
the house, such as a moratorium, are no people and stand in no cell.
"""

from enum import Enum
from typing import Final

from dreamd.core.clinic.levels import LEVELS, PARENTS, Level
from dreamd.core.safety.causes import Cause


class Kind(Enum):
    """A kind; its value is its name in the published files."""

    SLEPT = "slept"
    MERGED = "merged"
    SEVERED_OWN = "severed-own"
    SEVERED_DEVICE = "severed-device"
    SEVERED_GROUP = "severed-group"
    WOKEN = "woken"
    WITHDREW = "withdrew"
    CASE = "case"


MEANINGS: Final = {
    Kind.SLEPT: "checked in to a bed of the site",
    Kind.MERGED: "merged at least once",
    Kind.SEVERED_OWN: "severed for a condition of their own",
    Kind.SEVERED_DEVICE: "severed for a fault of a device or its connection",
    Kind.SEVERED_GROUP: "severed with a whole Dreamscape",
    Kind.WOKEN: "woken, or asked to be woken",
    Kind.WITHDREW: "withdrew their consent",
    Kind.CASE: "had a case of level 1 to 3 at the clinic",
}
"""Each kind in the words of the published files: `people who ...`."""

WITHIN: Final = {
    Kind.MERGED: Kind.SLEPT,
    Kind.SEVERED_OWN: Kind.MERGED,
    Kind.SEVERED_DEVICE: Kind.MERGED,
    Kind.SEVERED_GROUP: Kind.MERGED,
    Kind.WOKEN: Kind.SLEPT,
    Kind.WITHDREW: Kind.SLEPT,
    Kind.CASE: Kind.SLEPT,
}
"""Kinds whose people are all of another kind too: a reader knows it, so the rules of cells must stand it."""


def severed_as(cause: Cause) -> Kind | None:
    """Return the kind of a sever by this cause; None: an end that nothing was wrong with."""
    if cause is Cause.WAKE:
        return Kind.WOKEN
    if cause is Cause.WITHDRAWN:
        return Kind.WITHDREW
    if cause in PARENTS:
        return Kind.SEVERED_GROUP
    match LEVELS[cause]:
        case None:
            return None
        case Level.NOTE:
            return Kind.SEVERED_DEVICE
        case _:
            return Kind.SEVERED_OWN


assert set(MEANINGS) == set(Kind), "each kind has its words"
