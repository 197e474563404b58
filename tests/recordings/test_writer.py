"""The writer of a recording, and the thread before it: parts, restarts, full queues, disks that fail."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dreamd.adapters.recordings import store
from dreamd.adapters.recordings.manifest import Hole
from dreamd.adapters.recordings.reader import Recording, matrix
from dreamd.adapters.recordings.store import (
    QUEUE_EVENTS,
    QUEUE_TICKS,
    Answers,
    RecordingStore,
    RecordingThread,
    Writer,
)
from dreamd.adapters.recordings.writer import RESERVE_BYTES, RecordingWriter
from dreamd.core.dreamscapes.views import Event
from dreamd.ports.recordings import Beginning, RecordedTick, Written
from fakes.recordings import beginning_of, tick_of

EVENT = Event(1, 5.0, "severed", "night", "bed-1", 2, "contact", "bed-1 is severed")


def writer_in(
    state_dir: Path, beginning: Beginning | None = None, free: Callable[[Path], int] = lambda _: 1 << 40
) -> RecordingWriter:
    """A writer with parts of two seconds."""
    return RecordingWriter(state_dir, beginning or beginning_of(), part_s=2.0, daemon="test", free_bytes=free)


def test_a_part_lasts_its_seconds_and_a_kill_costs_the_last_one(tmp_path: Path) -> None:
    """Of 20 ticks in parts of 8, 16 are on the disk before any end is announced."""
    writer = writer_in(tmp_path)
    for number in range(1, 21):
        writer.write_tick(number, tick_of(number))
    recording = Recording.from_directory(writer.path)
    assert recording.parts == (0, 1)
    assert recording.table("ticks").column("step").to_pylist() == list(range(1, 17))
    assert not recording.manifest.complete
    assert writer.written == Written(str(writer.path), 2, 3.75), "from the first tick to the 16th"


def test_a_skip_of_instants_ends_a_part_in_time(tmp_path: Path) -> None:
    """Parts last by the clock, not by ticks: after a standstill of the daemon the part before is written."""
    writer = writer_in(tmp_path)
    writer.write_tick(1, tick_of(1))
    writer.write_tick(2, tick_of(400))
    assert Recording.from_directory(writer.path).table("ticks").column("tick").to_pylist() == [1]


def test_a_restart_goes_on_in_the_same_recording(tmp_path: Path) -> None:
    """The Dreamscape of the same creation goes on after the last whole part, as a new segment."""
    first = writer_in(tmp_path)
    for number in range(1, 21):
        first.write_tick(number, tick_of(number))
    second = writer_in(tmp_path)
    assert second.path == first.path
    second.write_tick(1, tick_of(30))
    second.close(complete=True)
    recording = Recording.from_directory(first.path)
    ticks = recording.table("ticks")
    assert ticks.column("step").to_pylist() == list(range(1, 18))
    assert ticks.column("segment").to_pylist() == [1] * 16 + [2]
    assert [(one.number, one.first_step) for one in recording.manifest.segments] == [(1, 1), (2, 17)]
    assert recording.manifest.complete


def test_another_dreamscape_of_the_name_gets_a_place_of_its_own(tmp_path: Path) -> None:
    """A name of an earlier ledger is given again: the old recording stays, the new one has a number."""
    old = writer_in(tmp_path, beginning_of(created_s=1.0))
    old.write_tick(1, tick_of(1))
    old.close(complete=True)
    new = writer_in(tmp_path, beginning_of(created_s=2.0))
    new.write_tick(1, tick_of(1))
    new.close(complete=True)
    assert (old.path.name, new.path.name) == ("night", "night-2")
    assert Recording.from_directory(old.path).manifest.created_s == 1.0


def test_unsound_frames_have_no_features(tmp_path: Path) -> None:
    """The row of a frame with a number that is not finite is null, so no older numbers are taken for it."""
    tick = tick_of(1)
    rows = replace(tick.tables[0], finite=np.array([True, False, True]))
    writer = writer_in(tmp_path)
    writer.write_tick(1, replace(tick, tables=(rows,)))
    writer.close(complete=True)
    frames = Recording.from_directory(writer.path).table("frames")
    assert [one is None for one in frames.column("features").to_pylist()] == [False, True, False]
    values = matrix(frames.column("features"))
    assert np.isnan(values[1]).all()
    assert (values[[0, 2]] == 1.0).all()


def test_a_frame_is_recorded_once_until_it_is_replaced(tmp_path: Path) -> None:
    """A frame that stays the newest for two ticks without weight is one row; the next one is another."""
    writer = writer_in(tmp_path)
    writer.write_tick(1, tick_of(1))
    writer.write_tick(2, replace(tick_of(1), instant=tick_of(2).instant))
    writer.write_tick(3, tick_of(3))
    writer.close(complete=True)
    frames = Recording.from_directory(writer.path).table("frames")
    assert frames.column("step").to_pylist() == [1, 1, 1, 3, 3, 3]


@pytest.mark.parametrize(
    ("kind", "cause", "kept"),
    [
        ("severed", "contact", "contact"),
        ("assign-refused", "bed-7 says no", ""),
        ("marker", "stimulus 12", "stimulus 12"),
        ("state", "dreaming", "dreaming"),
        ("wake-order", "Ada Lovelace", ""),
    ],
)
def test_words_of_people_and_pods_are_left_out(tmp_path: Path, kind: str, cause: str, kept: str) -> None:
    """A cause is recorded where it is a word of a closed list, or the text of a marker."""
    writer = writer_in(tmp_path)
    writer.write_tick(1, tick_of(1))
    writer.write_event(1, replace(EVENT, kind=kind, cause=cause, values={"a": 1.5, "b": float("nan")}))
    writer.close(complete=True)
    [row] = Recording.from_directory(writer.path).table("events").to_pylist()
    assert (row["kind"], row["cause"], row["subject"], row["step"]) == (kind, kept, 2, 1)
    assert row["values"] == '{"a": 1.5}'


def test_the_ledgers_share_of_the_disk_is_left_alone(tmp_path: Path) -> None:
    """With less than the reserve free no part is written; NaN is not enough either."""
    for created_s, free in ((1.0, RESERVE_BYTES - 1), (2.0, float("nan"))):
        writer = writer_in(tmp_path, beginning_of(created_s=created_s), free=lambda _, free=free: free)  # type: ignore[misc]
        writer.write_tick(1, tick_of(1))
        with pytest.raises(OSError, match="kept for the ledger"):
            writer.close(complete=True)


class Slow:
    """A writer that waits until it is let go, and keeps its calls. fails: at the tick of this number."""

    def __init__(self, fails: int = 0) -> None:
        self.go, self.held = threading.Event(), threading.Event()
        self.calls: list[int] = []
        self.written = Written()
        self.closed: tuple[bool, str] | None = None
        self._fails = fails

    def write_tick(self, number: int, tick: RecordedTick) -> None:
        self.held.set()
        self.go.wait()
        if number == self._fails:
            raise OSError(28, "No space left on device", "frames/00001.parquet")
        self.calls.append(number)

    def write_event(self, number: int, event: Event) -> None:
        self.calls.append(-number)

    def write_research(self, answers: Answers) -> None:
        assert not answers, "none is given"

    def close(self, *, complete: bool, stopped: str = "") -> None:
        self.closed = (complete, stopped)


def threaded(writer: Writer) -> RecordingThread:
    """A thread before this writer."""
    return RecordingThread("test", lambda: writer)


def test_a_full_queue_drops_the_newest_and_counts(tmp_path: Path) -> None:
    """With a disk that stands still a minute is queued, nothing waits, and the rest is counted as dropped."""
    slow = Slow()
    sink = threaded(slow)
    sink.take_tick(tick_of(1))
    assert slow.held.wait(10.0)
    for number in range(2, QUEUE_TICKS + 13):
        sink.take_tick(tick_of(number))
    assert sink.dropped == 11, "one is in hand"
    sink.finish(complete=True)
    slow.go.set()
    assert sink.join(10.0)
    assert slow.calls == list(range(1, QUEUE_TICKS + 2))
    assert slow.closed == (True, "")


def test_events_are_bounded_as_well(tmp_path: Path) -> None:
    """A flood of events fills its own bound and is counted."""
    slow = Slow()
    sink = threaded(slow)
    sink.take_tick(tick_of(1))
    for _ in range(QUEUE_EVENTS + 5):
        sink.take_event(EVENT)
    assert sink.dropped >= 5
    sink.finish(complete=False)
    slow.go.set()
    assert sink.join(10.0)


def test_a_hole_is_described(tmp_path: Path) -> None:
    """Numbers of ticks that the writer never gets are a hole, after the step before them."""
    writer = writer_in(tmp_path)
    for number in (1, 2, 5, 6, 9):
        writer.write_tick(number, tick_of(number))
    writer.close(complete=True)
    assert Recording.from_directory(writer.path).manifest.holes == (Hole(2, 2), Hole(6, 2))


def test_a_disk_that_is_full_ends_the_recording_alone(tmp_path: Path) -> None:
    """The thread ends with the reason; what comes after is neither kept nor counted, and nothing raises."""
    full = Slow(fails=2)
    full.go.set()
    sink = threaded(full)
    sink.take_tick(tick_of(1))
    sink.take_tick(tick_of(2))
    assert sink.join(10.0)
    assert sink.trouble == "No space left on device (frames/00001.parquet)"
    assert full.closed == (False, sink.trouble)
    sink.take_tick(tick_of(3))
    sink.take_event(EVENT)
    assert (sink.dropped, full.calls) == (0, [1])


def test_a_file_in_the_place_of_the_folder_is_the_reason(tmp_path: Path) -> None:
    """Where no folder can be made, the recording ends with the system's word and the path."""
    (tmp_path / "recordings").write_text("")
    assert "Not a directory" in _stored(tmp_path).trouble


