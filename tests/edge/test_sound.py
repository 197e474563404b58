"""The live sound without an output: its samples, its volume, its age, and several renderers as one."""

from math import inf, log10, nan

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamedge.adapters.renderers.lights import LightState
from dreamedge.adapters.renderers.limiter import Limiter
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.adapters.renderers.pad import RATE_HZ, Pad
from dreamedge.adapters.renderers.serial_lamps import line
from dreamedge.adapters.renderers.several import SeveralRenderers
from dreamedge.adapters.renderers.specs import kinds_of, specs_of
from dreamedge.adapters.renderers.voice import Voice
from dreamedge.core.merging.loudness import ALWAYS_DB, Volume
from dreamedge.ports.renderer import Cue

S = 1_000_000_000
MS = 1_000_000
LOUD = Volume(73.0, 76.02)
"""Its largest sample is one half of full scale."""


def _cue(share: float, level: float = 0.0, fade_ms: float = 0.0) -> Cue:
    return Cue(np.full(12, level, dtype=np.float32), share, fade_ms)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_ns = 7 * S

    def __call__(self) -> int:
        return self.now_ns


def _taken(voice: Voice, clock: Clock, seconds: float, block: int = 512) -> NDArray[np.float64]:
    """The samples of some seconds, asked for block by block as time passes."""
    blocks = []
    for _ in range(round(seconds * RATE_HZ / block)):
        wave = np.empty(block)
        voice.fill(wave)
        clock.now_ns += round(block / RATE_HZ * S)
        blocks.append(wave)
    return np.concatenate(blocks)


def test_the_samples_are_those_of_the_file_at_the_volume() -> None:
    """A voice gives the pad of the WAV file, scaled to the volume, whatever the output's block is."""
    clock, pad = Clock(), Pad()
    voice = Voice(RATE_HZ, 0.0, LOUD, clock)
    voice.follow(_cue(0.15, 1.0)), pad.cue(_cue(0.15, 1.0))
    heard, meant = _taken(voice, clock, 0.3, 130), pad.render(6630) / 32767
    assert np.abs(heard[:6500] - LOUD.peak * meant[:6500]).max() < 1e-4
    assert np.abs(heard).max() > 0.01


