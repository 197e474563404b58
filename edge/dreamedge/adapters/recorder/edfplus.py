"""EDF+C as bytes (Kemp & Olivan 2003): a header, time-stamped annotation lists, data records.

edfio, which reads these files in the tests, writes whole recordings from memory. A night has to be on disk
while it happens, so the needed part of the format is implemented here.

Rules
- Everything in the header is printable ASCII, padded with spaces; other characters become `_`.
- Each data record begins its annotations with the record's own onset; the rest of it are zeros.
- The patient is `X X X X`: a pod knows no name, no pseudonym, no sex and no birthday.
- Start is UTC in whole seconds, as the recording field states: readers take it for UTC, and beds of one night
  may lie in several time zones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIGITAL_LIMIT: Final = 32_000
"""Samples lie within -32000..32000: with steps of 0.1 uV the physical limits are then whole numbers."""
RECORDS_AT: Final = 236
"""The offset in the header of the number of data records."""
_RECORDS_WIDTH: Final = 8
_RECORD_BYTES: Final = 61_440
"""The format's recommended maximum for a record."""
LABEL_WIDTH: Final = 16
_EQUIPMENT_WIDTH: Final = 50
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LABEL: Final = "EDF Annotations"


@dataclass(frozen=True, slots=True)
class Signal:
    """One channel in uV; DIGITAL_LIMIT means `offset_uv + half_uv`."""

    label: str
    offset_uv: int
    half_uv: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of every record of a file.

    record_s: a record's length as written in the header, at most eight characters. annotation_bytes: of each
    record, an even number.
    """

    samples: int
    record_s: str
    annotation_bytes: int

    @property
    def rate_hz(self) -> float:
        """Samples a second, as any reader of the file computes it."""
        return self.samples / float(self.record_s)


def layout(rate_hz: float, channels: int) -> Layout:
    """Records of one second, or shorter so that samples are whole and the bytes stay within the maximum."""
    samples, annotation_bytes = int(rate_hz), max(320, 40 * channels)
    while 2 * samples * channels + annotation_bytes > _RECORD_BYTES:
        samples //= 2
    return Layout(samples, f"{samples / rate_hz:.6f}".rstrip("0").rstrip("."), annotation_bytes)


def header(start: datetime, equipment: str, signals: Sequence[Signal], form: Layout) -> bytes:
    """The header of a file without records; `equipment` without spaces."""
    many = len(signals) + 1
    date = f"{start.day:02}-{_MONTHS[start.month - 1]}-{start.year:04}"
    maker = plain(equipment)[:_EQUIPMENT_WIDTH].replace(" ", "_")
    whole = [
        ("0", 8),
        ("X X X X", 80),
        (f"Startdate {date} X X {maker} UTC", 80),
        (f"{start:%d.%m.%y}", 8),
        (f"{start:%H.%M.%S}", 8),
        (str(256 * (many + 1)), 8),
        ("EDF+C", 44),
        ("0", _RECORDS_WIDTH),
        (form.record_s, 8),
        (str(many), 4),
    ]
    ends = [(signal.offset_uv - signal.half_uv, signal.offset_uv + signal.half_uv) for signal in signals]
    columns = [
        ([*(signal.label for signal in signals), _LABEL], LABEL_WIDTH),
        ([""] * many, 80),
        ([*("uV" for _ in signals), ""], 8),
        ([*(str(low) for low, _ in ends), "-1"], 8),
        ([*(str(high) for _, high in ends), "1"], 8),
        ([*(str(-DIGITAL_LIMIT) for _ in signals), "-32768"], 8),
        ([*(str(DIGITAL_LIMIT) for _ in signals), "32767"], 8),
        ([""] * many, 80),
        ([*(str(form.samples) for _ in signals), str(form.annotation_bytes // 2)], 8),
        ([""] * many, 32),
    ]
    fields = [*whole, *((text, width) for texts, width in columns for text in texts)]
    return b"".join(plain(text)[:width].ljust(width).encode("ascii") for text, width in fields)


def records(count: int) -> bytes:
    """The header's field at RECORDS_AT."""
    return str(count).ljust(_RECORDS_WIDTH).encode("ascii")


def annotation(onset_s: float, text: str, duration_s: float | None = None) -> bytes:
    """One time-stamped list with one annotation, not before the start; empty text: a record's own onset."""
    assert onset_s >= 0
    lasting = "" if duration_s is None else f"\x15{_decimal(duration_s)}"
    return f"+{_decimal(onset_s)}{lasting}\x14{plain(text)}\x14\x00".encode("ascii")


def record(digital: NDArray[np.int16], annotations: bytes, form: Layout) -> bytes:
    """One data record: int16[samples, channels] signal by signal, then its annotations."""
    assert len(annotations) <= form.annotation_bytes
    return digital.T.astype("<i2").tobytes() + annotations.ljust(form.annotation_bytes, b"\x00")


def plain(text: str) -> str:
    """`text` with every character that is not printable ASCII replaced."""
    return "".join(sign if " " <= sign <= "~" else "_" for sign in text)


def _decimal(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".")
