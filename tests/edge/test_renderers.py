"""The renderers: silent by themselves half a second after the last cue, and never a click."""

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamedge.adapters.renderers import open_renderer
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.adapters.renderers.pad import FADE_SAMPLES, RATE_HZ, Pad, amplitudes
from dreamedge.adapters.renderers.wav import WavRenderer
from dreamedge.ports.renderer import Cue, Renderer, RendererError

S = 1_000_000_000
MS = 1_000_000


def _cue(share: float, level: float = 0.0) -> Cue:
    return Cue(np.full(12, level, dtype=np.float32), share)


def _read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


@pytest.mark.parametrize("spec", ["null", "wav"])
def test_a_renderer_falls_silent_by_itself(spec: str, tmp_path: Path) -> None:
    """A renderer's share holds until half a second after the last cue, and is 0 from then on."""
    renderer: Renderer = open_renderer("null" if spec == "null" else f"wav:{tmp_path / 'a.wav'}")
    assert renderer.share_at(S) == 0.0
    renderer.render(_cue(0.15), S)
    assert renderer.share_at(S + 499 * MS) == 0.15
    assert renderer.share_at(S + 500 * MS) == 0.0
    renderer.close()
    renderer.close()
    assert renderer.share_at(S) == 0.0


@pytest.mark.parametrize("spec", ["null", "wav"])
def test_a_fade_is_a_raised_cosine(spec: str, tmp_path: Path) -> None:
    """A cue to zero in 50 ms is at half after 25 ms, and at exactly zero after 50."""
    renderer: Renderer = open_renderer("null" if spec == "null" else f"wav:{tmp_path / 'a.wav'}")
    renderer.render(_cue(0.1), S)
    renderer.render(Cue(np.zeros(12, dtype=np.float32), 0.0, fade_ms=50.0), 2 * S - 600 * MS)
    at = 2 * S - 600 * MS
    shares = [renderer.share_at(at + ms * MS) for ms in (0, 25, 50)]
    assert shares == pytest.approx([0.1, 0.05, 0.0])
    assert shares[2] == 0.0
    renderer.close()


@pytest.mark.parametrize("spec", ["null", "wav"])
@pytest.mark.parametrize("share", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_share_that_is_no_number_in_range_is_zero(spec: str, share: float, tmp_path: Path) -> None:
    """A cue with a share out of range is a cue to zero."""
    renderer: Renderer = open_renderer("null" if spec == "null" else f"wav:{tmp_path / 'a.wav'}")
    renderer.render(_cue(0.1), S)
    renderer.render(_cue(share), S + 50 * MS)
    assert renderer.share_at(S + 150 * MS) == 0.0
    renderer.close()


def test_the_null_renderer_keeps_the_cue() -> None:
    """The null renderer keeps the cue."""
    renderer = NullRenderer()
    renderer.render(_cue(0.1, 2.0), S)
    assert renderer.cue is not None
    assert renderer.cue.feedback[0] == 2.0


def test_samples_after_half_a_second_are_zero() -> None:
    """A single cue sounds, fades within half a second, and is zero from then on."""
    pad = Pad()
    pad.cue(_cue(0.15))
    sound = pad.render(2 * RATE_HZ)
    half = RATE_HZ // 2
    assert np.abs(sound[: half - FADE_SAMPLES]).max() > 1000
    assert not sound[half:].any()
    steps = np.abs(np.diff(sound.astype(int)))
    assert steps[half - 2 * FADE_SAMPLES :].max() <= 1.2 * steps[FADE_SAMPLES : half - 2 * FADE_SAMPLES].max()
    assert not pad.render(RATE_HZ).any()


def test_a_sever_is_a_fade_of_fifty_milliseconds() -> None:
    """A cue of share 0 reaches exact silence within 50 ms, without a jump between samples."""
    pad = Pad()
    pad.cue(_cue(0.15))
    before = pad.render(RATE_HZ // 5).astype(int)
    pad.cue(_cue(0.0))
    after = pad.render(RATE_HZ // 5).astype(int)
    assert after[: FADE_SAMPLES // 4].any()
    assert not after[FADE_SAMPLES + 1 :].any()
    joint = np.diff(np.concatenate([before, after]))
    assert np.abs(joint).max() <= 1.3 * np.abs(np.diff(before[FADE_SAMPLES:])).max()


def test_rendering_does_not_depend_on_block_length() -> None:
    """The same cues give the same samples in blocks of 50 ms and of 7 ms."""
    whole, pieces = Pad(), Pad()
    whole.cue(_cue(0.2, 1.0)), pieces.cue(_cue(0.2, 1.0))
    long = whole.render(15_000)
    short = np.concatenate([pieces.render(150) for _ in range(100)])
    assert np.abs(long.astype(int) - short.astype(int)).max() <= 1


def test_loudness_follows_share_and_timbre_the_feedback() -> None:
    """More share is louder; the partial of a raised feature is louder than its neighbours."""
    loud = [float(amplitudes(_cue(share)).sum()) for share in (0.0, 0.05, 0.15, 1.0)]
    assert loud == sorted(loud)
    assert loud[0] == 0.0
    raised = np.zeros(12, dtype=np.float32)
    raised[3] = 2.0
    partials = amplitudes(Cue(raised, 0.15))
    assert partials[3] == pytest.approx(4 * partials[4])


@pytest.mark.parametrize("cue", [_cue(float("nan")), _cue(0.1, float("nan")), _cue(-1.0), _cue(2.0)])
def test_invalid_shares_are_silence(cue: Cue) -> None:
    """NaN, a negative share and one above 1 are silence."""
    assert not amplitudes(cue).any()


def test_the_file_follows_time(tmp_path: Path) -> None:
    """Cues for two seconds, a gap of two, one more cue: sound, silence, sound, at true length."""
    path = tmp_path / "night.wav"
    renderer = WavRenderer(path)
    for k in range(41):
        renderer.render(_cue(0.15), 7 * S + k * 50 * MS)
    renderer.render(_cue(0.15), 11 * S)
    renderer.render(_cue(0.15), 11 * S + 50 * MS)
    renderer.close()
    sound = _read(path)
    seconds = [sound[k * RATE_HZ : (k + 1) * RATE_HZ] for k in range(4)]
    assert [bool(second.any()) for second in seconds] == [True, True, True, False]
    assert sound[4 * RATE_HZ :].any()
    assert len(sound) == pytest.approx(4.1 * RATE_HZ, abs=3)
    assert renderer.dropped == 0


def test_a_crash_leaves_a_file_that_plays(tmp_path: Path) -> None:
    """Without a close the header already counts every written block."""
    path = tmp_path / "night.wav"
    renderer = WavRenderer(path)
    for k in range(100):
        renderer.render(_cue(0.15), S + k * 50 * MS)
    assert renderer._thread.close(5.0)  # the file that a crash after five seconds would leave
    assert len(_read(path)) > 4.5 * RATE_HZ
    renderer.close()


def test_a_renderer_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    """An unknown renderer and a file that cannot be written are each refused in a sentence."""
    with pytest.raises(RendererError, match="write null, wav:FILE"):
        open_renderer("speaker")
    with pytest.raises(RendererError, match="choose another file"):
        open_renderer(f"wav:{tmp_path}/no/such/place.wav")
