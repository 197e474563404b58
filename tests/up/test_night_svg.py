"""The picture of the night."""

import xml.etree.ElementTree as ET
from itertools import pairwise

from dreamd.up.processes.pod_journal import Entry
from dreamd.up.report.night_history import TRACK_MAX, Record, Sample, Track
from dreamd.up.report.night_layout import HEIGHT, MIDDLE, RIGHT, WIDTH, Axis, curve, lanes, ribbons
from dreamd.up.report.night_svg import Words, picture
from dreamd.up.run_state import RunState
from up.stories import CEILING, T0_NS, at, dreaming, entry, sever

SVG = "{http://www.w3.org/2000/svg}"
WORDS = Words("eight dreamt together", "one minute", everyone_home=True)


def drawn(chronicle: RunState) -> str:
    """The picture of a run state."""
    chronicle.record.marks = list(chronicle.marks())
    return picture(chronicle.record, WORDS, "The night", seed=1)


def test_every_sleeper_and_every_sever_is_shown() -> None:
    """The SVG is well-formed, names each of the eight and captions the sever with its numbers."""
    chronicle = dreaming()
    sever(chronicle, "bed-5", 20.0)
    root = ET.fromstring(drawn(chronicle))
    words = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    for sleeper in chronicle.sleepers:
        assert sleeper.pseudonym in words
        assert sleeper.pod in words
    assert "bed-5, elm: railed, zero in 12 ms" in words


def test_it_stands_by_itself() -> None:
    """The SVG has no script, font, image or address but the namespace's."""
    svg = drawn(dreaming())
    for word in ("<script", "@font-face", "<image", "url(http"):
        assert word not in svg
    assert svg.count("http") == 1
    assert svg.count("href=") == svg.count('href="#ribbon-')


def test_it_can_be_heard() -> None:
    """Title and description name the sleepers and the events."""
    chronicle = dreaming()
    sever(chronicle, "bed-5", 20.0)
    root = ET.fromstring(drawn(chronicle))
    assert root.findtext(f"{SVG}title") == "The night"
    described = root.findtext(f"{SVG}desc") or ""
    assert "bed-8 (hazel)" in described
    assert "At 20.0 s: bed-5, elm: railed" in described


def test_many_severed_at_once_are_one_mark() -> None:
    """A killed daemon is one mark for all, not eight."""
    chronicle = dreaming()
    chronicle.outage("the daemon", "killed (SIGKILL)", at(20.0))
    for sleeper in chronicle.sleepers:
        sever(chronicle, sleeper.pod, 21.0, cause="lease", fade_s=0.5)
    chronicle.back("the daemon", at(21.9))
    assert [(mark.kind, mark.words) for mark in chronicle.marks()] == [
        ("outage", "the daemon killed (SIGKILL): all eight alone after 1.50 to 1.50 s, measured at the pods"),
        ("back", "the daemon is back"),
    ]


def test_ribbons_run_in_their_lanes_alone_and_together_at_the_ceiling() -> None:
    """A ribbon's ends are at its lane before the merge and near the middle at the ceiling."""
    record = dreaming(until_s=30.0).record
    for ribbon in ribbons(record, Axis(30.0)):
        first, last = ribbon.points[0], ribbon.points[-1]
        assert abs(first[1] - ribbon.lane_y) < 15
        assert abs(last[1] - MIDDLE) < 45
        assert all(x1 > x0 for (x0, _), (x1, _) in pairwise(ribbon.points))


def test_nothing_leaves_the_frame_for_two_or_two_hundred() -> None:
    """From 2 to 200 sleepers all points are inside, and the file stays below 2 MB."""
    for count in (2, 3, 9, 200):
        chronicle = dreaming(sleepers=count, until_s=12.0)
        for ribbon in ribbons(chronicle.record, Axis(12.0)):
            assert all(0 < x <= RIGHT + 1 < WIDTH and 0 < y < HEIGHT for x, y in ribbon.points)
        assert len(drawn(chronicle)) < 2_000_000


def test_lanes_are_symmetric_and_apart() -> None:
    """Lanes go from top to bottom, and none is the middle line."""
    for count in (2, 3, 8, 61):
        offsets = lanes(count)
        assert len(offsets) == count
        assert all(b > a for a, b in pairwise(offsets))
        assert min(map(abs, offsets)) > 30


def test_curves_do_not_ring_at_a_sever() -> None:
    """The monotone cubic through a step stays between the values on its two sides."""
    path = curve([(0.0, 100.0), (10.0, 100.0), (10.5, 300.0), (20.0, 300.0)])
    controls = [float(pair.split(",")[1]) for pair in path.replace("M", " ").replace("C", " ").split()]
    assert min(controls) == 100.0
    assert max(controls) == 300.0


def test_a_track_of_any_length_is_bounded() -> None:
    """Twelve hours of hops are kept in at most 1,200 samples that still span the night."""
    track = Track("bed-1", "ash")
    for hop in range(12 * 3600 * 4):
        track.add(Sample(hop / 4, 0.5, 3.0))
    assert len(track.samples) <= TRACK_MAX
    assert track.samples[-1].t_s > 12 * 3600 - 200


def test_a_night_without_anyone_is_still_a_picture() -> None:
    """Without samples, or with missing numbers, the picture is drawn without an error."""
    empty = Record.of(T0_NS, CEILING, [("bed-1", "ash"), ("bed-2", "birch")])
    ET.fromstring(picture(empty, WORDS, "The night", seed=1))
    empty.on_journal_line(Entry(at(3.0), "bed-1", "hop", {}))
    empty.on_journal_line(entry("bed-1", 3.0, "hop", applied=float("nan"), distance=float("nan")))
    ET.fromstring(picture(empty, WORDS, "The <night> & day", seed=1))
