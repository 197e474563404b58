"""Synchrony over all pairs: closed forms, a slow reference, chance, and unknown values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.fusion.synchrony import (
    SPARSE,
    SURROGATE_SLEEPERS,
    WINDOW,
    Everyone,
    empty,
    lags_of,
    merge,
    sums_of,
    surrogate_z,
    synchrony,
)
from fusion.frames import BANDS, SCHEMA
from fusion.phasing import pairwise_ppc, strangers

LAGS = lags_of(SCHEMA)


def everywhere(z: np.ndarray) -> np.ndarray:
    """Return [n, T] phasors, the same in every band."""
    return np.broadcast_to(z, (BANDS, *z.shape)).copy()


def of(z: np.ndarray) -> np.ndarray:
    """Return PPC by band of [B, n, T]."""
    return synchrony(sums_of(z), LAGS).ppc


def test_the_lag_is_the_kernels_length() -> None:
    """The lag is the kernel's length: two seconds in delta, one elsewhere; sixteen and eight instants."""
    assert LAGS == (16, 8, 8, 8, 8)


@pytest.mark.parametrize("offset", [0.0, 1.0, np.pi])
def test_phases_that_keep_their_differences_are_one_whatever_the_difference(offset: float) -> None:
    """Two or five sleepers locked at any constant distance have PPC 1, unlike the order parameter."""
    common = np.exp(1j * np.random.default_rng(0).uniform(0, 6.28, WINDOW))
    for n in (2, 5):
        locked = np.exp(1j * offset * np.arange(n))[:, np.newaxis] * common
        assert of(everywhere(locked)) == pytest.approx(np.ones(BANDS), abs=1e-12)


def test_a_difference_that_turns_evenly_is_minus_what_the_lag_leaves_out() -> None:
    """A full turn over the window sums to zero over all instants, so PPC is minus the near pairs' part."""
    turning = np.exp(2j * np.pi * np.arange(WINDOW) / WINDOW)
    z = np.stack([np.ones(WINDOW, dtype=complex), turning])
    for band, lag in enumerate(LAGS):
        near = WINDOW + 2 * sum((WINDOW - d) * np.cos(2 * np.pi * d / WINDOW) for d in range(1, lag))
        far = (WINDOW - lag) * (WINDOW - lag + 1)
        assert of(everywhere(z))[band] == pytest.approx(-near / far, abs=1e-12)


def test_half_locked_half_opposite_is_one_third_less() -> None:
    """Three sleepers, one turned by half a circle for the second half of the window: closed form."""
    z = np.ones((3, WINDOW), dtype=complex)
    z[2, WINDOW // 2 :] = -1
    lag = LAGS[1]
    far = (WINDOW - lag) * (WINDOW - lag + 1) / 2
    across = sum(1 for a in range(WINDOW // 2) for b in range(WINDOW // 2, WINDOW) if b - a >= lag)
    assert of(everywhere(z))[1] == pytest.approx((1 + 2 * (far - 2 * across) / far) / 3, abs=1e-12)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**16), st.integers(2, 4), st.sampled_from([0.0, 0.2, 0.4]))
def test_sums_are_the_pairwise_definition(seed: int, n: int, missing: float) -> None:
    """Over all pairs at once equals pair by pair, instant by instant, to 1e-12, whatever is missing."""
    z = strangers(np.random.default_rng(seed), n, missing=missing, shared=0.3)[0]
    z[:, :, :30] = np.where(z[:, :, :30] == 0, 1.0, z[:, :, :30])
    for band in (0, 2):
        assert of(z)[band] == pytest.approx(pairwise_ppc(z[band], LAGS[band]), abs=1e-12)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**16), st.integers(3, 4))
def test_each_ones_own_is_the_pairwise_definition(seed: int, n: int) -> None:
    """One sleeper's PPC with all others equals that of their pairs alone, to 1e-5 (float32)."""
    z = strangers(np.random.default_rng(seed), n, missing=0.2, shared=0.3)[0]
    everyone = Everyone(LAGS)
    everyone.see(sums_of(z), WINDOW)
    own = everyone.ppc_each(z.astype(np.complex64), (z != 0).astype(np.uint8))
    for person in range(n):
        assert own[1, person] == pytest.approx(pairwise_ppc(z[1], LAGS[1], only=person), abs=1e-5)


