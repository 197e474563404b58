"""Synchrony of a whole Dreamscape, tick by tick."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.frame_table import FrameTable
from dreamd.fusion.phase_window import TURNS
from dreamd.fusion.synchrony import WINDOW, lags_of, sums_of, synchrony
from fusion.frames import BANDS, INSTANT, SCHEMA, at, everyone
from fusion.phasing import pairwise_ppc, strangers

HOPS = WINDOW // 2
LAGS = lags_of(SCHEMA)
START = INSTANT - INSTANT % TURNS


class Night:
    """Sleepers with given phases, in banks of so many slots, fused hop by hop."""

    def __init__(self, z: np.ndarray, slots: int) -> None:
        """Of unit phasors complex[B, n, T], zero where missing."""
        self.z, self.n, self.slots = z, z.shape[1], slots
        self.banks = [FrameTable(SCHEMA, slots) for _ in range(max(-(-self.n // slots), 1))]
        self.fusion = Fusion(SCHEMA, SCHEMA.shipped_mu(), SCHEMA.shipped_sigma())

    def hop(self, hop: int, allowed: list[np.ndarray] | None = None, silent: tuple[int, ...] = ()) -> Fused:
        """Write every frame of this hop and tick; `silent` ones send none."""
        now = START + hop
        states = np.random.default_rng(hop).standard_normal((self.n, SCHEMA.size)).astype(np.float32)
        for k in range(self.n):
            if k not in silent:
                pair = self.z[:, k, (2 * hop) % WINDOW : (2 * hop) % WINDOW + 2].T
                phasors = np.stack([pair.real, pair.imag], axis=-1).astype(np.float32)
                frame = at(states[k], now, 1000 + hop, np.where(pair[..., None] == 0, np.nan, phasors))
                self.banks[k // self.slots].write(k % self.slots, frame, now)
        return self.fusion.tick(self.banks, allowed or everyone(self.banks), now)

    def window(self) -> Fused:
        """All hops of one window, and the next second's first, at which the window is read."""
        for hop in range(HOPS):
            out = self.hop(hop)
        return out


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**16), st.integers(2, 12), st.integers(1, 9))
def test_how_sleepers_are_split_over_banks_does_not_show(seed: int, n: int, slots: int) -> None:
    """One bank or many: the same synchrony, order and phase means to 1e-5, each one's own to 1e-4."""
    z = strangers(np.random.default_rng(seed), n, missing=0.1, shared=0.3)[0]
    one, many = Night(z, 256).window(), Night(z, slots).window()
    for a, b in (
        (one.synchrony.ppc, many.synchrony.ppc),
        (one.synchrony.z, many.synchrony.z),
        (one.order, many.order),
        (one.phase_means, many.phase_means),
    ):
        assert np.allclose(a, b, rtol=1e-5, atol=1e-5, equal_nan=True)
    own = np.concatenate(many.own_synchrony)[:n]
    assert np.isfinite(own).any() or n < 2
    assert own.shape == one.own_synchrony[0][:n].shape


def test_ppc_is_the_pairwise_definition() -> None:
    """After a window, a band's PPC is that of all pairs and instants at the last reading, to 1e-6."""
    z = strangers(np.random.default_rng(1), 4, missing=0.1, shared=0.4)[0]
    night = Night(z, 256)
    night.window()
    out = night.hop(HOPS)
    now = np.roll(z, -2, axis=2)
    assert out.synchrony.ppc[2] == pytest.approx(pairwise_ppc(now[2], LAGS[2]), abs=1e-6)
    assert out.synchrony.z == pytest.approx(synchrony(sums_of(now), LAGS).z, rel=1e-4)
    own = out.own_synchrony[0][:4]
    expected = [np.mean([pairwise_ppc(now[b], LAGS[b], only=k) for b in range(BANDS)]) for k in range(4)]
    assert own == pytest.approx(expected, abs=1e-4)
    assert np.isnan(out.own_synchrony[0][4:]).all()
    last = z[:, :, 1]
    present = (last != 0).sum(axis=1)
    assert out.order == pytest.approx(np.abs(last.sum(axis=1)) / present, abs=1e-5)


