"""XDF replay: several sleepers in one file, their clocks, gaps and contact, and refusals."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.xdf.implant import XdfImplant
from dreamedge.adapters.implants.files.xdf.streams import read_index
from dreamedge.adapters.implants.files.xdf.timeline import timeline
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.calibration import Baseline, enrol
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.xdf_file import Told, write

S = 1_000_000_000
RATE = 256.0
GROUP = "group/hybridharmony_anticipation_4people_4ch_256Hz.xdf"


def _stamps(seconds: float, begin_s: float = 1000.0) -> recorded.Doubles:
    return np.asarray(begin_s + np.arange(int(seconds * RATE)) / RATE)


def _told(name: str, stamps_s: recorded.Doubles, **more: object) -> Told:
    """Four channels with the sample's number plus a thousand times the channel's."""
    samples = np.arange(len(stamps_s), dtype=np.float64)[:, None] + 1000.0 * np.arange(4)
    return Told(name, samples, stamps_s, **more)  # type: ignore[arg-type]


def _hsi(name: str, values: list[float], begin_s: float = 1000.0) -> Told:
    """One value a second on every channel but the last, which is good."""
    rows = np.array([[value, value, value, 1.0] for value in values])
    return Told(name, rows, begin_s + np.arange(float(len(values))), 1.0, "Markers")


def _blocks(implant: Implant, seconds: int) -> list[Block]:
    read = [implant.read(S + k * S // 20) for k in range(seconds * 20 + 1)]
    return [block for block in read if block is not None]


def test_each_person_is_a_stream_of_the_file(tmp_path: Path) -> None:
    """A stream is chosen by its name or its beginning, and only its samples are played."""
    one = _told("Ann: EEG", _stamps(40), labels=("Fp1", "Fp2", "O1", "O2"))
    two = Told("Bob: EEG", one.samples + 7.0, one.stamps_s, labels=("Fz", "Cz", "Pz", "Oz"))
    path = write(tmp_path / "a.xdf", one, two)
    ann, bob = open_implant(f"xdf:{path}#Ann: EEG"), open_implant(f"xdf:{path}#bob")
    assert (ann.montage.names, bob.montage.names) == (("Fp1", "Fp2", "O1", "O2"), ("Fz", "Cz", "Pz", "Oz"))
    assert _blocks(bob, 1)[0].uv[0, 0] == 7.0
    assert ann.source is CalibrationSource.REPLAY


def test_several_streams_are_never_chosen_from(tmp_path: Path) -> None:
    """Without a name, or with an unknown one, the refusal lists the file's EEG streams."""
    path = write(tmp_path / "a.xdf", _told("Ann Muse: EEG", _stamps(40)), _told("Bob Muse: EEG", _stamps(40)))
    for spec in (f"xdf:{path}", f"xdf:{path}#Cid"):
        with pytest.raises(ImplantError, match="'Ann Muse: EEG', 'Bob Muse: EEG'"):
            open_implant(spec)


def test_a_lone_stream_needs_no_name(tmp_path: Path) -> None:
    """A file with one EEG stream beside markers plays without `#STREAM`."""
    path = write(tmp_path / "a.xdf", _told("Muse: EEG", _stamps(40)), _hsi("Muse: HSI", [1.0] * 40))
    assert open_implant(f"xdf:{path}").montage.names == ("TP9", "AF7", "AF8", "TP10")


def test_clocks_are_brought_together(tmp_path: Path) -> None:
    """Offsets measured while recording give two computers' streams one time: 2 s apart stay 2 s apart."""
    one = _told("A Muse: EEG", _stamps(40))
    two = _told("B Muse: EEG", _stamps(40, 502.0), offset_s=500.0)
    path = write(tmp_path / "a.xdf", one, two)
    first = [_blocks(XdfImplant(path, name), 3)[0] for name in "AB"]
    begins = [block.last_ns - len(block.uv) * S / RATE for block in first]
    assert begins == pytest.approx([S, 3 * S], abs=1e6)


def test_a_gap_is_a_gap(tmp_path: Path) -> None:
    """Half a second that was never recorded stays half a second between two blocks' samples."""
    stamps_s = _stamps(40)
    stamps_s[10 * 256 :] += 0.5
    implant = XdfImplant(write(tmp_path / "a.xdf", _told("Muse: EEG", stamps_s)))
    blocks = _blocks(implant, 12)
    after = next(k for k, block in enumerate(blocks) if block.uv[0, 0] == 2560.0)
    begin_ns = blocks[after].last_ns - (len(blocks[after].uv) - 1) * S / RATE
    assert begin_ns - blocks[after - 1].last_ns == pytest.approx(0.5 * S + S / RATE, abs=3e6)
    played = np.concatenate([block.uv for block in blocks])[:, 0]
    np.testing.assert_array_equal(played, np.arange(len(played)))


