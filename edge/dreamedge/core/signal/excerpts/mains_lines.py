"""Mains in a signal: the lines of 50 and 60 Hz and their harmonics, though the quality may be good.

A line outside the bands costs nothing until it is strong, and yet it names a loose ground or a charger before
the night. It is looked for in windows of 4 s at the rate of the original samples, so no decimation moves it.

Rules
- A line stands in a window if its highest density (Hann, 0.25 Hz, within 1 Hz) is 20 times the median of its
  neighbours, 1.5 to 4.5 Hz away on both sides. It is told if it stands in a tenth of the windows, and
  in two of them where there are two.
- Its RMS is the root of the power within 1 Hz of it, less that of the neighbours: the median over the windows
  in which it stands, on the channel with the largest.
- Harmonics are looked for up to the highest measured frequency. 300 Hz alone is no evidence of mains.
- Mains beyond Nyquist appears folded where a recorder has no filter, and may then lie in a band. Such a line
  is told only if it stands within 0.25 Hz of its place in four fifths of the windows, as no rhythm does.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.schema import Band

WINDOW_S: Final = 4.0
TIMES: Final = 20.0
"""Density of a line that is told, in densities of its neighbours."""
MAINS_HZ: Final = (50.0, 60.0)
_WITHIN_HZ: Final = 1.0
_NEIGHBOURS_HZ: Final = (1.5, 4.5)
_STANDS_IN: Final = 0.1
_WINDOWS_LEAST: Final = 2
_FOLDED_IN: Final = 0.8
_FOLDED_WITHIN_HZ: Final = 0.25
_SLOWEST_HZ: Final = 2.0
_TOLD: Final = 4
_QUIET_UV2_HZ: Final = 1e-4
"""Neighbours of a signal without any noise."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A line in the spectrum.

    hz: where it stands. mains_hz: the multiple of 50 or 60 Hz that it is, another one where it is folded.
    channel: the one with the largest RMS; uv_rms and times (its neighbours' density) are of that channel.
    channels: all on which it stands. share: of the windows, 0..1. band: the name of the band in which it
    lies, '' outside.
    """

    hz: float
    mains_hz: float
    channel: str
    uv_rms: float
    times: float
    channels: tuple[str, ...]
    share: float
    band: str = ""

    @property
    def folded(self) -> bool:
        """Whether it is mains beyond Nyquist."""
        return self.hz != self.mains_hz


@dataclass(frozen=True, slots=True)
class _Place:
    """A place to look at; `base_hz` is the mains it is a multiple of."""

    hz: float
    mains_hz: float
    base_hz: float


def mains_lines(
    windows: Iterable[Doubles],
    rate_hz: float,
    names: tuple[str, ...],
    bands: tuple[Band, ...],
    mains_hz: float = 0.0,
    highest_hz: float = math.inf,
) -> tuple[Line, ...]:
    """Return the lines of the mains, by frequency.

    windows: float64[n, channels], uV, each of `WINDOW_S` seconds; one with a sample that is not finite does
    not count. rate_hz: of these samples. names: the channels. bands: those that are measured. mains_hz: 0 if
    unknown, then both. highest_hz: the highest frequency that the samples show truly, where below Nyquist.
    """
    samples = round(WINDOW_S * rate_hz)
    places = _places(rate_hz, (mains_hz,) if mains_hz > 0 else MAINS_HZ, highest_hz)
    if not places:
        return ()
    whole = (uv for uv in windows if len(uv) == samples and bool(np.isfinite(uv).all()))
    looked = np.array([_looked_at(uv, rate_hz, places) for uv in whole])
    if not len(looked):
        return ()
    found = [
        line
        for at, place in enumerate(places)
        if (line := _line(place, looked[:, at], names, bands)) is not None
    ]
    return _of_one_mains(found)


def _places(rate_hz: float, mains: tuple[float, ...], highest_hz: float) -> tuple[_Place, ...]:
    highest_hz = min(highest_hz, rate_hz / 2 - _NEIGHBOURS_HZ[0])
    places = []
    for base_hz in mains:
        whole = int(highest_hz / base_hz)
        places += [_Place(n * base_hz, n * base_hz, base_hz) for n in range(1, whole + 1)]
        if base_hz > rate_hz / 2:
            folded_hz = abs(base_hz - rate_hz * round(base_hz / rate_hz))
            if _SLOWEST_HZ <= folded_hz <= highest_hz:
                places.append(_Place(folded_hz, base_hz, base_hz))
    return tuple(places)


def _looked_at(uv: Doubles, rate_hz: float, places: tuple[_Place, ...]) -> Doubles:
    """Of one window: density over that of the neighbours, mean square and distance, [places, 3, channels]."""
    samples = len(uv)
    hann = 0.5 - 0.5 * np.cos(2 * math.pi * (np.arange(samples) + 0.5) / samples)
    spectrum = np.fft.rfft((uv - uv.mean(axis=0)) * hann[:, None], axis=0)
    density = (2.0 / (rate_hz * float(np.sum(hann**2)))) * (spectrum.real**2 + spectrum.imag**2)
    step_hz = rate_hz / samples
    hz = np.arange(len(density)) * step_hz
    found = np.empty((len(places), 3, uv.shape[1]))
    for at, place in enumerate(places):
        away = np.abs(hz - place.hz)
        near = np.flatnonzero(away <= _WITHIN_HZ)
        beside = density[(away >= _NEIGHBOURS_HZ[0]) & (away <= _NEIGHBOURS_HZ[1])]
        around = np.maximum(np.median(beside, axis=0), _QUIET_UV2_HZ)
        found[at, 0] = density[near].max(axis=0) / around
        found[at, 1] = np.maximum((density[near] - around).sum(axis=0) * step_hz, 0.0)
        found[at, 2] = away[near[density[near].argmax(axis=0)]]
    return found


def _line(place: _Place, seen: Doubles, names: tuple[str, ...], bands: tuple[Band, ...]) -> Line | None:
    """The line at a place, or None; seen: float64[windows, 3, channels] as `_looked_at` returns it."""
    times, squares, away_hz = seen[:, 0], seen[:, 1], seen[:, 2]
    stands = times >= TIMES
    if place.hz != place.mains_hz:
        stands &= away_hz <= _FOLDED_WITHIN_HZ
    shares = stands.mean(axis=0)
    enough = (shares >= (_STANDS_IN if place.hz == place.mains_hz else _FOLDED_IN)) & (
        stands.sum(axis=0) >= min(len(stands), _WINDOWS_LEAST)
    )
    on = np.flatnonzero(enough)
    if not len(on):
        return None
    rms = {int(c): math.sqrt(float(np.median(squares[stands[:, c], c]))) for c in on}
    worst = max(rms, key=lambda c: rms[c])
    return Line(
        hz=place.hz,
        mains_hz=place.mains_hz,
        channel=names[worst],
        uv_rms=rms[worst],
        times=float(np.median(times[stands[:, worst], worst])),
        channels=tuple(names[c] for c in on),
        share=float(shares[on].max()),
        band=next((band.name for band in bands if band.low_hz <= place.hz <= band.high_hz), ""),
    )


def _of_one_mains(found: list[Line]) -> tuple[Line, ...]:
    """The lines by frequency, each once; none if every one is a multiple of both mains."""
    kept = {line.hz: line for line in sorted(found, key=lambda line: (line.hz, not line.folded))}
    shared = math.lcm(*(int(base) for base in MAINS_HZ))
    return tuple(kept.values()) if any(line.mains_hz % shared for line in found) else ()


def mains_sentence(lines: tuple[Line, ...], channels: int, rate_hz: float) -> str:
    """One sentence on these lines, at least one; of many the strongest four."""
    strongest = sorted(lines, key=lambda line: -line.uv_rms)[:_TOLD]
    told = "; ".join(_words(line, channels, rate_hz) for line in sorted(strongest, key=lambda line: line.hz))
    left = len(lines) - len(strongest)
    more = f"; and {left} weaker harmonics" if left else ""
    return f"Mains stands out: {told}{more}; check the ground electrode and move chargers away."


def _words(line: Line, channels: int, rate_hz: float) -> str:
    where = f"inside {line.band}" if line.band else "outside the bands"
    whence = f" (folded from {line.mains_hz:g} Hz by sampling at {rate_hz:g} Hz)" if line.folded else ""
    count = f"{len(line.channels)} of {channels} channels"
    when = "" if line.share > 1 - _STANDS_IN else f", {100 * line.share:.0f} % of the time"
    size = f"{line.uv_rms:.3g} uV RMS at {line.channel} and {line.times:.0f} times its neighbours"
    return f"{line.hz:g} Hz{whence}, {where}, {size} ({count}{when})"
