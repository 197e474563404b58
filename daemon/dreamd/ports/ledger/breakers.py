"""Breakers: the locks that stand, and the mark of each pod's last trip."""

from typing import Protocol

from dreamd.core.safety.views import Lock, Mark


class BreakerLedger(Protocol):
    """Locks and marks."""

    def locks(self) -> tuple[Lock, ...]:
        """MUST return every lock that has not been cleared, by pod."""
        ...

    def marks(self) -> tuple[Mark, ...]:
        """MUST return the newest mark of every pod, by pod."""
        ...
