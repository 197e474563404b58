"""Reads the rows of a text file of samples once, in pieces, whatever happened to the file.

Rows
- numpy's parser reads a piece of rows. A piece with an empty, quoted or torn cell is read row by row by the
  csv module.
- An empty cell, NaN, NA or null is no number. A row that cannot be read is a missing sample. It is counted,
  and the first one is told with line and column; more than one in a hundred refuse the file.
- The last line has no line end if the recorder was killed, and zeros behind it after a power cut. It is left
  out, and told.
- The line of names in the middle begins a recording that was appended.
- An event of Mind Monitor is a row without samples. It is a mark at the next sample.
"""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.headset.clock_times import seconds_of
from dreamedge.adapters.implants.files.headset.dialect import CLOCK, COMMENTS, Dialect, encoding_of
from dreamedge.adapters.implants.files.headset.openbci import OPENBCI
from dreamedge.ports.implant import ImplantError

Doubles = NDArray[np.float64]

_PIECE: Final = 2 << 20
"""Characters that are parsed at once."""
_LONGEST_LINE: Final = 1 << 20
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "?", "#n/a"})
_BAD_SHARE: Final = 0.01
_BAD_FREE: Final = 10
_EVENT: Final = "/"
_PATHS: Final = ("/muse/elements/", "/muse/event/", "/")
"""The paths that Mind Monitor writes before the name of an event."""
MARKS_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows in order, NaN where missing.

    stamps: float64[n], seconds or as the file has them. counter: float64[n]. samples: float64[n, eeg], in the
    file's unit. hsi: float64[n, eeg]. worn: float64[n]. Without such a column a field is None.
    """

    stamps: Doubles | None
    counter: Doubles | None
    samples: Doubles
    hsi: Doubles | None
    worn: Doubles | None


@dataclass(slots=True)
class Findings:
    """Findings beside the samples.

    bad: rows that could not be read; first_bad: a description of the first. torn: the number of the last line
    if it has no end, else 0. appended: numbers of the rows that follow a line of names. marks: row and text.
    """

    rows: int = 0
    bad: int = 0
    first_bad: str = ""
    torn: int = 0
    appended: list[int] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)


class RowReader:
    """Reads one file; `findings` is complete when `pieces` has ended."""

    def __init__(self, path: Path, dialect: Dialect, tell: Callable[[float], None] | None = None) -> None:
        """`tell` is called with the share 0..1 that was read."""
        self.findings = Findings()
        self._path = path
        self._dialect = dialect
        self._tell = tell
        self._line = 1
        self._marker_columns = dialect.markers
        self._last: dict[int, float] = {}
        self._numbers = (
            *dialect.eeg,
            *dialect.hsi,
            *((dialect.worn,) if dialect.worn >= 0 else ()),
            *((dialect.counter,) if dialect.counter >= 0 else ()),
            *((dialect.stamp,) if dialect.stamp >= 0 and dialect.stamp_is != CLOCK else ()),
        )

    def pieces(self) -> Iterator[Piece]:
        """The rows in pieces, each of at least one row.

        Raises:
            ImplantError: too many rows cannot be read, or a line is too long for a table.
        """
        with self._path.open(encoding=encoding_of(self._path), errors="replace") as file:
            for _ in range(self._dialect.first_line - 1):
                file.readline()
                self._line += 1
            for lines in self._lines(file):
                piece = self._piece(lines)
                if piece is not None and len(piece.samples):
                    self.findings.rows += len(piece.samples)
                    yield piece
                self._check()

    def _lines(self, file: TextIO) -> Iterator[list[str]]:
        """The lines in pieces; a last one without an end is left out and noted."""
        size = max(os.fstat(file.fileno()).st_size, 1)
        rest = ""
        while text := file.read(_PIECE):
            # After a power cut a file system fills the last block of a file with zeros.
            self.findings.torn = self._line if "\0" in text else 0
            text = text.replace("\0", "")
            whole, end, rest = (rest + text).rpartition("\n")
            if len(rest) > _LONGEST_LINE:
                raise ImplantError(
                    f"{self._path} has a line {self._line + whole.count(chr(10))} of more than "
                    f"{_LONGEST_LINE >> 20} MB; it is no table of samples, so choose another file."
                )
            if end:
                lines = whole.split("\n")
                yield lines
                self._line += len(lines)
            if self._tell:
                self._tell(min(1.0, file.buffer.tell() / size))
        if rest.strip() or self.findings.torn:
            self.findings.torn = self._line

    def _piece(self, lines: list[str]) -> Piece | None:
        """The rows among `lines`."""
        places = self._row_places(lines)
        if not places:
            return None
        form = self._dialect.form
        chosen = lines if len(places) == len(lines) else [lines[place] for place in places]
        if form.comma:
            chosen = [form.plain(line) for line in chosen]
        self._look_for_markers(chosen)
        try:
            texts, table = self._fast(chosen)
            stamps = seconds_of(texts) if texts is not None else None
        except (ValueError, IndexError):
            stamps, table = self._row_by_row(chosen, places)
        return self._split(stamps, table)

    def _row_places(self, lines: list[str]) -> list[int]:
        """The places of lines that are rows; events and repeated names among the others are noted."""
        header = self._dialect.header
        name = header.split(self._dialect.form.separator)[0] or header
        found: list[int] = []
        for place, line in enumerate(lines):
            if not line or line[0] in COMMENTS or line.isspace():
                self._comment(line, len(found))
            elif name and line.startswith(name):
                self._named_again(line, place, len(found))
            elif not (self._dialect.events and _EVENT in line and self._event(line, len(found))):
                found.append(place)
        return found

    def _comment(self, line: str, rows: int) -> None:
        """OpenBCI's first line in the middle begins a recording that was appended."""
        if line.startswith(OPENBCI):
            self._append(rows)

    def _append(self, rows: int) -> None:
        at = self.findings.rows + rows
        if at and at not in self.findings.appended[-1:]:
            self.findings.appended.append(at)

    def _named_again(self, line: str, place: int, rows: int) -> None:
        if line.strip() != self._dialect.header.strip():
            raise ImplantError(
                f"{self._path} names other columns in line {self._line + place} ({line.strip()[:60]!r}) "
                "than at its beginning; cut it there into two files."
            )
        self._append(rows)

    def _event(self, line: str, rows: int) -> bool:
        """Whether a line is an event without samples; its text becomes a mark either way."""
        cells = self._dialect.form.cells(line)
        text = next((cell for cell in reversed(cells) if cell.startswith(_EVENT)), "")
        if not text:
            return False
        self._mark(
            self.findings.rows + rows, next(text.removeprefix(p) for p in _PATHS if text.startswith(p))
        )
        return not any(cells[column : column + 1] not in ([], [""]) for column in self._dialect.eeg) or (
            len(cells) < self._dialect.needed
        )

    def _mark(self, row: int, text: str) -> None:
        if len(self.findings.marks) < MARKS_MOST:
            self.findings.marks.append((row, text))

    def _look_for_markers(self, lines: list[str]) -> None:
        """muse-lsl adds columns of markers to rows behind a header that does not name them."""
        dialect = self._dialect
        width = len(dialect.labels)
        if dialect.muse and dialect.header and not dialect.events and not dialect.markers:
            extra = lines[-1].count(dialect.form.mark) + 1 - width
            if extra > 0:
                self._marker_columns = tuple(range(width, width + extra))

    def _fast(self, lines: list[str]) -> tuple[NDArray[np.str_] | None, Doubles]:
        """Texts of stamps, [n] or None, and numbers float64[n, columns].

        Raises:
            ValueError: a cell is empty, torn or missing.
        """
        dialect, columns = self._dialect, (*self._numbers, *self._marker_columns)
        if dialect.stamp_is != CLOCK or dialect.stamp < 0:
            return None, np.loadtxt(
                lines, delimiter=dialect.form.mark, usecols=columns, ndmin=2, comments=None, quotechar='"'
            )
        names = [f"c{column}" for column in range(len(columns))]
        table = np.loadtxt(
            lines,
            delimiter=dialect.form.mark,
            usecols=(dialect.stamp, *columns),
            dtype=[("stamp", "U32"), *((name, np.float64) for name in names)],
            ndmin=1,
            comments=None,
            quotechar='"',
        )
        return table["stamp"], np.column_stack([table[name] for name in names])

    def _row_by_row(self, lines: Sequence[str], places: Sequence[int]) -> tuple[Doubles | None, Doubles]:
        """Seconds float64[n] or None, and numbers float64[n, columns]; NaN where a cell holds none."""
        dialect = self._dialect
        width = len(self._numbers) + len(self._marker_columns)
        table = np.full((len(lines), width), np.nan)
        clock = dialect.stamp_is == CLOCK and dialect.stamp >= 0
        stamps = np.full(len(lines), np.nan) if clock else None
        for row, (line, place) in enumerate(zip(lines, places, strict=True)):
            cells = next(csv.reader([line], delimiter=dialect.form.mark, skipinitialspace=True), [])
            try:
                table[row, : len(self._numbers)] = [self._number(cells, column) for column in self._numbers]
                if stamps is not None:
                    stamps[row] = self._clock(cells)
            except _BadCellError as bad:
                table[row] = np.nan
                self.findings.bad += 1
                self.findings.first_bad = (
                    self.findings.first_bad
                    or f"line {self._line + place}, column {bad.column + 1}: {bad.found}"
                )
            for n, column in enumerate(self._marker_columns):
                table[row, len(self._numbers) + n] = self._marker(cells, column, row)
        return stamps, table

    def _number(self, cells: list[str], column: int) -> float:
        if column >= len(cells):
            raise _BadCellError(column, f"the row ends after {len(cells)} of {self._dialect.needed} cells")
        cell = cells[column].strip()
        if cell.lower() in _MISSING:
            return np.nan
        try:
            return float(cell)
        except ValueError:
            raise _BadCellError(column, f"{cell[:24]!r} is no number") from None

    def _clock(self, cells: list[str]) -> float:
        column = self._dialect.stamp
        cell = cells[column].strip() if column < len(cells) else ""
        if cell.lower() in _MISSING:
            return np.nan
        try:
            return float(seconds_of(np.array([cell]))[0])
        except ValueError:
            raise _BadCellError(column, f"{cell[:24]!r} is no time such as 2025-07-01 14:56:05.422") from None

    def _marker(self, cells: list[str], column: int, row: int) -> float:
        """A marker's number; one that is text becomes a mark at once."""
        cell = cells[column].strip() if column < len(cells) else ""
        if cell.lower() in _MISSING:
            return 0.0
        try:
            return float(cell)
        except ValueError:
            self._mark(self.findings.rows + row, cell)
            return 0.0

    def _split(self, stamps: Doubles | None, table: Doubles) -> Piece:
        """The columns of a table by their meaning; a row of zeros in OpenBCI's place of names is dropped."""
        dialect = self._dialect
        if dialect.stamp >= 0 and stamps is None and dialect.counter >= 0:
            table = table[(table[:, : len(self._numbers)] != 0).any(axis=1)]
        parts = iter(table.T)
        samples = (
            np.column_stack([next(parts) for _ in dialect.eeg])
            if len(table)
            else table[:, : len(dialect.eeg)]
        )
        hsi = np.column_stack([next(parts) for _ in dialect.hsi]) if dialect.hsi else None
        worn = next(parts) if dialect.worn >= 0 else None
        counter = next(parts) if dialect.counter >= 0 else None
        if stamps is None and dialect.stamp >= 0:
            stamps = next(parts)
        self._marks_in(table[:, len(self._numbers) :])
        return Piece(stamps, counter, samples, hsi, worn)

    def _marks_in(self, markers: Doubles) -> None:
        """A mark where a column of markers takes another value than zero and the last one."""
        for n, column in enumerate(markers.T):
            last = np.concatenate([[self._last.get(n, 0.0)], column[:-1]])
            begun = np.flatnonzero((column != last) & (column != 0) & np.isfinite(column))
            for row in begun.tolist():
                named = f"Marker{n} " if len(markers.T) > 1 else ""
                self._mark(self.findings.rows + row, f"{named}{column[row]:g}")
            if len(column):
                self._last[n] = float(column[-1])

    def _check(self) -> None:
        """Refuse a file with many rows that cannot be read.

        Raises:
            ImplantError: more than one row in a hundred, and more than ten.
        """
        found = self.findings
        if found.bad > _BAD_FREE and not found.bad <= _BAD_SHARE * found.rows:
            raise ImplantError(
                f"{self._path} has {found.bad} of {found.rows} rows that cannot be read, the first in "
                f"{found.first_bad}; copy it again, or choose the file as it was recorded."
            )


class _BadCellError(Exception):
    """A cell that cannot be read, at a column from 0."""

    def __init__(self, column: int, found: str) -> None:
        super().__init__(found)
        self.column = column
        self.found = found
