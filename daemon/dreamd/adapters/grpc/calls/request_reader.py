"""The messages of a call, read with a deadline.

Every handler reads its messages here, unary ones too: gRPC would wait without end, and without counting a
place, for the one message of a unary call. A call without its first message in time ends, and so does a
stream that falls silent. An artist's vector counts for a second, so a lead stream that is silent for
`Patience.between_s` no longer leads.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError, Message

from dreamd.adapters.grpc.calls.errors import Declined, bad_input
from dreamd.core.refusals import Code, Refusal

Deserialize = Callable[[bytes], Message]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a call may be silent: before its first message, and between two messages of a stream."""

    first_s: float = 5.0
    between_s: float = 15.0


PATIENCE: Final = Patience()
"""The daemon's own values."""


class Requests:
    """Reads the messages of calls."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    async def the_one(self, raws: AsyncIterator[bytes], deserialize: Deserialize) -> Message:
        """The message of a unary call.

        Raises:
            Declined: STREAM_SILENT where it does not come in time; INVALID_ARGUMENT where the caller sends
                none, or it cannot be read.
        """
        message = await _next(raws, deserialize, self._patience.first_s)
        if message is None:
            raise bad_input("request", "one message", "none")
        return message

    async def each(self, raws: AsyncIterator[bytes], deserialize: Deserialize) -> AsyncIterator[Message]:
        """The messages of a stream; raises Declined as `the_one`."""
        within_s = self._patience.first_s
        while (message := await _next(raws, deserialize, within_s)) is not None:
            yield message
            within_s = self._patience.between_s


async def _next(raws: AsyncIterator[bytes], deserialize: Deserialize, within_s: float) -> Message | None:
    """The next message; None where the caller has ended the stream."""
    try:
        async with asyncio.timeout(within_s):
            raw = await anext(raws, None)
    except TimeoutError:
        sentence = f"no message came within {within_s:g} s"
        raise Declined(Refusal(Code.STREAM_SILENT, sentence, {"within_s": f"{within_s:g}"})) from None
    return None if raw is None else _read(raw, deserialize)


def _read(raw: bytes, deserialize: Deserialize) -> Message:
    try:
        return deserialize(raw)
    except DecodeError:
        raise bad_input("request", "a message of this method", raw[:32]) from None
