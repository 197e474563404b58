"""The group in a closed loop: a healthy one is left alone for hours, a sick one found in time."""

import math
import time

import numpy as np
import pytest

from depth import LONG
from dreamd.core.limits import COHORT_SLOTS, CROWD_MIN, HALVED_FOR_S, IDENTITY_HALVE
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.group import CROWD_CAUSES, Halve, Label, Labelled, PersonAct, Restore, Zero
from dreamd.fusion.collective import shared_scale
from dreamd.fusion.group_statistics import GroupStatistics, Heard, homogenising
from dreamd.fusion.identity import Axes, Identity
from dreamwire import blend
from dreamwire.schema import BANDS6X2
from fusion import people
from fusion.loop import START, Loop, strangers
from fusion.people import FOLLOW_PER_S, RELAX_PER_S, Replayed, Sleepers
from fusion.test_crosstalk import watched

HOUR_S = 3600.0 if LONG else 120.0
"""An hour in the long tests, two minutes in the everyday ones."""
D = BANDS6X2.size


@pytest.mark.parametrize("n", [2, 4, 8, 20, 200])
def test_an_hour_of_healthy_people_without_one_halving(n: int) -> None:
    """An hour of healthy sleepers at the shipped ceiling: no halving, no sever."""
    loop = Loop(Sleepers(n, n)).run(HOUR_S)
    assert loop.told == []
    assert loop.persons == []
    assert loop.share == pytest.approx(0.15 if n >= 5 else 0.10)
    if n >= CROWD_MIN:
        axes = loop.crowd.identity.axes
        assert 0.4 < axes.dispersion < 1.0
        assert axes.rank > 0.9
        assert axes.identified >= 0.85


@people.needed
@pytest.mark.parametrize("n", [4, 8, 20])
def test_recorded_people_in_a_loop_are_left_alone(n: int) -> None:
    """Recorded people moved by the feedback at the shipped ceiling: no halving."""
    who = np.random.default_rng(n).choice(20, n, replace=False)
    loop = Loop(Replayed(who)).run(HOUR_S)
    assert loop.told == []
    assert loop.persons == []


@people.needed
def test_people_recorded_apart_are_never_taken_for_one_brain() -> None:
    """Twenty real people, as alike as people at rest are, with phases that would agree: none is found."""
    x = (people.recorded().db - 10.0) / 3.0
    everybody = lambda a, b: np.ones((len(a), len(BANDS6X2.phase_bands)))  # noqa: E731
    assert watched(np.clip(x, -6.0, 6.0), everybody, len(x) / 4)[0] == []


@people.needed
def test_recorded_people_are_identified_from_a_minute_on() -> None:
    """Twenty recorded apart, 60 s means: I_diff and rate as published; no identity loss."""
    db = people.recorded().db
    mu, sigma = shared_scale(np.median(db[:480], axis=0), BANDS6X2)
    windows, rows, found = Identity(D), np.arange(20), []
    for hop, frame in enumerate(db):
        windows.observe(rows, blend.to_shared(frame, mu, sigma), rows, START + hop)
        windows.digest()
        axes = windows.axes
        if hop >= 480 and not math.isnan(axes.identified):  # the first window is over
            found.append((axes.i_diff, axes.identified, np.nanmin(windows.likeness)))
            assert 0.5 < axes.dispersion < 2.0
            assert axes.rank >= 0.91
    i_diff, rate, _ = np.mean(found, axis=0)
    print(
        f"I_diff {i_diff:.2f}, identified {rate:.0%}, of {np.isfinite(windows.likeness).sum()} one likeness"
    )
    assert i_diff > 0.85
    assert rate >= 0.85
    assert min(likeness for _, _, likeness in found) > IDENTITY_HALVE


@pytest.mark.parametrize("n", [2, 4, 8, 20] if LONG else [2, 20])
def test_the_feedback_law(n: int) -> None:
    """Relaxing at r, following at k, n sleepers keep (r / (r + k a n/(n-1)))^2 of their dispersion."""
    a, kept = 0.15, []
    for seed in range(12):
        loop = Loop(Sleepers(n, seed), ceiling=a, judged=False)
        loop.run(150.0)
        levels = []
        for _ in range(400):
            loop.tick()
            levels.append(loop.people.level)
        kept.append((_spread(np.mean(levels, axis=0)), _spread(loop.people.profile)))
    now, then = np.sum(kept, axis=0)
    law = (RELAX_PER_S / (RELAX_PER_S + FOLLOW_PER_S * a * n / (n - 1))) ** 2
    assert now / then == pytest.approx(law, rel=0.10)


