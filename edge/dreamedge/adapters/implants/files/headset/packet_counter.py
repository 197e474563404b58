"""A device's packet counter: how many samples were lost between two rows.

The counter rises by its most frequent step and restarts after its turn: Cyton counts 0 to 255, Ganglion 1 to
100 or 101 to 200, Daisy by twos. Several samples may share a number. A loss is known up to whole turns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_REGULAR: Final = 0.8
"""A counter counts if this share of its steps is regular."""
_TURN_LEAST: Final = 8
_NO_TURN: Final = int(np.iinfo(np.int32).max)
_LOOKED_AT: Final = 1 << 18
"""The steps that show how the counter counts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of every sample from 0, lost ones counted, int64[n]; the samples in a turn, 0 if unknown."""

    numbers: Numbers
    turn: int


def numbers_by_counter(counter: NDArray[np.floating]) -> Counted | None:
    """The samples' numbers by the device's counter; None if the column does not count.

    counter: float[n] as recorded, whole numbers, NaN where a row could not be read.
    """
    known = np.abs(counter) < _NO_TURN
    if np.count_nonzero(known) < _TURN_LEAST:
        return None
    rows = None if known.all() else np.flatnonzero(known)
    values = np.rint(counter if rows is None else counter[rows]).astype(np.int32)
    steps = np.diff(values)
    del values
    some = steps[:_LOOKED_AT]
    moved = some[some != 0]
    step = _most(moved[moved > 0])
    turn = _turn(moved, step)
    if step <= 0 or turn < _TURN_LEAST:
        return None
    share = max(1, round(len(some) / len(moved)))
    steps[steps < 0] += turn
    # Rows that could not be read stand between two numbers; a jump is never smaller than the rows it spans.
    spanned = np.int64(1) if rows is None else np.diff(rows)
    regular = np.count_nonzero((steps == step * spanned) | ((steps <= step) & (share > 1)))
    if not regular >= _REGULAR * len(steps):
        return None
    steps //= step
    if share > 1:
        steps = np.where(steps > 0, (steps - 1) * share + 1, 1)
    jumps = np.maximum(steps, spanned)
    in_turn = turn // step * share if turn < _NO_TURN else 0
    if rows is None:
        return Counted(np.concatenate([[0], np.cumsum(jumps, dtype=np.int64)]), in_turn)
    every = np.interp(np.arange(len(counter)), rows, np.concatenate([[0], np.cumsum(jumps)]))
    numbers = np.rint(every).astype(np.int64)
    # Before the first number and behind the last one, rows follow each other.
    numbers[: rows[0]] = np.arange(-rows[0], 0)
    numbers[rows[-1] + 1 :] += np.arange(1, len(counter) - rows[-1])
    return Counted(numbers - numbers[0], in_turn)


def _most(values: NDArray[np.int32]) -> int:
    """The most frequent value, the smallest of several; 0 if there are none."""
    found, counts = np.unique(values, return_counts=True)
    return int(found[counts.argmax()]) if len(found) else 0


def _turn(moved: NDArray[np.int32], step: int) -> int:
    """The numbers in a turn: by the most frequent fall, the deepest of several; very large without a fall."""
    found, counts = np.unique(moved[moved < 0], return_counts=True)
    return step - int(found[counts.argmax()]) if len(found) else _NO_TURN
