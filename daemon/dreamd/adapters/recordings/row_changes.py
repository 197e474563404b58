"""The changes in the fusion's tables since the last tick: each row once, where any of it differs.

The fusion of a tick depends on the rows as they are then, and on its own past. So the changes of every tick,
in order, are enough to run it again.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.frame_table import Mask
from dreamd.ports.recordings import TableRows

Rows = NDArray[np.int64]

FRAME: Final = ("subject", "seq", "instant", "present")
"""A row with another of these holds another frame."""
STATE: Final = ("finite", "frozen", "good", "allowed")


class RowChanges:
    """Remembers the last tick's rows of every table."""

    def __init__(self) -> None:
        self._before: dict[int, TableRows] = {}

    def changed(self, table: int, rows: TableRows) -> tuple[Rows, Mask]:
        """Return the changed rows of a table, ascending, and bool[used]: the rows with a new frame."""
        before = self._before.get(table)
        self._before[table] = rows
        known = before.used if before is not None else 0
        other = np.ones(rows.used, dtype=np.bool_)
        frames = np.ones(rows.used, dtype=np.bool_)
        if before is not None:
            frames[:known] = _differ(before, rows, FRAME, known)
            other[:known] = frames[:known] | _differ(before, rows, STATE, known)
        return np.flatnonzero(other), frames & rows.present & (rows.subject > 0)


def _differ(before: TableRows, now: TableRows, names: tuple[str, ...], known: int) -> Mask:
    found = np.zeros(known, dtype=np.bool_)
    for name in names:
        found |= getattr(before, name) != getattr(now, name)[:known]
    return found
