"""Any request of any method, made from the descriptors: an answer or a refusal, never a failure.

The application is the real one on a virtual clock. Names are drawn from the existing ones as often as from
any text, numbers from the bounds of their kind, enums also from unnamed numbers.
"""

import asyncio

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depth import LONG
from dreamapi.errors import DETAILS_TRAILER
from dreamapi.v1 import (
    breakers_pb2,
    clinic_pb2,
    consents_pb2,
    dreamscapes_pb2,
    exchange_pb2,
    exposure_pb2,
    guidelines_pb2,
    house_pb2,
    letters_pb2,
    moratoria_pb2,
    pieces_pb2,
    pods_pb2,
    reports_pb2,
    severs_pb2,
    wake_pb2,
)
from dreamd.adapters.grpc.calls.errors import STATUS
from dreamd.adapters.grpc.server import serve_grpc
from dreamd.core.dreamscapes.views import Plan
from fakes.callers import OPERATOR
from fakes.rounds import House
from fakes.stage import Stage

PROTOS = (
    *(breakers_pb2, consents_pb2, dreamscapes_pb2, exposure_pb2, guidelines_pb2, house_pb2),
    *(letters_pb2, pods_pb2, severs_pb2, wake_pb2),
    *((exchange_pb2, clinic_pb2, moratoria_pb2, reports_pb2, pieces_pb2) if LONG else ()),
)
METHODS = [
    method
    for proto in PROTOS
    for service in proto.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
AT_ONCE = 4
"""Methods that share an application: to make one costs more than forty requests."""
BATCHES = [tuple(METHODS[begin : begin + AT_ONCE]) for begin in range(0, len(METHODS), AT_ONCE)]
ROUND = "rounds/r1a3185c5b54"
"""The open round: its id is the time of the application."""
NAMES = (
    ROUND,
    *(
        "pods/bed-1",
        "pods/bed-9",
        "bed-1",
        "pods/",
        "pods/dreamd",
        "sleepers/ada",
        "sleepers/Ada L",
        "sites/a",
    ),
    *("dreamscapes/n", "dreamscapes/ended", "dreamscapes/n/seats/1", "breakers/pods/bed-1", "breakers/"),
    *("sleepers/ada/consent", "sleepers/-", "sleepers/ada/letters/-", "22:00/07:00", "Europe/Zurich"),
    "guidelines/1",
    *("garden", "sleepers/ada/ask", "sleepers/-/ask", "2026-12-01", "11" * 32, "olga", "cases/c1"),
    *("moratoria/m1", "reports/2026-11-02", "sleepers/ada/case", "sleepers/ada/attestation", "sites/north"),
    *("breakers/dreamscapes/n", "wakeOrders/w1", "wakeOrders/", "/", "//", ".", "x" * 64, "plan.ramp", "*"),
)
TEXTS = st.sampled_from(NAMES) | st.text(max_size=8) | st.text(min_size=1, max_size=1).map(lambda c: c * 3000)
WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(1 << 31), (1 << 31) - 1),
}
FAILED = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}


def values(field: FieldDescriptor) -> st.SearchStrategy[object]:
    """Any value of one field."""
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_MESSAGE:
        return messages(field.message_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=8) | TEXTS.map(str.encode)
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return TEXTS
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return st.floats(width=64 if kind == FieldDescriptor.CPPTYPE_DOUBLE else 32)
    low, high = WHOLE[kind]
    return st.integers(max(low, -2), 12) | st.sampled_from((low, high)) | st.integers(low, high)


def messages(kind: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
    """Any message of this kind; maps and messages nested deeper than a plan in a Dreamscape stay empty."""
    made = GetMessageClass(kind)
    parts: dict[str, st.SearchStrategy[object]] = {}
    for field in kind.fields:
        nested = field.message_type
        if nested is not None and (nested.GetOptions().map_entry or depth > 2):
            continue
        each = messages(nested, depth + 1) if nested is not None else values(field)
        parts[field.name] = (
            st.lists(each, max_size=12) if hasattr(getattr(made(), field.name), "extend") else each
        )
    return st.fixed_dictionaries({}, optional=parts).map(lambda fields: made(**fields))


def application() -> Stage:
    """Four pods with sleepers, a Dreamscape in DREAMING, an ended one, and a wake order."""
    stage = Stage(4)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("ended", 3, 8))
    stage.app.dreamscapes.end(OPERATOR, "ended", "over")
    stage.hop(4)
    stage.app.dreamscapes.create(OPERATOR, Plan("n", 3, 8, artist_share=0.3, ramp_s=10.0))
    stage.hop(4)
    stage.app.dreamscapes.start(OPERATOR, "n")
    stage.hop(4)
    if LONG:
        house = House(stage)
        house.open({"garden": 2, "loft": 1})
        house.ask("ada", ["garden"])
        assert f"rounds/{house.name}" == ROUND
    return stage


async def ask(
    channel: grpc.aio.Channel, method: MethodDescriptor, request: Message
) -> grpc.aio.AioRpcError | None:
    """Make the call and return its error; None: an answer, or a stream that goes on."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    answers = GetMessageClass(method.output_type).FromString
    body = request.SerializeToString()
    try:
        if method.server_streaming:
            call = channel.unary_stream(path, response_deserializer=answers)(body)
            try:
                async with asyncio.timeout(0.05):
                    await call.read()
            except TimeoutError:
                pass
            finally:
                call.cancel()
        elif method.client_streaming:
            await channel.stream_unary(path, response_deserializer=answers)(iter([body]))
        else:
            await channel.unary_unary(path, response_deserializer=answers)(body, timeout=0.5)
    except grpc.aio.AioRpcError as error:
        return error
    return None


@pytest.mark.parametrize("few", BATCHES, ids=lambda few: "-".join(method.name for method in few))
def test_no_request_is_a_failure(few: tuple[MethodDescriptor, ...]) -> None:
    """No request ends in UNKNOWN or INTERNAL; each refusal has domain and next step, a bad field its path."""

    async def ask_all(asked: tuple[list[Message], ...]) -> None:
        running = await serve_grpc(application().app, "127.0.0.1", 0)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
            for method, requests in zip(few, asked, strict=True):
                for request in requests:
                    judge(await ask(channel, method, request), request)
        await running.stop(0.0)

    each = (st.lists(messages(method.input_type), min_size=10, max_size=10) for method in few)

    @settings(max_examples=8 if LONG else 4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.tuples(*each))
    def run(asked: tuple[list[Message], ...]) -> None:
        asyncio.run(ask_all(asked))

    run()


def judge(error: grpc.aio.AioRpcError | None, request: Message) -> None:
    """Check for an answer, or a refusal with all its parts."""
    if error is None or error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return
    assert error.code() not in FAILED, (error.code(), error.details(), request)
    assert error.code() in STATUS.values()
    raw = dict(error.trailing_metadata() or ())[DETAILS_TRAILER]
    info = ErrorInfo()
    assert Status.FromString(raw).details[0].Unpack(info)
    assert info.domain == "dreamd"
    assert info.metadata["next_step"]
    assert info.metadata["sentence"]
    if info.reason == "INVALID_ARGUMENT":
        assert info.metadata["field"], info.metadata
        assert info.metadata["expected"], info.metadata
