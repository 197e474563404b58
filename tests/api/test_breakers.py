"""The Breakers service, through the Python client and the shell."""

import json

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1.breakers_pb2 import ListBreakersRequest
from dreamapi.v1.breakers_pb2_grpc import BreakersStub
from dreamd.core.dreamscapes.views import BreakerState
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S, breaker_view


async def test_a_breaker_is_shown_with_evidence_times_and_history(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A breaker is shown with its evidence, its begin and end times, and its history."""
    application.breakers.views["pods/bed-1"] = breaker_view("pods/bed-1", BreakerState.OPEN, "quality 0.10")
    shown = await api.breakers.get("bed-1")
    assert (shown.name, shown.state) == ("breakers/pods/bed-1", dreamapi.Breaker.STATE_OPEN)
    assert (shown.cause, shown.evidence, shown.etag) == ("operator", "quality 0.10", "open-1")
    assert shown.state_start_time.ToNanoseconds() == shown.trip_time.ToNanoseconds() == int(NOW_S * 1e9)
    assert shown.state_expire_time.ToNanoseconds() == int((NOW_S + 30.0) * 1e9)
    [move] = shown.history
    assert (move.before, move.after) == (dreamapi.Breaker.STATE_CLOSED, dreamapi.Breaker.STATE_OPEN)
    assert move.detail == "quality 0.10"


async def test_a_closed_breaker_has_no_times(api: dreamapi.Api) -> None:
    """A time that never was is absent, not the year 1970."""
    shown = await api.breakers.get("breakers/pods/bed-2")
    assert not any(shown.HasField(field) for field in ("state_start_time", "state_expire_time", "trip_time"))


async def test_lists_are_whole_filtered_and_without_history(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The client follows the pages; the daemon filters; only Get returns the history."""
    views = {f"pods/bed-{n:04}": breaker_view(f"pods/bed-{n:04}") for n in range(1100)}
    views["pods/bed-0007"] = breaker_view("pods/bed-0007", BreakerState.LOCKED, "twice")
    application.breakers.views = views
    assert len(await api.breakers.list()) == 1100
    [locked] = await api.breakers.list(dreamapi.Breaker.STATE_LOCKED)
    assert (locked.name, len(locked.history)) == ("breakers/pods/bed-0007", 0)


async def test_a_state_that_does_not_exist_is_refused(channel: grpc.aio.Channel) -> None:
    """An unreadable filter is refused, because it would hide open breakers."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await BreakersStub(channel).ListBreakers(ListBreakersRequest(state=9))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_trip_needs_neither_name_nor_reason(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A trip without name and reason is accepted; given ones are passed on."""
    assert (await api.breakers.trip("bed-1")).state == dreamapi.Breaker.STATE_OPEN
    await api.breakers.trip("bed-1", by="mira", reason="pale\nand restless")
    assert application.calls[-1] == ("breakers.trip", "pods/bed-1", "mira", "pale and restless")


async def test_a_trip_sent_again_is_done_again(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A repeated trip is carried out again: a remembered answer could leave a sleeper merged."""
    for _ in range(2):
        await api.breakers.trip("bed-1", by="mira", reason="pale")
    assert sum(call[0] == "breakers.trip" for call in application.calls) == 2


async def test_a_reset_sent_again_is_done_once(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A repeated reset gets the first answer, although the breaker is no longer locked."""
    application.breakers.views["pods/bed-1"] = breaker_view("pods/bed-1", BreakerState.LOCKED)
    for _ in range(2):
        answer = await api.breakers.reset("bed-1", by="mira", reason="new electrodes", request_id="r1")
        assert answer.state == dreamapi.Breaker.STATE_HALF_OPEN
    assert sum(call[0] == "breakers.reset" for call in application.calls) == 1


async def test_resetting_what_is_not_locked_is_refused(api: dreamapi.Api) -> None:
    """Resetting a breaker that is not locked raises a typed exception with state and next step."""
    with pytest.raises(dreamapi.BreakerNotLocked, match="reset only a locked breaker"):
        await api.breakers.reset("bed-1", by="mira", reason="impatience")


@pytest.mark.parametrize(
    "name", ["bed-1", "pods/bed-1", "breakers/sites/a", "breakers/pods/", "breakers/pods/B"]
)
async def test_a_name_that_is_none_says_what_was_expected(channel: grpc.aio.Channel, name: str) -> None:
    """A wrong name is refused with the field and the expected form."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await BreakersStub(channel).GetBreaker(dreamapi.v1.breakers_pb2.GetBreakerRequest(name=name))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().startswith("name: expected breakers/pods/{pod} or ")


async def test_the_shell_lists_trips_and_resets(
    application: FakeCoordination,
    shell: Shell,  # noqa: F811 - the fixture
) -> None:
    """Every verb prints a table and JSON."""
    application.breakers.views["pods/bed-2"] = breaker_view("pods/bed-2", BreakerState.LOCKED, "flat twice")
    status, out, _ = await shell("breakers list --state locked")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [["pods/bed-2", "locked"]]
    assert (await shell("breakers list --state open"))[1] == "no breaker is open\n"
    assert "flat twice" in (await shell("breakers get bed-2"))[1]
    reset = await shell("breakers reset bed-2 --by mira --reason mended --json")
    assert json.loads(reset[1])["state"] == "STATE_HALF_OPEN"
    assert "open" in (await shell("breakers trip bed-1 --by mira"))[1]
    assert len(json.loads((await shell("breakers list --json"))[1])) == 3
    status, _, err = await shell("breakers reset bed-3 --by mira --reason no")
    assert (status, err.startswith("dreamd: breaker pods/bed-3 is closed")) == (1, True)
