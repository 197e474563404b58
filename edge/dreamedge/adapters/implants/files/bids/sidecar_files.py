"""Reads the sidecars of BIDS: tables with tabs (.tsv) and objects (.json).

A fault in a sidecar never costs the recording. It is kept with file, line and column, becomes a note, and the
sidecar or its row does not count. Faults of one kind are told once, with the number of lines.
"""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dreamedge.core.signal.recording_facts import Note

SIDECAR: Final = "sidecar"
"""The code of notes about sidecars."""
NOT_AVAILABLE: Final = "n/a"
_LARGEST_BYTES: Final = 32 << 20
_FAULTS_SHOWN: Final = 8
"""Kinds of faults of one file that are told."""
_SHOWN: Final = 6
_BREAK: Final = re.compile(r"\r\n|\r|\n")


class Faults:
    """The faults found so far, in the order found."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str], list[int]] = {}

    def report(self, path: Path, said: str, line: int = 0, column: str = "") -> None:
        """Keep a fault: a clause about a line from 1 on (0: the file) and a column ('': all of them)."""
        self._lines.setdefault((path.name, column, said), []).append(line)

    @property
    def notes(self) -> tuple[Note, ...]:
        """One note a kind of fault; of many kinds in one file, the first."""
        found: list[Note] = []
        told: dict[str, int] = {}
        for (name, column, said), lines in self._lines.items():
            told[name] = told.get(name, 0) + 1
            if told[name] <= _FAULTS_SHOWN:
                at = f", line {lines[0]}" if lines[0] else ""
                more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
                where = f"{name}{at}{more}{f', column {column}' if column else ''}"
                found.append(Note(SIDECAR, f"{where}: {said}."))
        found += [
            Note(SIDECAR, f"{name}: {count - _FAULTS_SHOWN} more faults of other kinds.")
            for name, count in told.items()
            if count > _FAULTS_SHOWN
        ]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, and the number of its line from 1 on."""

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell without blanks around it; '' where it is n/a, empty or of no column."""
        cell = self.cells.get(column, "")
        return "" if cell.lower() == NOT_AVAILABLE else cell


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the names of its columns in small letters, and its whole rows."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """A value of an object, and the place of its key: file, line and column from 1 on."""

    value: Any
    path: Path
    line: int
    column: int

    @property
    def place(self) -> str:
        """The place in words."""
        return f"{self.path.name}, line {self.line}, column {self.column}"


def read_table(path: Path, needed: str, usual: Sequence[str], faults: Faults) -> Table | None:
    """The table, or None if it cannot be read or lacks the column `needed`.

    usual: columns that it should have. Rows with too few or too many cells are left out and kept as faults.
    """
    text = _text(path, faults)
    if text is None:
        return None
    lines = [(number, _cells(line)) for number, line in enumerate(_BREAK.split(text), 1) if line.strip()]
    if not lines:
        faults.report(path, "the file is empty and does not count")
        return None
    first, columns = lines[0][0], [cell.lower() for cell in lines[0][1]]
    if needed not in columns:
        there = ", ".join(map(repr, columns[:_SHOWN]))
        faults.report(
            path,
            f"there is no column {needed!r} (its columns, by tabs: {there}); the file does not count",
            first,
        )
        return None
    for column in usual:
        if column not in columns:
            faults.report(path, f"there is no column {column!r}", first)
    for column in dict.fromkeys(one for one in columns if columns.count(one) > 1):
        faults.report(path, "the column stands twice; the first counts", first, column)
    rows = []
    for number, cells in lines[1:]:
        if len(cells) != len(columns):
            faults.report(
                path,
                f"a row of {len(cells)} cells where the header has {len(columns)}; it does not count",
                number,
            )
        else:
            rows.append(Row(number, dict(zip(reversed(columns), reversed(cells), strict=True))))
    return Table(path, tuple(columns), tuple(rows))


def read_object(path: Path, keys: Sequence[str], faults: Faults) -> dict[str, Stated]:
    """Those of `keys` that the object states; {} if it cannot be read."""
    text = _text(path, faults)
    if text is None:
        return {}
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        faults.report(
            path, f"this is no JSON ({error.msg}); the file does not count", error.lineno, str(error.colno)
        )
        return {}
    except (RecursionError, ValueError):
        faults.report(path, "a value is nested too deep or too long; the file does not count")
        return {}
    if not isinstance(content, dict):
        faults.report(path, f"it holds a {type(content).__name__} and no object; the file does not count", 1)
        return {}
    return {key: _stated(path, text, key, content[key]) for key in keys if key in content}


def _stated(path: Path, text: str, key: str, value: object) -> Stated:
    found = re.search(rf'"{re.escape(key)}"\s*:', text)
    at = found.start() if found else 0
    return Stated(value, path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _cells(line: str) -> list[str]:
    """The cells of a line. A quote that is not closed ends with its line."""
    try:
        cells = next(csv.reader([line], delimiter="\t")) if '"' in line else line.split("\t")
    except csv.Error:  # a cell that is longer than the library takes
        cells = line.split("\t")
    return [cell.strip() for cell in cells]


def _text(path: Path, faults: Faults) -> str | None:
    """The file's text: UTF-8, else Latin-1, which is a fault."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            faults.report(path, f"larger than {_LARGEST_BYTES >> 20} MB; the file does not count")
            return None
        raw = path.read_bytes()
    except OSError as error:
        faults.report(path, f"the file cannot be read ({error.strerror}) and does not count")
        return None
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in raw:
        faults.report(path, "this is no UTF-8 text (UTF-16?); save it as UTF-8; the file does not count", 1)
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.report(
            path, "the text is not UTF-8 and is read as Latin-1", raw.count(b"\n", 0, error.start) + 1
        )
        return raw.decode("latin-1")
