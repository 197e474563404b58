"""The marks in `*_events.tsv`.

A mark's text is its `trial_type`, else its `value`, else the first other column that says something, with the
column's name. An event without an onset has no place and is left out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files.bids.sidecar_files import Faults, Row, read_table
from dreamedge.core.signal.recording_facts import Mark

_TEXTS: Final = ("trial_type", "value")
_NO_TEXTS: Final = frozenset(
    {"onset", "duration", "sample", "begsample", "endsample", "offset", "response_time", "channel"}
)
_EVENT: Final = "event"
_SAME_S: Final = 0.001
"""Marks of one text within this are one."""


def read_marks(path: Path, seconds: float, faults: Faults) -> tuple[Mark, ...]:
    """The marks of a recording of so many seconds, in file order; () if the file cannot be read."""
    table = read_table(path, "onset", ("duration",), faults)
    if table is None:
        return ()
    found = []
    late: list[Row] = []
    for row in table.rows:
        at_s = _seconds(path, row, "onset", faults)
        if at_s is None:
            continue
        if at_s > seconds:
            late.append(row)
        found.append(Mark(at_s, _duration_s(path, row, faults), _text(row, table.columns)))
    if late:
        faults.report(
            path,
            f"{len(late)} of {len(found)} events begin after the recording's end at {seconds:.1f} s "
            f"(the first at {late[0].text('onset')} s); onsets are seconds from its first sample",
            late[0].line,
            "onset",
        )
    return tuple(found)


def together(own: Sequence[Mark], listed: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks of the file and of its events by time, each once though both state it."""
    kept: dict[tuple[int, str], Mark] = {}
    for mark in (*listed, *own):
        kept.setdefault((round(mark.at_s / _SAME_S), mark.text.casefold()), mark)
    return tuple(sorted(kept.values(), key=lambda mark: mark.at_s))


def _text(row: Row, columns: Sequence[str]) -> str:
    for column in _TEXTS:
        if row.text(column):
            return " ".join(row.text(column).split())
    others = (column for column in columns if column not in {*_TEXTS, *_NO_TEXTS} and row.text(column))
    column = next(others, "")
    return f"{column}={' '.join(row.text(column).split())}" if column else _EVENT


def _duration_s(path: Path, row: Row, faults: Faults) -> float:
    """The duration; 0 where it is n/a or wrong."""
    told_s = _seconds(path, row, "duration", faults, needed=False)
    if told_s is not None and told_s < 0:
        faults.report(
            path, f"{row.text('duration')!r} is below 0; its event is an instant", row.line, "duration"
        )
    return max(told_s or 0.0, 0.0)


def _seconds(path: Path, row: Row, column: str, faults: Faults, *, needed: bool = True) -> float | None:
    """The number in a cell, finite; None if there is none."""
    told = row.text(column)
    if not told:
        if needed:
            faults.report(path, "the event has none and is left out", row.line, column)
        return None
    try:
        found_s = float(told)
    except ValueError:
        found_s = float("nan")
    if abs(found_s) < float("inf"):
        return found_s
    then = "the event is left out" if needed else "its event is an instant"
    faults.report(path, f"{told!r} is no number of seconds; {then}", row.line, column)
    return None
