"""The contents of a recording, reopened by edfio and by MNE."""

import resource
import stat
from datetime import timedelta
from pathlib import Path

import edfio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.recorder.edf_writer import EdfWriter
from dreamedge.adapters.recorder.edfplus import layout
from dreamedge.core.signal.blocks import Block
from edge import recorded
from edge.edf_night import (
    HALF_STEP_UV,
    NAMES,
    RATE_HZ,
    START,
    START_NS,
    Night,
    counted,
    files,
    mne_raw,
    read,
    wall_ns,
)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """Three channels at 256 Hz."""
    return Night(tmp_path)


def test_both_libraries_find_what_was_given(night: Night) -> None:
    """Samples within half a step, labels, unit, rate, start; no name; readable by its owner alone."""
    uv = night.noise(12.0) + np.array([4200.0, -61_000.0, 0.3])
    night.play(uv)
    night.scribe.end()
    (path,) = files(night.directory)
    assert path.name == "bed-1-20260203T221500Z.edf"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = read(path)
    assert np.abs(found.uv - uv).max() <= HALF_STEP_UV
    assert found.edf.labels == NAMES
    assert {signal.physical_dimension for signal in found.edf.signals} == {"uV"}
    assert {signal.sampling_frequency for signal in found.edf.signals} == {RATE_HZ}
    assert found.edf.startdatetime == START.replace(tzinfo=None)
    assert found.edf.local_patient_identification == "X X X X"
    assert found.edf.local_recording_identification == "Startdate 03-FEB-2026 X X dreamd:sim:x UTC"
    assert found.edf.reserved == "EDF+C"
    raw = mne_raw(path)
    assert np.abs(raw.get_data(units="uV").T - uv).max() <= HALF_STEP_UV
    assert tuple(raw.ch_names) == NAMES
    assert raw.info["sfreq"] == RATE_HZ
    assert raw.info["meas_date"] == START


def test_marks_stand_where_they_happened(night: Night) -> None:
    """A mark's onset is its instant, in both libraries; one from before the first sample is at 0."""
    night.mark("calibrated")
    night.play(night.noise(3.0))
    night.mark("severed railed")
    night.play(night.noise(4.0))
    night.scribe.end()
    (path,) = files(night.directory)
    expected = [(0.0, "calibrated"), (3.0, "severed railed")]
    assert [(onset, text) for onset, _, text in read(path).marks] == expected
    marks = mne_raw(path).annotations
    assert list(zip(marks.onset.tolist(), marks.description.tolist(), strict=True)) == expected


def test_a_file_begins_on_a_whole_second(night: Night) -> None:
    """A file begins on a whole second: the time before the first sample is a marked gap."""
    night.lose(100)
    uv = night.noise(2.0, offset_uv=900.0)
    night.play(uv)
    night.scribe.end()
    found = read(files(night.directory)[0])
    assert found.edf.startdatetime == START.replace(tzinfo=None)
    assert found.of("BAD_gap")[0] == (0.0, pytest.approx(100 / RATE_HZ, abs=1e-6))
    assert np.abs(found.uv[100 : 100 + len(uv)] - uv).max() <= HALF_STEP_UV


def test_a_rounding_error_before_a_second_is_no_gap(tmp_path: Path) -> None:
    """A first sample a millisecond before the whole second begins a file of that second."""
    night = Night(tmp_path)
    night.scribe = EdfWriter(
        tmp_path / "bed-1", night.montage, "x", lambda at_ns: wall_ns(at_ns) - 1_000_000, lambda: 10**12
    )
    night.play(night.noise(2.0))
    night.scribe.end()
    found = read(files(tmp_path)[0])
    assert found.edf.startdatetime == START.replace(tzinfo=None)
    assert found.marks == []


def test_a_mark_after_the_last_sample_is_in_the_file(night: Night) -> None:
    """A mark during silence is at its time, up to a minute after the last sample."""
    night.play(night.noise(3.0))
    night.lose(10 * 256)
    night.mark("severed silence")
    night.scribe.end()
    found = read(files(night.directory)[0])
    assert found.edf.duration == 14.0
    assert found.of("severed silence") == [(13.0, None)]
    assert sum(lasting or 0 for _, lasting in found.of("BAD_gap")) == 11.0


