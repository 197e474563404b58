"""PPC against HyPyP's phase-locking value of the same arrays.

HyPyP has no PPC; unbiased, its PLV is one: (T PLV^2 - 1) / (T - 1) (Vinck et al. 2010). The numbers below
are HyPyP 0.6.2's: with z as `phases` makes it,

    from hypyp.analyses import compute_sync
    plv = compute_sync(z.reshape(2, 1, 2, 1, 80), "plv")[0]
    plv[numpy.triu_indices(4, 1)]

`make bench ARGS=fusion` repeats it with the installed HyPyP (extra `bench`) on other arrays.
"""

import numpy as np
import pytest

from dreamd.fusion.synchrony import WINDOW, sums_of, synchrony

PLV = (0.792836221, 0.916461859, 0.15166169, 0.670266379, 0.082458014, 0.134895186)
"""Of the pairs (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)."""


def phases() -> np.ndarray:
    """Four sleepers, three with something shared, complex[4, 80]."""
    rng = np.random.default_rng(20)
    drawn = rng.uniform(0, 2 * np.pi, (4, WINDOW))
    angle = drawn.copy()
    angle[1] = drawn[0] + 0.5 + 0.6 * rng.standard_normal(WINDOW)
    angle[2] = drawn[0] + 0.25 * drawn[2]
    return np.asarray(np.exp(1j * angle))


def unbiased(plv: float) -> float:
    """PPC of one pair from its PLV."""
    return (WINDOW * plv**2 - 1) / (WINDOW - 1)


def test_each_pairs_ppc_is_hypyps_plv_made_unbiased() -> None:
    """Each pair's PPC is HyPyP's PLV made unbiased, to 1e-8."""
    z = phases()
    pairs = [(a, b) for a in range(4) for b in range(a + 1, 4)]
    for (a, b), plv in zip(pairs, PLV, strict=True):
        found = synchrony(sums_of(z[[a, b]][np.newaxis]), (1,)).ppc[0]
        assert found == pytest.approx(unbiased(plv), abs=1e-8)


def test_the_crowds_ppc_is_the_mean_over_hypyps_pairs() -> None:
    """The group's PPC is the mean over HyPyP's pairs, to 1e-8."""
    found = synchrony(sums_of(phases()[np.newaxis]), (1,)).ppc[0]
    assert found == pytest.approx(np.mean([unbiased(plv) for plv in PLV]), abs=1e-8)
