"""The people in an EDF or BDF file, told apart by their labels (`people_in_labels`)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dreamedge.adapters.implants.files.edf.file import Signal, open_edf
from dreamedge.adapters.implants.people_in_labels import Reading, labels_of_person, people_in


def people(path: Path, montage: Sequence[str] = ()) -> Reading:
    """The people in the file by its labels; a cap in `montage` decides about BioSemi's contacts.

    Raises:
        ImplantError: the file cannot be read.
    """
    return people_in([signal.label for signal in open_edf(path).signals], montage)


def of_person(
    signals: Sequence[Signal], path: Path, person: str, montage: Sequence[str]
) -> tuple[list[Signal | None], Reading]:
    """The signals with one person's electrodes as labels; None: EEG that is not this person's.

    Raises:
        ImplantError: as in `labels_of_person`.
    """
    labels, reading = labels_of_person(
        [signal.label for signal in signals], [signal.unit for signal in signals], person, montage, str(path)
    )
    return [
        None if label is None else signal if label == signal.label else replace(signal, label=label)
        for signal, label in zip(signals, labels, strict=True)
    ], reading
