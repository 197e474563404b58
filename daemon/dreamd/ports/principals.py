"""Principals, as the daemon's faces ask for them: in memory, so that a lost ledger stops no way out."""

from typing import Protocol

from dreamd.core.access.principals import Credential, Principal


class Principals(Protocol):
    """The table of credentials. Every method MUST answer at once, from memory."""

    @property
    def administered(self) -> bool:
        """MUST be whether a principal is an administrator, paused or not."""
        ...

    def find_credential(self, credential: str) -> tuple[Principal, Credential] | None:
        """MUST return the credential of this id with its principal; None: there is none."""
        ...
