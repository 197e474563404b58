"""Places for HTTP connections: each phase of a request has places and a deadline of its own.

A connection is ASKING until its whole request has been read, head and body; its phase is then that of the
requested page. No client holds a place longer than its phase may last: at the deadline the connection is
closed, however many bytes still trickle.

When a phase is full. ASKING, HEALTH and METRICS close the oldest connection of the host that holds the most,
and take the newest: an honest request lasts milliseconds there, so the oldest is the slow one. PAGE refuses.
ORDER has no bound of its own, because leaving is never refused for room; an order is short, and
`console_routes` answers at once where many wait.

Any thread may call; the clock is an argument.
"""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import Final


class Phase(Enum):
    """The phase of a connection."""

    ASKING = "asking"
    HEALTH = "health"
    METRICS = "metrics"
    PAGE = "pages"
    ORDER = "orders"


ASKING_PLACES: Final = 64
CONNECTIONS_MAX: Final = 256
"""Connections in all phases together, each with its thread."""
PLACES: Final = {Phase.ASKING: ASKING_PLACES, Phase.HEALTH: 16, Phase.METRICS: 8, Phase.PAGE: 64}
HOST_PAGES: Final = 32
"""Places for pages that one remote host may hold."""
ASKS_WITHIN_S: Final = 5.0
"""From the connection, or from the last answer, to the whole head."""
BODY_WITHIN_S: Final = 2.0
ANSWERED_WITHIN_S: Final = 10.0
"""From the whole request to the answer's last byte: a hung application takes 2 s, a confirmation 1.5 s."""
_REFUSING: Final = (Phase.PAGE,)


@dataclass(slots=True, eq=False)
class Connection:
    """One client. until_s: the time at which it is closed in any phase."""

    socket: socket.socket
    host: str
    phase: Phase
    until_s: float
    over: bool = False


class ConnectionLimits:
    """The open connections, and the phase of each."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        """now_s: a clock that never goes back."""
        self._now_s = now_s
        self._lock = threading.Lock()
        self._held: dict[Phase, dict[Connection, None]] = {phase: {} for phase in Phase}
        self._threads = 0

    def enter(self, client: socket.socket, host: str) -> Connection | None:
        """A place for a new client; None: too many threads, close the socket."""
        with self._lock:
            if self._threads >= CONNECTIONS_MAX:
                return None
            self._threads += 1
            connection = Connection(client, host, Phase.ASKING, self._now_s() + ASKS_WITHIN_S)
            self._make_room(Phase.ASKING)
            self._held[Phase.ASKING][connection] = None
            return connection

    def ask_again(self, connection: Connection) -> bool:
        """Move an answered connection back to ASKING; False: it is closed."""
        return self._move(connection, Phase.ASKING, ASKS_WITHIN_S)

    def has_head(self, connection: Connection) -> None:
        """Start the body's deadline: the head is read."""
        with self._lock:
            connection.until_s = self._now_s() + BODY_WITHIN_S

    def has_asked(self, connection: Connection, phase: Phase) -> bool:
        """Move to the phase of the request, which is read whole; False: the phase has no place."""
        return self._move(connection, phase, ANSWERED_WITHIN_S)

    def connection_ended(self, connection: Connection) -> None:
        """Free the place: the connection's thread ends."""
        with self._lock:
            self._held[connection.phase].pop(connection, None)
            self._threads -= 1

    def expire(self) -> None:
        """Close every connection past its deadline."""
        with self._lock:
            now_s = self._now_s()
            for held in self._held.values():
                for connection in [one for one in held if not now_s <= one.until_s]:
                    self._hang_up(connection)

    def count(self, phase: Phase) -> int:
        """The number of connections in this phase."""
        return len(self._held[phase])

    def _move(self, connection: Connection, phase: Phase, within_s: float) -> bool:
        with self._lock:
            if connection.over:
                return False
            if phase is not connection.phase and not self._fits(phase, connection.host):
                return False
            del self._held[connection.phase][connection]
            self._make_room(phase)
            connection.phase, connection.until_s = phase, self._now_s() + within_s
            self._held[phase][connection] = None
            return True

    def _fits(self, phase: Phase, host: str) -> bool:
        if phase not in _REFUSING:
            return True
        of_host = 0 if _is_here(host) else sum(one.host == host for one in self._held[phase])
        return len(self._held[phase]) < PLACES[phase] and of_host < HOST_PAGES

    def _make_room(self, phase: Phase) -> None:
        held = self._held[phase]
        if len(held) < PLACES.get(phase, CONNECTIONS_MAX):
            return
        busiest, _ = Counter(one.host for one in held).most_common(1)[0]
        self._hang_up(next(one for one in held if one.host == busiest))

    def _hang_up(self, connection: Connection) -> None:
        """Free the place now; the thread that serves it finds its socket shut and ends."""
        connection.over = True
        self._held[connection.phase].pop(connection, None)
        with suppress(OSError):  # the client may have closed it
            connection.socket.shutdown(socket.SHUT_RDWR)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
