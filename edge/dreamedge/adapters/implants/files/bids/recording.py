"""Replay of a recording of a BIDS dataset: the reader of its file, with the sidecars applied.

A folder with one recording plays it; a folder with several is refused with their addresses. The sidecars that
apply give type, unit and status of the channels, the marks, the mains frequency and the stated rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files import mne_files
from dreamedge.adapters.implants.files.bids import dataset
from dreamedge.adapters.implants.files.bids.described import (
    Described,
    check_rates,
    check_types,
    describe,
    notes_on,
    of_edf,
)
from dreamedge.adapters.implants.files.bids.events import read_marks, together
from dreamedge.adapters.implants.files.bids.facts import MAINS
from dreamedge.adapters.implants.files.bids.sidecar_files import SIDECAR, Faults, Stated
from dreamedge.adapters.implants.files.edf.implant import EdfImplant
from dreamedge.adapters.implants.files.edf.people import people as edf_people
from dreamedge.adapters.implants.files.mne_files import MneImplant
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.people_in_labels import numbers_of
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.recording_facts import ALIGNMENT, Note
from dreamedge.ports.implant import ImplantError

_DURATION_SHARE: Final = 0.02
_DURATION_LEAST_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """One person of a dataset: the subject, the person's number in the file, the spec without its kind."""

    subject: str
    person: str
    rest: str

    @property
    def spec(self) -> str:
        """The whole spec."""
        return f"bids:{self.rest}"


def addresses(path: Path, chosen: str, options: RecordingOptions = PLAIN) -> tuple[Address, ...]:
    """The people in a recording or a folder, one recording a subject.

    chosen: the number of a person in a recording, or entities that a folder's recordings must have. A subject
    with several recordings has an address that cannot be opened, and says why.

    Raises:
        ImplantError: there is no recording.
    """
    if not path.is_dir():
        return _in_file(dataset.located(path), chosen, options)
    found: list[Address] = []
    for subject in dataset.subjects(path, chosen):
        if len(subject.recordings) == 1:
            found += _in_file(subject.recordings[0], "", options)
        else:
            folder = _above(subject.recordings)
            found.append(Address(subject.name, "", f"{folder}{f'#{chosen}' if chosen else ''}"))
    return tuple(found)


def channels(path: Path, chosen: str, options: RecordingOptions = PLAIN) -> tuple[Channel, ...]:
    """Every channel of a recording with its kind, electrode and unit; () of a folder with several.

    Raises:
        ImplantError: it cannot be read.
    """
    if path.is_dir():
        return ()
    return describe(dataset.located(path), chosen, options).shown()


def open_recording(path: Path, chosen: str = "", options: RecordingOptions = PLAIN) -> Replay:
    """Open a recording, or the only one of a folder, with its sidecars.

    Raises:
        ImplantError: it cannot be played, or there are several.
    """
    folder = path.is_dir()
    recording = dataset.only(path, chosen) if folder else dataset.located(path)
    person = "" if folder else chosen
    described = describe(recording, person, options)
    check_types(described)
    notes = list(check_rates(described))
    notes += notes_on(described)
    replay: Replay
    if of_edf(recording):
        replay = EdfImplant(recording.path, person, options=described.options)
    else:
        replay = MneImplant(recording.path, person, options=described.options)
    replay.device = replace(replay.device, kind="bids")
    faults = described.faults
    _take_mains(replay, described)
    tables = dataset.sidecars(recording, "events", ".tsv", faults)[:1]
    if tables:
        replay.marks = together(replay.marks, read_marks(tables[0], replay.seconds, faults))
    notes += _continuity(replay, described)
    _check_numbers(replay, described)
    replay.notes = (*replay.notes, *notes, *_missing(described, tables), *faults.notes)
    return replay


def _in_file(recording: dataset.Located, wanted: str, options: RecordingOptions) -> tuple[Address, ...]:
    """The people in one recording."""
    subject, path = recording.subject, recording.path
    numbers: tuple[str, ...] = ()
    if not wanted:
        try:
            numbers = (
                numbers_of(edf_people(path, options.montage))
                if of_edf(recording)
                else tuple(number for number, _ in mne_files.sleepers(path, options) if number)
            )
        except ImplantError:
            return (Address(subject, "", str(path)),)
    if wanted or not numbers:
        return (Address(subject, wanted, f"{path}{f'#{wanted}' if wanted else ''}"),)
    return tuple(Address(subject, number, f"{path}#{number}") for number in numbers)


def _above(recordings: Sequence[dataset.Located]) -> Path:
    """The deepest folder that holds all of them."""
    first = recordings[0].path
    return next(folder for folder in first.parents if all(folder in one.path.parents for one in recordings))


def _take_mains(replay: Replay, described: Described) -> None:
    """Take the stated mains frequency; where the file states another, both count."""
    stated = described.facts.mains_hz
    if stated is None:
        return
    own_hz, mains_hz = replay.montage.mains_hz, float(stated.value)
    if own_hz and own_hz != mains_hz:
        _say(
            stated,
            f"{MAINS} is {mains_hz:g} Hz and the file says {own_hz:g} Hz; both count",
            described.faults,
        )
        mains_hz = 0.0
    replay.montage = replace(replay.montage, mains_hz=mains_hz)


def _continuity(replay: Replay, described: Described) -> list[Note]:
    """The note on a recording that is stated to be interrupted and shows no gap."""
    stated = described.facts.interrupted
    if stated is None or not replay.gapless:
        return []
    return [
        Note(
            ALIGNMENT,
            f"{stated.place}, states that the recording is {stated.value}, and its samples lie without a "
            "gap; its alignment to others is doubtful.",
        )
    ]


def _check_numbers(replay: Replay, described: Described) -> None:
    """Tell a stated duration or number of EEG channels that is another than the file's or the list's."""
    faults, facts = described.faults, described.facts
    duration = facts.duration_s
    if duration is not None:
        off_s = abs(duration.value - replay.seconds)
        if not off_s <= max(_DURATION_LEAST_S, _DURATION_SHARE * replay.seconds):
            said = f"RecordingDuration is {duration.value:g} s, and the file lasts {replay.seconds:g} s"
            _say(duration, said, faults)
    count, rows = facts.eeg_count, [row for row in described.rows if row is not None]
    typed = sum(row.kind == "EEG" for row in rows)
    if count is not None and described.listed is not None and count.value != typed:
        said = f"EEGChannelCount is {count.value:g}, and {described.listed.name} types {typed} as EEG"
        _say(count, said, faults)


def _say(stated: Stated, said: str, faults: Faults) -> None:
    faults.report(stated.path, said, stated.line, str(stated.column))


def _missing(described: Described, tables: Sequence[Path]) -> tuple[Note, ...]:
    """The note on sidecars that the recording has not."""
    recording = described.recording
    absent = (*described.absent, *(() if tables else ("_events.tsv",)))
    if not absent:
        return ()
    return (
        Note(SIDECAR, f"{recording.path.name} has no {', no '.join(absent)}; the file alone counts there."),
    )
