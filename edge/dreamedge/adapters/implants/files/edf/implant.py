"""EDF and BDF replay: EEG is found by the labels (`channels`); V, mV, uV and nV are converted to uV.

Samples stay on disk until they are due. A file that cannot be played is refused with one sentence before
anything connects. Full scale is unknown: an EDF's physical range is often fitted to its data, so its peak
must not be called "railed".

Rules
- Several people are told apart by their labels (`people`); each plays by its number.
- Gaps between the data records of an EDF+D are gaps (`onsets`). Onsets that contradict the nominal rate by
  more than 2 % are refused, because the time of the samples is unknown. Held rows are told.
- Annotations are marks (`annotations`).
"""

from pathlib import Path

import numpy as np

from dreamedge.adapters.implants.files.channel_soundness import sound_channels
from dreamedge.adapters.implants.files.edf.annotations import marks_of
from dreamedge.adapters.implants.files.edf.channels import named_of, notes_on, unit_of_signal
from dreamedge.adapters.implants.files.edf.file import open_edf
from dreamedge.adapters.implants.files.edf.onsets import placed
from dreamedge.adapters.implants.files.edf.people import of_person
from dreamedge.adapters.implants.files.rate_checks import check_nominal, held_in
from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamwire.messages import Device


class _Signals:
    """The EEG signals of one file as a recording."""

    def __init__(self, path: Path, options: RecordingOptions, person: str) -> None:
        self._file = open_edf(path, options.units)
        signals, reading = of_person(self._file.signals, path, person, options.montage)
        named = named_of(self._file, signals, options, path)
        chosen = [n for n, (_, name) in enumerate(named) if name]
        self._chosen = [self._file.signals[n] for n in chosen]
        units = [unit_of_signal(signal, options.unit, path) for signal in self._chosen]
        self._uv_per = np.array([unit.uv for unit in units])
        self.rate_hz = self._chosen[0].rate_hz
        check_rate(self.rate_hz, str(path))
        self._samples = self._file.records * self._chosen[0].samples
        check_length(self._samples, self.rate_hz, str(path))
        found = placed(self._file, self._chosen, path)
        self.runs, self.period_hz = found.runs, found.period_hz
        self._before = np.cumsum([0, *(end - begin for begin, end in self.runs)])
        self._ends = np.array([end for _, end in self.runs])
        self.slots = self.runs[-1][1]
        labels = [signal.label for signal in self._chosen]
        sound = sound_channels(self, self.rate_hz, labels, units, options.unit, str(path))
        self.names = sound.playing([name for _, name in named if name])
        self._uv_per = self._uv_per[list(sound.places)] * sound.factors
        self._chosen = list(sound.playing(self._chosen))
        held = held_in(self, self.period_hz, len(self._chosen))
        noted = check_nominal(self.rate_hz, self.period_hz, held, str(path))
        self.marks, unread = marks_of(self._file, self._clock_at_slot_0())
        self.notes = (
            *notes_on(self._file.signals, named, reading),
            *sound.notes,
            *found.notes,
            *noted,
            *unread,
        )
        self.resolution_uv = tuple(
            abs(one.physical[1] - one.physical[0]) / abs(one.digital[1] - one.digital[0]) * float(uv)
            for one, uv in zip(self._chosen, self._uv_per, strict=True)
        )

    def _clock_at_slot_0(self) -> float:
        """The instant of slot 0 by the records' onsets; of three records, so that a stray one counts less."""
        last = self._file.records - 1
        begins_s = []
        for record in (0, last // 2, last):
            onset_s, sample = self._file.onset_s(record), record * self._chosen[0].samples
            if onset_s is not None:
                run = int(np.searchsorted(self._before, sample, side="right")) - 1
                slot = self.runs[run][0] + sample - int(self._before[run])
                begins_s.append(onset_s - slot / self.period_hz)
        return float(np.median(begins_s)) if begins_s else 0.0

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
            marks=signals.marks,
            resolution_uv=signals.resolution_uv,
        )
