"""Consents: the state of each sleeper's consent, and every grant that was given."""

from typing import Protocol

from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.ports.commit import Commit


class ConsentLedger(Protocol):
    """Consents and grants. The held part is not kept: after a start it is empty until the next assign."""

    def consents(self) -> dict[str, Consent]:
        """MUST return the newest consent of each sleeper, with the grant it is of, and nothing held.

        Its revision MUST NOT be below that of any grant written: one that was overtaken is passed over.
        """
        ...

    def grants(self, sleeper: str) -> tuple[Grant, ...]:
        """MUST return every grant of a sleeper, by revision."""
        ...

    def read_grants(self, sleeper: str) -> Commit[tuple[Grant, ...]]:
        """MUST read the same without holding up the caller's thread."""
        ...
