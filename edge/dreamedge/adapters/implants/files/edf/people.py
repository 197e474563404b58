"""The people in an EDF or BDF file, told apart by their labels (`people_in_labels`)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files.edf.file import Signal, open_edf
from dreamedge.adapters.implants.people_in_labels import Reading, people_in
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.ports.implant import ImplantError

_SHOWN: Final = 8
"""Number of labels listed in a message."""


def people(path: Path) -> Reading:
    """The people in the file by its labels.

    Raises:
        ImplantError: the file cannot be read.
    """
    return people_in([signal.label for signal in open_edf(path).signals])


def of_person(signals: Sequence[Signal], path: Path, person: str) -> tuple[list[Signal | None], Reading]:
    """The signals with one person's electrodes as labels; None: EEG that is not this person's."""
    reading = people_in([signal.label for signal in signals])
    numbers = [str(number) for number in range(1, len(reading.people) + 1)]
    if not numbers and person in {"", "1"}:
        return list(signals), reading
    if person not in numbers:
        found = "; ".join(
            f"{path}#{number}: {', '.join(signals[place].label for place in list(one.electrodes)[:_SHOWN])}"
            for number, one in zip(numbers, reading.people, strict=True)
        )
        if not found:
            raise ImplantError(f"{path} holds one person and no #{person}; name the file alone.")
        if not reading.certain and not person:
            raise ImplantError(
                f"{path} may hold {len(numbers)} people ({found}) or the electrodes of one person "
                f"{len(numbers)} times; write one of these to play it alone.",
                "people",
            )
        raise ImplantError(f"{path} holds {len(numbers)} people ({found}); write one of these.", "people")
    mine = reading.people[int(person) - 1].electrodes
    return [
        replace(signal, label=mine[place]) if place in mine else _unless_eeg(signal, reading, place)
        for place, signal in enumerate(signals)
    ], reading


def _unless_eeg(signal: Signal, reading: Reading, place: int) -> Signal | None:
    """The signal, or None if it is EEG: another person's, or of an unknown person."""
    theirs = any(place in one.electrodes for one in reading.people)
    return None if theirs or electrode(signal.label, signal.unit) else signal
