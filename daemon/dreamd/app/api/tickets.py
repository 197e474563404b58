"""The ticket of a sever, as the adapters see it."""

from typing import Protocol

from dreamd.core.dreamscapes.views import SeverOutcome


class SeverTicket(Protocol):
    """A sever that has already been sent; the outcome fills in as pods confirm."""

    def outcome(self) -> SeverOutcome:
        """How many were zeroed and confirmed by now."""
        ...

    @property
    def settled(self) -> bool:
        """All have confirmed, or 1.5 s have passed."""
        ...
