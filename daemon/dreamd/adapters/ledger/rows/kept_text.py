"""The text in which a wake order or a principal's grants are kept in a ledger's row."""

import json
from dataclasses import asdict

from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope


def order_text(order: Order) -> str:
    """Return the JSON of a wake order."""
    return json.dumps(asdict(order), allow_nan=False)


def order_of(text: str) -> Order:
    """Build a wake order.

    Raises:
        ValueError, KeyError, TypeError: the text is not an order's.
    """
    kept = json.loads(text)
    return Order(**{**kept, "scope": WakeScope(kept["scope"])})


def principal_text(principal: Principal) -> str:
    """Return the JSON of a principal's grants and pause."""
    grants = [
        {
            "role": grant.role.value,
            "sites": sorted(grant.sites),
            "dreamscapes": sorted(grant.dreamscapes),
            "sleeper": grant.sleeper,
            "methods": sorted(grant.methods),
        }
        for grant in principal.grants
    ]
    return json.dumps({"grants": grants, "paused": principal.paused})


def principal_of(name: str, kind: str, text: str) -> Principal:
    """Build a principal.

    Raises:
        ValueError, KeyError, TypeError: the text is not a principal's.
    """
    kept = json.loads(text)
    grants = tuple(
        Grant(
            Role(one["role"]),
            frozenset(one["sites"]),
            frozenset(one["dreamscapes"]),
            str(one["sleeper"]),
            frozenset(one["methods"]),
        )
        for one in kept["grants"]
    )
    return Principal(name, Kind(kind), grants, str(kept["paused"]))
