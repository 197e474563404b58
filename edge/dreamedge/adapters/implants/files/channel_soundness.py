"""Finds the channels of a recording that cannot play by their samples, and units that the samples contradict.

Rules
- A channel without a number, or with one constant value, is left out and noted, unless none is left.
- Channels that declare the same unit are judged together (`unit_judgement`). A unit that they contradict is
  replaced by the one that a person gives; without one, these channels are left out if others are left, else
  the recording is refused with the unit it would have to be in.
- Four to twelve windows of two seconds are read, spread over the recording, fewer of many channels. All of it
  is read only of channels that do not move in any of them.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from dreamedge.adapters.implants.files.replay import UV_PER, Doubles
from dreamedge.core.signal.quality import UNIT
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.decimated import Recording
from dreamedge.core.signal.sampling.unit_judgement import PLAUSIBLE_UV, UV_PER_UNIT, amplitude_uv, true_unit
from dreamedge.ports.implant import ImplantError

_WINDOWS: Final = 12
_WINDOWS_LEAST: Final = 4
_VALUES: Final = 1 << 17
"""Values of all windows together, from the least number of windows on."""
_WINDOW_S: Final = 2.0
_PIECE_S: Final = 60.0
_SETTLING_S: Final = 1.0
_LIVE_WINDOWS: Final = 4
_LIVE_WINDOW_S: Final = 1.0
_SHOWN: Final = 8
"""Number of labels listed in a message."""
Value = TypeVar("Value")

_NAMES: Final = {uv: name for name, uv in UV_PER_UNIT.items()}


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a channel: uV per unit; `given` by a person, or assumed where the source names none."""

    uv: float
    given: bool = False
    assumed: bool = False

    @property
    def name(self) -> str:
        """V, mV, uV or nV."""
        return _NAMES[self.uv]


