"""The layout of a text file of samples: which column is what, and how its cells are written."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.unreadable_file import opening
from dreamedge.ports.implant import ImplantError

SECONDS: Final = "number"
"""Stamps that are numbers: seconds, or thousandths, millionths or billionths of one by their size."""
CLOCK: Final = "clock"
"""Stamps that are a date and a time of day, or a time of day alone."""
COMMENTS: Final = "%#"
"""A line that begins with one of these is no row."""
_HEAD_BYTES: Final = 1 << 18
_NUMBER: Final = re.compile(r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?")
_CLOCK: Final = re.compile(r"(?:\d{4}-\d{2}-\d{2}[ T]+)?\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?")
_COMMA: Final = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Form:
    """How a row is written: the separator of its cells, and whether numbers have a decimal comma."""

    separator: str
    comma: bool = False

    def plain(self, text: str) -> str:
        """The rows of `text` with decimal points, separated by `mark`."""
        if not self.comma:
            return text
        # A separator of comma and space is distinguished from the decimal comma by the space.
        return (text.replace(", ", ";") if self.separator == "," else text).replace(",", ".")

    @property
    def mark(self) -> str:
        """The separator of plain rows."""
        return ";" if self.comma and self.separator == "," else self.separator

    def cells(self, line: str) -> list[str]:
        """The cells of one line as it is in the file, without quotes."""
        return [cell.strip().strip('"').strip() for cell in self.plain(line).split(self.mark)]

    @property
    def described(self) -> str:
        """The form in words."""
        names = {",": "commas", ";": "semicolons", "\t": "tabs"}
        return f"separated by {names[self.separator]}" + (", decimal commas" if self.comma else "")


@dataclass(frozen=True, slots=True)
class Dialect:
    """A program's layout.

    first_line: number of the first row in the file, from 1. header: the line that names the columns, '' if
    none does. labels: one per column. eeg: columns of EEG, with their unit and microvolts to subtract.
    stamp: a column or -1, and what it is. counter: a column or -1. markers: columns. events: rows may hold an
    event instead of samples. hsi: the contact indicator of each EEG column, or none. worn: a column or -1.
    rates_hz: the rates that this program writes, none if unknown; `stated`: the file or the board states it.
    full_scale_uv: the amplifier's limit after subtraction, 0 if unknown. muse, board: of a Muse, of a board
    that was named.
    """

    name: str
    form: Form
    first_line: int
    header: str
    labels: tuple[str, ...]
    eeg: tuple[int, ...]
    unit: str = "uV"
    middle_uv: float = 0.0
    stamp: int = -1
    stamp_is: str = SECONDS
    counter: int = -1
    markers: tuple[int, ...] = ()
    events: bool = False
    hsi: tuple[int, ...] = ()
    worn: int = -1
    rates_hz: tuple[float, ...] = ()
    stated: bool = False
    full_scale_uv: float = 0.0
    muse: bool = False
    board: bool = False

    @property
    def needed(self) -> int:
        """The cells that a row must have."""
        return 1 + max((*self.eeg, self.stamp, self.counter, *self.hsi, self.worn))


@dataclass(frozen=True, slots=True)
class BoardLayout:
    """A board's columns in a file of BrainFlow, one label each; a place is -1 where there is none."""

    name: str
    labels: tuple[str, ...]
    eeg: tuple[int, ...]
    stamp: int
    counter: int
    marker: int
    rate_hz: float
    full_scale_uv: float


def encoding_of(path: Path) -> str:
    """The encoding of a text file, by its first bytes.

    Raises:
        ImplantError: it cannot be read, is empty, or is not text.
    """
    with opening(path), path.open("rb") as file:
        begin = file.read(4096)
    if not begin:
        raise ImplantError(f"{path} is empty; copy it again, or choose another recording.")
    if begin.startswith(_UTF16):
        return "utf-16"
    if b"\0" in begin:
        raise ImplantError(
            f"{path} is no text (byte {begin.index(0)} is zero); unpack it, or choose another file."
        )
    return "utf-8-sig"


def head_of(path: Path) -> list[str]:
    """The first lines of a text file, without line ends; only whole ones unless there is one alone.

    Raises:
        ImplantError: the file cannot be read, or is not text.
    """
    with path.open(encoding=encoding_of(path), errors="replace") as file:
        lines = file.read(_HEAD_BYTES).split("\n")
    return lines[:-1] or lines


def number(cell: str) -> float | None:
    """A cell's number, None if it holds none; a decimal comma is taken as a point."""
    return float(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else None


def is_clock(cell: str) -> bool:
    """Whether a cell holds a time of day, with or without a date."""
    return bool(_CLOCK.fullmatch(cell))


def rows_after(lines: list[str], at: int, most: int = 50) -> list[str]:
    """The first lines from place `at` on that may be rows."""
    return [line for line in lines[at:] if line.strip() and line[0] not in COMMENTS][:most]


def form_of(separator: str, rows: list[str]) -> Form:
    """The form of rows with this separator; their numbers show a decimal comma."""
    joint = ", " if separator == "," else separator
    split = [[cell.strip().strip('"') for cell in line.split(joint)] for line in rows if joint in line]
    commas = sum(bool(_COMMA.fullmatch(cell)) for cells in split for cell in cells)
    points = sum("." in cell and number(cell) is not None for cells in split for cell in cells)
    return Form(separator, comma=commas > points)