def test_jitter_is_no_gap() -> None:
    """Bursts up to 0.3 s late, as over Bluetooth, are one run at the true rate."""
    rng = np.random.default_rng(1)
    true_s = np.arange(9000) / 256.1
    arrived = np.maximum.accumulate(true_s[11::12] + rng.exponential(0.03, 750).clip(max=0.3))
    found = timeline(np.repeat(arrived, 12) + np.tile(np.arange(12) * 1e-5, 750), 256.0)
    assert found.counts == (9000,)
    assert found.rate_hz == pytest.approx(256.1, abs=0.05)


@pytest.mark.parametrize("place", [(1 << 18) - 1, 1 << 18, (1 << 18) + 1, 3 * (1 << 18) - 200])
def test_gaps_and_resets_of_a_night_are_found_in_any_piece(place: int) -> None:
    """A night's stamps are looked at in pieces: a gap and a clock set back at their borders are found."""
    stamps_s = np.arange(3 << 18) / 256.0
    for step_s in (1.5, -30.0):
        found = timeline(stamps_s + step_s * (np.arange(3 << 18) >= place), 256.0)
        assert found.counts == (place, (3 << 18) - place)
        assert found.rate_hz == pytest.approx(256.0)
    assert timeline(stamps_s, 256.0).counts == (3 << 18,)


def test_a_wrong_nominal_rate_is_refused(tmp_path: Path) -> None:
    """A stream with a nominal 200 Hz that delivers 256 is refused for its rate."""
    path = write(tmp_path / "a.xdf", _told("Muse: EEG", _stamps(40), nominal_hz=200.0))
    with pytest.raises(ImplantError, match=r"200 Hz and delivers 256\.00 Hz") as refusal:
        XdfImplant(path)
    assert refusal.value.cause == "rate"


