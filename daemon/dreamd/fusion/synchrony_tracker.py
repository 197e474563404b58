"""The phases of a whole Dreamscape, tick after tick: all banks' sums together, and their results.

Every tick adds a hop. The group's result is read once a second. Each sleeper's own result is computed in
parts, so that every sleeper is covered once a second and no tick carries the whole work.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from dreamd.fusion.frame_table import FrameTable, Mask
from dreamd.fusion.phase_window import TURNS, PhaseWindow, columns_of
from dreamd.fusion.small_groups.phase_rings import PhaseRings, PooledWindow
from dreamd.fusion.synchrony import (
    SURROGATE_SLEEPERS,
    WINDOW,
    Complexes,
    Doubles,
    Everyone,
    PhaseSums,
    Phasors,
    Synchrony,
    lags_of,
    merge,
    nothing_known,
    synchrony,
)
from dreamwire.messages import Floats
from dreamwire.schema import INSTANTS_PER_HOP, Schema

SHIFTS_EVERY_HOPS: Final = 240
"""A minute."""


class SynchronyTracker:
    """The phases of one Dreamscape. synchrony: as last read. banks: each bank's phases.

    shifted: float64[B], z by circular shifts, of the last check; NaN: none yet. parted: these sleepers are a
    part of a whole, whose synchrony comes from outside (`told`).
    """

    def __init__(self, schema: Schema) -> None:
        self.lags = lags_of(schema)
        self.banks: list[PhaseWindow | PooledWindow] = []
        self.synchrony: Synchrony = nothing_known(len(self.lags))
        self.shifted: Doubles = self.synchrony.z
        self.parted = False
        self._began: int | None = None
        self._lent: int | None = None
        self._everyone = Everyone(self.lags)

    def tick(
        self, banks: Sequence[FrameTable], included: Sequence[Mask], allowed: Sequence[Mask], instant: int
    ) -> list[tuple[Complexes, Doubles]]:
        """Add the hop of this instant.

        Args:
            banks: always in the same order; more may follow at the end in a later tick.
            included: bool[slots] for each, phases that count.
            allowed: bool[slots] for each, rows with a past that may count.
            instant: the grid instant that closes.

        Returns:
            For each bank the sum of unit phasors at this very instant, complex128[B], and their number.
        """
        windows = self._apart(banks)
        self._began = instant if self._began is None else self._began
        newest = [
            phases.step(bank, counted, ok, instant)
            for phases, bank, counted, ok in zip(windows, banks, included, allowed, strict=True)
        ]
        due = [phases.due(bank.used, instant) for phases, bank in zip(windows, banks, strict=True)]
        read = instant % TURNS == 0 and not self.parted
        if windows and (read or any(due)):
            sums, end = self.sums(), columns_of(instant)[1]
            if read:
                self.synchrony = synchrony(sums, self.lags, end)
            if any(due):
                self._everyone.see(sums, end)
                for phases, rows in zip(windows, due, strict=True):
                    phases.each(self._everyone, rows)
        return newest

    def _apart(self, banks: Sequence[FrameTable]) -> list[PhaseWindow]:
        """Return a window for each bank; phases that were pooled are taken back from there."""
        windows = []
        for number, bank in enumerate(banks):
            held = self.banks[number] if number < len(self.banks) else None
            if isinstance(held, PhaseWindow):
                windows.append(held)
                continue
            window = PhaseWindow(len(self.lags), bank.slots)
            if held is not None:
                window.take_over(held.z, held.heard, held.last)
                window.own[:] = held.own
            windows.append(window)
        self.banks = [*windows]
        return windows

    def pooled(self, rings: PhaseRings, bank: FrameTable, instant: int) -> PooledWindow:
        """Return the window of the only bank, in these rings, for a pass that adds the hop of this instant.

        Phases that it has are taken along. `synchrony` is set by the pass, and `own` computed when asked for.
        """
        self._began = instant if self._began is None else self._began
        held = self.banks[0] if self.banks else None
        mine = held if isinstance(held, PooledWindow) else None
        window = rings.window_for(mine, bank.used, bank.slots)
        if isinstance(held, PhaseWindow):
            window.take_over(*held.held())
            window.own[:] = held.own
        self.banks = [window]
        return window

    def sums(self) -> PhaseSums:
        """Return the sums of all banks, in the ring's order; at least one bank has been given."""
        sums = self.banks[0].sums
        for phases in self.banks[1:]:
            sums = merge(sums, phases.sums)
        return sums

    def told(self, whole: PhaseSums | None, instant: int) -> None:
        """Read the synchrony of the whole from its sums, as of this instant; None: it is not known."""
        end, unknown = columns_of(instant)[1], nothing_known(len(self.lags))
        self.synchrony = unknown if whole is None else synchrony(whole, self.lags, end)

    def own(self) -> tuple[Floats, ...]:
        """Each sleeper's PPC with all others, mean over bands, float32[slots] a bank; NaN: not known."""
        for phases in self.banks:
            if isinstance(phases, PooledWindow):
                phases.compute_own(self._everyone)
        return tuple(phases.own.copy() for phases in self.banks)

    def shifts_due(self, instant: int) -> bool:
        """Whether a whole window has a result that was not checked by shifts for a minute."""
        young = self._began is None or instant - self._began < WINDOW // INSTANTS_PER_HOP
        lately = self._lent is not None and 0 <= instant - self._lent < SHIFTS_EVERY_HOPS
        return not (young or lately) and bool(np.isfinite(self.synchrony.z).any())

    def lend(self, instant: int) -> Phasors:
        """Return the copy to shift; the next check is due a minute later."""
        self._lent = instant
        return self.some()

    def shifts_told(self, z: Doubles) -> None:
        """Store the result of the shifts."""
        self.shifted = z

    def some(self, most: int = SURROGATE_SLEEPERS) -> Phasors:
        """Return a copy of at most `most` sleepers' phases, complex64[B, n, T], for `surrogate_z`."""
        share = max(most // max(len(self.banks), 1), 1)
        parts = [phases.some(share) for phases in self.banks[:most]]
        nobody = np.zeros((len(self.lags), 0, WINDOW), dtype=np.complex64)
        return np.concatenate([nobody, *parts], axis=1)
