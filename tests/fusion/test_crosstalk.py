"""Two pods with one brain: found among many, by a bounded search, without false positives."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.fusion.crosstalk import (
    NEIGHBOURS,
    PAIRS_MOST,
    WINDOW_HOPS,
    Courses,
    Crosstalk,
    Pair,
    candidates,
    pair_ppc,
    time_correlation,
)
from fusion.people import Doubles, Floats

D = 12
BANDS = 5


def courses(n: int, hops: int, seed: int) -> Floats:
    """Independent courses: own levels, and power as smooth as a 2 s window, float32[hops, n, D]."""
    rng = np.random.default_rng(seed)
    white = rng.normal(0.0, 0.9 * math.sqrt(8), (hops + 8, n, D))
    total = np.cumsum(white, axis=0)
    return (rng.normal(0.0, 1.0, (n, D)) + (total[8:] - total[:-8]) / 8).astype(np.float32)


def agreeing(*pairs: tuple[int, int]) -> "object":
    """Phases of these pairs agree in three bands, those of all others in none."""

    def agreement(a: np.ndarray, b: np.ndarray) -> Doubles:
        told = np.zeros((len(a), BANDS))
        for k, pair in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
            if tuple(sorted(pair)) in pairs:
                told[k, :3] = 0.95
        return told

    return agreement


def watched(course: Floats, agreement: object, seconds: float) -> tuple[list[Pair], float]:
    """Run; returns the pairs found first, and after how many seconds."""
    crosstalk = Crosstalk(D)
    rows = np.arange(course.shape[1])
    crosstalk.courses.reserve(len(rows))
    age = np.zeros(len(rows), dtype=np.int64)
    for hop in range(round(4 * seconds)):
        crosstalk.observe(rows, course[hop % len(course)], age, hop)
        crosstalk.digest(agreement)  # type: ignore[arg-type]
        found = crosstalk.take_pairs()
        if found:
            return found, hop / 4
    return [], math.inf


@pytest.mark.parametrize("n", [2, 3, 8, 40, 200, 2000])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_copy_is_found_among_any_number(n: int, noise: float) -> None:
    """A copy at another level with a little noise of its own is found among any number of pods."""
    course = courses(n, 120, n)
    rng = np.random.default_rng(1)
    a, b = 0, n // 2 or 1
    course[:, b] = course[:, a] + 0.5 + rng.normal(0.0, noise, (120, D))
    found, after_s = watched(course, agreeing((a, b)), 25.0)
    assert [(pair.a, pair.b) for pair in map(_ordered, found)] == [(a, b)]
    assert found[0].correlation > 0.98
    assert found[0].ppc == pytest.approx(0.95)
    assert after_s <= (15.0 if n <= 200 else 20.0)


def _ordered(pair: Pair) -> Pair:
    a, b = sorted((pair.a, pair.b))
    return Pair(a, b, pair.correlation, pair.ppc)


def test_phases_must_agree_too() -> None:
    """Similar features with different or unknown phases are no crosstalk: a common sound moves power."""
    course = courses(8, 120, 5)
    course[:, 3] = course[:, 4]
    assert watched(course, agreeing(), 20.0)[0] == []
    assert watched(course, lambda a, b: np.full((len(a), BANDS), np.nan), 20.0)[0] == []
    two = lambda a, b: np.tile([0.95, 0.95, 0.5, 0.0, math.nan], (len(a), 1))  # noqa: E731
    assert watched(course, two, 20.0)[0] == []


def test_strangers_are_never_found() -> None:
    """200 independent sleepers in two minutes, with agreeing phases: no median above .98."""
    course = courses(200, 480, 6)
    everybody = lambda a, b: np.ones((len(a), BANDS))  # noqa: E731
    assert watched(course, everybody, 120.0)[0] == []


def test_of_two_pods_one_may_lag() -> None:
    """A copy with frames always a tick late is found as well."""
    course = courses(4, 120, 7)
    course[:, 3] = course[:, 1]
    crosstalk = Crosstalk(D)
    found: list[Pair] = []
    rows = np.arange(4)
    for hop in range(1, 100):
        x = course[hop].copy()
        x[3] = course[hop - 1, 3]
        crosstalk.observe(rows, x, np.array([0, 0, 0, 1]), hop)
        crosstalk.digest(agreeing((1, 3)))  # type: ignore[arg-type]
        found += crosstalk.take_pairs()
    assert [(pair.a, pair.b) for pair in map(_ordered, found[:1])] == [(1, 3)]
    assert found[0].correlation > 0.99


def test_a_course_with_many_gaps_is_not_judged() -> None:
    """A course with over a quarter of ten seconds missing is not judged; a cleared one is new."""
    held = Courses(D)
    course = courses(3, 40, 8)
    for hop in range(40):
        rows = np.array([0, 1, 2] if hop < 29 else [0, 1])
        held.observe(rows, course[hop, rows], np.zeros(len(rows), dtype=np.int64), hop)
    assert held.judged().tolist() == [0, 1]
    held.clear(1)
    assert held.judged().tolist() == [0]


# -- the arithmetic -----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=120), st.integers(0, 99)
)
def test_the_sums_are_those_of_the_ring(moves: list[tuple[int, int]], seed: int) -> None:
    """With frames late or missing and ticks skipped, sums and projections never drift from the ring."""
    rng = np.random.default_rng(seed)
    held = Courses(D, 4)
    instant = 0
    for mask, step in moves:
        instant += step
        rows = np.flatnonzero([mask & 1, mask & 2, 1])
        x = rng.normal(0.0, 3.0, (len(rows), D)).clip(-6.0, 6.0).astype(np.float32)
        held.observe(rows, x, rng.integers(0, 3, len(rows)), instant)
    ring = held._ring.astype(np.int64)
    assert (held._sum == ring.sum(axis=0)).all()
    assert (held._square == (ring * ring).sum(axis=0)).all()
    assert (held._projected == np.einsum("td,tnd->nd", held._waves, ring)).all()


def test_projections_are_of_the_normalised_course() -> None:
    """A course's level and size do not affect its projection; stillness projects to 0; within -1 and 1."""
    course = courses(3, 40, 9) / 4
    course[:, 1] = 2.0 * course[:, 0] + 1.0
    course[:, 2] = 0.25
    held = Courses(D)
    for hop in range(40):
        held.observe(np.arange(3), course[hop], np.zeros(3, dtype=np.int64), hop)
    points = held.projections(np.arange(3))
    assert points[0] == pytest.approx(points[1], abs=0.01)
    assert (points[2] == 0.0).all()
    assert (np.abs(points) <= 1.0).all()
    assert np.abs(points[0]).max() > 0.2


