"""A process's notices to its service manager: ready, alive, status, stopping.

systemd gives a unit of type `notify` the address of a datagram socket in NOTIFY_SOCKET, and the watchdog's
limit in WATCHDOG_USEC; sd_notify(3) lists the messages. Each is a line of text on a socket, so no library is
needed. A process started by hand has no address, and sends nothing.

Rules. Sending never waits: a manager that does not read loses the message, and the next heartbeat comes
within BEAT_S. Sending never raises. The caller sends a heartbeat right after work that proves life (a
completed tick, a pulse of the tether), never from a timer of its own: a hung loop stops the heartbeats, is
killed and restarted. Safety does not depend on it, for the sleepers are alone by their tether long before; it
brings the service back.
"""

import socket
from collections.abc import Mapping
from typing import Final

BEAT_S: Final = 1.0
BEATS_PER_LIMIT: Final = 4
"""Heartbeats within a watchdog's limit, one of which may be lost."""
STARTING_MORE_S: Final = 15.0
"""Extra time requested by each heartbeat during the start: waiting for a broker is not a hang, silence is."""


class ServiceManager:
    """The manager behind `address` (empty: none). `watchdog_s`: its limit; 0: no watchdog."""

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._every_s = min(BEAT_S, watchdog_s / BEATS_PER_LIMIT) if watchdog_s > 0.0 else BEAT_S
        self._beat_s = float("-inf")
        self._ready = False
        self._said = ""
        self._socket: socket.socket | None = None
        if address and hasattr(socket, "AF_UNIX"):  # only systemd gives one
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)  # noqa: FBT003 -- the socket's own word

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int) -> "ServiceManager":
        """The manager in the environment of process `pid`; a watchdog over another process is none."""
        limit_us = environment.get("WATCHDOG_USEC", "")
        meant = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
        limit_s = int(limit_us) / 1e6 if meant and limit_us.isdecimal() else 0.0
        return cls(environment.get("NOTIFY_SOCKET", ""), limit_s)

    def ready(self, status: str) -> None:
        """Report once that the process does its work now."""
        if not self._ready:
            self._ready, self._said = True, status
            self._tell("READY=1", f"STATUS={status}")

    def alive(self, now_s: float) -> None:
        """Send a heartbeat if one is due; `now_s`: of any clock that does not go back."""
        if self._socket is None or not now_s >= self._beat_s + self._every_s:
            return
        self._beat_s = now_s
        more = () if self._ready else (f"EXTEND_TIMEOUT_USEC={STARTING_MORE_S * 1e6:.0f}",)
        self._tell("WATCHDOG=1", *more)

    def status(self, words: str) -> None:
        """Report the status if it has changed."""
        if words != self._said:
            self._said = words
            self._tell(f"STATUS={words}")

    def stopping(self, status: str) -> None:
        """Report that the shutdown has begun."""
        self._said = status
        self._tell("STOPPING=1", f"STATUS={status}")

    def close(self) -> None:
        """Send nothing any more; safe to call twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, *lines: str) -> None:
        if self._socket is None:
            return
        # A line break would end the message and begin another.
        text = "\n".join(line.replace("\n", " ") for line in lines)
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError:
            return  # full or gone: only a notice is lost, and the next heartbeat comes soon
