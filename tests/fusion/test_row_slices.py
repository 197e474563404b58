"""Rows read and added to as a slice or by index: the same numbers either way."""

import numpy as np
import pytest

from dreamd.fusion.crosstalk import Courses
from dreamd.fusion.identity import Identity
from dreamd.fusion.row_slices import added, run_of, spread, taken

D = 12
ROWS = ([], [0], [3], [0, 1, 2], [2, 3, 4], [0, 2], [1, 3, 4], [0, 1, 2, 3, 4])


@pytest.mark.parametrize("some", ROWS)
def test_a_run_is_read_and_added_to_as_its_rows_are(some: list[int]) -> None:
    """Reading and adding by a slice equals that by index; only a run without a gap is a slice."""
    rows = np.array(some, dtype=np.int64)
    held, value = np.random.default_rng(1).normal(size=(2, 5, D))
    at = run_of(rows)
    assert isinstance(at, slice) == (len(rows) > 0 and list(rows) == list(range(rows[0], rows[-1] + 1)))
    assert (taken(held, at) == held[rows]).all()
    wanted = held.copy()
    wanted[rows] += value[rows]
    added(held, at, value[rows])
    assert (held == wanted).all()


@pytest.mark.parametrize("some", ROWS)
def test_values_stand_at_their_rows(some: list[int]) -> None:
    """Each value is at its row, and every other row is marked as empty."""
    rows = np.array(some, dtype=np.int64)
    values = np.random.default_rng(2).normal(size=(len(rows), D))
    dense, silent = spread(values, rows, 5)
    assert dense.shape == (5, D)
    assert (dense[rows] == values).all()
    assert silent.tolist() == sorted(set(range(5)) - set(some))


def test_a_missing_row_holds_its_course_and_counts_for_nothing() -> None:
    """A row missing in the middle keeps its last value in its course; its window stays."""
    courses, windows = Courses(D, 4), Identity(D, 4)
    for hop, some in enumerate(([0, 1, 2, 3], [0, 2, 3], [0, 3], [0, 2, 3])):
        rows = np.array(some)
        x = np.tile((10.0 * hop + rows)[:, np.newaxis] / 8.0, D).astype(np.float32)
        courses.observe(rows, x, np.zeros(len(rows), dtype=np.int64), hop)
        windows.observe(rows, x, rows, hop)
    eighths = np.rint(courses.courses(np.arange(4))[:4, :, 0] / 125.0)
    assert eighths.tolist() == [[0, 1, 2, 3], [10, 1, 12, 13], [20, 1, 12, 23], [30, 1, 32, 33]]
    assert (windows._sums[0, :, 0] * 8.0).tolist() == [60.0, 1.0, 46.0, 72.0]
    assert windows._counts[0].tolist() == [4, 1, 3, 4]
