"""The group's statistics of a replay: identity, energy and the centre's course, from the same rows.

The order within a tick is the daemon's: rows that changed hands are cleared, a sleeper severed for identity
begins a new window, the tick is observed, its numbers are read, and the longer work follows. Energy needs the
sleepers' calibrations, which recordings of version 1 lack.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.collective import Fused
from dreamd.fusion.frame_table import FrameTable
from dreamd.fusion.group_statistics import GroupStatistics, Heard
from dreamwire import blend
from dreamwire.messages import Floats
from dreamwire.schema import Schema

RESTARTS: Final = "identity-lost"
"""The kind of event after which a sleeper's present window begins anew."""


class ReplayedGroup:
    """The statistics of one segment. scale: mu and sigma, float32[D] each, dB; slots: rows of a table."""

    def __init__(self, schema: Schema, scale: tuple[Floats, Floats], slots: int) -> None:
        self._scale, self._slots = scale, slots
        self._statistics = GroupStatistics(schema)

    def take_up(self, table: int, row: int, template_db: Floats, scale_db: Floats) -> None:
        """A sleeper with this calibration, float32[D] dB each, has got this row."""
        self._statistics.take_up(table * self._slots + row, template_db, scale_db)

    def clear_rows(self, table: int, rows: Iterable[int]) -> None:
        """These rows of a table have another holder, or none."""
        for row in rows:
            self._statistics.clear(table * self._slots + row)

    def restart_window(self, table: int, row: int) -> None:
        """The sleeper in this row was severed for identity."""
        self._statistics.identity.restart(table * self._slots + row)

    def observe_rows(
        self,
        tables: Sequence[FrameTable],
        subjects: Sequence[NDArray[np.int32]],
        fused: Fused,
        instant: int,
    ) -> None:
        """Add the tick of this instant, as the daemon's group monitor does."""
        sound = [table.eligible(instant, held > 0) for table, held in zip(tables, subjects, strict=True)]
        rows = [np.flatnonzero(mask) for mask in sound]
        if not rows:
            return
        age = [np.maximum(instant - table.instant[at], 0) for table, at in zip(tables, rows, strict=True)]
        db = np.concatenate([table.db[at] for table, at in zip(tables, rows, strict=True)])
        included = [mask[at] for mask, at in zip(fused.included, rows, strict=True)]
        self._statistics.reserve(len(tables) * self._slots)
        self._statistics.observe(
            Heard(
                rows=np.concatenate([at + number * self._slots for number, at in enumerate(rows)]),
                db=db,
                x=blend.to_shared(db, *self._scale),
                included=np.concatenate(included),
                age=np.concatenate(age),
                m=fused.m,
                instant=instant,
            )
        )

    def columns(self) -> dict[str, float]:
        """Return the numbers of the group by the columns of `ticks`, as they are in the tick's message."""
        axes, runaway = self._statistics.identity.axes, self._statistics.runaway
        return {
            "energy": runaway.energy.mean,
            "energy_limit": runaway.energy.limit,
            "lag_correlation": runaway.centres.correlation,
            "dispersion_ratio": axes.dispersion,
            "rank_ratio": axes.rank,
            "i_self": axes.i_self,
            "i_others": axes.i_others,
            "i_diff": axes.i_diff,
            "identified": axes.identified,
        }

    def digest_axes(self) -> None:
        """Do a tick's share of the longer work, after its numbers were read."""
        self._statistics.identity.digest()
        self._statistics.runaway.digest()
