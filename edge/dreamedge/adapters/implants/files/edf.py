"""EDF and BDF replay: EEG is found by the labels (`ten_twenty`); V, mV and uV are converted to uV.

Samples stay on disk until they are due. A file that cannot be played is refused with one sentence before
anything connects. Full scale is unknown: an EDF's physical range is often fitted to its data, so its peak
must not be called "railed".

Rules
- A channel without a range or a unit, or with one constant value, is left out and noted, unless none is left.
- Several people are told apart by their labels (`people_in_labels`); each plays by its number.
- An electrode recorded twice counts once. Of EEG at several sampling rates the most frequent rate plays.
- Where no label names an electrode, `montage` does, in order: for the signals labelled as EEG, else for
  unlabelled voltages, of the most frequent rate. A signal that the montage gives no electrode is left out.
- Gaps between the data records of an EDF+D are gaps. Records that follow one another within a hundredth of
  their duration are continuous, at the pace of the clock that stamped them. Records that go back in time, or
  are all longer or shorter than that, come from a wrong clock or rate: such a file is refused, because the
  time of its samples is unknown.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from dreamedge.adapters.implants.caps import electrodes_of
from dreamedge.adapters.implants.files.edf_file import EdfError, EdfFile, Signal
from dreamedge.adapters.implants.files.replay import (
    RATE_LIMITS_HZ,
    UV_PER,
    Doubles,
    Replay,
    check_length,
    check_rate,
)
from dreamedge.adapters.implants.people_in_labels import Reading, people_in
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import OTHER, UNNAMED, contact, electrode, kind_of, numbered
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sample_buffer import GAP_S
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

_RATE_TOLERANCE: Final = 0.01
_RATE_REACH: Final = 0.1
"""A steady step further from a record's duration is not a wrong rate: the records have gaps between them."""
_SHOWN: Final = 8
"""Number of labels listed in a message."""
_EXAMPLE: Final = ("C3", "C4", "F3", "F4", "O1", "O2")
_LONGEST_GAP_S: Final = 24 * 3600.0
_OTHERS: Final = "EEG, other person"
_LEFT_OUT: Final = {
    "EEG, no range": "no range",
    "EEG, no unit": "no unit",
    "EEG, constant": "one constant value",
}
"""Kinds of EEG channels that cannot play, each with its words."""


