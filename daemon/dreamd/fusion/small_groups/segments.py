"""Rows of many tables in one array: each table is a segment, in the order given, without gaps.

A column of all tables is one `gather`; the sum over each table's rows is one `sums`. No segment is empty.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.frame_table import Mask
from dreamd.fusion.geometric_median import Doubles

_T = TypeVar("_T", bound=np.generic)


class Segments:
    """The segments of K tables.

    many: int64[K], rows of each; begins: int64[K], its first row. of: int64[N], the segment of each row; at:
    int64[N], the row's place in its table.
    """

    def __init__(self, many: Sequence[int]) -> None:
        """many: rows of each table, 1 at least."""
        self.many = np.asarray(many, dtype=np.int64)
        ends = np.cumsum(self.many)
        self.begins = ends - self.many
        self.of = np.repeat(np.arange(len(self.many)), self.many)
        self.at = np.arange(int(ends[-1])) - self.begins[self.of]
        self._slices = [
            slice(begin, end) for begin, end in zip(self.begins.tolist(), ends.tolist(), strict=True)
        ]
        self._used = self.many.tolist()

    def gather(self, columns: Sequence[NDArray[_T]]) -> NDArray[_T]:
        """Return the used rows of this column of each table, [N, ...]."""
        return np.concatenate([one[:used] for one, used in zip(columns, self._used, strict=True)])

    def scatter(self, values: NDArray[Any], columns: Sequence[NDArray[Any]]) -> None:
        """Write each segment's rows back into its table."""
        for column, used, rows in zip(columns, self._used, self._slices, strict=True):
            column[:used] = values[rows]

    def sums(self, values: NDArray[Any]) -> Doubles:
        """Return the sum of each segment, float64[K, ...]."""
        return np.asarray(np.add.reduceat(values, self.begins, axis=0, dtype=np.float64))

    def counts(self, mask: Mask) -> NDArray[np.int64]:
        """Return how many rows of each segment the mask has, int64[K]."""
        return np.asarray(np.add.reduceat(mask, self.begins, dtype=np.int64))

    def any(self, mask: Mask) -> Mask:
        """Return whether a segment has a row in the mask, bool[K]."""
        return np.asarray(np.logical_or.reduceat(mask, self.begins))

    def spread(self, values: NDArray[_T], slots: int, otherwise: Any) -> NDArray[_T]:  # noqa: ANN401 -- of any dtype
        """Return the rows in tables of this many slots, [K, slots]; `otherwise` where there is no row."""
        tables = np.full((len(self.many), slots), otherwise, dtype=values.dtype)
        tables[self.of, self.at] = values
        return tables
