"""The last ten seconds' phases of one bank, and their sums, updated one hop at a time.

A ring of T = 80 instants a band: instant t is in column t mod T, whenever it arrives. A tick writes its hop's
two columns over the oldest two and recomputes these two columns of G and K, both in one pass over the ring,
block by block; the rest of G stays. Products are taken in float64, so that a removed sleeper's trace falls to
1e-13. From 1,024 rows on the products of a block are taken in float32, for speed, and summed in float64: a
removed sleeper's trace in G is then 1e-6, in the results for a thousand people less than 1e-9. The cost is 2
T N complex products a band, and memory is read once.

Rules
- Nothing drifts: an entry of G lives for one window at most and is computed as a whole when it is made.
- A sleeper that is no longer allowed (left, or the breaker has opened) is removed from the past too: their
  outer products are subtracted and their rows cleared. A sleeper that is only not counted at this tick (a
  late frame, poor quality, an outlier) has a gap there and keeps the rest.
- A phase counts only in the tick of its own instant. A late frame is a gap in its hop and changes no other.
- Skipped ticks are gaps of all sleepers. A repeated tick writes the same columns again; an instant that goes
  back restarts the window.
- A phasor's length has no weight; zero, infinite or NaN: missing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.frame_table import FrameTable, Mask
from dreamd.fusion.geometric_median import BLOCK_ROWS, Doubles, blocks
from dreamd.fusion.synchrony import (
    SPARSE,
    SURROGATE_SLEEPERS,
    WINDOW,
    Complexes,
    Everyone,
    PhaseSums,
    Phasors,
    sums_of,
)
from dreamwire.messages import Floats
from dreamwire.schema import INSTANTS_PER_HOP

PRODUCT_ROWS: Final = 256
"""Rows multiplied at once: widened to float64, five bands of them are 1.6 MB, about a core's own cache."""
MANY_PRODUCT_ROWS: Final = 512
"""Rows of one band multiplied at once in float32: 320 kB, a part of any core's own cache."""
TURNS: Final = 4
"""Each sleeper's own PPC is computed once in this many ticks (one second), a part of the rows in each."""
LARGE_ROWS: Final = 1024
"""From this many rows on, a block's products are taken in float32."""
EACH_ROWS: Final = 1024
"""Rows for which own PPC is computed at once."""
_HOPS: Final = WINDOW // INSTANTS_PER_HOP


def columns_of(instant: int) -> tuple[int, int]:
    """Return the first of a hop's two columns in the ring, and the one after its last."""
    first = (instant % _HOPS) * INSTANTS_PER_HOP
    return first, first + INSTANTS_PER_HOP


