"""Stamps as seconds: numbers of any unit, dates with a time of day, and times of day alone.

A time of day alone restarts at midnight. A clock with a date may leap by an hour at a full hour, where summer
time begins or ends; the signal does not. Both are undone, and told.
"""

import re
import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.recording_facts import Note

Doubles = NDArray[np.float64]

DAY_S: Final = 86_400.0
_HOUR_S: Final = 3600.0
_NEAR_S: Final = 2.0
_LARGER: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""Numbers from the first on are so many to a second: Unix time in nano-, micro- and milliseconds."""
_LOOKED_AT: Final = 10_000
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def seconds_of(texts: NDArray[np.str_]) -> Doubles:
    """Seconds of `YYYY-MM-DD HH:MM:SS.mmm` or `HH:MM:SS.mmm`, float64[n]; a time alone counts from midnight.

    Raises:
        ValueError: one of them is neither.
    """
    texts = np.char.rstrip(np.char.strip(texts), "Z")
    if len(texts) and not _DATE.match(str(texts[0])):
        texts = np.char.add("1970-01-01T", np.char.zfill(texts, len("00:00:00")))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # numpy warns of a time zone where it cannot read a text
        try:
            found = texts.astype("M8[us]")
        except UserWarning as error:
            raise ValueError(str(error)) from None
    return np.asarray(found.astype(np.int64) / 1e6, dtype=np.float64)


def as_seconds(stamps: Doubles) -> Doubles:
    """Numeric stamps in seconds, by their size."""
    some = stamps[:: max(1, len(stamps) // _LOOKED_AT)]
    some = some[np.isfinite(some)]
    middle = float(np.median(some)) if len(some) else 0.0
    per = next((per for least, per in _LARGER if middle >= least), 1.0)
    return stamps if per == 1.0 else stamps / per


def without_midnights(stamps_s: Doubles) -> tuple[Doubles, int]:
    """Times of day counted on over midnight, and how many midnights there were."""
    at = np.flatnonzero(np.diff(stamps_s) < -DAY_S / 2) + 1
    return stamps_s + DAY_S * np.searchsorted(at, np.arange(len(stamps_s)), side="right"), len(at)


def without_summer_time(stamps_s: Doubles, what: str) -> tuple[Doubles, tuple[Note, ...]]:
    """Stamps of a wall clock without its leaps of an hour at a full hour, and a note on each."""
    steps = np.diff(stamps_s)
    hours = np.abs(np.abs(steps) - _HOUR_S) <= _NEAR_S
    after = stamps_s[1:] % _HOUR_S
    found = np.flatnonzero(hours & ((after <= _NEAR_S) | (after >= _HOUR_S - _NEAR_S)))
    if not len(found):
        return stamps_s, ()
    moved = np.where(steps[found] > 0, _HOUR_S, -_HOUR_S)
    late = np.concatenate([[0.0], np.cumsum(moved)])
    fixed = stamps_s - late[np.searchsorted(found + 1, np.arange(len(stamps_s)), side="right")]
    notes = tuple(
        Note(
            "stamps",
            f"{what} leaps {'ahead' if leap > 0 else 'back'} an hour at a full hour, "
            f"{fixed[at] - fixed[0]:.0f} s from its beginning, as summer time does; the leap is undone.",
        )
        for at, leap in zip(found.tolist(), moved.tolist(), strict=True)
    )
    return fixed, notes
