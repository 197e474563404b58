"""Writes small XDF files: magic, headers, samples with stamps, clock offsets, footers (XDF 1.0)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Told:
    """One stream. `samples` float64[n, channels]; `labels` and `unit` go into its description.

    offset_s: the lag of its clock as the recorder measured it, throughout. stamped: every sample has its
    stamp; else only the first of each that many chunks, the others follow from the rate, as LabRecorder omits
    them. offsets: the measured clock offsets (instant, value) instead of `offset_s` at both ends.
    units: one a channel, instead of `unit`.
    texts: one text a stamp, a text stream; then `samples` is float64[n, 1] and not written.
    """

    name: str
    samples: Doubles
    stamps_s: Doubles
    nominal_hz: float = 256.0
    kind: str = "EEG"
    labels: tuple[str, ...] = ()
    unit: str = ""
    offset_s: float = 0.0
    stamped: int = 0
    source_id: str = ""
    host: str = ""
    offsets: tuple[tuple[float, float], ...] = ()
    texts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


CHUNK: Final = 128
"""Samples a chunk."""


def write(path: Path, *streams: Told) -> Path:
    """Write the streams; returns the path."""
    parts = [b"XDF:", _chunk(1, b'<?xml version="1.0"?><info><version>1.0</version></info>')]
    for number, stream in enumerate(streams, 1):
        parts.append(_chunk(2, _id(number) + _header(stream)))
    for number, stream in enumerate(streams, 1):
        ends = [
            (at_s + stream.offset_s, stream.offset_s)
            for at_s in (*stream.stamps_s[:1], *stream.stamps_s[-1:])
        ]
        for offset in stream.offsets or ends:
            measured = struct.pack("<dd", *offset)
            parts += [_chunk(4, _id(number) + measured)]
        parts += [_chunk(3, _id(number) + samples) for samples in _samples(stream)]
        parts.append(_chunk(6, _id(number) + b"<info></info>"))
    path.write_bytes(b"".join(parts))
    return path


def _chunk(tag: int, content: bytes) -> bytes:
    return b"\x04" + struct.pack("<IH", len(content) + 2, tag) + content


def _id(number: int) -> bytes:
    return struct.pack("<I", number)


def _header(stream: Told) -> bytes:
    units = [
        f"<unit>{unit}</unit>" if unit else "" for unit in stream.units or [stream.unit] * len(stream.labels)
    ]
    channels = "".join(
        f"<channel><label>{label}</label>{unit}</channel>"
        for label, unit in zip(stream.labels, units, strict=True)
    )
    desc = f"<desc><channels>{channels}</channels></desc>" if channels else "<desc />"
    return (
        f'<?xml version="1.0"?><info><name>{stream.name}</name><type>{stream.kind}</type>'
        f"<channel_count>{stream.samples.shape[1]}</channel_count>"
        f"<nominal_srate>{stream.nominal_hz:g}</nominal_srate>"
        f"<source_id>{stream.source_id}</source_id><hostname>{stream.host}</hostname>"
        f"<channel_format>{'string' if stream.texts else 'double64'}</channel_format>{desc}</info>"
    ).encode()


def _samples(stream: Told) -> Iterator[bytes]:
    """Each chunk's samples with their number."""
    for begin in range(0, len(stream.samples), CHUNK):
        rows = [_row(stream, n) for n in range(begin, min(begin + CHUNK, len(stream.samples)))]
        yield b"\x04" + struct.pack("<I", len(rows)) + b"".join(rows)


def _row(stream: Told, n: int) -> bytes:
    told = not stream.stamped or n % (stream.stamped * CHUNK) == 0
    stamp = b"\x08" + struct.pack("<d", stream.stamps_s[n]) if told else b"\0"
    if stream.texts:
        text = stream.texts[n].encode()
        return stamp + b"\x04" + struct.pack("<I", len(text)) + text
    return stamp + bytes(stream.samples[n].astype("<f8").tobytes())
