"""The three indicators of a runaway: closed forms, their limits, and healthy sleepers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.core.limits import ENERGY_MEDIANS, ENERGY_MIN
from dreamd.fusion.runaway import (
    LAG_HOPS,
    MEAN_HOPS,
    MINUTE_HOPS,
    OWN_Z_LIMIT,
    WINDOW_HOPS,
    Centres,
    Energy,
    OwnScales,
    OwnSums,
    Runaway,
    Streak,
    energy_of,
    lag_correlation,
    merge,
    own_sums,
)

D = 12


def test_energy_is_the_length_of_the_mean_own_z() -> None:
    """All two scales up in every feature: E is 2; half up and half down: 0; none: unknown."""
    template, scale = np.full(D, 10.0, np.float32), np.full(D, 1.5, np.float32)
    scales = OwnScales(D)
    for row in range(4):
        scales.learn(row, template, scale)
    rows = np.arange(4)
    up = np.full((4, D), 13.0, dtype=np.float32)
    assert energy_of(scales.sums(rows, up)) == pytest.approx(2.0)
    up[2:] = 7.0
    assert energy_of(scales.sums(rows, up)) == pytest.approx(0.0)
    assert math.isnan(energy_of(scales.sums(rows[:0], up[:0])))


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 99))
def test_own_z_of_any_split_and_of_the_slow_reference(n: int, cut: int, seed: int) -> None:
    """E of two machines' sums is E of all, and equals a one-by-one reference, to a millionth."""
    rng = np.random.default_rng(seed)
    db, template = rng.normal(10.0, 3.0, (2, n, D)).astype(np.float32)
    scale = rng.uniform(1.5, 3.0, (n, D)).astype(np.float32)
    per = (1.0 / scale).astype(np.float32)
    whole = energy_of(own_sums(db, template, per))
    cut = min(cut, n)
    parts = (own_sums(db[:cut], template[:cut], per[:cut]), own_sums(db[cut:], template[cut:], per[cut:]))
    assert energy_of(merge(*parts)) == pytest.approx(whole, rel=1e-9)
    mean = [
        sum((float(db[i, k]) - float(template[i, k])) / float(scale[i, k]) for i in range(n)) / n
        for k in range(D)
    ]
    assert whole == pytest.approx(math.sqrt(sum(z * z for z in mean) / D), rel=1e-5)


def test_a_pod_without_a_calibration_takes_no_part() -> None:
    """A template of another shape, not finite, of scale zero or cleared takes no part."""
    fine = np.ones(D, dtype=np.float32)
    scales = OwnScales(D)
    scales.learn(0, fine, fine)
    scales.learn(1, fine[:3], fine[:3])
    scales.learn(2, fine * np.nan, fine)
    scales.learn(3, fine, fine * 0.0)
    scales.learn(4, fine, fine)
    scales.clear(4)
    found = scales.sums(np.arange(6), np.full((6, D), 3.0, np.float32))
    assert found.n == 1
    assert found.z == pytest.approx(2.0)


def test_one_liar_of_eight_does_not_halve_the_crowd() -> None:
    """A sleeper with +200 dB counts as 16 own z for the three frames before the exclusion."""
    energy = Energy()
    for _ in range(400):
        energy.push(0.35)
    for _ in range(3):
        energy.push(OWN_Z_LIMIT / 8 + 0.35)
        assert not energy.above
    wild = own_sums(np.full((1, D), 200.0, np.float32), np.zeros((1, D)), np.ones((1, D)))
    assert energy_of(wild) == OWN_Z_LIMIT


def pushed(energy: Energy, value: float, seconds: float) -> Energy:
    """The same E for this long."""
    for _ in range(round(4 * seconds)):
        energy.push(value)
    return energy


def test_the_limit_is_the_larger_of_a_number_and_three_medians() -> None:
    """The limit is 1.2 if quiet, 1.8 at a median of .6, and unknown before ten seconds."""
    assert math.isnan(pushed(Energy(), 0.3, 10.0).limit)
    assert not pushed(Energy(), 9.0, 10.0).above
    assert pushed(Energy(), 0.3, 20.0).limit == ENERGY_MIN
    assert pushed(Energy(), 0.6, 20.0).limit == pytest.approx(ENERGY_MEDIANS * 0.6)


def test_it_is_above_when_its_four_seconds_are() -> None:
    """A mean of 4 s above the limit is a runaway; a second at twice the limit is not."""
    energy = pushed(pushed(Energy(), 0.3, 60.0), 2.4, 1.0)
    assert not energy.above
    pushed(energy, 2.4, 3.0)
    assert energy.above
    assert energy.mean == pytest.approx(2.4)
    pushed(energy, 0.3, 4.0)
    assert not energy.above


def test_the_median_waits_while_it_is_above() -> None:
    """Ten minutes above the limit do not enter the median."""
    energy = pushed(pushed(Energy(), 0.3, 60.0), 3.0, 600.0)
    assert energy.above
    assert energy.limit == ENERGY_MIN


def test_a_crowd_that_falls_asleep_takes_its_median_along() -> None:
    """E that climbs from .3 to 1.6 in twenty minutes is never above the limit."""
    energy = Energy()
    above = False
    for k in range(4 * 1200):
        energy.push(0.3 + 1.3 * k / 4800)
        above |= energy.above
    assert not above


def test_without_included_sleepers_there_is_no_energy() -> None:
    """An unknown E is not above; four seconds must be known again first."""
    energy = pushed(pushed(Energy(), 0.3, 60.0), 5.0, 4.0)
    energy.push(math.nan)
    assert math.isnan(energy.mean)
    assert not energy.above
    for _ in range(MEAN_HOPS - 1):
        energy.push(5.0)
    assert not energy.above
    energy.push(5.0)
    assert energy.above


