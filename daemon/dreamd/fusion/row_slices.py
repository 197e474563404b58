"""Rows that follow one another without a gap are a slice: reading and adding to it costs a tenth of a gather.

Whoever is heard of a full Dreamscape is mostly such a run; with one row missing the same is done by index.
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
    """Return these rows of `held`: a view of a slice, a copy of others."""
    return held[at] if isinstance(at, slice) else np.take(held, at, axis=0)


def spread(values: NDArray[_T], rows: Rows, used: int) -> tuple[NDArray[_T], Rows]:
    """Put k values, [k, D], where their rows stand among `used`: [used, D], and the rows that have none.

    What stands in a row without a value is not told: the caller fills it. A gather that reads some rows in
    vain costs half of what writing the others one by one does.
    """
    if len(rows) == used:
        return values, rows[:0]
    if len(rows) == 0:
        return np.zeros((used, *values.shape[1:]), dtype=values.dtype), np.arange(used)
    at = np.full(used, -1, dtype=np.int64)
    at[rows] = np.arange(len(rows))
    return np.take(values, at, axis=0), np.flatnonzero(at < 0)


def added(held: NDArray[Any], at: slice | Rows, value: NDArray[Any] | int) -> None:
    """Add to these rows of `held`, each of which stands there once."""
    if isinstance(at, slice):
        held[at] += value
    else:
        held[at] = np.take(held, at, axis=0) + value
