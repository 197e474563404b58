"""The channels of one recording as its file and its sidecars state them together, and the contradictions.

Rules
- A unit of the file counts before the sidecar's, because the file scales its samples by it. Where the file
  has none, as EEGLAB's files have, the sidecar's counts as if it were the file's.
- A rate that the sidecars state is one of the file's, within 2 %; else the recording is refused.
- Each contradiction is told, with file, line and column.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files import mne_files
from dreamedge.adapters.implants.files.bids.channel_list import EEG, Listed, by_channel, read_channels, uv_per
from dreamedge.adapters.implants.files.bids.dataset import OF_EDF, Located, sidecars
from dreamedge.adapters.implants.files.bids.facts import RATE, Facts, read_facts
from dreamedge.adapters.implants.files.bids.sidecar_files import SIDECAR, Faults
from dreamedge.adapters.implants.files.edf import channels as edf_channels
from dreamedge.adapters.implants.recording_options import UNITS, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import OTHER, UNNAMED
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.rate_judgement import RateJudgement
from dreamedge.ports.implant import ImplantError

_WITHOUT_UNIT: Final = ".set"
"""EEGLAB's files have no units."""
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Described:
    """A recording's channels by its file alone, as they play, and as the list has them.

    person: the number of one of several people, '' of a file with one. listed: the list's path, None if none
    applies. absent: the sidecars that there are not. options: with the units that the list adds and the
    channels that it takes away.
    """

    recording: Located
    person: str
    by_file: tuple[Channel, ...]
    channels: tuple[Channel, ...]
    rows: tuple[Listed | None, ...]
    listed: Path | None
    absent: tuple[str, ...]
    facts: Facts
    options: RecordingOptions
    faults: Faults

    @property
    def alone(self) -> str:
        """The spec that plays the file without its sidecars."""
        kind = "edf" if of_edf(self.recording) else "mne"
        return f"{kind}:{self.recording.path}{f'#{self.person}' if self.person else ''}"

    @property
    def own_units(self) -> tuple[str, ...]:
        """The unit of every channel in the file; '' where it has none that is a voltage."""
        with_unit = not self.recording.path.name.lower().endswith(_WITHOUT_UNIT)
        return tuple(one.unit if with_unit and uv_per(one.unit) else "" for one in self.by_file)

    @property
    def pairs(self) -> tuple[tuple[Channel, Listed | None], ...]:
        """Every channel by the file alone, with its row."""
        return tuple(zip(self.by_file, self.rows, strict=True))

    def shown(self) -> tuple[Channel, ...]:
        """Every channel as it plays, for a list of channels."""
        rows = zip(self.channels, self.rows, self.own_units, strict=True)
        return tuple(_shown(channel, row, own) for channel, row, own in rows)


def _shown(channel: Channel, row: Listed | None, own_unit: str) -> Channel:
    if row is None:
        return channel
    if not own_unit and row.unit:
        channel = replace(channel, unit=row.unit)
    if not row.eeg:
        return replace(channel, kind=row.kind, electrode="")
    return replace(channel, kind="EEG, bad", electrode="") if row.bad else channel


def of_edf(recording: Located) -> bool:
    """Whether our own reader of EDF and BDF reads it."""
    return recording.path.name.lower().endswith(OF_EDF)


def describe(recording: Located, person: str, options: RecordingOptions) -> Described:
    """Read the file's channels and its sidecars.

    Raises:
        ImplantError: the file cannot be read.
    """
    faults = Faults()
    path = recording.path
    lists = sidecars(recording, "channels", ".tsv", faults)[:1]
    rows = read_channels(lists[0], faults) if lists else ()
    objects = sidecars(recording, "eeg", ".json", faults)
    facts = read_facts(objects, faults)
    absent = tuple(name for name, there in (("_channels.tsv", lists), ("_eeg.json", objects)) if not there)
    ours = of_edf(recording)
    found = (
        edf_channels.channels(path, options, person)
        if ours
        else mne_files.sleepers(path, options, person)[0][1]
    )
    labels = [channel.label for channel in found]
    matched = by_channel(lists[0], rows, labels, faults) if rows else (None,) * len(found)
    by_file = Described(
        *(recording, person, found, found, matched),
        *(lists[0] if rows else None, absent, facts, options, faults),
    )
    chosen = replace(
        options,
        units=_added_units(by_file),
        left_out=frozenset(one.label for one, row in by_file.pairs if row is not None and row.silent),
    )
    if ours and (chosen.units or chosen.left_out):
        found = edf_channels.channels(path, chosen, person)
    elif chosen.left_out and options.montage:
        _, found = mne_files.sleepers(path, chosen, person)[0]
    return replace(by_file, channels=found, options=chosen)


def _added_units(described: Described) -> dict[str, str]:
    """The unit, one of UNITS, of each channel to which the list gives one and the file gives none."""
    spelled = {uv_per(unit): unit for unit in UNITS}
    return {
        channel.label: spelled[uv_per(row.unit)]
        for (channel, row), own in zip(described.pairs, described.own_units, strict=True)
        if row is not None and not own and uv_per(row.unit)
    }


