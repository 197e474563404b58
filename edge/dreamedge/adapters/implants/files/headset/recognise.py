"""Recognises which program wrote a text file of samples, by its first lines.

| program | sign |
|---|---|
| Mind Monitor | columns `TimeStamp` and `RAW_TP9` |
| muse-lsl and programs like it | a column of times, and columns named after electrodes |
| OpenBCI GUI | `%OpenBCI Raw` in the first line |
| BrainFlow | tabs and numbers alone; the board cannot be known from them and has to be named |

The layouts are those of the programs' own sources: muse-lsl's `record.py`, the GUI's `DataWriterODF.pde` and
its sample data of versions 2 to 6, and BrainFlow's `write_file`. Those of Mind Monitor are its manual's and
public recordings'.
"""

import re
from collections.abc import Sequence
from typing import Final

from dreamedge.adapters.implants.files.headset.dialect import (
    CLOCK,
    COMMENTS,
    SECONDS,
    BoardLayout,
    Dialect,
    Form,
    form_of,
    is_clock,
    number,
    rows_after,
)
from dreamedge.adapters.implants.files.headset.openbci import OPENBCI, openbci
from dreamedge.adapters.implants.people_in_labels import people_in
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.ports.implant import ImplantError

_SEPARATORS: Final = ("\t", ";", ",")
_HEADER_WITHIN: Final = 12
"""The header stands within so many lines."""
_TIMES: Final = frozenset(
    {"timestamps", "timestamp", "time_stamp", "time", "lsl_timestamp", "unix_timestamp"}
)
_COUNTERS: Final = frozenset({"sample index", "sample_index", "package_num", "counter"})
_MUSE: Final = frozenset({"TP9", "AF7", "AF8", "TP10"})
_MUSE_HZ: Final = 256.0
_MUSE_OF_2014_HZ: Final = 220.0
_MUSE_UV: Final = 1000.0
"""muse-lsl writes 0.48828125 (raw - 2048) uV of twelve bits."""
_MIDDLE_UV: Final = 841.0
"""Mind Monitor writes 0 to 1682 uV."""
_NO_EEG: Final = {"PPG": "PPG", "ACC": "acceleration", "GYRO": "rotation", "X": "movement"}
_UNIT_IN_LABEL: Final = re.compile(r"(.*?)\s*[(\[]\s*([numµμ]?V)\s*[)\]]")
_SD_CARD: Final = re.compile(r"[0-9A-F]{2}(,[0-9A-F]{6}){4}")
_BOARD_LEAST: Final = 4
_KNOWN: Final = (
    "muse-lsl (timestamps,TP9,...), Mind Monitor (TimeStamp,...,RAW_TP9,...), the OpenBCI GUI "
    "(%OpenBCI Raw ...) or BrainFlow (tabs, no header)"
)


def recognise(lines: list[str], board: BoardLayout | None, montage: Sequence[str], what: str) -> Dialect:
    """Recognise the program by a file's first lines.

    board: of a file of BrainFlow, None if not named. montage: as in the options. Only its length is used,
    where an old file of OpenBCI does not state its channels.

    Raises:
        ImplantError: no program is recognised, or what the file lacks is not given.
    """
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith(OPENBCI):
        return _without_board(openbci(lines, montage, what), board, what)
    for place, line in enumerate(lines[:_HEADER_WITHIN]):
        if not line.strip() or line.lstrip()[0] in COMMENTS:
            continue
        for separator in _SEPARATORS:
            found = _by_header(line, separator, lines, place)
            if found is not None:
                return _without_board(found, board, what)
        _refuse_other_streams(line, what)
    rows = rows_after(lines, 0)
    # BrainFlow wrote commas before version 4; such a row alone could be of any program.
    for separator in ("\t", ",") if board else ("\t",):
        cells = [cell.strip() for cell in rows[0].strip().split(separator)] if rows else []
        if len(cells) >= _BOARD_LEAST and all(number(cell) is not None for cell in cells):
            return _brainflow(cells, separator, board, what)
    if _SD_CARD.match(first):
        raise ImplantError(
            f"{what} is the file of an OpenBCI SD card, in hexadecimal; convert it with the OpenBCI GUI."
        )
    shown = first.strip()[:60]
    raise ImplantError(
        f"{what} begins with {shown!r}, which is no header of {_KNOWN}; "
        "name its columns in the first line: timestamps and electrodes such as Fp1."
    )


def _without_board(found: Dialect, board: BoardLayout | None, what: str) -> Dialect:
    if board is not None:
        raise ImplantError(
            f"{what} is a file of {found.name}, which needs no board; leave #{board.name} out."
        )
    return found


def _by_header(line: str, separator: str, lines: list[str], place: int) -> Dialect | None:
    """The dialect whose columns are named in `line`; None if it is no such header."""
    labels = Form(separator).cells(line)
    if len(labels) < 2:  # noqa: PLR2004 - a header names several columns
        return None
    rows = rows_after(lines, place + 1)
    form = form_of(separator, rows)
    if "TimeStamp" in labels and "RAW_TP9" in labels:
        return _mind_monitor(tuple(labels), line, form, place)
    return _electrodes(tuple(labels), line, form, place, rows)


