"""Exports of recordings ask research: by the description, by the rows, and in the command."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.exports.export import export
from dreamd.adapters.recordings.store import Answers, RecordingThread
from dreamd.adapters.recordings.writer import RecordingWriter
from dreamd.core.consent.grant import DUO_DEFAULT
from dreamd.core.consent.research import ResearchAnswer, ResearchGrants
from dreamd.core.dreamscapes.views import Event
from dreamd.main import main
from dreamd.ports.recordings import RecordedTick, Written
from fakes.recordings import beginning_of, tick_of, write_recording

YES = ResearchAnswer(frozenset(DUO_DEFAULT), seated=True, performs=True)
NO = ResearchAnswer(frozenset(), seated=True)


def exported(place: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Export the recording `night` as EDF+; return status, output and error."""
    argv = ["recording", "export", "night", "--to", "edf+", "--out", str(place / "out.edf")]
    status = main([*argv, "--state-dir", str(place)])
    said = capsys.readouterr()
    assert (place / "out.edf").exists() is (status == 0)
    return status, said.out, said.err


def altered(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change recording.json."""
    file = path / directory.DESCRIPTION
    tree = json.loads(file.read_text())
    change(tree)
    file.write_text(json.dumps(tree))


def test_an_export_names_its_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The codes are in the answer, in JSON, in the README of a directory, and on the page of `show`."""
    write_recording(tmp_path / "recordings" / "night", ticks=8)
    status, out, _ = exported(tmp_path, capsys)
    assert (status, "for research under DUO:0000006, DUO:0000018, DUO:0000021" in out) == (0, True)
    for to in ("csv", "parquet", "bids"):
        out_dir = export(tmp_path / "recordings" / "night", to, tmp_path / to, progress=lambda _: None)
        assert "granted research under the GA4GH codes DUO:0000006, " in (out_dir / "README").read_text()
    assert main(["recording", "show", "night", "--state-dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "granted by all 3, under DUO:0000006" in shown
    assert "perform is granted by all 3" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: tree.pop("research"), "does not tell which sleepers granted research"),
        (lambda tree: tree.update(research=None), "does not tell"),
        (lambda tree: tree.update(research=[1, 2, 3]), "does not tell"),
        (lambda tree: tree["research"].pop("without"), "does not tell"),
        (lambda tree: tree["research"].update(people="all"), "does not tell"),
        (lambda tree: tree["research"].update(people=[1, 2, True, 3.0]), "does not tell"),
        (lambda tree: tree["research"].update(people=[1, 2, [3]]), "does not tell"),
        (lambda tree: tree["research"].update(codes=[7]), "does not tell"),
        (lambda tree: tree["research"].update(without=[9]), "does not tell"),
        (lambda tree: tree["research"].update(without=[2]), "1 of its 3 sleepers did not grant research"),
        (lambda tree: tree["research"].update(people=[1]), "2 of its 3 sleepers did not grant research"),
        (lambda tree: tree["research"].update(people=[], codes=[]), "3 of its 3 sleepers did not grant"),
        (lambda tree: tree["research"].update(codes=[]), "for no use in common"),
        (lambda tree: tree["research"].update(codes=["DUO:0000021"]), "for no use in common"),
    ],
)
def test_a_recording_without_the_yes_of_all_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Any], object], said: str
) -> None:
    """An older description, a damaged entry, a person that it lacks: one sentence, and no file."""
    path = tmp_path / "recordings" / "night"
    write_recording(path, ticks=1)
    altered(path, change)
    status, _, error = exported(tmp_path, capsys)
    assert (status, said in error) == (1, True), error
    assert "dreamd me consent grant merge record research" in error
    assert error.count("\n") == 1


