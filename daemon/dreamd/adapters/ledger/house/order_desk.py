"""The desk of a daemon that does not own its house: it keeps ways out for the owner, and reads their ends.

Theory of operation. Orders that arrive together are written in one transaction, by one write at a time, so a
flood of them costs the database one commit a turn. The ends of all orders that callers wait for are read
together, every LOOK_S.

Rules
- Nothing here blocks the event loop: each statement runs on another thread.
- A database that does not answer keeps no order, and the caller is told so within WRITES_WITHIN_S.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.house.facts_reader import FactsReader
from dreamd.adapters.ledger.house.house_row import read_house
from dreamd.adapters.ledger.house.order_rows import OrdersFullError, ends_of, keep_orders
from dreamd.core.house_orders import WAITING_MAX, CarriedOut, HouseOrder
from dreamd.ports.commit import LedgerError
from dreamd.ports.house_desk import KeptOrder

WRITES_WITHIN_S: Final = 3.0
LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Order:
    """An order on its way into the database."""

    order: HouseOrder
    answer: "asyncio.Future[KeptOrder]"


class OrderDesk:
    """Implements `ports.house_desk.HouseDesk`; the event loop's thread uses it."""

    def __init__(self, engine: sa.Engine, facts: FactsReader) -> None:
        """engine: of connections that name people by subject; it belongs to the desk. facts: name them."""
        self._engine, self._facts = engine, facts
        self._waiting: list[_Order] = []
        self._awaited: dict[str, list[asyncio.Future[CarriedOut]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing = self._looking = False

    def end_desk(self) -> None:
        """Write and read no more."""
        for task in self._tasks:
            task.cancel()
        self._engine.dispose()

    async def keep_order(self, order: HouseOrder) -> KeptOrder:
        """Write an order; return it with its id once it is durable.

        Raises:
            LedgerError: it is not kept; the sentence has the reason.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise LedgerError(f"{WAITING_MAX} orders wait for the database already")
        answer: asyncio.Future[KeptOrder] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Order(order, answer))
        if not self._writing:
            self._writing = True
            self._begin(self._write_all(), "house-orders")
        try:
            async with asyncio.timeout(WRITES_WITHIN_S):
                return await answer
        except TimeoutError:
            raise LedgerError(f"the database has not taken it within {WRITES_WITHIN_S:g} s") from None

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    kept = await asyncio.to_thread(self._keep, [one.order for one in batch])
                except (sa.exc.SQLAlchemyError, OrdersFullError) as error:
                    for one in batch:
                        if not one.answer.done():
                            one.answer.set_exception(LedgerError(_why(error)))
                else:
                    for one, told in zip(batch, kept, strict=True):
                        if not one.answer.done():
                            one.answer.set_result(told)
        finally:
            self._writing = False

    def _keep(self, orders: Sequence[HouseOrder]) -> list[KeptOrder]:
        """Write on another thread; sleepers are named as rows name them."""
        subject_of = self._facts.newest.subject_of
        rows = [(one, subject_of(one.sleeper), subject_of(one.own)) for one in orders]
        with self._engine.begin() as base:
            kept = keep_orders(base, [_named(*row) for row in rows])
            house = read_house(base)
        return [KeptOrder(one.id, house.left_s) for one in kept]

    async def end_of(self, order: str, within_s: float) -> CarriedOut | None:
        """Wait for the end of an order; None: the owner has written none within that time."""
        later: asyncio.Future[CarriedOut] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(order, []).append(later)
        if not self._looking:
            self._looking = True
            self._begin(self._look_on(), "house-order-ends")
        try:
            async with asyncio.timeout(within_s):
                return await later
        except TimeoutError:
            return None
        finally:
            held = self._awaited.get(order, [])
            if later in held:
                held.remove(later)
            if not held:
                self._awaited.pop(order, None)

    async def _look_on(self) -> None:
        try:
            while self._awaited:
                await asyncio.sleep(LOOK_S)
                with suppress(sa.exc.SQLAlchemyError):
                    ends = await asyncio.to_thread(self._ends, tuple(self._awaited))
                    for order, end in ends.items():
                        for later in self._awaited.get(order, ()):
                            if not later.done():
                                later.set_result(end)
        finally:
            self._looking = False

    def _ends(self, orders: Sequence[str]) -> dict[str, CarriedOut]:
        with self._engine.connect() as base:
            return ends_of(base, orders)

    def _begin(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _named(order: HouseOrder, sleeper: str, own: str) -> HouseOrder:
    return HouseOrder(
        *(order.id, order.method, order.scope, order.target, sleeper, order.issuer, own, order.role),
        *(order.told, order.reason, order.request_id, order.via),
    )


def _why(error: Exception) -> str:
    if isinstance(error, OrdersFullError):
        return f"{WAITING_MAX} orders of the house wait for its owner already"
    cause = error.__cause__ or error
    return f"the database does not answer ({' '.join(str(cause).split())})"
