"""Refusals become statuses here, in one place.

The application returns a `Refusal`. `granted` turns it into `Declined`, the only exception a handler raises
on purpose, and `interceptor.ApiInterceptor` ends the call with `decline`. The status carries
google.rpc.Status with ErrorInfo (reason = the code, domain `dreamd`) in the trailer grpcio-status defines;
the metadata repeats sentence and next step separately, so that no client has to split a message.

Rule: every text of a status is cut, because trailers are small. Above 8 KiB of trailers grpcio shows
RESOURCE_EXHAUSTED in place of the refusal, and far above it grpc-js ends the connection. The details travel
in base64, the message percent-encoded: both together stay below TRAILERS_BYTES_MAX, whatever the text.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Never, TypeVar

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # type: ignore[import-untyped]  # no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs

from dreamd.core.refusals import Kind, Refusal, bad_field

DOMAIN: Final = "dreamd"
RETRY_KEY: Final = "retry_s"
"""The metadata with the seconds after which the same call may succeed, as text."""
DETAILS_TRAILER: Final = "grpc-status-details-bin"

STATUS: Final[dict[Kind, grpc.StatusCode]] = {
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
assert set(STATUS) == set(Kind), "every kind of no has its status"

SENTENCE_BYTES_MAX: Final = 500
VALUE_BYTES_MAX: Final = 250
KEY_BYTES_MAX: Final = 40
METADATA_MAX: Final = 4
"""Metadata entries of a refusal besides its sentence and next step."""
MESSAGE_BYTES_MAX: Final = SENTENCE_BYTES_MAX + VALUE_BYTES_MAX
STATUS_BYTES_MAX: Final = 3584
"""Bytes of google.rpc.Status with all its details."""
TRAILERS_BYTES_MAX: Final = 7680
ELLIPSIS: Final = "…"
assert (
    MESSAGE_BYTES_MAX
    + 2 * SENTENCE_BYTES_MAX
    + VALUE_BYTES_MAX
    + METADATA_MAX * (KEY_BYTES_MAX + VALUE_BYTES_MAX)
    + 300  # names of types, the reason, the field once more
    <= STATUS_BYTES_MAX
), "the parts of a status fit it"
assert STATUS_BYTES_MAX * 4 / 3 + MESSAGE_BYTES_MAX * 3 <= TRAILERS_BYTES_MAX, "and the trailers hold it"

Value = TypeVar("Value")


class Declined(Exception):  # noqa: N818 - a no is an answer, not an error
    """The application refused; carries the refusal to the interceptor."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def granted(answer: Value | Refusal) -> Value:
    """The answer itself; raises Declined where it is a refusal."""
    if isinstance(answer, Refusal):
        raise Declined(answer)
    return answer


def bad_input(field: str, expected: str, got: object) -> Declined:
    """Return INVALID_ARGUMENT with the field and its expected values; the caller raises it."""
    return Declined(bad_field(field, expected, got))


def status_of(refusal: Refusal) -> Status:
    """google.rpc.Status of a refusal, with ErrorInfo, and BadRequest or RetryInfo where it has such facts."""
    sentence, next_step = cut(refusal.sentence, SENTENCE_BYTES_MAX), cut(refusal.next_step, VALUE_BYTES_MAX)
    metadata = {
        cut(key, KEY_BYTES_MAX): cut(value, VALUE_BYTES_MAX)
        for key, value in tuple(refusal.metadata.items())[:METADATA_MAX]
    }
    metadata |= {"sentence": sentence, "next_step": next_step}
    details: list[Message] = [ErrorInfo(reason=refusal.code.value, domain=DOMAIN, metadata=metadata)]
    if field := metadata.get("field"):
        violation = BadRequest.FieldViolation(field=field, description=sentence)
        details.append(BadRequest(field_violations=[violation]))
    if retry := metadata.get(RETRY_KEY):
        details.append(RetryInfo(retry_delay=_delay(retry)))
    number: int = STATUS[refusal.kind].value[0]
    message = cut(f"{sentence}; {next_step}", MESSAGE_BYTES_MAX)
    return Status(code=number, message=message, details=[_packed(detail) for detail in details])


def _delay(seconds: str) -> Duration:
    """The text of a refusal's seconds, as protobuf's own."""
    delay = Duration()
    delay.FromTimedelta(timedelta(seconds=float(seconds)))
    return delay


def cut(text: str, bytes_max: int) -> str:
    """At most `bytes_max` bytes of UTF-8; a text that was cut ends in an ellipsis."""
    raw = text.encode(errors="replace")
    if len(raw) <= bytes_max:
        return raw.decode()
    return f"{raw[: bytes_max - len(ELLIPSIS.encode())].decode(errors='ignore')}{ELLIPSIS}"


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


async def decline(
    context: grpc.aio.ServicerContext[Message, Message],
    refusal: Refusal,
    behind: Sequence[tuple[str, str]] = (),
) -> Never:
    """End the call with the refusal's status; raises what `abort` raises. behind: further metadata."""
    status = status_of(refusal)
    trailer = ((DETAILS_TRAILER, status.SerializeToString()), *behind)
    await context.abort(STATUS[refusal.kind], status.message, trailer)
