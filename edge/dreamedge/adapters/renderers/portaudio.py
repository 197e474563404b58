"""The machine's sound outputs, by sounddevice over PortAudio: the one file that knows them.

An output is named by its number or by a part of its name, empty for the system's default. It is opened at
22,050 Hz where it takes that rate, else at its own, on both ears where it has two. Its buffer is about 50 ms:
shorter ones run dry while the agent computes a hop. An output that needs more than LATENCY_MOST_S is refused,
because its sound could not end in time.
"""

import atexit
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.renderers.pad import RATE_HZ
from dreamedge.ports.renderer import RendererError

EXTRA: Final = (
    "install it with .venv/bin/pip install -e '.[sound]' (or pip install 'dreamd[sound]') and, on Debian, "
    "apt-get install libportaudio2"
)
LATENCY_MOST_S: Final = 0.25
_LATENCY_S: Final = 0.05
_MOST_FRAMES: Final = 8192

Fill = Callable[[NDArray[np.float64]], None]


class Output(Protocol):
    """An open output. It asks for samples on a thread of its own until it is closed."""

    @property
    def rate_hz(self) -> int:
        """MUST be the rate at which it plays."""
        ...

    @property
    def latency_s(self) -> float:
        """MUST be the time from a request for samples to the ear."""
        ...

    def play(self, fill: Fill, ended: Callable[[], None]) -> None:
        """MUST ask `fill` for samples from now on; MUST call `ended` if it ends by itself."""
        ...

    def close(self) -> None:
        """MUST end without a further sample. MAY block where the device does."""
        ...


@dataclass(frozen=True, slots=True)
class SoundOutput:
    """An output that can be opened. default: the one that the system chooses."""

    number: int
    name: str
    rate_hz: int
    default: bool

    @property
    def spec(self) -> str:
        """The argument for `dreamedge run --renderer`."""
        return f"sound:{self.number}"


def _library() -> Any:  # noqa: ANN401 - it ships no types
    """Load sounddevice.

    Raises:
        RendererError: sounddevice or PortAudio is not installed.
    """
    try:
        import sounddevice  # noqa: PLC0415 - its library is loaded where needed
    except (ImportError, OSError) as error:
        raise RendererError(f"live sound needs a library ({error}); {EXTRA}.") from error
    # At the end of the process it would wait for a device that hangs.
    atexit.unregister(sounddevice._exit_handler)  # noqa: SLF001 - it has no other switch
    return sounddevice


def sound_outputs() -> tuple[SoundOutput, ...]:
    """Return the machine's sound outputs; none is opened for playing.

    Raises:
        RendererError: sounddevice or PortAudio is not installed.
    """
    library = _library()
    chosen = library.default.device[1]
    return tuple(
        SoundOutput(
            int(one["index"]), str(one["name"]), int(one["default_samplerate"]), one["index"] == chosen
        )
        for one in library.query_devices()
        if one["max_output_channels"] > 0
    )


class PortAudioOutput:
    """One output by PortAudio."""

    _open = 0
    _opening = threading.Lock()

    def __init__(self, device: str) -> None:
        """Find the output, and choose its rate.

        Raises:
            RendererError: there is no such output, or it cannot be opened.
        """
        self._library = _library()
        with self._opening:
            if not PortAudioOutput._open:
                # PortAudio lists the devices once: this finds one that was plugged in since.
                self._library._terminate()  # noqa: SLF001 - it has no other way
                self._library._initialize()  # noqa: SLF001 - as above
            PortAudioOutput._open += 1
        self._wave = np.empty(_MOST_FRAMES)
        self._fill: Fill | None = None
        self._ended: Callable[[], None] | None = None
        self._stream: Any = None
        try:
            self._stream = self._opened(device)
        except BaseException:
            self.close()
            raise

    @property
    def rate_hz(self) -> int:
        """The rate at which it plays."""
        return int(self._stream.samplerate)

    @property
    def latency_s(self) -> float:
        """The time from a request for samples to the ear, as PortAudio reports it."""
        return float(self._stream.latency)

    def play(self, fill: Fill, ended: Callable[[], None]) -> None:
        """Ask `fill` for samples from now on."""
        self._fill, self._ended = fill, ended
        try:
            self._stream.start()
        except self._library.PortAudioError as error:
            raise RendererError(f"the sound output does not start ({_reason(error)}).") from error

    def close(self) -> None:
        """End the stream. Blocks where the device hangs."""
        self._ended = None
        with self._opening:
            stream, self._stream, done = self._stream, None, self._wave.size == 0
            if done:
                return
            self._wave = np.empty(0)
        if stream is not None:
            stream.close(ignore_errors=True)
        with self._opening:
            PortAudioOutput._open -= 1

    def _opened(self, device: str) -> Any:  # noqa: ANN401 - the library's stream
        found = self._found(device)
        channels = min(int(found["max_output_channels"]), 2)
        wish = {"device": int(found["index"]), "channels": channels, "dtype": "float32"}
        last: Exception | None = None
        for rate_hz in (RATE_HZ, round(found["default_samplerate"])):
            try:
                stream = self._library.OutputStream(
                    samplerate=rate_hz,
                    latency=_LATENCY_S,
                    callback=self._callback,
                    finished_callback=self._finished,
                    prime_output_buffers_using_stream_callback=False,
                    **wish,
                )
            except self._library.PortAudioError as error:
                last = error
                continue
            if not stream.latency <= LATENCY_MOST_S:
                stream.close(ignore_errors=True)
                raise RendererError(
                    f"sound output {found['name']!r} needs {stream.latency * 1000:.0f} ms from a sample to "
                    f"the ear, expected {LATENCY_MOST_S * 1000:.0f} at most; name another: dreamedge devices."
                )
            return stream
        raise RendererError(
            f"sound output {found['name']!r} cannot be opened ({_reason(last)}); close the program that uses "
            "it, or name another: dreamedge devices."
        )

    def _found(self, device: str) -> Any:  # noqa: ANN401 - a description by the library
        wanted = int(device) if device.isdecimal() else device or None
        try:
            return self._library.query_devices(wanted, "output")
        except (ValueError, self._library.PortAudioError) as error:
            what = f"no sound output is {device!r}" if device else "this machine has no default sound output"
            raise RendererError(
                f"{what} ({_reason(error)}); dreamedge devices lists them: name one by its number."
            ) from error

    def _callback(self, out: NDArray[np.float32], frames: int, _time: object, _status: object) -> None:
        """On PortAudio's thread: views of arrays that exist, no event loop, no lock."""
        wave, fill = self._wave, self._fill
        if fill is None or not wave.size:
            out.fill(0.0)
            return
        done = 0
        while done < frames:
            part = wave[: min(frames - done, wave.size)]
            fill(part)
            out[done : done + part.size] = part[:, None]
            done += part.size

    def _finished(self) -> None:
        ended = self._ended
        if ended is not None:
            ended()


def _reason(error: Exception | None) -> str:
    """The first line of the library's own reason."""
    return str(error).partition("\n")[0].strip().rstrip(".")