def notes_on(described: Described) -> tuple[Note, ...]:
    """The notes on channels that the list takes away, and on contradictions between list and file.

    Raises:
        ImplantError: the list leaves no EEG channel.
    """
    electrodes = [(channel, row) for channel, row in described.pairs if channel.electrode]
    typed = [row for _, row in electrodes if row is not None and not row.eeg]
    bad = [
        row
        for channel, row in described.pairs
        if row is not None and row.eeg and row.bad and (channel.electrode or row.kind == EEG)
    ]
    name = described.listed.name if described.listed is not None else ""
    notes = []
    if bad:
        told = [f"{row.name} (line {row.line}{f': {row.why}' if row.why else ''})" for row in bad]
        notes.append(Note("bad", f"{name} marks {_some(told)} as bad; these channels do not play."))
    if typed:
        told = [f"{row.name} the type {row.kind} (line {row.line})" for row in typed]
        notes.append(Note("channel", f"{name} gives {_some(told)}; these channels do not play."))
    if notes and all(row is not None and row.silent for _, row in electrodes or described.pairs):
        raise ImplantError(
            f"{described.recording.path} has no EEG channel left: "
            f"{' '.join(note.sentence.rstrip('.') for note in notes)}; correct {name}, "
            f"or play the file without its sidecars: {described.alone}."
        )
    return (*notes, *_unplaced(described), *_units(described))


def check_types(described: Described) -> None:
    """Refuse a recording whose list types no channel as EEG.

    Raises:
        ImplantError: it does.
    """
    kinds = Counter(row.kind for row in described.rows if row is not None)
    if (
        described.listed is not None
        and kinds
        and "" not in kinds
        and EEG not in kinds
        and None not in described.rows
    ):
        found = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(_SHOWN))
        raise ImplantError(
            f"{described.recording.path} has no EEG: {described.listed.name} types its "
            f"{sum(kinds.values())} channels as {found}; choose another recording, or correct these types."
        )


def check_rates(described: Described) -> tuple[Note, ...]:
    """Compare the rates that the sidecars state with the file's, and return a note on one of other channels.

    Raises:
        ImplantError: a stated rate is more than 2 % from every rate of the file; cause `rate`.
    """
    own = dict.fromkeys(channel.rate_hz for channel in described.channels)
    eeg = next((channel.rate_hz for channel in described.channels if channel.electrode), 0.0)
    notes = []
    for where, key, stated_hz in _stated_rates(described):
        if RateJudgement(stated_hz, eeg).ok or not eeg:
            continue
        path = described.recording.path
        says = f"{where}, states a {key} of {stated_hz:g} Hz, and the EEG of {path} has {eeg:g} Hz"
        if not any(RateJudgement(stated_hz, rate_hz).ok for rate_hz in own):
            raise ImplantError(
                f"{says}, more than 2 % off; correct the one that is wrong, "
                f"or play the file without its sidecars: {described.alone}.",
                "rate",
            )
        notes.append(Note(SIDECAR, f"{says}; that is the rate of other channels of the file."))
    return tuple(notes)


def _stated_rates(described: Described) -> list[tuple[str, str, float]]:
    """The rates stated for the EEG, each once: its place, its key, Hz."""
    found = []
    stated = described.facts.rate_hz
    if stated is not None:
        found.append((stated.place, RATE, float(stated.value)))
    column = "sampling_frequency"
    listed = {
        row.rate_hz: row
        for channel, row in reversed(described.pairs)
        if row is not None and row.rate_hz and channel.electrode and row.eeg
    }
    name = described.listed.name if described.listed is not None else ""
    found += [(f"{name}, line {row.line}", column, rate_hz) for rate_hz, row in listed.items()]
    return found


def _unplaced(described: Described) -> tuple[Note, ...]:
    """The note on channels of type EEG whose labels name no electrode."""
    names = [
        channel.label
        for channel, row in zip(described.channels, described.rows, strict=True)
        if row is not None and row.kind == EEG and not row.bad and not channel.electrode
        if channel.kind in {OTHER, UNNAMED} or not channel.kind.startswith(EEG)
    ]
    if not names or described.listed is None:
        return ()
    return (
        Note(
            "channel",
            f"{described.listed.name} gives {_some(names)} the type EEG, and these labels name no known "
            "electrode; they do not play.",
        ),
    )


def _units(described: Described) -> tuple[Note, ...]:
    """A note for each pair of units that contradict one another."""
    found: dict[tuple[str, str], list[Listed]] = {}
    for (channel, row), own in zip(described.pairs, described.own_units, strict=True):
        if row is not None and own and channel.electrode and uv_per(row.unit) not in {0.0, uv_per(own)}:
            found.setdefault((row.unit, own), []).append(row)
    name = described.listed.name if described.listed is not None else ""
    return tuple(
        Note(
            "unit",
            f"{name}, line {rows[0].line}{_more(rows)}, column units, gives {rows[0].name} in {unit}, "
            f"and {own} counts, because the file scales its samples by it.",
        )
        for (unit, own), rows in found.items()
    )


def _more(rows: Sequence[Listed]) -> str:
    return f" and {len(rows) - 1} more" if len(rows) > 1 else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
