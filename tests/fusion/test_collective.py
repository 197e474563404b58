"""The collective of a tick, against a slow reference that shares no code with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.fusion.collective import Fused, Fusion, shared_scale
from dreamwire import blend
from fusion import reference
from fusion.frames import BANDS, INSTANT, SCHEMA, at, everyone, filled, refill
from fusion.reference import Sleeper

MU, SIGMA = SCHEMA.shipped_mu(), SCHEMA.shipped_sigma()
D = SCHEMA.size


def crowd(seed: int, n: int, spread: float = 1.0) -> np.ndarray:
    """Return states float32[n, D]."""
    return (spread * np.random.default_rng(seed).standard_normal((n, D))).astype(np.float32)


def fresh() -> Fusion:
    """Return a fusion on the shipped scale."""
    return Fusion(SCHEMA, MU, SIGMA)


def fused(states: np.ndarray, slots: int = 256) -> Fused:
    """Return the first tick of these sleepers."""
    cohorts = filled(states, slots=slots)
    return fresh().tick(cohorts, everyone(cohorts), INSTANT)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 40), st.integers(1, 9))
def test_ticks_equal_the_slow_reference(seed: int, n: int, slots: int) -> None:
    """Over three ticks of mixed sleepers r, m, S, W and the dispersion are the reference's to 1e-5."""
    rng = np.random.default_rng(seed)
    cohorts, fusion = filled(crowd(seed, n), slots=slots), fresh()
    r, members, good = None, None, [False] * n
    for tick in range(3):
        states = crowd(seed + tick, n, spread=float(rng.uniform(0.5, 4.0)))
        ages, quality, allowed = rng.integers(-1, 4, n), rng.uniform(0.3, 0.9, n), rng.random(n) < 0.8
        now = INSTANT + 10 * (tick + 1)
        sleepers = []
        for k in range(n):
            columns = cohorts[k // slots]
            frame = replace(at(states[k], now - int(ages[k]), 2000 + tick), quality=float(quality[k]))
            columns.write(k % slots, frame, now)
            raw = ((frame.features.astype(float) - MU) / SIGMA).tolist()
            sleepers.append(Sleeper(raw, int(ages[k]), float(quality[k]), good[k], bool(allowed[k])))
        good = [s.quality >= 0.5 or (s.was_good and s.quality >= 0.4) for s in sleepers]
        masks = [np.zeros(slots, dtype=np.bool_) for _ in cohorts]
        for k in range(n):
            masks[k // slots][k % slots] = allowed[k]
        got = fusion.tick(cohorts, masks, now)
        inside = [k for k, s in enumerate(sleepers) if s.eligible]
        x = [sleepers[k].x for k in inside]
        assert np.flatnonzero(np.concatenate(got.included)).tolist() == inside
        if not x:
            assert (got.n, got.w, got.dispersion) == (0, 0.0, 0.0)
            members = inside
            continue
        r = reference.mean(x) if r is None else r
        r = r if inside == members else reference.settled(x, r)
        members = inside
        s, w = reference.sums(x, r)
        assert np.allclose(got.r, r, rtol=1e-5, atol=1e-4)
        assert np.allclose(got.s, s, rtol=1e-4, atol=1e-4)
        assert got.w == pytest.approx(w, rel=1e-5)
        assert got.dispersion == pytest.approx(
            reference.dispersion(x, [v / w for v in s]), rel=1e-4, abs=1e-5
        )
        assert got.mean_distance == pytest.approx(np.mean([reference.distance(v, r) for v in x]), rel=1e-4)
        r = [v / w for v in s]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.integers(3, 60), st.integers(1, 16))
def test_how_sleepers_are_split_over_cohorts_does_not_show(seed: int, n: int, slots: int) -> None:
    """The same sleepers in one cohort or in many give the same collective to 1e-5."""
    states = crowd(seed, n, spread=2.0)
    one, many = fused(states), fused(states, slots=slots)
    for a, b in ((one.r, many.r), (one.m, many.m), (one.s, many.s)):
        assert np.allclose(a, b, rtol=1e-5, atol=1e-5)
    assert one.w == pytest.approx(many.w, rel=1e-5)
    assert one.dispersion == pytest.approx(many.dispersion, rel=1e-5)
    assert (one.n, one.median) == (many.n, many.median)


def test_a_pod_takes_itself_out_of_the_sums() -> None:
    """With its own x and weight each pod gets from S and W the weighted mean of all others, to 1e-4."""
    states = crowd(3, 20)
    out = fused(states)
    cohorts = filled(states)
    x = blend.to_shared(cohorts[0].db[:20], MU, SIGMA)
    w = blend.weights(x, out.r)
    for k in range(20):
        others = np.delete(np.arange(20), k)
        expected = (w[others, None] * x[others]).sum(axis=0) / w[others].sum()
        got = blend.leave_one_out(out.s, out.w, x[k], float(w[k]))
        assert got is not None
        assert np.allclose(got, expected, atol=1e-4)


def test_one_far_sleeper_cannot_move_the_centre_far() -> None:
    """One of 21 at the clip's edge moves the centre less than half as far as it would move the mean."""
    states = crowd(5, 21)
    moved = states.copy()
    moved[0] = 100.0
    shift = np.linalg.norm(fused(moved).m - fused(states).m)
    mean_shift = np.linalg.norm(np.clip(moved, -6, 6).mean(axis=0) - states.mean(axis=0))
    assert shift < 0.5 * mean_shift


class Night:
    """A fusion driven tick by tick; states are given anew each tick."""

    def __init__(self, n: int) -> None:
        self.n, self.k = n, 0
        self.cohorts = filled(crowd(0, n))
        self.fusion = fresh()

    def tick(self, far: dict[int, float], *, sending: bool = True) -> Fused:
        """One tick; `far` moves sleepers away in every feature; silent ones do not send."""
        self.k += 1
        states = crowd(self.k, self.n)
        for k, value in far.items():
            states[k] += value
        if sending:
            refill(self.cohorts, states, INSTANT + self.k, 1000 + self.k)
        return self.fusion.tick(self.cohorts, everyone(self.cohorts), INSTANT + self.k)


def test_an_outlier_is_excluded_at_its_third_frame_and_back_with_one() -> None:
    """Beyond four medians: in for two frames, out from the third, in again with the first within."""
    night = Night(12)
    night.tick({})
    seen = [bool(night.tick({4: 9.0}).outliers[0][4]) for _ in range(4)]
    assert seen == [False, False, True, True]
    out = night.tick({4: 9.0})
    assert out.outliers[0].sum() == 1
    assert not out.included[0][4]
    assert out.n == 11
    back = night.tick({})
    assert back.included[0][4]
    assert back.n == 12


@pytest.mark.parametrize(("n", "judged"), [(3, False), (4, False), (5, True), (8, True)])
def test_among_fewer_than_five_there_is_no_outlier(n: int, judged: bool) -> None:
    """Of three sleepers a different one is no outlier; of five it is."""
    states = np.zeros((n, D), dtype=np.float32)
    cohorts, fusion = filled(states), fresh()
    for k in range(1, 8):
        states = (0.05 * crowd(k, n)).astype(np.float32)
        states[-1, 0] = 5.0
        refill(cohorts, states, INSTANT + k, 1000 + k)
        out = fusion.tick(cohorts, everyone(cohorts), INSTANT + k)
    assert bool(out.outliers[0].any()) is judged


def test_the_outlier_rule_sees_beyond_the_clip() -> None:
    """The residual is taken before the clip: 50 in one feature is an outlier although x is clipped to 6."""
    states = crowd(1, 12)
    cohorts, fusion = filled(states), fresh()
    for k in range(1, 6):
        states = crowd(k, 12)
        states[4, 0] = 40.0
        refill(cohorts, states, INSTANT + k, 1000 + k)
        out = fusion.tick(cohorts, everyone(cohorts), INSTANT + k)
    assert out.outliers[0][4]
    assert out.residuals[0][4] > 35.0


def test_frames_count_not_ticks() -> None:
    """One far frame used in three ticks counts once."""
    night = Night(12)
    night.tick({})
    night.tick({4: 9.0})
    out = [night.tick({}, sending=False) for _ in range(2)]
    assert not out[-1].outliers[0].any()
    assert out[-1].included[0][4]


def test_excluding_outliers_does_not_tighten_the_rule() -> None:
    """With a third of the sleepers excluded as outliers no other follows over the next minutes."""
    night = Night(30)
    far = dict.fromkeys(range(8), 30.0)
    for _ in range(200):
        out = night.tick(far)
    assert np.flatnonzero(out.outliers[0]).tolist() == list(range(8))
    assert out.n == 22
    everyones = np.sort(out.residuals[0][:30])[14]
    assert abs(np.log2(out.median / everyones)) <= 1 / 12


def test_close_together_there_is_no_outlier() -> None:
    """When all but one are nearly alike, one within the weights' own eps is not excluded."""
    cohorts, fusion = filled(np.zeros((12, D), dtype=np.float32)), fresh()
    for k in range(1, 8):
        states = (0.01 * crowd(k, 12)).astype(np.float32)
        states[4, 0] = 0.9
        refill(cohorts, states, INSTANT + k, 1000 + k)
        out = fusion.tick(cohorts, everyone(cohorts), INSTANT + k)
        assert not out.outliers[0].any()


def test_without_included_sleepers_there_is_no_collective() -> None:
    """Without included sleepers S and W are zero and finite, and the centre stays."""
    cohorts, fusion = filled(crowd(2, 8)), fresh()
    before = fusion.tick(cohorts, everyone(cohorts), INSTANT)
    for _ in range(2):
        out = fusion.tick(cohorts, [np.zeros(256, dtype=np.bool_)], INSTANT)
    assert (out.n, out.w) == (0, 0.0)
    assert not out.s.any()
    assert np.array_equal(out.m, before.m)
    assert np.isnan(out.residuals[0]).all()


def test_before_anyone_is_there_everything_is_a_number() -> None:
    """Without cohorts, or without frames, the centre is the scale's zero."""
    for cohorts in ([], filled(np.zeros((0, D), dtype=np.float32))):
        out = fresh().tick(cohorts, everyone(cohorts), INSTANT)
        assert (out.n, out.w, out.dispersion) == (0, 0.0, 0.0)
        assert np.array_equal(out.m, np.zeros(D, dtype=np.float32))


def test_a_broken_number_never_reaches_the_collective() -> None:
    """A sleeper with NaN in every feature leaves the others' collective unchanged."""
    states = crowd(6, 9)
    cohorts = filled(states)
    bad = replace(at(states[8], INSTANT + 1, 1001), features=np.full(D, np.nan, dtype=np.float32))
    cohorts[0].write(8, bad, INSTANT + 1)
    out, without = fresh().tick(cohorts, everyone(cohorts), INSTANT), fused(states[:8])
    assert out.n == 8
    assert np.array_equal(out.s, without.s)
    assert np.isfinite(out.m).all()


def test_phase_means_are_of_this_instant_alone() -> None:
    """Phases of the tick's own instant are averaged as unit phasors; late and omitted ones are not."""
    cohorts = filled(np.zeros((0, D), dtype=np.float32)) or filled(crowd(0, 1))
    columns = cohorts[0]
    columns.clear_slot(0)
    for slot, (angle, age) in enumerate([(0.0, 0), (np.pi / 2, 0), (np.pi, 1)]):
        phasors = np.full((2, BANDS, 2), np.nan, dtype=np.float32)
        phasors[1, 0] = 5 * np.cos(angle), 5 * np.sin(angle)
        columns.write(slot, at(crowd(slot, 1)[0], INSTANT - age, phasors=phasors), INSTANT)
    out = fresh().tick(cohorts, everyone(cohorts), INSTANT)
    assert out.n == 3
    assert out.phase_means.shape == (BANDS, 2)
    assert out.phase_means[0] == pytest.approx((0.5, 0.5), abs=1e-6)
    assert np.isnan(out.phase_means[1:]).all()


def test_the_shared_scale_is_median_and_mad_with_a_floor() -> None:
    """From eight templates on: median and 1.4826 MAD per feature, never below 1 dB."""
    templates = np.tile(np.arange(9, dtype=np.float32)[:, None], (1, D))
    templates[:, 1] = 5.0
    mu, sigma = shared_scale(templates, SCHEMA)
    assert (mu[0], mu[1]) == (4.0, 5.0)
    assert sigma[0] == pytest.approx(1.4826 * 2)
    assert sigma[1] == 1.0
    assert mu.dtype == sigma.dtype == np.float32


@pytest.mark.parametrize("sound", [0, 1, 7])
def test_fewer_than_eight_templates_use_the_shipped_scale(sound: int) -> None:
    """With fewer than eight sound templates the shipped constants are used; a NaN row is not sound."""
    templates = np.full((10, D), np.nan, dtype=np.float32)
    templates[:sound] = crowd(1, max(sound, 1))[:sound]
    mu, sigma = shared_scale(templates, SCHEMA)
    assert np.array_equal(mu, MU)
    assert np.array_equal(sigma, SIGMA)
