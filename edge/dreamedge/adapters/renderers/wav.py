"""The feedback as a WAV file that follows the time that is passed in.

Each cue governs the time until the next one; a cue without a successor falls silent by itself (`pad`).
Synthesis and writing happen on a thread behind a bounded queue: a slow disk costs sound, never the tether.
The header is corrected with every block, so a crash leaves a file that plays.
"""

import contextlib
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from dreamedge.adapters.background_writer import BackgroundWriter
from dreamedge.adapters.renderers.pad import FADE_SAMPLES, RATE_HZ, Pad
from dreamedge.adapters.renderers.share_envelope import RenderedShare
from dreamedge.ports.renderer import Cue, RendererError

_QUEUE_CUES: Final = 256
"""Twelve seconds of cues at 20 Hz; the oldest is dropped."""
_BLOCK_SAMPLES: Final = RATE_HZ // 4
_LONGEST_GAP_SAMPLES: Final = 60 * RATE_HZ
"""The longest silence written at once: a suspended machine does not write a night of silence."""
_CLOSE_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Given:
    cue: Cue
    at_ns: int


class WavRenderer:
    """16-bit mono at 22,050 Hz into `path`.

    Raises:
        RendererError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            # Unbuffered: all written samples are in the file even if the process is killed.
            raw = path.open("wb", buffering=0)
        except OSError as error:
            raise RendererError(
                f"{path} cannot be written ({error.strerror}); choose another file."
            ) from None
        self._raw = raw
        self._file: wave.Wave_write = wave.open(raw, "wb")  # noqa: SIM115 - closed in close()
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)
        self._file.writeframes(b"")
        self._pad = Pad()
        self._pending: list[bytes] = []
        self._pending_samples = 0
        self._first_ns: int | None = None
        self._written = 0
        self._share = RenderedShare()
        self._closed = False
        self._thread = BackgroundWriter("wav", self._follow, _QUEUE_CUES)

    @property
    def dropped(self) -> int:
        """Cues lost because the disk could not keep up."""
        return self._thread.dropped

    @property
    def failed(self) -> str:
        """Why the file takes no more sound, or empty."""
        return f"the file cannot be written ({self._thread.failed})" if self._thread.failed else ""

    def render(self, cue: Cue, now_ns: int) -> None:
        """Sound like this cue from now on, for half a second."""
        self._share.cue(cue, now_ns)
        self._thread.put(_Given(cue, now_ns))

    def share_at(self, now_ns: int) -> float:
        """The share; 0 once the last cue is half a second old."""
        return self._share.at(now_ns)

    def close(self) -> None:
        """Fade out and finish the file."""
        if self._closed:
            return
        self._closed = True
        self._share.stop()
        done = self._thread.close(_CLOSE_WITHIN_S)
        if self._thread.stuck:
            return  # the thread owns the file; it plays up to here
        with contextlib.suppress(OSError):
            if done:
                self._pad.hush()
                self._sound(FADE_SAMPLES)
                self._flush()
            self._file.close()
        self._raw.close()

    def _follow(self, given: _Given) -> None:
        """On the thread: sound the last cue up to this one's moment, then switch to it."""
        if self._first_ns is None:
            self._first_ns = given.at_ns
        due = round((given.at_ns - self._first_ns) * RATE_HZ / 1e9)
        gap = due - self._written
        if gap > _LONGEST_GAP_SAMPLES:
            self._first_ns += round((gap - _LONGEST_GAP_SAMPLES) * 1e9 / RATE_HZ)
            gap = _LONGEST_GAP_SAMPLES
        if gap > 0:
            self._sound(gap)
            self._written += gap
        self._pad.cue(given.cue)
        if self._pending_samples >= _BLOCK_SAMPLES:
            self._flush()

    def _sound(self, samples: int) -> None:
        self._pending.append(self._pad.render(samples).astype(np.dtype("<i2")).tobytes())
        self._pending_samples += samples

    def _flush(self) -> None:
        self._file.writeframes(b"".join(self._pending))
        self._pending.clear()
        self._pending_samples = 0