def test_a_gap_is_filled_and_marked(night: Night) -> None:
    """Missing samples are the channel's offset under BAD_gap; later samples keep their time."""
    before, after = night.noise(5.0, 4200.0), night.noise(5.0, 4200.0, seed=2)
    night.play(before)
    night.lose(700)
    night.play(after)
    night.scribe.end()
    found = read(files(night.directory)[0])
    begin = len(before)
    assert found.of("BAD_gap")[0] == (pytest.approx(5.0), pytest.approx(700 / RATE_HZ, abs=1e-6))
    assert (np.ptp(found.uv[begin : begin + 700], axis=0) == 0).all()
    assert np.abs(found.uv[begin, :] - 4200.0).max() < 30
    assert np.abs(found.uv[begin + 700 : begin + 700 + len(after)] - after).max() <= HALF_STEP_UV


def test_a_gap_of_more_than_a_minute_begins_another_file(night: Night) -> None:
    """A gap of an hour begins another file."""
    first, second = night.noise(3.0), night.noise(3.0, seed=2)
    night.play(first)
    night.lose(round(3600 * RATE_HZ))
    night.play(second)
    night.scribe.end()
    one, two = (read(path) for path in files(night.directory))
    assert two.edf.startdatetime - one.edf.startdatetime == timedelta(seconds=3603)
    assert np.abs(one.uv - first).max() <= HALF_STEP_UV
    assert np.abs(two.uv - second).max() <= HALF_STEP_UV


def test_absurd_values_are_replaced_and_marked_for_their_channel(night: Night) -> None:
    """NaN, infinity and absurd values are replaced by the last good value under BAD_nan, per channel."""
    uv = night.noise(4.0)
    uv[300:310, 1] = np.nan
    uv[311, 1] = np.inf
    uv[312, 1] = 1e9
    night.play(uv)
    night.scribe.end()
    found = read(files(night.directory)[0])
    assert found.of("BAD_nan@@C3") == [
        (pytest.approx(300 / RATE_HZ, abs=1e-6), pytest.approx(13 / RATE_HZ, abs=1e-6))
    ]
    assert len(found.marks) == 1
    assert (found.uv[300:310, 1] == found.uv[299, 1]).all()
    assert (found.uv[311:313, 1] == found.uv[310, 1]).all()
    marks = mne_raw(found.path).annotations
    assert (list(marks.description), list(marks.ch_names)) == (["BAD_nan"], [("C3",)])


def test_a_value_is_held_across_records(night: Night) -> None:
    """A good value is held into the next record; held values are not marked as clipped."""
    uv = night.noise(6.0)
    uv[512:600, 1] = np.nan
    uv[799, 0] = 9000.0
    uv[800:1400, 0] = np.nan
    night.play(uv)
    night.scribe.end()
    (found,) = (read(path) for path in files(night.directory))
    assert (found.uv[512:600, 1] == found.uv[511, 1]).all()
    assert (found.uv[800:1400, 0] == 3200 + round(np.median(uv[:256, 0]))).all()
    assert len(found.of("BAD_clipped@@Fp1")) == 1


def test_a_channel_that_never_speaks_is_marked_throughout(night: Night) -> None:
    """A dead electrode is marked in every second; the other channels are unaffected."""
    uv = night.noise(5.0)
    uv[:, 2] = np.nan
    night.play(uv)
    night.scribe.end()
    found = read(files(night.directory)[0])
    assert found.of("BAD_nan@@O1") == [(float(second), 1.0) for second in range(5)]
    assert np.abs(found.uv[:, :2] - uv[:, :2]).max() <= HALF_STEP_UV


