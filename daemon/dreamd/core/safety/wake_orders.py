"""Wake orders: whom one reaches, which of several is shown on the wire's one retained topic.

A wake order is a standing fact: from the moment it is given until a named person lifts it, nobody it reaches
may be merged. It is never refused and waits for nothing; to lift it takes a name and a reason.

The wire has one retained place for wake orders, and a pod believes the highest revision it has heard. Several
orders may stand at once (a pod, then its site), so the place cannot tell all of them. Rules:

- Whoever an order reaches is told by a command of their own, resent until it is answered; so is everyone
  reached who appears later. The retained place is the second way, for whoever cannot be told in person.
- The place holds the widest order that stands, of two as wide the older. A narrower one given later does not
  take it: it would hide the wider one from pods that come late. Nor does one as wide: each change of the
  place wakes again whom the new one reaches.
- When the order in the place is lifted, the widest one left takes it under a new revision; where none is
  left, the lifted one does. So the place never says "lifted" while an order stands.
- Revisions only grow: the one after `r` is max(r + 1, unix ms), also over restarts and lost ledgers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dreamwire.messages import WakeOrder, WakeScope

_WIDTH: Final[dict[WakeScope, int]] = {
    WakeScope.POD: 1,
    WakeScope.DREAMSCAPE: 2,
    WakeScope.SITE: 3,
    WakeScope.FLEET: 4,
    WakeScope.UNSPECIFIED: 4,  # a scope that cannot be read is read as the widest
}


@dataclass(frozen=True, slots=True)
class Order:
    """A wake order as it is kept. Times are session seconds; lifted_by is empty while it stands.

    request_id: of the call that gave it, so that the call sent again is the same order.
    """

    id: str
    revision: int
    scope: WakeScope
    target: str
    issuer: str
    reason: str
    at_s: float
    request_id: str = ""
    lifted_by: str = ""
    lifted_reason: str = ""
    lifted_s: float = 0.0

    @property
    def stands(self) -> bool:
        """Nobody has lifted it."""
        return self.lifted_by == ""

    def message(self) -> WakeOrder:
        """The order as the wire says it."""
        return WakeOrder(
            id=self.id,
            revision=self.revision,
            scope=self.scope,
            target=self.target,
            issuer=self.issuer,
            reason=self.reason,
            at_ms=int(self.at_s * 1000),
            lifted=not self.stands,
        )


def reaches(order: Order, pod: str, site: str, dreamscape: str) -> bool:
    """Return whether a standing order reaches this pod of this site in this Dreamscape (empty: in none)."""
    if not order.stands:
        return False
    match order.scope:
        case WakeScope.POD:
            return order.target == pod
        case WakeScope.SITE:
            return order.target == site
        case WakeScope.DREAMSCAPE:
            return order.target == dreamscape != ""
        case WakeScope.FLEET | WakeScope.UNSPECIFIED:
            return True


def shown(orders: Iterable[Order]) -> Order | None:
    """Return the order that belongs in the retained place: the widest that stands, else the newest lifted."""
    return max(orders, key=_precedence, default=None)


def _precedence(order: Order) -> tuple[bool, int, float, int]:
    if order.stands:
        return True, _WIDTH[order.scope], -order.at_s, -order.revision
    return False, order.revision, 0.0, 0


def next_revision(newest: int, now_s: float) -> int:
    """Return the revision after `newest`, above every one an earlier process can have drawn."""
    return max(newest + 1, int(now_s * 1000))
