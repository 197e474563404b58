"""The client's calls: every call has a deadline, and a safe call is repeated.

Every call of the API is safe to repeat: reads change nothing, writes carry a request id, and severing calls
are idempotent. A call is repeated only if the connection failed (UNAVAILABLE without a refusal in it) or the
daemon was stopping, with full jitter (Brooker 2015), never past its deadline. A refusal is an answer and is
never repeated.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from dreamapi.errors import ApiError, ShuttingDown, Unreachable, from_rpc
from dreamapi.screens import for_screen

ATTEMPTS: Final = 4
BACKOFF_FIRST_S: Final = 0.2
BACKOFF_MOST_S: Final = 5.0
DEADLINE_S: Final = 10.0
PATIENCE_S: Final = 60.0
"""How long a watch tries to reconnect before it gives up."""

Said = TypeVar("Said", bound=Message)


def new_request_id() -> str:
    """A fresh request id."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Line:
    """One address and the patience for it; `rng` draws the jitter.

    to_screen: the text of answers is escaped for a terminal.
    """

    target: str
    rng: Random
    deadline_s: float = DEADLINE_S
    to_screen: bool = False

    def presented(self, answer: Said) -> Said:
        """The answer, escaped for a screen if so configured."""
        return for_screen(answer) if self.to_screen else answer

    def backoff_s(self, attempt: int) -> float:
        """Full jitter: anything up to a bound that doubles with every attempt (0, 1, 2 ...)."""
        return self.rng.uniform(0.0, min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** min(attempt, 16)))

    async def ask(
        self,
        method: Any,  # noqa: ANN401 - stubs are untyped
        request: Any,  # noqa: ANN401
        kind: type[Said],
        least_s: float = 0.0,
    ) -> Said:
        """One answer of `kind` from a generated unary stub `method`; raises ApiError.

        least_s: the call may take so long, whatever the deadline.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + max(self.deadline_s, least_s)
        for attempt in range(ATTEMPTS):
            try:
                answer = await method(request, timeout=max(until_s - loop.time(), 0.001))
            except grpc.aio.AioRpcError as error:
                failure = from_rpc(error, self.target)
                wait_s = self.backoff_s(attempt)
                last = attempt + 1 == ATTEMPTS or loop.time() + wait_s >= until_s
                if last or not _passing(failure):
                    raise failure from error
                await asyncio.sleep(wait_s)
            else:
                assert isinstance(answer, kind)
                return self.presented(answer)
        raise AssertionError("the last attempt answers or raises")

    async def gather(self, method: Any, requests: AsyncIterable[Any], kind: type[Said]) -> Said:  # noqa: ANN401
        """One answer of `kind` to a stream of requests; no deadline, never repeated; raises ApiError."""
        try:
            answer = await method(requests)
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error, self.target) from error
        assert isinstance(answer, kind)
        return self.presented(answer)

    async def follow(
        self,
        method: Any,  # noqa: ANN401 - stubs are untyped
        request: Callable[[], Any],
        kind: type[Said],
        patience_s: float = PATIENCE_S,
    ) -> AsyncGenerator[Said, None]:
        """Every answer of a generated stream stub; a broken stream is opened anew with `request()`.

        Raises:
            Unreachable: it could not be opened again within `patience_s` seconds.
        """
        loop = asyncio.get_running_loop()
        heard_s, attempt = loop.time(), 0
        while True:
            stream = method(request())
            try:
                async for answer in stream:
                    assert isinstance(answer, kind)
                    heard_s, attempt = loop.time(), 0
                    yield self.presented(answer)
                    heard_s = loop.time()
            except grpc.aio.AioRpcError as error:
                failure = from_rpc(error, self.target)
                wait_s = self.backoff_s(attempt)
                if not _passing(failure) or loop.time() + wait_s >= heard_s + patience_s:
                    raise failure from error
            else:
                return
            finally:
                stream.cancel()
            attempt += 1
            await asyncio.sleep(wait_s)


def _passing(failure: ApiError) -> bool:
    """Whether the failure may be over in a moment."""
    return isinstance(failure, Unreachable | ShuttingDown)
