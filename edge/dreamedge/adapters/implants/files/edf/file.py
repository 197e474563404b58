"""An EDF or BDF file: its header, and random access to its samples on disk.

EDF (Kemp 1992) is a header and data records of 16 bits a sample; BDF is the same with 24. EDF+ (Kemp 2003)
adds annotations, which also give the onset of each record: EDF+C has no gaps, EDF+D may have. Samples stay on
disk; only the requested range is read.

Rules
- The file's size counts, not the number of records in its header: an interrupted recorder leaves that number
  wrong. An incomplete last record is left out.
- The header's size agrees with its number of signals. A file larger than its records holds whole records.
- Texts are UTF-8 where they decode as such, else Latin-1 (both against the standard, both usual).
- The onsets of all records are read only if the last onset shows a gap.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.unreadable_file import opening
from dreamedge.ports.implant import ImplantError

_HEADER_BYTES: Final = 256
_WIDTHS: Final = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
"""The fields of a signal's header: label, transducer, unit, physical and digital range, filter, samples,
reserved."""
_ANNOTATIONS: Final = frozenset({"EDF Annotations", "BDF Annotations"})
_ONSET: Final = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15[\d.]*)?\x14")
_CHUNK: Final = 1024
"""Records whose annotations are read at once."""
_AGREE_S: Final = 0.025
"""A smaller deviation from the clock is rounding, not a gap."""


class EdfError(Exception):
    """The file contradicts its format. The text is the reason and `remedy` the step, each a clause."""

    def __init__(self, why: str, remedy: str = "export it again, or correct its header") -> None:
        super().__init__(why)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: its header's texts and numbers, and the position of its bytes in a record."""

    label: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[int, int]
    samples: int
    offset: int
    rate_hz: float


class EdfFile:
    """An opened file: `kind` is EDF or BDF, `plus` is '', C or D."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            OSError: the file cannot be opened.
            EdfError: the file is neither EDF nor BDF.
        """
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
            if not head:
                raise EdfError("it is empty", "copy it again")
            self.kind = "BDF" if head[:1] == b"\xff" else "EDF"
            if len(head) < _HEADER_BYTES or head[:8] not in {b"0       ", b"\xffBIOSEMI"}:
                raise EdfError(
                    "its first bytes are not EDF's", "convert it to EDF, or give it the ending of its format"
                )
            count = _count(head[252:256], "the number of signals")
            begin = _count(head[184:192], "the size of the header") if head[184:192].strip() else -1
            fields = file.read(_HEADER_BYTES * count)
        if len(fields) < _HEADER_BYTES * count:
            raise EdfError("its header breaks off", "copy it again")
        _check_header(begin, count)
        reserved = text_of(head[192:236])
        self.plus = reserved[4:5] if reserved[:4] in {"EDF+", "BDF+"} else ""
        self.record_s = _number(head[244:252], "the duration of a data record")
        self._begin = begin
        self._bytes_a_sample = 3 if self.kind == "BDF" else 2
        every = self._signals(fields, count)
        self.signals = tuple(signal for signal in every if signal.label not in _ANNOTATIONS)
        if self.signals and not self.record_s > 0:
            raise EdfError(f"its data records last {self.record_s:g} s")
        self._annotations = tuple(signal for signal in every if signal.label in _ANNOTATIONS)
        record = sum(signal.samples for signal in every) * self._bytes_a_sample
        size = path.stat().st_size
        _check_records(head, record, size - begin)
        self.records = max(size - begin, 0) // record if record else 0
        if self.records:
            shape = (self.records, record)
            self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, "r", offset=begin, shape=shape)

    def _signals(self, fields: bytes, count: int) -> tuple[Signal, ...]:
        """The signals' headers: every field for all signals, then the next field."""
        columns: list[list[bytes]] = []
        at = 0
        for width in _WIDTHS:
            columns.append([fields[at + n * width : at + (n + 1) * width] for n in range(count)])
            at += width * count
        found: list[Signal] = []
        offset = 0
        for label, _, unit, low, high, least, most, _, samples, _ in zip(*columns, strict=True):
            name = text_of(label)
            number = _count(samples, f"the samples a record of {name!r}")
            rate_hz = number / self.record_s if self.record_s > 0 else 0.0
            plain = name in _ANNOTATIONS
            physical = (0.0, 0.0) if plain else (_number(low, f"{name!r}"), _number(high, f"{name!r}"))
            digital = (0, 0) if plain else (_whole(least, f"{name!r}"), _whole(most, f"{name!r}"))
            found.append(Signal(name, text_of(unit), physical, digital, number, offset, rate_hz))
            offset += number * self._bytes_a_sample
        return tuple(found)

    def read(self, signal: Signal, begin: int, end: int) -> NDArray[np.float64]:
        """Samples [begin, end) of a signal in its unit, gaps left out, float64[end - begin]."""
        first, last = begin // signal.samples, -(-end // signal.samples)
        width = signal.samples * self._bytes_a_sample
        raw = np.ascontiguousarray(self._bytes[first:last, signal.offset : signal.offset + width])
        at = begin - first * signal.samples
        counts = self._counts(raw)[at : at + end - begin].astype(np.float64)
        (low, high), (least, most) = signal.physical, signal.digital
        return np.asarray((counts - least) * ((high - low) / (most - least)) + low, dtype=np.float64)

    def constant(self, signal: Signal) -> bool:
        """Whether all samples of a signal are one value; reads no further than the first that differs."""
        width = signal.samples * self._bytes_a_sample
        first: NDArray[np.int32] | None = None
        for record in range(self.records):
            raw = np.ascontiguousarray(self._bytes[record, signal.offset : signal.offset + width])
            counts = self._counts(raw)
            first = counts[:1] if first is None else first
            if (counts != first).any():
                return False
        return self.records > 0

    def _counts(self, raw: NDArray[np.uint8]) -> NDArray[np.int32]:
        if self.kind == "EDF":
            return np.asarray(raw.reshape(-1).view("<i2"), dtype=np.int32)
        low, middle, high = (raw.reshape(-1, 3)[:, byte].astype(np.int32) for byte in range(3))
        return np.asarray(low + (middle << 8) + ((high ^ 0x80) << 16) - (0x80 << 16), dtype=np.int32)

    def onsets_s(self) -> NDArray[np.float64]:
        """The onset of each record, seconds from the first.

        Raises:
            EdfError: the file may have gaps and does not state where.
        """
        even = np.arange(self.records, dtype=np.float64) * self.record_s
        first, last = self.onset_s(0), self.onset_s(self.records - 1)
        if self.plus != "D" and (first is None or last is None or abs(last - first - even[-1]) <= _AGREE_S):
            return even
        told = [self.onset_s(record) for record in range(self.records)]
        if None in told:
            raise EdfError(f"its data record {told.index(None) + 1} does not tell when it began")
        onsets_s = np.array(told, dtype=np.float64)
        return np.asarray(onsets_s - onsets_s[0], dtype=np.float64)

    def onset_s(self, record: int) -> float | None:
        """The onset in the record's first annotation; None if it has none."""
        if not self._annotations:
            return None
        begin, end = self._room(self._annotations[0])
        match = _ONSET.match(self._bytes[record, begin:end].tobytes())
        return float(match[1]) if match else None

    def annotation_rooms(self) -> Iterator[tuple[int, int, bytes]]:
        """Every record's bytes for annotations, signal by signal: record from 0, place in the file, bytes."""
        for first in range(0, self.records if self._annotations else 0, _CHUNK):
            for begin, end in map(self._room, self._annotations):
                rooms = np.ascontiguousarray(self._bytes[first : first + _CHUNK, begin:end])
                for record, room in enumerate(rooms, first):
                    yield record, self._begin + record * self._bytes.shape[1] + begin, room.tobytes()

    def _room(self, signal: Signal) -> tuple[int, int]:
        """The bytes [begin, end) of a signal in a record."""
        return signal.offset, signal.offset + signal.samples * self._bytes_a_sample


