"""Ways out at a daemon that does not own its house: kept for the owner, judged by the same rules."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import grpc.aio
import pytest

import dreamapi
from dreamapi.credentials import CredentialFile
from dreamapi.errors import from_rpc
from dreamapi.v1.severs_pb2 import OrderSeverRequest
from dreamapi.v1.severs_pb2_grpc import SeversStub
from dreamapi.v1.wake_pb2 import WakeOrder
from dreamd.adapters.grpc.calls.method_rules import rules_of_api
from dreamd.adapters.grpc.elsewhere_server import ElsewhereServer, serve_elsewhere
from dreamd.adapters.grpc.guards import admission_of
from dreamd.adapters.grpc.kept_ways_out import _MAKES, ENDS_WITHIN_S, KeptWaysOut, _wait_s
from dreamd.adapters.grpc.server_certificate import renewing_credentials
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.access.rules import Effect
from dreamd.core.house_orders import METHODS, CarriedOut, HouseOrder
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import LedgerError
from dreamd.ports.house_desk import KeptOrder
from fakes.access import FakeAccess
from fakes.whereabouts import OneSite

HERE = "127.0.0.1"
SEVER = OrderSeverRequest


class Desk:
    """A desk in memory. owner_left_s: of the owner's lease. end: of every order; None: none is written."""

    def __init__(self) -> None:
        self.orders: list[HouseOrder] = []
        self.owner_left_s = 0.0
        self.end: CarriedOut | None = None
        self.broken = ""
        self.waited_s = 0.0

    async def keep_order(self, order: HouseOrder) -> KeptOrder:
        """Keep it."""
        if self.broken:
            raise LedgerError(self.broken)
        self.orders.append(order)
        return KeptOrder(f"o{len(self.orders)}", self.owner_left_s)

    async def end_of(self, order: str, within_s: float) -> CarriedOut | None:
        """Wait for nothing."""
        self.waited_s = within_s
        return self.end


@pytest.fixture
def desk() -> Desk:
    """A desk of a house without an owner."""
    return Desk()


@pytest.fixture
async def waiting(desk: Desk, tmp_path: Path) -> AsyncIterator[ElsewhereServer]:
    """A daemon that waits, on a port and on a socket."""
    server = await serve_elsewhere(
        *(HERE, 0, lambda: Refusal(Code.HOUSE_UNOWNED, "no daemon owns the house for the moment")),
        ways_out=KeptWaysOut(desk, None, "10.0.0.2:50051"),
        socket=tmp_path / "free.sock",
    )
    yield server
    await server.end_serving()


@pytest.fixture
async def api(waiting: ElsewhereServer) -> AsyncIterator[dreamapi.Api]:
    """A client of it."""
    async with dreamapi.connect(f"{HERE}:{waiting.port}", deadline_s=20.0) as one:
        yield one


async def test_every_way_out_becomes_its_order(api: dreamapi.Api, desk: Desk) -> None:
    """Each call is kept as the order that the owner carries out, with the names as they were asked."""
    await api.severs.order(SEVER.SCOPE_POD, "bed-1", reason="smoke", issuer="mira")
    await api.severs.order(SEVER.SCOPE_SLEEPER, "ash")
    await api.severs.order(SEVER.SCOPE_FLEET)
    await api.dreamscapes.sever("night", reason="smoke")
    await api.dreamscapes.wake("night", issuer="mira", reason="fire")
    await api.dreamscapes.end("night")
    await api.pods.release("bed-2", reason="cough")
    await api.consents.withdraw("ash", issuer="mira")
    await api.wake.order(WakeOrder.SCOPE_SITE, "north", issuer="mira", reason="fire")
    await api.wake.order(WakeOrder.SCOPE_SLEEPER, "ash", issuer="", reason="")
    told = [(one.method, one.scope, one.target, one.sleeper, one.told, one.reason) for one in desk.orders]
    assert told == [
        ("OrderSever", "pod", "bed-1", "", "mira", "smoke"),
        ("OrderSever", "sleeper", "", "ash", "", ""),
        ("OrderSever", "fleet", "", "", "", ""),
        ("SeverDreamscape", "", "night", "", "", "smoke"),
        ("WakeDreamscape", "", "night", "", "mira", "fire"),
        ("EndDreamscape", "", "night", "", "", ""),
        ("ReleasePod", "", "bed-2", "", "", "cough"),
        ("WithdrawConsent", "", "", "ash", "mira", ""),
        ("OrderWake", "site", "north", "", "mira", "fire"),
        ("OrderWake", "pod", "", "ash", "", ""),
    ]
    assert {one.via for one in desk.orders} == {"10.0.0.2:50051"}


