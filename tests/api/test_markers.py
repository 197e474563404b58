"""Markers over gRPC, and the session clock that dates them."""

import asyncio
from contextlib import aclosing

import pytest

import dreamapi
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.fleet.house import HouseView
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from fakes.stage import Stage
from fakes.views import NOW_S
from fakes.waiting import until


async def test_a_marker_is_written_once_for_its_id(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A marker arrives with text, source and instant; the same request repeated writes it once."""
    application.add("n", DreamscapeState.DREAMING)
    for _ in range(2):
        event = await api.dreamscapes.write_marker(
            "n", "target", source="Stim", acted_s=NOW_S - 0.125, request_id="m1"
        )
    assert (event.kind, event.cause, event.dreamscape) == ("marker", "target", "dreamscapes/n")
    assert event.act_time.ToNanoseconds() == round((NOW_S - 0.125) * 1e9)
    assert application.calls == [("write_marker", "n", Marker("target", "Stim", NOW_S - 0.125))]
    undated = await api.dreamscapes.write_marker("dreamscapes/n", "x")
    assert not undated.HasField("act_time")


async def test_refused_markers_are_typed(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A flood, an unknown Dreamscape and an unfit text are each an exception of their own."""
    application.add("n", DreamscapeState.DREAMING)
    application.refuse("write_marker", Refusal(Code.TOO_MANY_MARKERS, "n takes 50 markers a second"))
    with pytest.raises(dreamapi.TooManyMarkers):
        await api.dreamscapes.write_marker("n", "x")
    with pytest.raises(dreamapi.DreamscapeUnknown):
        await api.dreamscapes.write_marker("m", "x")
    with pytest.raises(dreamapi.InvalidArgument, match="text: character 2 is U\\+0007"):
        await api.dreamscapes.write_marker("n", "a\a")


async def test_the_house_states_the_session_clock(application: FakeCoordination, api: dreamapi.Api) -> None:
    """GetHouse carries the session time of its answer; it is absent where it is not known."""
    assert not (await api.houses.get()).HasField("session_time")
    application.house_view = HouseView(True, 1.0, "", (), 3, 0, session_s=NOW_S)
    assert (await api.houses.get()).session_time.ToNanoseconds() == round(NOW_S * 1e9)


def test_the_session_clock_of_the_house_is_that_of_the_ticks() -> None:
    """The view of the house is dated by the clock that the grid runs on."""
    stage = Stage(pods=1)
    stage.clock.at_s += 0.125
    assert stage.app.house.overview().session_s == stage.clock.at_s


async def test_a_watch_states_where_it_stands(application: FakeCoordination, api: dreamapi.Api) -> None:
    """The cursor to go on from is known at once, before any event."""
    application.journal_from = 100
    reached: list[int] = []
    async with aclosing(api.dreamscapes.watch_events(reached=reached.append)) as events:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(anext(events), name="first")  # type: ignore[arg-type]
            await until(lambda: reached == [99])
            application.happen("merged", "n")
        assert first.result().cursor == 100