def test_contact_follows_its_own_stamps(tmp_path: Path) -> None:
    """HSI 1, 2 and 4 are 1, 0.5 and 0 on their channels, from the second of the report on."""
    hsi = _hsi("Muse: HSI", [1.0] * 5 + [2.0] * 5 + [4.0] * 30)
    implant = XdfImplant(write(tmp_path / "a.xdf", _told("Muse: EEG", _stamps(40)), hsi))
    told = {(b.last_ns - S) // S: b.contact for b in _blocks(implant, 20) if (b.last_ns - S) % S > S // 2}
    for second, worth in ((3, 1.0), (7, 0.5), (12, 0.0)):
        np.testing.assert_array_equal(told[second], [worth, worth, worth, 1.0])


def test_units_become_microvolts(tmp_path: Path) -> None:
    """Volts by the description arrive as microvolts; an unknown unit is refused."""
    labels = ("Fp1", "Fp2", "O1", "O2")
    path = write(tmp_path / "v.xdf", _told("V", _stamps(40), labels=labels, unit="volts"))
    np.testing.assert_allclose(_blocks(XdfImplant(path), 1)[0].uv[1], [1e6, 1001e6, 2001e6, 3001e6])
    path = write(tmp_path / "x.xdf", _told("X", _stamps(40), labels=labels, unit="furlong"))
    with pytest.raises(ImplantError, match="correct its description"):
        XdfImplant(path)


def test_nameless_channels_are_asked_for(tmp_path: Path) -> None:
    """A nameless stream that is no Muse needs `--montage` of the right length."""
    path = write(tmp_path / "a.xdf", _told("Cap", _stamps(40)))
    with pytest.raises(ImplantError, match="--montage"):
        open_implant(f"xdf:{path}")
    with pytest.raises(ImplantError, match="4 channels and the montage names 2"):
        open_implant(f"xdf:{path}", options=RecordingOptions(montage=("Fp1", "O1")))
    named = open_implant(f"xdf:{path}", options=RecordingOptions(montage=("Fp1", "ECG", "O1", "O2")))
    assert named.montage.names == ("Fp1", "O1", "O2")


def test_it_plays_once_or_for_ever(tmp_path: Path) -> None:
    """Without `loop` it ends after its last sample; with it the first follows the last."""
    path = write(tmp_path / "a.xdf", _told("Muse: EEG", _stamps(32)))
    once, ever = XdfImplant(path), XdfImplant(path, options=RecordingOptions(loop=True))
    played = np.concatenate([block.uv for block in _blocks(once, 40)])
    assert (once.ended, len(played)) == (True, 32 * 256)
    again = np.concatenate([block.uv for block in _blocks(ever, 40)])
    assert not ever.ended
    np.testing.assert_array_equal(again[: 32 * 256], played)
    np.testing.assert_array_equal(again[32 * 256 :], played[: len(again) - 32 * 256])


@pytest.mark.parametrize("content", [None, b"", b"no XDF at all"])
def test_an_invalid_xdf_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A missing, an empty and a foreign file are refused in a sentence with the file's name."""
    path = tmp_path / "x.xdf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImplantError, match=r"x\.xdf"):
        XdfImplant(path)


def test_a_file_without_eeg_and_a_short_one_are_refused(tmp_path: Path) -> None:
    """A file without EEG, or with ten seconds of it, is refused."""
    with pytest.raises(ImplantError, match="no EEG stream"):
        XdfImplant(write(tmp_path / "m.xdf", _hsi("Muse: HSI", [1.0] * 40)))
    with pytest.raises(ImplantError, match="longer recording"):
        XdfImplant(write(tmp_path / "s.xdf", _told("Muse: EEG", _stamps(10))))


def test_a_clock_that_was_set_by_years_is_refused(tmp_path: Path) -> None:
    """A leap of a year is refused with its place; to cut is advised only where both parts can be played."""
    for seconds, at, says in (
        (40, 5000, "neither the 20 s before it nor the 20 s after it last 30 s; choose another"),
        (40, 9000, "export the 35 s before it"),
        (70, 9000, "cut it there into two files"),
    ):
        stamps_s = _stamps(seconds)
        stamps_s[at:] += 3e7
        with pytest.raises(ImplantError, match=f"after its sample {at} .*leaps ahead by 8333 h.*{says}"):
            XdfImplant(write(tmp_path / "a.xdf", _told("Muse: EEG", stamps_s)))


def test_a_clock_set_back_loses_no_sample(tmp_path: Path) -> None:
    """Stamps that fall back by 100 s go on where they were."""
    stamps_s = _stamps(40, 2000.0)
    stamps_s[5000:] -= 100.0
    played = _blocks(XdfImplant(write(tmp_path / "a.xdf", _told("Muse: EEG", stamps_s))), 42)
    np.testing.assert_array_equal(
        np.concatenate([block.uv for block in played])[:, 0], np.arange(len(stamps_s))
    )


def test_people_of_a_file_play_the_same_moment(tmp_path: Path) -> None:
    """Two streams of different rate, begin and end, opened 7 s apart, play one moment after four turns."""
    ann = Told("Ann Muse: EEG", _moments(40.0, 256.0), 1000.0 + np.arange(40 * 256) / 256.0)
    bob = Told("Bob Muse: EEG", _moments(37.0, 250.0) + 1.0, 1001.0 + np.arange(37 * 250) / 250.0, 250.0)
    path = write(tmp_path / "a.xdf", ann, bob)
    beds = [
        open_implant(f"xdf:{path}#{name}", replay_from_ns=S, options=RecordingOptions(loop=True))
        for name in ("Ann", "Bob")
    ]
    heard: list[dict[int, float]] = [{}, {}]
    for late_s, bed, told in zip((0, 7), beds, heard, strict=True):
        for k in range(late_s * 20, 170 * 20):
            block = bed.read(S + k * S // 20)
            if block is not None:
                told[k] = block.uv[-1, 0] - block.last_ns / S
    both = [k for k in heard[0].keys() & heard[1].keys() if k > 4 * 40 * 20]
    assert len(both) > 160
    for k in both:
        assert heard[0][k] == pytest.approx(heard[1][k], abs=0.005)


def _moments(seconds: float, rate_hz: float) -> recorded.Doubles:
    """Four channels with the recording's seconds at each complete sample."""
    passed_s = (1 + np.arange(int(seconds * rate_hz))) / rate_hz
    return np.repeat(passed_s[:, None], 4, axis=1)


def test_a_missing_end_is_a_gap_of_each_turn(tmp_path: Path) -> None:
    """A stream that stopped 3 s before the others has a gap of 3 s in each turn."""
    long, short = _told("Ann Muse: EEG", _stamps(40)), _told("Bob Muse: EEG", _stamps(37))
    bob = XdfImplant(write(tmp_path / "a.xdf", long, short), "Bob", options=RecordingOptions(loop=True))
    blocks = _blocks(bob, 90)
    again = [block for block in blocks if block.uv[0, 0] == 0.0]
    begins_s = [(block.last_ns - S) / S - len(block.uv) / RATE for block in again]
    assert begins_s == pytest.approx([0.0, 40.0, 80.0], abs=1e-3)
    assert not [block for block in blocks if 37.01 < (block.last_ns - S) / S % 40 < 39.99]


@pytest.mark.parametrize("stamped", [0, 1, 3, 1000])
def test_stamps_that_follow_from_others_may_be_missing(tmp_path: Path, stamped: int) -> None:
    """Begins and ends are the same however many stamps the recorder omitted."""
    streams, _ = read_index(
        write(tmp_path / "a.xdf", _told("Ann Muse: EEG", _stamps(40), stamped=stamped), _hsi("x: HSI", [1.0]))
    )
    (ann,) = [stream for stream in streams if stream.is_eeg]
    assert ann.begins_s == 1000.0
    assert ann.ends_s == pytest.approx(1040.0 - 1 / RATE, abs=1e-6)


def test_a_file_cut_off_plays_up_to_there(tmp_path: Path) -> None:
    """A truncated file plays up to its last whole chunk."""
    path = write(tmp_path / "a.xdf", _told("Ann Muse: EEG", _stamps(40)))
    path.write_bytes(path.read_bytes()[:-2000])
    played = np.concatenate([block.uv for block in _blocks(XdfImplant(path), 42)])[:, 0]
    assert 39.0 * RATE < len(played) < 40.0 * RATE
    np.testing.assert_array_equal(played, np.arange(len(played)))


def test_a_packed_file_plays_like_a_plain_one(tmp_path: Path) -> None:
    """A gzipped XDF file plays like a plain one."""
    plain = write(tmp_path / "a.xdf", _told("Ann Muse: EEG", _stamps(40)))
    packed = tmp_path / "a.xdfz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    one, other = (_blocks(XdfImplant(path), 3) for path in (plain, packed))
    np.testing.assert_array_equal(np.concatenate([b.uv for b in one]), np.concatenate([b.uv for b in other]))


def test_a_bed_does_without_the_others_samples(tmp_path: Path) -> None:
    """Beside a stream of 20 MB, opening one of 0.3 MB never takes 5 MB."""
    stamps_s = _stamps(40)
    cap = Told("Cap: EEG", np.ones((len(stamps_s), 256)), stamps_s)
    path = write(tmp_path / "a.xdf", cap, _told("Ann Muse: EEG", stamps_s))
    tracemalloc.start()
    try:
        XdfImplant(path, "Ann")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 5e6


@recorded.needed
@pytest.mark.parametrize(("person", "calibrates"), [("Orange", 1), ("Green", 1), ("Purple", 1), ("Blue", 0)])
def test_four_people_of_one_file(person: str, calibrates: int) -> None:
    """Of four sleepers in one file three calibrate from their own stream.

    The one without contact does not.
    """
    implant = open_implant(f"xdf:{recorded.path(GROUP)}#{person}")
    block = implant.enrolment()
    assert block is not None
    assert block.contact is not None
    own = enrol(BANDS6X2, implant.montage, block, implant.source)
    assert isinstance(own, Baseline) is bool(calibrates)
    assert bool((block.contact > 0.0).any()) is bool(calibrates)


@recorded.needed
def test_the_four_of_one_file_share_one_turn() -> None:
    """All four restart after the same 36.1 s, though no two headsets sent equally many samples."""
    turns_s = []
    for name in ("Orange", "Green", "Purple", "Blue"):
        blocks = _blocks(
            open_implant(
                f"xdf:{recorded.path(GROUP)}#{name}", replay_from_ns=S, options=RecordingOptions(loop=True)
            ),
            80,
        )
        begins_ns = [b.last_ns - len(b.uv) * S / RATE for b in blocks if (b.uv[0] == blocks[0].uv[0]).all()]
        turns_s += list(np.diff(begins_ns) / S)
    assert turns_s == pytest.approx([35.97] * 8, abs=0.01), "until the first of the ends that lie together"
    assert turns_s == pytest.approx([turns_s[0]] * 8, abs=0.001)