@dataclass(frozen=True, slots=True)
class Sound:
    """The channels that play: their places among those judged, and the factor that corrects their unit."""

    places: tuple[int, ...]
    factors: Doubles
    notes: tuple[Note, ...] = ()

    def playing(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """Those of the values, one a channel judged, whose channel plays."""
        return tuple(values[place] for place in self.places)


def microvolts_per(unit: str) -> float:
    """Microvolts per unit in any spelling; 0 if the unit is not a voltage."""
    plain = unit.lower().replace(" ", "")
    return UV_PER.get(plain) or UV_PER.get(re.sub("volts?$", "v", plain), 0.0)


def unit_of(told: str, given: str, assumed: str = "") -> Unit | None:
    """The unit of a channel that the source tells, else the given one; None if neither is a voltage.

    assumed: where the source tells none and none is given; '' assumes nothing.
    """
    if uv := microvolts_per(told):
        return Unit(uv)
    if uv := microvolts_per(given):
        return Unit(uv, given=True)
    return Unit(microvolts_per(assumed), assumed=True) if assumed and not told else None


def sound_channels(
    recording: Recording, rate_hz: float, labels: Sequence[str], units: Sequence[Unit], given: str, what: str
) -> Sound:
    """Judge the channels of a recording, whose samples are in uV by `units`.

    labels, units: one a channel. given: the unit by a person, '' if none.

    Raises:
        ImplantError: `unit`, no channel is left whose unit agrees with its samples.
    """
    windows = list(_windows(recording, rate_hz, len(labels)))
    idle = _idle(recording, windows, rate_hz, len(labels))
    places = [place for place in range(len(labels)) if place not in idle] or list(range(len(labels)))
    notes = [
        Note("channel", f"{labels[place]!r} has {why} and is left out.")
        for place, why in idle.items()
        if place not in places
    ]
    judged = [window[:, places] for window in windows]
    factors, told = unit_factors(
        judged, rate_hz, [labels[n] for n in places], [units[n] for n in places], given, what
    )
    kept = np.flatnonzero(np.isfinite(factors))
    return Sound(tuple(places[n] for n in kept), factors[kept], (*notes, *told))


def unit_factors(
    windows: Sequence[Doubles],
    rate_hz: float,
    labels: Sequence[str],
    units: Sequence[Unit],
    given: str,
    what: str,
) -> tuple[Doubles, tuple[Note, ...]]:
    """The factor that corrects the unit of each channel, 1 where it is right, NaN where none is known.

    windows: float64[samples, channels] each, uV by `units`. The notes name the channels with a wrong unit.

    Raises:
        ImplantError: `unit`, no channel has a unit that agrees with its samples.
    """
    factors = np.ones(len(units))
    sentences: list[str] = []
    refusal = ""
    for unit in dict.fromkeys(units):
        own = [n for n, other in enumerate(units) if other == unit]
        seen = [window[:, own] for window in windows]
        true = "" if unit.given else true_unit(seen, rate_hz, unit.uv)
        if not true:
            continue
        names = ", ".join(labels[n] for n in own[:_SHOWN]) + ", ..." * (len(own) > _SHOWN)
        told = "without a unit, taken for uV," if unit.assumed else f"in {unit.name}"
        low, high = (f"{limit / unit.uv:g}" for limit in PLAUSIBLE_UV)
        found = (
            f"{names} {told} with {amplitude_uv(seen, rate_hz) / unit.uv:.2g} {unit.name} RMS "
            f"from 1 to 45 Hz, where EEG has {low} to {high}: the unit would have to be {true}"
        )
        correction = microvolts_per(given) / unit.uv
        factors[own] = correction or math.nan
        if correction:
            sentences.append(f"The recording holds {found}; they play in {given}, as --unit says.")
        else:
            sentences.append(f"The recording holds {found}; they are left out.")
            refusal = f"{what} holds {found}; correct its description, or give --unit {true}."
    if not np.isfinite(factors).any():
        raise ImplantError(refusal, UNIT)
    return factors, tuple(Note(UNIT, sentence) for sentence in sentences)


class LiveUnits:
    """Judges the units of a live stream by its first seconds, once."""

    def __init__(
        self, rate_hz: float, labels: Sequence[str], units: Sequence[Unit], given: str, what: str
    ) -> None:
        """As in `unit_factors`."""
        self._told = rate_hz, labels, units, given, what
        self._factors: Doubles = np.ones(len(units))
        self._settling = round(_SETTLING_S * rate_hz)
        self._window = round(_LIVE_WINDOW_S * rate_hz)
        self._need = self._settling + _LIVE_WINDOWS * self._window
        self._first: list[Doubles] = []
        self._count = 0

    def corrected(self, uv: Doubles) -> Doubles:
        """The next samples, float64[n, channels], uV, in a unit that agrees with the first seconds.

        Raises:
            ImplantError: `unit`, as in `unit_factors`.
        """
        if self._count < self._need:
            self._first.append(uv)
            self._count += len(uv)
            if self._count >= self._need:
                self._judge()
        return uv * self._factors

    def _judge(self) -> None:
        first = np.concatenate(self._first)[self._settling : self._need]
        self._first = []
        factors, _ = unit_factors(np.split(first, _LIVE_WINDOWS), *self._told)
        # A channel of another unit than the rest stays as it is: quality judges it.
        self._factors = np.where(np.isfinite(factors), factors, 1.0)


def _windows(recording: Recording, rate_hz: float, channels: int) -> Iterator[Doubles]:
    """Windows spread over the filled slots; the longest run as one where none is long enough."""
    samples = round(_WINDOW_S * rate_hz)
    starts = np.cumsum([0, *(max(0, end - begin - samples + 1) for begin, end in recording.runs)])
    if not starts[-1]:
        begin, end = max(recording.runs, key=lambda run: run[1] - run[0])
        yield recording.load(begin, end)
        return
    count = min(max(_WINDOWS_LEAST, _VALUES // (samples * max(channels, 1))), _WINDOWS)
    for at in np.unique(np.linspace(0, starts[-1] - 1, count).astype(int)).tolist():
        run = int(np.searchsorted(starts, at, side="right")) - 1
        begin = recording.runs[run][0] + at - int(starts[run])
        yield recording.load(begin, begin + samples)


def _idle(recording: Recording, windows: Sequence[Doubles], rate_hz: float, count: int) -> dict[int, str]:
    """The places of the channels without a number or with one value, and which it is."""
    low, high = _range(windows, np.full(count, np.inf), np.full(count, -np.inf))
    if (low < high).all():
        return {}
    step = round(_PIECE_S * rate_hz)
    for begin, end in recording.runs:
        for at in range(begin, end, step):
            low, high = _range([recording.load(at, min(at + step, end))], low, high)
        if (low < high).all():
            return {}
    return {
        place: "one constant value" if high[place] == low[place] else "no number"
        for place in np.flatnonzero(~(low < high)).tolist()
    }


def _range(windows: Sequence[Doubles], low: Doubles, high: Doubles) -> tuple[Doubles, Doubles]:
    """The smallest and largest finite value of each channel, and those before."""
    for window in windows:
        least, most = window, window
        if not np.isfinite(window).all():
            finite = np.isfinite(window)
            least, most = np.where(finite, window, np.inf), np.where(finite, window, -np.inf)
        low = np.minimum(low, least.min(axis=0, initial=np.inf))
        high = np.maximum(high, most.max(axis=0, initial=-np.inf))
    return low, high
