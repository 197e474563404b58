"""Parts of a Dreamscape, each in a fusion of its own, against the whole in one."""

import numpy as np
import pytest

from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.reduction import add_up
from dreamd.fusion.summary import Summary
from dreamd.fusion.synchrony import PhaseSums, merge
from fusion.frames import INSTANT, SCHEMA, everyone, filled, refill

MU, SIGMA, D = SCHEMA.shipped_mu(), SCHEMA.shipped_sigma(), SCHEMA.size


def states(seed: int, n: int = 300) -> np.ndarray:
    """Return states float32[n, D], a group with some far away."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, D)) + 0.5
    x[: n // 30] += 30.0
    return x.astype(np.float32)


def in_parts(fusions: list[Fusion], cohorts: list, instant: int) -> list[Fused]:  # type: ignore[type-arg]
    """Return one tick of the parts, one cohort each, as the houses would finish it."""
    parts = [
        fusion.sum_up([cohort], everyone([cohort]), instant)
        for fusion, cohort in zip(fusions, cohorts, strict=True)
    ]
    total = parts[0].total
    for one in parts[1:]:
        united = add_up(total, one.total)
        assert isinstance(united, Summary)
        total = united
    assert len({one.r.tobytes() for one in parts}) == 1
    return [fusion.fuse_whole(one, total) for fusion, one in zip(fusions, parts, strict=True)]


@pytest.mark.parametrize("slots", [100, 150])
def test_parts_equal_the_whole_at_fixed_membership(slots: int) -> None:
    """After the centre has settled, r, m, S, W and all else of parts are those of the whole to 1e-6."""
    whole_cohorts, cohorts = filled(states(0), slots=300), filled(states(0), slots=slots)
    whole = Fusion(SCHEMA, MU, SIGMA)
    fusions = [Fusion(SCHEMA, MU, SIGMA) for _ in cohorts]
    for tick in range(60):
        now = INSTANT + tick
        x = states(0) + np.float32(0.01 * max(tick - 50, 0))
        refill(whole_cohorts, x, now, 1000 + tick)
        refill(cohorts, x, now, 1000 + tick)
        one, parts = whole.tick(whole_cohorts, everyone(whole_cohorts), now), in_parts(fusions, cohorts, now)
    for part in parts:
        np.testing.assert_allclose(part.m, one.m, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(part.r, one.r, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(part.s, one.s, rtol=1e-6, atol=1e-4)
        assert part.w == pytest.approx(one.w, rel=1e-6)
        assert (part.n, part.median) == (one.n, one.median)
        assert part.dispersion == pytest.approx(one.dispersion, rel=1e-6)
    assert one.n == 290
    np.testing.assert_array_equal(np.concatenate([part.outliers[0] for part in parts])[:300], one.outliers[0])


def test_a_part_that_adopts_the_centre_agrees_in_the_next_tick() -> None:
    """A part that was left out takes m and residuals of the others, and has their r one tick later."""
    cohorts = filled(states(3, 200), slots=100)
    fusions = [Fusion(SCHEMA, MU, SIGMA) for _ in cohorts]
    in_parts(fusions, cohorts, INSTANT)
    alone = fusions[0].sum_up(cohorts[:1], everyone(cohorts[:1]), INSTANT + 1)
    fused = fusions[0].fuse_whole(alone, alone.total)
    fusions[1].adopt(fused.m, alone.total.histogram)
    in_parts(fusions, cohorts, INSTANT + 2)


def test_synchrony_of_parts_is_that_of_the_whole() -> None:
    """Phase sums of two parts give the synchrony that one fusion of both reads, to float32."""
    rng = np.random.default_rng(5)
    whole_cohorts, cohorts = filled(states(0, 60), slots=60), filled(states(0, 60), slots=30)
    whole, fusions = Fusion(SCHEMA, MU, SIGMA), [Fusion(SCHEMA, MU, SIGMA) for _ in cohorts]
    for fusion in fusions:
        fusion.chorus.parted = True
    last = INSTANT - INSTANT % 4 + 60
    for now in range(last - 50, last + 1):
        phasors = rng.standard_normal((60, 2, 5, 2)).astype(np.float32)
        for group in (whole_cohorts, cohorts):
            begin = 0
            for cohort in group:
                cohort.phasors[: cohort.slots] = phasors[begin : begin + cohort.slots].view(np.complex64)[
                    ..., 0
                ]
                cohort.instant[: cohort.slots] = now
                begin += cohort.slots
        one = whole.tick(whole_cohorts, everyone(whole_cohorts), now)
        in_parts(fusions, cohorts, now)
    sent = [
        PhaseSums(sums.g.astype(np.complex64), sums.k.astype(np.float32))  # type: ignore[arg-type]
        for sums in (fusion.chorus.sums() for fusion in fusions)
    ]
    assert np.isnan(fusions[0].chorus.synchrony.z).all()
    for fusion in fusions:
        fusion.chorus.told(merge(*sent), last)
        np.testing.assert_allclose(fusion.chorus.synchrony.ppc, one.synchrony.ppc, atol=1e-6)
        np.testing.assert_allclose(fusion.chorus.synchrony.z, one.synchrony.z, rtol=1e-3, atol=1e-3)
    assert np.isfinite(one.synchrony.z).any()
    fusions[0].chorus.told(None, last)
    assert np.isnan(fusions[0].chorus.synchrony.ppc).all()
