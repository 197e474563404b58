"""Annotations of EDF+ and BDF+ are marks at their instants; a broken one costs no other and is told."""

from collections.abc import Mapping
from pathlib import Path

import edfio
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.edf.implant import EdfImplant
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.recording_facts import Mark
from dreamedge.ports.implant import ImplantError
from edge.edf_written import annotated

S = 1_000_000_000
SECONDS = 40


def rooms(
    *lists: Mapping[int, bytes], first_s: float = 0.0, gap: tuple[int, float] = (SECONDS, 0.0)
) -> list[list[bytes]]:
    """Every record's room, one for each of `lists`; the first room begins with the record's own onset.

    gap: from this record on, all are so many seconds late.
    """
    made = []
    for record in range(SECONDS):
        onset_s = first_s + record + (gap[1] if record >= gap[0] else 0.0)
        own = f"+{onset_s:g}\x14\x14\0".encode()
        made.append([(own if n == 0 else b"") + one.get(record, b"") for n, one in enumerate(lists)])
    return made


def marks(path: Path) -> list[tuple[float, float, str]]:
    """The marks of a file as numbers and texts."""
    return [(round(mark.at_s, 3), mark.duration_s, mark.text) for mark in EdfImplant(path).marks]


@pytest.mark.parametrize("kind", ["EDF+C", "EDF+D", "BDF+C", "BDF+D"])
def test_annotations_are_marks(tmp_path: Path, kind: str) -> None:
    """Onset, duration, several texts of one list, and UTF-8, from two signals, in order of time."""
    lists = {
        3: b"+3.5\x14Lights off\x14\0+20.25\x1530\x14Sleep stage N2\x14Arousal\x14\0",
        9: "+2\x14Öffnen der Augen\x14\0".encode(),
    }
    path = annotated(tmp_path / "a.edf", rooms(lists, {5: b"+5\x14second signal\x14\0"}), kind)
    assert marks(path) == [
        (2.0, 0.0, "Öffnen der Augen"),
        (3.5, 0.0, "Lights off"),
        (5.0, 0.0, "second signal"),
        (20.25, 30.0, "Sleep stage N2"),
        (20.25, 30.0, "Arousal"),
    ]
    assert not [note for note in EdfImplant(path).notes if note.code == "annotations"]


def test_a_mark_counts_from_the_first_sample(tmp_path: Path) -> None:
    """A first record that begins at .75 s is slot 0; behind a gap of 12 s a mark keeps its clock."""
    lists = {3: b"+10.75\x14before\x14\0", 30: b"+45.75\x14behind\x14\0"}
    path = annotated(tmp_path / "a.edf", rooms(lists, first_s=0.75, gap=(20, 12.0)), "EDF+D")
    assert marks(path) == [(10.0, 0.0, "before"), (45.0, 0.0, "behind")]
    assert EdfImplant(path).seconds == pytest.approx(52.0)


@pytest.mark.parametrize(
    "broken",
    [
        b"+7\x14no end",
        b"+1.2.3\x14two points\x14",
        b"seven\x14no number\x14",
        b"+7\x15long\x14no duration\x14",
        b"\xff\xfe\x80",
        b"+-7\x14",
    ],
)
def test_a_broken_annotation_costs_no_other(tmp_path: Path, broken: bytes) -> None:
    """A list that cannot be read is left out and told with record and byte; those around it are marks."""
    around = b"+3\x14before\x14\0" + broken + b"\0+8\x14behind\x14\0"
    path = annotated(tmp_path / "a.edf", rooms({4: around}))
    assert [text for _, _, text in marks(path)] == ["before", "behind"]
    (note,) = [note for note in EdfImplant(path).notes if note.code == "annotations"]
    assert "1 of its annotations cannot be read (the first in data record 5, byte " in note.sentence
    byte = int(note.sentence.split("byte ")[1].split(",")[0])
    assert path.read_bytes()[byte : byte + len(broken)] == broken


def test_latin_1_and_empty_texts(tmp_path: Path) -> None:
    """A text that is not UTF-8 is Latin-1; an empty text is no mark; a file without annotations has none."""
    lists = {1: b"+1\x14M\xfcde\x14\0+2\x14\x14\0+3\x15\x14  \x14\0"}
    assert marks(annotated(tmp_path / "a.edf", rooms(lists))) == [(1.0, 0.0, "Müde")]
    assert marks(annotated(tmp_path / "b.edf", rooms({}))) == []
    assert marks(annotated(tmp_path / "c.edf", [[] for _ in range(SECONDS)], "EDF")) == []


def test_another_writer_agrees(tmp_path: Path) -> None:
    """The annotations that edfio writes are the marks that are read."""
    edf = edfio.read_edf(annotated(tmp_path / "a.edf", [[] for _ in range(SECONDS)], "EDF"))
    edf.set_annotations([edfio.EdfAnnotation(1.5, None, "Start"), edfio.EdfAnnotation(30.125, 2.5, "Ende ü")])
    edf.write(tmp_path / "b.edf")
    assert EdfImplant(tmp_path / "b.edf").marks == (Mark(1.5, 0.0, "Start"), Mark(30.125, 2.5, "Ende ü"))


def test_a_replay_begins_at_its_own_mark(tmp_path: Path) -> None:
    """Two recordings each begin at their own `Lights off`; one without the mark is refused with its marks."""
    for name, at_s in (("a", 4), ("b", 11)):
        lists = {0: f"+{at_s}\x14Lights off\x14\0+1\x14Start\x14\0".encode()}
        path = annotated(tmp_path / f"{name}.edf", rooms(lists))
        options = RecordingOptions(begin="lights OFF")
        implant = open_implant(f"edf:{path}", options=options, replay_from_ns=S)
        played = sum(len(block.uv) for k in range(60) if (block := implant.read(S + k * S)) is not None)
        assert played == (SECONDS - at_s) * 128
    with pytest.raises(ImplantError, match=r"no mark 'Stop' \(its marks: 'Start', 'Lights off'\)"):
        open_implant(f"edf:{path}", options=RecordingOptions(begin="Stop"))
