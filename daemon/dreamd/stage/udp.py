"""The two UDP ports of a stage, both on 127.0.0.1: UDP has no identity, so no other machine is heard.

A program that does not listen is noticed: the system reports a local port at which nothing does. A datagram
that the system cannot take at once is dropped, as UDP drops.
"""

import asyncio
import errno
from collections.abc import Callable
from typing import Final

from dreamd.stage.failures import CannotRun
from dreamd.stage.osc import Value, encoded

HERE: Final = "127.0.0.1"
IN_PORT: Final = 9000
OUT_PORT: Final = 9001

Heard = Callable[[bytes, int], None]
"""Called with a datagram and the port it came from."""


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._heard(data, addr[1])


class _Teller(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.unheard = 0
        self.full = False

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False

    def error_received(self, exc: Exception) -> None:
        self.unheard += isinstance(exc, ConnectionRefusedError)


class OscPorts:
    """The open ports. sent, dropped: datagrams so far."""

    def __init__(
        self, listener: asyncio.DatagramTransport, teller: asyncio.DatagramTransport, told: _Teller
    ) -> None:
        self._listener = listener
        self._teller = teller
        self._told = told
        self.sent = self.dropped = 0

    @classmethod
    async def bound(cls, in_port: int, out_port: int, heard: Heard) -> "OscPorts":
        """Open them. in_port: 0 takes a free one.

        Raises:
            CannotRun: another program listens at in_port.
        """
        loop = asyncio.get_running_loop()
        try:
            listener, _ = await loop.create_datagram_endpoint(
                lambda: _Listener(heard), local_addr=(HERE, in_port)
            )
        except OSError as no:
            raise CannotRun(_taken(in_port, no)) from None
        teller, told = await loop.create_datagram_endpoint(_Teller, remote_addr=(HERE, out_port))
        return cls(listener, teller, told)

    @property
    def in_port(self) -> int:
        """The port that is listened at."""
        return int(self._listener.get_extra_info("sockname")[1])

    @property
    def unheard(self) -> int:
        """How many of the datagrams that were sent found no listener."""
        return self._told.unheard

    def send(self, address: str, values: tuple[Value, ...]) -> None:
        """Send one message; dropped where the system takes none now."""
        if self._told.full:
            self.dropped += 1
            return
        self._teller.sendto(encoded(address, values))
        self.sent += 1

    def close(self) -> None:
        """Close both; safe to call twice."""
        self._listener.close()
        self._teller.close()


def _taken(port: int, no: OSError) -> str:
    if no.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {HERE} is taken by another program, such as another dreamd stage; end that one, "
            "or take another port with --in"
        )
    return f"port {port} of {HERE} cannot be opened: {no.strerror}; take another one with --in"
