"""Frames written together leave the table exactly as frames written one by one."""

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from dreamd.core.limits import FEATURE_DB_LIMIT
from dreamd.fusion.frame_batch import write_next
from dreamd.fusion.frame_table import FrameTable, FrameVerdict
from dreamwire.frame_columns import FrameColumns
from dreamwire.messages import Frame
from dreamwire.schema import BANDS6X2

ROWS = 6
NOW = 1_000
LEVELS = (0.0, -0.0, 1.0, 2.0, FEATURE_DB_LIMIT, 1.01 * FEATURE_DB_LIMIT, float("nan"), float("inf"))
SHARES = (0.0, 0.1, 0.5, 1.0, 1.0005, 1.5, -0.1, float("nan"))

frames = st.builds(
    lambda seq, instant, level, quality, applied, own_z: Frame(
        assignment=1,
        seq=seq % (1 << 32),
        instant=NOW + instant,
        offset_error_us=0,
        uncertainty_us=300,
        schema=BANDS6X2.code,
        features=np.full(BANDS6X2.size, level, dtype=np.float32),
        phasors=np.full((2, len(BANDS6X2.phase_bands), 2), level, dtype=np.float32),
        quality=np.float32(quality).item(),
        applied=np.float32(applied).item(),
        fading=False,
        latched="",
        heard_term=0,
        heard_tick=0,
        severed=None,
        own_z=own_z,
    ),
    seq=st.sampled_from([-2, -1, 0, *range(1, 9), 65_535, 65_536, 65_537, (1 << 32) - 1]),
    instant=st.integers(-45, 6),
    level=st.sampled_from(LEVELS[:4]) | st.sampled_from(LEVELS),
    quality=st.sampled_from(SHARES[:4]) | st.sampled_from(SHARES),
    applied=st.sampled_from(SHARES[:4]) | st.sampled_from(SHARES),
    own_z=st.sampled_from([0.0, 1.0, float("nan"), float("-inf")]),
)
hops = st.lists(st.dictionaries(st.integers(0, ROWS - 1), frames, max_size=ROWS), min_size=1, max_size=8)


def columns_of(several: list[Frame]) -> FrameColumns:
    """Their columns."""
    return FrameColumns(
        np.array([one.seq for one in several], dtype=np.int64),
        np.array([one.instant for one in several], dtype=np.int64),
        np.array([one.uncertainty_us for one in several], dtype=np.int64),
        np.stack([one.features for one in several]),
        np.stack([one.phasors for one in several]),
        np.array([one.quality for one in several], dtype=np.float32),
        np.array([one.applied for one in several], dtype=np.float32),
        np.array([one.own_z for one in several], dtype=np.float32),
    )


def state_of(table: FrameTable) -> dict[str, object]:
    """Everything that the table holds."""
    return {
        name: (held.dtype.str, held.shape, held.tobytes()) if isinstance(held, np.ndarray) else held
        for name, held in vars(table).items()
    }


def ordinary(seq: int, instant: int, level: float) -> Frame:
    """A frame without a fault."""
    return Frame(
        *(1, seq, instant, 0, 300, BANDS6X2.code),
        np.full(BANDS6X2.size, level, dtype=np.float32),
        np.ones((2, len(BANDS6X2.phase_bands), 2), dtype=np.float32),
        *(0.9, 0.1, False, "", 0, 0, None, 1.0),
    )


@given(hops)
@settings(max_examples=300, deadline=None)
def test_a_batch_leaves_the_table_as_single_writes_do(told: list[dict[int, Frame]]) -> None:
    """Frame for frame the verdict is that of `write`, and so is every array of the table, bit for bit."""
    batched, single = FrameTable(BANDS6X2, ROWS), FrameTable(BANDS6X2, ROWS)
    for number, hop in enumerate(told):
        now = NOW + number
        if hop:
            rows, arrived = list(hop), list(hop.values())
            taken, late = write_next(batched, np.array(rows), columns_of(arrived), now)
            verdicts = [single.write(row, frame, now) for row, frame in hop.items()]
            for at, ok in enumerate(taken.tolist()):
                if ok:
                    assert verdicts[at] in (FrameVerdict.ACCEPTED, FrameVerdict.LATE)
                else:
                    assert batched.write(rows[at], arrived[at], now) is verdicts[at]
            assert late == sum(
                ok and verdict is FrameVerdict.LATE for ok, verdict in zip(taken, verdicts, strict=True)
            )
        batched.advance(now)
        single.advance(now)
        assert state_of(batched) == state_of(single)


@pytest.mark.parametrize(
    "fault",
    [
        {"features": np.full(BANDS6X2.size, 1.01 * FEATURE_DB_LIMIT, dtype=np.float32)},
        {"features": np.full(BANDS6X2.size, np.nan, dtype=np.float32)},
        *({name: value} for name in ("quality", "applied") for value in (-0.1, 1.5, float("nan"))),
        *({"own_z": value} for value in (float("nan"), float("inf"))),
        *({"seq": value} for value in (4, 5, 7)),
        *({"instant": NOW + step} for step in (0, -60, 6)),
    ],
)
def test_a_frame_with_one_fault_is_left_to_the_single_write(fault: dict[str, Any]) -> None:
    """Of two frames that are otherwise next in order, the one with a fault is not taken."""
    table = FrameTable(BANDS6X2, ROWS)
    for row in range(2):
        table.write(row, ordinary(5, NOW, 1.0), NOW)
    good, bad = ordinary(6, NOW + 1, 2.0), replace(ordinary(6, NOW + 1, 2.0), **fault)
    taken, _ = write_next(table, np.arange(2), columns_of([good, bad]), NOW + 1)
    assert taken.tolist() == [True, False]


def test_frames_in_order_are_all_taken_at_once() -> None:
    """Ordinary frames after a row's first are all taken by the batch; the third of three alike is not."""
    table = FrameTable(BANDS6X2, ROWS)
    for row in range(ROWS):
        table.write(row, ordinary(5, NOW, 1.0 + row), NOW)
    rows = np.arange(ROWS)
    for step, level in enumerate((2.0, 3.0, 3.0), start=1):
        several = [ordinary(5 + step, NOW + step, level + row) for row in range(ROWS)]
        taken, late = write_next(table, rows, columns_of(several), NOW + step)
        assert (taken.all(), late) == (True, 0)
    frozen = [ordinary(9, NOW + 4, 3.0 + row) for row in range(ROWS)]
    assert not write_next(table, rows, columns_of(frozen), NOW + 4)[0].any()
    assert table.write(0, frozen[0], NOW + 4) is FrameVerdict.FROZEN
