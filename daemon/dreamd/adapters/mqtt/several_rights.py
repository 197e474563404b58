"""The accounts at every broker of a house: each broker has its keeper, and each change goes to all.

A bed may be moved from one broker to another, so it has its account, by the same password, at each.

Rule: a fault of one broker's rules forbids all that binds a sleeper, because a bed may be at any of them. A
broker that is not reached carries no bed's word to us, and forbids nothing while another one is reached: its
accounts are compared, and its rules tried, as soon as it is back.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from dreamd.ports.broker_rights import BrokerRights, RightsOwner


class RightsKeeping(BrokerRights, Protocol):
    """The keeper of one broker's accounts, or of each."""

    @property
    def trouble(self) -> str:
        """Why nothing that binds a sleeper is begun; empty: it may be."""
        ...

    async def keep_rights(self) -> None:
        """Keep them, for ever."""
        ...

    async def settled(self, bed: str, within_s: float, /) -> None:
        """Wait until the changes of this bed are confirmed, for `within_s` at most."""
        ...


class OwnerAt:
    """ports.broker_rights.RightsOwner for one broker of several: sentences name it."""

    def __init__(self, owner: RightsOwner, url: str, open_to: dict[str, tuple[str, ...]]) -> None:
        """open_to: what each broker allows, by its address; shared by all."""
        self._owner, self._url, self._open_to = owner, url, open_to

    def beds(self) -> Mapping[str, frozenset[str]]:
        """The ids of the credentials that are alive, of each bed that has one."""
        return self._owner.beds()

    def paused(self) -> frozenset[str]:
        """The beds that are paused."""
        return self._owner.paused()

    def dreaming(self) -> bool:
        """Whether any Dreamscape dreams."""
        return self._owner.dreaming()

    def seated(self, bed: str) -> bool:
        """Whether the bed has a seat."""
        return self._owner.seated(bed)

    def drifted(self, found: Sequence[tuple[str, str]]) -> None:
        """The broker differs from the ledger."""
        self._owner.drifted([(name, f"{sentence} (at {self._url})") for name, sentence in found])

    def tried(self, open_to: Sequence[str]) -> None:
        """The broker's rules were tried."""
        self._open_to[self._url] = tuple(f"{sentence} (at {self._url})" for sentence in open_to)
        self._owner.tried([sentence for told in self._open_to.values() for sentence in told])


class SeveralRights:
    """ports.broker_rights.BrokerRights at each broker."""

    def __init__(
        self, keepers: Sequence[RightsKeeping], urls: Sequence[str], reached: Callable[[int], bool]
    ) -> None:
        """keepers: in the order of the brokers' numbers. reached: whether the daemon is connected to one."""
        self._keepers, self._urls, self._reached = tuple(keepers), tuple(urls), reached

    @property
    def trouble(self) -> str:
        """Why nothing that binds a sleeper is begun; empty: it may be."""
        counted = [number for number in range(len(self._keepers)) if self._reached(number)]
        told = [
            f"{trouble} (at {self._urls[number]})"
            for number in counted or range(len(self._keepers))
            if (trouble := self._keepers[number].trouble)
        ]
        return "; ".join(told)

    async def keep_rights(self) -> None:
        """Keep the accounts of each broker, for ever."""
        async with asyncio.TaskGroup() as group:
            for number, keeper in enumerate(self._keepers):
                group.create_task(keeper.keep_rights(), name=f"rights-{number}")

    async def settled(self, bed: str, within_s: float) -> None:
        """Wait until each broker that is reached has confirmed the changes of this bed."""
        keepers = [keeper for number, keeper in enumerate(self._keepers) if self._reached(number)]
        await asyncio.gather(*(keeper.settled(bed, within_s) for keeper in keepers))

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Give the bed an account with this password at each."""
        for keeper in self._keepers:
            keeper.let_in(bed, credential, password)

    def put_out(self, bed: str) -> None:
        """Remove the bed's account at each."""
        for keeper in self._keepers:
            keeper.put_out(bed)

    def lapse(self, bed: str) -> None:
        """Remove the account of a bed whose credential has expired."""
        for keeper in self._keepers:
            keeper.lapse(bed)

    def suspend(self, bed: str) -> None:
        """Drop the bed's connection, and leave its account no right."""
        for keeper in self._keepers:
            keeper.suspend(bed)

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """Give a suspended account its rights back."""
        for keeper in self._keepers:
            keeper.readmit(bed, credentials)