class _Signals:
    """The EEG signals of one file as a recording."""

    def __init__(self, path: Path, options: RecordingOptions, person: str) -> None:
        self._file = _open(path)
        signals, reading = _of_person(self._file.signals, path, person)
        named = _named(self._file, signals, options, path)
        chosen = [n for n, (_, name) in enumerate(named) if name]
        self._chosen = [self._file.signals[n] for n in chosen]
        self.names = tuple(name for _, name in named if name)
        self._uv_per = np.array([_uv_per(signal, options.unit, path) for signal in self._chosen])
        self.resolution_uv = tuple(
            abs(one.physical[1] - one.physical[0]) / abs(one.digital[1] - one.digital[0]) * float(uv)
            for one, uv in zip(self._chosen, self._uv_per, strict=True)
        )
        self.notes = _notes(self._file.signals, named, reading)
        self.rate_hz = self._chosen[0].rate_hz
        check_rate(self.rate_hz, str(path))
        self._samples = self._file.records * self._chosen[0].samples
        check_length(self._samples, self.rate_hz, str(path))
        self.runs, self.period_hz = _runs(self._file, self._chosen[0].samples, self.rate_hz, path)
        self._before = np.cumsum([0, *(end - begin for begin, end in self.runs)])
        self._ends = np.array([end for _, end in self.runs])
        self.slots = self.runs[-1][1]

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end) of every channel, float64[n, channels], uV, NaN in gaps."""
        uv = np.full((end - begin, len(self._chosen)), np.nan)
        for run in range(int(np.searchsorted(self._ends, begin, side="right")), len(self.runs)):
            first, last = self.runs[run]
            if first >= end:
                break
            since, until = max(first, begin), min(last, end)
            at = int(self._before[run]) - first
            for column, signal in enumerate(self._chosen):
                uv[since - begin : until - begin, column] = self._file.read(signal, at + since, at + until)
        return np.asarray(uv * self._uv_per)

    def contact(self, _begin: int, _end: int) -> None:
        """None: EDF holds no contact data."""


class EdfImplant(Replay):
    """One EDF or BDF file behind the implant port; `options.loop` starts it over at its end."""

    def __init__(self, path: Path, person: str = "", *, options: RecordingOptions = PLAIN) -> None:
        """Open the file; `person`: the number of one of several people, '' of a file with one."""
        signals = _Signals(path, options, person)
        name = f"{path.name}#{person}" if person else path.name
        device = Device("edf", name, signals.names, signals.rate_hz)
        super().__init__(
            signals,
            device,
            period_hz=signals.period_hz,
            loop=options.loop,
            notes=signals.notes,
            resolution_uv=signals.resolution_uv,
        )


def people(path: Path) -> Reading:
    """The people in the file by its labels.

    Raises:
        ImplantError: the file cannot be read.
    """
    return people_in([signal.label for signal in _open(path).signals])


def channels(path: Path, options: RecordingOptions = PLAIN, person: str = "") -> tuple[Channel, ...]:
    """Every signal of the file with its kind and electrode, in file order.

    Raises:
        ImplantError: the file cannot be read.
    """
    file = _open(path)
    try:
        signals, _ = _of_person(file.signals, path, person)
        named = _named(file, signals, options, path)
    except ImplantError:
        named = [(kind, "") for kind in _kinds(file.signals)]
    return tuple(
        Channel(signal.label, kind, name, signal.rate_hz, signal.unit)
        for signal, (kind, name) in zip(file.signals, named, strict=True)
    )


def _of_person(signals: Sequence[Signal], path: Path, person: str) -> tuple[list[Signal | None], Reading]:
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


def _notes(
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
    if reading.people:
        mapping = ", ".join(
            f"{signal.label} is {name}" for signal, (_, name) in zip(signals, named, strict=True) if name
        )
        found.append(Note("people", f"the file holds {len(reading.people)} people; of this one {mapping}."))
        unknown = [signal.label for signal, (kind, _) in zip(signals, named, strict=True) if kind == _OTHERS]
        if unknown:
            found.append(
                Note("channel", f"{', '.join(unknown)}: left out, of another person or of none known.")
            )
    return tuple(found)


def _open(path: Path) -> EdfFile:
    """The file; its samples stay on disk."""
    try:
        file = EdfFile(path)
    except FileNotFoundError:
        raise ImplantError(f"{path} does not exist; check the path.") from None
    except IsADirectoryError:
        raise ImplantError(f"{path} is a directory; name one EDF file in it.") from None
    except PermissionError:
        raise ImplantError(f"{path} may not be read by this user; change its permissions.") from None
    except OSError as error:
        raise ImplantError(f"{path} cannot be read ({error.strerror}); copy it again.") from None
    except EdfError as error:
        raise ImplantError(f"{path} is not a readable EDF file ({error}); convert it to EDF.") from None
    if not file.signals:
        raise ImplantError(
            f"{path} holds annotations and no signals; name the recording that they belong to."
        )
    return file


def _kinds(signals: Sequence[Signal]) -> list[str]:
    """The kind of each signal by its label and unit alone."""
    counted = numbered([signal.label for signal in signals])
    return [
        UNNAMED if counted and (contact(s.label) or electrode(s.label, s.unit)) else kind_of(s.label, s.unit)
        for s in signals
    ]


def _named(
    file: EdfFile, own: Sequence[Signal | None], options: RecordingOptions, path: Path
) -> list[tuple[str, str]]:
    """Kind and electrode of every signal; the electrode is '' if the signal does not play."""
    played = [signal for signal in own if signal is not None]
    sound = iter(_played(file, played, options, path))
    return [(_OTHERS, "") if signal is None else next(sound) for signal in own]


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
        places = [place for place in told if not signals[place].unit or _voltage(signals[place].unit)]
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


def _runs(
    file: EdfFile, samples: int, rate_hz: float, path: Path
) -> tuple[tuple[tuple[int, int], ...], float]:
    """The filled slots, and the number of slots per second, by the records' onsets."""
    try:
        onsets_s = file.onsets_s()
    except EdfError as error:
        raise ImplantError(f"{path} is an EDF+D with gaps, and {error}; convert it to EDF+C.") from None
    period_hz = rate_hz / _pace(onsets_s, file.record_s, path)
    found: list[tuple[int, int]] = []
    for begin in np.round(onsets_s * period_hz).astype(int).tolist():
        if found and begin - found[-1][1] <= GAP_S * period_hz:
            found[-1] = (found[-1][0], found[-1][1] + samples)
        else:
            found.append((begin, begin + samples))
    return tuple(found), period_hz


