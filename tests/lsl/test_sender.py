"""From the API to the streams: stamps of ticks and events, each event once, outages survived and told."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

import dreamapi
from depth import LONG
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.group_streams import COLLECTIVE, SYNCHRONY, Streams
from dreamd.lsl.failures import CannotRun
from dreamd.lsl.layouts import JOURNAL_GAP, LINK_LOST, LINK_RESTORED
from dreamd.lsl.report import Report
from dreamd.lsl.sender import Sender
from fakes.callers import OPERATOR
from fakes.waiting import until
from lsl.conftest import LOADED_S, NIGHT, Hall, KeepingSink, lsl_clock

WITHIN_S = 30.0


class Sending:
    """A sender at work, and its sink once it has opened one."""

    def __init__(
        self, server: str, report: Report, dreamscape: str = NIGHT, after: int | None = None
    ) -> None:
        self.sinks: list[KeepingSink] = []
        self.sender = Sender(
            server, dreamscape, clock=lsl_clock, open_sink=self._open, report=report, after=after
        )

    def _open(self, streams: Streams, uncertainty_s: float) -> KeepingSink:
        self.sinks.append(KeepingSink(streams, uncertainty_s))
        return self.sinks[-1]

    @property
    def sink(self) -> KeepingSink:
        """The only one that was opened."""
        (one,) = self.sinks
        return one


@asynccontextmanager
async def sending(hall: Hall, report: Report, **more: object) -> AsyncIterator[Sending]:
    """A sender that watches; it is cancelled in the end."""
    one = Sending(hall.address, report, **more)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(one.sender.send_until_ended(), name="sender")
        await until(lambda: hall.watched, WITHIN_S)
        yield one
        task.cancel()


async def test_a_row_has_the_instant_of_its_tick(hall: Hall, report: Report) -> None:
    """Rows have the grid instant on LSL's clock within the stated uncertainty, however late they arrive."""
    async with sending(hall, report) as one:
        instants = [lsl_clock() - 5.0 + 0.25 * n for n in range(8)]
        for number, at_s in enumerate(instants):
            hall.tick(number, at_s + hall.ahead_s)
            await until(lambda number=number: len(one.sink.rows.get(SYNCHRONY, ())) > number)  # type: ignore[misc]
        stamps = [stamp for stamp, _ in one.sink.rows[COLLECTIVE]]
        assert max(abs(a - b) for a, b in zip(stamps, instants, strict=True)) <= one.sink.uncertainty_s
        assert [stamp for stamp, _ in one.sink.rows[SYNCHRONY]] == stamps
        assert 0 < one.sink.uncertainty_s < 0.05
    assert one.sink.closed


async def test_a_tick_that_was_skipped_is_a_row_of_nan(hall: Hall, report: Report) -> None:
    """Ticks that this watcher did not get are rows of NaN at their own instants."""
    async with sending(hall, report) as one:
        begun_s = lsl_clock()
        for number in (1, 2, 6):
            hall.tick(number, begun_s + 0.25 * number + hall.ahead_s)
            await until(lambda number=number: len(one.sink.rows.get(COLLECTIVE, ())) >= number)  # type: ignore[misc]
        rows = one.sink.rows[COLLECTIVE]
        assert [round((stamp - begun_s) / 0.25) for stamp, _ in rows] == [1, 2, 3, 4, 5, 6]
        assert [all(map(math.isnan, numbers)) for _, numbers in rows] == [False] * 2 + [True] * 3 + [False]


async def test_a_marker_has_the_instant_of_its_event(hall: Hall, report: Report) -> None:
    """An event is its kind with the instant of its act, or of its writing, on LSL's clock."""
    async with sending(hall, report) as one:
        acted_s = lsl_clock() - 3.0
        hall.application.happen("severed", NIGHT, "bed-1", "railed", acted_s + hall.ahead_s, seat=4)
        await until(lambda: one.sink.texts)
        ((text, stamp_s),) = one.sink.texts
        assert text == "severed/railed/4"
        assert abs(stamp_s - acted_s) <= one.sink.uncertainty_s


async def test_each_event_of_the_dreamscape_is_sent_once(hall: Hall, report: Report) -> None:
    """Events of this Dreamscape come once each and in order; those of another and older ones do not."""
    hall.application.happen("merged", NIGHT, "bed-1", seat=1)
    async with sending(hall, report) as one:
        for number in range(250):
            hall.application.happen("merged", "other" if number % 5 == 0 else NIGHT, "bed", seat=number)
        await until(lambda: len(one.sink.texts) >= 200)
        assert one.sink.words == [f"merged/{n}" for n in range(250) if n % 5]


async def test_events_after_a_cursor_are_sent(hall: Hall, report: Report) -> None:
    """With a cursor the events after it come first, so that a restarted sender misses none."""
    seen = hall.application.happen("merged", NIGHT, "bed-1", seat=1)
    hall.application.happen("merged", NIGHT, "bed-2", seat=2)
    async with sending(hall, report, after=seen.cursor) as one:
        await until(lambda: one.sink.texts)
        assert one.sink.words == ["merged/2"]


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seconds of waiting")
async def test_an_outage_is_told_and_nothing_is_sent_twice(
    hall: Hall, report: Report, lines: list[str]
) -> None:
    """The daemon goes and comes back with its journal: markers tell of both, events between come once."""
    async with sending(hall, report) as one:
        hall.application.happen("merged", NIGHT, "bed-1", seat=1)
        await until(lambda: one.sink.texts)
        await hall.shut()
        await until(lambda: LINK_LOST in one.sink.words, WITHIN_S)
        hall.application.happen("severed", NIGHT, "bed-2", seat=2)
        await hall.open()
        await until(lambda: "severed/2" in one.sink.words, WITHIN_S)
        hall.application.happen("merged", NIGHT, "bed-3", seat=3)
        await until(lambda: "merged/3" in one.sink.words)
        assert one.sink.words == [
            "merged/1", LINK_LOST, LINK_RESTORED, "severed/2", "merged/3",
        ]  # fmt: skip
        assert not one.sink.closed
    assert sum("the daemon is lost" in line for line in lines) == 1
    assert lines.count("the daemon is back") == 1


