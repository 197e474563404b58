"""Many frames into a frame table at once: those that are plainly next in order, in one write by column.

`write_next` takes in each frame for which `FrameTable.write` would answer ACCEPTED or LATE without a gap, a
replay, a freeze or an unsound number to consider; it changes the table exactly as that call would. Every
other frame is left untouched, and the caller gives it to `FrameTable.write`. So there is one judgement of
frames, and this module only recognises its plainest case.
"""

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import FEATURE_DB_LIMIT, FROZEN_FRAMES
from dreamd.fusion.frame_table import CLOCK_JUMP_HOPS, PAST_HOPS, SEQ_LOW, SHARE_MOST, FrameTable, Mask
from dreamwire.frame_columns import FrameColumns


def write_next(
    table: FrameTable, rows: NDArray[np.intp], frames: FrameColumns, instant_now: int
) -> tuple[Mask, int]:
    """Take in the frames that are plainly next.

    Args:
        table: of the frames' schema.
        rows: intp[n], the row of each frame, each row once.
        frames: n frames.
        instant_now: the grid instant now.

    Returns:
        bool[n], the frames taken in, and how many of them arrived after the tick of their instant.
    """
    ahead = frames.instant - instant_now
    low = frames.seq & (SEQ_LOW - 1)
    with np.errstate(invalid="ignore"):  # NaN and infinity compare as false, and are not taken here
        numbers = (
            (np.abs(frames.features) <= FEATURE_DB_LIMIT).all(axis=1)
            & np.isfinite(frames.own_z)
            & (frames.quality >= 0.0)
            & (frames.quality <= SHARE_MOST)
            & (frames.applied >= 0.0)
            & (frames.applied <= SHARE_MOST)
        )
    alike = (frames.features.view(np.uint32) == table.db[rows].view(np.uint32)).all(axis=1)
    same = np.where(alike, table.same[rows] + np.uint8(1), np.uint8(1))
    taken = (
        numbers
        & (ahead <= CLOCK_JUMP_HOPS)
        & (ahead >= -PAST_HOPS)
        & table.present[rows]
        & (frames.seq == table.seq[rows].astype(np.int64) + 1)
        & (low != 0)
        & (frames.instant > table.instant[rows])
        & (same < FROZEN_FRAMES)
    )
    if not taken.all():
        at = np.flatnonzero(taken)
        rows, frames, same = rows[at], frames.taken(at), same[at]
    _store(table, rows, frames, same)
    return taken, int(np.count_nonzero(frames.instant <= table.closed))


def _store(table: FrameTable, rows: NDArray[np.intp], frames: FrameColumns, same: NDArray[np.uint8]) -> None:
    table.instant[rows] = frames.instant
    table.seq[rows] = frames.seq
    table.came[rows] = (table.came[rows] << np.uint64(1)) | np.uint64(1)
    table.quality[rows] = frames.quality
    table.applied[rows] = frames.applied
    table.own_z[rows] = frames.own_z
    table.uncertain_s[rows] = frames.uncertainty_us * 1e-6
    table.finite[rows] = True
    table.db[rows] = frames.features
    table.phasor_pairs[rows] = frames.phasors
    table.same[rows] = same
    table.frozen[rows] = False
