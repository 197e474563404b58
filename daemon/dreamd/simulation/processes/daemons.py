"""A daemon process of the simulated fleet: the production application over the simulated broker.

One owns the ledger, by a lease or by a lock on a file (`house_row`). Several may live at once, as after a
partition: an owner whose lease ran out lives until it learns that another has claimed the house. Each has a
session clock of its own, anchored at its start: the wall clock may have been set meanwhile.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Final

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.pieces import sign_piece
from dreamd.adapters.exposure import LedgerExposure
from dreamd.app.application import Application
from dreamd.app.inbound_guard import InboundGuard
from dreamd.app.people.house_people import HousePeople
from dreamd.app.safety.step_failures import Failure, InjectedError
from dreamd.core.access.caller import RESTARTED, SIGNALLED
from dreamd.fusion.reduction import Part
from dreamd.ports.ledger.exposure import Account
from dreamd.ports.pod_link import CohortKey as PortKey
from dreamd.ports.pod_link import needs_house
from dreamd.simulation.environment import Environment
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamd.simulation.machines.house.held_lease import HeldLease
from dreamd.simulation.machines.memory_ledger import MemoryLedger
from dreamd.simulation.processes.arrivals import take_in
from dreamd.simulation.processes.exposure_limits import LimitedExposures
from dreamd.simulation.processes.front_desk import FrontDesk
from dreamd.simulation.processes.imagined_house import ImaginedHouse
from dreamd.simulation.processes.rights import SimulatedKeeper
from dreamd.simulation.schedule import SECOND_NS
from dreamwire import codec, topics
from dreamwire.cohort_key import CohortKey
from dreamwire.messages import KEY_BYTES, Assign, ClockProbe, Collective, Command, WakeOrder
from dreamwire.signing import SigningKey, seal

FSYNC_S: Final = (0.004, 0.012)
STALLS: Final = 0.02
STALL_S: Final = (0.02, 0.2)
DURABLE: Final = 0.5
"""Share of writes under way that reach the disk when their process is killed."""
START_S: Final = 1_800_000_000.0
LOOK_NS: Final = SECOND_NS // 20
ENDS_AFTER_NS: Final = SECOND_NS // 10
"""A daemon that has learnt that its house is another's ends after this."""
CUT: Final = "the way to the database is cut"
CUT_S: Final = (0.0, 5.0)
"""A question on a way that is cut fails after this: as soon as it is refused, or by its own limit."""
BOOKS_WITHIN_NS: Final = 5 * SECOND_NS
"""A daemon that ends waits so long for its last writes."""
ASKED_S: Final = (0.0005, 0.003)
"""A renewal on a quick disk takes so long."""
PIECE_KEY: Final = SigningKey.from_seed(b"a simulated house signs a piece.")
"""Signs the pieces of every simulated daemon."""


