"""The registry of wake orders: those that stand, the retained message on the wire, and the ledger's copy.

The rules and their reasons are in `core.safety.wake_orders`. To give an order is to sever: it takes effect in
memory and on the wire first, and is written afterwards (`flush` tries a failed write again). To lift one is
to grant: the ledger comes first.

Moratoria stand in the same retained place, under a revision of their own: each message there has the order
that is shown and every moratorium. Where no order was ever given, the one beside them is a lifted one.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.core.limits import WAKE_ORDERS_KEPT
from dreamd.core.listing import Dated, Newest
from dreamd.core.safety.wake_orders import Order, next_revision, reaches, shown
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamd.ports.ledger.wake_orders import WakeOrderLedger
from dreamd.ports.pod_link import PodLink
from dreamwire.messages import Moratorium, WakeOrder, WakeScope

NO_ORDER: Final = WakeOrder("none", 0, WakeScope.FLEET, "", "", "", 0, lifted=True)
"""Stands beside moratoria where no wake order was ever given: it wakes no pod."""


class WakeOrderRegistry:
    """Every wake order, by id, oldest first."""

    def __init__(self, ledger: WakeOrderLedger, commits: Commits, link: PodLink) -> None:
        """Read the orders.

        Raises:
            LedgerError: they cannot be read; no sleeper may be merged then.
        """
        self._commits = commits
        self._link = link
        self._orders: dict[str, Order] = {}
        self._places = Newest()
        self._asked: dict[str, str] = {}
        self._standing: dict[tuple[WakeScope, str], dict[str, Order]] = {}
        self._lifted: dict[str, None] = {}
        self._oldest_s: float | None = None
        for order in ledger.wake_orders():
            self._note(order)
        self._shown = shown(self._orders.values())
        self._newest = max((order.revision for order in self._orders.values()), default=0)
        self._moratoria: tuple[Moratorium, ...] = ()
        self._moratoria_revision = 0
        self._unsaved: dict[str, None] = {}
        self._dropped: dict[str, None] = {}
        self._writing = False

    def _note(self, order: Order) -> None:
        """Take an order in, in place of the one of its id."""
        self._oldest_s = None
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

    def orders_before(self, place: Dated | None) -> Iterator[Order]:
        """Every order kept that was given before this place (None: all), the newest first."""
        return (self._orders[name] for _, name in self._places.after(place))

    def order_named(self, order_id: str) -> Order | None:
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

    def oldest_s(self) -> float:
        """When the oldest standing order was given, infinity: none stands; looked for once after a change."""
        if self._oldest_s is None:
            times_s = (order.at_s for alike in self._standing.values() for order in alike.values())
            self._oldest_s = min(times_s, default=inf)
        return self._oldest_s

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
        """A standing order that reaches all of this Dreamscape; site: its plan's (empty: any)."""
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
            self._say()

    def lifting(self, order: Order, by: str, reason: str, now_s: float) -> Order:
        """The order as it is once it is lifted: to be written first, then `lift`."""
        revision = self.next_revision(now_s)
        return replace(order, revision=revision, lifted_by=by, lifted_reason=reason, lifted_s=now_s)

    def lift(self, lifted: Order, now_s: float) -> None:
        """The lifting is in the ledger: what the retained place says next is said at once."""
        order = self._orders[lifted.id]
        if not order.stands:
            return
        told = self._shown is order
        self._note(lifted)
        self._unsaved[order.id] = None  # a write of the standing one may have come after the lifting
        if told:
            self._succeed(now_s)
        self._drop_old()
        self.flush()

    def still_stands(self, order_id: str) -> None:
        """The ledger may say that an order is lifted that stands: it is written again."""
        order = self._orders.get(order_id)
        if order is not None and order.stands:
            self._unsaved[order_id] = None

    def _succeed(self, now_s: float) -> None:
        """The retained place is free: the widest order that stands takes it, under a new revision.

        A lifting was given its revision before it was written. An order that took the place meanwhile has a
        higher one, and a pod believes the highest: the lifting then gets a new revision, too.
        """
        said = self._shown.revision if self._shown is not None else 0
        successor = shown(self._orders.values())
        if successor is None:
            return
        if successor.stands or not successor.revision > said:
            successor = replace(successor, revision=self.next_revision(now_s))
            self._note(successor)
            self._unsaved[successor.id] = None
        self._shown = successor
        self._say()

    def _drop_old(self) -> None:
        while len(self._lifted) > WAKE_ORDERS_KEPT:
            order_id = next(iter(self._lifted))
            self._dropped[order_id] = None
            self._unsaved.pop(order_id, None)
            old = self._orders.pop(order_id)
            del self._lifted[order_id]
            self._places.discard((old.at_s, order_id))
            self._asked.pop(old.request_id, None)

    def publish(self) -> None:
        """Say again what the retained place has to say: whenever the broker has been reached."""
        if self._shown is not None or self._moratoria_revision:
            self._say()

    def _say(self) -> None:
        order = self._shown.message() if self._shown is not None else NO_ORDER
        newest = self._moratoria_revision
        self._link.wake(replace(order, moratoria=self._moratoria, moratoria_revision=newest))

    def show_moratoria(self, moratoria: tuple[Moratorium, ...], revision: int, *, publish: bool) -> None:
        """Hold these beside the order in the retained place. revision: not below any before. publish: now."""
        self._moratoria, self._moratoria_revision = moratoria, revision
        if publish:
            self._say()

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
        if self._shown is None and not self._moratoria_revision:
            self._link.clear_wake()
        else:
            self.publish()

    def flush(self) -> None:
        """Write what is not yet in the ledger."""
        if self._writing or not (self._unsaved or self._dropped):
            return
        orders, dropped = tuple(self._orders[one] for one in self._unsaved), tuple(self._dropped)
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if commit.done:
                self._written(orders, dropped)

        change = Transaction(wake_orders=orders, dropped_wake_orders=dropped)
        self._commits.submit(change, "a wake order", over)

    def _written(self, orders: tuple[Order, ...], dropped: tuple[str, ...]) -> None:
        for order in orders:
            if self._orders.get(order.id) is order:
                self._unsaved.pop(order.id, None)
        for order_id in dropped:
            self._dropped.pop(order_id, None)
        self.flush()


def _reach(scope: WakeScope, target: str) -> tuple[WakeScope, str]:
    """Return the key of an order; one with an unreadable scope reaches the fleet."""
    wide = scope in (WakeScope.FLEET, WakeScope.UNSPECIFIED)
    return (WakeScope.FLEET, "") if wide else (scope, target)