def _stored(state_dir: Path) -> RecordingThread:
    sink = RecordingStore(state_dir, part_s=1.0, daemon="test").begin(beginning_of())
    assert isinstance(sink, RecordingThread)
    for number in range(1, 9):
        sink.take_tick(tick_of(number))
    sink.finish(complete=True)
    assert sink.join(30.0)
    return sink


def test_the_store_writes_through_its_thread(tmp_path: Path) -> None:
    """Eight ticks through the thread are eight ticks on the disk, in a directory closed to other users."""
    assert _stored(tmp_path).trouble == ""
    recording = Recording.from_directory(tmp_path / "recordings" / "night")
    assert recording.table("ticks").column("step").to_pylist() == list(range(1, 9))
    assert recording.path.stat().st_mode & 0o077 == 0


def test_a_stop_of_the_daemon_leaves_a_recording_that_goes_on(tmp_path: Path) -> None:
    """`finish` of the store writes every recording, and none of them as complete."""
    recordings = RecordingStore(tmp_path, part_s=60.0, daemon="test")
    sink = recordings.begin(beginning_of())
    sink.take_tick(tick_of(1))
    recordings.finish()
    assert isinstance(sink, RecordingThread)
    assert sink.join(30.0)
    assert recordings.written
    recording = Recording.from_directory(tmp_path / "recordings" / "night")
    assert (len(recording.table("ticks")), recording.manifest.complete) == (1, False)


def test_a_missing_library_is_named_with_its_command(tmp_path: Path) -> None:
    """The sentence has the library and the command; with the library there is none."""
    recordings = RecordingStore(tmp_path, part_s=60.0, daemon="test", needed="no_such_library")
    assert "no_such_library is not installed where the daemon runs" in recordings.missing()
    assert "pip install 'dreamd[recordings]'" in recordings.missing()
    assert RecordingStore(tmp_path, part_s=60.0, daemon="test").missing() == ""
    assert store.NEEDED == "pyarrow"