def _spread(rows: np.ndarray) -> float:
    return float(((rows - rows.mean(axis=0)) ** 2).sum())


@pytest.mark.parametrize("n", [8, 20, 200])
def test_gain_ten_in_a_fifth_is_zero_within_twenty_seconds(n: int) -> None:
    """Implants with ten times the amplitude: halved, not fallen, all at zero; classified as loop-driven."""
    loop = Loop(Sleepers(n, 3)).run(150.0)
    onset_s = loop.now_s
    loop.people.gain[: max(round(n / 5), 1)] = 10.0
    loop.run(60.0)
    (halved_s,), (zero_s,) = loop.done(Halve), loop.done(Zero)
    assert zero_s - onset_s <= 20.0
    assert zero_s - halved_s == HALVED_FOR_S
    causes = [(type(act), act.cause) for _, act in loop.told]
    assert causes == [(Halve, Cause.GAIN), (Zero, Cause.GAIN), (Labelled, Cause.GAIN)]
    assert loop.told[-1][1].label is Label.LOOP


def test_a_sound_that_moves_all_is_common_drive() -> None:
    """A sound that moves all, coupled or not: severed, and afterwards classified as common drive."""
    loop = Loop(Sleepers(20, 4)).run(150.0)
    loop.people.profile += 6.0
    loop.run(90.0)
    assert [type(act) for _, act in loop.told] == [Halve, Zero, Labelled]
    assert loop.told[-1][1].label is Label.COMMON


def test_a_moment_that_passes_costs_half_a_coupling_for_a_while() -> None:
    """All move for a few seconds and back: halved, fallen, and whole again after a minute of calm."""
    loop = Loop(Sleepers(20, 5)).run(150.0)
    loop.people.profile += 12.0
    loop.run(5.0)
    loop.people.profile -= 12.0
    loop.people.level -= 5.0
    loop.run(150.0)
    assert [type(act) for _, act in loop.told] == [Halve, Restore]
    assert loop.live


def test_a_homogenising_group_is_severed() -> None:
    """All become nine tenths the average, whatever the coupling: halved, then all to zero."""
    loop = Loop(Sleepers(20, 6)).run(150.0)
    centre = loop.people.profile.mean(axis=0)
    loop.people.profile = centre + 0.1 * (loop.people.profile - centre)
    loop.run(120.0)
    assert [(type(act), act.cause) for _, act in loop.told[:2]] == [
        (Halve, Cause.HOMOGENISED),
        (Zero, Cause.HOMOGENISED),
    ]


def test_identity_loss_in_a_loop_severs_that_sleeper_alone() -> None:
    """One of twenty takes on another's profile: halved, then severed; the others dream on whole."""
    loop = Loop(Sleepers(20, 7)).run(150.0)
    profile, centre = loop.people.profile, loop.people.profile.mean(axis=0)
    one = int(((profile - centre) ** 2).sum(axis=1).argmax())
    profile[one] = 2 * centre - profile[one]
    loop.run(200.0)
    assert [(row, act) for _, row, act in loop.persons][-1] == (one, PersonAct.SEVER)
    assert {row for _, row, _ in loop.persons} == {one}
    assert loop.told == []


@pytest.mark.parametrize("included", [0, 1, 2])
def test_none_one_and_two_are_nothing_to_judge(included: int) -> None:
    """With none, one or two included nothing is over a limit, and unmeasured values are not calm."""
    crowd = GroupStatistics(BANDS6X2)
    rng = np.random.default_rng(1)
    rows = np.arange(3)
    mask = rows < included
    for hop in range(400):
        x = rng.normal(size=(3, D)).astype(np.float32)
        crowd.observe(Heard(rows, x, x, mask, np.zeros(3, np.int64), x[0], hop))
        crowd.digest(strangers)
    assert not any(sign.over or sign.severe for sign in crowd.signs())
    if included == 0:
        assert not any(sign.calm for sign in crowd.signs())


