"""The book of wake orders: which stand, what the retained place on the wire says, what the ledger keeps.

Rules and their reasons stand in `core.severing.waking`. Giving an order is severing: it takes effect in
memory and on the wire first, and is written afterwards (`flush` tries again what could not be written).
Lifting one is granting: the ledger comes first.
"""

from collections.abc import Iterator
from dataclasses import replace

from dreamd.app.journal import Journal
from dreamd.core.limits import WAKE_ORDERS_KEPT
from dreamd.core.severing.waking import Order, next_revision, reaches, shown
from dreamd.ports.ledger import Ledger, LedgerError, Transaction
from dreamd.ports.pod_link import PodLink
from dreamwire.messages import WakeScope


class WakeBook:
    """Every wake order, by id, oldest first."""

    def __init__(self, ledger: Ledger, link: PodLink, journal: Journal) -> None:
        """Read the orders.

        Raises:
            LedgerError: they cannot be read; nobody may be merged then.
        """
        self._ledger = ledger
        self._link = link
        self._journal = journal
        self._orders = {order.id: order for order in ledger.wake_orders()}
        self._standing = {order.id: order for order in self._orders.values() if order.stands}
        self._newest = max((order.revision for order in self._orders.values()), default=0)
        self._unsaved: dict[str, None] = {}
        self._said = False

    def __iter__(self) -> Iterator[Order]:
        """Every order kept, the newest given first."""
        return iter(sorted(self._orders.values(), key=lambda order: (order.at_s, order.id), reverse=True))

    def get(self, order_id: str) -> Order | None:
        """The order of this id."""
        return self._orders.get(order_id)

    def asked(self, request_id: str) -> Order | None:
        """The order that a call with this request id gave."""
        if not request_id:
            return None
        return next((order for order in self._orders.values() if order.request_id == request_id), None)

    def standing(self, scope: WakeScope, target: str) -> Order | None:
        """The order that stands for exactly this scope and target."""
        alike = (o for o in self._standing.values() if (o.scope, o.target) == (scope, target))
        return next(alike, None)

    def count_standing(self) -> int:
        """How many orders stand."""
        return len(self._standing)

    def reaching(self, pod: str, site: str, dreamscape: str) -> Order | None:
        """A standing order that reaches this pod."""
        orders = self._standing.values()
        return next((order for order in orders if reaches(order, pod, site, dreamscape)), None)

    def over(self, dreamscape: str, site: str) -> Order | None:
        """A standing order that reaches all of this Dreamscape, whose plan selects `site` (empty: any)."""
        return self.reaching("", site, dreamscape)

    def next_revision(self, now_s: float) -> int:
        """A revision above every one before."""
        self._newest = next_revision(self._newest, now_s)
        return self._newest

    def give(self, order: Order) -> None:
        """The order stands from now on; it is on the wire if the retained place is its."""
        self._orders[order.id] = self._standing[order.id] = order
        self._unsaved[order.id] = None
        if shown(self._orders.values()) is order:
            self._link.wake(order.message())

    def lift(self, order: Order, by: str, reason: str, now_s: float) -> Order:
        """The order stands no longer; what the retained place says next is said at once.

        Raises:
            LedgerError: it could not be written; the order stands.
        """
        told = shown(self._orders.values()) is order
        lifted = replace(
            order,
            revision=self.next_revision(now_s),
            lifted_by=by,
            lifted_reason=reason,
            lifted_s=now_s,
        )
        self._ledger.write(Transaction(wake_orders=(lifted,)))
        del self._standing[order.id]
        self._orders[order.id] = lifted
        self._unsaved.pop(order.id, None)
        if told:
            self._succeed(now_s)
        self._drop_old()
        return lifted

    def _succeed(self, now_s: float) -> None:
        """The retained place is free: the widest order that stands takes it, under a new revision."""
        successor = shown(self._orders.values())
        if successor is None:
            return
        if successor.stands:
            successor = replace(successor, revision=self.next_revision(now_s))
            self._orders[successor.id] = self._standing[successor.id] = successor
            self._unsaved[successor.id] = None
        self._link.wake(successor.message())

    def _drop_old(self) -> None:
        lifted = sorted((o for o in self._orders.values() if not o.stands), key=lambda order: order.revision)
        for order in lifted[: max(len(lifted) - WAKE_ORDERS_KEPT, 0)]:
            self._ledger.write(Transaction(dropped_wake_orders=(order.id,)))
            del self._orders[order.id]

    def publish(self) -> None:
        """Say again what the retained place has to say: whenever the broker has been reached."""
        order = shown(self._orders.values())
        if order is not None:
            self._link.wake(order.message())

    def flush(self, now_s: float) -> None:
        """Write what is not yet in the ledger."""
        for order_id in tuple(self._unsaved):
            try:
                self._ledger.write(Transaction(wake_orders=(self._orders[order_id],)))
            except LedgerError as error:
                if not self._said:
                    self._said = True
                    self._journal.append(now_s, "ledger", f"the ledger could not keep a wake order: {error}")
                return
            del self._unsaved[order_id]
            self._said = False
