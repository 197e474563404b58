"""Looks for orders of the house: on a thread and a connection of its own, told by LISTEN and every LOOKED_S.

Rules
- `take_orders` waits for nothing: it returns what the thread has read.
- While orders wait, each look hands them over again: the application knows which of them it has begun.
- A database that does not answer hands over nothing; the thread connects again after LOOKED_S.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from dreamd.adapters.ledger.house.order_rows import CHANNEL, WAITING, orders_of
from dreamd.core.house_orders import LOOKED_S, HouseOrder


class OrderListener:
    """Reads the orders that wait, until `close`."""

    def __init__(self, connect: Callable[[], sa.Connection], tell: Callable[[], None]) -> None:
        """connect: another connection that reads. tell: called on this thread where there is one to take."""
        self._connect, self._tell = connect, tell
        self._stopping = threading.Event()
        self._newest: tuple[HouseOrder, ...] = ()
        self._thread = threading.Thread(target=self._run, name="house-orders", daemon=True)

    def begin_looks(self) -> None:
        """Begin to look."""
        self._thread.start()

    def take_orders(self) -> tuple[HouseOrder, ...]:
        """Return the findings of the newest look; once."""
        found, self._newest = self._newest, ()
        return found

    def close(self) -> None:
        """Look no more. The thread ends by itself within LOOKED_S, and a handover does not wait for it."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(sa.exc.SQLAlchemyError, OSError):
                base = self._connect().execution_options(isolation_level="AUTOCOMMIT")
                try:
                    self._look(base)
                finally:
                    with suppress(sa.exc.SQLAlchemyError):
                        base.close()
            self._stopping.wait(LOOKED_S)

    def _look(self, base: sa.Connection) -> None:
        """Look until the connection fails."""
        base.exec_driver_sql(f"LISTEN {CHANNEL}")
        told = base.connection.driver_connection
        assert told is not None
        while not self._stopping.is_set():
            found = orders_of(base.execute(WAITING).all())
            if found:
                self._newest = found
                self._tell()
            try:
                for _ in told.notifies(timeout=LOOKED_S, stop_after=1):
                    pass
            except Exception as error:
                raise OSError(str(error)) from error  # psycopg's own: the connection is lost
