"""The text in which a wake order or a principal's grants are kept in a ledger's row."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope

_IDENTITY: Final = ("shown", "issuer", "subject")
"""Fields of a principal that signs in at a provider; a row of any other has none of them."""


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


def _as_it_is(name: str) -> str:
    return name


def principal_text(principal: Principal, bound: Callable[[str], str] = _as_it_is) -> str:
    """Return the JSON of a principal's grants and pause, and of a person at a provider.

    bound: makes the subject of a pseudonym.
    """
    grants = [
        {
            "role": grant.role.value,
            "sites": sorted(grant.sites),
            "dreamscapes": sorted(grant.dreamscapes),
            "sleeper": bound(grant.sleeper),
            "methods": sorted(grant.methods),
        }
        for grant in principal.grants
    ]
    kept: dict[str, object] = {"grants": grants, "paused": principal.paused}
    if principal.signs_in:
        kept["identity"] = {one: getattr(principal, one) for one in _IDENTITY}
    if principal.made_by:
        kept["made_by"] = principal.made_by
    return json.dumps(kept)


def principal_of(name: str, kind: str, text: str, named: Callable[[str], str] = _as_it_is) -> Principal:
    """Build a principal. named: makes the pseudonym of a subject.

    Raises:
        ValueError, KeyError, TypeError: the text is not a principal's.
    """
    kept = json.loads(text)
    grants = tuple(
        Grant(
            Role(one["role"]),
            frozenset(one["sites"]),
            frozenset(one["dreamscapes"]),
            named(str(one["sleeper"])),
            frozenset(one["methods"]),
        )
        for one in kept["grants"]
    )
    identity = kept.get("identity")
    shown, issuer, subject = (str(identity[one]) for one in _IDENTITY) if identity else ("", "", "")
    made_by = str(kept.get("made_by", ""))
    return Principal(name, Kind(kind), grants, str(kept["paused"]), shown, issuer, subject, made_by)