def test_in_a_large_crowd_each_ones_own_is_read_once_a_second() -> None:
    """From 256 sleepers on one instant a second is used, and gives the PPC of those instants."""
    z = strangers(np.random.default_rng(1), 300, shared=0.4)[0]
    everyone = Everyone(LAGS)
    everyone.see(sums_of(z), WINDOW)
    assert everyone.every == SPARSE
    few = z[:, :, ::SPARSE]
    own = everyone.ppc_each(few.astype(np.complex64), (few != 0).astype(np.uint8))
    apart = ~np.eye(10, dtype=bool)
    few = few[2]
    for person in (0, 7, 299):
        others = np.delete(few, person, axis=0)
        pair = few[person] * others.conj()
        products = np.real(pair[:, :, np.newaxis] * pair[:, np.newaxis].conj())[:, apart]
        assert own[2, person] == pytest.approx(products.mean(), abs=1e-5)


def test_a_crowd_is_large_from_its_first_instants_on() -> None:
    """Two instants of 300 sleepers in an empty ring, anywhere in it: one instant a second is used."""
    for column in (0, 30, 78):
        z = np.zeros((BANDS, 300, WINDOW), dtype=complex)
        z[:, :, column : column + 2] = 1.0
        everyone = Everyone(LAGS)
        everyone.see(sums_of(z), column + 2)
        assert everyone.every == SPARSE


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize(("n", "windows"), [(2, 400), (5, 300), (20, 100), (1000, 4)])
def test_strangers_are_at_chance(n: int, windows: int, missing: float) -> None:
    """Independent band-limited signals: mean PPC and mean z are 0 within 3 standard errors in every band.

    The next test checks z's own spread, and with it the standard error.
    """
    rng = np.random.default_rng(n + int(10 * missing))
    found = [synchrony(sums_of(z), LAGS) for z in strangers(rng, n, windows, missing)]
    z, ppc = np.array([one.z for one in found]), np.array([one.ppc for one in found])
    told = np.isfinite(z).sum(axis=0)
    assert (told >= 0.9 * windows).all()
    assert (np.abs(np.nanmean(z, axis=0)) <= 3.0 / np.sqrt(told)).all()
    spread = np.maximum(np.nanstd(ppc, axis=0), np.abs(np.nanmean(ppc / z, axis=0)))
    assert (np.abs(np.nanmean(ppc, axis=0)) <= 3.0 * spread / np.sqrt(told)).all()


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize(("n", "windows"), [(2, 300), (5, 300), (20, 100)])
def test_z_is_a_z(n: int, windows: int, missing: float) -> None:
    """For independent band-limited signals z has a standard deviation of 1 within a fifth in every band."""
    rng = np.random.default_rng(3 * n)
    z = np.array([synchrony(sums_of(w), LAGS).z for w in strangers(rng, n, windows, missing)])
    assert (np.abs(np.nanstd(z, axis=0) - 1.0) <= 0.2).all(), np.nanstd(z, axis=0)


def test_without_the_lag_strangers_agree() -> None:
    """With every pair of instants counted, independent PPC is above chance: hence the lag rule."""
    windows = strangers(np.random.default_rng(4), 20, 50)
    ppc = np.array([synchrony(sums_of(z), (1,) * BANDS).ppc for z in windows])
    assert (ppc.mean(axis=0)[:3] > 6 * ppc.std(axis=0)[:3] / np.sqrt(50)).all()


