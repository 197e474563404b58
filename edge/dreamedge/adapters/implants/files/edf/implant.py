"""EDF and BDF replay: EEG is found by the labels (`channels`); V, mV, uV and nV are converted to uV.

Samples stay on disk until they are due. A file that cannot be played is refused with one sentence before
anything connects. Full scale is unknown: an EDF's physical range is often fitted to its data, so its peak
must not be called "railed".

Rules
- Several people are told apart by their labels (`people`); each plays by its number.
- Gaps between the data records of an EDF+D are gaps. Records that follow one another within a hundredth of
  their duration are continuous, at the pace of the clock that stamped them. Records that go back in time, or
  are all longer or shorter than that, come from a wrong clock or rate: such a file is refused, because the
  time of its samples is unknown.
"""

from pathlib import Path
from typing import Final

import numpy as np

from dreamedge.adapters.implants.files.edf.channels import named_of, notes_on, uv_per_unit
from dreamedge.adapters.implants.files.edf.file import EdfError, EdfFile, open_edf
from dreamedge.adapters.implants.files.edf.people import of_person
from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.core.signal.sample_buffer import GAP_S
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

_RATE_TOLERANCE: Final = 0.01
_RATE_REACH: Final = 0.1
"""A steady step further from a record's duration is not a wrong rate: the records have gaps between them."""
_LONGEST_GAP_S: Final = 24 * 3600.0


class _Signals:
    """The EEG signals of one file as a recording."""

    def __init__(self, path: Path, options: RecordingOptions, person: str) -> None:
        self._file = open_edf(path)
        signals, reading = of_person(self._file.signals, path, person)
        named = named_of(self._file, signals, options, path)
        chosen = [n for n, (_, name) in enumerate(named) if name]
        self._chosen = [self._file.signals[n] for n in chosen]
        self.names = tuple(name for _, name in named if name)
        self._uv_per = np.array([uv_per_unit(signal, options.unit, path) for signal in self._chosen])
        self.resolution_uv = tuple(
            abs(one.physical[1] - one.physical[0]) / abs(one.digital[1] - one.digital[0]) * float(uv)
            for one, uv in zip(self._chosen, self._uv_per, strict=True)
        )
        self.notes = notes_on(self._file.signals, named, reading)
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
