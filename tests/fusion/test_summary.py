"""Sums that merge: any split of the sleepers gives the same collective."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.fusion.summary import BINS, Summary, empty, median_of, merge, merge_all, summarise

D, B = 12, 5


def crowd(seed: int, n: int) -> tuple[np.ndarray, ...]:
    """Return rows, phasors (some omitted) and residuals of n sleepers."""
    rng = np.random.default_rng(seed)
    rows = np.clip(2 * rng.standard_normal((n, D)), -6, 6).astype(np.float32)
    phasors = np.exp(2j * np.pi * rng.random((n, B))).astype(np.complex64) * 3
    phasors[rng.random((n, B)) < 0.2] = np.nan
    residuals = (10 ** rng.uniform(-3, 4, n)).astype(np.float32)
    return rows, phasors, residuals


def of(rows: np.ndarray, phasors: np.ndarray, residuals: np.ndarray) -> Summary:
    """Summarise at one fixed centre."""
    there = np.isfinite(phasors)
    units = np.where(there, phasors, 0) / np.where(there, np.abs(phasors), 1)
    phases = units.sum(axis=0, dtype=np.complex128), there.sum(axis=0).astype(np.float64)
    return summarise(rows, np.full(D, 0.25, dtype=np.float32), phases, residuals)


def same(a: Summary, b: Summary) -> bool:
    """Whether two summaries agree to 1e-5, their counts exactly."""
    counts = a.n == b.n and np.array_equal(a.phase_n, b.phase_n) and np.array_equal(a.histogram, b.histogram)
    sums = [(a.s, b.s), (a.x, b.x), (a.phases, b.phases)]
    sums += [
        (np.array(p), np.array(q))
        for p, q in ((a.w, b.w), (a.squares, b.squares), (a.distances, b.distances))
    ]
    return counts and all(np.allclose(p, q, rtol=1e-5, atol=1e-5) for p, q in sums)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 80), st.data())
def test_any_split_gives_the_same_collective(seed: int, n: int, data: st.DataObject) -> None:
    """Sleepers dealt to cohorts at random, some of them empty, merge to the summary of all, in any order."""
    rows, phasors, residuals = crowd(seed, n)
    deal = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), dtype=int)
    parts = [of(rows[deal == k], phasors[deal == k], residuals[deal == k]) for k in range(5)]
    whole = of(rows, phasors, residuals)
    assert same(merge_all(parts, D, B), whole)
    assert same(merge_all(parts[::-1], D, B), whole)


def test_merging_is_associative_with_the_empty_summary_as_unit() -> None:
    """(a + b) + c is a + (b + c), and merging an empty summary changes nothing."""
    a, b, c = (of(*crowd(seed, 20)) for seed in (1, 2, 3))
    assert same(merge(merge(a, b), c), merge(a, merge(b, c)))
    assert same(merge(a, empty(D, B)), a)
    assert same(of(*crowd(5, 0)), empty(D, B))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 300))
def test_the_histograms_median_is_within_a_bin(seed: int, n: int) -> None:
    """The lower median read from fixed edges is within a twelfth of an octave of the true one."""
    residuals = (10 ** np.random.default_rng(seed).uniform(-1.5, 3, n)).astype(np.float32)
    true = float(np.sort(residuals)[(n + 1) // 2 - 1])
    found = median_of(of(*crowd(0, 0)[:2], residuals).histogram)
    assert abs(np.log2(found / true)) <= 1 / 12


def test_residuals_off_the_edges_are_counted_at_the_ends() -> None:
    """Zero, tiny, huge, infinite and NaN residuals are all counted, the last three at the far end."""
    residuals = np.array([0.0, 1e-9, 1e9, np.inf, np.nan], dtype=np.float32)
    histogram = of(*crowd(0, 0)[:2], residuals).histogram
    assert (histogram[0], histogram[-1], histogram.sum(), len(histogram)) == (2, 3, 5, BINS)


def test_without_residuals_there_is_no_median() -> None:
    """Without residuals the median is NaN."""
    assert np.isnan(median_of(empty(D, B).histogram))
