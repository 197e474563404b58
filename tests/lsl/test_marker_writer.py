"""From a marker stream into the journal: each once, with its own instant, through floods and outages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from queue import Empty, SimpleQueue

import pytest

from depth import LONG
from dreamd.core.refusals import Code, Refusal
from dreamd.lsl import marker_writer
from dreamd.lsl.failures import CannotRun, StreamLost
from dreamd.lsl.marker_source import wanted
from dreamd.lsl.marker_writer import MarkerWriter
from dreamd.lsl.report import Report
from fakes.callers import OPERATOR
from fakes.waiting import until
from lsl.conftest import LOADED_S, NIGHT, Hall, lsl_clock

WITHIN_S = 30.0


class FakeSource:
    """A marker stream by hand; a `StreamLost` that is put into it is raised."""

    name, source = "Stim", "Markers, on here, source_id s-1"

    def __init__(self) -> None:
        self.heard: SimpleQueue[tuple[str, float] | StreamLost] = SimpleQueue()
        self.found = 0

    def find(self, within_s: float) -> None:
        self.found += 1

    def take(self, timeout_s: float) -> list[tuple[str, float]]:
        try:
            one = self.heard.get(timeout=timeout_s)
        except Empty:
            return []
        if isinstance(one, StreamLost):
            raise one
        return [one]

    def say(self, text: str, at_s: float | None = None) -> None:
        """One marker, of now by default."""
        self.heard.put((text, lsl_clock() if at_s is None else at_s))


@asynccontextmanager
async def writing(hall: Hall, report: Report, source: FakeSource) -> AsyncIterator[MarkerWriter]:
    """A writer at work; it is cancelled in the end."""
    one = MarkerWriter(hall.address, NIGHT, source, clock=lsl_clock, report=report)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(one.write_until_ended(), name="writer")
        await until(lambda: hall.application.collective_watches, WITHIN_S)
        yield one
        task.cancel()


def written(hall: Hall) -> list[str]:
    """The texts in the journal."""
    return [event.cause for event in hall.application.journal if event.kind == "marker"]


async def test_a_marker_is_written_with_its_own_instant(hall: Hall, report: Report) -> None:
    """The journal has the text and, within half a round trip, the marker's instant, however late it is."""
    source = FakeSource()
    at_s = lsl_clock() - 4.0
    source.say("target", at_s)
    async with writing(hall, report, source):
        await until(lambda: written(hall) == ["target"])
        (event,) = hall.application.journal
        assert abs(event.acted_s - (at_s + hall.ahead_s)) < LOADED_S
        (write,) = (call for call in hall.application.calls if call[0] == "write_marker")
        assert write[2].source == "Stim"  # type: ignore[attr-defined]


async def test_markers_keep_their_order_and_a_flood_waits(hall: Hall, report: Report) -> None:
    """A refusal for their number holds them back; then all are written, in order, each once."""
    source = FakeSource()
    async with writing(hall, report, source):
        hall.application.refuse("write_marker", Refusal(Code.TOO_MANY_MARKERS, "full"))
        texts = [f"m{n}" for n in range(30)]
        for text in texts:
            source.say(text)
        await until(lambda: len(written(hall)) >= 30, WITHIN_S)
        assert written(hall) == texts


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seconds of waiting")
async def test_markers_of_an_outage_are_written_after_it(
    hall: Hall, report: Report, lines: list[str]
) -> None:
    """Markers wait while the daemon is away and keep their instants."""
    source = FakeSource()
    async with writing(hall, report, source):
        await hall.shut()
        await until(lambda: any("is lost" in line for line in lines), WITHIN_S)
        at_s = lsl_clock()
        source.say("meanwhile", at_s)
        await hall.open()
        await until(lambda: written(hall) == ["meanwhile"], WITHIN_S)
        assert abs(hall.application.journal[-1].acted_s - (at_s + hall.ahead_s)) < LOADED_S


async def test_a_marker_that_is_refused_for_itself_holds_up_no_other(
    hall: Hall, report: Report, lines: list[str]
) -> None:
    """A marker that the daemon cannot take is told and dropped; the next one is written."""
    source = FakeSource()
    async with writing(hall, report, source) as one:
        hall.application.refuse("write_marker", Refusal(Code.INVALID_ARGUMENT, "marker_time: too old"))
        source.say("old")
        source.say("new")
        await until(lambda: written(hall) == ["new"])
        assert one.counts["refused"] == 1
    assert any(line.startswith("a marker was not written: marker_time: too old") for line in lines)


async def test_a_stream_that_ends_is_looked_for(hall: Hall, report: Report, lines: list[str]) -> None:
    """A lost stream is searched for again, and both ends are told."""
    source = FakeSource()
    async with writing(hall, report, source):
        source.heard.put(StreamLost("gone"))
        source.say("after")
        await until(lambda: written(hall) == ["after"])
        assert source.found == 2
    assert "the marker stream is lost (gone); looking for it" in lines
    assert "the marker stream is back" in lines


async def test_the_end_of_the_dreamscape_ends_the_writer(hall: Hall, lines: list[str]) -> None:
    """When the Dreamscape ends the writer returns; with --json each fact is an object with its counts."""
    source = FakeSource()
    one = MarkerWriter(hall.address, "", source, clock=lsl_clock, report=Report(lines.append, as_json=True))
    async with asyncio.TaskGroup() as group:
        group.create_task(one.write_until_ended(), name="writer")
        await until(lambda: hall.application.collective_watches, WITHIN_S)
        hall.application.dreamscapes.end(OPERATOR, NIGHT, "over")
    told = [json.loads(line) for line in lines]
    assert [fact["fact"] for fact in told] == ["listening", "ended"]
    assert told[0]["dreamscape"] == NIGHT
    assert told[0]["clock_ms"] < 50.0
    assert told[1]["counts"] == {"written": 0, "dropped": 0, "refused": 0, "waiting": 0}


async def test_what_waits_is_bounded(hall: Hall, report: Report) -> None:
    """With the daemon away the oldest markers are dropped beyond the bound, and counted."""
    source = FakeSource()
    most = marker_writer.WAITING_MAX
    one = MarkerWriter(hall.address, NIGHT, source, clock=lsl_clock, report=report)
    for number in range(most + 3):
        one.enqueue(f"m{number}", 1.0)
    assert one.counts["dropped"] == 3
    assert (one.waiting[0].text, len(one.waiting)) == ("m3", most)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Stim", {"name": "Stim"}),
        (" a b ", {"name": "a b"}),
        ("source_id=x,hostname=pc", {"source_id": "x", "hostname": "pc"}),
    ],
)
def test_a_stream_is_named_or_described(text: str, found: dict[str, str]) -> None:
    """A name alone, or properties."""
    assert wanted(text) == found


@pytest.mark.parametrize(
    ("text", "says"), [("", "names no stream"), ("colour=red", "'colour=red'"), ("name=", "'name='")]
)
def test_what_is_no_stream_is_refused(text: str, says: str) -> None:
    """An empty name and an unknown property are refused with the valid form."""
    with pytest.raises(CannotRun, match=says):
        wanted(text)
