"""A sound card without a card: ALSA's `file` plugin plays into a pipe, read at the rate of the sound.

PortAudio opens it like any output. It takes samples as fast as the pipe is read, and is lost when the pipe's
reader goes.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 22_050
CHANNELS = 2
_FRAME_BYTES = 4 * CHANNELS
_PIPE_BYTES = 4096
"""The card's buffer: 23 ms."""
HAS_PORTAUDIO = find_library("portaudio") is not None

_ALSA = """
pcm.bed {{
    type file slave.pcm {{ type null }} file "{pipe}" format raw hint {{ show on description "bed" }}
}}
pcm.!default {{ type file slave.pcm {{ type null }} file "{pipe}" format raw }}
"""


class SoundCard:
    """The pipe, and its reader while the card is plugged in."""

    def __init__(self, directory: Path) -> None:
        self.pipe = directory / "card"
        os.mkfifo(self.pipe)
        config = directory / "asound.conf"
        config.write_text(_ALSA.format(pipe=self.pipe))
        self.environ = {**os.environ, "ALSA_CONFIG_PATH": str(config)}
        self._chunks: list[tuple[int, bytes]] = []
        self._reader: threading.Thread | None = None
        self._unplugged = threading.Event()

    def plug(self) -> None:
        """Begin to take sound."""
        self._unplugged.clear()
        fd = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._reader = threading.Thread(target=self._play, args=(fd,), name="card")
        self._reader.start()

    def unplug(self) -> int:
        """Take no more sound; returns the moment, CLOCK_BOOTTIME."""
        self._unplugged.set()
        if self._reader is not None:
            self._reader.join()
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def played(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The left ear's samples, float32[n], and when each was played, int64[n] (CLOCK_BOOTTIME, ns)."""
        sound = np.frombuffer(b"".join(chunk for _, chunk in self._chunks), dtype="<f4")
        frames = sound[: len(sound) // CHANNELS * CHANNELS].reshape(-1, CHANNELS)
        at = [np.full(len(chunk) // 4, at_ns) for at_ns, chunk in self._chunks]
        return frames[:, 0], np.concatenate(at)[: len(frames) * CHANNELS : CHANNELS]

    def _play(self, fd: int) -> None:
        credit, before = 0.0, time.monotonic()
        while not self._unplugged.wait(0.002):
            now = time.monotonic()
            credit = min(credit + (now - before) * RATE_HZ * _FRAME_BYTES, _PIPE_BYTES)
            before = now
            wanted = int(credit) // _FRAME_BYTES * _FRAME_BYTES
            try:
                chunk = os.read(fd, wanted) if wanted else b""
            except BlockingIOError:
                chunk = b""
            credit -= len(chunk)
            if chunk:
                self._chunks.append((time.clock_gettime_ns(time.CLOCK_BOOTTIME), chunk))
        os.close(fd)


@contextmanager
def sound_card(directory: Path) -> Iterator[SoundCard]:
    """A card that is plugged in."""
    card = SoundCard(directory)
    card.plug()
    try:
        yield card
    finally:
        card.unplug()
