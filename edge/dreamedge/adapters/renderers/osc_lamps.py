"""Lamps by OSC over UDP: `osc:HOST:PORT`, by python-osc.

One bundle at a time: `/dreamd/BED/coupling` f, `/dreamd/BED/bands` 12 f, `/dreamd/BED/severed` i. UDP never
waits and has no answer: whether a lamp obeys, or is there at all, is not known to the bed.

The values derive from a sleeper's EEG, and nothing seals them. So HOST is an address of this machine, or one
of a private network (RFC 1918, link-local, unique local); public, broadcast and multicast ones are refused.
Names but `localhost` are refused too: a name server may answer anything.
"""

import ipaddress
import socket
from typing import Final

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from dreamedge.adapters.renderers.lights import LightState
from dreamedge.ports.renderer import RendererError

_PORT_MOST: Final = 65535
_EXPECTED: Final = (
    "expected osc:HOST:PORT with localhost or an address of the local network, such as osc:127.0.0.1:9000"
)


class OscLamps:
    """The way of one bed to a program or lamp that understands OSC."""

    def __init__(self, target: str, bed: str) -> None:
        """Open the way.

        Raises:
            RendererError: the address is none, or is not local.
        """
        host, port = _address(target)
        self._to = (str(host), port)
        self._path = f"/dreamd/{bed}"
        family = socket.AF_INET if isinstance(host, ipaddress.IPv4Address) else socket.AF_INET6
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.settimeout(0.0)  # never waits

    def send(self, state: LightState) -> None:
        """Send one bundle; a full buffer drops it."""
        bundle = OscBundleBuilder(IMMEDIATELY)
        bundle.add_content(self._message("coupling", (float(state.coupling),), "f"))
        bundle.add_content(self._message("bands", tuple(state.bands.tolist()), "f"))
        bundle.add_content(self._message("severed", (int(state.severed),), "i"))
        try:
            self._socket.sendto(bundle.build().dgram, self._to)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _message(self, name: str, values: tuple[float, ...], kind: str) -> OscMessage:
        message = OscMessageBuilder(f"{self._path}/{name}")
        for value in values:
            message.add_arg(value, kind)
        return message.build()


def _address(target: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    host, _, port = target.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise RendererError(f"osc:{target} names no address; {_EXPECTED}.") from None
    if not (port.isdecimal() and 0 < int(port) <= _PORT_MOST):
        raise RendererError(f"osc:{target} names no port of 1 to {_PORT_MOST}; {_EXPECTED}.")
    nowhere = address.is_multicast or address.is_unspecified or address.is_reserved
    if not (address.is_loopback or (address.is_private and not nowhere)) or str(address).endswith(".255"):
        raise RendererError(
            f"osc:{target} is not an address of this machine or its private network, and bands derive from a "
            f"sleeper's EEG; {_EXPECTED}."
        )
    return address, int(port)
