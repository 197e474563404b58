"""Phases updated hop by hop: exact through joins, leaves, gaps, late frames and jumps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.fusion.frame_table import FrameTable
from dreamd.fusion.phase_window import PhaseWindow, columns_of
from dreamd.fusion.synchrony import WINDOW, lags_of, sums_of, synchrony
from fusion.frames import BANDS, SCHEMA
from fusion.phasing import strangers

SLOTS = 6
LAGS = lags_of(SCHEMA)


class Bank:
    """One window driven tick by tick beside a plain record of the phases that count."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.slots = slots
        self.columns = FrameTable(SCHEMA, slots)
        self.columns.used = slots
        self.phases = PhaseWindow(BANDS, slots)
        self.record: dict[int, np.ndarray] = {}
        self.instant = 1_000_000

    def tick(
        self,
        phasors: np.ndarray,
        included: np.ndarray,
        allowed: np.ndarray,
        age: np.ndarray | None = None,
        hops: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """One tick `hops` after the last; phasors complex[slots, 2, B], frames `age` hops old."""
        self.instant += hops
        age = np.zeros(self.slots, dtype=int) if age is None else age
        self.columns.phasors[...] = phasors
        self.columns.instant[...] = self.instant - age
        out = self.phases.step(self.columns, included, allowed, self.instant)
        for hop in self.record.values():
            hop[~allowed] = 0
        size = np.abs(phasors)
        ok = np.isfinite(phasors) & (size > 0) & (included & (age == 0))[:, np.newaxis, np.newaxis]
        self.record[self.instant] = np.where(ok, np.where(ok, phasors, 0) / np.where(ok, size, 1), 0)
        return out

    def expected(self) -> np.ndarray:
        """Return the window's required content, complex[B, slots, T], oldest first."""
        hops = range(self.instant - WINDOW // 2 + 1, self.instant + 1)
        nothing = np.zeros((self.slots, 2, BANDS), dtype=complex)
        stacked = np.stack([self.record.get(hop, nothing) for hop in hops], axis=1)
        return stacked.reshape(self.slots, WINDOW, BANDS).transpose(2, 0, 1)

    def off(self) -> float:
        """G's distance from the record's; K must be exact."""
        got, end = self.phases.sums, columns_of(self.instant)[1]
        want = sums_of(np.roll(self.expected(), end, axis=2))
        assert np.abs(got.k - want.k).max() < 1e-9
        return float(np.abs(got.g - want.g).max())


def draw(rng: np.random.Generator, slots: int = SLOTS) -> np.ndarray:
    """Return phasors of one hop, some omitted, of any length."""
    phasors = rng.uniform(0.1, 9, (slots, 2, BANDS)) * np.exp(1j * rng.uniform(0, 6.28, (slots, 2, BANDS)))
    phasors[rng.random(phasors.shape) < 0.1] = np.nan
    return phasors


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_night_leaves_exactly_the_sums_of_what_counted(seed: int) -> None:
    """After every tick the rolling sums equal those of the window: K exactly, G to 1e-6.

    With joins, leaves, exclusions, late frames, omissions, skipped and repeated ticks, and bands that are too
    quick for the clocks for a while.
    """
    rng, bank = np.random.default_rng(seed), Bank()
    allowed, held = rng.random(SLOTS) < 0.8, rng.random(BANDS) < 0.8
    for _ in range(60):
        allowed ^= rng.random(SLOTS) < 0.03
        included = allowed & (rng.random(SLOTS) < 0.9)
        hops = int(rng.choice([1, 1, 1, 1, 1, 1, 2, 5, 0]))
        held ^= rng.random(BANDS) < 0.1
        phasors = draw(rng)
        phasors[:, :, ~held] = np.nan
        bank.tick(phasors, included, allowed.copy(), rng.choice(3, SLOTS, p=[0.8, 0.1, 0.1]), hops)
        assert bank.off() < 2e-6


def test_a_leavers_every_trace_is_gone() -> None:
    """After a sleeper has left the sums and phases are as without that sleeper, to 1e-9."""
    rng, slots = np.random.default_rng(3), 40
    with_them, without = Bank(slots), Bank(slots)
    everyone = np.ones(slots, dtype=bool)
    others = everyone.copy()
    others[[3, 17]] = False
    for _ in range(50):
        phasors = draw(rng, slots)
        with_them.tick(phasors, everyone, everyone)
        without.tick(phasors, others, everyone)
    phasors = draw(rng, slots)
    with_them.tick(phasors, others, others)
    without.tick(phasors, others, others)
    assert not with_them.phases.z[:, ~others].any()
    assert not with_them.phases.sparse[:, ~others].any()
    assert np.abs(with_them.phases.sums.g - without.phases.sums.g).max() < 1e-9
    assert np.abs(with_them.phases.sums.k - without.phases.sums.k).max() < 1e-9


def test_in_a_large_crowd_a_leaver_leaves_no_trace_in_the_values() -> None:
    """Of 1,100 sleepers, products in float32: after two have left PPC and z are the others' to 1e-9."""
    slots = 1100
    z = strangers(np.random.default_rng(11), slots)[0]
    z[:, [3, 17]] = z[:, [3]]
    with_them, without = Bank(slots), Bank(slots)
    everyone = np.ones(slots, dtype=bool)
    others = everyone.copy()
    others[[3, 17]] = False
    for hop in range(WINDOW // 2):
        phasors = z[:, :, 2 * hop : 2 * hop + 2].transpose(1, 2, 0)
        allowed = others if hop == WINDOW // 2 - 1 else everyone
        with_them.tick(phasors, allowed, allowed)
        without.tick(phasors, others, others)
    said = [synchrony(bank.phases.sums, LAGS, columns_of(bank.instant)[1]) for bank in (with_them, without)]
    assert said[0].ppc == pytest.approx(said[1].ppc, abs=1e-9)
    exact = synchrony(sums_of(without.expected()), LAGS)
    assert said[0].ppc == pytest.approx(exact.ppc, abs=1e-9)


def test_an_exclusion_keeps_the_past_and_adds_nothing() -> None:
    """An exclusion of a hop is a gap of two instants in the row; the rest stays."""
    rng, bank = np.random.default_rng(4), Bank()
    everyone = np.ones(SLOTS, dtype=bool)
    but_one = everyone.copy()
    but_one[2] = False
    for tick in range(20):
        phasors = np.nan_to_num(draw(rng), nan=1.0)
        bank.tick(phasors, but_one if tick == 10 else everyone, everyone)
    there = bank.phases.there[0, 2]
    assert there.sum() == 2 * 19
    assert bank.off() < 1e-6


def test_a_late_frame_is_a_gap_and_corrupts_nothing() -> None:
    """A frame one hop old adds no phase to any column."""
    rng, bank = np.random.default_rng(5), Bank()
    everyone = np.ones(SLOTS, dtype=bool)
    age = np.zeros(SLOTS, dtype=int)
    for tick in range(30):
        age[1] = tick % 3 == 2
        bank.tick(np.nan_to_num(draw(rng), nan=1.0), everyone, everyone, age)
    assert bank.phases.there[0, 1].sum() == 2 * 20
    assert bank.phases.there[0, 0].sum() == 2 * 30
    assert bank.off() < 1e-6


@pytest.mark.parametrize("hops", [39, 40, 41, 10_000, -1, -10_000])
def test_after_a_jump_nothing_old_is_left(hops: int) -> None:
    """Skipping a whole window, or going back, restarts; skipping less keeps what is still in it."""
    rng, bank = np.random.default_rng(6), Bank()
    everyone = np.ones(SLOTS, dtype=bool)
    for _ in range(45):
        bank.tick(draw(rng), everyone, everyone)
    bank.record = bank.record if 0 < hops < 40 else {}
    bank.tick(draw(rng), everyone, everyone, hops=hops)
    assert bank.off() < 1e-6
    assert bank.phases.there.any(axis=(0, 1)).sum() == (4 if hops == 39 else 2)


def test_the_newest_phases_are_summed_as_units() -> None:
    """The step returns the sum and count of unit phasors of the hop's last instant."""
    bank = Bank(4)
    phasors = np.full((4, 2, BANDS), np.nan, dtype=complex)
    phasors[0, 1, 0], phasors[1, 1, 0] = 100.0, 0.01j
    phasors[2, 1, 0], phasors[3, 1, 0] = 0.0, complex(np.inf, 0.0)
    total, counts = bank.tick(phasors, np.ones(4, dtype=bool), np.ones(4, dtype=bool))
    assert total[0] == pytest.approx(1 + 1j)
    assert counts.tolist() == [2, 0, 0, 0, 0]


def test_more_rows_than_a_block_are_all_counted() -> None:
    """With rows in three blocks the sums are those of the whole window, to 1e-9 of their size."""
    slots = 600
    z = strangers(np.random.default_rng(7), slots, missing=0.1)[0]
    bank = Bank(slots)
    everyone = np.ones(slots, dtype=bool)
    for hop in range(WINDOW // 2):
        bank.tick(z[:, :, 2 * hop : 2 * hop + 2].transpose(1, 2, 0), everyone, everyone)
    assert bank.off() < 1e-4
    held = bank.phases.some(200)
    assert held.shape == (BANDS, 200, WINDOW)
    assert np.allclose(held[:, [0, -1]], z[:, [0, -1]], atol=1e-6)


def test_a_sleeper_costs_less_than_five_kilobytes() -> None:
    """Phases, presence and readings of a sleeper take less than five kilobytes of arrays."""
    phases, slots = PhaseWindow(BANDS, 1024), 1024
    arrays = [v for v in vars(phases).values() if isinstance(v, np.ndarray) and v.base is None]
    growing = sum(a.nbytes for a in arrays if slots in a.shape)
    assert growing / slots <= 5000
