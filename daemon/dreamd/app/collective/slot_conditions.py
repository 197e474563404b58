"""The condition of slots: the masks that tell, once a tick, which slots give cause to look at their breakers.

Each mask is one pass over a table's columns. In most ticks no slot gives cause, and `all_healthy` answers in
one pass over everything.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dreamd.app.collective.cohorts import GRACE_HOPS, Cohorts, SlotAt
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.limits import HOP_S, LOST_WINDOW_S, QUALITY_IN
from dreamd.core.safety.causes import Cause


@dataclass(frozen=True, slots=True)
class Condition:
    """The newest frame of one slot. sound: it may be scored. poor: it is new, and its quality is too low."""

    sound: bool
    poor: bool


class SlotConditions:
    """Reads the conditions of all slots of one Dreamscape."""

    def __init__(self, cohorts: Cohorts) -> None:
        self._cohorts = cohorts

    def all_healthy(self, instant: int, quality_out: float) -> bool:
        """Whether no slot is over-rendering, stale, lossy or of low quality; most ticks are so."""
        for bank in self._cohorts.banks:
            columns = bank.columns
            well = bank.recent(instant) & (columns.quality >= quality_out)
            ill = ~well | columns.lossy() | bank.grants.disobeyed(columns, instant)
            if (bank.occupied & ill).any():
                return False
        return True

    def stale_slots(self, instant: int) -> list[SlotAt]:
        """Slots with frames that are due and more than three hops old, or never came."""
        return self._cohorts.where(
            b.occupied & ~b.recent(instant) & (instant - b.since > GRACE_HOPS) for b in self._cohorts.banks
        )

    def low_quality_slots(self, instant: int, quality_out: float) -> list[SlotAt]:
        """Slots with a newest frame that is fresh, not looked at before, and of a quality too low."""
        return self._cohorts.where(
            b.occupied & b.anew(instant) & b.recent(instant) & ~(b.columns.quality >= quality_out)
            for b in self._cohorts.banks
        )

    def lossy_slots(self) -> list[SlotAt]:
        """Slots that lost more than a fifth of the last ten seconds' frames."""
        return self._cohorts.where(b.occupied & b.columns.lossy() for b in self._cohorts.banks)

    def over_rendering_slots(self, instant: int) -> list[SlotAt]:
        """Slots of which two frames in a row report that more is rendered than was granted."""
        return self._cohorts.where(
            b.occupied & b.grants.disobeyed(b.columns, instant) for b in self._cohorts.banks
        )

    def evidence(self, at: SlotAt, cause: Cause, instant: int) -> str:
        """The evidence for this cause in the columns of a slot, in words."""
        bank, row = self._cohorts.locate(at)
        columns = bank.columns
        match cause:
            case Cause.ACTUATOR:
                return f"renders {columns.applied[row]:.3f}, granted {bank.grants.largest(row):.3f}"
            case Cause.QUALITY:
                return f"quality {columns.quality[row]:.2f}"
            case Cause.STALE if columns.present[row]:
                return f"no data for {HOP_S * (instant - int(columns.instant[row])):.1f} s"
            case Cause.STALE:
                return (
                    f"no data for {HOP_S * (instant - int(bank.since[row])):.1f} s since the slot was given"
                )
            case _:
                return f"{columns.lost_lately(row)} frames lost in {LOST_WINDOW_S:.0f} s"

    def condition_of(self, instant: int) -> Callable[[Slot], Condition]:
        """Return a function that gives the condition of any slot at this grid instant."""
        banks = self._cohorts.banks
        sound = [b.columns.eligible(instant, np.ones(b.columns.slots, dtype=np.bool_)) for b in banks]
        poor = [b.anew(instant) & b.recent(instant) & ~(b.columns.quality >= QUALITY_IN) for b in banks]

        def condition(slot: Slot) -> Condition:
            bank, row = self._cohorts.place_of(slot)
            return Condition(bool(sound[bank][row]), bool(poor[bank][row]))

        return condition
