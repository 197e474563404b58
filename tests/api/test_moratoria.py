"""The Moratoria service, through the Python client and the shell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1 import moratoria_pb2 as moratoria
from dreamapi.v1.moratoria_pb2_grpc import MoratoriaStub
from dreamd.core.moratoria.course import MoratoriumScope, MoratoriumState
from fakes.coordination import FakeCoordination

TOLD = moratoria.Moratorium
ENDS = datetime.fromtimestamp(1_800_600_000, UTC)


async def test_a_moratorium_is_called_lifted_and_listed(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """A call passes scope, site, times and reason, and answers with whom it has set to zero."""
    called = await api.moratoria.call_moratorium(
        "north", ends=ENDS, begins=ENDS - timedelta(days=2), reason="three cases", by="ash", request_id="r1"
    )
    ends_s = ENDS.timestamp()
    asked = MoratoriumScope.SITE, "north", ends_s - 172_800.0, ends_s, "ash", "three cases", "r1"
    assert application.calls[-1] == ("moratoria.call", *asked)
    one = called.moratorium
    assert (one.name, one.scope, one.target) == ("moratoria/m1", TOLD.SCOPE_SITE, "sites/north")
    assert (one.state, one.by, one.sleepers_needed, one.acts) == (TOLD.STATE_CALLED, "ash", 4, False)
    assert (called.outcome.zeroed, called.outcome.confirmed) == (2, 2)
    fleet = (await api.moratoria.call_moratorium(reason="smoke", by="ash")).moratorium
    assert (fleet.scope, fleet.target, fleet.acts) == (TOLD.SCOPE_FLEET, "", True)
    assert (fleet.expire_time.ToDatetime() - fleet.begin_time.ToDatetime()) == timedelta(days=1)
    lifted = await api.moratoria.lift_moratorium("m2", reason="a mistake", by="ash")
    assert (lifted.state, lifted.close_reason) == (TOLD.STATE_LIFTED, "a mistake")
    assert [one.name for one in await api.moratoria.list_moratoria()] == ["moratoria/m2", "moratoria/m1"]
    assert await api.moratoria.list_moratoria(acting=True) == []
    with pytest.raises(dreamapi.WrongState):
        await api.moratoria.lift_moratorium("moratoria/m2", reason="again", by="ash", role="advocate")
    with pytest.raises(dreamapi.MoratoriumUnknown):
        await api.moratoria.second_moratorium("m9")
    seconded = await api.moratoria.second_moratorium("m1")
    assert (seconded.state, len(seconded.seconds)) == (TOLD.STATE_STANDING, 1)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (moratoria.CallMoratoriumRequest(reason="x"), "scope"),
        (moratoria.CallMoratoriumRequest(scope=9, reason="x"), "scope"),
        (moratoria.CallMoratoriumRequest(scope=TOLD.SCOPE_SITE, reason="x"), "target"),
        (moratoria.CallMoratoriumRequest(scope=TOLD.SCOPE_SITE, target="pods/bed-1", reason="x"), "target"),
        (moratoria.CallMoratoriumRequest(scope=TOLD.SCOPE_FLEET, target="sites/north", reason="x"), "target"),
        (moratoria.CallMoratoriumRequest(scope=TOLD.SCOPE_FLEET, request_id="a b", reason="x"), "request_id"),
        (moratoria.SecondMoratoriumRequest(name="m1"), "name"),
        (moratoria.LiftMoratoriumRequest(name="wakeOrders/m1", reason="x"), "name"),
        (moratoria.LiftMoratoriumRequest(name="moratoria/m1", reason="x", role=1), "role"),
    ],
)
async def test_a_wrong_request_is_refused_by_its_field(
    channel: grpc.aio.Channel, asked: object, field: str
) -> None:
    """A scope, a target, a name or a role of another form is an invalid argument, and calls nothing."""
    stub = MoratoriaStub(channel)  # type: ignore[no-untyped-call]
    method = getattr(stub, type(asked).__name__.removesuffix("Request"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await method(asked)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in str(caught.value.details())


async def test_the_shell_calls_lifts_and_lists(shell: Shell, application: FakeCoordination) -> None:  # noqa: F811
    """The verbs print one line or a table, name what acts, and refuse a time that is none."""
    status, out, _ = await shell("moratorium list --acting")
    assert (status, out.strip()) == (0, "no moratorium acts")
    status, out, _ = await shell("moratorium call --site north --to 2027-02-01 --by ash --reason drill")
    assert status == 0
    assert "m1 of sites/north is called until" in out
    assert "2 zeroed" in out
    kept = application.moratoria.kept
    kept["m1"] = replace(kept["m1"], state=MoratoriumState.STANDING)
    status, out, _ = await shell("moratorium list")
    assert (status, "standing" in out, "0 of 4 sleepers" in out) == (0, True, True)
    status, _, err = await shell("moratorium second m9")
    assert (status, "dreamd moratorium list" in err) == (1, True)
    status, out, _ = await shell("moratorium list --json")
    assert (status, '"moratoria/m1"' in out) == (0, True)
