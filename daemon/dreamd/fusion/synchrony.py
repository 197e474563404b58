"""Agreement of phases over all pairs of people, tested against chance, from two small sums a band.

Over T instants let z_it be the unit phasor of sleeper i at instant t, zero where it is missing, and m_it
whether it is there. Two T x T matrices a band suffice for any number of sleepers, G = Z^H Z and K = M^T M,
which add over sleepers: banks, processes and machines merge by a sum. From them

  PPC = sum (|G_tt'|^2 - K_tt') / sum K_tt' (K_tt' - 1)        over instants |t - t'| >= L

is the pairwise phase consistency (Vinck et al. 2010) averaged over all pairs of sleepers, exactly, in O(N T)
a new instant and never O(N^2). It is unbiased: 0 at chance for any number of people and any number of gaps.
Phases nearer than L are not independent; if they counted, strangers would seem to agree. L is the length of
the band's kernel: nearer instants are made of the same samples. Half of it, which is enough for twenty
people, leaves 2e-5, and for ten thousand that is a z of 8.

Against chance: with D the sum below the line, independent people give PPC the variance 2 kappa^2 / D, where
kappa = 1 + 2 sum_tau c(tau) is how much longer than one instant a phase difference lasts, and c(tau) the
squared mean autocorrelation of the phases themselves, which is G's own diagonal at distance tau. So z = PPC
sqrt(D / 2) / kappa; with nothing missing that is PPC x dof x sqrt(N (N - 1) / 2) for the effective instants
dof = sqrt(instant pairs) / kappa. Circular shifts of each person's series against the others (`surrogate_z`)
check it without any of these assumptions; they cost too much for a tick.

Rules
- Unknown is NaN: fewer than two people, or fewer than a quarter of the window's instants shared.
- PPC does not require that people agree on one phase, only that each pair keeps its difference. The order
  parameter does require it. A constant latency destroys the order parameter, so it is shown and no decision
  uses it.
- A phase-locking value is biased upward by 1/sqrt(T) and used nowhere.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.messages import Floats
from dreamwire.schema import Schema

INSTANTS_PER_S: Final = 8
WINDOW: Final = 80
"""T: instants of the window, 10 s."""
EVERY_INSTANT_BELOW: Final = 256
SPARSE: Final = 8
"""From EVERY_INSTANT_BELOW sleepers on, each sleeper's own PPC uses every SPARSE-th instant, one a second."""
SHIFTS: Final = 100
SURROGATE_SLEEPERS: Final = 200
"""SHIFTS shifts on at most this many sleepers: enough for a z, and bounded."""

Phasors = NDArray[np.complex64]
Complexes = NDArray[np.complex128]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhaseSums:
    """G and K of some sleepers: complex128[B, T, T] and float64[B, T, T]."""

    g: Complexes
    k: Doubles


@dataclass(frozen=True, slots=True)
class Synchrony:
    """Results of the sums, float64[B] each, NaN where not known.

    ppc: mean over pairs. z: against chance. dof: effective number of instants.
    """

    ppc: Doubles
    z: Doubles
    dof: Doubles


def empty(bands: int) -> PhaseSums:
    """Return the sums of no sleepers, the unit of `merge`."""
    shape = (bands, WINDOW, WINDOW)
    return PhaseSums(np.zeros(shape, dtype=np.complex128), np.zeros(shape))


def nothing_known(bands: int) -> Synchrony:
    """Return the synchrony of no sleepers: NaN everywhere."""
    nothing = np.full(bands, np.nan)
    return Synchrony(nothing, nothing, nothing)


def merge(a: PhaseSums, b: PhaseSums) -> PhaseSums:
    """Return the sums of both; associative, commutative, `empty` is their unit."""
    return PhaseSums(a.g + b.g, a.k + b.k)


def sums_of(z: Phasors | Complexes) -> PhaseSums:
    """Return the sums of a whole window at once.

    Args:
        z: [B, n, T], unit phasors, zero where missing.
    """
    wide = z.astype(np.complex128)
    there = (z != 0).astype(np.float64)
    return PhaseSums(wide.conj().transpose(0, 2, 1) @ wide, there.transpose(0, 2, 1) @ there)