def test_rising_is_quarter_by_quarter_to_half_as_high_again() -> None:
    """A growth of 1.6 % a second rises; one that pauses, is slight, or far from the limit, does not."""

    def minute(course: list[float]) -> bool:
        energy = Energy()
        for value in course:
            pushed(energy, value, 1.0)
        return energy.rising

    assert minute([0.3 * math.exp(0.016 * k) for k in range(70)])
    assert not minute([0.3 + 0.001 * k for k in range(70)])
    assert not minute([0.3 if 20 < k < 50 else 0.3 + 0.01 * k for k in range(70)])
    assert not minute([0.3 * math.exp(0.016 * k) for k in range(50)])
    assert not minute([0.1 * math.exp(0.016 * k) for k in range(70)])


def test_lag_correlation_closed_forms() -> None:
    """A wave with the lag as period correlates, with twice the lag anticorrelates; stillness is unknown."""
    t = np.arange(MINUTE_HOPS + LAG_HOPS)[:, None] * np.ones((1, D))
    assert lag_correlation(np.sin(2 * np.pi * t / LAG_HOPS)) == pytest.approx(1.0)
    assert lag_correlation(np.sin(np.pi * t / LAG_HOPS)) == pytest.approx(-1.0, abs=0.01)
    assert math.isnan(lag_correlation(np.ones((256, D))))


def test_lag_correlation_is_that_of_the_slow_reference() -> None:
    """The lag correlation is the reference's: pooled over features, each end about its own mean."""
    rng = np.random.default_rng(1)
    course = np.cumsum(rng.normal(size=(256, D)), axis=0)
    top = left = right = 0.0
    for k in range(D):
        early, late = course[:-16, k], course[16:, k]
        a = [float(value - early.mean()) for value in early]
        b = [float(value - late.mean()) for value in late]
        top += sum(p * q for p, q in zip(a, b, strict=True))
        left, right = left + sum(p * p for p in a), right + sum(q * q for q in b)
    assert lag_correlation(course) == pytest.approx(top / math.sqrt(left * right), rel=1e-6)


def test_a_minute_of_centres_must_follow_one_another() -> None:
    """Nothing is known before the minute is full; a skipped tick restarts it."""
    centres, rng = Centres(D), np.random.default_rng(2)

    def push(first: int, last: int) -> float:
        for instant in range(first, last):
            centres.push(rng.normal(size=D).astype(np.float32), instant)
            centres.correlate_minute()
        return centres.correlation

    assert math.isnan(push(0, 256))
    assert abs(push(256, 260)) < 0.2
    assert math.isnan(push(265, 400))
    assert abs(push(400, 600)) < 0.2


def test_a_loop_is_found_by_its_lag_before_its_energy() -> None:
    """A slowly growing loop is found by its lag before its energy is high; a steady one is not."""
    grown = Runaway(D, 5)
    for row in range(8):
        grown.scales.learn(row, np.zeros(D), np.ones(D))
    rows, rng = np.arange(8), np.random.default_rng(3)
    axis = rng.normal(size=D) / math.sqrt(D)
    for k in range(4 * 90):
        away = 0.6 * math.exp(0.02 * k / 4) * axis
        db = (away + rng.normal(0.0, 0.1, (8, D))).astype(np.float32)
        grown.observe(rows, db, db.mean(axis=0), k)
        grown.digest()
    assert not grown.energy.above
    assert grown.driven
    for k in range(360, 720):
        db = (away + rng.normal(0.0, 0.1, (8, D))).astype(np.float32)
        grown.observe(rows, db, db.mean(axis=0), k)
        grown.digest()
    assert not grown.driven


def test_a_streak_is_three_windows_that_do_not_overlap() -> None:
    """Every ten seconds one z counts; three in a row above 4 in one band are a lock."""
    streak = Streak(2)
    for instant in range(2 * WINDOW_HOPS):
        streak.push_z([5.0, math.nan], instant)
        assert not streak.locked
    streak.push_z([5.0, math.nan], 2 * WINDOW_HOPS)
    assert streak.locked
    assert streak.value == 5.0


@pytest.mark.parametrize(
    "course",
    [
        [(5.0, 1.0), (5.0, 1.0), (4.0, 1.0), (5.0, 1.0), (5.0, 1.0)],
        [(5.0, 1.0), (1.0, 5.0), (5.0, 1.0), (1.0, 5.0), (5.0, 1.0)],
        [(5.0, 1.0), (5.0, 1.0), (math.nan, 1.0), (5.0, 1.0), (5.0, 1.0)],
    ],
)
def test_a_streak_is_of_one_band_and_unbroken(course: list[tuple[float, float]]) -> None:
    """Four is not above four; alternating bands, or an unknown window, break the streak."""
    streak = Streak(2)
    for window, z in enumerate(course):
        streak.push_z(z, window * WINDOW_HOPS)
        assert not streak.locked


def test_the_value_is_of_the_band_that_locked() -> None:
    """The value that must fall is that of the locked band, though another is higher for a moment."""
    streak = Streak(2)
    for window in range(3):
        streak.push_z([1.0, 6.0], window * WINDOW_HOPS)
    streak.push_z([9.0, 2.0], 3 * WINDOW_HOPS - 1)
    assert streak.value == 2.0
    streak.push_z([9.0, 2.0], 3 * WINDOW_HOPS)
    assert not streak.locked


def test_empty_sums_merge_without_effect() -> None:
    """Merging empty sums changes nothing."""
    some = OwnSums(3, np.ones(D))
    assert energy_of(merge(some, OwnSums(0, np.zeros(D)))) == energy_of(some)