async def test_a_restarted_daemon_is_a_gap_and_a_new_clock(hall: Hall, report: Report) -> None:
    """A new process with a clock set back by 5 s: its journal is sent behind a gap, stamps stay true."""
    async with sending(hall, report) as one:
        hall.tick(9, lsl_clock() + hall.ahead_s)
        hall.application.happen("merged", NIGHT, "bed-1", seat=1)
        await until(lambda: one.sink.texts and one.sink.rows)
        await hall.shut()
        await until(lambda: LINK_LOST in one.sink.words, WITHIN_S)
        await hall.come_back(9_000, hall.ahead_s - 5.0)
        hall.application.happen("state", NIGHT, cause="dreaming")
        await until(lambda: "state/dreaming" in one.sink.words, WITHIN_S)
        assert one.sink.words == ["merged/1", LINK_LOST, LINK_RESTORED, JOURNAL_GAP, "state/dreaming"]
        at_s = lsl_clock()
        hall.tick(1, at_s + hall.ahead_s)
        await until(lambda: abs(one.sink.rows[COLLECTIVE][-1][0] - at_s) < LOADED_S)
        stamps = [stamp for stamp, _ in one.sink.rows[COLLECTIVE]]
        assert all(b - a == pytest.approx(0.25, abs=0.13) for a, b in pairwise(stamps))


async def test_a_journal_behind_the_cursor_is_read_from_its_beginning(hall: Hall, report: Report) -> None:
    """A daemon with a journal that has not reached the cursor, for its clock was set back, is read whole."""
    hall.application.journal_from = 5
    hall.application.happen("merged", NIGHT, "bed-1", seat=1)
    async with sending(hall, report, after=1_000_000) as one:
        await until(lambda: len(one.sink.texts) == 2)
        assert one.sink.words == [JOURNAL_GAP, "merged/1"]


async def test_the_end_of_the_dreamscape_ends_the_sender(
    hall: Hall, report: Report, lines: list[str]
) -> None:
    """When the Dreamscape ends, its last event is sent, the streams close and the sender returns."""
    one = Sending(hall.address, report)
    async with asyncio.TaskGroup() as group:
        group.create_task(one.sender.send_until_ended(), name="sender")
        await until(lambda: hall.watched, WITHIN_S)
        hall.application.dreamscapes.end(OPERATOR, NIGHT, "over")
        hall.application.happen("state", NIGHT, cause="ended")
    assert one.sink.words == ["state/ended"]
    assert one.sink.closed
    assert lines[-1] == "0 ticks, 1 markers, 0 ticks missing; the Dreamscape has ended"


def ended(hall: Hall) -> None:
    """Let the Dreamscape be over."""
    hall.application.sessions.clear()
    hall.application.add(NIGHT, DreamscapeState.ENDED)


def several(hall: Hall) -> None:
    """Add a second one."""
    hall.application.add("dusk", DreamscapeState.GATHERING)


@pytest.mark.parametrize(
    ("before", "dreamscape", "says"),
    [
        (ended, NIGHT, "night has ended; name one that has not"),
        (ended, "", "there is no Dreamscape; plan one first"),
        (several, "", r"there are several Dreamscapes \(.*dusk.*\); name one of them"),
        (several, "dawn", "there is no Dreamscape dawn; list the Dreamscapes"),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    hall: Hall, report: Report, before: Callable[[Hall], None], dreamscape: str, says: str
) -> None:
    """An ended, an unknown and an ambiguous Dreamscape are refused at once, and no stream is opened."""
    before(hall)
    one = Sending(hall.address, report, dreamscape)
    with pytest.raises((CannotRun, dreamapi.DreamscapeUnknown), match=says):
        await one.sender.send_until_ended()
    assert not one.sinks


async def test_the_only_dreamscape_needs_no_name(hall: Hall, report: Report) -> None:
    """Without a name the one that has not ended is sent."""
    hall.application.add("dusk", DreamscapeState.ENDED)
    async with sending(hall, report, dreamscape="") as one:
        assert one.sink.streams.dreamscape == NIGHT


async def test_a_daemon_that_is_not_there_is_refused_at_once(hall: Hall, report: Report) -> None:
    """Nothing answers at the beginning: the sentence names the address and the step."""
    await hall.shut()
    with pytest.raises(dreamapi.Unreachable, match="nothing answers at"):
        await Sending(hall.address, report).sender.send_until_ended()


async def test_a_daemon_without_a_clock_is_refused(hall: Hall, report: Report) -> None:
    """A daemon of an older version states no session time: no stamp is guessed."""
    hall.application.house.ahead_s = math.nan  # type: ignore[attr-defined]
    with pytest.raises(CannotRun, match="does not state its session clock"):
        async with asyncio.timeout(WITHIN_S):
            await Sending(hall.address, report).sender.send_until_ended()