def _mind_monitor(labels: tuple[str, ...], line: str, form: Form, place: int) -> Dialect:
    eeg = tuple(n for n, label in enumerate(labels) if label.startswith("RAW_") and electrode(label))
    hsi = [labels.index(f"HSI_{labels[n][4:]}") for n in eeg if f"HSI_{labels[n][4:]}" in labels]
    return Dialect(
        "Mind Monitor",
        form,
        place + 2,
        line,
        labels,
        eeg,
        middle_uv=_MIDDLE_UV,
        stamp=labels.index("TimeStamp"),
        stamp_is=CLOCK,
        events=True,
        hsi=tuple(hsi) if len(hsi) == len(eeg) else (),
        worn=labels.index("HeadBandOn") if "HeadBandOn" in labels else -1,
        rates_hz=(_MUSE_HZ, _MUSE_OF_2014_HZ),
        full_scale_uv=_MIDDLE_UV,
        muse=True,
    )


def _electrodes(
    labels: tuple[str, ...], line: str, form: Form, place: int, rows: list[str]
) -> Dialect | None:
    """A table of electrodes, with or without a column of times."""
    units = {found[2] for label in labels if (found := _UNIT_IN_LABEL.fullmatch(label))}
    names = tuple(found[1] if (found := _UNIT_IN_LABEL.fullmatch(label)) else label for label in labels)
    tagged = {place for one in people_in(names).people for place in one.electrodes}
    eeg = tuple(n for n, label in enumerate(names) if n in tagged or electrode(label))
    low = [label.lower() for label in names]
    stamp = next((n for n, label in enumerate(low) if label in _TIMES), -1)
    if not eeg or (stamp < 0 and len(eeg) < 2 and not rows):  # noqa: PLR2004 - one word may look like an electrode
        return None
    if any(number(cell) is not None for cell in Form(form.separator).cells(line)):
        return None
    muse = {electrode(names[n]) for n in eeg} >= _MUSE
    times = form.cells(rows[0])[stamp : stamp + 1] if rows and stamp >= 0 else []
    clock = bool(times) and is_clock(times[0])
    return Dialect(
        "muse-lsl" if muse and stamp >= 0 else "a table of electrodes",
        form,
        place + 2,
        line,
        names,
        eeg,
        unit=_unit(units, muse=muse and stamp >= 0),
        stamp=stamp,
        stamp_is=CLOCK if clock else SECONDS,
        counter=-1 if muse else next((n for n, label in enumerate(low) if label in _COUNTERS), -1),
        markers=tuple(n for n, label in enumerate(low) if label.startswith("marker")),
        rates_hz=(_MUSE_HZ,) if muse and stamp >= 0 else (),
        full_scale_uv=_MUSE_UV if muse and stamp >= 0 else 0.0,
        muse=muse,
    )


def _unit(units: set[str], *, muse: bool) -> str:
    """The unit that all labels name, uV of a Muse, else '' for unknown."""
    return next(iter(units)) if len(units) == 1 else "uV" if muse and not units else ""


def _refuse_other_streams(line: str, what: str) -> None:
    """Refuse a file of muse-lsl that holds another stream than EEG."""
    labels = Form(",").cells(line)
    if labels[0].lower() not in _TIMES or len(labels) < 2:  # noqa: PLR2004 - times and values
        return
    kind = next((kind for word, kind in _NO_EEG.items() if labels[1].upper().startswith(word)), "")
    if kind:
        raise ImplantError(
            f"{what} holds {kind} ({', '.join(labels[1:4])}) and no EEG; choose the file of the EEG stream."
        )


def _brainflow(cells: list[str], separator: str, board: BoardLayout | None, what: str) -> Dialect:
    """A file of BrainFlow with the columns of the board that was named.

    Raises:
        ImplantError: no board is named, or it has another number of columns.
    """
    if board is None:
        raise ImplantError(
            f"{what} has {len(cells)} columns of numbers and no header, as BrainFlow writes them; "
            "its board cannot be known from them, so name it: csv:PATH#BOARD, for instance #cyton or #muse_2."
        )
    if len(board.labels) != len(cells):
        raise ImplantError(
            f"{what} has {len(cells)} columns and a file of {board.name} has {len(board.labels)}; "
            "name the board that wrote it, with its preset where it has several: #muse_2,preset=default."
        )
    return Dialect(
        f"BrainFlow ({board.name})",
        Form(separator),
        1,
        "",
        board.labels,
        board.eeg,
        stamp=board.stamp,
        counter=board.counter,
        markers=(board.marker,) if board.marker >= 0 else (),
        rates_hz=(board.rate_hz,),
        stated=True,
        full_scale_uv=board.full_scale_uv,
        board=True,
    )
