"""Request bodies: a way out acts whatever its text; elsewhere the error names the field at fault."""

import asyncio
import contextlib
from collections import Counter

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from dreamapi import errors
from dreamapi.v1 import wake_pb2 as waking
from dreamapi.v1.dreamscapes_pb2 import CreateDreamscapeRequest, Plan
from dreamd.adapters.grpc.calls.api_methods import methods_of_api
from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.adapters.grpc.calls.request_bodies import frees, reader
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.limits import REQUEST_BYTES_MAX
from dreamwire.messages import WakeScope
from dreamwire.text import TEXT_MAX, unfit
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.views import breaker_view
from fakes.waiting import until

METHODS = methods_of_api()
WAYS_OUT = {path: method for path, method in METHODS.items() if frees(method.name)}
LEFT_AS_IT_IS = ("name", "target", "dreamscape", "scope")
"""Fields that name the target."""
ODD_BYTES = [b"caf\xe9", b"\xed\xa0\x80", b"\x00\x1b[2J", "\u202e".encode(), b"\xff" * 3000]


def varint(number: int) -> bytes:
    """A whole number in protobuf's varint form."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def with_text(kind: type[Message], odd: bytes, **meant: object) -> bytes:
    """A request in bytes: the target `meant`, and `odd` in every other text, as no stub would write it."""
    body = kind(**meant).SerializeToString()
    for field in kind.DESCRIPTOR.fields:
        if field.type == FieldDescriptor.TYPE_STRING and field.name not in LEFT_AS_IT_IS:
            body += varint(field.number << 3 | 2) + varint(len(odd)) + odd
    return body


def texts(request: Message) -> list[str]:
    """The texts a request holds."""
    return [value for _, value in request.ListFields() if isinstance(value, str)]


@pytest.mark.parametrize("method", WAYS_OUT.values(), ids=lambda method: method.name)
@settings(deadline=None, max_examples=40)
@given(odd=st.binary() | st.sampled_from(ODD_BYTES))
def test_a_way_out_is_read_whatever_its_text(method: MethodDescriptor, odd: bytes) -> None:
    """The target of a way out is unchanged, and every text of the request is fit."""
    kind = GetMessageClass(method.input_type)
    named = "name" if "name" in kind.DESCRIPTOR.fields_by_name else "target"
    request = reader(kind, freeing=True)(with_text(kind, odd, **{named: "dreamscapes/dusk"}))
    assert getattr(request, named) == "dreamscapes/dusk"
    assert not any(unfit(text) for text in texts(request))


@pytest.mark.parametrize("method", WAYS_OUT.values(), ids=lambda method: method.name)
def test_two_megabytes_of_reason_are_cut(method: MethodDescriptor) -> None:
    """A way out with a reason of 2 MiB is read, its text cut."""
    kind = GetMessageClass(method.input_type)
    request = reader(kind, freeing=True)(with_text(kind, b"x" * (2 << 20)))
    assert max(map(len, texts(request))) == TEXT_MAX


def test_numbers_of_a_repaired_request_stay() -> None:
    """Whole numbers, fixed ones, truth values and nested messages survive the repair of the text."""
    plan = Plan(seats_min=3, seats_max=300, ceiling=0.1, late_joining=True, pods=["pods/a", "pods/b"])
    asked = CreateDreamscapeRequest(dreamscape_id="dusk", plan=plan, validate_only=True)
    body = asked.SerializeToString()
    assert reader(CreateDreamscapeRequest, freeing=True)(body) == asked
    torn = body.replace(b"pods/b", b"pods/\xe9")
    asked.plan.pods[1] = "pods/\ufffd"
    assert reader(CreateDreamscapeRequest, freeing=True)(torn) == asked


@pytest.mark.parametrize(
    ("body", "field", "wrong"),
    [
        (CreateDreamscapeRequest(plan=Plan(schema="a\nb")), "plan.schema", "U\\+000A, a control character"),
        (CreateDreamscapeRequest(plan=Plan(pods=["pods/a", "\u202e"])), r"plan.pods\[1\]", "U\\+202E"),
        (
            CreateDreamscapeRequest(plan=Plan(guidelines="x" * 900_000)),
            "plan.guidelines",
            "900000 characters",
        ),
        (b"\x0a\x02\xc3\x28", "dreamscape_id", "not UTF-8"),
        (b"\x12\x06\x2a\x01a\x2a\x01\xe9", r"plan.pods\[1\]", "not UTF-8"),
        (b"\x0a\x05abc", "request", "not a protobuf message"),
        (b"x" * (REQUEST_BYTES_MAX + 1), "request", "1048577 bytes"),
    ],
    ids=["control", "direction", "long", "utf-8", "utf-8 within", "torn", "large"],
)
def test_elsewhere_the_field_at_fault_is_named(body: Message | bytes, field: str, wrong: str) -> None:
    """Another request is refused by the path of the field, without its text."""
    raw = body if isinstance(body, bytes) else body.SerializeToString()
    with pytest.raises(Declined, match=f"^{field}: .*{wrong}.*; expected") as no:
        reader(CreateDreamscapeRequest, freeing=False)(raw)
    told = no.value.refusal.metadata
    assert told["field"].replace("[1]", r"\[1\]") == field
    assert told["expected"]
    assert len(str(no.value)) < 300


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_strangers_body_raises_nothing(body: bytes) -> None:
    """Any bytes are either read or declined, without an exception."""
    for method in METHODS.values():
        with contextlib.suppress(Declined):
            reader(GetMessageClass(method.input_type), freeing=frees(method.name))(body)


async def raw(channel: grpc.aio.Channel, path: str, body: bytes) -> bytes:
    """The answer to a call with a body that no stub would write."""
    streams = METHODS[path].client_streaming, METHODS[path].server_streaming
    if streams == (True, False):
        answer = await channel.stream_unary(path)(iter([body]), timeout=10)
    elif streams == (False, True):
        answer = await channel.unary_stream(path)(body, timeout=10).read()
    else:
        answer = await channel.unary_unary(path)(body, timeout=10)
    assert isinstance(answer, bytes)
    return answer


def meant_by(method: MethodDescriptor) -> dict[str, object]:
    """The target of this way out, in these tests' house."""
    if "scope" in method.input_type.fields_by_name:
        return {"scope": waking.WakeOrder.SCOPE_FLEET}  # the name that OrderSever uses, too
    named = {"Pods": "pods/bed-1", "Breakers": "breakers/pods/bed-1", "WakeOrders": "wakeOrders/w1"}
    named["Consents"], named["Invitations"] = "sleepers/ada/consent", "sleepers/ada/invitations/n"
    service = method.containing_service.name.removesuffix("Service")
    return {"name": named.get(service, f"dreamscapes/{method.name.lower()}")}


