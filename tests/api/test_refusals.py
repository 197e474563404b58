"""A refusal's way to the caller: status, ErrorInfo, typed exception, and no leaks."""

import base64
from urllib.parse import quote

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

import dreamapi
from dreamapi.errors import DETAILS_TRAILER, Refused
from dreamapi.v1 import errors_pb2
from dreamapi.v1.pods_pb2 import CheckInPodRequest, GetPodRequest, ListPodsRequest
from dreamapi.v1.pods_pb2_grpc import PodsStub
from dreamd.adapters.grpc.calls.errors import STATUS, STATUS_BYTES_MAX, status_of
from dreamd.adapters.grpc.calls.interceptor import why_cancelled
from dreamd.core.refusals import CATALOGUE, Code, Kind, Refusal, bad_field
from fakes.coordination import FakeCoordination
from fakes.waiting import until

ASKED_AGAIN = (Code.SHUTTING_DOWN, Code.HOUSE_UNOWNED)
BY_KIND = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.ABORTED: grpc.StatusCode.ABORTED,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.OUT_OF_RANGE: grpc.StatusCode.OUT_OF_RANGE,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.DENIED: grpc.StatusCode.PERMISSION_DENIED,
}


def details_of(error: grpc.aio.AioRpcError) -> bytes:
    """The raw google.rpc.Status of a failed call."""
    return dict(error.trailing_metadata())[DETAILS_TRAILER]


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.value)
async def test_every_code_has_its_status_and_error_info(
    code: Code, application: FakeCoordination, channel: grpc.aio.Channel, refused: list[str]
) -> None:
    """ErrorInfo has the code as reason and the domain dreamd; the message is sentence and next step."""
    refusal = Refusal(code, "that was wrong", {"pod": "bed-1"})
    application.refuse("pod", refusal)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await PodsStub(channel).GetPod(GetPodRequest(name="pods/bed-1"))
    error = caught.value
    assert error.code() is BY_KIND[refusal.kind] is STATUS[refusal.kind]
    assert error.details() == f"that was wrong; {CATALOGUE[code].next_step}"
    status = Status.FromString(details_of(error))
    assert (status.code, status.message) == (error.code().value[0], error.details())
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain, info.metadata["pod"]) == (code.value, "dreamd", "bed-1")
    assert refused == [code.value]


