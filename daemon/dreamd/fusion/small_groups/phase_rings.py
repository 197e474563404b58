"""The phases of many small Dreamscapes, in rings that a pass writes and reads at once.

A Dreamscape's window is a place in a ring of its capacity; only the phases themselves are kept, for
`pair_synchrony` reads everything from them. So a window of twenty people is 64 kB, where G and K take 768 kB
more. A Dreamscape that runs apart again takes its phases with it (`PhaseWindow.resume`).

The rules are those of `phase_window`: a phase counts in the tick of its own instant alone, a sleeper who is
not allowed is removed from the past too, skipped ticks are gaps of all sleepers.
"""

from collections.abc import Sequence
from typing import Final
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.frame_table import FrameTable, Mask
from dreamd.fusion.geometric_median import Doubles
from dreamd.fusion.phase_window import TURNS, columns_of, gaps_since, mean_of_bands, sample, units_of
from dreamd.fusion.row_slices import run_of
from dreamd.fusion.small_groups.pair_synchrony import synchrony_of_groups
from dreamd.fusion.small_groups.segments import Segments
from dreamd.fusion.synchrony import (
    SURROGATE_SLEEPERS,
    WINDOW,
    Complexes,
    Everyone,
    PhaseSums,
    Phasors,
    Synchrony,
    sums_of,
)
from dreamwire.schema import INSTANTS_PER_HOP

CAPACITIES: Final = (4, 8, 12, 16, 20, 24, 32, 40, 48, 64)
POOLED_ROWS: Final = CAPACITIES[-1]
"""A Dreamscape of more rows gains nothing by a pass."""
READ_ROWS: Final = 480
"""Rows whose synchrony is read at once: their work arrays are about a megabyte, a core's own cache."""


class PooledWindow:
    """The phases of one small Dreamscape. own: float32[slots], each sleeper's PPC, as last asked for.

    last: the instant of its newest tick; None: there was none.
    """

    def __init__(self, ring: "_Ring", slots: int) -> None:
        self.ring, self.place = ring, ring.take_place(self)
        self.own: NDArray[np.float32] = np.full(slots, np.nan, dtype=np.float32)
        self.last: int | None = None
        self._second: int | None = None

    @property
    def z(self) -> Phasors:
        """complex64[B, capacity, T], unit or zero: a view."""
        return self.ring.z[:, self.place]

    @property
    def heard(self) -> Mask:
        """bool[capacity], rows with a past: a view."""
        return np.asarray(self.ring.heard[self.place])

    @property
    def sums(self) -> PhaseSums:
        """G and K, in the ring's order, computed anew."""
        return sums_of(self.z)

    def forget_rows(self, rows: NDArray[np.int64]) -> None:
        """Remove these rows from the window, as if they had never been there."""
        self.z[:, rows] = 0
        self.heard[rows] = False
        self.own[rows] = np.nan

    def turn_to(self, instant: int) -> None:
        """Make gaps of the hops between the last one and this; of the whole window after a jump."""
        for hop in gaps_since(self.last, instant):
            first, end = columns_of(hop)
            self.z[:, :, first:end] = 0
        self.last = instant

    def move_to(self, ring: "_Ring") -> None:
        """Take a place in a ring of more rows."""
        z, heard = self.z, self.heard
        self.ring, self.place = ring, ring.take_place(self)
        self.z[:, : z.shape[1]] = z
        self.heard[: len(heard)] = heard

    def take_over(self, z: Phasors, heard: Mask, last: int | None) -> None:
        """Go on from these phases, complex64[B, slots, T], of which rows up to the capacity are used."""
        self.z[...] = z[:, : self.ring.capacity]
        self.heard[...] = heard[: self.ring.capacity]
        self.last = last

    def compute_own(self, everyone: Everyone) -> None:
        """Compute `own` of all rows, at most once a second: the first time that it is asked for in it."""
        second = self.last // TURNS if self.last is not None else None
        if second == self._second or self.last is None:
            return
        self._second = second
        everyone.see(self.sums, columns_of(self.last)[1])
        ppc = everyone.ppc_each(self.z, (self.z != 0).astype(np.uint8))
        self.own[: self.ring.capacity] = mean_of_bands(ppc)

    def some(self, most: int = SURROGATE_SLEEPERS) -> Phasors:
        """See `PhaseWindow.some`."""
        return sample(self.z, self.heard, self.last, most)


