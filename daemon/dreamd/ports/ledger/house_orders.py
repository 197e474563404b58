"""The orders of a house, as its owner reads them. Writing that they are carried out is a transaction."""

from collections.abc import Callable
from typing import Protocol

from dreamd.core.house_orders import HouseOrder


class HouseOrderLedger(Protocol):
    """Ways out that other daemons of the house have written."""

    def house_orders(self) -> tuple[HouseOrder, ...]:
        """Every order that waits, oldest first; read at the start, before anything is granted."""
        ...

    def hear_orders(self, hear: Callable[[tuple[HouseOrder, ...]], None]) -> None:
        """Call `hear` from `deliver` with every order that waits.

        MUST do so within LOOKED_S of an order's writing, while the ledger can be read, and again each
        LOOKED_S while one waits. A ledger that one daemon alone can open MAY call it never.
        """
        ...
