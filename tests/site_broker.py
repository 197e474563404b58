"""A site's own broker: the files of `dreamd init`, mosquitto with them, and clients of any account."""

import asyncio
import datetime as dt
import getpass
import json
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.mqtt.dynamic_security import Command
from dreamd.adapters.mqtt.rights_keeper import RightsKeeper
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.adapters.site_broker import SiteBroker
from dreamd.core.access.broker_accounts import ANSWERS, CANARY, CONTROL, KEEPER
from dreamwire.broker_access import Access, Address, Papers, open_access
from dreamwire.connection import PromptClient
from mosquitto import Broker, free_port

HOST = "localhost"


def with_port(conf: str, port: int) -> str:
    """The configuration of `dreamd init` on this port, for the user of the test."""
    conf = conf.replace("listener 8883", f"listener {port} 127.0.0.1")
    # Root would become another user, and could not read the folder.
    return conf + (f"user {getpass.getuser()}\n" if os.geteuid() == 0 else "")


@dataclass
class Owner:
    """ports.broker_rights.RightsOwner that keeps what it is told."""

    of_beds: dict[str, str] = field(default_factory=dict)
    dreams: bool = False
    seats: set[str] = field(default_factory=set)
    pauses: set[str] = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)
    opened: list[tuple[str, ...]] = field(default_factory=list)

    def beds(self) -> Mapping[str, frozenset[str]]:
        """The credential of each bed."""
        return {bed: frozenset((credential,)) for bed, credential in self.of_beds.items()}

    def paused(self) -> frozenset[str]:
        """As the test says."""
        return frozenset(self.pauses)

    def dreaming(self) -> bool:
        """As the test says."""
        return self.dreams

    def seated(self, bed: str) -> bool:
        """As the test says."""
        return bed in self.seats

    def drifted(self, found: Sequence[tuple[str, str]]) -> None:
        """Keep it."""
        self.told += found

    def tried(self, open_to: Sequence[str]) -> None:
        """Keep it."""
        self.opened.append(tuple(open_to))


@dataclass
class SiteWard:
    """A running broker of a site that is made in `folder`."""

    folder: Path
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        """Make everything, and start."""
        now = dt.datetime.now(dt.UTC)
        self.authority = SiteAuthority(self.folder)
        self.authority.make_site([HOST], now)
        self.files = SiteBroker(self.authority)
        self.files.make_broker([HOST], now, home=self.files.directory)
        self.conf = self.files.directory / "mosquitto.conf"
        self.conf.write_text(with_port(self.conf.read_text(), self.port))
        self.broker = Broker(self.conf, self.port)
        self.broker.start()

    @property
    def address(self) -> Address:
        """Where it is."""
        return Address(HOST, self.port, tls=True)

    def access(self, account: str, password: str = "") -> Access:
        """The access of an account; without a password, of one of the daemon's own."""
        file = self.files.password_file(account)
        if password:
            file = self.folder / f"{account}.password"
            file.touch(mode=0o600)
            file.write_text(password)
        ca = str(self.authority.certificate)
        return open_access(self.address, Papers("--x", ca=ca, user=account, password_file=str(file)), account)

    @asynccontextmanager
    async def speaking(
        self, account: str, password: str = "", *filters: str
    ) -> AsyncIterator[tuple[PromptClient, list[aiomqtt.Message]]]:
        """A client of that account, and what it hears; filters that are refused are left out."""
        heard: list[aiomqtt.Message] = []
        access = self.access(account, password)
        async with PromptClient(access, heard.append, clean_session=True, timeout=3.0) as client:
            for one in filters:
                await client.overhear([(one, 1)])
            yield client, heard

    @asynccontextmanager
    async def keeping(self, owner: Owner, again_s: float = 10.0) -> AsyncIterator[RightsKeeper]:
        """A keeper of the rights that runs."""
        keeper = RightsKeeper(
            self.access(KEEPER),
            self.access(CANARY),
            owner,
            clock=BoottimeClock(),
            rng=random.Random(1),
            say=lambda _why: None,
            again_s=again_s,
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(keeper.keep_rights(), name="keeper")
            yield keeper
            task.cancel()

    async def tell(self, *commands: Command) -> list[dict[str, object]]:
        """Give the plugin these commands, as somebody else with the right to; return its answers.

        The account of the keeper is one client at a time, so no keeper may run meanwhile.
        """
        async with self.speaking(KEEPER, "", ANSWERS) as (client, heard):
            await client.publish(CONTROL, json.dumps({"commands": list(commands)}), 1)
            async with asyncio.timeout(3.0):
                while not heard:  # noqa: ASYNC110 -- of a broker
                    await asyncio.sleep(0.005)
            answers: list[dict[str, object]] = json.loads(heard[0].payload)["responses"]
            return answers
