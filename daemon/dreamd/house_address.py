"""The address of a house's owner: the one that it gives, and the answer of a daemon that is not the owner.

Theory of operation. The owner writes its address into the row of the house with its claim. A daemon that
waits reads the row and leads its callers there. An address of loopback leads nowhere from another machine, so
it is named on the owner's own machine alone; elsewhere the refusal says which setting helps.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Final

from dreamd.adapters.ledger.house.house_row import is_near
from dreamd.adapters.site_authority import AuthorityError
from dreamd.core.fleet.house import HouseLease
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.houses import HouseRecord
from dreamd.settings import Settings
from dreamwire.text import shown

ADDRESS: Final = "address"
"""The metadata of OWNER_ELSEWHERE with HOST:PORT of the owner's API."""


def advertised(settings: Settings, names: Sequence[str] = ()) -> str:
    """HOST:PORT at which callers reach this daemon's API; empty: its port is any free one.

    names: of its certificate, the first one first; none: it has none.

    Raises:
        AuthorityError: the certificate does not name the host of grpc.advertise.
    """
    if settings.grpc_advertise:
        host = _host(settings.grpc_advertise)
        if names and host.lower() not in (name.lower() for name in names):
            raise AuthorityError(
                f"the server's certificate does not name {host} of grpc.advertise; run dreamd init --renew "
                f"--name {host}"
            )
        return settings.grpc_advertise
    host = settings.grpc_host
    if _is(host, "is_unspecified"):
        away = (name for name in names if not is_loopback(name))
        host = next(away, names[0] if names else socket.gethostname())
    if not settings.grpc_port:
        return ""
    return f"[{host}]:{settings.grpc_port}" if ":" in host else f"{host}:{settings.grpc_port}"


def refusal_of(house: HouseRecord | None, *, free: bool, lacks: str = "", own: str = "") -> Refusal:
    """The answer to a call that a daemon without the house does not carry out.

    house: as it was read last; None: it was not. free: it has no owner. lacks: why this daemon would not take
    it over; empty: it would. own: the address that this daemon gives.
    """
    if house is None:
        return Refusal(
            Code.HOUSE_UNOWNED, "this daemon waits, and has not read its house in the database yet"
        )
    if free:
        takes = "this standby cannot take it over (/readyz)" if lacks else "this standby takes it over"
        return Refusal(Code.HOUSE_UNOWNED, f"no daemon owns the house for the moment, and {takes}")
    unled = unreachable(house, own)
    if unled:
        return Refusal(Code.OWNER_ELSEWHERE, f"another daemon owns the house; {unled}")
    told = f"{shown(house.address)} owns the house, and this daemon waits to take it over"
    return Refusal(Code.OWNER_ELSEWHERE, told, {ADDRESS: house.address})


def standbys_of(house: HouseLease | None) -> tuple[str, ...]:
    """The addresses at which callers may look for the next owner; a loopback of another machine is none."""
    found = house.standbys if house is not None else ()
    led = (one for one in found if one.address and (one.near or not is_loopback(_host(one.address))))
    return tuple(dict.fromkeys(one.address for one in led))


def unreachable(house: HouseRecord, own: str = "") -> str:
    """Why no caller is led to the owner; empty: each one is. own: the address that this daemon gives."""
    if not house.address:
        return "it has named no address: give it a port, or grpc.advertise"
    if house.address == own:
        return f"it gives {shown(own)}, as this daemon does: set grpc.advertise at each"
    if is_loopback(_host(house.address)) and not is_near(house.owner):
        return f"{shown(house.address)} leads to it on its own machine alone: set grpc.advertise there"
    return ""


def is_loopback(host: str) -> bool:
    """Whether this address or name is of each machine itself."""
    return host.lower() == "localhost" or _is(host, "is_loopback") or _is(host, "is_unspecified")


def _host(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")


def _is(host: str, what: str) -> bool:
    try:
        return bool(getattr(ipaddress.ip_address(host), what))
    except ValueError:
        return False