def open_edf(path: Path, units: Mapping[str, str] | None = None) -> EdfFile:
    """The file; its samples stay on disk. units: by label, in place of those in the header."""
    try:
        with opening(path, "EDF"):
            file = EdfFile(path)
    except EdfError as error:
        raise ImplantError(f"{path} is not a readable EDF file ({error}); {error.remedy}.") from None
    if not file.signals:
        raise ImplantError(
            f"{path} holds annotations and no signals; name the recording that they belong to."
        )
    if units:
        file.signals = tuple(replace(one, unit=units.get(one.label, one.unit)) for one in file.signals)
    return file


def _check_header(begin: int, count: int) -> None:
    """Refuse a header whose size does not fit its signals: text would play as a signal."""
    due = _HEADER_BYTES * (1 + count)
    if begin != due:
        raise EdfError(
            f"byte 184 gives a header of {begin} bytes, and {count} signals (byte 252) take {due} bytes"
        )


def _check_records(head: bytes, record: int, held: int) -> None:
    """Refuse a file that is larger than its stated records and holds no whole number of them."""
    told = _whole(head[236:244], "the number of data records")
    if told > 0 and record and held > told * record and held % record:
        raise EdfError(
            f"byte 236 gives {told} data records of {record} bytes, and {held} bytes follow the header"
        )


def text_of(field: bytes) -> str:
    """The text of a field, UTF-8 or Latin-1, without its filling."""
    try:
        return field.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return field.decode("latin-1").strip(" \0")


def _whole(field: bytes, what: str) -> int:
    try:
        return int(text_of(field))
    except ValueError:
        raise EdfError(f"{text_of(field)!r} is no whole number for {what}") from None


def _count(field: bytes, what: str) -> int:
    count = _whole(field, what)
    if count < 0:
        raise EdfError(f"{count} cannot be {what}")
    return count


def _number(field: bytes, what: str) -> float:
    try:
        number = float(text_of(field).replace(",", "."))
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        raise EdfError(f"{text_of(field)!r} is no number for {what}")
    return number
