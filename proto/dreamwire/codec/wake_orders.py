"""The retained place of wake orders and moratoria, between values and bytes.

A wake order is read whatever stands beside it: a moratorium that is odd is read as the widest.
"""

from typing import Final

from dreamwire.codec.bounds import known, measured, named_or_empty, parsed
from dreamwire.text import fit
from dreamwire.topics import is_name
from dreamwire.v1 import wire_pb2 as pb
from dreamwire.wake_orders import Moratorium, WakeOrder, WakeScope

_WAKE: Final = "wake"
MORATORIUM_TEXT_MAX: Final = 200
"""Characters of a moratorium's reason, and of its caller: 32 of them fit into one payload."""


def encode_wake_order(message: WakeOrder) -> bytes:
    """Write the body of a WakeOrder."""
    body = pb.WakeOrder(
        id=fit(message.id),
        revision=message.revision,
        scope=pb.WakeScope.Name(message.scope),
        target=message.target,
        issuer=fit(message.issuer),
        reason=fit(message.reason),
        at_ms=message.at_ms,
        lifted=message.lifted,
        moratoria=map(_moratorium, message.moratoria),
        moratoria_revision=message.moratoria_revision,
    )
    return measured(_WAKE, body.SerializeToString())


def _moratorium(one: Moratorium) -> pb.Moratorium:
    return pb.Moratorium(
        id=fit(one.id),
        scope=pb.WakeScope.Name(one.scope),
        target=one.target,
        issuer=fit(one.issuer, MORATORIUM_TEXT_MAX),
        reason=fit(one.reason, MORATORIUM_TEXT_MAX),
        called_ms=one.called_ms,
        from_ms=one.from_ms,
        until_ms=one.until_ms,
        ends_ms=one.ends_ms,
        seconded=one.seconded,
        people_only=one.people_only,
        clause=fit(one.clause),
    )


def decode_wake_order(body: bytes) -> WakeOrder:
    """Read the body of a WakeOrder with the moratoria; a scope of a newer peer reads as UNSPECIFIED.

    Raises:
        WireError: malformed, or a target that is no name.
    """
    raw = parsed(_WAKE, pb.WakeOrder, body)
    return WakeOrder(
        id=fit(raw.id),
        revision=raw.revision,
        scope=known(WakeScope, raw.scope),
        target=named_or_empty(_WAKE, "target", raw.target),
        issuer=fit(raw.issuer),
        reason=fit(raw.reason),
        at_ms=raw.at_ms,
        lifted=raw.lifted,
        moratoria=tuple(map(_moratorium_of, raw.moratoria)),
        moratoria_revision=raw.moratoria_revision,
    )


def _moratorium_of(raw: pb.Moratorium) -> Moratorium:
    """Read a moratorium; one whose site cannot be read reaches the fleet, so that the order is read."""
    scope = known(WakeScope, raw.scope)
    of_site = scope is WakeScope.SITE and is_name(raw.target)
    return Moratorium(
        id=fit(raw.id),
        scope=scope if of_site else WakeScope.FLEET,
        target=raw.target if of_site else "",
        issuer=fit(raw.issuer, MORATORIUM_TEXT_MAX),
        reason=fit(raw.reason, MORATORIUM_TEXT_MAX),
        called_ms=raw.called_ms,
        from_ms=raw.from_ms,
        until_ms=raw.until_ms,
        ends_ms=raw.ends_ms,
        seconded=raw.seconded,
        people_only=raw.people_only,
        clause=fit(raw.clause),
    )
