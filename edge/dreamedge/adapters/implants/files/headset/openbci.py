"""Files of the OpenBCI GUI, versions 2 to 6: comments of the form `%Key = value`, then rows.

From version 5 on a line names the columns, or a row of zeros stands in its place. Before, a row is the sample
index, the EEG, acceleration, and later the time of day and Unix time in milliseconds. Files of OpenBCI's
Python program begin with the time instead.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dreamedge.adapters.implants.caps import CAPS
from dreamedge.adapters.implants.files.headset.dialect import (
    CLOCK,
    SECONDS,
    Dialect,
    form_of,
    is_clock,
    number,
    rows_after,
)
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.ports.implant import ImplantError

OPENBCI: Final = "%OpenBCI"
_INDEX: Final = "Sample Index"
_EXG: Final = re.compile(r"E[XE]G Channel \d+", re.IGNORECASE)
_VALUE: Final = re.compile(r"%\s*([^=]*?)\s*=\s*(.*?)\s*$")
_BY_WIDTH: Final = {9: 8, 12: 8, 13: 8, 14: 8, 17: 16, 20: 16, 21: 16, 22: 16}
"""Channels by the columns of a file that states none: index, EEG, then acceleration, then times."""
_FULL_SCALE_UV: Final = {"cyton": 187_500.0, "ganglion": 15_686.0}
_UNIX: Final = ((1e9, 4e9), (1e12, 4e12))


def openbci(lines: list[str], montage: Sequence[str], what: str) -> Dialect:
    """The layout of a file that begins with `%OpenBCI`.

    Raises:
        ImplantError: it holds no EEG, or its channels cannot be counted.
    """
    comments = [line.strip() for line in lines if line.startswith("%")]
    if "aux" in comments[0].lower():
        raise ImplantError(
            f"{what} holds auxiliary data and no EEG; choose the file OpenBCI-RAW of the same session."
        )
    stated = {found[1].lower(): found[2] for line in comments if (found := _VALUE.match(line))}
    header = next((n for n, line in enumerate(lines) if line.lstrip(' "').startswith(_INDEX)), -1)
    begun = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("%")), len(lines))
    rows = rows_after(lines, begun if header < 0 else header + 1)
    # By most of the rows, because the first one may be torn.
    separator = max((",", ";", "\t"), key=lambda mark: sum(mark in row for row in rows))
    form = form_of(separator, rows)
    split = [cells for cells in map(form.cells, rows) if any(number(cell) != 0 for cell in cells)]
    widths = Counter(map(len, split)).most_common(1)
    cells = next((cells for cells in split if len(cells) == widths[0][0]), [])
    if not cells:
        raise ImplantError(f"{what} holds no row; choose a longer recording.")
    if header >= 0:
        columns = _named(lines[header], separator, cells)
    else:
        late = int("time" in stated.get("first column", "").lower())
        columns = _unnamed(cells, late, _count(stated, montage, len(cells) - late, what))
    if not columns.eeg or max(columns.eeg) >= len(cells):
        raise ImplantError(
            f"{what} has {len(cells)} columns, too few for {len(columns.eeg) or 'any'} channels of EEG; "
            "correct its '%Number of channels', or choose the file OpenBCI-RAW."
        )
    clock = 0 <= columns.stamp < len(cells) and is_clock(cells[columns.stamp])
    board, rate_hz = stated.get("board", "").lower(), _rate_hz(stated)
    return Dialect(
        "the OpenBCI GUI",
        form,
        (begun if header < 0 else header + 1) + 1,
        lines[header] if header >= 0 else "",
        columns.labels,
        columns.eeg,
        stamp=columns.stamp,
        stamp_is=CLOCK if clock else SECONDS,
        counter=columns.counter,
        markers=columns.markers,
        rates_hz=(rate_hz,) if rate_hz else (),
        stated=bool(rate_hz),
        full_scale_uv=next((limit for name, limit in _FULL_SCALE_UV.items() if name in board), 0.0),
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns, and the places of those with a meaning; -1 where there is none."""

    labels: tuple[str, ...]
    eeg: tuple[int, ...]
    stamp: int
    counter: int
    markers: tuple[int, ...] = ()


def _named(header: str, separator: str, cells: list[str]) -> _Columns:
    """The columns by the line that names them."""
    # Names of columns hold no decimal comma, so they are split without one.
    labels = tuple(cell.strip().strip('"').strip() for cell in header.split(separator))
    times = [n for n, label in enumerate(labels) if label.lower().startswith("timestamp")]
    return _Columns(
        labels,
        tuple(n for n, label in enumerate(labels) if _EXG.fullmatch(label) or electrode(label)),
        # Unix time before the formatted one, unless it was not filled in.
        next((n for n in times if n < len(cells) and number(cells[n]) != 0), -1),
        labels.index(_INDEX),
        tuple(n for n, label in enumerate(labels) if label.lower().startswith("marker")),
    )


def _unnamed(cells: list[str], late: int, count: int) -> _Columns:
    """The columns by their order; `late`: 1 where the time comes before the sample index."""
    eeg = tuple(range(late + 1, late + 1 + count))
    stamp = 0 if late else _stamp(cells, late + 1 + count)
    return _Columns(_labels(cells, late, eeg, stamp), eeg, stamp, late)


def _rate_hz(stated: dict[str, str]) -> float:
    found = number(stated.get("sample rate", "").lower().removesuffix("hz").strip())
    return found if found and found > 0 else 0.0


def _count(stated: dict[str, str], montage: Sequence[str], width: int, what: str) -> int:
    """The channels of EEG of a file whose columns have no names."""
    told = number(stated.get("number of channels", ""))
    if told and told > 0:
        return int(told)
    cap = CAPS.get(montage[0].lower(), ()) if len(montage) == 1 else montage
    count = len(cap) or _BY_WIDTH.get(width, 0)
    if not count:
        raise ImplantError(
            f"{what} has {width} columns and states no number of channels; "
            "name the electrodes of all with --montage, for instance --montage openbci8."
        )
    return count


def _stamp(cells: list[str], after: int) -> int:
    """The column of times behind the EEG: Unix time, else the time of day, else none (-1)."""
    for low, high in _UNIX:
        for place in range(after, len(cells)):
            found = number(cells[place])
            if found is not None and low < found < high:
                return place
    return next((place for place in range(after, len(cells)) if is_clock(cells[place])), -1)


def _labels(cells: list[str], counter: int, eeg: tuple[int, ...], stamp: int) -> tuple[str, ...]:
    """Names as the GUI gives them to columns without any."""
    names = ["Other"] * len(cells)
    names[counter] = _INDEX
    for place, column in enumerate(eeg):
        if column < len(names):
            names[column] = f"EXG Channel {place}"
    if 0 <= stamp < len(names):
        names[stamp] = "Timestamp"
    return tuple(names)
