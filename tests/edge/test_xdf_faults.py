"""XDF files with faults of time, address and content: the field cases, and neighbours of each."""

from pathlib import Path

import numpy as np
import pytest
import pyxdf

from dreamedge.adapters.implants.files.xdf.clock_offsets import sound
from dreamedge.adapters.implants.files.xdf.implant import XdfImplant
from dreamedge.adapters.implants.files.xdf.stamp_faults import repair
from dreamedge.adapters.implants.files.xdf.streams import read_contents
from dreamedge.adapters.implants.inspection import Wish, people
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.sampling.rate_judgement import RateJudgement, held_share
from dreamedge.ports.implant import ImplantError
from edge.xdf_file import Doubles, Told, write

CASES = Path(__file__).parent / "field_cases"
RATE = 128.0
LABELS = ("Fp1", "Fp2", "O1", "O2")


def _case(number: str) -> Path:
    (path,) = CASES.glob(f"{number}_*.xdf")
    return path


def _noise(count: int, seed: int = 1) -> Doubles:
    steps = np.random.default_rng(seed).normal(size=(count, 4))
    return np.asarray(20 * np.sin(np.arange(count) * 0.49)[:, None] + steps)


def _told(name: str, stamps_s: Doubles, **more: object) -> Told:
    return Told(name, _noise(len(stamps_s)), stamps_s, RATE, labels=LABELS, **more)  # type: ignore[arg-type]


def _stamps(seconds: float = 40.0, begin_s: float = 1000.0) -> Doubles:
    return np.asarray(begin_s + np.arange(int(seconds * RATE)) / RATE)


def _codes(implant: XdfImplant) -> list[str]:
    return [note.code for note in implant.notes]


def _alpha_hz(implant: XdfImplant) -> float:
    """The peak from 8 to 13 Hz of the first channel of all samples in their order."""
    blocks = []
    for second in range(int(implant.seconds) + 2):
        while (block := implant.read(second * 1_000_000_000)) is not None:
            blocks.append(block.uv[:, 0])
    played = np.concatenate(blocks)
    power = np.abs(np.fft.rfft((played - played.mean()) * np.hanning(len(played)))) ** 2
    hz = np.fft.rfftfreq(len(played), 1 / implant.montage.rate_hz)
    power = np.convolve(power, np.ones(9), "same")
    band = (hz > 8) & (hz < 13)
    return float(hz[band][power[band].argmax()])


def test_a_nominal_rate_that_is_not_delivered_is_refused() -> None:
    """Nominal 128 Hz that delivers 160 is refused for its rate, with both figures."""
    with pytest.raises(ImplantError, match=r"128 Hz and delivers 160\.00 Hz") as refusal:
        XdfImplant(_case("f01"))
    assert refusal.value.cause == "rate"


@pytest.mark.parametrize(
    ("effective_hz", "right"), [(98.1, True), (97.9, False), (102.1, False), (np.nan, False)]
)
def test_two_percent_is_the_limit(effective_hz: float, right: bool) -> None:
    """A rate within 2 % of the nominal one is right; one beyond, or none, is not."""
    assert RateJudgement(100.0, effective_hz).ok is right


def test_held_samples_are_counted() -> None:
    """Rows held until the next sample count as copies; a flat second does not."""
    assert held_share(np.repeat(_noise(500), 4, axis=0), 400.0) == pytest.approx(0.75, abs=0.01)
    assert held_share(np.concatenate([_noise(500), np.zeros((500, 4))]), 400.0) == 0.0


def test_one_stray_stamp_changes_nothing() -> None:
    """One stamp 200,000 s off leaves 100 Hz, 110 s and 10 Hz of alpha, and is told."""
    implant = XdfImplant(_case("f02"))
    assert implant.montage.rate_hz == 100.0
    assert implant.seconds == pytest.approx(110.0, abs=0.02)
    assert _alpha_hz(implant) == pytest.approx(10.0, abs=0.2)
    assert _codes(implant) == ["stamps"]


@pytest.mark.parametrize("away_s", [-900.0, -3.0, 4.0, 1e9, np.nan])
@pytest.mark.parametrize("places", [[0], [-1], [500], [200, 201, 202, 2000], [7, 900, 5000]])
def test_stray_stamps_anywhere_change_nothing(away_s: float, places: list[int]) -> None:
    """A handful of stray stamps at any place and distance leaves every stamp within a period."""
    stamps_s = _stamps()
    wrong = stamps_s.copy()
    if (places == [0] and -3600 < away_s < 0) or (places == [-1] and 0 < away_s < 3600):
        return  # one sample beside a gap is no stray stamp
    wrong[places] += away_s
    found = repair(wrong, RATE, "x")
    np.testing.assert_allclose(found.stamps_s, stamps_s, atol=1 / RATE)
    assert found.order is None
    assert len(found.notes) == 1


