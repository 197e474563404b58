"""The interceptor of every call: it counts, times, and turns exceptions into statuses.

grpc.aio's `abort` raises a bare Exception, so an interceptor that observes how a handler ended counts
refusals as OK or as bugs. Here the handler raises `Declined` and this interceptor maps it, so the counted
code is the sent code. Any other exception is a bug: the caller gets INTERNAL and an incident number, and the
log has the details under that number.

A call first takes its place in the lane of its method (`lanes`). Its messages are read with a deadline
(`request_reader`), and their text is made fit or refused (`request_bodies`). Health and reflection have lanes
and deadlines too; only dreamapi.v1 is measured.

Every call of dreamapi.v1 but those that only read is recorded in the audit log (`app.audit`), and so is a
reading on a sleeper's request.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final, TypeAlias, TypeVar, cast

import grpc
import grpc.aio
import structlog
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from dreamapi.daemons import STANDBYS
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.api_methods import calls_of_api, methods_of_api
from dreamd.adapters.grpc.calls.errors import STATUS, Declined, decline
from dreamd.adapters.grpc.calls.lanes import WAITING_MAX, Lane, Lanes, lane_of
from dreamd.adapters.grpc.calls.method_rules import named_act, rules_of_api
from dreamd.adapters.grpc.calls.request_bodies import frees, reader
from dreamd.adapters.grpc.calls.request_reader import Deserialize, Requests
from dreamd.adapters.grpc.calls.sight import EVERYTHING, Sight
from dreamd.adapters.grpc.calls.streams import kept
from dreamd.app.audit.audit_log import AuditLog
from dreamd.app.durability.audited_call import CALL, FAILED, AuditedCall
from dreamd.core.access.admission import Admitted
from dreamd.core.access.rules import Effect
from dreamd.core.refusals import Refusal
from dreamd.ports.call_metrics import CODES, Call, CallMetrics

Context = grpc.aio.ServicerContext[Message, Message]
Said = Message | AsyncIterator[Message]
Answer = Callable[[Said, Context], Awaitable[Message]]
Follow = Callable[[Said, Context], AsyncGenerator[Message | bytes, None] | Awaitable[None]]
Handler: TypeAlias = "grpc.RpcMethodHandler[Message, Message]"  # generic in the stubs alone
_In = TypeVar("_In")
_Out = TypeVar("_Out")

_log = structlog.get_logger("dreamd.api")


@dataclass(frozen=True, slots=True)
class Visit:
    """A served method. call: its name in the metrics; None outside dreamapi.v1."""

    path: str
    lane: Lane
    call: Call | None


def readers_of_api() -> dict[str, Deserialize]:
    """The request reader of each method of dreamapi.v1, by its path."""
    return {
        path: reader(GetMessageClass(method.input_type), freeing=frees(method.name))
        for path, method in methods_of_api().items()
    }


def word_of(code: grpc.StatusCode) -> str:
    """The status as Go's grpc prints it, which dashboards match: OK, InvalidArgument ..."""
    return code.name if code is grpc.StatusCode.OK else code.name.title().replace("_", "")


assert {word_of(code) for code in STATUS.values()} <= set(CODES), "every refusal's status is counted"


OUTLIVES: Final = frozenset({"/dreamapi.v1.Consents/EraseSleeper"})
"""Calls that end the credentials of their own caller, and then answer."""
WRITE_ENDS_S: Final = 0.5
"""Longest time for which a cancelled call waits for the message it was sending."""
UNDER_WAY_S: Final = 0.1
"""Longest likely transit time of a request."""


class Unmetered:
    """Counts nothing."""

    def expect(self, call: Call) -> None:
        """Nothing."""

    def started(self, call: Call) -> None:
        """Nothing."""

    def handled(self, call: Call, code: str, seconds: float) -> None:
        """Nothing."""


class ApiInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every served handler; calls `refused` with each refusal.

    gRPC sees every handler as one that takes a stream: so the place is taken, and the deadline runs, before
    the first message is read. On the wire nothing differs.
    """

    def __init__(
        self,
        meters: CallMetrics,
        refused: Callable[[Refusal], None],
        lanes: Lanes,
        requests: Requests,
        admission: Admission | None = None,
        only: frozenset[str] | None = None,
        acts: AuditLog | None = None,
        standbys: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """only: the paths that are served; absent, all. acts: the audit log; absent, nothing is recorded.

        standbys: addresses of the daemons that wait for the house, for the metadata behind each answer.
        """
        self._standbys = standbys
        self._only = only
        self._admission = admission
        self._acts, self._rules = acts, rules_of_api()
        self._meters = meters
        self._refused = refused
        self._lanes = lanes
        self._requests = requests
        self._calls, self._readers = calls_of_api(), readers_of_api()
        for call in self._calls.values():
            meters.expect(call)

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[_In, _Out] | None"]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[_In, _Out] | None":
        """Return the handler, wrapped; None where the method is not served."""
        found = await continuation(handler_call_details)
        if found is None or (self._only is not None and handler_call_details.method not in self._only):
            return None
        handler, path = cast("Handler", found), handler_call_details.method
        visit = Visit(path, lane_of(path), self._calls.get(path))
        wrap = self._stream if handler.response_streaming else self._unary
        return cast("grpc.RpcMethodHandler[_In, _Out]", wrap(visit, handler))

    def _unary(self, visit: Visit, handler: Handler) -> object:
        answer = handler.unary_unary or handler.stream_unary

        async def ask(raws: AsyncIterator[bytes], context: Context) -> Message:
            async with self._admitted(visit, context) as admitted:
                said = await self._said(visit, handler, raws, admitted)
                return sight_of(admitted).blanked(await cast("Answer", answer)(said, admitted))
            raise AssertionError("a refusal raises")

        return grpc.stream_unary_rpc_method_handler(ask, None, handler.response_serializer)

    def _stream(self, visit: Visit, handler: Handler) -> object:
        answer = handler.unary_stream or handler.stream_stream

        async def follow(raws: AsyncIterator[bytes], context: Context) -> None:
            write = cast("Callable[[Message | bytes], Awaitable[None]]", context.write)
            async with self._admitted(visit, context) as admitted:
                said = await self._said(visit, handler, raws, admitted)
                responses = cast("Follow", answer)(said, admitted)
                if not isinstance(responses, AsyncGenerator):
                    await responses  # writes by itself, as the health checker does
                    return
                # Closed at once when the caller leaves: a watch must not wait for the garbage collector.
                async with contextlib.aclosing(responses):
                    sight = sight_of(admitted)
                    async for response in responses:
                        await _whole(
                            write(response if isinstance(response, bytes) else sight.blanked(response))
                        )

        return grpc.stream_stream_rpc_method_handler(follow, None, _either(handler.response_serializer))

    async def _said(
        self, visit: Visit, handler: Handler, raws: AsyncIterator[bytes], context: Context
    ) -> Said:
        read = self._readers.get(visit.path) or cast("Deserialize", handler.request_deserializer)
        if not handler.request_streaming:
            request = await self._requests.the_one(raws, read)
            self._scoped(visit, context, request)
            await self._recorded(visit, context, request)
            return request
        return self._each(visit, context, self._requests.each(raws, read))

    async def _each(
        self, visit: Visit, context: Context, requests: AsyncIterator[Message]
    ) -> AsyncIterator[Message]:
        """The messages of a stream: the first one names the thing, and later ones cannot name another."""
        first = True
        async for request in requests:
            if first:
                self._scoped(visit, context, request)
                await self._recorded(visit, context, request)
            first = False
            yield request

    def _scoped(self, visit: Visit, context: Context, request: Message) -> None:
        if self._admission is None or not self._admission.scoped(visit.path, admitted_of(context), request):
            return
        rule = self._rules[visit.path]
        if rule.effect is Effect.READS and self._acts is not None:
            with self._acts.call(rule.method, rule.effect) as call:
                call.act = named_act(call.act, rule, request, admitted_of(context))
                call.ended()

    async def _recorded(self, visit: Visit, context: Context, request: Message) -> None:
        """Name the call's target in its record, and write the record first where its command writes none.

        A way out is recorded once its handler has acted, whatever its answer waits for.
        """
        call = CALL.get()
        if call is None or self._acts is None:
            return
        frees = call.effect is Effect.FREES
        try:
            call.act = named_act(call.act, self._rules[visit.path], request, admitted_of(context))
        except Exception:
            if not frees:
                raise
            _log.exception("record_failed", method=visit.path.rpartition("/")[2])  # the act goes on
        if frees:
            asyncio.get_running_loop().call_soon(call.acted)
        else:
            await kept(self._acts.record_first(call))

    @contextlib.contextmanager
    def _audited(self, visit: Visit) -> Iterator[AuditedCall | None]:
        """Record how this call ends; None: it only reads."""
        rule = self._rules.get(visit.path)
        if self._acts is None or rule is None or rule.effect is Effect.READS:
            yield None
            return
        with self._acts.call(rule.method, rule.effect) as call:
            try:
                yield call
            except Declined as no:
                self._acts.refuse(call, no.refusal.code.value)
                raise
            except Exception:
                call.ended(FAILED)
                raise
            else:
                call.ended()

    @contextlib.asynccontextmanager
    async def _admitted(self, visit: Visit, context: Context) -> AsyncIterator[Context]:
        """Hold a place in the method's lane; count the call, then send its refusal or failure."""
        began_s, ending = monotonic(), _Ending()
        context.set_trailing_metadata(self._behind())
        if visit.call is not None:
            self._meters.started(visit.call)
        try:
            with (
                self._audited(visit) as call,
                self._lanes.place(visit.lane, context.peer()),
                self._known(visit, context) as known,
            ):
                if call is not None and (admitted := admitted_of(known)) is not None:
                    call.act = replace(call.act, principal=admitted.principal.name, own=admitted.acts_as)
                hasty = visit.lane is Lane.WAY_OUT and self._lanes.open_calls(visit.lane) > WAITING_MAX
                yield cast("Context", Hasty(known)) if hasty else known
        except Declined as no:
            self._refused(no.refusal)
            ending = _Ending(STATUS[no.refusal.kind], refusal=no.refusal)
        except asyncio.CancelledError:
            # None without a deadline, whatever the stubs say
            ending = _Ending(why_cancelled(cast("float | None", context.time_remaining())))
            raise
        except Exception as bug:  # noqa: BLE001 - the last line before the caller: whatever it is, it is logged
            ending = _Ending(grpc.StatusCode.INTERNAL, bug=bug)
        finally:
            if visit.call is not None:
                self._meters.handled(visit.call, word_of(ending.code), monotonic() - began_s)
        if ending.refusal is not None:
            await decline(context, ending.refusal, self._behind())
        if ending.bug is not None:
            await _fail(visit.path, context, ending.bug)

    def _behind(self) -> tuple[tuple[str, str], ...]:
        """The metadata behind an answer."""
        waiting = ",".join(self._standbys())
        return ((STANDBYS, waiting),) if waiting else ()

    @contextlib.contextmanager
    def _known(self, visit: Visit, context: Context) -> Iterator[Context]:
        """The context with its admitted caller; as it is where there is no access control."""
        if self._admission is None:
            yield context
            return
        admitted = self._admission.admitted(visit.path, context.invocation_metadata())
        streams = visit.lane in (Lane.WATCH, Lane.LEAD)
        with self._admission.running(admitted, stream=streams, outlives=visit.path in OUTLIVES):
            if admitted is None:
                yield context
            else:
                sight = Sight(admitted, self._admission.where)
                yield cast("Context", Known(context, admitted, sight))


