"""The channels of an EDF or BDF file: which are EEG, at which electrode, in which unit.

Rules
- A channel without a range or a unit, or with one constant value, is left out and noted, unless none is left.
- An electrode recorded twice counts once. Of EEG at several sampling rates the most frequent rate plays.
- Where no label names an electrode, `montage` does, in order: for the signals labelled as EEG, else for
  unlabelled voltages, of the most frequent rate. A signal that the montage gives no electrode is left out.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.caps import electrodes_of
from dreamedge.adapters.implants.files.channel_soundness import Unit, microvolts_per, unit_of
from dreamedge.adapters.implants.files.edf.file import EdfFile, Signal, open_edf
from dreamedge.adapters.implants.files.edf.people import of_person
from dreamedge.adapters.implants.files.replay import RATE_LIMITS_HZ
from dreamedge.adapters.implants.people_in_labels import OTHERS, Reading, notes_on_people
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import OTHER, UNNAMED, contact, electrode, kind_of, numbered
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import ImplantError

_SHOWN: Final = 8
"""Number of labels listed in a message."""
_EXAMPLE: Final = ("C3", "C4", "F3", "F4", "O1", "O2")
_CHOSEN_OUT: Final = "left out"
_LEFT_OUT: Final = {
    "EEG, no range": "no range",
    "EEG, no unit": "no unit",
    "EEG, constant": "one constant value",
}
"""Kinds of EEG channels that cannot play, each with its words."""


def channels(path: Path, options: RecordingOptions = PLAIN, person: str = "") -> tuple[Channel, ...]:
    """Every signal of the file with its kind and electrode, in file order.

    Raises:
        ImplantError: the file cannot be read.
    """
    file = open_edf(path, options.units)
    try:
        signals, _ = of_person(file.signals, path, person, options.montage)
        named = named_of(file, signals, options, path)
    except ImplantError:
        named = [(kind, "") for kind in _kinds(file.signals)]
    return tuple(
        Channel(signal.label, kind, name, signal.rate_hz, signal.unit)
        for signal, (kind, name) in zip(file.signals, named, strict=True)
    )


def notes_on(
    signals: Sequence[Signal],
    named: Sequence[tuple[str, str]],
    reading: Reading,
) -> tuple[Note, ...]:
    """The channels left out, and the people."""
    found = [
        Note("channel", f"{signal.label!r} has {_LEFT_OUT[kind]} and is left out.")
        for signal, (kind, _) in zip(signals, named, strict=True)
        if kind in _LEFT_OUT
    ]
    played = {place: name for place, (_, name) in enumerate(named) if name}
    others = [place for place, (kind, _) in enumerate(named) if kind == OTHERS]
    return (*found, *notes_on_people(reading, [signal.label for signal in signals], played, others))


def _kinds(signals: Sequence[Signal]) -> list[str]:
    """The kind of each signal by its label and unit alone."""
    counted = numbered([signal.label for signal in signals])
    return [
        UNNAMED if counted and (contact(s.label) or electrode(s.label, s.unit)) else kind_of(s.label, s.unit)
        for s in signals
    ]


def named_of(
    file: EdfFile, own: Sequence[Signal | None], options: RecordingOptions, path: Path
) -> list[tuple[str, str]]:
    """Kind and electrode of every signal; the electrode is '' if the signal does not play."""
    silent = [OTHERS if signal is None else "" for signal in own]
    for place, signal in enumerate(file.signals):
        silent[place] = silent[place] or _CHOSEN_OUT * (signal.label in options.left_out)
    played = [signal for signal, why in zip(own, silent, strict=True) if signal is not None and not why]
    sound = iter(_played(file, played, options, path))
    return [(why, "") if why else next(sound) for why in silent]


def _played(
    file: EdfFile, signals: Sequence[Signal], options: RecordingOptions, path: Path
) -> list[tuple[str, str]]:
    """Kind and electrode of every signal of one person."""
    kinds = _kinds(signals)
    names = [
        electrode(signal.label, signal.unit) if kind == "EEG" else None
        for signal, kind in zip(signals, kinds, strict=True)
    ]
    if not any(names):
        names = _by_montage(signals, kinds, options.montage, path)
    faults = [
        _fault(file, signal, options.unit) if name else ""
        for signal, name in zip(signals, names, strict=True)
    ]
    if any(name and not fault for name, fault in zip(names, faults, strict=True)):
        names = [None if fault else name for name, fault in zip(names, faults, strict=True)]
        kinds = [fault or kind for kind, fault in zip(kinds, faults, strict=True)]
    rate_hz = _commonest([signal.rate_hz for signal, name in zip(signals, names, strict=True) if name])
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for signal, kind, name in zip(signals, kinds, names, strict=True):
        if name is None:
            found.append((kind, ""))
        elif signal.rate_hz != rate_hz:
            found.append(("EEG, other rate", ""))
        elif name in seen:
            found.append(("EEG, repeated", ""))
        else:
            seen.add(name)
            found.append(("EEG", name))
    return found


def _by_montage(
    signals: Sequence[Signal], kinds: list[str], montage: tuple[str, ...], path: Path
) -> list[str | None]:
    """The electrode of every signal by `montage`."""
    places = [place for place, kind in enumerate(kinds) if kind == UNNAMED]
    if not places:
        told = (place for place, kind in enumerate(kinds) if kind == OTHER)
        places = [place for place in told if not signals[place].unit or microvolts_per(signals[place].unit)]
    if not places:
        labels = ", ".join(signal.label for signal in signals[:_SHOWN])
        raise ImplantError(
            f"{path} has no EEG channel (its labels: {labels}); choose another recording, or rename its "
            "channels to electrodes such as Fp1, C3 or O2."
        )
    rate_hz = _commonest([signals[place].rate_hz for place in places])
    places = [place for place in places if signals[place].rate_hz == rate_hz]
    labels = ", ".join(signals[place].label for place in places[:_SHOWN]) + ", ..." * (len(places) > _SHOWN)
    found = f"{len(places)} signal{'s' * (len(places) > 1)} that may be EEG: {labels}"
    if not montage:
        raise ImplantError(
            f"{path} names no electrode ({found}); "
            f"name them in order with --montage, for instance --montage {','.join(_EXAMPLE[: len(places)])}."
        )
    montage = electrodes_of(montage, [signals[place].label for place in places], str(path))
    if len(montage) != len(places):
        raise ImplantError(
            f"{path} and its montage of {len(montage)} do not fit ({found}); "
            "name each of these once, with - where it is no EEG."
        )
    names: list[str | None] = [None] * len(signals)
    for place, name in zip(places, montage, strict=True):
        names[place] = electrode(name)
    if not any(names):
        raise ImplantError(f"the montage {','.join(montage)} names no electrode; write Fp1, C3 or O2.")
    return names


def _commonest(rates_hz: list[float]) -> float:
    """The most frequent rate; ties go to a rate that can be played, then to the higher one."""
    count = Counter(rates_hz)
    low, high = RATE_LIMITS_HZ
    return max(count, key=lambda rate_hz: (count[rate_hz], low <= rate_hz <= high, rate_hz))


def _fault(file: EdfFile, signal: Signal, unit: str) -> str:
    """The kind of a channel that cannot play, a key of _LEFT_OUT; '' if it can."""
    if signal.physical[0] == signal.physical[1] or signal.digital[0] == signal.digital[1]:
        return "EEG, no range"
    if unit_of(signal.unit, unit) is None:
        return "EEG, no unit"
    return "EEG, constant" if file.constant(signal) else ""


def unit_of_signal(signal: Signal, given: str, path: Path) -> Unit:
    """The unit of the signal; `given` where its own is blank or unknown."""
    unit = unit_of(signal.unit, given)
    if unit is None:
        raise ImplantError(
            f"{path} gives channel {signal.label!r} in {signal.unit or 'no unit'!r}; "
            "it must be V, mV, uV or nV: name it with --unit, for instance --unit uV."
        )
    if signal.physical[0] == signal.physical[1] or signal.digital[0] == signal.digital[1]:
        raise ImplantError(
            f"{path} gives channel {signal.label!r} no calibration (its physical or its digital range is "
            "empty); correct its header."
        )
    return unit