def test_an_artefact_is_clipped_and_marked(night: Night) -> None:
    """Half a second outside the range is clipped under BAD_clipped."""
    uv = night.noise(6.0)
    uv[520:648, 0] += 9000.0
    night.play(uv)
    night.scribe.end()
    (found,) = (read(path) for path in files(night.directory))
    assert found.of("BAD_clipped@@Fp1") == [(pytest.approx(520 / RATE_HZ, abs=1e-6), 0.5)]
    inside = np.abs(uv) < 3000
    assert np.abs(found.uv - uv)[inside].max() <= HALF_STEP_UV
    assert found.uv[520:648, 0].max() == pytest.approx(3200, abs=30)


def test_a_signal_that_leaves_its_range_begins_another_file(night: Night) -> None:
    """After a second outside the range a new part begins without clipping; time goes on without a seam."""
    uv = night.noise(75.0, 4200.0)
    uv[round(70.4 * RATE_HZ) :, 0] += 7000.0
    night.play(uv[: round(71.5 * RATE_HZ)])
    night.mark("alone")
    night.play(uv[round(71.5 * RATE_HZ) :])
    night.mark("merged")
    night.lose(256)
    night.play(night.noise(1.0, 11_000.0))
    night.scribe.end()
    one, two = (read(path) for path in files(night.directory))
    assert one.edf.duration == 71.0
    assert two.edf.startdatetime - one.edf.startdatetime == timedelta(seconds=71)
    assert one.of("BAD_clipped@@Fp1") == [(pytest.approx(70.4, abs=0.01), pytest.approx(0.6, abs=0.01))]
    assert two.of("BAD_clipped@@Fp1") == []
    assert np.abs(two.uv[: 4 * 256] - uv[71 * 256 :]).max() <= HALF_STEP_UV
    assert two.of("alone") == [(0.5, None)]
    assert two.of("merged") == [(4.0, None)]
    assert two.of("BAD_gap") == [(4.0, 1.0)]


def test_a_loose_electrode_makes_few_files(night: Night) -> None:
    """Rail to rail every two seconds for five minutes: steps grow coarser until the range holds both."""
    uv = night.noise(300.0)
    uv[:, 0] = np.where(np.arange(len(uv)) // 512 % 2, 187_500.0, -187_500.0)
    night.play(uv)
    night.scribe.end()
    found = [read(path) for path in files(night.directory)]
    assert len(found) <= 9
    longest = max(found, key=lambda one: one.edf.duration)
    assert longest.edf.duration > 240
    assert longest.of("BAD_clipped@@Fp1") == []
    assert {signal.physical_range.max - signal.physical_range.min for signal in longest.edf.signals[1:]} == {
        6400
    }


def test_nothing_is_overwritten(night: Night, tmp_path: Path) -> None:
    """Two recordings that begin in the same second are two files."""
    for seed in (1, 2):
        other = Night(tmp_path)
        other.play(other.noise(2.0, seed=seed))
        other.scribe.end()
    assert [path.name for path in files(tmp_path)] == [
        "bed-1-20260203T221500Z-2.edf",
        "bed-1-20260203T221500Z.edf",
    ]


def test_a_file_that_was_never_finished_is_whole(night: Night) -> None:
    """A file without an end lacks at most one record, and every reader accepts it."""
    uv = night.noise(9.7)
    night.play(uv)
    (path,) = files(night.directory)
    found = read(path)
    assert len(found.uv) == 9 * 256
    assert np.abs(found.uv - uv[: 9 * 256]).max() <= HALF_STEP_UV
    assert mne_raw(path).n_times == 9 * 256
    night.scribe.abandon()


def test_a_record_the_disk_does_not_take_whole_is_not_counted(night: Night) -> None:
    """A partial write fails with a reason; the file is valid up to the record before."""
    uv = night.noise(6.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, hard))
    try:
        with pytest.raises(OSError, match="No space left"):
            night.play(uv)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    night.scribe.abandon()
    (path,) = files(night.directory)
    assert path.stat().st_size == 8000
    assert counted(path) == 3
    with pytest.warns(UserWarning, match="Incomplete data record"):
        found = edfio.read_edf(path)
    assert np.abs(found.signals[0].data - uv[: 3 * 256, 0]).max() <= HALF_STEP_UV
    assert mne_raw(path).n_times == 3 * 256