@pytest.mark.parametrize("odd", [*ODD_BYTES, b"x" * (2 << 20)], ids=range(len(ODD_BYTES) + 1))
async def test_every_way_out_acts_over_the_network(
    odd: bytes, application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Each way out with odd bytes in each text but the name reaches the application and is answered."""
    application.confirm_at_once = True
    application.wake_orders.order(named("nurse"), WakeScope.FLEET, "", "fire")
    application.breakers.views["pods/bed-1"] = breaker_view("pods/bed-1", BreakerState.CLOSED)
    asked = []
    for path, method in WAYS_OUT.items():
        application.add(method.name.lower(), DreamscapeState.DREAMING)
        body = with_text(GetMessageClass(method.input_type), odd, **meant_by(method))
        asked.append(raw(channel, path, body))
    before = len(application.calls)
    await asyncio.gather(*asked)
    assert len(application.calls) - before == len(WAYS_OUT)


def counted(registry: CollectorRegistry, labels: dict[str, str]) -> float:
    """The number of calls that ended with these labels."""
    return sum(
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "grpc_server_handled_total" and labels.items() <= sample.labels.items()
    )


async def test_a_body_that_is_no_protobuf_is_an_invalid_argument(
    channel: grpc.aio.Channel, registry: CollectorRegistry, refused: list[str]
) -> None:
    """A body that is not protobuf gets INVALID_ARGUMENT with ErrorInfo, counted by code; also for streams."""
    of_service: Counter[str] = Counter()
    for path, method in METHODS.items():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await raw(channel, path, b"\x0a\x05abc")
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT, method.name
        no = errors.from_rpc(caught.value, "here")
        assert isinstance(no, errors.InvalidArgument)
        assert no.metadata["field"] == "request"
        service = path.split("/")[1]
        of_service[service] += 1
        labels = {"grpc_service": service, "grpc_code": "InvalidArgument"}
        # It is counted once the answer has left.
        await until(lambda labels=labels, n=of_service[service]: counted(registry, labels) == n)
    assert set(refused) == {"INVALID_ARGUMENT"}


async def test_a_name_that_is_not_utf8_is_refused_by_its_field(channel: grpc.aio.Channel) -> None:
    """A request other than a way out is refused by the field that is not UTF-8."""
    with pytest.raises(grpc.aio.AioRpcError, match="name: not UTF-8") as caught:
        await raw(channel, "/dreamapi.v1.Pods/GetPod", b"\x0a\x07pods/\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
