"""Principals: beds, people and services, their credentials and the codes to enrol with."""

from typing import Protocol

from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal


class PrincipalLedger(Protocol):
    """Principals, credentials, codes."""

    def principals(self) -> tuple[Principal, ...]:
        """MUST return every principal, by name."""
        ...

    def credentials(self) -> tuple[Credential, ...]:
        """MUST return every credential that is not older than its use, by id."""
        ...

    def codes(self) -> tuple[Code, ...]:
        """MUST return every code that was kept, by id."""
        ...
