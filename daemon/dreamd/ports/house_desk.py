"""The desk at which a daemon that does not own its house keeps ways out for the owner."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.house_orders import CarriedOut, HouseOrder


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order that is durable, under its id.

    owner_left_s: seconds left of the owner's lease as it was written; 0: no daemon owns the house.
    """

    id: str
    owner_left_s: float


class HouseDesk(Protocol):
    """Keeps orders, and reads their ends."""

    async def keep_order(self, order: HouseOrder) -> KeptOrder:
        """MUST return once the order is durable; the same order that waits already is one.

        Raises:
            LedgerError: it is not kept; the sentence has the reason.
        """
        ...

    async def end_of(self, order: str, within_s: float) -> CarriedOut | None:
        """MUST return the end that the owner has written, or None after `within_s`."""
        ...
