"""A BIDS dataset of one recording: the group is its only participant, since the signals are the group's."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dreamd.adapters.recordings.exports.asked_research import readme_line
from dreamd.adapters.recordings.exports.edf_file import annotations, write_edf
from dreamd.adapters.recordings.exports.group_signals import GroupSignals
from dreamd.adapters.recordings.exports.target import FIRST_LINE, README

_STEM: Final = "sub-group_task-dreamscape"
_ABOUT: Final = """
The signals are features of a group of sleepers at 4 Hz: the collective's centre, its dispersion, the coupling
level, counts, and synchrony by band. No signal of one person is in here. `sub-group` is the whole group.
In the EDF+ file a channel's lowest digital value, -32768, stands for a number that is not known.
"""


def write_bids(signals: GroupSignals, subjects: tuple[int, ...], codes: tuple[str, ...], path: Path) -> None:
    """Write the dataset into a new directory; codes: see `asked_research`."""
    folder = path / "sub-group" / "eeg"
    folder.mkdir(parents=True)
    (path / README).write_text(f"{FIRST_LINE}\n{_ABOUT}\n{readme_line(codes)}", encoding="utf-8")
    _json(
        path / "dataset_description.json",
        {
            "Name": "Dreamscape recorded by dreamd",
            "BIDSVersion": "1.8.0",
            "DatasetType": "raw",
            "License": "n/a",
            "Authors": ["n/a"],
        },
    )
    rows = [("sub-group", str(len(subjects)), " ".join(map(str, subjects)) or "n/a")]
    _tsv(path / "participants.tsv", ("participant_id", "people", "subjects"), rows)
    _json(
        path / "participants.json",
        {
            "people": {"Description": "number of sleepers with a frame"},
            "subjects": {"Description": "their numbers in this Dreamscape"},
        },
    )
    write_edf(signals, folder / f"{_STEM}_eeg.edf")
    _json(
        folder / f"{_STEM}_eeg.json",
        {
            "TaskName": "dreamscape",
            "SamplingFrequency": 1.0 / signals.hop_s,
            "EEGReference": "n/a",
            "PowerLineFrequency": "n/a",
            "SoftwareFilters": "n/a",
            "RecordingType": "continuous",
            "RecordingDuration": signals.values.shape[1] * signals.hop_s,
            "EEGChannelCount": 0,
            "MiscChannelCount": len(signals.channels),
        },
    )
    channels = [(one.label, "MISC", one.unit, one.kind) for one in signals.channels]
    _tsv(folder / f"{_STEM}_channels.tsv", ("name", "type", "units", "description"), channels)
    events = [
        (f"{one.onset:.6f}", "n/a" if one.duration is None else f"{one.duration:g}", one.text)
        for one in annotations(signals)
    ]
    _tsv(folder / f"{_STEM}_events.tsv", ("onset", "duration", "trial_type"), events)
    _json(
        folder / f"{_STEM}_events.json",
        {
            "trial_type": {"Description": "kind of the event, its cause, the number of the subject"},
        },
    )


def _json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _tsv(path: Path, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    lines = ("\t".join(" ".join(field.split()) or "n/a" for field in row) for row in (header, *rows))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
