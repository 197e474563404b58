"""The book of wake orders: which stand, what the retained place on the wire says, what the ledger keeps.

Rules and their reasons stand in `core.severing.waking`. Giving an order is severing: it takes effect in
memory and on the wire first, and is written afterwards (`flush` tries again what could not be written).
Lifting one is granting: the ledger comes first.
"""

from collections.abc import Iterator
from dataclasses import replace

from dreamd.app.journal import Journal
from dreamd.app.listing import Dated, Newest
from dreamd.core.limits import WAKE_ORDERS_KEPT
from dreamd.core.severing.waking import Order, next_revision, reaches, shown
from dreamd.ports.ledger import Ledger, LedgerError, Transaction
from dreamd.ports.pod_link import PodLink
from dreamwire.messages import WakeOrder, WakeScope


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
        self._orders: dict[str, Order] = {}
        self._places = Newest()
        self._asked: dict[str, str] = {}
        self._standing: dict[tuple[WakeScope, str], dict[str, Order]] = {}
        self._lifted: dict[str, None] = {}
        for order in ledger.wake_orders():
            self._note(order)
        self._shown = shown(self._orders.values())
        self._newest = max((order.revision for order in self._orders.values()), default=0)
        self._unsaved: dict[str, None] = {}
        self._said = False

    def _note(self, order: Order) -> None:
        """Take an order in, in place of the one of its id."""
        self._orders[order.id] = order
        self._places.add((order.at_s, order.id))
        if order.request_id:
            self._asked[order.request_id] = order.id
        alike = self._standing.setdefault(_reach(order.scope, order.target), {})
        if order.stands:
            alike[order.id] = order
            return
        alike.pop(order.id, None)
        self._lifted[order.id] = None
        if not alike:
            del self._standing[_reach(order.scope, order.target)]

    def after(self, place: Dated | None) -> Iterator[Order]:
        """Every order kept that was given before this place (None: all), the newest first."""
        return (self._orders[name] for _, name in self._places.after(place))

    def get(self, order_id: str) -> Order | None:
        """The order of this id."""
        return self._orders.get(order_id)

    def asked(self, request_id: str) -> Order | None:
        """The order that a call with this request id gave."""
        return self._orders.get(self._asked.get(request_id, ""))

    def standing(self, scope: WakeScope, target: str) -> Order | None:
        """The order that stands for exactly this scope and target."""
        alike = self._standing.get(_reach(scope, target), {}).values()
        return next((order for order in alike if (order.scope, order.target) == (scope, target)), None)

    def count_standing(self) -> int:
        """How many orders stand."""
        return sum(map(len, self._standing.values())) if self._standing else 0

    def reaching(self, pod: str, site: str, dreamscape: str) -> Order | None:
        """A standing order that reaches this pod: looked for by pod, site, Dreamscape and fleet alone."""
        for scope, target in (
            (WakeScope.FLEET, ""),
            (WakeScope.SITE, site),
            (WakeScope.DREAMSCAPE, dreamscape),
            (WakeScope.POD, pod),
        ):
            for order in self._standing.get((scope, target), {}).values():
                if reaches(order, pod, site, dreamscape):
                    return order
        return None

    def over(self, dreamscape: str, site: str) -> Order | None:
        """A standing order that reaches all of this Dreamscape, whose plan selects `site` (empty: any)."""
        return self.reaching("", site, dreamscape)

    def next_revision(self, now_s: float) -> int:
        """A revision above every one before."""
        self._newest = next_revision(self._newest, now_s)
        return self._newest

    def give(self, order: Order) -> None:
        """The order stands from now on; it is on the wire if the retained place is its."""
        self._note(order)
        self._unsaved[order.id] = None
        self._shown = shown((self._shown, order)) if self._shown is not None else order
        if self._shown is order:
            self._link.wake(order.message())

    def lift(self, order: Order, by: str, reason: str, now_s: float) -> Order:
        """The order stands no longer; what the retained place says next is said at once.

        Raises:
            LedgerError: it could not be written; the order stands.
        """
        told = self._shown is order
        lifted = replace(
            order,
            revision=self.next_revision(now_s),
            lifted_by=by,
            lifted_reason=reason,
            lifted_s=now_s,
        )
        self._ledger.write(Transaction(wake_orders=(lifted,)))
        self._note(lifted)
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
            self._note(successor)
            self._unsaved[successor.id] = None
        self._shown = successor
        self._link.wake(successor.message())

    def _drop_old(self) -> None:
        while len(self._lifted) > WAKE_ORDERS_KEPT:
            order_id = next(iter(self._lifted))
            self._ledger.write(Transaction(dropped_wake_orders=(order_id,)))
            old = self._orders.pop(order_id)
            del self._lifted[order_id]
            self._places.discard((old.at_s, order_id))
            self._asked.pop(old.request_id, None)

    def publish(self) -> None:
        """Say again what the retained place has to say: whenever the broker has been reached."""
        if self._shown is not None:
            self._link.wake(self._shown.message())

    def forgotten(self, order: WakeOrder) -> bool:
        """Whether this order, of our own key, stands and is newer than all this book knows."""
        return not order.lifted and order.revision > self._newest

    def take_up(self, order: WakeOrder) -> Order:
        """An order that the ledger has lost stands again."""
        self._newest = max(self._newest, order.revision)
        found = Order(
            order.id,
            order.revision,
            order.scope,
            order.target,
            order.issuer,
            order.reason,
            order.at_ms / 1000,
        )
        self.give(found)
        return found

    def set_right(self) -> None:
        """Say again what the retained place has to say; empty it where that is nothing."""
        if shown(self._orders.values()) is None:
            self._link.clear_wake()
        else:
            self.publish()

    def flush(self, now_s: float) -> None:
        """Write what is not yet in the ledger."""
        for order_id in tuple(self._unsaved):
            try:
                self._ledger.write(Transaction(wake_orders=(self._orders[order_id],)))
            except LedgerError as error:
                if not self._said:
                    self._said = True
                    sentence = f"the ledger could not keep a wake order: {error}"
                    self._journal.append(now_s, "ledger", sentence, reason=str(error))
                return
            del self._unsaved[order_id]
            self._said = False


def _reach(scope: WakeScope, target: str) -> tuple[WakeScope, str]:
    """Under what an order is looked for; one whose scope cannot be read reaches the fleet."""
    wide = scope in (WakeScope.FLEET, WakeScope.UNSPECIFIED)
    return (WakeScope.FLEET, "") if wide else (scope, target)
