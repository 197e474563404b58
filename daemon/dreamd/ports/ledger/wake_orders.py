"""Wake orders: those that stand, and those that were lifted."""

from typing import Protocol

from dreamd.core.safety.wake_orders import Order


class WakeOrderLedger(Protocol):
    """Wake orders."""

    def wake_orders(self) -> tuple[Order, ...]:
        """MUST return every order kept, lifted ones included, by revision."""
        ...
