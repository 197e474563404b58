"""The slots of one table as they were when their sums left the house, for the message that the answer makes.

Between the two, frames arrive and slots change hands. A message answers the frames that are in its sums, and
grants nothing to a slot that has another holder since.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dreamd.app.collective.slot_table import SlotTable
from dreamd.fusion.frame_table import Mask


@dataclass(frozen=True, slots=True)
class Asked:
    """The holders of a table's slots, int32[slots] and int64[slots], and the frames in the sums."""

    subject: NDArray[np.int32]
    since: NDArray[np.int64]
    answered: NDArray[np.uint16]

    @classmethod
    def at_sums(cls, table: SlotTable, included: Mask) -> Self:
        """Return those of now; included: bool[slots], in the sums."""
        return cls(table.subject.copy(), table.since.copy(), table.columns.answered(included))

    def now(self, table: SlotTable, included: Mask) -> tuple[Mask, NDArray[np.uint16]]:
        """Return which of those included may still be coupled there, and the frames that are answered."""
        same = (table.subject == self.subject) & (table.since == self.since)
        here = included & table.reachable & same
        return here, np.where(here, self.answered, 0).astype(np.uint16)