def test_a_recording_that_is_not_exported_is_read_as_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`list`, `show` and `replay` ask nothing, and `show` tells why there is no export."""
    path = tmp_path / "recordings" / "night"
    write_recording(path, ticks=1, research=ResearchGrants(frozenset({1, 2, 3}), frozenset({3})))
    for damage, said in ((False, "not granted by 1 of 3, so no export"), (True, "not known, so no export")):
        if damage:
            altered(path, lambda tree: tree.update(research=7))
        assert main(["recording", "show", "night", "--state-dir", str(tmp_path)]) == 0
        shown = capsys.readouterr().out
        assert said in shown
        assert ("perform is not known, so no rendering" in shown) == damage
        assert main(["recording", "list", "--state-dir", str(tmp_path)]) == 0
        main(["replay", "night", "--state-dir", str(tmp_path)])
        assert "research" not in capsys.readouterr().err


def test_a_person_with_an_event_alone_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An event about a person that the description lacks keeps the recording here."""
    writer = RecordingWriter(tmp_path, beginning_of(), part_s=2.0, daemon="test")
    writer.write_research(dict.fromkeys((1, 2, 3), YES))
    writer.write_tick(1, tick_of(1))
    writer.write_event(1, Event(1, 5.0, "severed", "night", "bed-1", 4, "contact", ""))
    writer.close(complete=True)
    assert "1 of its 4 sleepers" in exported(tmp_path, capsys)[2]


def test_a_night_without_sleepers_is_exported_without_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ticks and no person: nothing is asked. The same from an earlier dreamd stays, for it is not known."""
    path = tmp_path / "recordings" / "night"
    write_recording(path, people=0, ticks=8, research=ResearchGrants())
    assert "for research under no code" in exported(tmp_path, capsys)[1]
    (tmp_path / "out.edf").unlink()
    altered(path, lambda tree: tree.pop("research"))
    assert exported(tmp_path, capsys)[0] == 1


def test_an_answer_outlives_a_kill_and_an_unknown_one_stays_unknown(tmp_path: Path) -> None:
    """A no is in the description before the part is, and after a restart; a lost entry is never made up."""
    first = RecordingWriter(tmp_path, beginning_of(), part_s=60.0, daemon="test")
    first.write_research(dict.fromkeys((1, 2, 3), YES))
    first.write_tick(1, tick_of(1))
    first.write_research({2: NO})
    assert directory.described(first.path).research == ResearchGrants(
        frozenset({1, 2, 3}), frozenset({2}), frozenset(DUO_DEFAULT), frozenset({2})
    )
    second = RecordingWriter(tmp_path, beginning_of(), part_s=60.0, daemon="test")
    second.write_research({1: YES, 2: YES, 4: NO})
    second.write_tick(1, tick_of(2))
    second.close(complete=True)
    found = directory.described(second.path).research
    assert found is not None
    assert (found.people, found.without, found.unperformed) == ({1, 2, 3, 4}, {2, 4}, {2, 4})
    altered(second.path, lambda tree: tree["research"].update(without="none"))
    third = RecordingWriter(tmp_path, beginning_of(), part_s=60.0, daemon="test")
    third.write_research(dict.fromkeys((1, 2, 3, 4), YES))
    third.write_tick(1, tick_of(3))
    third.close(complete=True)
    assert directory.described(third.path).research is None


class Held:
    """A writer that waits at its first tick, and keeps what it is told."""

    written = Written()

    def __init__(self) -> None:
        self.go, self.held = threading.Event(), threading.Event()
        self.told: list[object] = []

    def write_tick(self, number: int, _tick: RecordedTick) -> None:
        """Wait, and keep the number."""
        self.held.set()
        self.go.wait()
        self.told.append(number)
        if number == 2:
            raise OSError(28, "No space left on device", "frames/00001.parquet")

    def write_event(self, _number: int, _event: Event) -> None:
        """None comes."""

    def write_research(self, answers: Answers) -> None:
        """Keep those that there are."""
        if answers:
            self.told.append(answers)

    def close(self, *, complete: bool, stopped: str = "") -> None:
        """Keep how."""
        self.told.append((complete, bool(stopped)))


def test_no_answer_is_lost_behind_a_slow_disk_or_a_full_one() -> None:
    """Answers overtake the queue, one a person; those that wait when the disk fails are written first."""
    held = Held()
    sink = RecordingThread("test", lambda: held)
    sink.take_research(1, YES)
    sink.take_tick(tick_of(1))
    assert held.held.wait(10.0)
    sink.take_tick(tick_of(2))
    for answer in (NO, YES):
        sink.take_research(1, answer)
    sink.take_research(2, YES)
    held.go.set()
    assert sink.join(10.0)
    assert held.told == [{1: YES}, 1, {1: NO, 2: YES}, 2, (False, True)]
    sink.take_research(3, YES)
