"""The seam every call passes: it counts, times, and turns what was raised into a status.

grpc.aio's `abort` raises a bare Exception, so an interceptor that looks at how a handler ended counts
refusals as OK or as bugs. Here the handler raises `Declined`, this seam maps it, and so the code that
is counted is the code that is sent. Anything else that is raised is a bug: the caller gets INTERNAL
and an incident number, the log gets the particulars under that number.

Only dreamapi.v1 is measured; health and reflection pass untouched.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Final, Literal, TypeAlias, TypeVar, cast

import grpc
import grpc.aio
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from dreamapi.v1 import breakers_pb2, dreamscapes_pb2, pods_pb2, wake_pb2
from dreamd.adapters.grpc.errors import STATUS, Declined, decline
from dreamd.ports.call_meters import CODES, Call, CallMeters

Context = grpc.aio.ServicerContext[Message, Message]
Unary = Callable[[Message, Context], Awaitable[Message]]
Gather = Callable[[AsyncIterator[Message], Context], Awaitable[Message]]
Stream = Callable[[Message, Context], AsyncGenerator[Message, None]]
Handler: TypeAlias = "grpc.RpcMethodHandler[Message, Message]"  # generic in the stubs alone
_In = TypeVar("_In")
_Out = TypeVar("_Out")

_log = structlog.get_logger("dreamd.api")


def calls_of_api() -> dict[str, Call]:
    """Every method of dreamapi.v1 by its path, read from the protos."""
    services = (
        pods_pb2.DESCRIPTOR.services_by_name["Pods"],
        dreamscapes_pb2.DESCRIPTOR.services_by_name["Dreamscapes"],
        breakers_pb2.DESCRIPTOR.services_by_name["Breakers"],
        wake_pb2.DESCRIPTOR.services_by_name["WakeOrders"],
    )
    return {
        f"/{service.full_name}/{method.name}": Call(_kind(method), service.full_name, method.name)
        for service in services
        for method in service.methods
    }


def _kind(method: MethodDescriptor) -> Literal["unary", "server_stream", "client_stream"]:
    if method.client_streaming:
        return "client_stream"
    return "server_stream" if method.server_streaming else "unary"


def word_of(code: grpc.StatusCode) -> str:
    """The status as Go's grpc prints it, which is what dashboards match: OK, InvalidArgument ..."""
    return code.name if code is grpc.StatusCode.OK else code.name.title().replace("_", "")


assert {word_of(code) for code in STATUS.values()} <= set(CODES), "every refusal's status is counted"


UNDER_WAY_S: Final = 0.1
"""Longer than this a request is hardly under way."""


class Unmetered:
    """Counts nothing."""

    def expect(self, call: Call) -> None:
        """Nothing."""

    def started(self, call: Call) -> None:
        """Nothing."""

    def handled(self, call: Call, code: str, seconds: float) -> None:
        """Nothing."""


class Seam(grpc.aio.ServerInterceptor):
    """Wraps every handler of dreamapi.v1; `refused` is told the code of each refusal."""

    def __init__(self, meters: CallMeters, refused: Callable[[str], None]) -> None:
        self._meters = meters
        self._refused = refused
        self._calls = calls_of_api()
        for call in self._calls.values():
            meters.expect(call)

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[_In, _Out] | None"]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[_In, _Out] | None":
        """Return the handler, wrapped where it is one of ours."""
        handler = await continuation(handler_call_details)
        call = self._calls.get(handler_call_details.method)
        if handler is None or call is None:
            return handler
        wraps = {"unary": self._unary, "server_stream": self._stream, "client_stream": self._gather}
        return cast("grpc.RpcMethodHandler[_In, _Out]", wraps[call.kind](call, cast("Handler", handler)))

    def _unary(self, call: Call, handler: Handler) -> object:
        behaviour = cast("Unary", handler.unary_unary)

        async def ask(request: Message, context: Context) -> Message:
            async with self._measured(call, context):
                return await behaviour(request, context)

        return grpc.unary_unary_rpc_method_handler(
            ask,
            handler.request_deserializer,
            handler.response_serializer,
        )

    def _gather(self, call: Call, handler: Handler) -> object:
        behaviour = cast("Gather", handler.stream_unary)

        async def take(requests: AsyncIterator[Message], context: Context) -> Message:
            async with self._measured(call, context):
                return await behaviour(requests, context)

        return grpc.stream_unary_rpc_method_handler(
            take,
            handler.request_deserializer,
            handler.response_serializer,
        )

    def _stream(self, call: Call, handler: Handler) -> object:
        behaviour = cast("Stream", handler.unary_stream)

        async def follow(request: Message, context: Context) -> None:
            async with (
                self._measured(call, context),
                # Closed here and now when the caller leaves: a watch must not wait for the collector.
                contextlib.aclosing(behaviour(request, context)) as responses,
            ):
                async for response in responses:
                    await context.write(response)

        return grpc.unary_stream_rpc_method_handler(
            follow,
            handler.request_deserializer,
            handler.response_serializer,
        )

    @contextlib.asynccontextmanager
    async def _measured(self, call: Call, context: Context) -> AsyncIterator[None]:
        began_s = monotonic()
        self._meters.started(call)
        code = grpc.StatusCode.OK
        try:
            yield
        except Declined as no:
            code = STATUS[no.refusal.kind]
            self._refused(no.refusal.code.value)
            await decline(context, no.refusal)
        except asyncio.CancelledError:
            # None without a deadline, whatever the stubs say
            code = why_cancelled(cast("float | None", context.time_remaining()))
            raise
        except Exception as bug:  # noqa: BLE001 - the last line before the caller: whatever it is, it is logged
            code = grpc.StatusCode.INTERNAL
            await _fail(call, context, bug)
        finally:
            self._meters.handled(call, word_of(code), monotonic() - began_s)


def why_cancelled(left_s: float | None) -> grpc.StatusCode:
    """Say why a call was cancelled with so many seconds left to it; None: it had no deadline.

    The caller's deadline began before ours did, by as long as the request was under way: whoever cancels a
    little before the end has come to theirs.
    """
    late = left_s is not None and not left_s > UNDER_WAY_S
    return grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED


async def _fail(call: Call, context: Context, bug: Exception) -> None:
    incident = secrets.token_hex(4)
    _log.error("call_failed", method=call.method, incident=incident, exc_info=bug)
    sentence = f"the daemon failed at this call; its log has the particulars under incident {incident}"
    await context.abort(grpc.StatusCode.INTERNAL, sentence)