def test_an_opened_breaker_removes_the_past_as_well() -> None:
    """A pod with an opened breaker is out of sums, order and every reading in that very tick."""
    z = strangers(np.random.default_rng(2), 6, shared=0.5)[0]
    night, without = Night(z, 256), Night(z[:, :5], 256)
    night.window()
    without.window()
    allowed = everyone(night.banks)
    allowed[0][5] = False
    out, other = night.hop(HOPS, allowed), without.hop(HOPS)
    assert out.synchrony.ppc == pytest.approx(other.synchrony.ppc, abs=1e-9)
    assert out.order == pytest.approx(other.order, abs=1e-9)
    assert np.isnan(out.own_synchrony[0][5])


def test_an_outlier_adds_no_phase() -> None:
    """An outlier's phases are in no sum from the third frame on."""
    z = strangers(np.random.default_rng(3), 12)[0]
    night = Night(z, 256)
    for hop in range(8):
        night.hop(hop, silent=(4,))
        far = at(np.full(SCHEMA.size, 40.0 + hop / 10, dtype=np.float32), START + hop, 1000 + hop)
        phasors = np.ones_like(far.phasors)
        night.banks[0].write(4, replace(far, phasors=phasors), START + hop)
        out = night.fusion.tick(night.banks, everyone(night.banks), START + hop)
    assert out.outliers[0][4]
    there = night.fusion.chorus.banks[0].there[0, 4]
    assert there.sum() == 2 * 2


@pytest.mark.parametrize("n", [0, 1])
def test_values_of_one_sleeper_are_nan(n: int) -> None:
    """Of none and of one: no PPC, no z, no own value; the order of one is 1, of none NaN."""
    out = Night(np.ones((BANDS, n, WINDOW), dtype=complex), 256).window()
    assert np.isnan(out.synchrony.ppc).all()
    assert np.isnan(out.synchrony.z).all()
    assert np.isnan(out.own_synchrony[0]).all()
    assert np.isnan(out.order).all() if n == 0 else out.order == pytest.approx(np.ones(BANDS))


def test_with_all_excluded_the_values_are_nan() -> None:
    """When no pod is allowed any more the values are NaN at the next reading."""
    night = Night(strangers(np.random.default_rng(4), 5, shared=0.5)[0], 256)
    assert np.isfinite(night.window().synchrony.z).all()
    nobody = [np.zeros(256, dtype=np.bool_)]
    out = night.hop(HOPS, nobody)
    assert np.isnan(out.synchrony.ppc).all()
    assert np.isnan(out.own_synchrony[0]).all()


def test_frames_without_phases_are_no_synchrony() -> None:
    """Pods that omit every phase take part in the collective, and synchrony is NaN."""
    out = Night(np.zeros((BANDS, 6, WINDOW), dtype=complex), 256).window()
    assert out.n == 6
    assert np.isnan(out.synchrony.ppc).all()


def test_the_snapshot_is_bounded_and_in_order() -> None:
    """The snapshot for the surrogate check is a copy of an even share of each bank, oldest instant first."""
    z = strangers(np.random.default_rng(5), 9, shared=0.3)[0]
    night = Night(z, 4)
    night.window()
    some = night.fusion.chorus.some(6)
    assert some.shape == (BANDS, 5, WINDOW)
    assert np.allclose(some[:, 0], z[:, 0], atol=1e-6)
    some[...] = 0
    assert night.fusion.chorus.banks[0].z.any()


def test_a_tick_allocates_nothing_like_the_window() -> None:
    """With 4,096 sleepers a tick's greatest allocation is less than a fifth of their phases' ring."""
    bank, fusion = FrameTable(SCHEMA, 4096), Fusion(SCHEMA, SCHEMA.shipped_mu(), SCHEMA.shipped_sigma())
    bank.used = 4096
    bank.present[:] = bank.finite[:] = True
    bank.quality[:] = 1.0
    bank.phasors[...] = 1.0
    allowed = everyone([bank])
    for hop in range(8):
        bank.instant[:] = START + hop
        bank.seq[:] = hop + 1
        if hop == 4:
            tracemalloc.start()
        fusion.tick([bank], allowed, START + hop)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fusion.chorus.banks[0].z.nbytes > 5 * peak
