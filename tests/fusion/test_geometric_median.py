"""The geometric median: known values, and its breakdown point."""

import numpy as np
import pytest

from dreamd.fusion import geometric_median
from dreamwire.blend import weights
from fusion import reference

SQUARE = [(0, 0), (0, 1), (1, 0), (1, 1), (10, 10)]
TRIANGLE = [(0, 0), (4, 0), (0, 3)]


def median_of(points: np.ndarray, scale: float = 1000.0, steps: int = 4000) -> np.ndarray:
    """Return the centre of few far points: at this scale the weights' eps of 1 is a thousandth."""
    rows = np.asarray(points, dtype=np.float32) * np.float32(scale)
    start = geometric_median.mean([rows], rows.shape[1])
    r = start
    for _ in range(steps // geometric_median.STEPS_ON_CHANGE):
        r = geometric_median.settle([rows], r)
    return np.asarray(r / scale)


@pytest.mark.parametrize(
    ("points", "expected"),
    [(SQUARE, (0.788675, 0.788675)), (TRIANGLE, (0.695789, 0.751176))],
)
def test_published_values(points: list[tuple[int, int]], expected: tuple[float, float]) -> None:
    """A unit square with a far fifth point, and the 3-4-5 triangle, have their known medians."""
    assert median_of(np.array(points)) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(("liars", "bounded"), [(5, True), (10, True), (11, False)])
def test_ten_liars_of_twenty_one_are_borne_eleven_are_not(liars: int, bounded: bool) -> None:
    """With 10 of 21 far away the centre stays among the honest; with 11 it goes to the outliers."""
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((21, 8))
    rows[:liars] = 1e4
    honest = rows[liars:].mean(axis=0)
    away = np.linalg.norm(median_of(rows, scale=1.0) - honest)
    assert bool(away <= 10.0) is bounded


def test_one_step_a_tick_follows_a_moving_group() -> None:
    """While all drift, one warm-started step a tick stays within .2 of the settled median."""
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((50, 12)).astype(np.float32)
    r = geometric_median.settle([rows], geometric_median.mean([rows], 12))
    worst = 0.0
    for _ in range(200):
        rows = (rows + 0.05 * rng.standard_normal(rows.shape)).astype(np.float32)
        r = geometric_median.sums(rows, r).centre(r)
        exact = reference.settled(rows.tolist(), r.tolist(), most=100)
        worst = max(worst, float(np.linalg.norm(r - np.array(exact))))
    assert worst <= 0.2


def test_sums_are_the_reference_and_the_pods_own_weights() -> None:
    """S and W equal the slow sums to 1e-5, and W is the sum of exactly the pods' weights."""
    rng = np.random.default_rng(2)
    rows = (3 * rng.standard_normal((60, 12))).astype(np.float32)
    r = rng.standard_normal(12).astype(np.float32)
    got = geometric_median.sums(rows, r)
    s, w = reference.sums(rows.tolist(), r.tolist())
    assert np.allclose(got.s, s, rtol=1e-5, atol=1e-5)
    assert got.w == pytest.approx(w, rel=1e-6)
    assert got.w == float(weights(rows, r).astype(np.float64).sum())


def test_without_rows_the_centre_stays() -> None:
    """Without rows the centre stays, and is a number."""
    r = np.arange(12, dtype=np.float32)
    none = np.zeros((0, 12), dtype=np.float32)
    assert np.array_equal(geometric_median.settle([none, none], r), r)
    assert np.array_equal(geometric_median.mean([none], 12), np.zeros(12, dtype=np.float32))
    assert geometric_median.merge([], 12).w == 0.0


def test_identical_sleepers_are_their_own_centre() -> None:
    """If all are alike the median is that state; no weight is infinite."""
    rows = np.full((9, 12), 2.5, dtype=np.float32)
    r = geometric_median.settle([rows], geometric_median.mean([rows], 12))
    assert r == pytest.approx(rows[0])
    assert geometric_median.sums(rows, r).w == 9.0
