"""Access control over a real server: every role against every method, by live calls."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc.aio
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

import dreamapi
from dreamapi.v1.audit_pb2 import GetAuditTextRequest
from dreamapi.v1.dreamscapes_pb2 import WatchEventsRequest
from dreamapi.v1.pods_pb2 import GetPodRequest, ReleasePodRequest
from dreamapi.v1.pods_pb2_grpc import PodsStub
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.interceptor import _whole
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import (
    MethodWithoutRuleError,
    check_rules,
    rules_of,
    rules_of_api,
)
from dreamd.adapters.grpc.server import Guard, Running, serve_grpc
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import DAY_S, Grant, Kind
from dreamd.core.access.rules import Effect
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.moratoria.course import MoratoriumScope
from dreamd.core.refusals import Code
from dreamd.ports.site_facts import SiteFacts
from dreamwire.messages import WakeScope
from fakes.api_requests import GATHERED, GUARDED, STREAMS, UNARY, stub_with
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.views import breaker_view, collective_view
from fakes.waiting import until
from fakes.whereabouts import OneSite

EVERY = frozenset(rule.method for rule in rules_of_api().values())
GRANTS = {
    Role.OPERATOR: Grant(Role.OPERATOR, sites=frozenset("*")),
    Role.ARTIST: Grant(Role.ARTIST, dreamscapes=frozenset("*")),
    Role.CLINICIAN: Grant(Role.CLINICIAN, sites=frozenset("*")),
    Role.ADVOCATE: Grant(Role.ADVOCATE),
    Role.SLEEPER: Grant(Role.SLEEPER, sleeper="ada"),
    Role.SERVICE: Grant(Role.SERVICE, sites=frozenset("*"), methods=EVERY),
    Role.AUDITOR: Grant(Role.AUDITOR),
    Role.ADMIN: Grant(Role.ADMIN),
    Role.BED: Grant(Role.BED),
}
KINDS = {Role.SERVICE: Kind.SERVICE, Role.BED: Kind.BED}
UNFIT = {Code.ROLE_LACKING.value, Code.PERSON_NEEDED.value, Code.NOT_YOURS.value}
"""Refusals of a role; one of a scope is judged after the role, and tested in `tests/core/test_access`."""


@pytest.fixture
def broker_faults() -> list[str]:
    """Why no sleeper may be bound now."""
    return []


@pytest.fixture
def admission(application: FakeCoordination, broker_faults: list[str]) -> Admission:
    """Admission over the principals of the fake application."""
    principals = application.principals
    used = principals.enrolment.used
    return Admission(
        check_rules(TABLE),
        principals.table,
        OneSite("n"),
        principals.clock.now_s,
        used,
        unsafe=lambda: "".join(broker_faults),
    )


@pytest.fixture
async def server(
    application: FakeCoordination, admission: Admission, refused: list[str]
) -> AsyncIterator[Running]:
    """A server with access control, in the clear."""
    application.add("n", DreamscapeState.GATHERING)
    application.exchange.stand()
    application.breakers.views["pods/bed-1"] = breaker_view("pods/bed-1", BreakerState.LOCKED)
    application.wake_orders.order(named("nurse"), WakeScope.FLEET, "", "fire")
    guard = Guard(admission, SiteFacts(authority="PEM", broker_url="mqtts://b:8883"))
    running = await serve_grpc(
        application, "127.0.0.1", 0, refused=lambda no: refused.append(no.code.value), guard=guard
    )
    yield running
    await running.stop(0.0)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata that carries a credential."""
    return (("authorization", f"Bearer {token}"),)


async def refused_with(channel: grpc.aio.Channel, method: str, *, token: str = "") -> tuple[str, str]:
    """Status and code of the refusal of one call; empty strings where it is answered."""
    metadata = bearer(token) if token else ()
    try:
        if method in UNARY:
            await stub_with(channel, method)(UNARY[method][0], metadata=metadata)
        elif method in STREAMS:
            call = stub_with(channel, method)(STREAMS[method][0], metadata=metadata)
            await asyncio.wait_for(call.initial_metadata(), 0.2)
            await asyncio.wait_for(call.read(), 0.2)
        elif method in GATHERED:
            await stub_with(channel, method)(iter([GATHERED[method][0]]), metadata=metadata)
        else:
            await stub_with(channel, method)(GUARDED[method], metadata=metadata)
    except grpc.aio.AioRpcError as error:
        info = dreamapi.errors.from_rpc(error, "here")
        return error.code().name, getattr(info, "reason", "")
    except TimeoutError:
        return "", ""
    return "", ""