def test_phases_depend_on_one_another_until_the_whole_kernel_has_passed() -> None:
    """Theta phases half a kernel apart are alike by 5 standard errors, a whole kernel by less than 3.5."""
    sums = sums_of(strangers(np.random.default_rng(1), 2000)[0])
    for tau, alike in ((LAGS[1] // 2, True), (LAGS[1], False)):
        n = np.diagonal(sums.k[1], tau).sum()
        errors = abs(np.diagonal(sums.g[1], tau).sum()) / np.sqrt(n)
        assert errors > 5.0 if alike else errors < 3.5


def test_a_shared_signal_is_seen() -> None:
    """Ten sleepers with a fifth of their variance in common have z above 4 in every band."""
    found = synchrony(sums_of(strangers(np.random.default_rng(5), 10, shared=0.45)[0]), LAGS)
    assert (found.z > 4.0).all()
    assert (found.ppc < 0.5).all()


def test_effective_instants_are_those_of_the_bands() -> None:
    """Of 80 instants delta has 30 to 60 effective ones, beta nearly all that the lag leaves."""
    rng = np.random.default_rng(6)
    dof = np.mean([synchrony(sums_of(z), LAGS).dof for z in strangers(rng, 20, 20)], axis=0)
    assert 30 <= dof[0] <= 60
    assert 60 <= dof[4] <= 77
    assert dof[0] < dof[2] < dof[4]


def test_shifts_agree_with_the_closed_form() -> None:
    """The surrogate z is the closed form's within a third with synchrony, and small without."""
    shared = strangers(np.random.default_rng(7), 12, shared=0.25)[0].astype(np.complex64)
    closed, shifted = synchrony(sums_of(shared), LAGS).z, surrogate_z(shared, LAGS, seed=1)
    assert shifted == pytest.approx(closed, rel=0.34)
    apart = strangers(np.random.default_rng(8), 12)[0].astype(np.complex64)
    assert (np.abs(surrogate_z(apart, LAGS, seed=1)) < 3.5).all()


def test_shifts_are_bounded() -> None:
    """More than two hundred sleepers, or one shift, are refused; no surrogate z is NaN."""
    many = np.ones((BANDS, SURROGATE_SLEEPERS + 1, WINDOW), dtype=np.complex64)
    with pytest.raises(ValueError, match="at most 200"):
        surrogate_z(many, LAGS, seed=0)
    with pytest.raises(ValueError, match="at least 2"):
        surrogate_z(many[:, :2], LAGS, seed=0, shifts=1)
    assert np.isnan(surrogate_z(many[:, :1], LAGS, seed=0)).all()


@pytest.mark.parametrize("n", [0, 1])
def test_none_and_one_have_no_synchrony(n: int) -> None:
    """Of no sleeper and of one PPC, z and dof are NaN, never zero or one."""
    found = synchrony(sums_of(np.ones((BANDS, n, WINDOW), dtype=complex)), LAGS)
    assert np.isnan(found.ppc).all()
    assert np.isnan(found.z).all()
    assert np.isnan(found.dof).all()


def test_two_with_few_common_instants_have_no_ppc() -> None:
    """Below a quarter of the window's instants in common PPC is NaN; from there on it is known."""
    z = np.ones((BANDS, 2, WINDOW), dtype=complex)
    z[:, 1, WINDOW // 4 - 1 :] = 0
    assert np.isnan(of(z)).all()
    z[:, 1, WINDOW // 4 - 1] = 1
    assert of(z) == pytest.approx(np.ones(BANDS))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 12), st.data())
def test_sums_of_any_split_merge_to_those_of_all(seed: int, n: int, data: st.DataObject) -> None:
    """Sums of any split over banks merge to the sums of all, in any order; an empty bank changes nothing."""
    z = strangers(np.random.default_rng(seed), n, missing=0.3)[0]
    deal = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=int)
    parts = [sums_of(z[:, deal == bank]) for bank in range(4)]
    total = empty(BANDS)
    for part in parts[::-1]:
        total = merge(total, part)
    assert np.allclose(total.g, sums_of(z).g, atol=1e-12)
    assert np.array_equal(total.k, sums_of(z).k)


def test_a_ring_says_the_same_as_a_window_in_order() -> None:
    """A ring gives the same as the window in order, wherever it begins."""
    z = strangers(np.random.default_rng(9), 4)[0]
    z[:, 1, 5:30] = 0.0
    told = synchrony(sums_of(z), LAGS)
    assert np.isfinite(told.z).all()
    for end in (2, 12, 78):
        turned = synchrony(sums_of(np.roll(z, end, axis=2)), LAGS, end)
        for name in ("ppc", "z", "dof"):
            assert getattr(turned, name) == pytest.approx(getattr(told, name), rel=1e-9), name
