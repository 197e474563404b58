"""Watches under strain: stalled readers, broken connections, a stopping daemon."""

import asyncio
from contextlib import aclosing
from random import Random

import grpc.aio
import pytest

import dreamapi
from dreamapi.v1.dreamscapes_pb2 import WatchCollectiveRequest, WatchEventsRequest
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.core.dreamscapes.views import DreamscapeState
from fakes.coordination import FakeCoordination
from fakes.waiting import until

TICKS = 2000


async def push_many(application: FakeCoordination, first: int, last: int) -> None:
    """Push ticks faster than they can be read, letting the server run in between."""
    for number in range(first, last + 1):
        application.tick("n", number)
        await asyncio.sleep(0)


async def test_a_stalled_reader_gets_the_newest_tick_afterwards(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A stalled reader costs the server a handful of ticks, skips the rest, then gets the newest."""
    application.add("n", DreamscapeState.DREAMING)
    async with aclosing(api.dreamscapes.watch_collective("n")) as watch:
        first = asyncio.ensure_future(anext(watch))
        await until(lambda: application.collective_watches)
        application.tick("n", 1)
        assert (await first).tick == 1
        (held,) = application.collective_watches
        await push_many(application, 2, TICKS)
        assert len(held.taken) < 20
        seen = []
        async for tick in watch:
            seen.append(tick)
            if tick.tick == TICKS:
                break
    assert len(seen) < 20
    assert len(seen) + sum(tick.skipped for tick in seen) == TICKS - 1


async def test_a_caller_with_grpcs_own_window_is_bounded_too(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """A raw stub with default options reaches the newest tick; each tick is sent or counted as skipped."""
    application.add("n", DreamscapeState.DREAMING)
    call = DreamscapesStub(channel).WatchCollective(WatchCollectiveRequest(name="dreamscapes/n"))
    await until(lambda: application.collective_watches)
    (held,) = application.collective_watches
    await push_many(application, 1, TICKS)
    sent = skipped = 0
    async for tick in call:
        sent, skipped = sent + 1, skipped + tick.skipped
        if tick.tick == TICKS:
            break
    assert sent + skipped == TICKS
    assert len(held.taken) == sent
    call.cancel()
    await until(lambda: not application.collective_watches)


async def test_events_come_in_order_without_loss(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Events before and after the watch come in order, without loss, over several messages."""
    for number in range(250):
        application.happen("merged", "n", f"bed-{number}")
    async with aclosing(api.dreamscapes.watch_events(after=0)) as watch:
        before = [(await anext(watch)).cursor for _ in range(250)]
        application.happen("home", "n", "bed-7", zero_to_alone_ms=50.0)
        last = await anext(watch)
    assert before == list(range(1, 251))
    assert (last.cursor, last.kind, last.pod, last.values["zero_to_alone_ms"]) == (
        251,
        "home",
        "pods/bed-7",
        50.0,
    )


async def test_events_of_one_dreamscape(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A watch of one Dreamscape omits other events, and its cursor passes over them."""
    for dreamscape in ("a", "b", "a"):
        application.happen("merged", dreamscape)
    async with aclosing(api.dreamscapes.watch_events(after=0, dreamscape="a")) as watch:
        assert [(await anext(watch)).cursor for _ in range(2)] == [1, 3]


async def test_a_watch_from_now_says_where_it_began(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """A watch from now sends a cursor first, so that nothing is lost if the connection breaks next."""
    application.happen("merged", "n")
    call = DreamscapesStub(channel).WatchEvents(WatchEventsRequest())
    first = await call.read()
    assert (first.cursor, len(first.events)) == (1, 0)
    call.cancel()


async def test_events_resume_by_themselves_after_the_daemon_was_gone(
    application: FakeCoordination, server: Running
) -> None:
    """Events during a break are delivered on return, once and in order."""
    target = f"127.0.0.1:{server.port}"
    async with (
        dreamapi.connect(target, rng=Random(2)) as api,
        aclosing(api.dreamscapes.watch_events()) as watch,
    ):
        reading = asyncio.ensure_future(anext(watch))
        await until(lambda: application.event_watches)
        application.happen("merged", "n")
        assert (await reading).cursor == 1
        reading = asyncio.ensure_future(anext(watch))
        await server.stop(0.0)
        assert not application.event_watches
        application.happen("severed", "n")
        application.happen("home", "n")
        again = await serve_grpc(application, "127.0.0.1", server.port)
        assert [(await reading).kind, (await anext(watch)).kind] == ["severed", "home"]
    await again.stop(0.0)


async def test_the_collective_resumes_and_counts_what_was_missed(
    application: FakeCoordination, server: Running
) -> None:
    """The first tick after a break counts the missed ones."""
    application.add("n", DreamscapeState.DREAMING)
    async with (
        dreamapi.connect(f"127.0.0.1:{server.port}", rng=Random(2)) as api,
        aclosing(api.dreamscapes.watch_collective("n")) as watch,
    ):
        reading = asyncio.ensure_future(anext(watch))
        await until(lambda: application.collective_watches)
        application.tick("n", 10)
        assert (await reading).skipped == 0
        reading = asyncio.ensure_future(anext(watch))
        await server.stop(0.0)
        again = await serve_grpc(application, "127.0.0.1", server.port)
        await until(lambda: application.collective_watches)
        application.tick("n", 15)
        tick = await reading
        assert (tick.tick, tick.skipped) == (15, 4)
    await again.stop(0.0)


async def test_a_cursor_that_is_no_longer_kept_is_refused(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A cursor that is too old is refused, never silently skipped."""
    application.journal_from = 1000
    application.happen("merged", "n")
    with pytest.raises(dreamapi.CursorTooOld):
        await anext(api.dreamscapes.watch_events(after=5))


@pytest.mark.parametrize("after", [1 << 63, (1 << 64) - 1])
async def test_a_cursor_that_no_event_can_have_is_refused(after: int, api: dreamapi.Api) -> None:
    """A negative cursor of a language without unsigned integers is a bad input, not an internal error."""
    with pytest.raises(dreamapi.InvalidArgument) as caught:
        await anext(api.dreamscapes.watch_events(after=after))
    assert caught.value.metadata["field"] == "after"


async def test_a_watch_of_nothing_is_refused(api: dreamapi.Api) -> None:
    """A watch of an unknown Dreamscape ends with its refusal."""
    with pytest.raises(dreamapi.DreamscapeUnknown):
        await anext(api.dreamscapes.watch_collective("nowhere"))


async def test_leaving_a_watch_closes_it(
    application: FakeCoordination, server: Running, api: dreamapi.Api
) -> None:
    """Fifty watchers that come and go leave nothing at the application or the server."""
    application.add("n", DreamscapeState.DREAMING)
    target = f"127.0.0.1:{server.port}"
    async with grpc.aio.insecure_channel(target) as channel:
        stub = DreamscapesStub(channel)
        calls = [stub.WatchCollective(WatchCollectiveRequest(name="dreamscapes/n")) for _ in range(50)]
        await until(lambda: len(application.collective_watches) == 50)
        for call in calls:
            call.cancel()
        await until(lambda: not application.collective_watches)
    assert len(server.bells) == 0


async def test_a_stopping_daemon_ends_every_watch_at_once(
    application: FakeCoordination, server: Running, channel: grpc.aio.Channel
) -> None:
    """A stopping daemon ends every watch at once with a request to reconnect."""
    application.add("n", DreamscapeState.DREAMING)
    call = DreamscapesStub(channel).WatchCollective(WatchCollectiveRequest(name="dreamscapes/n"))
    await until(lambda: application.collective_watches)
    async with asyncio.timeout(2.0):
        await server.stop(30.0)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call.read()
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
