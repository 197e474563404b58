"""Frames that arrived together: those that are plainly next are written by column, all others one by one.

The verdicts are those of `PodInputs.on_frame`, frame for frame: a frame is taken in here only where that
would accept it (`fusion.frame_batch`). Of each row the first frame alone is, so that frames keep their order.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.fleet.senders import may_send
from dreamd.core.limits import COHORT_SLOTS, HOP_S
from dreamd.fusion.frame_batch import write_next
from dreamwire.frame_columns import FrameBlock


class FrameBlocks:
    """Takes in blocks. find: the runtime of a Dreamscape. newest: the newest closed grid instant."""

    def __init__(
        self,
        dependencies: Dependencies,
        find: Callable[[str], DreamscapeRuntime | None],
        newest: Callable[[], int],
    ) -> None:
        self._deps, self._find, self._newest = dependencies, find, newest

    def take_in(self, block: FrameBlock) -> None:
        """Take in each frame of the block."""
        of: dict[str, list[int]] = {}
        for at, topic in enumerate(block.topics):
            of.setdefault(topic.dreamscape, []).append(at)
        for name, places in of.items():
            runtime = self._find(name)
            if runtime is None:
                for _ in places:
                    self._deps.meters.frame_refused("unknown-dreamscape")
                continue
            left = self._write(runtime, block, places)
            for at in left:
                runtime.inputs.on_frame(block.topics[at], block.frame(at), self._newest())

    def _write(self, runtime: DreamscapeRuntime, block: FrameBlock, places: list[int]) -> Iterable[int]:
        """Write what is plainly next; return the places of the others, in order."""
        dreamscape = runtime.dreamscape
        cohorts, by_assignment = dreamscape.cohorts, dreamscape.seats.assigned_slot
        if cohorts.schema.code != block.schema:
            return places
        rows, at_rows = [], []
        seen: set[int] = set()
        topics, assignments, fleet = block.topics, block.assignments, self._deps.fleet
        for at in places:
            slot, topic = by_assignment(assignments[at]), topics[at]
            if slot is None or topic.cohort != slot.cohort:
                continue
            if topic.sender != slot.pod and not may_send(fleet, topic.sender, slot.pod):
                continue
            row = slot.cohort * COHORT_SLOTS + slot.slot
            if row not in seen:
                seen.add(row)
                rows.append(row)
                at_rows.append(at)
        if not rows:
            return places
        at_all, row_all = np.array(at_rows, dtype=np.intp), np.array(rows, dtype=np.intp)
        done: set[int] = set()
        for number in np.unique(row_all // cohorts.table_slots).tolist():
            mine = row_all // cohorts.table_slots == number
            done.update(self._write_table(runtime, block, number, at_all[mine], row_all[mine]))
        return [at for at in places if at not in done]

    def _write_table(
        self,
        runtime: DreamscapeRuntime,
        block: FrameBlock,
        number: int,
        at: NDArray[np.intp],
        rows: NDArray[np.intp],
    ) -> list[int]:
        cohorts = runtime.dreamscape.cohorts
        if number >= len(cohorts.banks):
            return []
        table = cohorts.banks[number]
        whole = len(at) == len(block.assignments)
        columns = block.columns if whole else block.columns.taken(at)
        taken, late = write_next(
            table.columns, rows - number * cohorts.table_slots, columns, self._newest() + 1
        )
        table.seen = None
        places = at[taken]
        self._deps.meters.frames_accepted(len(places), late=late)
        if self._deps.tickets.awaits_any:
            self._confirm(runtime, block, places)
        return list(places.tolist())

    def _confirm(self, runtime: DreamscapeRuntime, block: FrameBlock, places: NDArray[np.intp]) -> None:
        """Confirm the severs of pods that report a share of zero."""
        columns = block.columns
        zero = places[(columns.applied[places] == 0.0) & ~block.fading[places]]
        for at in zero.tolist():
            slot = runtime.dreamscape.seats.assigned_slot(block.assignments[at])
            captured_s = int(columns.instant[at]) * HOP_S - int(columns.uncertainty_us[at]) * 1e-6
            if slot is not None:
                self._deps.tickets.confirm(slot.pod, captured_s)
