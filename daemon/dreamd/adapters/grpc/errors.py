"""Refusals become statuses here, at one seam.

The application returns a `Refusal`; `granted` turns it into `Declined`, the only exception a handler
raises on purpose, and `calls.Seam` ends the call with `decline`. The status carries google.rpc.Status
with ErrorInfo (reason = the code, domain `dreamd`) in the trailer grpcio-status defines; the metadata
repeats sentence and next step apart, so that no client has to split a message.
"""

from typing import Final, Never, TypeVar

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo  # type: ignore[import-untyped]  # no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs

from dreamd.core.refusals import Code, Kind, Refusal

DOMAIN: Final = "dreamd"
DETAILS_TRAILER: Final = "grpc-status-details-bin"

STATUS: Final[dict[Kind, grpc.StatusCode]] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.ABORTED: grpc.StatusCode.ABORTED,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
assert set(STATUS) == set(Kind), "every kind of no has its status"

Value = TypeVar("Value")


class Declined(Exception):  # noqa: N818 - a no is an answer, not an error
    """The application said no; carries its refusal to the seam."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def granted(answer: Value | Refusal) -> Value:
    """The answer itself; raises Declined where it is a refusal."""
    if isinstance(answer, Refusal):
        raise Declined(answer)
    return answer


def bad_input(field: str, expected: str, got: object) -> Declined:
    """INVALID_ARGUMENT that names the field and what was expected there; raise what it returns."""
    shown = repr(got)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."  # noqa: PLR2004 - one line of a terminal
    sentence = f"{field}: expected {expected}, got {shown}"
    return Declined(Refusal(Code.INVALID_ARGUMENT, sentence, {"field": field, "expected": expected}))


def status_of(refusal: Refusal) -> Status:
    """google.rpc.Status of a refusal, with ErrorInfo and, for a bad field, BadRequest."""
    metadata = {**refusal.metadata, "sentence": refusal.sentence, "next_step": refusal.next_step}
    details: list[Message] = [ErrorInfo(reason=refusal.code.value, domain=DOMAIN, metadata=metadata)]
    if field := refusal.metadata.get("field"):
        violation = BadRequest.FieldViolation(field=field, description=refusal.sentence)
        details.append(BadRequest(field_violations=[violation]))
    number: int = STATUS[refusal.kind].value[0]
    return Status(code=number, message=str(refusal), details=[_packed(detail) for detail in details])


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


async def decline(context: grpc.aio.ServicerContext[Message, Message], refusal: Refusal) -> Never:
    """End the call with the refusal's status; raises what `abort` raises."""
    status = status_of(refusal)
    trailer = ((DETAILS_TRAILER, status.SerializeToString()),)
    await context.abort(STATUS[refusal.kind], status.message, trailer)