@pytest.mark.parametrize("code", [c for c in Code if c not in ASKED_AGAIN], ids=lambda code: code.value)
async def test_every_code_has_its_exception(
    code: Code, application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The client raises the class of the reason after one call: an answer is not retried."""
    application.refuse("pod", Refusal(code, "that was wrong", {"pod": "bed-1"}))
    with pytest.raises(dreamapi.Refused) as caught:
        await api.pods.get("bed-1")
    no = caught.value
    assert type(no) is Refused.by_reason[code.value]
    assert type(no).__name__ == "".join(word.title() for word in code.value.split("_"))
    assert (no.reason, no.sentence, no.next_step) == (code.value, "that was wrong", CATALOGUE[code].next_step)
    assert no.metadata == {"pod": "bed-1"}
    assert application.calls == [("pod", "bed-1")]


def test_the_client_knows_the_catalogue_and_no_more() -> None:
    """The client's list of reasons equals the daemon's catalogue."""
    assert set(Refused.by_reason) == {code.value for code in Code}
    assert {kind.__name__ for kind in Refused.by_reason.values()} <= set(dreamapi.__all__)


def test_a_reason_from_a_newer_daemon_is_still_a_refusal() -> None:
    """An unknown reason of a newer daemon is a plain Refused with all its parts."""
    info = ErrorInfo(reason="MOON_FULL", domain="dreamd", metadata={"sentence": "no", "next_step": "wait"})
    status = Status(code=9, message="no; wait")
    status.details.add().Pack(info)
    copied = errors_pb2.Status.FromString(status.SerializeToString())
    assert errors_pb2.ErrorInfo.FromString(copied.details[0].value).reason == "MOON_FULL"
    trailer = grpc.aio.Metadata((DETAILS_TRAILER, status.SerializeToString()))
    error = grpc.aio.AioRpcError(
        grpc.StatusCode.FAILED_PRECONDITION, grpc.aio.Metadata(), trailer, "no; wait"
    )
    no = dreamapi.errors.from_rpc(error, "here")
    assert type(no) is Refused
    assert str(no) == "no; wait"


@pytest.mark.parametrize("trailer", [b"", b"\xff\xff not a status", Status(code=5).SerializeToString()])
def test_details_that_make_no_sense_are_survived(trailer: bytes) -> None:
    """Garbage in the trailer falls back to the status itself."""
    metadata = grpc.aio.Metadata((DETAILS_TRAILER, trailer))
    error = grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), metadata, "gone")
    assert str(dreamapi.errors.from_rpc(error, "here")) == "gone"


LONG = st.text(min_size=1, max_size=3).map(lambda text: text * 40_000)


@given(LONG, LONG, LONG)
def test_a_status_has_a_bound_whatever_its_texts(sentence: str, key: str, value: str) -> None:
    """For texts of any script and length in a refusal, the trailers stay below 8 KiB."""
    particulars = {"field": value, "expected": value} | {f"{number}{key}": value for number in range(20)}
    status = status_of(Refusal(Code.INVALID_ARGUMENT, sentence, particulars))
    raw = status.SerializeToString()
    assert len(raw) <= STATUS_BYTES_MAX
    assert len(base64.b64encode(raw)) + len(quote(status.message)) < 8 << 10
    assert Status.FromString(raw).details[0].Is(ErrorInfo.DESCRIPTOR)


@pytest.mark.parametrize("text", ["x" * 100_000, "\u3042" * 30_000, "\U0001f600" * 20_000])
async def test_a_long_refusal_arrives_as_itself(
    text: str, application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The Python library shows a long refusal itself, not RESOURCE_EXHAUSTED."""
    application.refuse("pod", bad_field("plan.schema", "a known schema", text))
    with pytest.raises(dreamapi.InvalidArgument) as caught:
        await api.pods.get("bed-1")
    assert caught.value.metadata == {"field": "plan.schema", "expected": "a known schema"}
    assert len(caught.value.sentence) < 200


async def test_a_bug_says_nothing_but_its_incident(
    application: FakeCoordination, channel: grpc.aio.Channel, api: dreamapi.Api
) -> None:
    """A bug gives the caller INTERNAL and a number, and the log the exception with that number."""
    application.break_next("pod", RuntimeError("secret of bed-1"))
    with capture_logs() as logs, pytest.raises(grpc.aio.AioRpcError) as caught:
        await PodsStub(channel).GetPod(GetPodRequest(name="pods/bed-1"))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(caught.value)
    assert logs[0]["incident"] in caught.value.details()
    assert (logs[0]["method"], str(logs[0]["exc_info"])) == ("GetPod", "secret of bed-1")
    application.break_next("pod", RuntimeError("again"))
    with capture_logs(), pytest.raises(dreamapi.Failed, match="incident"):
        await api.pods.get("bed-1")


async def test_a_bug_in_a_watch_is_reported_too(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A bug in a stream is reported like one in a unary call."""
    application.break_next("watch_pods", RuntimeError("secret"))
    with capture_logs() as logs, pytest.raises(dreamapi.Failed):
        await anext(api.pods.watch())
    assert logs[0]["method"] == "WatchPods"


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """A sample's value; fails if the series does not exist."""
    value = registry.get_sample_value(name, {"grpc_service": "dreamapi.v1.Pods", **labels})
    assert value is not None
    return value


async def test_calls_are_counted_by_the_status_that_was_sent(
    application: FakeCoordination, channel: grpc.aio.Channel, registry: CollectorRegistry
) -> None:
    """A refusal counts as its code, a bug as Internal; never as OK, though abort() raises Exception."""
    stub = PodsStub(channel)
    labels = {"grpc_type": "unary"}
    assert counted(registry, "grpc_server_handled_total", grpc_code="NotFound", **labels) == 0
    await stub.GetPod(GetPodRequest(name="pods/bed-1"))
    for _ in range(2):
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.GetPod(GetPodRequest(name="pods/nobody"))
    application.break_next("pod", RuntimeError("bug"))
    with capture_logs(), pytest.raises(grpc.aio.AioRpcError):
        await stub.GetPod(GetPodRequest(name="pods/bed-1"))
    # A call is counted when it is over, shortly after its caller gets the status.
    took = "grpc_server_handling_seconds_count"
    await until(lambda: registry.get_sample_value(took, labels) == 4)  # of all services together
    codes = {
        code: counted(registry, "grpc_server_handled_total", grpc_code=code, **labels)
        for code in ("OK", "NotFound", "Internal", "Cancelled")
    }
    assert codes == {"OK": 1, "NotFound": 2, "Internal": 1, "Cancelled": 0}
    assert counted(registry, "grpc_server_started_total", grpc_method="GetPod", **labels) == 4


async def test_a_call_past_its_deadline_counts_as_such(
    application: FakeCoordination, channel: grpc.aio.Channel, registry: CollectorRegistry
) -> None:
    """A watch past its deadline counts as DeadlineExceeded and leaves nothing open."""
    call = PodsStub(channel).WatchPods(dreamapi.v1.pods_pb2.WatchPodsRequest(), timeout=0.5)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        _ = [answer async for answer in call]
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    labels = {"grpc_type": "server_stream"}
    await until(lambda: not application.pod_watches)

    def ended() -> list[float]:
        return [
            counted(registry, "grpc_server_handled_total", grpc_code=code, **labels)
            for code in ("DeadlineExceeded", "Cancelled", "OK")
        ]

    await until(lambda: sum(ended()) == 1)
    assert ended()[2] == 0, "which of the two depends on how long the request was under way: see below"


@pytest.mark.parametrize(
    ("left_s", "code"),
    [
        (None, grpc.StatusCode.CANCELLED),
        (5.0, grpc.StatusCode.CANCELLED),
        (0.11, grpc.StatusCode.CANCELLED),
        (0.09, grpc.StatusCode.DEADLINE_EXCEEDED),
        (0.0, grpc.StatusCode.DEADLINE_EXCEEDED),
        (-1.0, grpc.StatusCode.DEADLINE_EXCEEDED),
    ],
)
def test_a_cancellation_at_the_deadline_counts_as_the_deadline(
    left_s: float | None, code: grpc.StatusCode
) -> None:
    """A cancellation at the caller's deadline counts as that deadline; the server's is slightly later."""
    assert why_cancelled(left_s) is code


def test_the_meters_stay_few(registry: CollectorRegistry, server: object) -> None:
    """Every series exists from the start; together they are fewer than half of the daemon's."""
    samples = [s for family in registry.collect() for s in family.samples if not s.name.endswith("_created")]
    assert 200 < len(samples) < 500


async def test_a_bad_field_is_named_with_what_was_expected(channel: grpc.aio.Channel) -> None:
    """ErrorInfo and BadRequest both name the field."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await PodsStub(channel).ListPods(ListPodsRequest(page_size=-1))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().startswith("page_size: expected 0 (for 100) to 1000, got -1; ")
    status = Status.FromString(details_of(caught.value))
    bad = BadRequest()
    assert status.details[1].Unpack(bad)
    assert bad.field_violations[0].field == "page_size"


async def test_a_persons_name_is_not_sent_back(channel: grpc.aio.Channel) -> None:
    """The text in place of a pseudonym may be personal: the error omits it."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await PodsStub(channel).CheckInPod(CheckInPodRequest(name="pods/bed-1", sleeper="Ada Lovelace"))
    assert "Ada" not in str(caught.value)
    assert "sleepers/{sleeper}" in caught.value.details()
