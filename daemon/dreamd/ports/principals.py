"""Principals, as the daemon's faces ask for them: in memory, so that a lost ledger stops no way out."""

from typing import Protocol

from dreamd.core.access.principals import Credential, Principal


class Principals(Protocol):
    """The table of credentials. Every method MUST answer at once, from memory."""

    def administered(self, now_s: float) -> bool:
        """MUST return whether an administrator could act: by a credential, expired or not, or by a code.

        now_s: session seconds.
        """
        ...

    @property
    def empty(self) -> bool:
        """MUST be whether there is no principal."""
        ...

    @property
    def misnamed(self) -> tuple[str, ...]:
        """MUST be the beds with a name that no bed may have."""
        ...

    def find_credential(self, credential: str) -> tuple[Principal, Credential] | None:
        """MUST return the credential of this id with its principal; None: there is none."""
        ...
