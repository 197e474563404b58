"""The keeper of the broker's accounts in virtual time: one change at a time, then compared and tried.

The queue of changes, the comparison, the commands and the owner are those of the real keeper. Modelled are
its connection, its pauses, and how long the broker holds all messages up for a change.
"""

import random
from collections.abc import Callable
from typing import Final

from dreamd.adapters.mqtt import dynamic_security as plugin
from dreamd.adapters.mqtt.rights_keeper import AGAIN_S, CALM_PACE_S, EVERY_S, HELD_S, PACE_S, UNTRIED
from dreamd.adapters.mqtt.rights_queue import Differences, RightsQueue
from dreamd.core.access.broker_accounts import drift_of
from dreamd.ports.broker_rights import RightsOwner
from dreamd.simulation.machines.mqtt_broker import MqttBroker
from dreamd.simulation.schedule import SECOND_NS, Schedule

WRITE_S: Final = (0.03, 0.13)
"""How long a change takes at the broker; nothing passes meanwhile."""
LOST_S: Final = 1.0
"""How long until a keeper tries a broker again that was away."""


class SimulatedKeeper:
    """ports.broker_rights.BrokerRights over the accounts of the simulated broker."""

    def __init__(
        self,
        owner: RightsOwner,
        broker: MqttBroker,
        schedule: Schedule,
        rng: random.Random,
        alive: Callable[[], bool],
        frozen: Callable[[], bool],
    ) -> None:
        """alive, frozen: of its daemon's process."""
        self._alive, self._frozen = alive, frozen
        self._owner, self._broker, self._schedule, self._rng = owner, broker, schedule, rng
        self._queue = RightsQueue(owner.seated, lambda: schedule.now_s)
        self._differences = Differences()
        self._open = UNTRIED
        self._look_s = 0.0
        self._turn = 0
        self._listed = False
        self._wake()

    @property
    def trouble(self) -> str:
        """Why nothing that binds a sleeper is begun; empty: it may be."""
        return "; ".join((*filter(None, [self._open]), *self._differences.apart))

    @property
    def idle(self) -> bool:
        """Whether the broker has been compared with the ledger, and no change waits."""
        return self._queue.idle

    @property
    def compared(self) -> bool:
        """Whether the accounts are known, as of this connection."""
        return self._listed

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Give the bed an account with this password, when its turn comes."""
        self._queue.let_in(bed, credential, password)
        self._wake()

    def put_out(self, bed: str) -> None:
        """Remove the bed's account before every change that waits."""
        self._queue.put_out(bed)
        self._wake()

    def lapse(self, bed: str) -> None:
        """Remove the account of a bed with a credential that has expired."""
        self._queue.lapse(bed)
        self._wake()

    def suspend(self, bed: str) -> None:
        """Drop the bed's connection, and leave its account no right."""
        self._queue.suspend(bed)
        self._wake()

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """Give a suspended account its rights back, where its password is one of these credentials."""
        self._queue.readmit(bed, credentials)
        self._wake()

    def look_soon(self) -> None:
        """The hour is over: try and compare at the next turn."""
        self._look_s = 0.0
        self._wake()

    def _wake(self) -> None:
        self._plan(0.0)

    def _plan(self, seconds: float) -> None:
        self._turn += 1
        turn = self._turn
        self._schedule.after(round(seconds * SECOND_NS) + 1, lambda: self._serve(turn))

    def _serve(self, turn: int) -> None:
        if turn != self._turn or not self._alive():
            return
        accounts = self._broker.accounts
        if accounts is None or not self._broker.alive or self._broker.frozen or self._frozen():
            self._queue.unlisted()
            self._listed = False
            self._plan(LOST_S)
            return
        now_s = self._schedule.now_s
        if (now_s >= self._look_s and not self._queue.urgent) or not self._listed:
            self._look(now_s)
        change = self._queue.next()
        if change is None:
            self._plan(HELD_S if self._queue.held else max(self._look_s - now_s, 0.0))
            return
        takes_s = self._rng.uniform(*WRITE_S)
        self._broker.stall(takes_s)
        try:
            accounts.carry_out(self._queue.commands(change))
        except plugin.RefusedError as error:
            if self._queue.refused(change):
                self._owner.drifted([(change.name, f"the broker refuses a change of {change.name}: {error}")])
            self._compare()
        else:
            self._queue.done(change)
            self._differences.mended(change.name)
        self._plan(takes_s + (PACE_S if self._owner.dreaming() else CALM_PACE_S))

    def _look(self, now_s: float) -> None:
        accounts = self._broker.accounts
        if accounts is not None:
            found = accounts.open_to()
            self._open = "; ".join(found)
            self._owner.tried(found)
            self._compare()
        self._look_s = now_s + (AGAIN_S if self._open else EVERY_S)

    def _compare(self) -> None:
        accounts = self._broker.accounts
        if accounts is None:
            return
        listed = accounts.listed()
        self._queue.listed(listed)
        self._listed = True
        drift = drift_of(self._owner.beds(), self._owner.paused(), listed)
        self._queue.mend(drift)
        fresh = self._differences.compared(drift, self._queue.waits_in)
        if fresh:
            self._owner.drifted(fresh)