class PhaseWindow:
    """The phases of one bank. z: complex64[B, slots, T], unit or zero; there: uint8 of the same shape.

    sparse: complex64[B, slots, 10], z once a second, without gaps. sums: G and K of the whole bank, in the
    ring's order. own: float32[slots], each sleeper's PPC with all others, mean over bands, as last computed;
    NaN: not known.
    """

    def __init__(self, bands: int, slots: int) -> None:
        self.z: Phasors = np.zeros((bands, slots, WINDOW), dtype=np.complex64)
        self.there: NDArray[np.uint8] = np.zeros((bands, slots, WINDOW), dtype=np.uint8)
        self.sparse: Phasors = np.zeros((bands, slots, WINDOW // SPARSE), dtype=np.complex64)
        self._sparse_there: NDArray[np.uint8] = np.zeros(self.sparse.shape, dtype=np.uint8)
        self.own: NDArray[np.float32] = np.full(slots, np.nan, dtype=np.float32)
        self._heard = np.zeros(slots, dtype=np.bool_)
        self.sums = PhaseSums(
            np.zeros((bands, WINDOW, WINDOW), dtype=np.complex128), np.zeros((bands, WINDOW, WINDOW))
        )
        self._ring = self.z.view(np.float32)
        self._sparse_ring = self.sparse.view(np.float32)
        self._wide = np.empty((bands, min(slots, PRODUCT_ROWS), 2 * WINDOW))
        self._used = 0
        self._last: int | None = None

    def step(
        self, columns: FrameTable, included: Mask, allowed: Mask, instant: int
    ) -> tuple[Complexes, Doubles]:
        """Add the hop of this instant.

        Args:
            columns: the bank's newest frames.
            included: bool[slots], phases that count.
            allowed: bool[slots], rows with a past that may count.
            instant: the grid instant that closes.

        Returns:
            complex128[B], the sum of unit phasors at the hop's last instant, and float64[B], their number.
        """
        gone = self._heard & ~allowed
        if gone.any():
            self._forget(np.flatnonzero(gone))
        self._turn_to(instant)
        first, end = columns_of(instant)
        self._used = columns.used
        fresh = included & (columns.instant == instant)
        g = np.zeros((len(self.z), 2 * INSTANTS_PER_HOP, 2 * WINDOW))
        gaps = np.zeros((len(self.z), INSTANTS_PER_HOP, WINDOW))
        newest = np.zeros((len(self.z), 2 * INSTANTS_PER_HOP))
        counts = np.zeros((len(self.z), INSTANTS_PER_HOP))
        parts = []
        for block in blocks(columns.used, BLOCK_ROWS):
            units, here = units_of(columns.phasors[block], fresh[block])
            self.there[:, block, first:end] = here.transpose(0, 2, 1)
            if instant % TURNS == 0:
                place = 2 * (first // SPARSE)
                self._sparse_ring[:, block, place : place + 2] = units[:, :2].transpose(0, 2, 1)
                self._sparse_there[:, block, first // SPARSE] = here[:, 0]
            self._heard[block] |= np.logical_or.reduce(here.reshape(-1, here.shape[2]))
            counts += np.add.reduce(here, axis=2, dtype=np.int32)
            newest += self._multiply(block.start, 2 * first, units, g)
            parts.append((block, here))
        told = np.asarray(counts.any(axis=1))
        for block, here in parts:
            self._miss(block, here, told, gaps)
        self._put(slice(first, end), g, counts, gaps)
        return newest[:, -2:].copy().view(np.complex128)[:, 0], counts[:, -1]

    def _multiply(self, begin: int, column: int, units: NDArray[np.float32], g: Doubles) -> Doubles:
        """Write new columns, [B, 4, n] from row `begin` on, and add their products with the ring to g.

        Returns:
            float64[B, 4]: their sums.
        """
        if self._used >= LARGE_ROWS:
            return self._multiply_many(begin, column, units, g)
        new = units.astype(np.float64)
        for part in blocks(new.shape[2], PRODUCT_ROWS):
            rows = slice(begin + part.start, begin + part.stop)
            self._ring[:, rows, column : column + new.shape[1]] = units[:, :, part].transpose(0, 2, 1)
            wide = self._wide[:, : part.stop - part.start]
            np.copyto(wide, self._ring[:, rows])
            g += new[:, :, part] @ wide
        return np.asarray(new.sum(axis=2))

    def _multiply_many(self, begin: int, column: int, units: NDArray[np.float32], g: Doubles) -> Doubles:
        """`_multiply` in float32, band by band: each row of memory is read once."""
        for band, (ring, new) in enumerate(zip(self._ring, units, strict=True)):
            for part in blocks(new.shape[1], MANY_PRODUCT_ROWS):
                rows = ring[begin + part.start : begin + part.stop]
                rows[:, column : column + len(new)] = new[:, part].T
                g[band] += new[:, part] @ rows
        return np.asarray(units.sum(axis=2, dtype=np.float64))

    def _miss(self, block: slice, here: Mask, told: Mask, gaps: Doubles) -> None:
        """Add to `gaps` how often the rows missing now were there; mostly they are few.

        told: bool[B], bands with any phase. A band too quick for every clock is missing in all rows, which
        needs no counting.
        """
        rows = np.flatnonzero(self._heard[block] & ~here[told].all(axis=(0, 1)))
        if len(rows):
            missing = np.logical_not(here[:, :, rows]).astype(np.float32)
            gaps += missing @ self.there[:, block.start + rows].astype(np.float32)

    def _put(self, hop: slice, g: Doubles, counts: Doubles, gaps: Doubles) -> None:
        """Set G's and K's columns of this hop, and the rows that mirror them.

        Rows there at both instants are the rows there then, less those missing now.
        """
        parts = g.reshape(len(g), INSTANTS_PER_HOP, 2, WINDOW, 2)
        columns = (
            parts[:, :, 0, :, 0] + parts[:, :, 1, :, 1] + 1j * (parts[:, :, 1, :, 0] - parts[:, :, 0, :, 1])
        )
        self.sums.g[:, hop] = columns.conj()
        self.sums.g[:, :, hop] = columns.transpose(0, 2, 1)
        then = np.einsum("btt->bt", self.sums.k).copy()
        then[:, hop] = counts
        both = np.where(counts[:, :, np.newaxis] > 0.0, then[:, np.newaxis] - gaps, 0.0)
        self.sums.k[:, hop] = both
        self.sums.k[:, :, hop] = both.transpose(0, 2, 1)

    def _forget(self, rows: NDArray[np.int64]) -> None:
        """Remove these rows from the window and its sums, as if they had never been there."""
        for part in blocks(len(rows), PRODUCT_ROWS):
            z = self.z[:, rows[part]].astype(np.complex128)
            there = self.there[:, rows[part]].astype(np.float64)
            self.sums.g[...] -= z.conj().transpose(0, 2, 1) @ z
            self.sums.k[...] -= there.transpose(0, 2, 1) @ there
        if len(rows):
            self.z[:, rows] = 0
            self.there[:, rows] = 0
            self.sparse[:, rows] = 0
            self._sparse_there[:, rows] = 0
            self._heard[rows] = False
            self.own[rows] = np.nan

    def _turn_to(self, instant: int) -> None:
        """Make gaps of the hops between the last one and this; of the whole window after a jump."""
        last, self._last = self._last, instant
        for hop in gaps_since(last, instant):
            first, end = columns_of(hop)
            self.z[:, :, first:end] = 0
            self.there[:, :, first:end] = 0
            if hop % TURNS == 0:
                self.sparse[:, :, first // SPARSE] = 0
                self._sparse_there[:, :, first // SPARSE] = 0
            for sums in (self.sums.g, self.sums.k):
                sums[:, first:end] = 0.0
                sums[:, :, first:end] = 0.0

    def take_over(self, z: Phasors, heard: Mask, last: int | None) -> None:
        """Go on from these phases, complex64[B, n, T], of the first n rows.

        heard: bool[n], those with a past. last: the instant of their newest hop; None: there was none.
        """
        rows = slice(z.shape[1])
        self.z[:, rows], self._heard[rows], self._last = z, heard, last
        self.there[:, rows] = z != 0
        self.sparse[:, rows] = z[:, :, ::SPARSE]
        self._sparse_there[:, rows] = self.there[:, rows, ::SPARSE]
        self.sums = sums_of(z)

    def held(self) -> tuple[Phasors, Mask, int | None]:
        """Return what another window `take_over`s: phases, rows with a past, the newest instant."""
        return self.z, self._heard, self._last

    def due(self, used: int, instant: int) -> list[slice]:
        """The rows, of those used, for which this tick computes `own`."""
        quarter = max(-(-used // TURNS), PRODUCT_ROWS)
        begin = (-instant) % TURNS * quarter
        parts = blocks(min(quarter, used - begin), EACH_ROWS)
        return [slice(begin + rows.start, begin + rows.stop) for rows in parts]

    def each(self, everyone: Everyone, due: list[slice]) -> None:
        """Compute `own` of these rows."""
        few = everyone.every == SPARSE
        z, there = (self.sparse, self._sparse_there) if few else (self.z, self.there)
        for rows in due:
            self.own[rows] = mean_of_bands(everyone.ppc_each(z[:, rows], there[:, rows]))

    def some(self, most: int = SURROGATE_SLEEPERS) -> Phasors:
        """Return a copy of at most `most` sleepers' phases, complex64[B, n, T], oldest instant first."""
        return sample(self.z, self._heard, self._last, most)


def mean_of_bands(ppc: Floats) -> Floats:
    """Return the mean of each column over the bands that are known, float32[B, n]; NaN: none is."""
    told = np.isfinite(ppc)
    mean = np.where(told, ppc, np.float32(0.0)).sum(axis=0) / np.maximum(told.sum(axis=0), 1)
    return np.where(told.any(axis=0), mean, np.nan).astype(np.float32)


def gaps_since(last: int | None, instant: int) -> range:
    """Return the hops skipped between the last one and this; the whole window where an instant goes back."""
    if last is None:
        return range(0)
    skipped = instant - last - 1 if instant >= last else _HOPS
    return range(instant - min(skipped, _HOPS), instant)


def sample(z: Phasors, heard: Mask, last: int | None, most: int) -> Phasors:
    """Return a copy of the phases of at most `most` rows with a past, complex64[B, n, T], oldest first."""
    rows = np.flatnonzero(heard)
    rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)] if len(rows) > most else rows
    end = columns_of(last)[1] if last is not None else 0
    return np.ascontiguousarray(np.roll(z[:, rows], -end, axis=2))


def units_of(phasors: Phasors, fresh: Mask) -> tuple[NDArray[np.float32], Mask]:
    """Return unit phasors float32[B, 4, n] (re, im of the older, of the newer), and where they are.

    Args:
        phasors: complex64[n, 2, B].
        fresh: bool[n], the rows to take.

    Returns:
        The phasors, zero where missing, and bool[B, 2, n].
    """
    n, halves, bands = phasors.shape
    parts = (
        phasors.view(np.float32)
        .reshape(n, halves, bands, 2)
        .transpose(2, 1, 3, 0)
        .astype(np.float32, order="C")
    )
    with np.errstate(all="ignore"):
        size = parts[:, :, 0] * parts[:, :, 0] + parts[:, :, 1] * parts[:, :, 1]
        here = (size > 0.0) & (size < np.inf) & fresh
        parts /= np.sqrt(size)[:, :, np.newaxis]
    np.copyto(parts, np.float32(0.0), where=~here[:, :, np.newaxis])
    return parts.reshape(bands, 2 * halves, n), here
