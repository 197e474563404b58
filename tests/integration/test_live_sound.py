"""Live sound through a real PortAudio, into a card that is a pipe: what the sleeper hears, and when not."""

import json
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.renderers.pad import RATE_HZ
from dreamedge.adapters.renderers.portaudio import Fill
from dreamedge.adapters.renderers.sound import SoundRenderer
from dreamedge.core.merging.loudness import Volume
from dreamedge.ports.renderer import Cue, RendererError
from integration.sound_bed import VOLUME
from integration.sound_card import HAS_PORTAUDIO, SoundCard, sound_card

pytestmark = pytest.mark.skipif(not HAS_PORTAUDIO, reason="PortAudio is not installed (make system-packages)")

BED = Path(__file__).parent / "sound_bed.py"
MS = 1_000_000
BUFFER_MS = 75.0
"""The buffers of PortAudio (50 ms) and of the card (23 ms)."""
BUSY_MS = 60.0
"""The machine of the tests is busy: a thread may run this late."""

Said = dict[str, dict[str, Any]]


def said_by(output: str) -> Said:
    """The words of the bed's program."""
    return {one["word"]: one for one in map(json.loads, output.splitlines())}


def begin(card: SoundCard, wav: Path, scene: str) -> subprocess.Popen[str]:
    """Start the bed's program."""
    return subprocess.Popen(
        (sys.executable, str(BED), str(wav), scene),
        env=card.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def end(program: subprocess.Popen[str]) -> Said:
    """The words of a program that has ended well."""
    try:
        output, _ = program.communicate(timeout=40)
    finally:
        program.kill()
    assert program.returncode == 0, output
    return said_by(output)


def first(sound: NDArray[np.float32], above: float, begins: int = 0) -> int:
    """The first sample from `begins` on with more than this."""
    return begins + int(np.argmax(np.abs(sound[begins:]) > above))


def test_the_sleeper_hears_the_pad_and_silence_in_time(tmp_path: Path) -> None:
    """A night through PortAudio: the WAV file's sound at the set volume, silences in time, and no click.

    Zero after a sever within its 50 ms fade and the buffers; silence by itself half a second after the last
    cue and a buffer; exact zeros in between.
    """
    with sound_card(tmp_path) as card:
        said = end(begin(card, tmp_path / "a.wav", "night"))
    sound, at_ns = card.played()
    assert np.abs(sound).max() <= VOLUME.peak
    _as_the_file(sound, tmp_path / "a.wav")
    _silent_in_time(sound, at_ns, said)
    # A click is a step that no partial makes: the steepest sine of this height has 0.8 x 2 pi f / rate.
    loudest = np.abs(sound).max()
    assert np.abs(np.diff(sound)).max() <= loudest * 2 * np.pi * 882.4 / RATE_HZ
    begins = first(sound, 1e-5)
    assert np.abs(sound[begins : begins + RATE_HZ // 200]).max() < 0.1 * loudest, "it fades in"


def _as_the_file(sound: NDArray[np.float32], path: Path) -> None:
    """The first sound is that of the file: the same wave, the same envelope, at the level of the volume."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE_HZ
        written = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32767
    length = round(1.4 * RATE_HZ)
    heard = sound[first(sound, 1e-4) :][:length].astype(np.float64)
    meant = written[first(written.astype(np.float32), 1e-4 / VOLUME.peak) :][:length]
    middle = slice(RATE_HZ // 10, length - RATE_HZ // 5)
    lags = range(-60, 61)
    found = [float(np.corrcoef(heard[middle], np.roll(meant, lag)[middle])[0, 1]) for lag in lags]
    assert max(found) > 0.95
    hops = [slice(k, k + RATE_HZ // 5) for k in range(RATE_HZ // 10, length - RATE_HZ // 5, RATE_HZ // 5)]
    levels = [np.std(heard[hop]) / np.std(meant[hop]) / VOLUME.peak for hop in hops]
    assert 0.8 < min(levels) <= max(levels) < 1.25
    assert np.std(heard[middle]) / np.std(meant[middle]) == pytest.approx(VOLUME.peak, rel=0.05)


def _silent_in_time(sound: NDArray[np.float32], at_ns: NDArray[np.int64], said: Said) -> None:
    """Exact zeros from the sever's end, and from half a second after the last cue, until the next cue."""
    for word, silent_ms, next_ms in (
        ("sever", 50.0 + BUFFER_MS + BUSY_MS, 430.0),
        ("last", 500.0 + BUFFER_MS + BUSY_MS, 880.0),
    ):
        since_ms = (at_ns - said[word]["at_ns"]) / MS
        quiet = sound[(since_ms > silent_ms) & (since_ms < next_ms)]
        assert len(quiet) > 0.1 * RATE_HZ
        assert not quiet.any(), word
        before = sound[(since_ms > -50.0) & (since_ms < 0.0)]
        assert np.abs(before).max() > 0.2 * VOLUME.peak * 0.3, "it sounded before"
    assert not sound[at_ns > said["end"]["at_ns"] + round((50.0 + BUFFER_MS + BUSY_MS) * MS)].any()


def test_a_lost_output_is_silent_and_comes_back_by_itself(tmp_path: Path) -> None:
    """An unplugged card is reported with its share at zero; plugged in again, it sounds again."""
    with sound_card(tmp_path) as card:
        program = begin(card, tmp_path / "a.wav", "loss")
        assert program.stdout is not None
        opened = program.stdout.readline()
        unplugged_ns = card.unplug()
        failed = json.loads(program.stdout.readline())
        assert failed["word"] == "renderer-failed"
        card.plug()
        said = said_by(opened) | end(program)
    assert failed["why"] == "sound output 'bed' is gone"
    assert failed["share"] == 0.0
    assert failed["at_ns"] - unplugged_ns < 500 * MS
    sound, at_ns = card.played()
    back_ns = said["renderer-back"]["at_ns"]
    assert not sound[(at_ns > unplugged_ns) & (at_ns < back_ns)].any(), "the old cue does not sound again"
    assert sound[at_ns > back_ns].any()


def test_an_output_that_does_not_exist_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """The refusal names the output and the command that lists those that exist; the list has the card."""
    with sound_card(tmp_path) as card:
        ask = (sys.executable, "-m", "dreamedge", "run", "--pod", "bed-1", "--renderer", "sound:cave")
        key = "00" * 32
        run = subprocess.run(
            (*ask, "--daemon-key", key, "--state-dir", str(tmp_path)),
            env=card.environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        listing = subprocess.run(
            (sys.executable, "-m", "dreamedge", "devices", "--seconds", "0.1"),
            env=card.environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert run.returncode == 2
    assert "no sound output is 'cave'" in run.stderr
    assert "dreamedge devices" in run.stderr
    assert "sound:0  bed, 44100 Hz" in listing.stdout
    assert "sound:1  default, 44100 Hz, the default" in listing.stdout
    assert Volume().peak < 0.01


class Device:
    """An output without a device: it asks for samples as long as it goes."""

    rate_hz = RATE_HZ
    latency_s = 0.02

    def __init__(self) -> None:
        self.going = threading.Event()
        self.going.set()
        self.closed = False

    def play(self, fill: Fill, ended: Callable[[], None]) -> None:
        """Ask on a thread of its own."""
        self._thread = threading.Thread(target=self._ask, args=(fill,), name="device")
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self.closed = True
        self._thread.join()

    def _ask(self, fill: Fill) -> None:
        wave = np.empty(220)
        while not self.closed:
            if self.going.is_set():
                fill(wave)
            time.sleep(0.01)


def test_an_output_that_takes_no_more_sound_is_lost_and_no_cue_waits_for_it() -> None:
    """An output that asks for nothing is lost after half a second; the agent's calls return at once."""
    device = Device()
    sound = SoundRenderer("bed", VOLUME, lambda: device)
    sound.render(Cue(np.zeros(12, dtype=np.float32), 0.1), boottime_ns())
    assert sound.failed == ""
    assert sound.share_at(boottime_ns()) == pytest.approx(0.1)
    device.going.clear()
    time.sleep(1.0)
    begun = time.monotonic()
    sound.render(Cue(np.zeros(12, dtype=np.float32), 0.1), boottime_ns())
    assert sound.failed == "sound output 'bed' has taken no sound for 0.5 s"
    assert sound.share_at(boottime_ns()) == 0.0
    assert time.monotonic() - begun < 0.5
    sound.close()
    assert device.closed


def test_an_output_that_takes_no_sound_at_all_is_refused() -> None:
    """An output that never asks for a sample is refused in a sentence, and closed."""
    device = Device()
    device.going.clear()
    with pytest.raises(RendererError, match="the default sound output took no sound within 3 s"):
        SoundRenderer("", VOLUME, lambda: device)
    assert device.closed