def lags_of(schema: Schema) -> tuple[int, ...]:
    """Return L of each band with phases, in instants: the length of its kernel."""
    return tuple(round(INSTANTS_PER_S * band.kernel_s) for band in schema.phase_bands)


@lru_cache(maxsize=64)
def admissible(lags: tuple[int, ...], instants: int = WINDOW, end: int = 0) -> Doubles:
    """Return float64[B, T, T]: 1 where two instants are at least L apart, else 0.

    end: the column just after the newest instant, in a ring.
    """
    at = _times(instants, end)
    apart = np.abs(np.subtract.outer(at, at))
    return np.stack([(apart >= lag).astype(np.float64) for lag in lags])


def _times(instants: int, end: int) -> NDArray[np.int64]:
    """Return the instant in each column of a ring, 0 the oldest."""
    return (np.arange(instants) - end) % instants


@dataclass(frozen=True, slots=True)
class _Near:
    """The places of instants less than the longest L apart, in a flat T x T, by distance.

    begins: start of each distance. counts: float64[B, distances], 1 where it is below the band's own L.
    """

    places: NDArray[np.int64]
    begins: NDArray[np.int64]
    counts: Doubles


@lru_cache(maxsize=64)
def _near(lags: tuple[int, ...], instants: int, end: int) -> _Near:
    columns = np.argsort(_times(instants, end))
    taus = np.arange(1, min(max(*lags, 2), instants))
    places = [columns[: instants - tau] * instants + columns[tau:] for tau in taus]
    begins = np.cumsum([0, *(instants - taus[:-1])])
    return _Near(np.concatenate(places), begins, np.stack([(taus < lag).astype(np.float64) for lag in lags]))


def synchrony(sums: PhaseSums, lags: tuple[int, ...], end: int = 0) -> Synchrony:
    """Return the synchrony over all pairs of the sleepers in these sums.

    Args:
        sums: of all sleepers; a window, or a ring.
        lags: L of each band, instants.
        end: the column just after the newest instant, in a ring.
    """
    instants = sums.k.shape[-1]
    apart = admissible(lags, instants, end)
    size = sums.g.real**2 + sums.g.imag**2
    pairs = sums.k * (sums.k - 1.0)
    above = np.einsum("btu,btu->b", apart, size - sums.k)
    below = np.einsum("btu,btu->b", apart, pairs)
    here = np.einsum("btt->bt", pairs)
    told = (below > 0.0) & (4 * np.count_nonzero(here > 0.0, axis=1) >= instants)
    lasts = 1.0 + 2.0 * _after(sums, _near(lags, instants, end)) / np.maximum(here.sum(axis=1), 1.0)
    ppc = np.divide(above, below, out=np.full(len(lags), np.nan), where=told)
    sharpness = np.sqrt(below / 2.0) / lasts
    dof = sharpness / np.sqrt(np.maximum(here.mean(axis=1), 1.0) / 2.0)
    return Synchrony(ppc, ppc * sharpness, np.where(told, dof, np.nan))


def _after(sums: PhaseSums, near: _Near) -> Doubles:
    """Return the squared mean autocorrelation times the pairs that share both instants, over 0 < tau < L.

    The square is corrected for the chance agreement of n independent phases, as PPC is.
    """
    k = np.take(sums.k.reshape(len(sums.k), -1), near.places, axis=1)
    g = np.take(sums.g.reshape(len(sums.g), -1), near.places, axis=1)
    n = np.maximum(np.add.reduceat(k, near.begins, axis=1), 2.0)
    length = np.abs(np.add.reduceat(g, near.begins, axis=1))
    square = np.maximum(length * length - n, 0.0) / (n * (n - 1.0))
    return np.asarray(
        (near.counts * square * np.add.reduceat(k * (k - 1.0), near.begins, axis=1)).sum(axis=1)
    )