def test_ticks_without_frames_raise_no_error() -> None:
    """Ticks without any frame, from the first on and after a pause, raise no error."""
    crowd = GroupStatistics(BANDS6X2)
    none = np.zeros((0, D), np.float32)
    empty = np.zeros(0, np.int64)
    for hop in (0, 1, 2, 3, 500, 501, 502, 503):
        crowd.observe(Heard(empty, none, none, empty > 0, empty, np.zeros(D, np.float32), hop))
        crowd.digest(strangers)
    assert crowd.doubted() == []
    assert crowd.evidence(Cause.GAIN) == {}


@pytest.mark.parametrize(
    ("dispersion", "rank", "over", "severe", "calm"),
    [
        (1.0, 1.0, False, False, True),
        (0.4, 0.98, False, False, True),
        (0.21, 0.99, False, False, False),
        (0.19, 0.99, True, False, False),
        (0.09, 0.99, True, True, False),
        (1.0, 0.86, False, False, False),
        (1.0, 0.84, True, False, False),
        (1.0, 0.69, True, True, False),
        (math.nan, 0.95, False, False, False),
        (math.nan, math.nan, False, False, False),
        (math.nan, 0.6, True, True, False),
    ],
)
def test_the_lines_of_homogenising(
    dispersion: float, rank: float, over: bool, severe: bool, calm: bool
) -> None:
    """The worse axis decides; an unknown one is not calm."""
    sign = homogenising(Axes(dispersion, rank))
    assert (sign.over, sign.severe, sign.calm) == (over, severe, calm)


def test_the_last_minute_is_reported() -> None:
    """The evidence of a cause has its values now and each of the last sixty seconds, oldest first."""
    loop = Loop(Sleepers(8, 9)).run(200.0)
    told = loop.crowd.evidence(Cause.GAIN)
    assert told["energy"] == loop.crowd.runaway.energy.mean
    assert {f"energy_t-{k}" for k in range(60)} <= set(told)
    assert all(map(math.isfinite, told.values()))
    assert set(loop.crowd.evidence(Cause.SYNCHRONY)) == set()
    assert len(CROWD_CAUSES) == 3


def test_a_reused_row_is_empty() -> None:
    """A reused row has no first minute, no other scale and no course."""
    loop = Loop(Sleepers(8, 10)).run(150.0)
    loop.crowd.clear(2)
    assert all(map(math.isnan, loop.crowd.likeness(2)))
    assert loop.crowd.runaway.scales.sums(np.array([2]), np.zeros((1, D), np.float32)).n == 0
    assert all(map(math.isnan, loop.crowd.likeness(10**6)))


def _cost_ms(n: int, ticks: int) -> float:
    """Mean processor time of one tick of the group's statistics."""
    rng = np.random.default_rng(n)
    crowd = GroupStatistics(BANDS6X2)
    crowd.reserve(-(-n // COHORT_SLOTS) * COHORT_SLOTS)
    rows, age = np.arange(n), np.zeros(n, np.int64)
    for row in range(n):
        crowd.runaway.scales.learn(row, np.zeros(D), np.ones(D))
    x = rng.normal(size=(8, n, D)).astype(np.float32)
    spent = 0.0
    for hop in range(ticks + 250):
        heard = Heard(rows, x[hop % 8], x[hop % 8], rows >= 0, age, x[0, 0], hop)
        begun = time.process_time()
        crowd.observe(heard)
        crowd.signs()
        crowd.digest(strangers)
        spent += (time.process_time() - begun) * (hop >= 250)
    return spent / ticks * 1000


def test_it_is_cheap_and_grows_with_the_crowd_alone() -> None:
    """Ten times the sleepers cost at most thirteen times as much, at most 2.6 kB each."""
    few, many = _cost_ms(1000, 80), _cost_ms(10_000, 80)
    print(f"{_cost_ms(8, 400):.3f} ms at 8, {few:.2f} ms at 1,000, {many:.2f} ms at 10,000")
    assert many <= 13 * few + 1.0
    crowd = GroupStatistics(BANDS6X2)
    crowd.reserve(10_240)
    assert crowd.nbytes / 10_240 <= 2600