async def test_without_an_owner_the_answer_says_that_each_bed_is_alone(api: dreamapi.Api, desk: Desk) -> None:
    """No end is waited for: the order is kept, and nobody is merged while no daemon owns the house."""
    outcome = await api.severs.order(SEVER.SCOPE_FLEET)
    assert outcome.kept.startswith("no daemon owns the house: each bed is alone by its own lease")
    assert (outcome.zeroed, desk.waited_s) == (0, 0.0)
    woken = await api.wake.order(WakeOrder.SCOPE_POD, "bed-1", issuer="mira", reason="fire")
    order = woken.order
    assert woken.outcome.kept == outcome.kept
    assert (order.name, order.target, order.issuer, order.stands) == ("", "pods/bed-1", "mira", True)


async def test_with_an_owner_the_answer_is_the_owners(api: dreamapi.Api, desk: Desk) -> None:
    """The end that the owner has written is the answer, as from the owner itself."""
    desk.owner_left_s, desk.end = 4.0, CarriedOut("o1", 1.0, 3, 2, ("bed-3",))
    outcome = await api.severs.order(SEVER.SCOPE_DREAMSCAPE, "night")
    assert (outcome.zeroed, outcome.confirmed, outcome.kept) == (3, 2, "")
    assert list(outcome.unconfirmed) == ["pods/bed-3"]
    assert 0.0 < desk.waited_s <= 3.0


async def test_an_owner_that_has_not_answered_is_told_as_such(api: dreamapi.Api, desk: Desk) -> None:
    """Its end may still come: the answer says until when a bed could be merged at the latest."""
    desk.owner_left_s = 4.0
    outcome = await api.severs.order(SEVER.SCOPE_DREAMSCAPE, "night")
    assert "has not reported its end yet" in outcome.kept
    assert "once its lease is over, in 4 s" in outcome.kept


async def test_a_refusal_of_the_owner_is_the_answer(api: dreamapi.Api, desk: Desk) -> None:
    """An order of a name that the owner does not know is refused with the owner's code."""
    desk.owner_left_s, desk.end = (
        4.0,
        CarriedOut("o1", 1.0, outcome="POD_UNKNOWN pod 'x' has never connected"),
    )
    with pytest.raises(dreamapi.PodUnknown, match="pod 'x' has never connected"):
        await api.severs.order(SEVER.SCOPE_POD, "x")


