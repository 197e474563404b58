"""Writes a recording in another format."""

from importlib import import_module
from pathlib import Path
from typing import Final

from dreamd.adapters.recordings.exports import plain_tables
from dreamd.adapters.recordings.exports.asked_research import granted_codes
from dreamd.adapters.recordings.exports.formats import SUFFIXES
from dreamd.adapters.recordings.exports.group_signals import read_signals
from dreamd.adapters.recordings.exports.target import target
from dreamd.adapters.recordings.reader import Progress, Recording, within

READ: Final = 0.8
"""Share of the work that reads a night's parts; the rest writes."""


def export(path: Path, to: str, out: Path | None, *, force: bool = False, progress: Progress) -> Path:
    """Export the recording in this directory, where each of its people granted research; return its path.

    out: the file or directory to make; None: by the recording's name in the working directory.
    progress: called after each part that is read.

    Raises:
        RecordingError: research was not granted, the recording cannot be read, or the target not be written.
    """
    recording = Recording.from_directory(path)
    codes = granted_codes(recording)
    place = out if out is not None else Path(path.name + SUFFIXES[to])
    with target(place, force=force) as hidden:
        if to in ("parquet", "csv"):
            write = plain_tables.write_parquet if to == "parquet" else plain_tables.write_csv
            write(recording, codes, hidden, progress)
        else:
            _export_signals(recording, to, codes, hidden, progress)
    return place


def _export_signals(
    recording: Recording, to: str, codes: tuple[str, ...], hidden: Path, progress: Progress
) -> None:
    subjects = recording.subjects(within(progress, 0.0, READ / 2)) if to == "bids" else ()
    signals = read_signals(recording, within(progress, READ / 2 if to == "bids" else 0.0, READ))
    room = "dreamd.adapters.recordings.exports"
    if to == "xdf":
        import_module(f"{room}.xdf_file").write_xdf(signals, hidden, within(progress, READ, 1.0))
    elif to == "edf+":
        import_module(f"{room}.edf_file").write_edf(signals, hidden)
    else:
        import_module(f"{room}.bids_dataset").write_bids(signals, subjects, codes, hidden)
    progress(1.0)