def test_a_false_last_offset_is_dropped() -> None:
    """A last clock offset of 28,900 s leaves both people 40 s, and is told for one of them."""
    ann, bob = XdfImplant(_case("f03"), "A"), XdfImplant(_case("f03"), "B")
    assert (ann.seconds, bob.seconds) == (pytest.approx(40.0, abs=0.02), pytest.approx(40.0, abs=0.02))
    assert (_codes(ann), _codes(bob)) == (["clock"], [])


@pytest.mark.parametrize("at", [0, 4, 8])
def test_one_offset_far_off_is_false(at: int) -> None:
    """One offset 35 s from the others is false at any place; a reset that lasts is true."""
    times_s, values_s = 1000.0 + 5.0 * np.arange(9.0), np.full(9, 0.2)
    values_s[at] += 35.0
    assert np.flatnonzero(~sound(times_s, values_s)).tolist() == [at]
    times_s[5:], values_s[:] = times_s[5:] - 900.0, 0.2
    values_s[5:] += 900.0
    assert sound(times_s, values_s).all()


def test_each_segment_between_resets_has_its_own_fit(tmp_path: Path) -> None:
    """After a clock reset every stamp is within a millisecond of pyxdf's."""
    stamps_s = np.concatenate([_stamps(60, 5000.0), _stamps(60, 10.0)])
    times = [*np.arange(5000.0, 5060.0, 5.0), *np.arange(10.0, 70.0, 5.0)]
    offsets = tuple((t, 100.0 + 3e-5 * t if t > 1000 else 5152.0 - 2e-5 * t) for t in times)
    path = write(tmp_path / "a.xdf", _told("A", stamps_s, offsets=offsets))
    (theirs,), _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
    ours = read_contents(path, [1])[1]
    np.testing.assert_allclose(ours.stamps_s, theirs["time_stamps"], atol=1e-3)
    assert ours.resets == (60 * 128,)


def test_another_clock_is_named() -> None:
    """Unix time beside LSL's clock: both play 40 s, say so, and `align=start` is the way to play both."""
    for name in ("Muse-A", "LiveAmp"):
        implant = XdfImplant(_case("f04"), name)
        assert implant.seconds == pytest.approx(40.0, abs=0.02)
        assert _codes(implant) == ["alignment"]
        assert "Unix time" in implant.notes[0].sentence
        assert not XdfImplant(_case("f04"), name, options=RecordingOptions(align="start")).notes


@pytest.mark.parametrize("kind", ["signal", "ExG", "eeg"])
def test_types_of_eeg_are_taken_in_any_case(tmp_path: Path, kind: str) -> None:
    """A lone stream of type signal, ExG or eeg that names electrodes plays without its name."""
    assert XdfImplant(_case("f05")).montage.names == ("AF7", "TP9")
    assert XdfImplant(write(tmp_path / "a.xdf", _told("A", _stamps(), kind=kind))).montage.names == LABELS


def test_a_named_stream_plays_whatever_type_it_declares(tmp_path: Path) -> None:
    """A stream of type `foo` is not offered, and plays if it is named."""
    path = write(tmp_path / "a.xdf", _told("A", _stamps(), kind="foo"), _told("B", _stamps()))
    assert [person.spec for person in people(str(path), Wish())] == [f"xdf:{path}#B"]
    assert XdfImplant(path, "A").montage.names == LABELS


def test_two_streams_of_one_name_are_two_people() -> None:
    """Both are listed with an id each; the refusal names what tells them apart."""
    found = people(str(_case("f06")), Wish())
    assert [person.spec.partition("#")[2] for person in found] == ["id=1", "id=2"]
    assert [person.name for person in found] == ["obci_eeg1 (id=1)", "obci_eeg1 (id=2)"]
    with pytest.raises(ImplantError, match=r"source_id=pcA.*source_id=pcB"):
        XdfImplant(_case("f06"), "obci_eeg1")
    assert XdfImplant(_case("f06"), "source_id=pcB").device.model.endswith("#id=2")


def test_a_host_tells_streams_apart(tmp_path: Path) -> None:
    """`NAME@HOST` and `hostname=HOST` open the stream of that machine; an unknown key is refused."""
    streams = (_told("E", _stamps(), host="one"), _told("E", _stamps(), host="two"))
    path = write(tmp_path / "a.xdf", *streams)
    for address in ("E@two", "hostname=two", "name=E,hostname=TWO", "id=2"):
        assert XdfImplant(path, address).device.model == "a.xdf#id=2"
    with pytest.raises(ImplantError, match="one of id, name, type, source_id, hostname"):
        XdfImplant(path, "colour=red")


