"""One night cut out of a bed's recordings: EDF+ in, EDF+ out, record by record.

A file of a bed goes on while its agent runs, so several sleepers may be in it. The cut holds the records that
lie wholly between two instants, and the marks of that time. Samples are copied as they are. The start of the
file, the number of its records and every onset are written anew.

Only files of this recorder are cut, which name their bed, and state their start in UTC.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Final

from dreamedge.adapters.recorder.edfplus import RECORDS_AT, records
from dreamedge.ports.recorder import RecorderError
from dreamwire.operating_system import PLAIN

_HEAD: Final = 256
_SAMPLES_AT: Final = 216
"""The offset of the samples a record among the fields of one signal."""
_DATE: Final = "%d-%b-%Y"
_RECORDING: Final = slice(88, 168)
_START: Final = slice(168, 184)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of the recorder. record_s: of each record; annotation_at: of the marks in a record, bytes."""

    path: Path
    head: bytes
    start: datetime
    count: int
    record_s: Decimal
    record_bytes: int
    annotation_at: int

    def instant(self, record: int) -> datetime:
        """When a record begins."""
        return self.start + timedelta(microseconds=float(self.record_s * record * 1_000_000))


def cut(directory: Path, pod: str, begin: datetime, until: datetime, target: Path) -> tuple[Path, ...]:
    """Write what a bed recorded between two instants into `target`, a file a part; return the files.

    Raises:
        RecorderError: the bed has no such recording, or a file cannot be read or written.
    """
    if not begin < until:
        raise RecorderError(f"--until {until.isoformat()} is not after --from {begin.isoformat()}")
    try:
        parts = [_read(path) for path in _parts(directory, pod)]
        written = [path for part in parts for path in _cut_part(part, pod, begin, until, target)]
    except OSError as error:
        raise RecorderError(f"{error.filename} cannot be read or written ({error.strerror})") from error
    if not parts:
        raise RecorderError(f"{directory} holds no recording of {pod}; name the directory of run --record")
    if not written:
        first, last = parts[0].start, max(part.instant(part.count) for part in parts)
        raise RecorderError(
            f"nothing of {pod} in {directory} lies between {begin.isoformat()} and {until.isoformat()}; "
            f"its recordings are from {first.isoformat()} to {last.isoformat()}"
        )
    return tuple(written)


def _parts(directory: Path, pod: str) -> list[Path]:
    """The files of a bed, in the order of their start."""
    name = re.compile(rf"{re.escape(pod)}-\d{{8}}T\d{{6}}Z(-\d+)?\.edf")
    return sorted(path for path in directory.iterdir() if name.fullmatch(path.name))


def _read(path: Path) -> Recorded:
    """Read the header of a file.

    Raises:
        OSError: it cannot be read.
        RecorderError: it is none of this recorder's.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        try:
            head += file.read(int(head[252:256]) * _HEAD)
            return _recorded(path, head)
        except (ValueError, ArithmeticError, IndexError):
            raise RecorderError(
                f"{path} is no recording of dreamedge; cut takes those of run --record alone"
            ) from None


def _recorded(path: Path, head: bytes) -> Recorded:
    """Return what a header states; a ValueError, ArithmeticError or IndexError: it is of another program."""
    signals, words = int(head[252:256]), head[_RECORDING].decode("ascii").split()
    at = _HEAD + signals * _SAMPLES_AT
    samples = [int(head[at + 8 * n : at + 8 * n + 8]) for n in range(signals)]
    clock = datetime.strptime(head[176:184].decode("ascii"), "%H.%M.%S").time()  # noqa: DTZ007
    day = datetime.strptime(words[1], _DATE).date()  # noqa: DTZ007 - UTC, as its field says
    record_s = Decimal(head[244:252].decode("ascii").strip())
    if head[192:197] != b"EDF+C" or words[-1] != "UTC" or not record_s > 0:
        raise ValueError("another form")
    count = int(head[RECORDS_AT : RECORDS_AT + 8])
    start = datetime.combine(day, clock, UTC)
    return Recorded(path, head, start, count, record_s, 2 * sum(samples), 2 * sum(samples[:-1]))


def _cut_part(part: Recorded, pod: str, begin: datetime, until: datetime, target: Path) -> Iterator[Path]:
    first = max(0, _records(part, begin, ROUND_CEILING))
    last = min(part.count, _records(part, until, ROUND_FLOOR))
    if first >= last:
        return
    with part.path.open("rb") as file:
        file.seek(len(part.head) + first * part.record_bytes)
        record = _whole(file.read(part.record_bytes), part)
        onset = _onset(record[part.annotation_at :])
        shift = onset.to_integral_value(rounding=ROUND_FLOOR)
        start = part.start + timedelta(seconds=int(shift))
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = target / f"{pod}-{start:%Y%m%dT%H%M%SZ}.edf"
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | PLAIN, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.write(_header(part.head, start, last - first))
            for number in range(first, last):
                marks = _moved(record[part.annotation_at :], onset, shift)
                out.write(record[: part.annotation_at] + marks)
                if number + 1 < last:
                    record = _whole(file.read(part.record_bytes), part)
    yield path


def _whole(record: bytes, part: Recorded) -> bytes:
    if len(record) < part.record_bytes:
        raise RecorderError(f"{part.path} ends before its header says; copy it whole first")
    return record


def _onset(marks: bytes) -> Decimal:
    """The onset of the first list of marks: of a record, its own."""
    return Decimal(marks.partition(b"\x14")[0].partition(b"\x15")[0].decode("ascii"))


def _records(part: Recorded, at: datetime, rounding: str) -> int:
    """The number of records until an instant, rounded."""
    elapsed = Decimal((at - part.start) // timedelta(microseconds=1)) / 1_000_000
    return int((elapsed / part.record_s).to_integral_value(rounding=rounding))


def _header(head: bytes, start: datetime, count: int) -> bytes:
    words = head[_RECORDING].decode("ascii").split()
    words[1] = f"{start:%d}-{_month(start)}-{start:%Y}"
    fields = bytearray(head)
    fields[_RECORDING] = " ".join(words).ljust(80).encode("ascii")
    fields[_START] = f"{start:%d.%m.%y%H.%M.%S}".encode("ascii")
    fields[RECORDS_AT : RECORDS_AT + 8] = records(count)
    return bytes(fields)


def _month(at: datetime) -> str:
    return ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")[at.month - 1]


def _moved(marks: bytes, first: Decimal, shift: Decimal) -> bytes:
    """Return the time-stamped lists of a record, earlier by `shift`; a mark of before `first` is left out."""
    moved = []
    for one in filter(None, marks.split(b"\x00")):
        at = _onset(one)
        if at >= first:
            _, text = one.split(b"\x14", 1)
            lasting = one.partition(b"\x14")[0].partition(b"\x15")
            onset = f"+{(at - shift).normalize():f}".encode("ascii")
            moved.append(onset + b"".join(lasting[1:]) + b"\x14" + text)
    return b"".join(one + b"\x00" for one in moved).ljust(len(marks), b"\x00")
