"""The bed's credential on its disk, and the program that renews it."""

from dataclasses import dataclass
from typing import Protocol

from dreamedge.core.renewal_schedule import Plan


@dataclass(frozen=True, slots=True)
class Looked:
    """The answer to a look.

    token: the text of the credential in the file. why: the failure; empty: none. renewed: it is a new one.
    """

    plan: Plan | None = None
    token: str = ""
    why: str = ""
    renewed: bool = False


class CredentialStore(Protocol):
    """One bed's credential. Nothing here is called on the tether's path."""

    async def look(self) -> Looked:
        """MUST show the credential to the daemon, and renew it where that is due; MUST NOT raise.

        A new credential MUST be on the disk before it is shown. A failure MUST be in the answer, in words.
        """
        ...

    async def keep_password(self, password: str) -> str:
        """MUST write the password that the broker has taken; returns why that failed, or empty."""
        ...