def test_time_correlation_is_the_median_over_features() -> None:
    """Time correlation is numpy's, by feature, as a median; a still feature agrees with nothing."""
    rng = np.random.default_rng(10)
    a, b = rng.normal(size=(2, 40, 1, 7))
    b[:, :, :4] += 2 * a[:, :, :4]
    slow = sorted(float(np.corrcoef(a[:, 0, k], b[:, 0, k])[0, 1]) for k in range(7))
    assert time_correlation(a, b)[0] == pytest.approx(slow[3], rel=1e-9)
    still = np.zeros((40, 1, 7))
    assert time_correlation(still, still)[0] == 0.0


def test_pair_ppc_closed_forms() -> None:
    """One constant difference: 1. Opposite halves: below 0. Otherwise the mean over pairs of instants."""
    rng = np.random.default_rng(11)
    a = np.exp(2j * np.pi * rng.random((BANDS, 1, 80))).astype(np.complex64)
    assert pair_ppc(a, a * np.exp(0.7j)) == pytest.approx(1.0, abs=1e-5)
    b = np.exp(2j * np.pi * rng.random((BANDS, 1, 80))).astype(np.complex64)
    away = np.angle(a[0, 0] * b[0, 0].conj())
    slow = np.mean([math.cos(away[s] - away[t]) for s in range(80) for t in range(80) if s != t])
    assert pair_ppc(a, b)[0, 0] == pytest.approx(slow, abs=1e-5)
    few = a.copy()
    few[:, :, 39:] = 0.0
    assert np.isnan(pair_ppc(few, a)).all()
    few[:, :, 39:] = np.nan
    assert np.isnan(pair_ppc(few, a)).all()


@pytest.mark.parametrize("n", [0, 1, 2, 9, 1000])
def test_the_search_is_bounded(n: int) -> None:
    """The search compares each with eight others, keeps the nearest 64, and never takes all pairs."""
    a, b = candidates(np.random.default_rng(n).normal(size=(n, 6)) * 1e-3, 1)
    assert len(a) == len(b) <= min(PAIRS_MOST, n * NEIGHBOURS)
    assert (a != b).all()
    crowded, _ = candidates(np.zeros((n, 6)), 1)
    assert len(crowded) <= PAIRS_MOST


def test_memory_is_bounded() -> None:
    """At most 1,200 bytes a sleeper."""
    assert Courses(D, 10_240).nbytes / 10_240 <= 1200
    assert Courses(D)._ring.shape[0] == WINDOW_HOPS
