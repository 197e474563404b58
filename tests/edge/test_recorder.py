"""The recorder behind its queue: it never waits, reports failures, and marks dropped blocks as gaps."""

import stat
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.recorder import WAITING_BLOCKS, EdfRecorder, open_recorder
from dreamedge.adapters.recorder.edf_writer import EdfWriter
from dreamedge.core.signal.blocks import Block
from dreamedge.ports.recorder import RecorderError
from dreamedge.settings import load
from edge.edf_night import HALF_STEP_UV, PLENTY, RATE_HZ, START_NS, Night, counted, files, read, wall_ns
from fakes.bed import bed_alone

PULSE_NS = 50_000_000


class Disk:
    """The free space, and whether the disk responds."""

    def __init__(self) -> None:
        self.free = PLENTY
        self.answers = threading.Event()
        self.answers.set()

    def free_bytes(self) -> int:
        """Waits while the disk hangs."""
        self.answers.wait()
        return self.free


def recorder_of(night: Night, disk: Disk) -> EdfRecorder:
    """A recorder of that night on that disk."""
    scribe = EdfWriter(night.directory / "bed-1", night.montage, "dreamd:sim:x", wall_ns, disk.free_bytes)
    return EdfRecorder(scribe, "bed-1")


def play(recorder: EdfRecorder, night: Night, uv: np.ndarray, size: int = 13) -> None:
    """Hand samples to the recorder in blocks."""
    for begin in range(0, len(uv), size):
        some = uv[begin : begin + size]
        night.sample += len(some)
        recorder.record_block(Block(some, night.at_ns(night.sample - 1)))


def until_written(night: Night, seconds: int) -> None:
    """Wait for the recorder's own thread."""
    deadline = time.monotonic() + 10
    while not any(counted(path) >= seconds for path in files(night.directory)):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def until_failed(recorder: EdfRecorder) -> str:
    """Wait for the recorder's own thread."""
    deadline = time.monotonic() + 10
    while not recorder.failed:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return recorder.failed


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """Closing writes all blocks and marks; closing twice is safe."""
    night = Night(tmp_path)
    recorder = recorder_of(night, Disk())
    uv = night.noise(7.5)
    play(recorder, night, uv)
    recorder.mark("left stopped", night.at_ns(night.sample))
    assert recorder.close()
    assert recorder.close()
    found = read(files(tmp_path)[0])
    assert np.abs(found.uv[: len(uv)] - uv).max() <= HALF_STEP_UV
    assert found.of("left stopped") == [(7.5, None)]
    assert recorder.failed == ""


def test_a_hanging_disk_blocks_nothing(tmp_path: Path) -> None:
    """With a hanging disk blocks queue for a minute at most; dropped ones become a marked gap."""
    night, disk = Night(tmp_path), Disk()
    recorder = recorder_of(night, disk)
    first = night.noise(2.0)
    play(recorder, night, first)
    until_written(night, 2)
    disk.answers.clear()
    uv = night.noise(WAITING_BLOCKS * 13 / RATE_HZ + 20.0, seed=2)
    began = time.monotonic()
    play(recorder, night, uv)
    assert time.monotonic() - began < 1.0
    disk.answers.set()
    assert recorder.close()
    (path,) = files(tmp_path)
    found = read(path)
    # A late thread takes some blocks in between: then there are two gaps.
    gaps = [(onset, lasting) for onset, lasting in found.of("BAD_gap") if lasting is not None and lasting > 1]
    assert 17.5 < sum(lasting for _, lasting in gaps) < 20.5
    end = round(sum(gaps[-1]) * RATE_HZ)
    given = np.concatenate([first, uv])
    assert np.abs(found.uv[end : len(given)] - given[end:]).max() <= HALF_STEP_UV
    assert len(given) - end == pytest.approx(WAITING_BLOCKS * 13, abs=26)


def test_a_mark_outlives_the_blocks_of_its_minute(tmp_path: Path) -> None:
    """A disk that hangs for more than a minute costs the oldest blocks, and no mark of the tether."""
    night, disk = Night(tmp_path), Disk()
    recorder = recorder_of(night, disk)
    play(recorder, night, night.noise(2.0))
    until_written(night, 2)
    disk.answers.clear()
    play(recorder, night, night.noise(1.0))
    recorder.mark("severed lease", night.at_ns(night.sample))
    play(recorder, night, night.noise(WAITING_BLOCKS * 13 / RATE_HZ + 10.0))
    recorder.mark("merged", night.at_ns(night.sample))
    disk.answers.set()
    assert recorder.close()
    (path,) = files(tmp_path)
    found = read(path)
    assert found.of("severed lease") == [(3.0, None)]
    assert found.of("merged") == [(pytest.approx(night.sample / RATE_HZ, abs=1e-6), None)]


def test_a_disk_that_never_comes_back_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """With a dead disk closing gives up after a second and a half and reports it."""
    night, disk = Night(tmp_path), Disk()
    recorder = recorder_of(night, disk)
    disk.answers.clear()
    play(recorder, night, night.noise(3.0))
    began = time.monotonic()
    assert not recorder.close()
    assert 1.0 < time.monotonic() - began < 3.0
    disk.answers.set()


