"""Rows without a gap as a slice: reading and adding to a slice costs a tenth of a gather.

In a full Dreamscape the rows with frames mostly form such a run; with one row missing, an index does the
same.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
_T = TypeVar("_T", bound=np.generic)


def run_of(rows: Rows) -> slice | Rows:
    """Return the slice that these rows are, int64[k] ascending and each once, or the rows themselves."""
    if len(rows) and int(rows[-1]) - int(rows[0]) + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def taken(held: NDArray[_T], at: slice | Rows) -> NDArray[_T]:
    """Return these rows of `held`: a view for a slice, a copy for others."""
    return held[at] if isinstance(at, slice) else np.take(held, at, axis=0)


def spread(values: NDArray[_T], rows: Rows, used: int) -> tuple[NDArray[_T], Rows]:
    """Return k values, [k, D], at their rows among `used`: [used, D], and the rows without a value.

    A row without a value has undefined content: the caller fills it. A gather that reads some rows in vain
    costs half as much as writing the others one by one.
    """
    if len(rows) == used:
        return values, rows[:0]
    if len(rows) == 0:
        return np.zeros((used, *values.shape[1:]), dtype=values.dtype), np.arange(used)
    at = np.full(used, -1, dtype=np.int64)
    at[rows] = np.arange(len(rows))
    return np.take(values, at, axis=0), np.flatnonzero(at < 0)


def added(held: NDArray[Any], at: slice | Rows, value: NDArray[Any] | int) -> None:
    """Add to these rows of `held`, each of which occurs once."""
    if isinstance(at, slice):
        held[at] += value
    else:
        held[at] = np.take(held, at, axis=0) + value