class Everyone:
    """The group's sums in the form from which each sleeper's PPC with all others is computed.

    every: 1 for each instant, or SPARSE for one a second. For large groups one a second is enough: the noise
    of one person's PPC falls with the square root of the others, and the work falls to a sixtieth.
    """

    def __init__(self, lags: tuple[int, ...], instants: int = WINDOW) -> None:
        """Allocate for bands with these L, in instants, and a ring of `instants` columns."""
        self._lags, self._instants = lags, instants
        self._forms: dict[int, tuple[Phasors, NDArray[np.float32]]] = {}
        for every in (1, SPARSE):
            kept = len(range(0, instants, every))
            self._forms[every] = (
                np.zeros((len(lags), kept, kept), dtype=np.complex64),
                np.zeros((len(lags), kept, 2, kept), dtype=np.float32),
            )
        self.every = 1

    def see(self, ring: PhaseSums, end: int) -> None:
        """Read the sums of a ring; its newest instant is just before column `end`."""
        there = np.einsum("btt->bt", ring.k)
        self.every = SPARSE if bool((there >= EVERY_INSTANT_BELOW).any()) else 1
        at = (slice(None), slice(None, None, self.every), slice(None, None, self.every))
        apart = admissible(self._lags, self._instants, end)[at]
        form, counts = self._forms[self.every]
        np.multiply(apart, ring.g[at], out=form, casting="same_kind")
        counts[:, :, 0] = apart
        np.multiply(apart, ring.k[at] - 1.0, out=counts[:, :, 1], casting="same_kind")

    def ppc_each(self, z: Phasors, there: NDArray[np.uint8]) -> Floats:
        """Return float32[B, n]: the PPC of each of these with all others; they are part of the sums.

        Args:
            z: complex64[B, n, T'], unit phasors, zero where missing, at the instants used.
            there: uint8 of the same shape, 1 where they are not missing.

        Returns:
            NaN for sleepers with fewer than a quarter of the pairs of instants, and where no other is there.
        """
        bands, n, instants = z.shape
        form, of_counts = self._forms[self.every]
        here = there.astype(np.float32)
        phases = np.ascontiguousarray(z)
        among = np.einsum("bit,bit->bi", (phases @ form).view(np.float32), phases.view(np.float32))
        counts = (here @ of_counts.reshape(bands, instants, -1)).reshape(bands, n, 2, instants)
        own, below = np.moveaxis(np.einsum("bikt,bit->bik", counts, here), 2, 0)
        told = (below > 0.0) & (4.0 * own >= of_counts[:, :, 0].sum(axis=(1, 2))[:, np.newaxis])
        nothing = np.full((bands, n), np.nan, dtype=np.float32)
        return np.asarray(np.divide(among - own, below, out=nothing, where=told))


def surrogate_z(z: Phasors, lags: tuple[int, ...], seed: int, shifts: int = SHIFTS) -> Doubles:
    """Return float64[B]: PPC against that of the same series, each shifted in a circle by its own amount.

    A shift keeps every person's own rhythm and gaps and breaks the relations between people. It takes about a
    millisecond a shift for SURROGATE_SLEEPERS: never on a tick.

    Args:
        z: complex64[B, n, T], unit phasors, zero where missing, of at most SURROGATE_SLEEPERS.
        lags: L of each band, instants.
        seed: of the shifts.
        shifts: the number of shifts.

    Raises:
        ValueError: more sleepers than that, or fewer than two shifts.
    """
    bands, n, _ = z.shape
    if n > SURROGATE_SLEEPERS or not shifts > 1:
        raise ValueError(f"{n} sleepers and {shifts} shifts: at most {SURROGATE_SLEEPERS}, at least 2")
    found = synchrony(sums_of(z), lags).ppc
    chance = shifted_ppc(z, lags, seed, shifts)
    spread = chance.std(axis=0, ddof=1)
    away = np.full(bands, np.nan)
    return np.asarray(np.divide(found - chance.mean(axis=0), spread, out=away, where=spread > 0.0))


def shifted_ppc(z: Phasors, lags: tuple[int, ...], seed: int, shifts: int) -> Doubles:
    """Return float64[shifts, B]: PPC of the same series, each shifted in a circle by its own random amount.

    Args:
        z: complex64[B, n, T], unit phasors, zero where missing.
        lags: L of each band, instants.
        seed: of the shifts.
        shifts: the number of draws.
    """
    bands, n, instants = z.shape
    rng = np.random.default_rng(seed)
    chance = np.empty((shifts, bands))
    for shift in range(shifts):
        turn = (np.arange(instants) + rng.integers(0, instants, (n, 1))) % instants
        chance[shift] = synchrony(sums_of(np.take_along_axis(z, turn[np.newaxis], axis=2)), lags).ppc
    return chance
