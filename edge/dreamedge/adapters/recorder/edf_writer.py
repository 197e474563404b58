"""An implant's samples as EDF+ files: one file per run, more if one cannot go on.

Each record is completed when it is full:
- missing samples (`core.timeline`, or before the first sample: a file begins on a whole second of UTC,
  because some readers ignore the fraction) are filled with the channel's offset and marked BAD_gap;
- samples that are not numbers are replaced by the last good value and marked BAD_nan, per channel;
- samples outside the channel's range are clipped and marked BAD_clipped, per channel. Clipping is short: once
  more than a second of it came without a clean record between, the record begins a new part with ranges
  around its own medians. A channel that left its range within a minute gets steps twice as coarse, so that a
  loose electrode makes a dozen parts at the most and not one a second.

Marks that begin with BAD are spans that analyses leave out (MNE); the mark of one channel ends in @@ and its
name. They are written record by record, so that a truncated file is marked to its end. Where the device's
clock drifts, `clock +12.3 ms` states how far the bed's time is ahead of the file's.

The writer runs on a thread of its own: none of it may be called from the event loop. It stops before the disk
is full, because the latch and the outbox are on that disk too.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.recorder.edf_part import MOST_DOUBLINGS, Part, Range
from dreamedge.adapters.recorder.edfplus import LABEL_WIDTH, annotation, layout, plain
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.sample_buffer import RANGE_UV
from dreamedge.core.timeline import LONGEST_GAP_S, Timeline

RESERVE_BYTES: Final = 200_000_000
"""Bytes that a recording leaves free on its disk."""
OUTSIDE_S: Final = 1.0
COARSER_WITHIN_S: Final = 60.0
CLOCK_STEP_S: Final = 0.005
_LONGEST_MARK: Final = 60
_WAITING_MARKS: Final = 4096
_NS: Final = 1_000_000_000

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark at a second of the open file, with or without a duration."""

    at_s: float
    text: str
    lasting_s: float | None

    def __bytes__(self) -> bytes:
        return annotation(self.at_s, self.text, self.lasting_s)


