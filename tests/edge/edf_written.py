"""EDF and BDF files made for tests: by edfio, and by hand where it writes none (EDF+D)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import edfio
import numpy as np

from edge.recorded import Doubles

RECORD = 128
"""Samples in a record of one second of a `discontinuous` file."""


def written(path: Path, channels: Mapping[str, tuple[float, str]], seconds: int = 60) -> Path:
    """An EDF of sines, channel: (rate, unit); amplitude 20 uV, in an unknown unit 20."""
    scales = [{"mV": 1e-3, "V": 1e-6}.get(unit, 1.0) for _, unit in channels.values()]
    signals = [
        edfio.EdfSignal(
            _sine(rate_hz, seconds, place) * scale,
            rate_hz,
            label=label,
            physical_dimension=unit,
            physical_range=(-100 * scale, 100 * scale),
        )
        for place, ((label, (rate_hz, unit)), scale) in enumerate(zip(channels.items(), scales, strict=True))
    ]
    edfio.Edf(signals).write(path)
    return path


def as_edf(path: Path, numbers: Doubles, labels: Sequence[str], rate_hz: float, units: Sequence[str]) -> Path:
    """An EDF of these numbers, float64[n, channels], as they are, each in its unit."""
    limit = 2 * float(f"{np.abs(numbers).max():.1g}")
    signals = [
        edfio.EdfSignal(
            column, rate_hz, label=label, physical_dimension=unit,
            physical_range=(-limit, limit),
        )
        for column, label, unit in zip(numbers.T, labels, units, strict=True)
    ]  # fmt: skip
    edfio.Edf(signals).write(path)
    return path


def written_bdf(path: Path, labels: Sequence[str], rate_hz: float = 256.0, seconds: int = 60) -> Path:
    """A BDF of sines of 20 uV, on a standing offset of 20 mV as BioSemi has them."""
    signals = [
        edfio.BdfSignal(
            _sine(rate_hz, seconds, place) + 20_000.0,
            rate_hz,
            label=label,
            physical_dimension="uV",
            physical_range=(-262_144, 262_143),
        )
        for place, label in enumerate(labels)
    ]
    edfio.Bdf(signals).write(path)
    return path


def _sine(rate_hz: float, seconds: int, place: int) -> Doubles:
    return np.asarray(20 * np.sin(2 * np.pi * 10 * np.arange(int(seconds * rate_hz)) / rate_hz + place))


def discontinuous(
    path: Path, onsets_s: Sequence[float | None], kind: str = "EDF+D", uv: Doubles | None = None
) -> Path:
    """One-second records that begin at `onsets_s` (None: no onset); sample k is k / 10 uV in Fp1 and O1.

    kind: EDF+C, EDF+D or BDF+D. uv: other samples, float64[128 a record, 2], +-1,600 uV.
    """
    count = len(onsets_s)
    uv = np.repeat(np.arange(count * RECORD)[:, None] / 10.0, 2, axis=1) if uv is None else uv + 1600.0
    bdf = kind.startswith("BDF")
    signal_of = edfio.BdfSignal if bdf else edfio.EdfSignal
    signals = [
        signal_of(
            uv[:, place],
            RECORD,
            label=label,
            physical_dimension="uV",
            physical_range=(0, 3276.7),
            digital_range=(0, 32767),
        )
        for place, label in enumerate(("Fp1", "O1"))
    ]
    room = [edfio.EdfAnnotation(0.5, 0.2, "somebody marked this stretch as bad, in many words")]
    (edfio.Bdf if bdf else edfio.Edf)(signals, data_record_duration=1, annotations=room).write(path)
    data = bytearray(path.read_bytes())
    data[192:197] = kind.encode()
    header = 256 * (1 + len(signals) + 1)
    record = (len(data) - header) // count
    width = record - len(signals) * RECORD * (3 if bdf else 2)
    for number, onset_s in enumerate(onsets_s):
        end = header + (number + 1) * record
        told = (
            b"" if onset_s is None else f"+{onset_s:.9g}\x14\x14\0+{onset_s:.9g}\x150.5\x14bad\x14\0".encode()
        )
        data[end - width : end] = told.ljust(width, b"\0")
    path.write_bytes(bytes(data))
    return path


def annotated(path: Path, rooms: Sequence[Sequence[bytes]], kind: str = "EDF+C") -> Path:
    """One-second records of a sine in Fp1 and O1, and as many annotation signals as each item of `rooms` has.

    rooms: the bytes of every annotation signal, record by record. kind: EDF, EDF+C, EDF+D, BDF+C or BDF+D.
    """
    rate, width = 128, 120
    size = 3 if kind.startswith("BDF") else 2
    labels = ["Fp1", "O1", *[f"{kind[:3]} Annotations"] * len(rooms[0])]
    plain = [label.endswith("Annotations") for label in labels]
    columns = (
        (labels, 16), ([""] * len(labels), 80), (["" if one else "uV" for one in plain], 8),
        (["-1" if one else "-1000" for one in plain], 8), (["1" if one else "1000" for one in plain], 8),
        (["-32768"] * len(labels), 8), (["32767"] * len(labels), 8), ([""] * len(labels), 80),
        ([str(width // size if one else rate) for one in plain], 8), ([""] * len(labels), 32),
    )  # fmt: skip
    whole = (("X", 80), ("Startdate X", 80), ("01.01.00", 8), ("00.00.00", 8))
    fixed = (*whole, (str(256 * (1 + len(labels))), 8), (kind, 44), (str(len(rooms)), 8), ("1", 8))
    data = bytearray(b"\xffBIOSEMI" if size == 3 else b"0".ljust(8))
    for text, field in (*fixed, (str(len(labels)), 4)):
        data += text.encode().ljust(field)
    for texts, field in columns:
        data += b"".join(text.encode().ljust(field) for text in texts)
    counts = np.round(_sine(rate, 1, 0) * 32.767).astype("<i4")
    samples = counts.view(np.uint8).reshape(-1, 4)[:, :size].tobytes()
    for record in rooms:
        data += samples * 2 + b"".join(room.ljust(width, b"\0") for room in record)
    path.write_bytes(bytes(data))
    return path


def patched(path: Path, at: int, field: bytes, width: int) -> Path:
    """The file with one of its header's fields replaced."""
    data = bytearray(path.read_bytes())
    data[at : at + width] = field.ljust(width)
    path.write_bytes(bytes(data))
    return path