@pytest.mark.parametrize("rate_hz", [64.0, 100.5, 128.03, 160.0, 250.0, 333.333, 1000.0])
def test_any_rate_can_be_recorded(tmp_path: Path, rate_hz: float) -> None:
    """At any rate records hold whole samples and last at most a second; readers find it to 1 ppm."""
    night = Night(tmp_path, rate_hz=rate_hz)
    night.lose(round(0.3 * rate_hz))
    uv = night.noise(30.0, 40_000.0)
    night.play(uv)
    night.scribe.end()
    found = read(files(tmp_path)[0])
    assert found.edf.data_record_duration <= 1.0
    assert found.edf.signals[0].sampling_frequency == pytest.approx(rate_hz, rel=1e-6)
    begin = round(0.3 * rate_hz)
    assert np.abs(found.uv[begin : begin + len(uv)] - uv).max() <= HALF_STEP_UV
    assert mne_raw(found.path).info["sfreq"] == pytest.approx(rate_hz, rel=1e-6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    course=st.lists(
        st.tuples(st.integers(1, 200), st.just(0) | st.integers(14, 900)), min_size=1, max_size=20
    )
)
def test_time_in_the_file_is_time_in_the_bed(
    tmp_path_factory: pytest.TempPathFactory, course: list[tuple[int, int]]
) -> None:
    """A signal that encodes its own time reads right at every sample, whatever the gaps."""
    night = Night(tmp_path_factory.mktemp("night"), names=("Fp1",))
    given_at = []
    for samples, lost in course:
        night.lose(lost if night.sample else 0)
        at = np.arange(night.sample, night.sample + samples)
        given_at.append(at)
        night.play(at[:, None] / RATE_HZ * 40.0, size=samples)
    night.scribe.end()
    (path,) = files(night.directory)
    uv, at = read(path).uv[:, 0], np.concatenate(given_at)
    assert np.abs(uv[at] / 40.0 - at / RATE_HZ).max() <= 1 / RATE_HZ
    bad = np.zeros(len(uv), dtype=bool)
    for onset, lasting in read(path).of("BAD_gap"):
        bad[round(onset * RATE_HZ) : round((onset + (lasting or 0)) * RATE_HZ)] = True
    assert np.array_equal(np.flatnonzero(~bad), at)


def test_the_device_clock_is_reported(night: Night) -> None:
    """For a slow device marks state how far the bed's time is ahead; the file stays near."""
    samples, count = 128, 0
    for _ in range(1500):
        count += samples
        late_ns = round(count / RATE_HZ * 500e-6 * 1e9)
        night.scribe.record_block(Block(night.noise(0.5), night.at_ns(count - 1) + late_ns))
    night.scribe.end()
    found = read(files(night.directory)[0])
    told = [(onset, float(text.split()[1])) for onset, _, text in found.marks if text.startswith("clock ")]
    assert len(told) > 40
    seam = found.of("BAD_clock")[0]
    before = [(onset, ms) for onset, ms in told if onset < seam[0]]
    assert all(ms == pytest.approx(onset * 0.5, abs=3.0) for onset, ms in before)
    assert seam == (pytest.approx(500, abs=12), pytest.approx(0.25, abs=0.01))
    assert found.edf.duration == pytest.approx(1500 * 0.5 * (1 + 500e-6), abs=1.3)


def test_a_crowd_of_marks_is_kept(night: Night) -> None:
    """Marks beyond a record's room go into the next ones; none is lost at the end."""
    night.play(night.noise(1.5))
    for number in range(200):
        night.mark(f"mark {number} with a text of some length")
    night.play(night.noise(2.5))
    night.scribe.end()
    texts = [text for _, _, text in read(files(night.directory)[0]).marks if text.startswith("mark")]
    assert sorted(texts) == sorted(f"mark {number} with a text of some length" for number in range(200))