class _Ring:
    """Places for windows of one capacity. z: complex64[B, places, rows, T]; heard: bool[places, rows]."""

    def __init__(self, bands: int, capacity: int) -> None:
        self.capacity = capacity
        self.z: Phasors = np.zeros((bands, 1, capacity, WINDOW), dtype=np.complex64)
        self.heard: Mask = np.zeros((1, capacity), dtype=np.bool_)
        self._holders: list[ReferenceType[PooledWindow] | None] = [None]

    def take_place(self, window: PooledWindow) -> int:
        """Give the window a place of its own, empty."""
        free = (place for place, holder in enumerate(self._holders) if not self._holds(holder, place))
        place = next(free, len(self._holders))
        if place == len(self._holders):
            self.z = np.concatenate((self.z, np.zeros_like(self.z)), axis=1)
            self.heard = np.concatenate((self.heard, np.zeros_like(self.heard)))
            self._holders += [None] * len(self._holders)
        self.z[:, place] = 0
        self.heard[place] = False
        self._holders[place] = ref(window)
        return place

    def _holds(self, holder: ReferenceType[PooledWindow] | None, place: int) -> bool:
        window = holder() if holder is not None else None
        return window is not None and window.ring is self and window.place == place


class PhaseRings:
    """The rings of all Dreamscapes of one schema."""

    def __init__(self, lags: tuple[int, ...]) -> None:
        self._lags = lags
        self._rings: dict[int, _Ring] = {}

    def window_for(self, window: PooledWindow | None, used: int, slots: int) -> PooledWindow:
        """Return a window with room for so many rows: this one, moved where it is too small, or a new one."""
        capacity = next(capacity for capacity in CAPACITIES if capacity >= used)
        if window is not None and window.ring.capacity >= capacity:
            return window
        ring = self._rings.setdefault(capacity, _Ring(len(self._lags), capacity))
        if window is None:
            return PooledWindow(ring, slots)
        window.move_to(ring)
        return window

    def add_hop(
        self,
        windows: Sequence[PooledWindow],
        rows: Segments,
        columns: Sequence[FrameTable],
        fresh: Mask,
        allowed: Mask,
        instant: int,
    ) -> tuple[Complexes, Doubles]:
        """Add the hop of this instant to every window.

        Args:
            windows: one a segment.
            rows: the segments.
            columns: the newest frames, a table a segment.
            fresh: bool[N], rows whose phases count.
            allowed: bool[N], rows with a past that may count.
            instant: the grid instant that closes.

        Returns:
            complex128[K, B], the sum of unit phasors at the hop's last instant; float64[K, B], their number.
        """
        units, here = units_of(rows.gather([table.phasors for table in columns]), fresh)
        heard = np.logical_or.reduce(here.reshape(-1, here.shape[2]))
        first = 2 * columns_of(instant)[0]
        for ring, members in _by_ring(windows):
            inside = (
                slice(None) if len(members) == len(windows) else np.flatnonzero(np.isin(rows.of, members))
            )
            of = rows.of[inside]
            places = np.asarray([window.place for window in windows])[of]
            at = places * ring.capacity + rows.at[inside]
            past = ring.heard.reshape(-1)
            gone = past[at] & ~allowed[inside]
            if gone.any():
                self._forget(windows, of[gone], rows.at[inside][gone])
            for member in members:
                windows[member].turn_to(instant)
            flat = ring.z.view(np.float32).reshape(len(ring.z), -1, 2 * WINDOW)
            flat[:, at, first : first + 2 * INSTANTS_PER_HOP] = units[:, :, inside].transpose(0, 2, 1)
            past[at] |= heard[inside]
        newest = np.add.reduceat(units[:, 2:], rows.begins, axis=2, dtype=np.float64)
        counts = np.add.reduceat(here[:, -1], rows.begins, axis=1, dtype=np.float64)
        return newest.transpose(2, 0, 1).copy().view(np.complex128)[:, :, 0], counts.T

    def _forget(self, windows: Sequence[PooledWindow], of: NDArray[np.int64], at: NDArray[np.int64]) -> None:
        for member in np.unique(of).tolist():
            windows[member].forget_rows(at[of == member])

    def read_synchrony(self, windows: Sequence[PooledWindow], instant: int) -> list[Synchrony]:
        """Return the synchrony of each window, over its ten seconds; [] in three ticks of four."""
        if instant % TURNS:
            return []
        found: dict[int, Synchrony] = {}
        end = columns_of(instant)[1]
        for ring, members in _by_ring(windows):
            step = max(READ_ROWS // ring.capacity, 1)
            for part in (members[begin : begin + step] for begin in range(0, len(members), step)):
                at = run_of(np.asarray([windows[member].place for member in part]))
                z = ring.z[:, at] if isinstance(at, slice) else np.take(ring.z, at, axis=1)
                found |= zip(part, synchrony_of_groups(z, self._lags, end), strict=True)
        return [found[member] for member in range(len(windows))]


def _by_ring(windows: Sequence[PooledWindow]) -> list[tuple[_Ring, list[int]]]:
    """The windows of each ring, by their numbers."""
    found: dict[int, tuple[_Ring, list[int]]] = {}
    for member, window in enumerate(windows):
        found.setdefault(id(window.ring), (window.ring, []))[1].append(member)
    return list(found.values())
