"""The feedback as sound: a soft pad of twelve partials, one per feature. Pure; time is in samples.

Loudness follows the share of the others (its square root, so that a share of .15 is heard). Timbre follows
the feedback vector: a feature above the shared centre sounds louder than its neighbours. The amplitudes go
from one set to the next by a raised cosine of at least 50 ms, so that nothing clicks, and reach exact zero. A
sound ends half a second after its last set of amplitudes, with or without a further one.

The same synthesis serves the live output and the WAV file of a bed, and the rendering of a night. It works in
buffers that are made once, because the live output calls it on PortAudio's own thread.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 22_050
"""Samples a second of a WAV file, and of a live output that takes this rate."""
FADE_S: Final = 50_000_000 * 1e-9
"""The shortest fade: that of a sever."""
FADE_SAMPLES: Final = int(FADE_S * RATE_HZ)
SILENT_AFTER_S: Final = 0.5
"""Seconds after the last amplitudes at which the sound is silent."""

PARTIALS_HZ: Final = (110.0, 164.8, 220.0, 277.2, 329.6, 440.0, 220.6, 330.4, 441.2, 555.6, 660.8, 882.4)
"""An open A major chord: anterior features below, posterior an octave up and slightly detuned, so it
breathes."""
_PARTIALS: Final = len(PARTIALS_HZ)
_LOUDEST: Final = 0.8
_TIMBRE_LIMIT: Final = 3.0
_CHUNK: Final = 1024
"""Samples that are synthesised at once."""


def partials(bands: NDArray[np.float64] | None, share: float) -> NDArray[np.float64]:
    """Return the amplitude of each partial, float64[12], summing to 0.8 at most.

    Args:
        bands: the feedback on the shared scale, float64[12]; None: silence.
        share: of the others, 0..1; a share that is no such number is silence.
    """
    ok = 0.0 < share <= 1.0
    if bands is None or not ok:
        return np.zeros(_PARTIALS)
    timbre = 2.0 ** np.clip(bands, -_TIMBRE_LIMIT, _TIMBRE_LIMIT)
    return np.asarray(_LOUDEST * np.sqrt(share) * timbre / timbre.sum())


class Oscillators:
    """The oscillators, with their phases and their position in a fade."""

    def __init__(self, rate_hz: int = RATE_HZ) -> None:
        self._rate_hz = rate_hz
        self._shortest_fade = int(FADE_S * rate_hz)
        self._sounding = int(SILENT_AFTER_S * rate_hz) - self._shortest_fade
        """Length of a cue's sound before its last fade."""
        self._step = 2 * np.pi * np.asarray(PARTIALS_HZ) / rate_hz
        self._phase = np.zeros(_PARTIALS)
        self._count = np.arange(_CHUNK, dtype=np.float64)
        turns = self._step[:, None] * self._count
        self._tones = np.concatenate([np.sin(turns), np.cos(turns)])
        """Each partial from phase 0, as sine and cosine: sin(p + k) = cos p sin k + sin p cos k."""
        self._weights = np.empty(2 * _PARTIALS)
        self._from, self._to = np.zeros(_PARTIALS), np.zeros(_PARTIALS)
        self._change, self._silence = np.zeros(_PARTIALS), np.zeros(_PARTIALS)
        self._fade = self._since = self._shortest_fade
        self._age = 0
        self._sine, self._cosine = np.empty(_PARTIALS), np.empty(_PARTIALS)
        self._faded, self._moved = np.empty(_CHUNK), np.empty(_CHUNK)

    def turn(self, to: NDArray[np.float64], fade_s: float) -> None:
        """Fade to these amplitudes, float64[12], in this many seconds; the sound's age is zero again."""
        self._turn(to, max(self._shortest_fade, int(fade_s * self._rate_hz)))
        self._age = 0

    def hush(self) -> None:
        """Fade to silence."""
        self._turn(self._silence, self._shortest_fade)

    def aged(self, seconds: float) -> None:
        """Take the age of the last cue from a clock, where that is more than what has sounded since."""
        self._age = max(self._age, int(seconds * self._rate_hz))

    @property
    def silent(self) -> bool:
        """Whether the sound has faded to exact zero."""
        return self._since >= self._fade and not self._to.any()

    def render(self, samples: int) -> NDArray[np.int16]:
        """The next `samples` samples, int16[samples]."""
        wave = np.empty(samples)
        self.fill(wave)
        return np.asarray(np.round(wave * np.iinfo(np.int16).max), dtype=np.int16)

    def fill(self, out: NDArray[np.float64]) -> None:
        """Write the next samples into `out`, float64[n], -0.8 to 0.8. Makes no array."""
        done = 0
        while done < out.size:
            if self._age >= self._sounding and self._to.any():
                self.hush()
            left = self._sounding - self._age
            count = min(out.size - done, _CHUNK, left if left > 0 else _CHUNK)
            self._sound(out[done : done + count])
            self._age += count
            done += count

    def _turn(self, to: NDArray[np.float64], fade: int) -> None:
        if not (to.any() or self._to.any()) and self._fade - self._since <= fade:
            return  # it falls to silence already: a new fade at each cue would never end
        part = min(self._since / self._fade, 1.0)
        np.subtract(self._to, self._from, out=self._change)
        self._change *= 0.5 - 0.5 * np.cos(np.pi * part)
        self._from += self._change
        self._to[:] = to
        self._fade, self._since = fade, 0

    def _sound(self, out: NDArray[np.float64]) -> None:
        """The next samples of the present fade."""
        if self.silent or not (self._from.any() or self._to.any()):
            out.fill(0.0)
            self._since += out.size
            return
        np.sin(self._phase, out=self._sine)
        np.cos(self._phase, out=self._cosine)
        np.subtract(self._to, self._from, out=self._change)
        moved, faded = self._moved[: out.size], self._faded[: out.size]
        self._add_up(self._from, out)
        self._add_up(self._change, moved)
        np.add(self._count[: out.size], self._since, out=faded)
        # Raised cosine from 0 to 1 over the present fade.
        faded *= np.pi / self._fade
        np.minimum(faded, np.pi, out=faded)
        np.cos(faded, out=faded)
        faded *= -0.5
        faded += 0.5
        moved *= faded
        out += moved
        self._phase += self._step * out.size
        self._phase %= 2 * np.pi
        self._since += out.size

    def _add_up(self, amplitudes: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        """The partials from their present phases, at these amplitudes."""
        np.multiply(amplitudes, self._cosine, out=self._weights[:_PARTIALS])
        np.multiply(amplitudes, self._sine, out=self._weights[_PARTIALS:])
        np.dot(self._weights, self._tones[:, : out.size], out=out)
