"""The WakeOrders service, through the Python client and the shell."""

import json

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1.wake_pb2 import OrderWakeRequest
from dreamapi.v1.wake_pb2_grpc import WakeOrdersStub
from dreamwire.messages import WakeScope
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

SCOPE = dreamapi.WakeOrder


async def test_an_order_answers_with_its_counts(application: FakeCoordination, api: dreamapi.Api) -> None:
    """The answer holds the order's name and the counts of zeros and confirmations."""
    answer = await api.wake.order(SCOPE.SCOPE_SITE, "ward-a", issuer="mira", reason="smoke")
    order = answer.order
    assert (order.name, order.scope, order.target) == ("wakeOrders/w1", SCOPE.SCOPE_SITE, "sites/ward-a")
    assert (order.issuer, order.reason, order.stands) == ("mira", "smoke", True)
    assert order.create_time.ToNanoseconds() == int(NOW_S * 1e9)
    assert not order.HasField("lift_time")
    assert (answer.outcome.zeroed, answer.outcome.confirmed) == (2, 2)


@pytest.mark.parametrize(
    ("scope", "target", "asked"),
    [
        (SCOPE.SCOPE_POD, "bed-1", (WakeScope.POD, "bed-1")),
        (SCOPE.SCOPE_DREAMSCAPE, "dreamscapes/night", (WakeScope.DREAMSCAPE, "night")),
        (SCOPE.SCOPE_FLEET, "", (WakeScope.FLEET, "")),
    ],
)
async def test_every_scope_reaches_the_application(
    application: FakeCoordination,
    api: dreamapi.Api,
    scope: "dreamapi.WakeOrder.Scope",
    target: str,
    asked: tuple[WakeScope, str],
) -> None:
    """The application gets the wire's scope, the bare name and the call's request id."""
    await api.wake.order(scope, target, request_id="r1")
    assert application.calls[-1] == ("wake_orders.order", *asked, "", "", "r1")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (OrderWakeRequest(target="pods/bed-1"), "scope"),
        (OrderWakeRequest(scope=9, target="pods/bed-1"), "scope"),
        (OrderWakeRequest(scope=SCOPE.SCOPE_POD, target="sites/ward-a"), "target"),
        (OrderWakeRequest(scope=SCOPE.SCOPE_FLEET, target="pods/bed-1"), "target"),
        (OrderWakeRequest(scope=SCOPE.SCOPE_SITE), "target"),
    ],
)
async def test_an_order_for_an_unknown_target_is_refused(
    channel: grpc.aio.Channel, application: FakeCoordination, request_: OrderWakeRequest, field: str
) -> None:
    """An order for an unknown target is refused, as it woke no sleeper; nothing is done."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await WakeOrdersStub(channel).OrderWake(request_)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().startswith(f"{field}: expected ")
    assert application.calls == []


async def test_an_order_sent_again_reaches_the_application_again(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A repeated order reaches the application again: it knows the request id and wakes those not awake."""
    for _ in range(2):
        await api.wake.order(SCOPE.SCOPE_FLEET, request_id="r1")
    assert [call[0] for call in application.calls] == ["wake_orders.order"] * 2


async def test_lifting_and_listing(api: dreamapi.Api) -> None:
    """A lifted order has its person, reason and time; a list may omit it."""
    first = (await api.wake.order(SCOPE.SCOPE_POD, "bed-1")).order
    await api.wake.order(SCOPE.SCOPE_FLEET)
    lifted = await api.wake.lift(first.name, by="mira", reason="false alarm")
    assert (lifted.stands, lifted.lifted_by, lifted.lifted_reason) == (False, "mira", "false alarm")
    assert lifted.HasField("lift_time")
    assert [order.name for order in await api.wake.list()] == ["wakeOrders/w2", "wakeOrders/w1"]
    assert [order.name for order in await api.wake.list(standing=True)] == ["wakeOrders/w2"]
    with pytest.raises(dreamapi.WakeOrderUnknown):
        await api.wake.lift("w9", by="mira", reason="none")


async def test_the_shell_orders_lifts_and_lists(shell: Shell) -> None:  # noqa: F811 - the fixture
    """Every verb prints words and JSON."""
    assert (await shell("wake list"))[1] == "no wake order has been given\n"
    status, out, _ = await shell("wake order pod bed-1 --issuer mira --reason smoke")
    assert (status, out) == (0, "w1 wakes pods/bed-1: 2 zeroed, 2 confirmed by their pods\n")
    fleet = json.loads((await shell("wake order fleet --json"))[1])
    assert (fleet["order"]["scope"], fleet["outcome"]["zeroed"]) == ("SCOPE_FLEET", 2)
    out = (await shell("wake lift w1 --by mira --reason over"))[1]
    assert out == "w1 wakes pods/bed-1: lifted by mira: over\n"
    rows = [line.split()[0] for line in (await shell("wake list"))[1].splitlines()]
    assert rows == ["order", "w2", "w1"]
    assert len(json.loads((await shell("wake list --standing --json"))[1])) == 1
    assert (await shell("wake lift w9 --by mira --reason x"))[0] == 1
