"""Many small Dreamscapes in one pass: the numbers of each are those of its own tick."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from depth import examples
from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.frame_table import FrameTable
from dreamd.fusion.phase_window import PhaseWindow
from dreamd.fusion.pooled.pooled_fusion import Member, PooledFusion
from dreamd.fusion.small_groups.pair_synchrony import synchrony_of_groups
from dreamd.fusion.small_groups.phase_rings import POOLED_ROWS, PooledWindow
from dreamd.fusion.synchrony import lags_of, sums_of, synchrony
from fusion.frames import BANDS, INSTANT, SCHEMA, at
from fusion.phasing import strangers

LAGS = lags_of(SCHEMA)
START = INSTANT - INSTANT % 4
LAGS = lags_of(SCHEMA)


@dataclass
class Small:
    """A small Dreamscape twice, with the same frames: fused apart and in a pass."""

    people: int
    seed: int
    severed: float = 0.02
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        """Draw its scale and its people."""
        self.rng = np.random.default_rng(self.seed)
        mu, sigma = (
            SCHEMA.shipped_mu() + self.rng.normal(),
            SCHEMA.shipped_sigma() * self.rng.uniform(0.5, 2.0),
        )
        self.tables = [FrameTable(SCHEMA, 256) for _ in range(2)]
        self.fusions = [Fusion(SCHEMA, mu, sigma) for _ in range(2)]
        self.allowed = np.ones(256, dtype=np.bool_)
        self.states = mu + sigma * self.rng.standard_normal((self.people, SCHEMA.size)).astype(np.float32)

    def hop(self, instant: int) -> None:
        """Write the frames of one hop: some late, poor, far away or without a phase; some severed."""
        self.states += 0.1 * self.rng.standard_normal(self.states.shape).astype(np.float32)
        far = self.rng.integers(self.people) if instant % 16 < 5 else -1
        for k in range(self.people):
            phasors = np.exp(2j * np.pi * self.rng.random((2, BANDS)))
            phasors[self.rng.random((2, BANDS)) < 0.1] = np.nan
            pairs = np.stack([phasors.real, phasors.imag], axis=-1).astype(np.float32)
            features = (self.states[k] + (90.0 if k == far else 0.0)).astype(np.float32)
            late, quality = (
                int(self.rng.random() < 0.05),
                self.rng.choice([0.2, 0.45, 0.9], p=[0.05, 0.05, 0.9]),
            )
            frame = at(np.zeros(SCHEMA.size), instant - late, 1000 + instant - START, pairs)
            frame = replace(frame, features=features, quality=float(quality))
            for table in self.tables:
                table.write(k, frame, instant)
        self.allowed[: self.people] = self.rng.random(self.people) >= self.severed
        for table in self.tables:
            table.advance(instant)

    def apart(self, instant: int) -> Fused:
        """Fuse the one apart."""
        return self.fusions[0].tick([self.tables[0]], [self.allowed], instant)

    @property
    def member(self) -> Member:
        """The other, for a pass."""
        member = Member.of_banks(self.fusions[1], [self.tables[1]], [self.allowed])
        assert member is not None
        return member


def equal(apart: Fused, pooled: Fused) -> None:
    """Decisions bit for bit; sums to float32's last place; phases as stated."""
    for name in ("n", "median"):
        assert np.array_equal(getattr(apart, name), getattr(pooled, name), equal_nan=True), name
    for name in ("included", "outliers"):
        assert np.array_equal(getattr(apart, name)[0], getattr(pooled, name)[0]), name
    for name in ("r", "m", "s", "w", "phase_means", "order", "mean_distance", "dispersion"):
        mine, others = np.asarray(getattr(apart, name)), np.asarray(getattr(pooled, name))
        assert mine.dtype == others.dtype, name
        assert np.allclose(mine, others, rtol=3e-7, atol=3e-6, equal_nan=True), name
    assert np.allclose(apart.residuals[0], pooled.residuals[0], rtol=1e-6, atol=1e-5, equal_nan=True)
    assert np.allclose(apart.synchrony.ppc, pooled.synchrony.ppc, atol=1e-5, equal_nan=True)
    assert np.allclose(apart.synchrony.z, pooled.synchrony.z, rtol=1e-4, atol=1e-3, equal_nan=True)


@settings(max_examples=examples(4), deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.lists(st.integers(1, 14), min_size=1, max_size=5), st.integers(0, 2**16))
def test_a_pass_has_the_numbers_of_each_tick_apart(people: list[int], seed: int) -> None:
    """Any sizes, frames and severs: every decision is the same, every sum to float32's last places."""
    small = [Small(n, seed + number) for number, n in enumerate(people)]
    pooled = PooledFusion()
    for instant in range(START, START + 30):
        for one in small:
            one.hop(instant)
        found = pooled.fuse_members([one.member for one in small], instant)
        for one, fused in zip(small, found, strict=True):
            equal(one.apart(instant), fused)


