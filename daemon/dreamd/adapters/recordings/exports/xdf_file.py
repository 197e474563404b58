"""XDF 1.0 of the three streams that the LSL outlets have, with footers and clock offsets of zero.

Stamps are session seconds. A missing tick is a row of NaN.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.exports.group_signals import Channel, GroupSignals
from dreamd.adapters.recordings.reader import Progress

COLLECTIVE, SYNCHRONY, MARKERS = "dreamd-collective", "dreamd-synchrony", "dreamd-markers"
_FILE, _HEADER, _SAMPLES, _OFFSET, _FOOTER = 1, 2, 3, 4, 6
_ROWS: Final = 240
"""Rows of a chunk: a minute."""
_EVENT: Final = Channel("event", "text", "marker", "markers")


def write_xdf(signals: GroupSignals, path: Path, progress: Progress) -> None:
    """Write the streams `dreamd-collective`, `dreamd-synchrony` and `dreamd-markers`."""
    hops = np.arange(signals.values.shape[1], dtype=np.float64)
    stamps = np.asarray(signals.began_s + hops * signals.hop_s, dtype=np.float64)
    with path.open("wb") as file:
        file.write(b"XDF:")
        _chunk(file, _FILE, b'<?xml version="1.0"?><info><version>1.0</version></info>')
        for number, (name, kind) in enumerate(((COLLECTIVE, "Features"), (SYNCHRONY, "Synchrony")), start=1):
            group = name.removeprefix("dreamd-")
            places = [at for at, one in enumerate(signals.channels) if one.group == group]
            channels = [signals.channels[at] for at in places]
            head = _header(name, kind, channels, 1.0 / signals.hop_s, "float32", signals.began_s)
            _chunk(file, _HEADER, struct.pack("<I", number) + head)
            _offset(file, number, float(stamps[0]))
            _write_numbers(file, number, stamps, signals.values[places].T)
            _end(file, number, stamps.tolist(), 1.0 / signals.hop_s)
            progress(number / 3)
        _write_markers(file, 3, signals)
        progress(1.0)


def _write_numbers(
    file: BinaryIO, stream: int, stamps: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    row = np.dtype([("size", "u1"), ("stamp", "<f8"), ("values", "<f4", (values.shape[1],))])
    for first in range(0, len(stamps), _ROWS):
        some = stamps[first : first + _ROWS]
        rows = np.empty(len(some), row)
        rows["size"], rows["stamp"], rows["values"] = 8, some, values[first : first + _ROWS]
        _chunk(file, _SAMPLES, struct.pack("<IBI", stream, 4, len(some)) + rows.tobytes())


def _write_markers(file: BinaryIO, stream: int, signals: GroupSignals) -> None:
    head = _header(MARKERS, "Markers", [_EVENT], 0.0, "string", signals.began_s)
    _chunk(file, _HEADER, struct.pack("<I", stream) + head)
    stamps = [event.session_s for event in signals.events]
    _offset(file, stream, stamps[0] if stamps else signals.began_s)
    for event in signals.events:
        text = event.text.encode()
        sample = struct.pack("<BdBI", 8, event.session_s, 4, len(text)) + text
        _chunk(file, _SAMPLES, struct.pack("<IBI", stream, 4, 1) + sample)
    _end(file, stream, stamps or [signals.began_s], 0.0, count=len(stamps))


def _header(
    name: str, kind: str, channels: Sequence[Channel], rate_hz: float, form: str, began_s: float
) -> bytes:
    described = "".join(
        f"<channel><label>{escape(one.label)}</label><unit>{escape(one.unit)}</unit>"
        f"<type>{escape(one.kind)}</type></channel>"
        for one in channels
    )
    return (
        f'<?xml version="1.0"?><info><name>{name}</name><type>{kind}</type>'
        f"<channel_count>{len(channels)}</channel_count><nominal_srate>{rate_hz:g}</nominal_srate>"
        f"<channel_format>{form}</channel_format><source_id>dreamd:{name}</source_id>"
        f"<created_at>{began_s!r}</created_at><desc><channels>{described}</channels></desc></info>"
    ).encode()


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