class DaemonProcess:
    """A daemon process: the application, its link and its intake.

    machine: it runs there. reads: the highest wire revision that it reads.
    """

    def __init__(
        self,
        environment: Environment,
        number: int,
        *,
        set_by_s: float = 0.0,
        machine: int = 1,
        succeeds: bool = False,
    ) -> None:
        """Start it; it has claimed the house. set_by_s: the error of the wall clock that it anchored to.

        succeeds: the owner before has handed the house over to it.
        """
        self._environment = environment
        self._schedule, self._broker = environment.schedule, environment.broker
        self._observer = environment.observer
        self.number, self.machine = number, machine
        self.reads = environment.revision_of(number)
        self.link = environment.link()
        self.alive, self.frozen = True, False
        self.up_since_ns = environment.schedule.now_ns
        self.ledger = MemoryLedger(environment.storage, self)
        self.ledger.succeeds = succeeds
        self._dice = random.Random(f"disk {environment.seed} {number}")  # noqa: S311 - one seed, one story
        self._keys = random.Random(f"keys {environment.seed} {number}")  # noqa: S311 - one seed, one story
        self.slow_until_s = 0.0
        self.fsync_least_s = 0.0
        self._ways = random.Random(f"lease {environment.seed} {number}")  # noqa: S311 - one seed, one story
        self.lease = self._hold_house()
        self.metrics = CountingMetrics()
        self.began_s = environment.schedule.now_s
        self.dies_at_a_lock = False
        self._anchor_s = environment.begins_s + set_by_s
        rng = random.Random(environment.rng.random())  # noqa: S311 - one seed, one story
        self.app = Application(
            *(self, self, self.ledger, self.metrics, rng, self._people()),
            recordings=environment.recordings,
            founding=environment.house.founding,
        )
        self.keeper: SimulatedKeeper | None = None
        self.desk = FrontDesk(self.app, self.now_s, self._unsafe)
        self.inbound = InboundGuard(self.app.inbound, self.app.failures)
        self.slots: dict[tuple[str, int, int], tuple[str, int]] = {}
        self.held: dict[tuple[str, int], list[tuple[str, int, int, int]]] = {}
        self.drawn: dict[tuple[str, int], int] = {}
        environment.observer.daemon_started(self)
        self.app.journal.subscribe(lambda event: environment.observer.daemon_event(self, event))
        self.app.failures.on_failure(self._failed)
        self._join_houses()
        self.app.open(RESTARTED)
        environment.broker.welcome(self)
        if environment.broker.accounts is not None:
            self.keep_rights()
        self.app.inbound.on_link(up=environment.broker.alive)
        self._plan()

    def _people(self) -> HousePeople:
        environment = self._environment
        return HousePeople(
            LimitedExposures(self.ledger, self.now_s(), environment.limits_min),
            anchors=LedgerExposure(self.ledger, self.now_s(), Account.ANCHOR),
            subjects=self.ledger.keys.subject_of,
            simulated_grants=True,
            sign_piece=partial(sign_piece, key=PIECE_KEY),
            place=environment.house.place,
            sign_report=environment.house.sign_report,
            digest=digest,
        )

    def _hold_house(self) -> HeldLease:
        storage, schedule = self._environment.storage, self._schedule
        held = HeldLease(
            lambda: storage.house,
            schedule,
            way=self._way_to_database,
            gone=lambda: not self.alive,
            lost=lambda: schedule.after(ENDS_AFTER_NS, self._end_lost),
        )
        self.ledger.term, self.ledger.leased = held.term, lambda: held.living
        return held

    def _way_to_database(self) -> tuple[float, bool, bool]:
        """The way of a renewal, see `HeldLease`; its commit waits for the disk."""
        takes_s = self._ways.uniform(*(CUT_S if self.ledger.broken == CUT else ASKED_S))
        takes_s += max(self.fsync_least_s, self.slow_until_s - self._schedule.now_s, 0.0)
        storage = self._environment.storage
        refused = self.ledger.broken or storage.away or storage.full
        return takes_s, not refused, not self.ledger.broken

    def _end_lost(self) -> None:
        """The house is another's: every bed to zero, and the end."""
        if self.alive and not self.app.closing:
            self.stop()

    def _join_houses(self) -> None:
        environment = self._environment
        if environment.joined_after_s:
            name = f"{environment.seed} {self.number}"
            engine = ImaginedHouse(environment.schedule, name, max(environment.joined_after_s.values()))
            engine.listen(self._hear)
            self.app.shared.join(engine, f"daemon-{self.number}", environment.joined_after_s)

    def _hear(self, dreamscape: str, answer: Part) -> None:
        if self.alive and not self.frozen:
            hear = partial(self.app.shared.pass_answer, dreamscape, answer)
            self.app.failures.attempt("tick", hear, dreamscape)

    def _failed(self, failure: Failure) -> None:
        if not isinstance(failure.error, InjectedError):
            self._observer.violated("bug", failure.step, repr(failure.error))

    def keep_rights(self) -> None:
        """Keep the accounts of the beds at the broker, from now on."""
        keeper = SimulatedKeeper(
            self.app.bed_accounts,
            *(self._broker, self._schedule),
            random.Random(f"rights {self._environment.seed} {self.number}"),  # noqa: S311 - one seed, one story
            lambda: self.alive,
            lambda: self.frozen,
        )
        self.keeper = self.app.bed_accounts.rights = keeper

    def _unsafe(self) -> str:
        return self.keeper.trouble if self.keeper is not None else ""

    def now_s(self) -> float:
        """Session clock."""
        return self._anchor_s + self._schedule.now_ns / SECOND_NS

    def on_broker(self, *, up: bool) -> None:
        """The connection to the broker is there, or gone."""
        self.app.inbound.on_link(up=up)

    @property
    def lost(self) -> bool:
        """Another daemon has claimed the house, or drawn a higher term."""
        return self.ledger.storage.house.term != self.lease.term or any(
            self.ledger.storage.terms.get((name, cohort), 0) > term
            for (name, cohort), term in self.drawn.items()
        )

    def _plan(self) -> None:
        due_ns = round((self.app.next_due_s() - self.now_s()) * SECOND_NS) + 1
        self._schedule.after(max(due_ns, 1), self._tick)

    def _tick(self) -> None:
        if self.alive and not self.frozen:
            self.app.run_due()
            self._observer.metrics_updated(self)
            self._plan()

    def kill(self, *, durable: bool | None = None) -> None:
        """SIGKILL: nothing is published, nothing more is written.

        durable: whether the write under way reaches the disk; None: drawn.
        """
        self.alive = False
        self.ledger.crash(durable=self._dice.random() < DURABLE if durable is None else durable)

    def stop(self, then: Callable[[], None] = lambda: None, *, hands_over: bool = False) -> None:
        """SIGTERM: the shutdown's own order; `then` once the process is gone. hands_over: to a standby."""
        self.app.shutdown(SIGNALLED, hands_over=hands_over)
        self._await_end(then, hands_over=hands_over)

    def _await_end(self, then: Callable[[], None], *, hands_over: bool) -> None:
        if not self.alive:
            return
        if not self.app.settled:
            self._schedule.after(LOOK_NS, partial(self._await_end, then, hands_over=hands_over))
            return
        self.app.close_books()
        self._await_books(then, self._schedule.now_ns + BOOKS_WITHIN_NS, hands_over=hands_over)

    def _await_books(self, then: Callable[[], None], until_ns: int, *, hands_over: bool) -> None:
        if not self.alive:
            return
        if not self.app.written and self._schedule.now_ns < until_ns:
            self._schedule.after(LOOK_NS, partial(self._await_books, then, until_ns, hands_over=hands_over))
            return
        self.app.close()
        self.lease.give_up(handed=hands_over)
        self.alive = False
        then()

    def die_at_a_lock(self) -> None:
        """SIGKILL in the very call in which a breaker locks: before it is written, and perhaps broadcast."""
        self.dies_at_a_lock = False
        if self._environment.rng.random() < 0.5:  # noqa: PLR2004 - as likely as not
            self.kill(durable=False)
        else:
            self._schedule.after(1, partial(self.kill, durable=False))

    def freeze(self) -> None:
        """SIGSTOP: arriving messages wait in the kernel."""
        self.frozen = True
        self.link.hold()
        self.lease.freeze()

    def thaw(self) -> None:
        """SIGCONT: everything that waited is read at once, then the due tick runs."""
        if self.frozen:
            self.frozen, self.up_since_ns = False, self._schedule.now_ns
            self.link.let_go()
            self.lease.thaw()
            self._plan()

    # -- its disk -----------------------------------------------------------------------------------

    def takes_s(self) -> float:
        """How long the next fsync takes: milliseconds, now and then more, or as long as the disk is slow."""
        usual_s = self._dice.uniform(*(STALL_S if self._dice.random() < STALLS else FSYNC_S))
        return max(usual_s, self.fsync_least_s, self.slow_until_s - self._schedule.now_s)

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Schedule an event on the disk."""
        self._schedule.after(round(seconds * SECOND_NS), happen)

    def finished(self) -> None:
        """Deliver finished commits between ticks, unless the process stands still."""
        if self.alive and not self.frozen:
            self.ledger.deliver()

    @property
    def owns(self) -> bool:
        """Whether the house is surely its own."""
        return self.ledger.owned

    # -- ports.pod_link ---------------------------------------------------------------------------

    def draw_key(self, number: int) -> CohortKey:
        """Draw the secret from the seed; no other key of any process has it."""
        return CohortKey(number, self._keys.randbytes(KEY_BYTES))

    def publish(self, collective: Collective, key: PortKey | None = None) -> None:
        """Broadcast; a process that died in the midst of this call does nothing more."""
        if not self.alive:
            return
        self.drawn[collective.dreamscape, collective.cohort] = collective.term
        self._observer.collective_published(self, collective)
        topic = topics.collective(collective.dreamscape, collective.cohort)
        if key is None and collective.coupling.any():
            self._observer.violated("clear", collective.dreamscape, "a coupling is broadcast in the clear")
        says = key.encrypt(collective) if key is not None else collective
        payload = seal(self._environment.key, codec.COLLECTIVE, codec.encode(says))
        self.link.carry(self.link.out, lambda: self._broker.spread(topic, payload), qos=0)

    def command(self, command: Command) -> None:
        """Send one command; a process that died in the midst of this call does nothing more."""
        if not self.alive or (needs_house(command) and not self.ledger.owned):
            return
        if isinstance(command.what, Assign):
            what = command.what
            place = (what.dreamscape, what.cohort, what.slot)
            if place not in self.slots:
                self.slots[place] = (command.pod, what.assignment)
                self.held.setdefault((command.pod, what.incarnation), []).append((*place, what.assignment))
                self._observer.slot_assigned(self, command.pod, what)
            elif self.slots[place] != (command.pod, what.assignment):
                self._observer.violated("slot", command.pod, f"slot {what.slot} was given before")
        payload = seal(self._environment.key, codec.COMMAND, codec.encode(command))
        topic = topics.pod_topic(command.pod, "command")
        self.link.carry(self.link.out, lambda: self._broker.hand(command.pod, topic, payload), qos=1)

    def wake(self, order: WakeOrder) -> None:
        """Publish the wake order, retained."""
        if not self.alive:
            return
        self.link.carry(self.link.out, lambda: self._broker.order(self._environment.key, order), qos=1)

    def clear_wake(self) -> None:
        """Clear the retained wake order; no other client writes to its topic here."""
        if self.alive and self.ledger.owned:
            self.link.carry(self.link.out, self._broker.unorder, qos=1)

    def count(self, writes: int) -> None:
        """Publish the count of the ledger's writes, retained."""
        if self.alive and self.ledger.owned:
            self._broker.remember(writes)  # at once: its way is not modelled

    def checkpoint(self, note: str) -> None:
        """Nothing to do: no checkpoint is signed here."""

    def seek(self, pod: str) -> None:
        """Nothing to do: the simulated broker drops no presence."""

    def answer(self, pod: str, probe: ClockProbe) -> None:
        """Answer a clock probe, as long as the house is its own."""
        if not self.ledger.owned:
            return
        topic, payload = topics.clock_answer(pod), codec.encode(probe)
        self.link.carry(self.link.out, lambda: self._broker.hand(pod, topic, payload, qos=0), qos=0)

    # -- what arrives -----------------------------------------------------------------------------

    def recall(self, writes: int, place: WakeOrder | None) -> None:
        """The broker's retained count of the ledger's writes, and the moratoria of its retained place."""
        if self.alive:
            self.app.inbound.on_count(writes)
        if self.alive and place is not None:
            self.app.inbound.on_wake_place(place)

    def on_message(self, topic: str, payload: bytes) -> None:
        """A pod has published something."""
        if not self.alive:
            return
        event = take_in(self.inbound, topic, payload, self.now_s(), reads=self.reads)
        if event is not None:
            self._observer.pod_event_accepted(self, event)
