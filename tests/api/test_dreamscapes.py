"""The Dreamscapes service, through the Python client."""

import asyncio
from contextlib import aclosing

import grpc.aio
import pytest

import dreamapi
from dreamapi.v1.dreamscapes_pb2 import Dreamscape, Seat, SeverDreamscapeRequest
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamd.adapters.grpc.server import Running
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from fakes.coordination import FakeCoordination
from fakes.waiting import until


async def test_a_plan_left_open_takes_the_daemons_defaults(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """An absent field of a plan takes the default of Plan, and the answer shows it."""
    made = await api.dreamscapes.create("first", dreamapi.plan(seats_min=3, seats_max=8))
    assert application.calls[-1] == ("create", Plan("first", 3, 8), False)
    assert (made.name, made.state) == ("dreamscapes/first", Dreamscape.STATE_PLANNED)
    assert (made.plan.ceiling, made.plan.ramp.seconds, made.plan.late_joining) == (0.15, 60, True)


async def test_a_plan_given_whole_arrives_whole(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Zeros and false values of a plan are not taken for absent."""
    plan = dreamapi.plan(
        seats_min=2,
        seats_max=4,
        pods=["bed-1", "pods/bed-2"],
        site="ward-a",
        late_joining=False,
        intimate=True,
        ceiling=0.0,
        ramp_s=12.5,
        record=True,
    )
    plan.start_time.FromNanoseconds(1_700_000_000_500_000_000)
    await api.dreamscapes.create("whole", plan)
    expected = Plan(
        "whole",
        2,
        4,
        start_at_s=1_700_000_000.5,
        pods=("bed-1", "bed-2"),
        site="ward-a",
        late_joining=False,
        intimate=True,
        ceiling=0.0,
        ramp_s=12.5,
        record=True,
    )
    assert application.calls[-1] == ("create", expected, False)


async def test_validate_only_creates_nothing(api: dreamapi.Api) -> None:
    """`validate_only` creates nothing; the same request id may then be used for the creation."""
    plan = dreamapi.plan(seats_min=3, seats_max=8)
    await api.dreamscapes.create("first", plan, validate_only=True, request_id="r1")
    assert await api.dreamscapes.list() == []
    await api.dreamscapes.create("first", plan, request_id="r1")
    with pytest.raises(dreamapi.DreamscapeExists):
        await api.dreamscapes.create("first", plan, validate_only=True)


async def test_lists_leave_out_seats_and_get_shows_them(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """Lists omit seats and are newest first; get shows each seat's name, pod and coupling."""
    application.add("one", DreamscapeState.ENDED)
    application.add("two", DreamscapeState.DREAMING)
    assert [(d.name, len(d.seats)) for d in await api.dreamscapes.list()] == [
        ("dreamscapes/two", 0),
        ("dreamscapes/one", 0),
    ]
    seat = (await api.dreamscapes.get("two")).seats[1]
    assert (seat.name, seat.pod, seat.sleeper) == (
        "dreamscapes/two/seats/2",
        "pods/bed-2",
        "sleepers/s-bed-2",
    )
    assert (seat.state, seat.applied, seat.granted) == (Seat.STATE_ASSIGNED, 0.1, 0.12)


async def test_the_life_of_a_dreamscape(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Start, sever, resume, wake and end reach the application with their arguments."""
    application.add("n", DreamscapeState.GATHERING)
    assert (await api.dreamscapes.start("n", etag="gathering-1")).state == Dreamscape.STATE_DREAMING
    assert (await api.dreamscapes.sever("n", reason="storm")).zeroed == 2
    assert (await api.dreamscapes.resume("n")).state == Dreamscape.STATE_DREAMING
    await api.dreamscapes.wake("n", issuer="night nurse", reason="fire")
    await api.dreamscapes.end("n")
    assert application.calls == [
        ("start", "n", "gathering-1"),
        ("sever", "n", "storm"),
        ("resume", "n", ""),
        ("wake", "n", "night nurse", "fire"),
        ("end", "n", ""),
    ]


async def test_every_admission_check_is_explained(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Checks in order, passed ones too; a clause with revision, limit, value, and the next step."""
    application.add("n", DreamscapeState.GATHERING)
    checks = await api.dreamscapes.explain_admission("n", "bed-1")
    assert [(c.name, c.passed, c.code) for c in checks] == [
        ("present", True, ""),
        ("calibrated", False, "NOT_CALIBRATED"),
        ("guidelines", False, "GUIDELINE_REFUSED"),
    ]
    assert dict(checks[2].metadata) == {"clause": "G-3.1", "revision": "1", "limit": "60", "value": "63.2"}
    assert [check.next_step.split(",")[0] for check in checks][::2] == ["", "keep to the clause's limit"]


async def test_a_sever_is_sent_before_it_is_confirmed(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The zeros leave at once; the answer comes as soon as the last pod has confirmed."""
    application.add("n", DreamscapeState.DREAMING)
    application.confirm_at_once = False
    asked = asyncio.ensure_future(api.dreamscapes.sever("n", reason="storm"))
    await until(lambda: application.tickets)
    assert application.sessions["n"].state is DreamscapeState.SEVERED
    assert not asked.done()
    for pod in ("bed-1", "bed-2"):
        application.tickets[0].confirm(pod)
    outcome = await asked
    assert (outcome.zeroed, outcome.confirmed, list(outcome.unconfirmed)) == (2, 2, [])


async def test_a_sever_answers_within_the_callers_deadline(
    application: FakeCoordination, server: Running, channel: grpc.aio.Channel
) -> None:
    """With 150 ms left a sever answers in time and names the unconfirmed pods."""
    application.add("n", DreamscapeState.DREAMING)
    application.confirm_at_once = False
    outcome = await DreamscapesStub(channel).SeverDreamscape(
        SeverDreamscapeRequest(name="dreamscapes/n"), timeout=0.15
    )
    assert (outcome.confirmed, list(outcome.unconfirmed)) == (0, ["pods/bed-1", "pods/bed-2"])


async def test_hanging_up_does_not_undo_a_sever(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """A sever stands although its caller hangs up: the zeros were sent before."""
    application.add("n", DreamscapeState.DREAMING)
    application.confirm_at_once = False
    call = DreamscapesStub(channel).SeverDreamscape(SeverDreamscapeRequest(name="dreamscapes/n"))
    await until(lambda: application.tickets)
    call.cancel()
    assert application.sessions["n"].state is DreamscapeState.SEVERED


async def test_the_collective_is_watched_to_its_end(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Ticks arrive with their seats; the watch ends with the Dreamscape and is closed."""
    application.add("n", DreamscapeState.DREAMING)
    seen = []

    async def follow() -> None:
        async with aclosing(api.dreamscapes.watch_collective("n")) as watch:
            seen.extend([tick async for tick in watch])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        await until(lambda: application.collective_watches)
        (watch,) = application.collective_watches
        for number in (1, 2):
            application.tick("n", number)
            await until(lambda number=number: len(watch.taken) == number)
        await api.dreamscapes.end("n")
    assert [(tick.tick, len(tick.seats), tick.skipped) for tick in seen] == [(1, 8, 0), (2, 8, 0)]
    assert seen[0].grid_time.ToMilliseconds() == 1_700_000_000_500
    assert seen[0].tick_duration.ToMicroseconds() == 1250
    assert not application.collective_watches


async def test_a_screen_may_leave_the_seats_out(application: FakeCoordination, api: dreamapi.Api) -> None:
    """`omit_seats` sends the group alone."""
    application.add("n", DreamscapeState.DREAMING)
    async with aclosing(api.dreamscapes.watch_collective("n", omit_seats=True)) as watch:
        first = asyncio.ensure_future(anext(watch))
        await until(lambda: application.collective_watches)
        application.tick("n", 1)
        assert (len((await first).seats), (await api.dreamscapes.get("n")).tick) == (0, 40)
