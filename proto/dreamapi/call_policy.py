"""The client's calls: each has a deadline, a safe one is repeated, and the owner of the house is followed.

Every call of the API is safe to repeat: reads change nothing, writes carry a request id, and severing calls
are idempotent. A call is repeated only if the connection failed (UNAVAILABLE without a refusal in it) or the
daemon was stopping, with full jitter (Brooker 2015), never past its deadline. A refusal is an answer and is
never repeated.

A daemon that does not own the house names its owner, which is asked at once (`daemons`). From one wait to the
next each daemon is asked once at most, so two that name one another end in an error. Where a house of several
daemons has no owner, or one of them does not answer, a standby is about to take over: such a call is repeated
until its deadline, every HOUSE_LOOK_S at least. A way out waits for a silent owner FREED_WITHIN_S at most,
then asks a daemon that waits, which keeps it.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any, Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from dreamapi.daemons import Daemons, is_address
from dreamapi.errors import ApiError, ShuttingDown, TimedOut, Unreachable, from_rpc
from dreamapi.house_errors import HouseUnowned, OwnerElsewhere
from dreamapi.replay import Replay
from dreamapi.screens import for_screen

ATTEMPTS: Final = 4
BACKOFF_FIRST_S: Final = 0.2
BACKOFF_MOST_S: Final = 5.0
DEADLINE_S: Final = 10.0
PATIENCE_S: Final = 60.0
"""How long a watch tries to reconnect before it gives up."""
SHORTEST_TRY_S: Final = 0.05
"""With less time left no try begins: it would end as TimedOut, and hide the reason of those before."""
FREED_WITHIN_S: Final = 3.0
"""A way out answers within 1.5 s; so an owner that does not answer it by then is frozen, or cut off."""
FOLLOWED_MAX: Final = 3
"""Owners that are followed from one wait to the next; there is one, and two while it changes."""
HOUSE_LOOK_S: Final = 1.0
"""Longest wait from one question to the next while a standby takes the house over."""

Said = TypeVar("Said", bound=Message)


def new_request_id() -> str:
    """A fresh request id."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Line:
    """The daemons of a house and the patience for them; `rng` draws the jitter.

    to_screen: the text of answers is escaped for a terminal.
    """

    daemons: Daemons
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
        each_s: float = inf,
    ) -> Said:
        """One answer of `kind` from a generated unary stub `method`; raises ApiError.

        least_s: the call may take so long, whatever the deadline. each_s: the longest wait for one daemon of
        several.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + max(self.deadline_s, least_s)
        tries = Tries(self, ATTEMPTS, late_passes=each_s < inf)
        while True:
            asked = self.daemons.target
            try:
                most_s = each_s if self.daemons.several else inf
                call = method(request, timeout=max(min(until_s - loop.time(), most_s), 0.001))
                answer = await call
            except grpc.aio.AioRpcError as error:
                failure = self._failure(error, asked)
                await asyncio.sleep(await tries.wait_s(failure, asked, until_s))
            else:
                assert isinstance(answer, kind)
                self.daemons.note_standbys(await call.trailing_metadata())
                return self.presented(answer)

    async def free(self, method: Any, request: Any, kind: type[Said]) -> Said:  # noqa: ANN401
        """One answer to a way out; an owner that is silent for FREED_WITHIN_S is asked no longer."""
        return await self.ask(method, request, kind, each_s=FREED_WITHIN_S)

    def _failure(self, error: grpc.aio.AioRpcError, asked: str) -> ApiError:
        self.daemons.note_standbys(error.trailing_metadata() or ())
        return from_rpc(error, self.daemons.told(asked))

    async def gather(self, method: Any, requests: AsyncIterable[Any], kind: type[Said]) -> Said:  # noqa: ANN401
        """One answer of `kind` to a stream of requests; no deadline; raises ApiError.

        It is repeated at the owner of the house alone, where a daemon that does not own it was asked.
        """
        replay, tries = Replay(requests), Tries(self, 1)
        try:
            while True:
                asked = self.daemons.target
                try:
                    answer = await method(replay.sent())
                except grpc.aio.AioRpcError as error:
                    failure = self._failure(error, asked)
                    await tries.wait_s(failure, asked, inf)
                    if not replay.whole or not isinstance(failure, OwnerElsewhere):
                        raise failure from error
                else:
                    assert isinstance(answer, kind)
                    return self.presented(answer)
        finally:
            await replay.finish()

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
        heard_s, tries = loop.time(), Tries(self)
        while True:
            asked = self.daemons.target
            stream = method(request())
            try:
                async for answer in stream:
                    assert isinstance(answer, kind)
                    heard_s, tries = loop.time(), Tries(self)
                    yield self.presented(answer)
                    heard_s = loop.time()
            except grpc.aio.AioRpcError as error:
                failure = self._failure(error, asked)
                wait_s = await tries.wait_s(failure, asked, heard_s + patience_s)
            else:
                return
            finally:
                stream.cancel()
            await asyncio.sleep(wait_s)


class Tries:
    """The tries of one call. attempts: how many there are; absent, as many as the time permits."""

    def __init__(self, line: Line, attempts: int | None = None, *, late_passes: bool = False) -> None:
        """late_passes: a call that was not answered in time is made again, while time is left."""
        self._line, self._attempts = line, attempts
        self._silent = (Unreachable, ShuttingDown, TimedOut) if late_passes else (Unreachable, ShuttingDown)
        self._asked: dict[str, ApiError] = {}
        self._waits = self._failed = self._disputes = 0

    async def wait_s(self, failure: ApiError, asked: str, until_s: float) -> float:
        """Return the seconds until the next try; 0: another daemon is asked at once.

        failure: of the call to `asked`. until_s: its end, by the loop's clock.

        Raises:
            ApiError: the failure, where no further try helps.
        """
        self._asked[asked] = failure
        left_s = until_s - asyncio.get_running_loop().time()
        if await self._moved(failure, asked) and (left_s > 0.0 or not isinstance(failure, TimedOut)):
            return 0.0
        wait_s, self._waits = self._line.backoff_s(self._waits), self._waits + 1
        failure, taking_over = self._judged(failure)
        if taking_over:
            wait_s = min(wait_s, HOUSE_LOOK_S)
        elif isinstance(failure, OwnerElsewhere):
            self._disputes += 1
        else:
            self._failed += 1
        over = self._failed == self._attempts or self._disputes == ATTEMPTS
        if over or not self._passes(failure) or not wait_s + SHORTEST_TRY_S < left_s:
            raise failure
        self._asked = {}
        return wait_s

    async def _moved(self, failure: ApiError, asked: str) -> bool:
        """Whether another daemon is to be asked, that was not since the last wait."""
        daemons = self._line.daemons
        address = _named_by(failure)
        if address:
            if address in self._asked or len(self._asked) > FOLLOWED_MAX:
                return False
            await daemons.move(asked, address)
            return True
        if isinstance(failure, OwnerElsewhere | Unreachable | ShuttingDown | TimedOut):
            daemons.turn_from(asked)
        elsewhere = daemons.target not in self._asked
        return elsewhere and (self._passes(failure) or isinstance(failure, OwnerElsewhere))

    def _passes(self, failure: ApiError) -> bool:
        """Whether the failure may be over in a moment."""
        return isinstance(failure, (*self._silent, HouseUnowned)) or bool(_named_by(failure))

    def _judged(self, failure: ApiError) -> tuple[ApiError, bool]:
        """Return the error to raise where no try is left, and whether a standby is about to take over."""
        address = _named_by(failure)
        if address:
            silent = self._asked.get(address)
            if isinstance(silent, self._silent):
                return silent, True
            return _disputed(failure, self._asked), False
        lost = isinstance(failure, self._silent) and self._line.daemons.several
        return failure, lost or isinstance(failure, HouseUnowned)


def _named_by(failure: ApiError) -> str:
    """The address of the owner that a daemon named; empty: none that could be asked."""
    address = failure.metadata.get("address", "") if isinstance(failure, OwnerElsewhere) else ""
    return address if is_address(address) else ""


def _disputed(failure: ApiError, asked: Iterable[str]) -> OwnerElsewhere:
    """Return the error of daemons of which none owns the house and each names another one."""
    address = _named_by(failure)
    chain = " names ".join((*asked, address))
    return OwnerElsewhere(
        "OWNER_ELSEWHERE",
        f"no daemon that was asked owns the house: {chain}",
        "correct grpc.advertise at each of them: it is the address of that daemon alone",
        {"address": address},
    )
