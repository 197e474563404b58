"""A stream's channels by its own description: which are EEG, in which unit, with what contact.

The rules are the same for a live stream and for one in a file. Two values are assumed. A Muse that names no
channel is TP9 AF7 AF8 TP10, the order of every Muse streaming program. A unit that is not named is uV, as
LSL's own devices deliver it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dreamedge.adapters.implants.caps import electrodes_of
from dreamedge.adapters.implants.files.channel_soundness import Unit, unit_of
from dreamedge.adapters.implants.files.replay import Doubles
from dreamedge.adapters.implants.people_in_labels import (
    labels_of_person,
    notes_on_people,
    numbers_of,
    people_in,
)
from dreamedge.adapters.implants.ten_twenty import electrode, numbered
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import ImplantError

MUSE: Final = ("TP9", "AF7", "AF8", "TP10")
_CONTACT_OF_HSI: Final = {1: 1.0, 2: 0.5}
"""Muse's headband status indicator: 1 good, 2 doubtful but counted, everything else no contact."""


@dataclass(frozen=True, slots=True)
class Described:
    """A stream's channels: one text each, '' if absent; `muse`: whether the device is a Muse."""

    labels: tuple[str, ...]
    types: tuple[str, ...]
    units: tuple[str, ...]
    muse: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """The EEG channels: electrodes, labels, their columns in the stream, units, and what was left out."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    columns: tuple[int, ...]
    units: tuple[Unit, ...]
    notes: tuple[Note, ...] = ()
    others: tuple[int, ...] = ()
    """Columns of EEG that are another person's, or of none known."""

    @property
    def uv_per(self) -> Doubles:
        """Microvolts per unit, float64[channels]."""
        return np.array([unit.uv for unit in self.units])


def take(
    stream: Described,
    montage: Sequence[str],
    what: str,
    unit: str = "",
    person: str = "",
    address: str = "",
) -> Taken:
    """Find the EEG channels, each electrode once; `montage` names those of a stream that names none.

    unit: of channels with a blank or unknown unit, '' if none is given. person: the number of one of several
    people, '' of a stream with one. address: precedes a person's number in a message, `what` if it is ''.

    Raises:
        ImplantError: no EEG channel, a montage that does not fit, or none in a unit that is a voltage;
            `people`, several people and not this one.
    """
    columns: dict[str, int] = {}
    unknown: list[int] = []
    told = people_labels(stream, montage)
    mine, reading = labels_of_person(told, stream.units, person, montage, address or what)
    own = replace(stream, labels=tuple(label or "" for label in mine))
    labels = labels_of(own, () if told == tuple(montage) else tuple(montage), what)
    units = [unit_of(told, unit, "uV") for told in stream.units]
    for column, (label, kind) in enumerate(zip(labels, stream.types, strict=True)):
        name = electrode(label, stream.units[column])
        if name is None or kind.upper() not in {"", "EEG"}:
            continue
        if units[column] is None:
            unknown.append(column)
        else:
            columns.setdefault(name, column)
    if not columns and unknown:
        raise ImplantError(
            f"{what} gives channel {labels[unknown[0]]} in {stream.units[unknown[0]]!r}; "
            "it must be V, mV, uV or nV: correct its description, or name it with --unit, such as --unit uV."
        )
    if not columns:
        raise ImplantError(
            f"{what} has no EEG channel with a 10-20 name ({', '.join(labels)}); "
            "name electrodes such as Fp1, C3 or O2."
        )
    others = tuple(column for column, label in enumerate(mine) if label is None)
    notes = [
        Note("channel", f"{labels[column]!r} is in {stream.units[column]!r}, not a voltage, and is left out.")
        for column in unknown
    ]
    played = {column: name for name, column in columns.items()}
    notes += notes_on_people(reading, told, played, others)
    return Taken(
        tuple(columns),
        tuple(told[column] or labels[column] for column in columns.values()),
        tuple(columns.values()),
        tuple(found for column in columns.values() if (found := units[column]) is not None),
        tuple(notes),
        others,
    )


def numbers_in(stream: Described, montage: Sequence[str]) -> tuple[str, ...]:
    """The numbers by which the people of the stream are addressed; none of one person."""
    return numbers_of(people_in(people_labels(stream, montage), montage))


def people_labels(stream: Described, montage: Sequence[str]) -> tuple[str, ...]:
    """The labels by which people are told apart: the stream's, or those that `montage` gives its channels."""
    named = any(map(electrode, stream.labels)) or numbered(stream.labels)
    return stream.labels if named or len(montage) != len(stream.labels) else tuple(montage)


def held_reports(values: Doubles, before: Doubles | None = None) -> Doubles:
    """Reports float64[n, channels] with the last number of a channel in place of what is none.

    before: float64[channels], the last reports before these. Without one the first number of the channel
    stands before it. A channel without a number stays NaN.
    """
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    held = np.take_along_axis(values, np.where(last < 0, known.argmax(axis=0), last), axis=0)
    if before is not None:
        held = np.where((last < 0) & np.isfinite(before), before, held)
    return np.asarray(np.where(np.isfinite(held), held, np.nan), dtype=np.float64)


def contact_of_hsi(values: Doubles, channels: int) -> Doubles:
    """Contact 0..1 of `channels` from HSI float64[..., k]; channels beyond k count as in contact."""
    contact = np.ones((*values.shape[:-1], channels))
    known = min(channels, values.shape[-1])
    contact[..., :known] = 0.0
    for value, worth in _CONTACT_OF_HSI.items():
        contact[..., :known][values[..., :known] == value] = worth
    return contact


def labels_of(stream: Described, montage: tuple[str, ...], what: str) -> tuple[str, ...]:
    """A name for every channel; '' for an unnamed channel beside named ones.

    Raises:
        ImplantError: the stream names no electrode and no fitting montage is given.
    """
    count = len(stream.labels)
    if any(electrode(label) for label in stream.labels) and not numbered(stream.labels):
        return stream.labels
    if montage:
        montage = electrodes_of(montage, stream.labels, what)
        if len(montage) != count:
            raise ImplantError(
                f"{what} has {count} channels and the montage names {len(montage)}; name each of them once."
            )
        return montage
    if stream.muse and not any(stream.labels) and count >= len(MUSE):
        return (*MUSE, *("AUX",) * (count - len(MUSE)))
    own = [label for label in stream.labels if label]
    found = ", ".join(own[:8]) or "none"
    if numbered(own):
        raise ImplantError(
            f"{what} names no electrode (its {len(own)} labels: {found}); name its cap with --montage, for "
            "instance --montage biosemi32, or each of its electrodes in order."
        )
    raise ImplantError(
        f"{what} names no electrode (its {count} labels: {found}); "
        "name them in order with --montage, for instance --montage Fp1,Fp2,O1,O2."
    )
