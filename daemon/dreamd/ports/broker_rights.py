"""The rights of beds at the broker: given with a credential, taken with it, and compared with the ledger.

A bed shows its credential to the broker as a password. The secret is known while it is issued and while a
call of the bed carries it, so the account is made then. The daemon keeps no secret: a bed whose account is
lost makes a call.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class BrokerRights(Protocol):
    """Accounts of beds at the broker. No method waits: a change is sent when its turn comes."""

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """MUST give the bed an account with this password and its own rights, or change its password.

        credential: the id of the credential, noted at the account so that a lost change is found. An account
        of this credential is left as it is, for a new password drops the bed's connection.
        """
        ...

    def put_out(self, bed: str) -> None:
        """MUST remove the bed's account, before every change that waits, and so drop its connection."""
        ...

    def lapse(self, bed: str) -> None:
        """MUST remove the account of a bed whose credential has expired, behind what is revoked or paused."""
        ...

    def suspend(self, bed: str) -> None:
        """MUST drop the bed's connection and leave its account no right, keeping its password."""
        ...

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """MUST give a suspended account its rights back, unless its password is none of these credentials."""
        ...


class RightsOwner(Protocol):
    """The application, as the adapter asks and tells it; on the application's thread."""

    def beds(self) -> Mapping[str, frozenset[str]]:
        """MUST return the ids of the credentials that are alive, of each bed that has one."""
        ...

    def paused(self) -> frozenset[str]:
        """MUST return the beds that are paused."""
        ...

    def dreaming(self) -> bool:
        """MUST return whether any Dreamscape dreams: then changes are paced."""
        ...

    def seated(self, bed: str) -> bool:
        """MUST return whether the bed has a seat: then its password is not changed, for that drops it."""
        ...

    def drifted(self, found: Sequence[tuple[str, str]]) -> None:
        """The broker differs from the ledger: each account, role or group, with its sentence."""
        ...

    def tried(self, open_to: Sequence[str]) -> None:
        """The broker's rules were tried. open_to: what it allowed, in sentences; empty: nothing."""
        ...


class NoBrokerRights:
    """A broker whose accounts are kept by hand, or that has none."""

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Do nothing."""

    def put_out(self, bed: str) -> None:
        """Do nothing."""

    def lapse(self, bed: str) -> None:
        """Do nothing."""

    def suspend(self, bed: str) -> None:
        """Do nothing."""

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """Do nothing."""

    async def settled(self, _bed: str, _within_s: float) -> None:
        """Wait for nothing."""