def test_a_voice_is_silent_half_a_second_after_its_last_cue() -> None:
    """Without a further cue, and without the event loop, exact silence comes by half a second."""
    clock = Clock()
    voice = Voice(RATE_HZ, 0.0, LOUD, clock)
    voice.follow(_cue(0.15))
    sound = _taken(voice, clock, 1.5)
    half = RATE_HZ // 2
    assert np.abs(sound[: half - RATE_HZ // 10]).max() > 0.01
    assert not sound[half:].any()


def test_the_age_of_a_cue_counts_by_the_clock_and_to_the_ear() -> None:
    """An output that was asleep does not play on, and the time in its buffer counts."""
    clock = Clock()
    voice = Voice(RATE_HZ, 0.1, LOUD, clock)
    voice.follow(_cue(0.15))
    early = _taken(voice, clock, 1.0)
    assert not early[round(0.4 * RATE_HZ) + 512 :].any()
    voice.follow(_cue(0.15))
    assert _taken(voice, clock, 0.1).any()
    clock.now_ns += 3600 * S  # the machine slept
    after = _taken(voice, clock, 0.2)
    assert not after[round(0.05 * RATE_HZ) + 512 :].any()


def test_a_sever_is_silence_in_fifty_milliseconds_without_a_click() -> None:
    """A cue to zero ends in its fade; no step is larger than the steepest partial makes."""
    clock = Clock()
    voice = Voice(RATE_HZ, 0.0, LOUD, clock)
    voice.follow(_cue(0.15))
    before = _taken(voice, clock, 0.2)
    voice.follow(_cue(0.0, fade_ms=50.0))
    after = _taken(voice, clock, 0.2)
    assert not after[round(0.05 * RATE_HZ) + 1 :].any()
    whole = np.concatenate([before, after])
    assert np.abs(np.diff(whole)).max() <= np.abs(whole).max() * 2 * np.pi * 882.4 / RATE_HZ


def test_cues_of_zero_at_every_pulse_end_in_exact_silence() -> None:
    """Cues of share 0 that come faster than a fade is long do not keep a fade from its end."""
    clock = Clock()
    voice = Voice(RATE_HZ, 0.0, LOUD, clock)
    voice.follow(_cue(0.15))
    _taken(voice, clock, 0.2)
    for _ in range(8):
        voice.follow(_cue(0.0))
        last = _taken(voice, clock, 0.025)
    assert not last.any()


@pytest.mark.parametrize("wave", [np.full(64, nan), np.full(64, inf), np.array([0.0, nan, 1.0])])
def test_a_wave_that_is_no_number_is_silence_or_cut(wave: NDArray[np.float64]) -> None:
    """No NaN and no infinity leaves the limiter."""
    limiter = Limiter(LOUD, RATE_HZ)
    limiter.limit(wave)
    assert np.isfinite(wave).all()
    assert np.abs(wave).max() <= LOUD.peak
    assert np.isfinite(limiter.dose)


@pytest.mark.parametrize(
    ("volume", "level_db"),
    [
        (Volume(60.0, 100.0), 60.0),
        (Volume(73.0, 140.0), 73.0),
        (Volume(20.0, 60.0), 20.0),
        (Volume(90.0, 100.0), ALWAYS_DB),
        (Volume(73.0, 60.0), 60.0 + 10 * log10(2)),  # an output that cannot be so loud
    ],
)
def test_no_waveform_is_louder_than_the_volume(volume: Volume, level_db: float) -> None:
    """A square wave at the largest sample has the level of the volume, never more than a week of H.870."""
    square = np.where(np.arange(4410) % 20 < 10, 5.0, -5.0)
    Limiter(volume, RATE_HZ).limit(square)
    level = volume.full_scale_db + 10 * log10(2 * float(np.mean(square**2)))
    assert level == pytest.approx(level_db, abs=0.01)
    assert level <= ALWAYS_DB + 1e-9


@pytest.mark.parametrize("db", [nan, inf, -inf])
def test_a_volume_that_is_no_number_is_silence_or_the_bound(db: float) -> None:
    """A level that is no number gives no sound; an infinite one is bounded."""
    assert Volume(db, 100.0).peak <= Volume(73.77, 100.0).peak + 1e-6
    assert Volume(60.0, db).peak in (0.0, 1.0) if db == -inf else Volume(60.0, db).peak == 0.0


@pytest.mark.parametrize(("level_db", "share"), [(70.0, 0.1), (60.0, 0.01), (73.0, 0.19953)])
def test_the_dose_is_that_of_h870(level_db: float, share: float) -> None:
    """40 hours of 80 dB(A) are the whole dose, of 70 dB(A) a tenth: equal energy, 3 dB twice as much."""
    volume = Volume(73.0, 73.0 + 3.0103)
    limiter = Limiter(volume, RATE_HZ)
    scale = 10 ** ((level_db - volume.full_scale_db) / 20) / volume.peak
    limiter.limit(np.where(np.arange(RATE_HZ) % 2 == 0, 1.0, -1.0) * scale / np.sqrt(2))
    assert limiter.dose * 3600 * 40 == pytest.approx(share, rel=1e-3)


class Broken(NullRenderer):
    """A renderer with a bug."""

    def render(self, cue: Cue, now_ns: int) -> None:
        """Raise."""
        raise ZeroDivisionError("a bug")


class Lost(NullRenderer):
    """A renderer whose device is gone."""

    failed = "the output is gone"


def test_several_renderers_each_get_every_cue_and_one_fault_makes_the_sleeper_alone() -> None:
    """A bug and a lost device stop no other renderer, and both make the whole failed."""
    plain = NullRenderer()
    several = SeveralRenderers([("wav", Broken()), ("sound", Lost()), ("osc", plain)])
    several.render(_cue(0.1), S)
    several.render(_cue(0.1), S + 50 * MS)
    assert plain.cue is not None
    assert several.failed == "wav: ZeroDivisionError: a bug; sound: the output is gone"
    assert several.share_at(S + 100 * MS) == pytest.approx(0.1)
    assert several.share_at(S + 551 * MS) == 0.0
    several.close()
    assert SeveralRenderers([("null", NullRenderer()), ("osc", plain)]).failed == ""


@pytest.mark.parametrize(
    ("spec", "specs", "kinds"),
    [
        ("null", ("null",), "null"),
        ("sound", ("sound",), "sound"),
        ("sound:hw:1,0", ("sound:hw:1,0",), "sound"),
        ("sound:hw:1,0,osc:127.0.0.1:9000", ("sound:hw:1,0", "osc:127.0.0.1:9000"), "sound,osc"),
        ("wav:a,b.wav,serial:/dev/ttyACM0@9600", ("wav:a,b.wav", "serial:/dev/ttyACM0@9600"), "wav,serial"),
        ("null,sound", ("null", "sound"), "sound"),
        ("osc:127.0.0.1:1,osc:127.0.0.1:2", ("osc:127.0.0.1:1", "osc:127.0.0.1:2"), "osc"),
        ("null,null", ("null", "null"), "null"),
    ],
)
def test_a_list_of_renderers_is_read_with_commas_in_names(
    spec: str, specs: tuple[str, ...], kinds: str
) -> None:
    """A comma separates only before a renderer's kind; the kinds have no file, device or address."""
    assert specs_of(spec) == specs
    assert kinds_of(spec) == kinds


@pytest.mark.parametrize(
    ("coupling", "bands", "written"),
    [
        (0.0, 0.0, b"D 0 1" + b" 128" * 12 + b"\n"),
        (1.0, 3.0, b"D 255 0" + b" 255" * 12 + b"\n"),
        (0.15, -3.0, b"D 38 0" + b" 1" * 12 + b"\n"),
        (0.0039, -9.0, b"D 0 0" + b" 0" * 12 + b"\n"),
    ],
)
def test_a_lamp_s_line_holds_every_value_in_a_byte(coupling: float, bands: float, written: bytes) -> None:
    """The coupling is rounded down, a band stands around 128, and no value leaves 0 to 255."""
    assert line(LightState(coupling, np.full(12, bands), severed=coupling == 0.0)) == written