def _pace(onsets_s: Doubles, record_s: float, path: Path) -> float:
    """The duration of consecutive records, relative to the duration in the header."""
    steps_s = np.diff(onsets_s)
    # Over two records each: onsets may be rounded alternately up and down.
    pairs_s = onsets_s[2:] - onsets_s[:-2]
    usual = float(np.median(pairs_s)) / (2 * record_s) - 1 if len(pairs_s) else 0.0
    if _RATE_TOLERANCE < abs(usual) < _RATE_REACH:
        raise ImplantError(
            f"{path} says that a data record lasts {record_s:g} s, but they begin every "
            f"{(1 + usual) * record_s:g} s: its rates are wrong; correct the duration in its header."
        )
    slack_s = _RATE_TOLERANCE * record_s + GAP_S
    back, far = steps_s < record_s - slack_s, steps_s > _LONGEST_GAP_S
    if (back | far).any():
        at = int((back | far).argmax())
        raise ImplantError(
            f"{path} leaps from {onsets_s[at]:.0f} s to {onsets_s[at + 1]:.0f} s after its data record "
            f"{at + 1}: a clock was set; cut it there into two files."
        )
    following = steps_s[steps_s <= record_s + slack_s]
    return float(following.mean()) / record_s if len(following) else 1.0


def _voltage(unit: str) -> float:
    """Microvolts per unit in any spelling; 0 if the unit is not a voltage."""
    plain = unit.lower().replace(" ", "")
    return UV_PER.get(plain) or UV_PER.get(re.sub("volts?$", "v", plain), 0.0)


def _fault(file: EdfFile, signal: Signal, unit: str) -> str:
    """The kind of a channel that cannot play, a key of _LEFT_OUT; '' if it can."""
    if signal.physical[0] == signal.physical[1] or signal.digital[0] == signal.digital[1]:
        return "EEG, no range"
    if not (_voltage(signal.unit) or _voltage(unit)):
        return "EEG, no unit"
    return "EEG, constant" if file.constant(signal) else ""


def _uv_per(signal: Signal, unit: str, path: Path) -> float:
    """Microvolts per unit of the signal; `unit` where its own is blank or unknown."""
    uv_per = _voltage(signal.unit) or _voltage(unit)
    if not uv_per:
        raise ImplantError(
            f"{path} gives channel {signal.label!r} in {signal.unit or 'no unit'!r}; "
            "it must be V, mV, uV or nV: name it with --unit, for instance --unit uV."
        )
    if signal.physical[0] == signal.physical[1] or signal.digital[0] == signal.digital[1]:
        raise ImplantError(
            f"{path} gives channel {signal.label!r} no calibration (its physical or its digital range is "
            "empty); correct its header."
        )
    return uv_per
