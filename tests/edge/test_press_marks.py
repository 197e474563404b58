"""Presses that are not on the disk yet: a killed agent finds them at its next start."""

import os
import threading
from pathlib import Path

import pytest

from dreamedge.adapters.pod_disk import PodDisk
from dreamedge.adapters.press_marks import PressMarks
from dreamedge.core.agent import BUTTONS


def _marks(memory: Path, pod: str = "bed-1") -> PressMarks:
    return PressMarks(memory / "state" / pod, BUTTONS, memory)


def test_a_mark_outlives_the_process_until_it_is_cleared(tmp_path: Path) -> None:
    """A start after a kill finds each marked button, as often as it takes; cleared, none and no page."""
    first = _marks(tmp_path)
    assert first.found == ()
    first.mark("withdraw")
    first.mark("wake")
    first.mark("withdraw")
    second = _marks(tmp_path)  # the first was killed: it is never closed
    assert second.found == ("wake", "withdraw")
    third = _marks(tmp_path)
    assert third.found == ("wake", "withdraw")
    third.mark("distress")
    third.unmark(third.count)
    third.close()
    assert list(tmp_path.iterdir()) == []


def test_a_press_during_a_clearing_stays(tmp_path: Path) -> None:
    """Clearing ends the presses before its count; one that came since is found at the next start."""
    marks = _marks(tmp_path)
    marks.mark("wake")
    before = marks.count
    marks.mark("withdraw")
    marks.unmark(before)
    marks.close()
    assert _marks(tmp_path).found == ("withdraw",)


def test_a_page_takes_any_number_of_presses(tmp_path: Path) -> None:
    """Ten thousand presses and their clearings leave the last one that is not cleared, and no other."""
    marks = _marks(tmp_path)
    for number in range(10_000):
        marks.mark(BUTTONS[number % 3])
        marks.unmark(number)
    assert _marks(tmp_path).found == (BUTTONS[9_999 % 3],)


def test_each_pod_has_its_own_page(tmp_path: Path) -> None:
    """A press at one bed is no press at another."""
    _marks(tmp_path, "bed-1").mark("withdraw")
    assert _marks(tmp_path, "bed-2").found == ()


@pytest.mark.parametrize("obstacle", ["directory", "link", "open to others", "no memory"])
def test_a_page_that_cannot_be_had_stops_nothing(tmp_path: Path, obstacle: str) -> None:
    """Whatever lies in its place, no press fails, and nothing is taken from it."""
    memory = tmp_path / "shm"
    memory.mkdir()
    _marks(memory).mark("withdraw")
    page = next(memory.iterdir())
    match obstacle:
        case "directory":
            page.unlink()
            page.mkdir()
        case "link":
            page.rename(tmp_path / "another's")
            page.symlink_to(tmp_path / "another's")
        case "open to others":
            page.chmod(0o666)
        case _:
            page.unlink()
            memory.rmdir()
    marks = _marks(memory)
    assert marks.found == ()
    marks.mark("wake")
    marks.unmark(1)
    marks.close()


def test_a_mark_lasts_as_long_as_the_disk_needs(tmp_path: Path) -> None:
    """While the latch is not written a kill leaves the mark; once all is written there is none."""
    state = tmp_path / "state" / "bed-1"
    disk = PodDisk(state, 1000, BUTTONS, tmp_path)
    os.mkfifo(state / "latch.new")  # the disk's thread waits here until there is a reader
    with disk.pressing("withdraw"):
        disk.latch("withdraw")
    assert PressMarks(state, BUTTONS, tmp_path).found == ("withdraw",)
    reader = threading.Thread(target=(state / "latch.new").read_bytes)
    reader.start()
    disk._thread.close(5.0)
    reader.join()
    assert PressMarks(state, BUTTONS, tmp_path).found == ("withdraw",), "a pipe is no disk: fsync has failed"
    (state / "latch.new").unlink()
    disk.close()
    again = PodDisk(state, 1000, BUTTONS, tmp_path)
    assert again.kept.pressed == ("withdraw",)
    with again.pressing("withdraw"):
        again.latch("withdraw")
    assert again.close()
    assert PodDisk(state, 1000, BUTTONS, tmp_path).kept.pressed == ()
    assert (state / "latch").read_text() == "withdraw"


class Waiting:
    """The disk's thread, which the test steps by hand."""

    failed = ""

    def __init__(self) -> None:
        self.names: list[str] = []

    def put(self, name: str) -> None:
        """Keep what is to be written."""
        self.names.append(name)


def test_a_mark_waits_for_what_was_put_after_it(tmp_path: Path) -> None:
    """A second press while the first waits: its mark ends behind its own files, not behind the first's."""
    state = tmp_path / "state" / "bed-1"
    disk = PodDisk(state, 1000, BUTTONS, tmp_path)
    disk._thread.close(1.0)
    disk._thread = thread = Waiting()  # type: ignore[assignment] # the part that is used
    with disk.pressing("wake"):
        disk.latch("wake")
    with disk.pressing("withdraw"):
        disk.woken((("command", 7),))
    found = []
    for name in thread.names:
        disk._write(name)
        found.append(PressMarks(state, BUTTONS, tmp_path).found)
    assert thread.names == ["latch", "presses", "woken.json", "presses"]
    assert found == [("wake", "withdraw")] * 3 + [()]
