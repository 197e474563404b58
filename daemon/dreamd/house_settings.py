"""Settings of a house: its lease, its address, whether this daemon waits for it, how its Dreamscapes tick."""

import re
from dataclasses import dataclass
from typing import Final

from dreamd.core.limits import HOUSE_LEASE_MAX_S, HOUSE_LEASE_MIN_S, HOUSE_LEASE_S
from dreamd.setting_values import Key, UnfitError

_ADVERTISED: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})")
_ANSWERS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


@dataclass(frozen=True, kw_only=True)
class HouseSettings:
    """The house's part of the settings. house_standby: wait until the house has no owner.

    grpc_advertise: HOST:PORT at which callers elsewhere reach the API; empty: derived. house_pooled_ticks:
    small Dreamscapes are fused in one pass.
    """

    house_lease_s: float = HOUSE_LEASE_S
    house_standby: bool = False
    grpc_advertise: str = ""
    house_pooled_ticks: bool = True


def _lease_s(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise UnfitError
    lease_s = float(given)
    if not HOUSE_LEASE_MIN_S <= lease_s <= HOUSE_LEASE_MAX_S:
        raise UnfitError
    return lease_s


def _yes_or_no(given: object) -> bool:
    if isinstance(given, bool):
        return given
    if not isinstance(given, str) or given.lower() not in _ANSWERS:
        raise UnfitError
    return _ANSWERS[given.lower()]


def _advertised(given: object) -> str:
    """HOST:PORT; empty: derived."""
    if given == "":
        return ""
    found = _ADVERTISED.fullmatch(given) if isinstance(given, str) else None
    if found is None or not 0 < int(found[2]) < 1 << 16:
        raise UnfitError
    return found[0]


def wrong_standby(settings: HouseSettings, ledger_url: str) -> str:
    """Why these settings make no standby although they ask for one; empty: they do."""
    if not settings.house_standby or ledger_url:
        return ""
    return (
        "house.standby needs a ledger that two machines reach; name a database with ledger.url "
        "(postgresql://USER@HOST/DATABASE), or leave house.standby out"
    )


HOUSE_KEYS: Final = (
    Key(
        "house.lease_s",
        HOUSE_LEASE_S,
        _lease_s,
        f"seconds from {HOUSE_LEASE_MIN_S:g} to {HOUSE_LEASE_MAX_S:g}",
        "lease of the house in PostgreSQL: a standby takes over so long after its daemon has died",
    ),
    Key(
        "house.standby",
        "no",
        _yes_or_no,
        "yes or no",
        "wait until the house has no owner, then serve it; needs ledger.url",
    ),
    Key(
        "house.pooled_ticks",
        "yes",
        _yes_or_no,
        "yes or no",
        "fuse small Dreamscapes in one pass, where there are two at least; no: each apart",
    ),
    Key(
        "grpc.advertise",
        "",
        _advertised,
        "HOST:PORT",
        "where callers elsewhere reach the API; else grpc.host or a name of the certificate",
    ),
)
"""Keys of the house's lease, of the way to its owner, and of its ticks."""