class EdfWriter:
    """Writes one bed's files. Every method may raise OSError; afterwards nothing more is written.

    Args:
        stem: directory and beginning of the files' names.
        montage: of the implant.
        equipment: the implant's description, for the header.
        wall_ns: Unix time, ns, at a stamp of the bed's clock.
        free_bytes: returns the free bytes of the disk.
        reserve_bytes: the bytes that must stay free.
    """

    def __init__(
        self,
        stem: Path,
        montage: Montage,
        equipment: str,
        wall_ns: Callable[[int], int],
        free_bytes: Callable[[], int],
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        channels = len(montage.names)
        self._stem = stem
        self._names = tuple(plain(name)[:LABEL_WIDTH] for name in montage.names)
        self._equipment = equipment
        self._wall_ns = wall_ns
        self._free_bytes = free_bytes
        self._reserve_bytes = reserve_bytes
        self._form = layout(montage.rate_hz, channels)
        self._waiting: deque[_Mark] = deque(maxlen=_WAITING_MARKS)
        self._early: deque[tuple[str, int]] = deque(maxlen=_WAITING_MARKS)
        self._part: Part | None = None
        self._timeline: Timeline | None = None
        self._start = datetime.fromtimestamp(0, UTC)
        self._uv = np.zeros((self._form.samples, channels))
        self._gap = np.zeros(self._form.samples, dtype=bool)
        self._filled = 0
        self._count = 0
        self._held = np.full(channels, np.nan)
        self._offset_uv = np.zeros(channels)
        self._doublings = np.zeros(channels, dtype=np.int64)
        self._outside = np.zeros(channels, dtype=np.int64)
        self._last_mark_s = 0.0
        self._told_drift_s = 0.0

    def record_block(self, block: Block) -> None:
        """Add a block; an empty one is ignored."""
        if len(block.uv) == 0:
            return
        placed = self._timeline.place(len(block.uv), block.last_ns) if self._timeline else None
        if placed is None:
            self.end()
            first_ns = block.last_ns - round((len(block.uv) - 1) / self._form.rate_hz * _NS)
            self._timeline = Timeline(self._form.rate_hz, self._begin(first_ns))
            placed = self._timeline.place(len(block.uv), block.last_ns)
            assert placed is not None
            early, self._early = list(self._early), deque(maxlen=_WAITING_MARKS)
            for text, at_ns in early:
                self.mark(text, at_ns)
        at_s = self._seconds(self._filled)
        if placed.left_out or (placed.missing and placed.drifted):
            self._note(at_s, "BAD_clock", placed.missing / self._form.rate_hz)
        elif placed.missing:
            self._note(at_s, "BAD_gap", placed.missing / self._form.rate_hz)
        self._miss(placed.missing)
        fresh = block.uv[placed.left_out :]
        self._put(fresh, np.zeros(len(fresh), dtype=bool))

    def mark(self, text: str, at_ns: int) -> None:
        """Add a mark; marks from before the first sample go to the beginning of the first file."""
        if self._timeline is None:
            self._early.append((text, at_ns))
            return
        at_s = max(0.0, self._timeline.seconds(at_ns))
        self._last_mark_s = max(self._last_mark_s, at_s)
        self._note(at_s, text)

    def end(self) -> None:
        """Finish the open file: fill up the last record, and the time to the last mark."""
        if self._timeline is None:
            return
        self._last_mark_s = min(self._last_mark_s, self._seconds(self._filled) + LONGEST_GAP_S)
        while self._filled or self._waiting or self._seconds(0) <= self._last_mark_s:
            missing = len(self._uv) - self._filled
            self._note(self._seconds(self._filled), "BAD_gap", missing / self._form.rate_hz)
            self._miss(missing)
        self._timeline = None
        self.abandon()

    def abandon(self) -> None:
        """Close the open file as it is."""
        part, self._part = self._part, None
        if part is not None:
            part.close()

    def _begin(self, first_ns: int) -> int:
        """Start a file at the whole second before `first_ns`, or half a sample after; returns its stamp."""
        wall_ns = self._wall_ns(first_ns)
        second = (wall_ns + round(_NS / self._form.rate_hz / 2)) // _NS
        self._start = datetime.fromtimestamp(second, UTC)
        self._filled = self._count = 0
        self._last_mark_s = self._told_drift_s = 0.0
        return first_ns - (wall_ns - second * _NS)

    def _seconds(self, sample: int) -> float:
        """The time in the file of a sample of the current record."""
        return (self._count * len(self._uv) + sample) / self._form.rate_hz

    def _note(self, at_s: float, text: str, lasting_s: float | None = None) -> None:
        self._waiting.append(_Mark(at_s, text[:_LONGEST_MARK], lasting_s))

    def _miss(self, samples: int) -> None:
        self._put(np.full((samples, len(self._names)), np.nan), np.ones(samples, dtype=bool))

    def _put(self, uv: Doubles, gap: Flags) -> None:
        """Append to the current record; write it when it is full."""
        done = 0
        while done < len(uv):
            some = slice(done, done + len(self._uv) - self._filled)
            filled = self._filled + len(uv[some])
            self._uv[self._filled : filled] = uv[some]
            self._gap[self._filled : filled] = gap[some]
            self._filled, done = filled, done + len(uv[some])
            if self._filled == len(self._uv):
                self._write()

    def _write(self) -> None:
        if self._part is None and self._gap.all():
            # No sample yet to centre the ranges on; `_open` writes these records later.
            self._count, self._filled = self._count + 1, 0
            return
        if not self._free_bytes() >= self._reserve_bytes:
            raise OSError(f"less than {self._reserve_bytes // 1_000_000} MB are free on its disk")
        good = np.abs(self._uv) <= RANGE_UV
        part = self._part or self._open(good)
        held = self._hold(good, part.span)
        uv = np.where(self._gap[:, None], part.span.offset_uv, held)
        digital, clipped = part.span.digital(uv)
        clipped &= good
        if self._left(clipped):
            self._turn()
            return
        self._mark_bad("BAD_nan", ~good & ~self._gap[:, None])
        self._mark_bad("BAD_clipped", clipped)
        self._tell_drift()
        part.append_record(digital, self._gathered())
        self._held = held[-1].copy()
        self._count += 1
        self._filled = 0

    def _hold(self, good: Flags, span: Range) -> Doubles:
        """The record with every sample finite: a bad sample is replaced by the last good one."""
        if good.all():
            return self._uv
        rows = np.where(good, np.arange(len(good))[:, None], -1)
        np.maximum.accumulate(rows, axis=0, out=rows)
        before = np.where(np.isfinite(self._held), self._held, span.offset_uv)
        return np.where(rows < 0, before, np.take_along_axis(self._uv, np.maximum(rows, 0), axis=0))

    def _open(self, good: Flags) -> Part:
        """A new part with ranges around the medians of its first record that is not all gap."""
        for channel in np.flatnonzero(good.any(axis=0)):
            self._offset_uv[channel] = np.median(self._uv[good[:, channel], channel])
        span = Range.around(self._offset_uv, self._doublings.copy())
        stem = self._stem.with_name(f"{self._stem.name}-{self._start:%Y%m%dT%H%M%SZ}")
        self._part = Part(stem, self._start, self._equipment, self._names, span, self._form)
        self._outside[:] = 0
        for number in range(self._count):
            onset = annotation(number * len(self._uv) / self._form.rate_hz, "")
            self._part.append_record(np.zeros(self._uv.shape, dtype=np.int16), onset)
        return self._part

    def _left(self, clipped: Flags) -> bool:
        """Whether a channel has left its range for good; one record alone cannot show it."""
        some = clipped.any(axis=0)
        self._outside = np.where(some, self._outside + clipped.sum(axis=0), 0)
        return bool((self._outside > OUTSIDE_S * self._form.rate_hz).any())

    def _turn(self) -> None:
        """Close the part; the current record begins the next one, with the marks that lie in it."""
        assert self._timeline is not None
        uv, gap = self._uv.copy(), self._gap.copy()
        first, began_s = self._count * len(uv), self._seconds(0)
        within = [
            mark
            for mark in self._waiting
            if mark.at_s > began_s or (mark.at_s == began_s and mark.lasting_s is None)
        ]
        last_mark_s = self._last_mark_s
        self._waiting.clear()
        if began_s < COARSER_WITHIN_S:
            left = self._outside > OUTSIDE_S * self._form.rate_hz
            self._doublings = np.minimum(self._doublings + left, MOST_DOUBLINGS)
        self.abandon()
        missing = self._timeline.turn(first, self._begin(self._timeline.time_ns(first)))
        shift_s = missing / self._form.rate_hz - began_s
        self._waiting.extend(replace(mark, at_s=max(0.0, mark.at_s + shift_s)) for mark in within)
        self._last_mark_s = max(0.0, last_mark_s + shift_s)
        leading = missing + int(np.argmin(gap))
        if leading:
            self._note(0.0, "BAD_gap", leading / self._form.rate_hz)
        self._miss(missing)
        self._put(uv, gap)

    def _mark_bad(self, text: str, bad: Flags) -> None:
        """Mark each channel from its first bad sample of this record to its last."""
        channels = np.flatnonzero(bad.any(axis=0))
        spans = {
            channel: (int(bad[:, channel].argmax()), len(bad) - int(bad[::-1, channel].argmax()))
            for channel in channels.tolist()
        }
        if len(spans) == len(self._names) and len(set(spans.values())) == 1:
            begin, end = spans[0]
            self._note(self._seconds(begin), text, (end - begin) / self._form.rate_hz)
            return
        for channel, (begin, end) in spans.items():
            of = f"{text}@@{self._names[channel]}"
            self._note(self._seconds(begin), of, (end - begin) / self._form.rate_hz)

    def _tell_drift(self) -> None:
        assert self._timeline is not None
        drift_s = self._timeline.drift_s
        if abs(drift_s - self._told_drift_s) >= CLOCK_STEP_S:
            self._told_drift_s = drift_s
            self._note(self._seconds(0), f"clock {drift_s * 1e3:+.1f} ms")

    def _gathered(self) -> bytes:
        """This record's onset and as many waiting marks as fit."""
        gathered = annotation(self._seconds(0), "")
        while self._waiting:
            more = bytes(self._waiting[0])
            if len(gathered) + len(more) > self._form.annotation_bytes:
                break
            gathered += more
            self._waiting.popleft()
        return gathered