def night(small: list[Small], instants: Iterable[int], pooled: PooledFusion, apart_at: int = -1) -> None:
    """Fuse these instants both ways and compare; at one of them the passes' members are fused apart too."""
    for instant in instants:
        for one in small:
            one.hop(instant)
        if instant == apart_at:
            alone = [one.fusions[1].tick([one.tables[1]], [one.allowed], instant) for one in small]
        else:
            alone = pooled.fuse_members([one.member for one in small], instant)
        for one, fused in zip(small, alone, strict=True):
            equal(one.apart(instant), fused)


def test_a_member_goes_apart_and_comes_back_with_its_phases() -> None:
    """Fused apart for one tick, as after a bug in the pass: the synchrony before and after is the same."""
    small, pooled = [Small(4, 1), Small(6, 2)], PooledFusion()
    night(small, range(START, START + 14), pooled, apart_at=START + 7)
    assert np.isfinite(small[0].fusions[1].chorus.synchrony.z).any()
    assert isinstance(small[0].fusions[1].chorus.banks[0], PooledWindow)
    night(small, range(START + 14, START + 15), pooled, apart_at=START + 14)
    assert isinstance(small[0].fusions[1].chorus.banks[0], PhaseWindow)


def test_skipped_ticks_are_gaps_and_a_jump_back_begins_anew() -> None:
    """Over missed hops, a pause and an instant that goes back, a pass reads what ticks apart read."""
    small, pooled = [Small(5, 3)], PooledFusion()
    instants = [*range(START, START + 10), *range(START + 14, START + 21), *range(START + 260, START + 265)]
    night(small, [*instants, START + 100, *range(START + 101, START + 105)], pooled)


def test_members_join_leave_and_grow() -> None:
    """Places follow: a joiner begins without a past, a leaver's place is empty, a grown one moves."""
    small, pooled = [Small(3, 4), Small(4, 5)], PooledFusion()
    night(small, range(START, START + 9), pooled)
    small = [small[1], Small(3, 6), Small(9, 7)]
    night(small, range(START + 9, START + 17), pooled)
    grown = Small(5, 8)
    grown.tables, grown.fusions, grown.people = small[0].tables, small[0].fusions, 7
    grown.states = np.concatenate([small[0].states, small[0].states[:3] + np.float32(1.0)])
    night([grown, *small[1:]], range(START + 17, START + 25), pooled)


def test_each_ones_own_synchrony_is_computed_when_it_is_asked_for() -> None:
    """Asked at the second's first tick it is that of a tick apart; within the second it stays."""
    small, pooled = [Small(6, 9, severed=0.0), Small(8, 10, severed=0.0)], PooledFusion()
    night(small, range(START, START + 25), pooled)
    for one in small:
        apart, asked = (fusion.chorus.own()[0][: one.people] for fusion in one.fusions)
        assert np.isfinite(apart).any()
        assert np.allclose(apart, asked, atol=1e-4, equal_nan=True)
    before = small[0].fusions[1].chorus.own()[0]
    night(small, range(START + 25, START + 27), pooled)
    after = small[0].fusions[1].chorus.own()[0]
    assert np.array_equal(before, after, equal_nan=True)


@pytest.mark.parametrize("n", [1, 2, POOLED_ROWS])
def test_synchrony_by_pairs_is_synchrony_by_instants(n: int) -> None:
    """Groups of any size, with gaps and without anyone, anywhere in the ring: PPC to 1e-5, z to 1e-3."""
    rng = np.random.default_rng(n)
    z = np.stack([strangers(rng, n, missing=0.1, shared=shared)[0] for shared in (0.0, 0.5, 0.9)], axis=1)
    z[:, 1, 1:] = 0
    for end in (0, 34):
        found = synchrony_of_groups(z.astype(np.complex64), LAGS, end)
        for group, mine in enumerate(found):
            apart = synchrony(sums_of(z[:, group]), LAGS, end)
            assert np.allclose(mine.ppc, apart.ppc, atol=1e-5, equal_nan=True)
            assert np.allclose(mine.z, apart.z, rtol=1e-5, atol=1e-3, equal_nan=True)
            assert np.allclose(mine.dof, apart.dof, rtol=1e-5, equal_nan=True)


def test_only_small_whole_dreamscapes_are_members() -> None:
    """An empty table, two tables, too many rows, or a part of a whole: these are fused apart."""
    one = Small(3, 11)
    fusion, table, allowed = one.fusions[0], one.tables[0], one.allowed
    assert Member.of_banks(fusion, [table], [allowed]) is None
    one.hop(START)
    assert Member.of_banks(fusion, [table], [allowed]) is not None
    assert Member.of_banks(fusion, [table, table], [allowed, allowed]) is None
    table.used = POOLED_ROWS + 1
    assert Member.of_banks(fusion, [table], [allowed]) is None
    table.used, fusion.chorus.parted = 3, True
    assert Member.of_banks(fusion, [table], [allowed]) is None
