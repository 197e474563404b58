"""A night as a WAV file, by the very synthesis that a bed sounds with (`dreamwire.synthesis`).

The night is cut into windows of at least the synthesis' shortest fade of sound. A window sounds with the mean
of its ticks' amplitudes, and the next one begins where its fade ends. So a night that is played sixty times
as fast is smoothed and nothing of it is skipped; a hole fades to silence.

Rules
- 16-bit mono at 22,050 Hz. The same recording gives the same bytes on one machine: no clock and no dice.
- Memory does not grow with the sound: it is written in blocks.
"""

import wave
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np

from dreamd.adapters.recordings.reader import Progress, quiet
from dreamd.core.limits import HOP_S
from dreamd.render.night import Night, Numbers
from dreamd.render.permission import RenderError
from dreamwire.synthesis import FADE_S, RATE_HZ, Oscillators, partials

SPEED_DEFAULT: Final = 60.0
"""An hour in a minute."""
SPEED_MOST: Final = 3600.0
WAV_BYTES_MOST: Final = 2**32 - 4096
"""A RIFF file counts its bytes in 32 bits; the rest is for header and manifest."""
_BLOCK_WINDOWS: Final = 200


def write_wav(night: Night, path: Path, speed: float = SPEED_DEFAULT, progress: Progress = quiet) -> None:
    """Write the night's sound; speed: seconds of the night in a second of sound, 1..3600.

    Raises:
        RenderError: the speed is out of range, or the sound is too long for a WAV file.
        OSError: the file cannot be written.
    """
    window_s = max(HOP_S / speed, FADE_S) if 1.0 <= speed <= SPEED_MOST else 0.0
    if not window_s:
        raise RenderError(f"the speed {speed:g} is out of range; give one from 1 to {SPEED_MOST:g} (--speed)")
    size = 2 * ceil(night.lasted_s / speed * RATE_HZ)
    if not size <= WAV_BYTES_MOST:
        raise RenderError(
            f"{night.name} is {night.lasted_s / speed / 3600:.1f} hours of sound at the speed {speed:g}, "
            "more than a WAV file holds; give a greater one (--speed)"
        )
    loudness = amplitudes_by_window(night, window_s * speed)
    ends = np.round(np.arange(1, len(loudness) + 1) * window_s * RATE_HZ).astype(np.int64)
    oscillators, begin = Oscillators(), 0
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for first in range(0, len(loudness), _BLOCK_WINDOWS):
            block = []
            for number in range(first, min(first + _BLOCK_WINDOWS, len(loudness))):
                oscillators.turn(loudness[number], window_s)
                block.append(oscillators.render(int(ends[number]) - begin))
                begin = int(ends[number])
            file.writeframes(np.concatenate(block).astype("<i2").tobytes())
            progress((first + len(block)) / len(loudness))
        oscillators.hush()
        file.writeframes(oscillators.render(int(FADE_S * RATE_HZ) + 1).astype("<i2").tobytes())


def amplitudes_by_window(night: Night, window_s: float) -> Numbers:
    """Return the mean amplitudes of each window of so many seconds of the night, float64[W, 12].

    A place on the grid without a tick counts as silence.
    """
    each = np.stack([partials(x, float(share)) for x, share in zip(night.bands, night.share, strict=True)])
    windows = (night.hops * HOP_S / window_s + 1e-9).astype(np.int64)
    count = int(windows[-1]) + 1
    sums = np.zeros((count, each.shape[1]))
    np.add.at(sums, windows, each)
    places = np.diff((np.ceil(np.arange(count + 1) * window_s / HOP_S - 1e-6)).astype(np.int64))
    return np.asarray(sums / np.maximum(places, 1)[:, np.newaxis])