@dataclass(frozen=True, slots=True)
class _Ending:
    code: grpc.StatusCode = grpc.StatusCode.OK
    refusal: Refusal | None = None
    bug: Exception | None = None


class Known:
    """A context whose caller is admitted. sight: the rows and names that the caller sees."""

    def __init__(self, context: Context, admitted: Admitted, sight: Sight) -> None:
        self._context = context
        self.admitted = admitted
        self.sight = sight

    def __getattr__(self, name: str) -> object:
        """Everything else is the call's own."""
        return getattr(self._context, name)


def admitted_of(context: Context) -> Admitted | None:
    """The admitted caller of a call; None without access control."""
    return cast("Admitted | None", getattr(context, "admitted", None))


def sight_of(context: Context) -> Sight:
    """The rows and names that the caller sees; everything without access control."""
    return cast("Sight", getattr(context, "sight", EVERYTHING))


class Hasty:
    """A context without time left: the order is carried out, and its confirmation not awaited."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def time_remaining(self) -> float:
        """Always 0."""
        return 0.0

    def __getattr__(self, name: str) -> object:
        """Everything else is the call's own."""
        return getattr(self._context, name)


async def _whole(write: Awaitable[None]) -> None:
    """Finish a message though the call is cancelled: gRPC takes no status beside half a message."""
    writing = asyncio.ensure_future(write)
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait({writing}, timeout=WRITE_ENDS_S)
        if not writing.done():
            writing.cancel()
        elif not writing.cancelled():
            writing.exception()  # looked at: the cancellation is what is told
        raise


def _either(serialize: Callable[[Message], bytes] | None) -> Callable[[Message | bytes], bytes]:
    """Return a serializer that passes bytes on: a tick is encoded once for all its watchers."""
    assert serialize is not None

    def serialized(response: Message | bytes) -> bytes:
        return response if isinstance(response, bytes) else serialize(response)

    return serialized


def why_cancelled(left_s: float | None) -> grpc.StatusCode:
    """Return why a call was cancelled with this many seconds left; None: it had no deadline.

    The caller's deadline began earlier than the server's, by the request's transit time. So a cancellation a
    little before the end means that the caller's deadline has passed.
    """
    late = left_s is not None and not left_s > UNDER_WAY_S
    return grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED


async def _fail(path: str, context: Context, bug: Exception) -> None:
    incident = secrets.token_hex(4)
    _log.error("call_failed", method=path.rpartition("/")[2], incident=incident, exc_info=bug)
    sentence = f"internal error; the daemon's log has the details under incident {incident}"
    await context.abort(grpc.StatusCode.INTERNAL, sentence)
