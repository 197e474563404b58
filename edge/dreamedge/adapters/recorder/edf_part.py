"""One file of a recording: readable by its owner alone, grown record by record, valid after each.

A record is appended first and then counted in the header: a killed process leaves a file that is valid up to
its last record. Every FSYNC_S the file is forced to the disk, so a power failure costs at most
that much.

Fifteen bits in steps of 0.1 uV are +-3.2 mV around an offset of the channel's own. Finer or wider is not
needed within a part: a headset's noise is above 0.1 uV and a sleeper's largest waves are below 1 mV. But
offsets reach tens of mV and drift. So each part has its own ranges (`Range`), and a signal that leaves its
range begins another part.
"""

import errno
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.recorder.edfplus import (
    DIGITAL_LIMIT,
    RECORDS_AT,
    Layout,
    Signal,
    header,
    record,
    records,
)
from dreamwire.closed_file import flush_to_disk
from dreamwire.operating_system import PLAIN, flush_open, write_at

FSYNC_S: Final = 10.0
STEP_UV: Final = 0.1
MOST_DOUBLINGS: Final = 11
"""Steps of 204.8 uV and a half range of 6.55 V: the most that a header's eight digits can hold."""
_MOST_UV: Final = 9_999_999

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Range:
    """offset_uv: int64[channels], whole uV; doublings: int64[channels], how often STEP_UV is doubled."""

    offset_uv: NDArray[np.int64]
    doublings: NDArray[np.int64]

    @classmethod
    def around(cls, middle_uv: Doubles, doublings: NDArray[np.int64]) -> "Range":
        """The range around `middle_uv`, limited to the numbers a header can hold."""
        room = _MOST_UV - _half(doublings)
        return cls(np.clip(np.rint(middle_uv), -room, room).astype(np.int64), doublings)

    @property
    def half_uv(self) -> NDArray[np.int64]:
        """The range's reach to either side, uV."""
        return _half(self.doublings)

    def digital(self, uv: Doubles) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Finite samples [n, channels] in steps, and which of them had to be clipped."""
        steps = np.rint((uv - self.offset_uv) / (STEP_UV * 2.0**self.doublings))
        clipped = np.abs(steps) > DIGITAL_LIMIT
        return np.clip(steps, -DIGITAL_LIMIT, DIGITAL_LIMIT).astype(np.int16), clipped


def _half(doublings: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((DIGITAL_LIMIT // 10) * 2**doublings, dtype=np.int64)


class Part:
    """An open file. Any method raises OSError on a disk failure; the file stays valid."""

    def __init__(
        self, stem: Path, start: datetime, equipment: str, names: tuple[str, ...], span: Range, form: Layout
    ) -> None:
        """Create `stem`.edf, or `stem`-2.edf if it exists; nothing is ever overwritten."""
        self.span = span
        self.count = 0
        self._form = form
        self._fsync_records = max(1, round(FSYNC_S / float(form.record_s)))
        self._fd = _create(stem)
        signals = [
            Signal(name, int(offset), int(half))
            for name, offset, half in zip(names, span.offset_uv, span.half_uv, strict=True)
        ]
        head = header(start, equipment, signals, form)
        self._end = len(head)
        try:
            self._put(head, 0)
        except OSError:
            os.close(self._fd)
            raise

    def append_record(self, digital: NDArray[np.int16], annotations: bytes) -> None:
        """Append one record, int16[samples, channels]."""
        whole = record(digital, annotations, self._form)
        self._put(whole, self._end)
        self._end += len(whole)
        self.count += 1
        # Counted after it is written: a process killed between the two leaves a valid file, one record short.
        self._put(records(self.count), RECORDS_AT)
        if self.count % self._fsync_records == 0:
            flush_open(self._fd)

    def close(self) -> None:
        """Force the file to the disk and close it."""
        try:
            flush_open(self._fd)
        finally:
            os.close(self._fd)

    def _put(self, data: bytes, at: int) -> None:
        if write_at(self._fd, data, at) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _create(stem: Path) -> int:
    number = 1
    while True:
        path = stem.with_name(f"{stem.name}.edf" if number == 1 else f"{stem.name}-{number}.edf")
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | PLAIN, 0o600)
        except FileExistsError:
            number += 1
            continue
        flush_to_disk(path.parent)
        return fd
