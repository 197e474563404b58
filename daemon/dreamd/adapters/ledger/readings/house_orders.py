"""The orders of a house in a stored ledger: read at the start, then heard."""

from collections.abc import Callable

from dreamd.adapters.ledger.house.order_listener import OrderListener
from dreamd.adapters.ledger.house.order_rows import WAITING, orders_of
from dreamd.adapters.ledger.store import Store
from dreamd.core.house_orders import HouseOrder

Hear = Callable[[tuple[HouseOrder, ...]], None]


class StoredHouseOrders:
    """`HouseOrderLedger` on a store. A file has one daemon, so nothing is ever heard in it."""

    _store: Store
    _listener: OrderListener
    _hear: Hear

    def house_orders(self) -> tuple[HouseOrder, ...]:
        """Every order that waits, oldest first."""
        return orders_of(self._store.rows(WAITING))

    def hear_orders(self, hear: Hear) -> None:
        """Begin to look for orders, where a daemon of another process may write one."""
        self._hear = hear
        if self._store.lease is not None:
            self._listener.begin_looks()

    def _deliver_orders(self) -> None:
        """Hand over what was found."""
        found = self._listener.take_orders()
        if found:
            self._hear(found)
