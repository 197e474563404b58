"""The exposure meter: merge-minutes that each slot has lived since its sleeper was last charged."""

from dreamd.app.collective.cohorts import OUTLIVES_S, Cohorts, SlotAt
from dreamd.core.dreamscapes.roster import Slot


class ExposureMeter:
    """Reads and sets the exposure columns of one Dreamscape, slot by slot."""

    def __init__(self, cohorts: Cohorts) -> None:
        self._cohorts = cohorts

    def charged(self, slot: Slot, left_min: float) -> None:
        """The minutes taken out have been charged; left_min: what the limit leaves for those lived since."""
        bank, row = self._cohorts.locate(slot)
        bank.left_min[row] = left_min

    def charging(self, slot: Slot) -> None:
        """The minutes lived are on their way to the ledger: take them out, of what is left as well."""
        bank, row = self._cohorts.locate(slot)
        bank.left_min[row] -= bank.lived_min[row]
        bank.lived_min[row] = 0.0

    def lived_min(self, slot: Slot) -> float:
        """Merge-minutes lived since they were last charged, up to the last message."""
        bank, row = self._cohorts.locate(slot)
        return float(bank.lived_min[row])

    def vacated_min(self, slot: Slot) -> float:
        """The same for a slot that is granted nothing more: up to the end of its last fade."""
        bank, row = self._cohorts.locate(slot)
        last = max(bank.grants.largest(row), float(bank.rate[row]))
        if self._cohorts.whole_minutes:
            last = float(not last <= 0.0)
        return self.lived_min(slot) + last * OUTLIVES_S / 60.0

    def overexposed(self) -> list[SlotAt]:
        """Slots of which the sleeper has lived all that the limit leaves."""
        return self._cohorts.where(b.occupied & ~(b.lived_min < b.left_min) for b in self._cohorts.banks)
