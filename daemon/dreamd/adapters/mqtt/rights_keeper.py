"""Keeps the broker's accounts as the ledger knows them: one connection of its own, one change at a time.

At each connection, and hourly, the broker is tried (`canary`), and its accounts are listed and compared with
the ledger. Each difference is told. Those that need no secret are mended.

Rules
- A change holds the messages of every client up while the broker writes its file. So a message changes the
  rights of one bed; while anybody dreams one message leaves in PACE_S.
- A removal goes before all others. A bed that has a seat keeps its password until it has left, for a day at
  most: the change would drop its connection.
- A change stays in the queue until the broker has confirmed it. A secret that the daemon loses before that is
  lost: the comparison finds the bed by its note, and the bed's next call carries the secret again.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiomqtt

from dreamd.adapters.mqtt import dynamic_security as plugin
from dreamd.adapters.mqtt.canary import CannotTryError, Overheard, open_to
from dreamd.adapters.mqtt.rights_queue import Change, Differences, RightsQueue
from dreamd.core.access.broker_accounts import (
    ANSWERS,
    CANARY_HEARS,
    CONTROL,
    TRIED_AS_BED,
    Account,
    Listed,
    Rights,
    drift_of,
)
from dreamd.ports.broker_rights import RightsOwner
from dreamd.ports.clock import SessionClock
from dreamwire.broker_access import Access
from dreamwire.connection import PromptClient

PACE_S: Final = 1.0
"""From one change to the next while anybody dreams."""
CALM_PACE_S: Final = 0.05
"""The same while nobody does."""
EVERY_S: Final = 3600.0
"""From one trial of the broker to the next."""
AGAIN_S: Final = 10.0
"""The same while it is open, could not be tried, or has refused a change."""
ANSWER_S: Final = 10.0
"""The longest the plugin may take for its answer."""
CONNECT_S: Final = 3.0
BACKOFF_MIN_S: Final = 0.2
BACKOFF_MAX_S: Final = 10.0
PAGE: Final = 50
"""Accounts or roles in one answer: about 100 kB."""
LOOK_S: Final = 0.02
HELD_S: Final = 1.0
"""A change that waits for a seat to be left is looked at this often."""
UNTRIED: Final = "the broker's rules have not been tried yet"


@dataclass(slots=True)
class _Asked:
    """Commands on their way, by correlation; answered: set once each has its answer."""

    waits: set[str]
    got: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class RightsKeeper:
    """ports.broker_rights.BrokerRights, by mosquitto's dynamic-security plugin."""

    def __init__(
        self,
        access: Access,
        canary: Access,
        owner: RightsOwner,
        *,
        clock: SessionClock,
        rng: random.Random,
        say: Callable[[str], None],
        again_s: float = AGAIN_S,
    ) -> None:
        """access, canary: of the accounts `dreamd-rights` and `canary`. say: called once a reason of a loss.

        again_s: from one trial of an open broker to the next.
        """
        self._access, self._canary, self._owner = access, canary, owner
        self._clock, self._rng, self._say, self._again_s = clock, rng, say, again_s
        self._queue = RightsQueue(owner.seated, clock.now_s)
        self._due = asyncio.Event()
        self._asked: _Asked | None = None
        self._listener: Overheard | None = None
        self._number = 0
        self._changed_s = self._tried_s = -EVERY_S
        self._look_s = 0.0
        self._differences = Differences()
        self._trouble, self._lost_by = UNTRIED, ""

    @property
    def trouble(self) -> str:
        """Why nothing that binds a sleeper is begun; empty: it may be.

        The broker is open or was not tried, or broker and ledger disagree about the accounts that there are.
        """
        return "; ".join((*filter(None, [self._trouble]), *self._differences.apart))

    @property
    def idle(self) -> bool:
        """Whether the broker has been compared with the ledger, and no change waits."""
        return self._queue.idle

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Give the bed an account with this password, or change its password, when its turn comes."""
        self._queue.let_in(bed, credential, password)
        self._due.set()

    def put_out(self, bed: str) -> None:
        """Remove the bed's account before every change that waits."""
        self._queue.put_out(bed)
        self._due.set()

    def lapse(self, bed: str) -> None:
        """Remove the account of a bed whose credential has expired, behind what is revoked or paused."""
        self._queue.lapse(bed)
        self._due.set()

    def suspend(self, bed: str) -> None:
        """Drop the bed's connection, and leave its account no right."""
        self._queue.suspend(bed)
        self._due.set()

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """Give a suspended account its rights back, where its password is one of these credentials."""
        self._queue.readmit(bed, credentials)
        self._due.set()

    async def settled(self, bed: str, within_s: float) -> None:
        """Wait until the broker has confirmed the changes of this bed, for `within_s` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._queue.waits(bed):  # noqa: ASYNC110 -- short, and seldom
                    await asyncio.sleep(LOOK_S)

    async def keep_rights(self) -> None:
        """Stay connected, and keep the accounts, for ever."""
        attempt = 0
        while True:
            began_s = self._clock.now_s()
            self._lost(await self._connected())
            attempt = 0 if self._clock.now_s() - began_s > BACKOFF_MAX_S else attempt + 1
            longest_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2 ** min(attempt, 16))
            await asyncio.sleep(self._rng.uniform(0.0, longest_s))

    async def _connected(self) -> str:
        """Serve one connection; return why it has ended."""
        client = PromptClient(
            self._access,
            self._heard,
            identifier=self._access.user,
            clean_session=True,
            timeout=CONNECT_S,
            keepalive=5,
        )
        try:
            async with client:
                await client.hear([(one, 1) for one in (ANSWERS, CANARY_HEARS, *TRIED_AS_BED)])
                async with asyncio.TaskGroup() as group:
                    tasks = [
                        group.create_task(client.lost(), name="rights-lost"),
                        group.create_task(self._serve(client), name="rights-serve"),
                    ]
                    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    for task in tasks:
                        task.cancel()
                return next(task.result() for task in ended)
        except aiomqtt.MqttError as error:
            return str(error)

    async def _serve(self, client: PromptClient) -> str:
        """Try, compare, then change as the queue fills; return why the connection has failed."""
        self._look_s = self._clock.now_s()
        try:
            while True:
                if self._clock.now_s() >= self._look_s and not self._queue.urgent:
                    await self._look(client)
                await self._turn()
                change = self._queue.next()
                if change is None:
                    await self._rest()
                else:
                    await self._carry_out(client, change)
        except (aiomqtt.MqttError, plugin.RefusedError) as error:
            return str(error)

    async def _turn(self) -> None:
        """Wait until the next change may leave."""
        pace_s = PACE_S if self._owner.dreaming() else CALM_PACE_S
        wait_s = self._changed_s + pace_s - self._clock.now_s()
        if wait_s > 0.0:
            await asyncio.sleep(wait_s)

    async def _rest(self) -> None:
        """Wait for a change, or for the next trial."""
        until_s = self._look_s - self._clock.now_s()
        self._due.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(until_s, HELD_S) if self._queue.held else max(until_s, 0.0)):
                await self._due.wait()

    async def _carry_out(self, client: PromptClient, change: Change) -> None:
        try:
            for answer in await self._ask(client, self._queue.commands(change)):
                plugin.check(answer)
        except plugin.RefusedError as error:
            # Somebody else has changed the accounts: listed again, and the change tried once more.
            if self._queue.refused(change):
                self._owner.drifted([(change.name, f"the broker refuses a change of {change.name}: {error}")])
            await self._compare(client)
        else:
            self._queue.done(change)
            self._differences.mended(change.name)
        finally:
            self._changed_s = self._clock.now_s()

    # -- trial and comparison -----------------------------------------------------------------------

    async def _look(self, client: PromptClient) -> None:
        """Try the broker, then compare its accounts with the ledger's."""
        found: tuple[str, ...] = (UNTRIED,)
        try:
            found = await open_to(client, self._listen, self._canary)
        except CannotTryError as error:
            self._trouble = f"the broker's rules cannot be tried ({error})"
        else:
            self._tried_s = self._clock.now_s()
            self._trouble = "; ".join(found) or self._trouble
            self._owner.tried(found)
        finally:
            self._listener = None
        await self._compare(client)
        if not found:
            self._trouble = ""
        self._look_s = self._clock.now_s() + (self._again_s if self._trouble else EVERY_S)

    async def _compare(self, client: PromptClient) -> None:
        listed = await self._listed(client)
        self._queue.listed(listed)
        drift = drift_of(self._owner.beds(), self._owner.paused(), listed)
        self._queue.mend(drift)
        fresh = self._differences.compared(drift, self._queue.waits_in)
        if fresh:
            self._owner.drifted(fresh)

    async def _listed(self, client: PromptClient) -> Listed:
        accounts: dict[str, Account] = {}
        roles: dict[str, Rights | None] = {}
        async for data in self._pages(client, "listClients", "clients"):
            accounts.update(plugin.accounts_in(data))
        async for data in self._pages(client, "listRoles", "roles"):
            roles.update(plugin.roles_in(data))
        rest: list[plugin.Command] = [{"command": "listGroups"}, {"command": "getDefaultACLAccess"}]
        groups, default = map(plugin.check, await self._ask(client, rest))
        names = tuple(str(one) for one in groups.get("groups", ()))
        return Listed(accounts, roles, names, closed=plugin.is_closed(default))

    async def _pages(self, client: PromptClient, command: str, name: str) -> Any:  # noqa: ANN401
        offset = 0
        while True:
            asked = {"command": command, "verbose": True, "count": PAGE, "offset": offset}
            data = plugin.check((await self._ask(client, [asked]))[0])
            yield data
            offset += PAGE
            if len(data.get(name, ())) < PAGE:
                return

    # -- the control topic --------------------------------------------------------------------------

    async def _ask(self, client: PromptClient, commands: Sequence[plugin.Command]) -> list[Mapping[str, Any]]:
        """Send these in one message; return the answer of each."""
        if not commands:
            return []
        self._number += 1
        keys = [f"{self._number}.{place}" for place in range(len(commands))]
        asked = self._asked = _Asked(set(keys))
        await client.publish(CONTROL, plugin.request(commands, self._number), 1)
        try:
            async with asyncio.timeout(ANSWER_S):
                await asked.answered.wait()
        except TimeoutError:
            raise aiomqtt.MqttError(
                "its dynamic-security plugin does not answer; does mosquitto.conf of dreamd init load it?"
            ) from None
        return [asked.got[key] for key in keys]

    def _heard(self, message: aiomqtt.Message) -> None:
        if message.topic.value != ANSWERS:
            if self._listener is not None:
                self._listener.offer(message)
            return
        asked = self._asked
        if asked is None:
            return
        for key, answer in plugin.answers(bytes(message.payload)):
            if key in asked.waits:
                asked.got[key] = answer
        if asked.waits <= set(asked.got):
            asked.answered.set()

    def _listen(self, listener: Overheard) -> None:
        self._listener = listener

    def _lost(self, why: str) -> None:
        """Record why the accounts cannot be kept now; a trial of long ago counts no longer."""
        self._queue.unlisted()
        if not self._clock.now_s() - self._tried_s <= 2 * EVERY_S:
            self._trouble = f"the broker's rules cannot be tried ({why})"
        if why and why != self._lost_by:
            self._say(f"the broker's accounts cannot be kept now: {why}; trying again")
        self._lost_by = why