def test_swapped_chunks_are_sorted() -> None:
    """Chunks out of order play in the order of their stamps, with alpha at 10 Hz, and are told."""
    implant = XdfImplant(_case("f14"))
    assert _alpha_hz(implant) == pytest.approx(10.0, abs=0.2)
    assert _codes(implant) == ["stamps"]


@pytest.mark.parametrize("chunk", [8, 16, 256])
def test_chunks_of_any_size_are_sorted(chunk: int) -> None:
    """Every third chunk swapped with the next is sorted exactly."""
    stamps_s = _stamps()
    numbers = np.arange(len(stamps_s)).reshape(-1, chunk)
    numbers[3:-1:3], numbers[4::3] = numbers[4::3].copy(), numbers[3:-1:3].copy()
    found = repair(stamps_s[numbers.ravel()], RATE, "x")
    np.testing.assert_array_equal(found.stamps_s, stamps_s)


def test_two_senders_in_one_stream_are_refused() -> None:
    """Stamps that interleave two recordings are refused with where and how often they go back."""
    stamps_s = _stamps()
    mixed = np.concatenate([np.stack([a, a + 0.3]) for a in np.split(stamps_s, 40)]).ravel()
    with pytest.raises(ImplantError, match=r"go back \d+ times, first at sample \d+"):
        repair(mixed, RATE, "x")


def test_a_broken_marker_header_costs_no_person() -> None:
    """The sound stream plays, and the broken one is named with its place."""
    implant = XdfImplant(_case("f15"))
    assert implant.seconds == pytest.approx(40.0, abs=0.02)
    assert _codes(implant) == ["left-out"]
    assert "Markers" in implant.notes[0].sentence


def test_text_streams_are_marks(tmp_path: Path) -> None:
    """A text stream's samples are marks in seconds from slot 0, on the recorder's clock."""
    stamps_s = np.array([503.5, 520.0])
    texts = Told("M", np.zeros((2, 1)), stamps_s, 0.0, "Markers", offset_s=500.0, texts=("Lights off", "N2"))
    marks = XdfImplant(write(tmp_path / "a.xdf", _told("A", _stamps()), texts)).marks
    assert [(round(mark.at_s, 3), mark.text) for mark in marks] == [(3.5, "Lights off"), (20.0, "N2")]


def test_an_empty_stream_costs_no_person(tmp_path: Path) -> None:
    """An EEG stream without a sample is not offered; named, it is refused because it is empty."""
    empty = Told("None", np.zeros((0, 4)), np.zeros(0), RATE, labels=LABELS)
    path = write(tmp_path / "a.xdf", empty, _told("Good", _stamps()))
    assert [person.spec for person in people(str(path), Wish())] == [f"xdf:{path}#Good"]
    assert _codes(XdfImplant(path)) == ["left-out"]
    with pytest.raises(ImplantError, match="holds no samples"):
        XdfImplant(path, "None")


def test_a_damaged_header_costs_no_person(tmp_path: Path) -> None:
    """Beside a damaged EEG header and a sound one, the sound one is the only person."""
    path = write(tmp_path / "a.xdf", _told("Bad", _stamps()), _told("Good", _stamps()))
    path.write_bytes(path.read_bytes().replace(b"<name>Bad<", b"<name>B&d<"))
    assert [person.spec for person in people(str(path), Wish())] == [f"xdf:{path}#Good"]
    assert _codes(XdfImplant(path)) == ["left-out"]


def test_a_leap_while_the_signal_goes_on_is_doubtful(tmp_path: Path) -> None:
    """A clock that leaps 12 s at 25 s is told with both; the other stream has no note."""
    (note,) = XdfImplant(_case("f16"), "LiveAmpSN-2").notes
    assert note.code == "alignment"
    assert "12.0 s at 25.0 s" in note.sentence
    assert not XdfImplant(_case("f16"), "LiveAmpSN-1").notes
    stamps_s = _stamps()
    stamps_s[3000:] += 5.0
    lost = Told(
        "A", _noise(len(stamps_s)) + 900 * (np.arange(len(stamps_s)) >= 3000)[:, None], stamps_s, RATE
    )
    path = write(tmp_path / "a.xdf", lost)
    assert not XdfImplant(path, options=RecordingOptions(montage=LABELS)).notes, "the signal does not go on"


def test_stretches_of_one_time_are_not_sorted_into_one_another() -> None:
    """Two minutes whose stamps fit between those of two others are a clock set back, no swapped chunks."""
    once_s = np.arange(120 * RATE) / RATE
    found = repair(np.concatenate([once_s, once_s + 0.5 / RATE]), RATE, "x")
    assert (found.order, found.notes) == (None, ())
