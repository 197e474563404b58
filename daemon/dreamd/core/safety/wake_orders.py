"""Wake orders: the pods that an order reaches, and the order shown on the wire's one retained topic.

A wake order is a standing fact: until a named person lifts it, no sleeper within its reach may be merged. It
is never refused and waits for nothing. Lifting it takes a name and a reason.

The wire has one retained topic for wake orders, and a pod believes the highest revision it has received.
Several orders may stand at once (a pod's, then its site's), so the topic cannot hold all of them. Rules:

- Each pod that an order reaches receives a command of its own, resent until it is answered. So does each pod
  within reach that appears later. The retained topic is the second path, for pods that a command cannot
  reach.
- The topic holds the widest standing order; of two equally wide, the older. A narrower order given later does
  not replace it, because it would hide the wider one from pods that connect late. Neither does one as wide:
  each change of the topic wakes again the sleepers within the new order's reach.
- When the order in the topic is lifted, the widest standing one replaces it under a new revision; where none
  stands, the lifted one does. So the topic never shows "lifted" while an order stands.
- Revisions only grow: the one after `r` is max(r + 1, unix ms), across restarts and lost ledgers too.
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

    request_id: of the call that gave the order, so that a repeated call is the same order.
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
        """Whether the order has not been lifted."""
        return self.lifted_by == ""

    def message(self) -> WakeOrder:
        """The order as a wire message."""
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
    """Return the order for the retained topic: the widest that stands, else the last one lifted."""
    return max(orders, key=_precedence, default=None)


def _precedence(order: Order) -> tuple[bool, int, float, int]:
    if order.stands:
        # Negative time: of two equally wide orders the older one wins.
        return True, _WIDTH[order.scope], -order.at_s, -order.revision
    return False, order.revision, 0.0, 0


def next_revision(newest: int, now_s: float) -> int:
    """Return the revision after `newest`, above every one that an earlier process can have drawn."""
    return max(newest + 1, int(now_s * 1000))