async def test_an_order_that_cannot_be_kept_is_refused_with_what_is_left(
    waiting: ElsewhereServer, desk: Desk
) -> None:
    """A database that does not answer keeps nothing: the caller is told, and which way out is left."""
    desk.broken = "the database does not answer (connection refused)"
    async with grpc.aio.insecure_channel(f"{HERE}:{waiting.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as no:
            await SeversStub(channel).OrderSever(SEVER(scope=SEVER.SCOPE_FLEET))
    failure = from_rpc(no.value, HERE)
    assert isinstance(failure, dreamapi.HouseUnowned)
    assert "connection refused" in str(failure)
    assert "the bed's own button" in str(failure)


async def test_bad_names_are_refused_before_anything_is_kept(api: dreamapi.Api, desk: Desk) -> None:
    """A target of another kind is refused as at the owner."""
    with pytest.raises(dreamapi.InvalidArgument):
        await api.dreamscapes.sever("no such/name")
    assert desk.orders == []


async def test_the_socket_of_this_machine_keeps_ways_out_too(
    waiting: ElsewhereServer, desk: Desk, tmp_path: Path
) -> None:
    """A person at the machine needs no credential, here as at the owner."""
    async with dreamapi.connect(f"unix:{tmp_path / 'free.sock'}", deadline_s=20.0) as api:
        await api.severs.order(SEVER.SCOPE_FLEET)
    assert len(desk.orders) == 1


@pytest.fixture
def own_site(tmp_path: Path) -> SiteAuthority:
    """The authority of a site."""
    site = SiteAuthority(tmp_path / "site")
    site.make_site((HERE,), dt.datetime.now(dt.UTC))
    return site


async def test_callers_are_judged_as_at_the_owner(desk: Desk, own_site: SiteAuthority) -> None:
    """By credential, role and scope; the order names the principal, and the sleeper as which it acts."""
    access = FakeAccess()
    admission = admission_of(access.table, OneSite("night"), access.clock.now_s)
    server = await serve_elsewhere(
        *(HERE, 0, lambda: Refusal(Code.HOUSE_UNOWNED, "no daemon owns the house for the moment")),
        credentials=renewing_credentials(own_site),
        ways_out=KeptWaysOut(desk, admission, "here"),
    )
    target = f"{HERE}:{server.port}"

    async def by(name: str, token: str, call: Callable[[dreamapi.Api], Awaitable[object]]) -> None:
        kept = CredentialFile(target, name, token, own_site.authority_text)
        async with dreamapi.connect(target, credential=kept, deadline_s=20.0) as api:
            await call(api)

    own = access.known("ada-login", Grant(Role.SLEEPER, sleeper="ada"))
    anna = access.known("anna", Grant(Role.ADVOCATE))
    auditor = access.known("otto", Grant(Role.AUDITOR))
    await by("ada-login", own, lambda api: api.consents.withdraw("-"))
    await by("ada-login", own, lambda api: api.pods.release("bed-1"))
    await by("anna", anna, lambda api: api.severs.order(SEVER.SCOPE_FLEET, issuer="mira"))
    with pytest.raises(dreamapi.OutOfScope):
        await by("ada-login", own, lambda api: api.pods.release("bed-2"))
    with pytest.raises(dreamapi.NotYours):
        await by("ada-login", own, lambda api: api.consents.withdraw("birch"))
    with pytest.raises(dreamapi.RoleLacking):
        await by("otto", auditor, lambda api: api.severs.order(SEVER.SCOPE_FLEET))
    with pytest.raises(dreamapi.CredentialUnknown):
        await by("anna", "dreamd_of-anna_" + "x" * 52, lambda api: api.severs.order(SEVER.SCOPE_FLEET))
    await server.end_serving()
    told = [(one.method, one.sleeper, one.issuer, one.own, one.role, one.told) for one in desk.orders]
    assert told == [
        ("WithdrawConsent", "ada", "ada-login", "ada", "sleeper", ""),
        ("ReleasePod", "", "ada-login", "ada", "sleeper", ""),
        ("OrderSever", "", "anna", "", "advocate", "mira"),
    ]
    assert desk.orders[2].caller.signature == "anna on behalf of mira"


async def test_calls_at_once_are_each_answered(api: dreamapi.Api, desk: Desk) -> None:
    """A hundred severs together are a hundred answers."""
    outcomes = await asyncio.gather(*(api.severs.order(SEVER.SCOPE_FLEET) for _ in range(100)))
    assert all(one.kept for one in outcomes)
    assert len(desk.orders) == 100


def test_the_answer_leaves_before_the_callers_deadline() -> None:
    """The owner is waited for until just before the deadline, and without one no longer than it may take."""

    class Left:
        """A context with this much time left, seconds."""

        def __init__(self, left_s: float | None) -> None:
            self.left_s = left_s

        def time_remaining(self) -> float | None:
            """It."""
            return self.left_s

    assert 0.5 < _wait_s(Left(1.0)) < 1.0
    assert _wait_s(Left(None)) == _wait_s(Left(60.0)) == ENDS_WITHIN_S


def test_what_is_kept_is_what_the_owner_carries_out() -> None:
    """Every method that is kept has an execution, and frees: an order only takes away."""
    assert set(_MAKES) == set(METHODS)
    frees = {rule.method for rule in rules_of_api().values() if rule.effect is Effect.FREES}
    assert set(METHODS) == frees - {"CheckOutPod", "TripBreaker"}