@pytest.mark.parametrize("role", GRANTS, ids=lambda role: role.value)
async def test_a_role_may_call_its_methods_and_no_other(
    role: Role, application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """By live calls of every method: those of the role's rules are not refused for it, all others are."""
    kind = KINDS.get(role, Kind.PERSON)
    name = "bed-1" if role is Role.BED else "anna"
    token = application.principals.known(name, GRANTS[role], kind=kind)
    wrong = []
    application.moratoria.call_moratorium(named("ash"), MoratoriumScope.FLEET, "", 0.0, 0.0, "fire")
    for rule in rules_of_api().values():
        if rule.open:
            continue
        application.principals.known("eve", code="k.s")
        may = role in rule.roles and (kind is Kind.PERSON or not rule.person)
        status, code = await refused_with(channel, rule.method, token=token)
        fit = status not in ("PERMISSION_DENIED", "UNAUTHENTICATED") or code == Code.OUT_OF_SCOPE.value
        if may is not fit or (not may and code not in UNFIT):
            wrong.append((rule.method, status, code))
    assert not wrong


async def test_a_stranger_is_answered_by_nothing_but_health(channel: grpc.aio.Channel) -> None:
    """Every method without a credential: UNAUTHENTICATED, but a code and a sign-in are judged themselves."""
    judged = {
        "RedeemCode": ("UNAUTHENTICATED", "CODE_UNKNOWN"),
        "GetProvider": ("FAILED_PRECONDITION", "NO_PROVIDER"),
        "RedeemSignIn": ("FAILED_PRECONDITION", "NO_PROVIDER"),
    }
    assert {rule.method for rule in rules_of_api().values() if rule.open} == set(judged)
    for rule in rules_of_api().values():
        expected = judged.get(rule.method, ("UNAUTHENTICATED", "CREDENTIAL_MISSING"))
        assert await refused_with(channel, rule.method) == expected


async def test_a_wrong_secret_and_an_unknown_id_are_refused_alike(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Neither tells whether the id exists; a scheme of another kind is no credential."""
    token = application.principals.known("anna")
    for wrong in (token[:-1] + "x", "dreamd_nobody_" + "s" * 52, "dreamd_x", "", "x" * 5000):
        status, code = await refused_with(channel, "ListPods", token=wrong or "-")
        assert (status, code) == ("UNAUTHENTICATED", Code.CREDENTIAL_UNKNOWN.value)


async def test_a_lied_name_is_told_on_behalf_of(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """The name of an order is the principal's; the name in the request stands beside it."""
    token = application.principals.known("anna", GRANTS[Role.OPERATOR])
    stub = stub_with(channel, "OrderSever")
    request = UNARY["OrderSever"][0]
    request = type(request).FromString(request.SerializeToString())
    request.issuer = "the chief"
    await stub(request, metadata=bearer(token))
    caller = application.severs.callers[-1]
    assert (caller.name, caller.on_behalf_of) == ("anna", "the chief")


async def test_a_request_id_is_its_principals_own(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Two principals with one request id are two writes; each repetition is answered from its own."""
    tokens = [application.principals.known(name, GRANTS[Role.OPERATOR]) for name in ("anna", "ben")]
    request = type(UNARY["CheckInPod"][0])(name="pods/bed-1", sleeper="sleepers/ada", request_id="r")
    for token in (*tokens, *tokens):
        await stub_with(channel, "CheckInPod")(request, metadata=bearer(token))
    assert [call[0] for call in application.calls].count("check_in") == 2


async def test_a_sleeper_frees_their_own_bed_alone(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Known and unknown pods of others are refused alike, before anything is looked up."""
    token = application.principals.known("ada", GRANTS[Role.SLEEPER])
    pods = PodsStub(channel)
    await pods.ReleasePod(ReleasePodRequest(name="pods/bed-1"), metadata=bearer(token))
    for name in ("pods/bed-2", "pods/no-such-bed", "nonsense"):
        for call in (pods.ReleasePod(ReleasePodRequest(name=name), metadata=bearer(token)),
                     pods.GetPod(GetPodRequest(name=name), metadata=bearer(token))):  # fmt: skip
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
            assert dreamapi.errors.from_rpc(caught.value, "here").reason == "OUT_OF_SCOPE"


async def test_a_revoked_principals_watches_end_at_once(
    application: FakeCoordination, channel: grpc.aio.Channel, admission: Admission
) -> None:
    """A watch that is open ends with CREDENTIAL_REVOKED, and its next call is refused."""
    token = application.principals.known("anna", GRANTS[Role.OPERATOR])
    application.principals.enrolment.ended.append(admission.end_calls)
    call = stub_with(channel, "WatchEvents")(WatchEventsRequest(), metadata=bearer(token))
    await call.read()
    application.access.revoke(named("root"), "anna", "left")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(call.read(), 10.0)
    assert dreamapi.errors.from_rpc(caught.value, "here").reason == "CREDENTIAL_REVOKED"
    assert await refused_with(channel, "ReleasePod", token=token) == ("UNAUTHENTICATED", "CREDENTIAL_REVOKED")


async def test_a_paused_principals_watches_end_and_its_ways_out_go_on(
    application: FakeCoordination, channel: grpc.aio.Channel, admission: Admission
) -> None:
    """Its code is shown a second time: the watch ends with PRINCIPAL_PAUSED, and a release is not refused."""
    token = application.principals.known("anna", GRANTS[Role.OPERATOR], code="lantern.secret")
    application.principals.enrolment.paused.append(admission.end_streams)
    call = stub_with(channel, "WatchEvents")(WatchEventsRequest(), metadata=bearer(token))
    await call.read()
    for _ in range(2):
        application.access.redeem("lantern.secret")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(call.read(), 10.0)
    assert dreamapi.errors.from_rpc(caught.value, "here").reason == "PRINCIPAL_PAUSED"
    assert (await refused_with(channel, "ReleasePod", token=token))[1] != "PRINCIPAL_PAUSED"


async def test_an_open_broker_stops_what_binds_and_nothing_else(
    application: FakeCoordination, channel: grpc.aio.Channel, broker_faults: list[str]
) -> None:
    """With a fault at the broker methods that bind are refused with it; reads and ways out are not."""
    token = application.principals.known("anna", GRANTS[Role.OPERATOR])
    broker_faults.append("the broker lets a client in without a password")
    for method in ("StartDreamscape", "CheckInPod"):
        assert await refused_with(channel, method, token=token) == ("FAILED_PRECONDITION", "BROKER_OPEN")
    for method in ("GetPod", "ReleasePod", "SeverDreamscape"):
        assert (await refused_with(channel, method, token=token))[1] != "BROKER_OPEN"
    broker_faults.clear()
    assert (await refused_with(channel, "StartDreamscape", token=token))[1] != "BROKER_OPEN"


async def _read_to_the_end(call: grpc.aio.UnaryStreamCall[Message, Message]) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def test_a_watch_that_is_being_sent_ends_by_its_revocation_too(
    application: FakeCoordination, channel: grpc.aio.Channel, admission: Admission
) -> None:
    """Revoked in the midst of a stream of messages, each of twenty watches ends with its status."""
    application.principals.enrolment.ended.append(admission.end_calls)
    for name in (f"p{number}" for number in range(20)):
        token = application.principals.known(name, GRANTS[Role.OPERATOR])
        call = stub_with(channel, "WatchEvents")(WatchEventsRequest(), metadata=bearer(token))
        await call.read()
        for _ in range(50):
            application.happen("pod-online", pod="bed-1")
        await asyncio.sleep(0)
        application.access.revoke(named("root"), name, "left")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(_read_to_the_end(call), 5.0)
        assert dreamapi.errors.from_rpc(caught.value, "here").reason == "CREDENTIAL_REVOKED"


async def test_a_cancelled_call_finishes_its_message() -> None:
    """The cancellation is told once the message is sent whole: only then can a status follow it."""
    sent = asyncio.get_running_loop().create_future()

    async def write() -> None:
        await sent

    call = asyncio.ensure_future(_whole(write()))
    await asyncio.sleep(0)
    call.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not call.done()
    sent.set_result(None)
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_reads_have_a_rate_and_ways_out_have_none(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """After a burst reads are refused with the seconds to wait; 300 releases in a row are not."""
    token = application.principals.known("anna", GRANTS[Role.OPERATOR])
    codes = [(await refused_with(channel, "GetPod", token=token))[1] for _ in range(110)]
    assert codes.count("RATE_EXCEEDED") == 10
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub_with(channel, "GetPod")(UNARY["GetPod"][0], metadata=bearer(token))
    status, retry = (
        Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"]),
        RetryInfo(),
    )
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status.details[-1].Unpack(retry)
    assert 0 < retry.retry_delay.ToNanoseconds() <= 20_000_000
    assert {(await refused_with(channel, "ReleasePod", token=token))[1] for _ in range(300)} == {""}


async def test_a_principal_holds_eight_streams_and_still_severs(
    application: FakeCoordination, channel: grpc.aio.Channel, admission: Admission
) -> None:
    """The ninth watch of one principal is refused, another principal's is not; a closed one gives room."""
    token, other = (application.principals.known(name, GRANTS[Role.OPERATOR]) for name in ("anna", "olga"))
    calls = [
        stub_with(channel, "WatchEvents")(WatchEventsRequest(), metadata=bearer(token)) for _ in range(8)
    ]
    for call in calls:
        await call.read()
    assert (await refused_with(channel, "WatchPods", token=token))[1] == "LANE_FULL"
    assert await refused_with(channel, "OrderSever", token=token) == ("", "")
    assert await refused_with(channel, "WatchPods", token=other) == ("", "")
    calls[0].cancel()
    await until(lambda: admission.streams_of("anna") < 8)
    assert await refused_with(channel, "WatchPods", token=token) == ("", "")


async def test_an_expired_credential_still_severs(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """For a day after its end a credential frees and does nothing else."""
    token = application.principals.known("anna", GRANTS[Role.OPERATOR])
    application.principals.clock.now += DAY_S + 60.0
    assert await refused_with(channel, "OrderSever", token=token) == ("", "")
    assert (await refused_with(channel, "ListPods", token=token))[1] == "CREDENTIAL_EXPIRED"
    application.principals.clock.now += DAY_S
    assert (await refused_with(channel, "OrderSever", token=token))[1] == "CREDENTIAL_EXPIRED"


async def test_a_code_is_redeemed_once_and_a_second_time_pauses(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """The credential of a code works. The code again is refused: its principal is paused and still frees."""
    stub = stub_with(channel, "RedeemCode")
    admin = application.principals.known("root", GRANTS[Role.ADMIN])
    enrolled = await stub_with(channel, "EnrolPrincipal")(UNARY["EnrolPrincipal"][0], metadata=bearer(admin))
    request = type(UNARY["RedeemCode"][0])(code=enrolled.code)
    issued = await stub(request)
    assert issued.authority == "PEM"
    assert issued.broker_url == "mqtts://b:8883"
    caller = await stub_with(channel, "GetCaller")(GUARDED["GetCaller"], metadata=bearer(issued.credential))
    assert caller.name == "principals/anna"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub(request)
    assert dreamapi.errors.from_rpc(caught.value, "here").reason == "CODE_SPENT"
    assert (await refused_with(channel, "ListPrincipals", token=issued.credential))[1] == "PRINCIPAL_PAUSED"
    assert (await refused_with(channel, "OrderSever", token=issued.credential))[1] == ""


async def test_a_renewed_secret_ends_the_one_before_at_its_first_use(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Both secrets work until the new one is used; then the old one binds and reads no more."""
    old = application.principals.known("anna", GRANTS[Role.OPERATOR])
    application.principals.clock.now += 1.0
    issued = await stub_with(channel, "RenewCredential")(GUARDED["RenewCredential"], metadata=bearer(old))
    assert await refused_with(channel, "GetPod", token=old) == ("", "")
    assert await refused_with(channel, "GetPod", token=issued.credential) == ("", "")
    assert (await refused_with(channel, "GetPod", token=old))[1] == "CREDENTIAL_EXPIRED"


@pytest.mark.parametrize("method", ["RedeemCode", "RedeemSignIn", "GetProvider"])
async def test_one_host_redeems_one_code_a_second(method: str, channel: grpc.aio.Channel) -> None:
    """After five attempts at once further ones are refused: a guess takes a second each."""
    codes = [(await refused_with(channel, method))[1] for _ in range(7)]
    assert codes[:5] == ["CODE_UNKNOWN" if method == "RedeemCode" else "NO_PROVIDER"] * 5
    assert codes[6] == "RATE_EXCEEDED"


def test_a_method_without_a_rule_ends_the_start() -> None:
    """A method without the option, and a served path without a rule, raise before the port opens."""
    file = FileDescriptorProto(name="x.proto", package="x")
    file.message_type.add(name="M")
    service = file.service.add(name="S")
    service.method.add(name="Do", input_type=".x.M", output_type=".x.M")
    pool = DescriptorPool()
    pool.Add(file)
    method = pool.FindServiceByName("x.S").methods_by_name["Do"]
    with pytest.raises(MethodWithoutRuleError, match=r"/x\.S/Do has no rule"):
        rules_of([("/x.S/Do", method)])
    with pytest.raises(MethodWithoutRuleError, match=r"/x\.S/Do"):
        check_rules([*TABLE, "/x.S/Do"])


def test_every_way_out_has_no_rate_and_reaches_everywhere() -> None:
    """Methods that free are those of the lane of ways out, and operator and admin may call each of them."""
    frees = {rule.method for rule in rules_of_api().values() if rule.effect is Effect.FREES}
    lanes = {path.rpartition("/")[2] for path, lane in TABLE.items() if lane.name == "WAY_OUT"}
    assert frees == lanes
    for rule in rules_of_api().values():
        if rule.effect is Effect.FREES:
            assert {Role.OPERATOR, Role.ADMIN} <= rule.roles


READS = [rule.method for rule in rules_of_api().values() if rule.effect is Effect.READS]


def canary(application: FakeCoordination, sleeper: str) -> None:
    """Lay a sleeper of this name in bed-1, and seat them in n; every pod stands in site a."""
    for pod in ("bed-1", "bed-2", "bed-3"):
        application.change(pod, site="a", sleeper=sleeper if pod == "bed-1" else "")
    view = application.sessions["n"]
    seats = tuple(replace(seat, sleeper=sleeper) for seat in collective_view("n", 1, 2).seats)
    application.sessions["n"] = replace(view, seats=seats)


def push_tick(application: FakeCoordination, sleeper: str) -> None:
    """Push a tick with seats of this name."""
    view = collective_view("n", 1, 2)
    seats = tuple(replace(seat, sleeper=sleeper) for seat in view.seats)
    for watch in application.collective_watches:
        watch.push(replace(view, seats=seats))


async def answers(channel: grpc.aio.Channel, method: str, token: str) -> bytes:
    """The bytes of the answer, or of the first messages of a watch."""
    request = (UNARY | STREAMS | {name: (one, None) for name, one in GUARDED.items()})[method][0]
    call = stub_with(channel, method)(request, metadata=bearer(token))
    if method not in STREAMS:
        return (await call).SerializeToString()
    said = b""
    try:
        async with asyncio.timeout(0.2):
            while (message := await call.read()) is not grpc.aio.EOF:
                said += message.SerializeToString()
    except TimeoutError:
        call.cancel()
    return said


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SERVICE, Role.OPERATOR], ids=lambda role: role.value)
async def test_a_pseudonym_is_in_no_bytes_of_an_auditor_or_a_program(
    role: Role, application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Of every read the bytes lack the canary's name; an operator's have it, so the canary is there."""
    canary(application, "canary-9")
    token = application.principals.known("x", GRANTS[role], kind=KINDS.get(role, Kind.PERSON))
    told = b""
    for method in READS:
        if role in next(rule.roles for rule in rules_of_api().values() if rule.method == method):
            pushed = asyncio.get_running_loop().call_later(0.05, push_tick, application, "canary-9")
            told += await answers(channel, method, token)
            pushed.cancel()
    assert (b"canary-9" in told) is (role is Role.OPERATOR)
    assert b"pods/bed-1" in told


async def test_an_auditor_reads_a_reason_without_the_sleeper_and_an_advocate_erases_none(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """The pseudonym is blank for an auditor, in the reason too; an advocate reads it and may not erase."""
    number = application.principals.record("OrderSever", "done", "ash screamed, ash-2 did not", "ash")
    request = GetAuditTextRequest(name=f"auditRecords/{number}")
    said = {}
    for role in (Role.AUDITOR, Role.ADVOCATE):
        token = application.principals.known(role.value, GRANTS[role])
        said[role] = await stub_with(channel, "GetAuditText")(request, metadata=bearer(token))
    assert (said[Role.AUDITOR].reason, said[Role.AUDITOR].sleeper) == ("~ screamed, ash-2 did not", "")
    assert (said[Role.ADVOCATE].reason[:12], said[Role.ADVOCATE].sleeper) == ("ash screamed", "sleepers/ash")
    token = application.principals.known("advocate", GRANTS[Role.ADVOCATE])
    assert (await refused_with(channel, "EraseAuditText", token=token))[1] == Code.ROLE_LACKING.value


async def test_a_sleeper_reads_their_own_seat_alone_also_as_an_artist(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Of three seats a sleeper reads their own, an artist none, both roles one."""
    names = ("ada", "ash", "")
    seats = tuple(
        replace(seat, sleeper=name, identity=0.8)
        for seat, name in zip(collective_view("n", 1, 3).seats, names, strict=True)
    )
    application.sessions["n"] = replace(application.sessions["n"], seats=seats)
    artist, sleeper = GRANTS[Role.ARTIST], GRANTS[Role.SLEEPER]
    for grants, seen in (
        ((sleeper,), ["sleepers/ada"]),
        ((artist,), []),
        ((artist, sleeper), ["sleepers/ada"]),
    ):
        token = application.principals.known("x", *grants)
        told = await stub_with(channel, "GetDreamscape")(UNARY["GetDreamscape"][0], metadata=bearer(token))
        assert [seat.sleeper for seat in told.seats] == seen
        assert [seat.identity for seat in told.seats] == [0.8] * len(seen)


async def test_an_artist_marks_and_wakes_what_they_lead_and_is_known_as_a_sleeper(
    application: FakeCoordination, channel: grpc.aio.Channel, admission: Admission
) -> None:
    """An artist writes cues into their own Dreamscape and wakes it, no other; a lead tells their sleeper."""
    application.add("n", DreamscapeState.DREAMING)
    for grant, code in (
        (Grant(Role.ARTIST, dreamscapes=frozenset({"n"})), None),
        (Grant(Role.ARTIST, dreamscapes=frozenset({"m"})), grpc.StatusCode.PERMISSION_DENIED),
    ):
        token = application.principals.known("x", grant, GRANTS[Role.SLEEPER])
        for method in ("WriteMarker", "WakeDreamscape"):
            call = stub_with(channel, method)(UNARY[method][0], metadata=bearer(token))
            if code is None:
                await call
                continue
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call
            assert refused.value.code() is code
    token = application.principals.known("x", GRANTS[Role.ARTIST], GRANTS[Role.SLEEPER])
    vectors = iter([GATHERED["LeadDreamscape"][0]])
    await stub_with(channel, "LeadDreamscape")(vectors, metadata=bearer(token))
    assert [caller.sleeper for caller in application.leaders] == ["ada"]


async def test_lists_hold_the_rows_of_the_callers_scope(
    application: FakeCoordination, channel: grpc.aio.Channel, admission: Admission
) -> None:
    """An operator of a site without beds lists none; of their site all; a sleeper their own."""
    canary(application, "ada")
    for grant, count in (
        (Grant(Role.OPERATOR, sites=frozenset({"elsewhere"})), 0),
        (Grant(Role.OPERATOR, sites=frozenset({"a"})), 3),
        (GRANTS[Role.SLEEPER], 1),
    ):
        token = application.principals.known("x", grant)
        listed = await stub_with(channel, "ListPods")(UNARY["ListPods"][0], metadata=bearer(token))
        assert len(listed.pods) == count
        assert {pod.sleeper for pod in listed.pods} <= {"", "sleepers/ada"}
