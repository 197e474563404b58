"""XDF 1.0 of the streams that the LSL outlets have, described as there.

It has footers, and clock offsets of zero. Stamps are session seconds. A missing tick is a row of NaN.
"""

import struct
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.exports.group_signals import GroupSignals
from dreamd.adapters.recordings.reader import Progress
from dreamd.core.group_streams import Element, Layout

_FILE, _HEADER, _SAMPLES, _OFFSET, _FOOTER = 1, 2, 3, 4, 6
_ROWS: Final = 240
"""Rows of a chunk: a minute."""


def write_xdf(signals: GroupSignals, path: Path, progress: Progress) -> None:
    """Write the streams `dreamd-collective`, `dreamd-synchrony` and `dreamd-markers`."""
    hops = np.arange(signals.values.shape[1], dtype=np.float64)
    stamps = np.asarray(signals.began_s + hops * signals.hop_s, dtype=np.float64)
    streams = signals.streams
    first = 0
    with path.open("wb") as file:
        file.write(b"XDF:")
        _chunk(file, _FILE, b'<?xml version="1.0"?><info><version>1.0</version></info>')
        for number, layout in enumerate((streams.collective, streams.synchrony), start=1):
            _begin(file, number, layout, signals)
            _offset(file, number, float(stamps[0]))
            values = signals.values[first : first + len(layout.channels)]
            first += len(values)
            _write_numbers(file, number, stamps, values.T)
            _end(file, number, stamps.tolist(), layout.rate_hz)
            progress(number / 3)
        _write_markers(file, 3, signals)
        progress(1.0)


def _write_numbers(
    file: BinaryIO, stream: int, stamps: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    row = np.dtype([("size", "u1"), ("stamp", "<f8"), ("values", "<f8", (values.shape[1],))])
    for first in range(0, len(stamps), _ROWS):
        some = stamps[first : first + _ROWS]
        rows = np.empty(len(some), row)
        rows["size"], rows["stamp"], rows["values"] = 8, some, values[first : first + _ROWS]
        _chunk(file, _SAMPLES, struct.pack("<IBI", stream, 4, len(some)) + rows.tobytes())


def _write_markers(file: BinaryIO, stream: int, signals: GroupSignals) -> None:
    _begin(file, stream, signals.streams.markers, signals)
    stamps = [event.session_s for event in signals.events]
    _offset(file, stream, stamps[0] if stamps else signals.began_s)
    for event in signals.events:
        text = event.text.encode()
        sample = struct.pack("<BdBI", 8, event.session_s, 4, len(text)) + text
        _chunk(file, _SAMPLES, struct.pack("<IBI", stream, 4, 1) + sample)
    _end(file, stream, stamps or [signals.began_s], 0.0, count=len(stamps))


def _begin(file: BinaryIO, stream: int, layout: Layout, signals: GroupSignals) -> None:
    streams = signals.streams
    described = streams.description(layout, version("dreamd"), time_source="session clock of the daemon")
    told: tuple[Element, ...] = (
        ("name", layout.name),
        ("type", layout.kind),
        ("channel_count", str(len(layout.channels))),
        ("nominal_srate", f"{layout.rate_hz:g}"),
        ("channel_format", layout.format),
        ("source_id", streams.source_id(layout)),
        ("created_at", repr(signals.began_s)),
        ("desc", described),
    )
    head = f'<?xml version="1.0"?>{_xml((("info", told),))}'
    _chunk(file, _HEADER, struct.pack("<I", stream) + head.encode())


def _xml(elements: tuple[Element, ...]) -> str:
    return "".join(
        f"<{name}>{escape(content) if isinstance(content, str) else _xml(content)}</{name}>"
        for name, content in elements
    )


def _end(file: BinaryIO, stream: int, stamps: Sequence[float], rate_hz: float, count: int = -1) -> None:
    count = len(stamps) if count < 0 else count
    _offset(file, stream, stamps[-1])
    foot = (
        f'<?xml version="1.0"?><info><first_timestamp>{stamps[0]!r}</first_timestamp>'
        f"<last_timestamp>{stamps[-1]!r}</last_timestamp><sample_count>{count}</sample_count>"
        f"<measured_srate>{rate_hz:g}</measured_srate></info>"
    )
    _chunk(file, _FOOTER, struct.pack("<I", stream) + foot.encode())


def _offset(file: BinaryIO, stream: int, at_s: float) -> None:
    _chunk(file, _OFFSET, struct.pack("<Idd", stream, at_s, 0.0))


def _chunk(file: BinaryIO, tag: int, content: bytes) -> None:
    file.write(struct.pack("<BIH", 4, len(content) + 2, tag) + content)