def test_strange_text_cannot_break_the_file(night: Night) -> None:
    """Control bytes and letters beyond ASCII in a mark become underscores."""
    night.play(night.noise(1.0))
    night.mark("left \x14\x00\x15 für immer\n")
    night.play(night.noise(1.0))
    night.scribe.end()
    assert read(files(night.directory)[0]).of("left ___ f_r immer_") == [(1.0, None)]


def test_header_fields_fit() -> None:
    """For any rate a record's length has at most the header's eight characters."""
    forms = [layout(rate_hz, channels) for rate_hz in np.linspace(64, 1000, 999) for channels in (1, 8, 256)]
    assert all(len(form.record_s) <= 8 for form in forms)
    assert all(2 * form.samples * 256 + form.annotation_bytes <= 61_440 for form in forms[2::3])


def test_many_fast_channels_make_shorter_records(tmp_path: Path) -> None:
    """64 channels at 1000 Hz give records of a quarter of a second, otherwise the same."""
    night = Night(tmp_path, names=tuple(f"A{number}" for number in range(64)), rate_hz=1000.0)
    night.lose(600)
    uv = night.noise(3.1, 4000.0)
    uv[2000:, 5] = np.nan
    night.play(uv, size=50)
    night.scribe.end()
    found = read(files(tmp_path)[0])
    assert found.edf.data_record_duration == 0.25
    assert found.of("BAD_gap")[0] == (0.0, 0.6)
    assert np.abs(found.uv[600 : 600 + len(uv)] - uv)[np.isfinite(uv)].max() <= HALF_STEP_UV
    assert sum(lasting or 0 for _, lasting in found.of("BAD_nan@@A5")) == pytest.approx(1.1)


def test_empty_blocks_and_long_names_do_no_harm(tmp_path: Path) -> None:
    """An empty block is ignored; a channel's marks use its truncated label."""
    night = Night(tmp_path, names=("an electrode with a läng name", "O1"))
    night.scribe.record_block(Block(np.zeros((0, 2)), START_NS))
    night.mark("calibrated")
    uv = night.noise(1.0)
    uv[:, 0] = np.nan
    night.play(uv)
    night.scribe.end()
    found = read(files(tmp_path)[0])
    assert found.edf.labels == ("an electrode wit", "O1")
    assert found.of("BAD_nan@@an electrode wit") == [(0.0, 1.0)]


def test_our_own_recordings_can_be_replayed(night: Night) -> None:
    """A recording plays again through `edf:`, sample for sample."""
    uv = night.noise(40.0, 500.0)
    night.play(uv)
    night.scribe.end()
    implant = open_implant(f"edf:{files(night.directory)[0]}")
    implant.read(0)
    played = implant.read(5_000_000_000)
    assert implant.montage.names == NAMES
    assert played is not None
    assert np.abs(played.uv - uv[: len(played.uv)]).max() <= HALF_STEP_UV


@recorded.needed
@pytest.mark.parametrize(
    "name", ["waking/muse_P300_subject1_4ch_256Hz.edf", "waking/rest_eyesclosed_30ch_250Hz.edf"]
)
def test_a_real_recording_comes_back(tmp_path: Path, name: str) -> None:
    """A real person's EEG, replayed in pulses and recorded, is the same within half a step."""
    path = recorded.path(name)
    implant = open_implant(f"edf:{path}")
    scribe = EdfWriter(tmp_path / "bed-1", implant.montage, "dreamd:replay", wall_ns, lambda: 10**12)
    given_uv = []
    for pulse in range(30 * 20):
        block = implant.read(START_NS + pulse * 50_000_000)
        if block is not None:
            scribe.record_block(block)
            given_uv.append(block.uv)
    scribe.end()
    uv = np.concatenate(given_uv)
    raw = mne_raw(files(tmp_path)[0])
    found = raw.get_data(units="uV").T
    lead = (
        round(float(raw.annotations[0]["duration"]) * implant.montage.rate_hz) if len(raw.annotations) else 0
    )
    assert np.abs(found[lead : lead + len(uv)] - uv).max() <= HALF_STEP_UV
    assert tuple(raw.ch_names) == implant.montage.names
