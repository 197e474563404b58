"""Deadlines of the console's clients: a request's head is whole in time, however many bytes still trickle.

uvicorn bounds the wait between two requests and not that for the rest of a head. Here a connection is closed
HEAD_WITHIN_S after it was made, or after the first byte of a further request, unless a whole head has come by
then; of those that still ask there are at most ASKING_MAX, and one more closes the oldest. Bodies are bounded
where they are read (`web_app`). A connection costs no thread, so slow clients delay no way out.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_WITHIN_S: Final = 5.0
"""From the connection, or from the first byte of a further request, to the whole head."""
ASKING_MAX: Final = 256

_asking: dict["DeadlineProtocol", None] = {}
"""The connections that have not sent a whole head, the oldest first; of the one event loop."""


class DeadlineProtocol(H11Protocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that is whole by now ends the wait."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's type leaves the None out
        is_answering = cycle is not None and not cycle.response_complete
        if not is_answering and self._late is None:
            self._await_head()
        super().data_received(data)
        if self.cycle is not cycle or is_answering:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        while len(_asking) >= ASKING_MAX:
            next(iter(_asking)).end_wait()
        _asking[self] = None
        self._late = self.loop.call_later(HEAD_WITHIN_S, self.end_wait)

    def _stop_waiting(self) -> None:
        _asking.pop(self, None)
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def end_wait(self) -> None:
        """Close the connection: no whole head has come."""
        self._stop_waiting()
        self.transport.abort()