def test_recording_stops_before_the_disk_is_full(tmp_path: Path) -> None:
    """Recording stops with a reason below 200 MB; the written part is valid."""
    night, disk = Night(tmp_path), Disk()
    recorder = recorder_of(night, disk)
    uv = night.noise(5.0)
    play(recorder, night, uv)
    until_written(night, 5)
    disk.free = 199_999_999
    play(recorder, night, night.noise(5.0))
    assert until_failed(recorder) == "less than 200 MB are free on its disk"
    assert np.abs(read(files(tmp_path)[0]).uv - uv).max() <= HALF_STEP_UV
    recorder.record_block(Block(uv, START_NS))
    assert not recorder.close()


def test_a_bug_in_the_writer_is_reported(tmp_path: Path) -> None:
    """A writer thread that ends by a bug is a failed recording as well."""
    night = Night(tmp_path)
    quiet, threading.excepthook = threading.excepthook, lambda _: None
    try:
        recorder = recorder_of(night, Disk())
        recorder.record_block(Block(np.zeros((13, 99)), START_NS))
        assert until_failed(recorder) == "its thread has ended by itself"
    finally:
        threading.excepthook = quiet


def test_a_bed_records_what_its_implant_gives_and_what_happens(tmp_path: Path) -> None:
    """Pulses fill the file; a button and leaving are marked, without the sleeper's name."""
    now = [START_NS]
    implant = SimulatedImplant(3)
    recorder = open_recorder(tmp_path, "bed-1", implant, wall_ns)
    bed, _ = bed_alone(implant, recorder, lambda: now[0])
    for pulse in range(120):
        now[0] = START_NS + pulse * PULSE_NS
        bed.pulse(now[0])
        if pulse == 60:
            bed.press("withdraw")
    bed.leave("stopped")
    bed.close()
    found = read(files(tmp_path)[0])
    assert found.edf.labels == implant.montage.names
    assert "dreamd:simulated:simulated:sleeper_3 UTC" in found.edf.local_recording_identification
    twin = SimulatedImplant(3)
    twin.read(START_NS)
    played = twin.read(now[0])
    assert played is not None
    lead = round(((found.of("BAD_gap") or [(0.0, 0.0)])[0][1] or 0.0) * RATE_HZ)
    lead = lead if lead < 2 else 0
    assert np.abs(found.uv[lead : lead + len(played.uv)] - played.uv).max() <= HALF_STEP_UV
    marks = [(onset, text) for onset, _, text in found.marks if not text.startswith("BAD")]
    assert (pytest.approx(3.0, abs=0.01), "latched withdraw") in marks
    assert (pytest.approx(3.0, abs=0.01), "withdrawn") in marks
    assert (pytest.approx(5.95, abs=0.01), "left stopped") in marks


def test_a_failed_recording_is_reported_once_and_the_bed_dreams_on(tmp_path: Path) -> None:
    """The journal has a failed recording's reason once; pulses go on."""
    now = [START_NS]
    implant, disk = SimulatedImplant(3), Disk()
    disk.free = 0
    scribe = EdfWriter(tmp_path / "bed-1", implant.montage, "x", wall_ns, disk.free_bytes)
    recorder = EdfRecorder(scribe, "bed-1")
    bed, said = bed_alone(implant, recorder, lambda: now[0])
    for pulse in range(100):
        now[0] = START_NS + pulse * PULSE_NS
        bed.pulse(now[0])
    until_failed(recorder)
    for _ in range(3):
        bed.look_after(0.0, 0)
    told_before = len(said.statuses)
    for pulse in range(100, 200):
        now[0] = START_NS + pulse * PULSE_NS
        bed.pulse(now[0])
    bed.close()
    told = [values["why"] for kind, values in said.notes if kind == "recording-failed"]
    assert told == ["less than 200 MB are free on its disk"]
    assert len(said.statuses) - told_before == 5


def test_a_directory_that_cannot_be_written_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """An unwritable directory or a nearly full disk is refused in a sentence before connecting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        RecorderError, match=r"nothing can be recorded in .*file/night \(Not a directory\); name"
    ):
        open_recorder(tmp_path / "file" / "night", "bed-1", SimulatedImplant(1), wall_ns)
    with pytest.raises(RecorderError, match="make room or name another directory with --record"):
        open_recorder(tmp_path, "bed-1", SimulatedImplant(1), wall_ns, reserve_bytes=10**18)


def test_the_directory_is_made_for_its_owner(tmp_path: Path) -> None:
    """A missing directory is made private; the write test leaves nothing."""
    recorder = open_recorder(tmp_path / "nights", "bed-1", SimulatedImplant(1), wall_ns)
    assert recorder.close()
    assert stat.S_IMODE((tmp_path / "nights").stat().st_mode) == 0o700
    assert list((tmp_path / "nights").iterdir()) == []


def test_where_to_record_comes_from_flag_environment_or_file(tmp_path: Path) -> None:
    """`record` comes from flag, environment or file; without it nothing is recorded."""
    config = tmp_path / "pod.toml"
    config.write_text('record = "/c"\n')
    pod = {"pod": ["bed-1"]}
    assert load(pod, {}, None).record is None
    assert load(pod, {}, config).record == Path("/c")
    assert load(pod, {"DREAMEDGE_RECORD": "/b"}, config).record == Path("/b")
    assert load({**pod, "record": "/a"}, {"DREAMEDGE_RECORD": "/b"}, config).record == Path("/a")
