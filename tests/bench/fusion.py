"""The fusion core's tick by number of sleepers, beside all pairs, HyPyP and one read of the features.

One core: the matrix library has one thread. CPU time, so that other load on the machine shows less; the
ratios count, all measured in this one run. HyPyP (extra `bench`) computes its phase-locking value of the same
arrays and bands, dyad by dyad as intended, and as one dyad of 32 channels each.
"""

import importlib.util
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dreamd.fusion.collective import Fusion
from dreamd.fusion.frame_table import FrameTable
from dreamd.fusion.group_statistics import GroupStatistics, Heard
from dreamd.fusion.synchrony import lags_of, sums_of, synchrony
from dreamwire import blend
from dreamwire.schema import BANDS6X2

SLEEPERS = (4, 8, 16, 64, 256, 1_000, 4_000, 10_000, 30_000, 100_000)
ALL_PAIRS_MOST = 1_000
DYADS_MOST = 64
PLAIN_CLOCKS = 10_000
"""Sleepers of the run with clocks a few milliseconds uncertain, as on a ward's wireless network."""
BANDS = len(BANDS6X2.phase_bands)
INSTANTS = 80


def cpu_ms(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and least CPU milliseconds of this many calls."""
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return float(np.median(took)) * 1e3, min(took) * 1e3


class Crowd:
    """This many sleepers with new frames every tick: 2 % late, with changing quality.

    omitted: how many of the quickest bands have no certain phase.
    """

    def __init__(self, n: int, omitted: int = 0) -> None:
        self.held = BANDS - omitted
        self.n, self.rng, self.instant = n, np.random.default_rng(n), 0
        self.columns = FrameTable(BANDS6X2, -(-n // 256) * 256)
        self.columns.used = n
        self.columns.present[:n] = self.columns.finite[:n] = True
        self.columns.quality[:n] = 1.0
        spread = self.rng.standard_normal((n, BANDS6X2.size)).astype(np.float32)
        self.columns.db[:n] = BANDS6X2.shipped_mu() + BANDS6X2.shipped_sigma() * spread
        self.columns.own_z[:n] = 0.5
        self.fusion = Fusion(BANDS6X2, BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma())
        self.allowed = np.ones(self.columns.slots, dtype=np.bool_)
        self.crowd, self.rows = GroupStatistics(BANDS6X2), np.arange(n)
        self.crowd.reserve(self.columns.slots)
        for row in range(n):
            self.crowd.take_up(row, self.columns.db[row], BANDS6X2.shipped_sigma())

    def hop(self) -> None:
        """All next frames, as `FrameTable.write` leaves them; not measured."""
        self.instant += 1
        columns, n = self.columns, self.n
        columns.instant[:n] = self.instant - (self.rng.random(n) < 0.02)
        columns.seq[:n] = self.instant
        columns.db[:n] += 0.1 * self.rng.standard_normal((n, BANDS6X2.size), dtype=np.float32)
        angle = 2 * np.pi * self.rng.random((n, 2, BANDS), dtype=np.float32)
        columns.phasors[:n] = np.exp(1j * angle)
        columns.phasors[:n, :, self.held :] = np.nan
        columns.quality[self.rng.integers(n)] = self.rng.choice([0.2, 0.9])

    def tick(self) -> None:
        """The whole core's tick: the collective, synchrony, and the group statistics."""
        columns, n, instant = self.columns, self.n, self.instant
        columns.advance(instant)
        fused = self.fusion.tick([columns], [self.allowed], instant)
        db = columns.db[:n]
        x = blend.to_shared(db, BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma())
        age = instant - columns.instant[:n]
        self.crowd.observe(Heard(self.rows, db, x, fused.included[0][:n], age, fused.m, instant))
        self.crowd.digest(lambda a, _b: np.zeros(len(a)))

    def measure(self, times: int) -> tuple[float, float]:
        """Median and least CPU milliseconds of a tick, after a second of warming up."""
        took = []
        for number in range(times + 4):
            self.hop()
            began = time.process_time()
            self.tick()
            took.append(time.process_time() - began)
        return float(np.median(took[4:])) * 1e3, min(took[4:]) * 1e3

    def product_ms(self) -> float:
        """Median CPU milliseconds of the tick's own products done once: each band's new columns with the ring."""
        rings = self.fusion.chorus.banks[0].z.view(np.float32)[:, : self.n]
        new = self.rng.standard_normal((BANDS, 4, self.n), dtype=np.float32)
        return cpu_ms(lambda: [columns @ ring for columns, ring in zip(new, rings, strict=True)], 40)[0]

    def ring_ms(self) -> float:
        """Median CPU milliseconds of reading the ring of phases once."""
        return cpu_ms(self.fusion.chorus.banks[0].z.view(np.float32)[:, : self.n].sum, 40)[0]

    def bytes_each(self) -> float:
        """Bytes of all arrays that grow with the seats, per sleeper."""
        held: dict[int, int] = {}
        _count(self.columns, held)
        _count(self.fusion, held)
        return (sum(held.values()) + self.crowd.nbytes) / self.columns.slots


def _count(thing: object, held: dict[int, int], depth: int = 0) -> None:
    """Add up the arrays under this object, each once, without views."""
    if isinstance(thing, np.ndarray):
        if thing.base is None and thing.nbytes > 4096:
            held[id(thing)] = thing.nbytes
    elif isinstance(thing, list | tuple):
        for one in thing:
            _count(one, held, depth + 1)
    elif isinstance(thing, dict):
        for one in thing.values():
            _count(one, held, depth + 1)
    elif depth < 6 and hasattr(thing, "__dict__"):
        for one in vars(thing).values():
            _count(one, held, depth + 1)
    elif depth < 6 and hasattr(type(thing), "__slots__"):
        for name in type(thing).__slots__:
            _count(getattr(thing, name, None), held, depth + 1)


def window(n: int) -> np.ndarray:
    """Unit phasors complex64[B, n, T]."""
    angle = 2 * np.pi * np.random.default_rng(n).random((BANDS, n, INSTANTS), dtype=np.float32)
    return np.exp(1j * angle).astype(np.complex64)


def from_scratch(z: np.ndarray) -> Callable[[], object]:
    """A whole window at once: PPC and z of all pairs."""
    lags = lags_of(BANDS6X2)
    return lambda: synchrony(sums_of(z), lags)


def all_pairs(z: np.ndarray) -> Callable[[], object]:
    """The plain numpy way: each pair's PLV by one N x N product a band, and their mean."""

    def work() -> list[float]:
        found = []
        for band in z:
            plv = np.abs(band @ band.conj().T) / INSTANTS
            ppc = (INSTANTS * plv**2 - 1.0) / (INSTANTS - 1.0)
            found.append(float(ppc[np.triu_indices(len(band), 1)].mean()))
        return found

    return work


def dyads(z: np.ndarray) -> Callable[[], object]:
    """HyPyP as intended: every pair of sleepers is a dyad of one channel each."""
    from hypyp.analyses import compute_sync

    signal = z.transpose(1, 0, 2).astype(np.complex128)

    def work() -> np.ndarray:
        n = len(signal)
        plv = np.ones((BANDS, n, n))
        for a in range(n):
            for b in range(a + 1, n):
                pair = signal[[a, b]][:, np.newaxis, np.newaxis]
                plv[:, a, b] = plv[:, b, a] = compute_sync(pair, "plv")[:, 0, 1]
        return plv

    return work


def in_one(z: np.ndarray) -> Callable[[], object]:
    """HyPyP with all sleepers in one call: a dyad of half of them as channels each."""
    from hypyp.analyses import compute_sync

    half = z.shape[1] // 2
    pair = z.transpose(1, 0, 2).astype(np.complex128).reshape(2, half, BANDS, INSTANTS)[:, np.newaxis]
    return lambda: compute_sync(pair, "plv")


def fusion(row: Callable[[str, str, str], None], plot: Path) -> None:
    """Measure, print, and draw the results into `plot`."""
    hypyp = importlib.util.find_spec("hypyp") is not None
    if not hypyp:
        print("HyPyP is not here, so it is left out: pip install -e '.[bench]'", file=sys.stderr)
    warnings.simplefilter("ignore")
    curves: dict[str, dict[int, float]] = {}
    each_bytes = 0.0
    for n in SLEEPERS:
        crowd = Crowd(n)
        curves.setdefault("tick, whole core", {})[n], least = crowd.measure(200 if n <= 1000 else 40)
        features = crowd.columns.db[:n]
        curves.setdefault("features read once", {})[n], _ = cpu_ms(features.sum, 40)
        row(f"{n:,} sleepers: tick", f"{curves['tick, whole core'][n]:.3f} ms", f"least {least:.3f} ms")
        curves.setdefault("the tick's products once", {})[n] = crowd.product_ms()
        curves.setdefault("the phases read once", {})[n] = crowd.ring_ms()
        each_bytes = crowd.bytes_each()
        del crowd
        if n == PLAIN_CLOCKS:
            usual, _ = Crowd(n, omitted=2).measure(40)
            row(f"{n:,} sleepers, two bands too quick for any clock", f"{usual:.3f} ms", "")
        if n <= ALL_PAIRS_MOST:
            curves.setdefault("all pairs, numpy", {})[n], _ = cpu_ms(all_pairs(window(n)), 5)
        if n <= 4_000:
            curves.setdefault("a window from scratch", {})[n], _ = cpu_ms(from_scratch(window(n)), 9)
        if hypyp and n <= DYADS_MOST:
            curves.setdefault("HyPyP, dyad by dyad", {})[n], _ = cpu_ms(dyads(window(n)), 3)
            curves.setdefault("HyPyP, in one call", {})[n], _ = cpu_ms(in_one(window(n)), 5)
    _judge(row, curves, each_bytes)
    if hypyp:
        _agree(row)
    _plot(curves, plot)
    print(f"the plot is {plot}")


def _judge(row: Callable[[str, str, str], None], curves: dict[str, dict[int, float]], each: float) -> None:
    tick = curves["tick, whole core"]
    row("bytes a sleeper, all arrays", f"{each:,.0f}", "<= 8,192")
    if 10_000 in tick:
        row("10,000 sleepers: median whole tick", f"{tick[10_000]:.1f} ms", "see the ratio")
        for what, name, most in (
            ("in passes of its own products", "the tick's products once", "<= 4"),
            ("in reads of the ring of phases", "the phases read once", ""),
            ("in reads of the feature array", "features read once", ""),
        ):
            row(f"the same, {what}", f"{tick[10_000] / curves[name][10_000]:.1f}", most)
    if 100_000 in tick:
        row("10,000 to 100,000: growth over linear", f"{tick[100_000] / tick[10_000] / 10:.2f}", "<= 1.3")
    ours = curves["a window from scratch"].get(64)
    for name, least in (
        ("HyPyP, dyad by dyad", ">= 100"),
        ("HyPyP, in one call", ""),
        ("all pairs, numpy", ""),
    ):
        if ours and 64 in curves.get(name, {}):
            row(f"64 sleepers, a whole window: {name}, over ours", f"{curves[name][64] / ours:.1f} x", least)


def _agree(row: Callable[[str, str, str], None]) -> None:
    """Compare on the same arrays: our PPC without a lag, and HyPyP's PLV made unbiased."""
    z = window(16)
    plv = dyads(z)()
    unbiased = (INSTANTS * plv**2 - 1.0) / (INSTANTS - 1.0)
    theirs = [band[np.triu_indices(16, 1)].mean() for band in unbiased]
    ours = synchrony(sums_of(z), (1,) * BANDS).ppc
    row("16 sleepers: PPC, ours from HyPyP's at most", f"{np.abs(ours - theirs).max():.1e}", "<= 1e-6")


def _plot(curves: dict[str, dict[int, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5.5), dpi=120)
    for name, points in curves.items():
        ours = name in {"tick, whole core", "a window from scratch"}
        axes.loglog(
            list(points), list(points.values()), marker="o", ms=4, lw=2.2 if ours else 1.2, label=name
        )
    axes.axhline(250, color="0.6", lw=0.8, ls="--")
    axes.text(4, 270, "a tick's 250 ms", color="0.4", fontsize=8)
    axes.set_xlabel("sleepers")
    axes.set_ylabel("CPU ms on one core")
    axes.set_title("One tick of the fusion: D = 12, five bands, 80 instants")
    axes.grid(visible=True, which="major", alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(path)
