"""A connection's socket, read in paho's place: publications at QoS 0 together, the rest by paho.

paho asks for one byte, then for another: `_sock_recv`, the one underscored name of paho 2 that is used here,
gives it the bytes that `PacketSplitter` left, and the end of the connection. Nothing else about paho changes:
it acknowledges, pings and notices the end as ever.
"""

import ssl
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.client import Client

from dreamwire.packet_splitter import PacketSplitter, Published

READ_BYTES: Final = 256 * 1024


class SocketReader:
    """Reads one connection; `deliver` gets the publications at QoS 0 of a read, in order with all else."""

    def __init__(self, paho: Client, deliver: Callable[[list[Published]], None]) -> None:
        """Stand between this client and its socket, before it connects."""
        self._paho, self._deliver = paho, deliver
        self._splitter, self._fed, self._ended = PacketSplitter(), b"", False
        instead: Any = paho
        instead._sock_recv = self._take_fed  # noqa: SLF001 -- see above

    def read_all(self, now_s: Callable[[], float], until_s: float) -> tuple[int, bool]:
        """Read what the socket has.

        Args:
            now_s: the loop's time.
            until_s: by that time reading stops.

        Returns:
            The number of publications handed on, and whether reading stopped for the time.
        """
        count = 0
        while (data := self._received()) is not None:
            for piece in self._splitter.split(data):
                if piece.published:
                    count += len(piece.published)
                    self._deliver(piece.published)
                self._feed(piece.others)
            if not data:
                self._ended = True
                self._paho.loop_read()
                break
            if now_s() >= until_s:
                return count, True
        return count, False

    def _received(self) -> bytes | None:
        """Return what the socket has, nothing at its end; None: nothing now."""
        sock: Any = self._paho.socket()
        if sock is None or self._ended:
            return None
        try:
            return bytes(sock.recv(READ_BYTES))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""

    def _feed(self, others: bytes) -> None:
        """Let paho read these bytes."""
        self._fed += others
        while self._fed and self._paho.socket() is not None:
            left = len(self._fed)
            self._paho.loop_read()
            if len(self._fed) == left:
                return

    def _take_fed(self, size: int) -> bytes:
        """Stand in for the socket's `recv`."""
        if not self._fed and not self._ended:
            raise BlockingIOError
        taken, self._fed = self._fed[:size], self._fed[size:]
        return taken
