"""Principals, as the daemon's faces ask for them: in memory, so that a lost ledger stops no way out."""

from typing import Protocol

from dreamd.core.access.principals import Credential, Principal


class Principals(Protocol):
    """The table of credentials. Every method MUST answer at once, from memory."""

    def find_credential(self, credential: str) -> tuple[Principal, Credential] | None:
        """MUST return the credential of this id with its principal; None: there is none."""
        ...
