"""The application: one fleet, its Dreamscapes, and everything that arrives for them.

Theory of operation. One thread, no waiting. What arrives (a presence, a status, frames, an API call)
is taken in at once; what is due (ticks on the 250 ms grid, house-keeping) is done by `run_due`. A tick
for grid instant k closes 150 ms after it with whoever has arrived. If the process slept through
instants, they are counted as skipped and never made up for. Severing is done inside the call that
asks for it: zero collectives first, then orders, then the books.
"""

import math
import random
from functools import partial
from weakref import WeakValueDictionary

from dreamd.app import telemetry
from dreamd.app.api.dreamscapes import Broker, Desk
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.pod_events import NO_TRIP, fault_told, tell_unseated
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.suspension import suspend
from dreamd.app.durability.commits import Commits
from dreamd.app.durability.generation import LedgerHeartbeat, start_new_generation
from dreamd.app.durability.ledger_witness import LedgerWitness
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.commands import CommandQueue
from dreamd.app.fleet.event_receipts import EventReceipts
from dreamd.app.fleet.malformed_payloads import MalformedPayloads
from dreamd.app.fleet.presence_limit import LATE_WORD
from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.app.fleet.sever_confirmations import SeverConfirmations
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.app.safety.step_failures import StepFailures
from dreamd.app.safety.wake_orders import WakeOrderRegistry
from dreamd.core.dreamscapes.views import BreakerState, SeatState
from dreamd.core.limits import HOP_S, TICK_CLOSES_AFTER_S
from dreamd.core.safety.causes import Cause, Kind, cause_named, kind_of
from dreamd.ports.clock import SessionClock
from dreamd.ports.consent import Consents, Exposures
from dreamd.ports.ledger import CLOSES_WITHIN_S, Ledger
from dreamd.ports.metrics import Metrics
from dreamd.ports.pod_link import PodLink
from dreamd.ports.worker import NullWorker, Worker
from dreamwire.buggify import buggify
from dreamwire.messages import (
    Assign,
    ClockProbe,
    Frame,
    PodEvent,
    PodEventKind,
    Presence,
    Release,
    Status,
    WakeOrder,
)
from dreamwire.topics import FramesTopic


class Application(Desk):
    """The application. `Desk` is the face towards the API; here is what arrives and what is due."""

    def __init__(
        self,
        clock: SessionClock,
        link: PodLink,
        ledger: Ledger,
        meters: Metrics,
        rng: random.Random,
        people: tuple[Consents, Exposures],
        aside: Worker | None = None,
    ) -> None:
        now_s = clock.now_s()
        self.failures = StepFailures(clock.now_s, meters.step_failed)
        journal = Journal(now_s, attempt=self.failures.attempt)
        restored = start_new_generation(ledger, journal, now_s)
        commits = Commits(ledger, clock, journal, meters)
        self._touch = LedgerHeartbeat(commits, now_s)
        self._witness = LedgerWitness(ledger, link, suspended=restored)
        locks = BreakerRegistry(ledger, commits, journal, now_s if restored else 0.0)
        dependencies = Dependencies(
            clock=clock,
            link=link,
            ledger=ledger,
            commits=commits,
            meters=meters,
            rng=rng,
            journal=journal,
            fleet=PodRegistry(ledger.checked_in(), locks.breaker_of, clock.now_s, self.failures.attempt),
            orders=CommandQueue(link, ledger.draw_counters(now_s), self.failures.attempt),
            tickets=SeverConfirmations(clock.now_s, meters.confirmed),
            locks=locks,
            wakes=WakeOrderRegistry(ledger, commits, link),
            consents=people[0],
            exposures=people[1],
            aside=aside or NullWorker(),
            failures=self.failures,
        )
        super().__init__(dependencies)
        self.failures.concern(lambda: tuple(self._runtimes.items()), journal)
        self._books_closed = False
        self._receipts = EventReceipts(self._settled, dependencies.orders, dependencies.fleet, clock)
        locks.on_settled(self._receipts.pay)
        self._closed = self._newest_closing(now_s)
        self._awaited: WeakValueDictionary[str, DreamscapeRuntime] = WeakValueDictionary()
        self._malformed = MalformedPayloads(journal, meters)
        self._deps.consents.changed(self._consent_changed)
        self._deps.fleet.forgotten += [self._deps.orders.forget, self.waking.forget]

    @property
    def journal(self) -> Journal:
        """The journal, for the log."""
        return self._deps.journal

    def open(self) -> None:
        """Take up the Dreamscapes the ledger knows; those that dreamed dream on, everyone from zero."""
        self.archive.open()
        for record in self._deps.ledger.load():
            runtime = DreamscapeRuntime.restore(record, self._deps)
            self._runtimes[record.plan.dreamscape] = runtime
            for seat in runtime.seats:
                if seat.returning and seat.state is not SeatState.LEFT:
                    self._awaited[seat.pod] = runtime
                    self._deps.locks.find(seat.pod, self._deps.clock.now_s())

    # -- what arrives -----------------------------------------------------------------------------

    def on_presence(self, presence: Presence) -> None:
        """A pod says that it is there, or its will says that it is gone."""
        now_s = self._deps.clock.now_s()
        before = self._deps.fleet.get(presence.pod)
        was = (before.online, before.incarnation) if before else (False, 0)
        record = self._deps.fleet.hear(presence, now_s)
        if isinstance(record, str) and record != LATE_WORD:
            self.on_malformed(presence.pod, "presence", record)
        if isinstance(record, str) or was == (record.online, record.incarnation):
            return
        word = "connected" if record.online else "disconnected"
        self._deps.journal.append(
            now_s, "pod-online" if record.online else "pod-offline", f"{record.pod} {word}", pod=record.pod
        )
        if record.incarnation != was[1]:
            self._deps.orders.void_assigns(record.pod)
        runtime = self._runtimes.get(record.dreamscape)
        if runtime is not None:
            runtime.on_presence(record, rebooted=record.incarnation != was[1])

    def on_status(self, status: Status) -> None:
        """A pod's account of itself, which also answers orders."""
        now_s = self._deps.clock.now_s()
        record = self._deps.fleet.report(status, now_s)
        if isinstance(record, str):
            if self._deps.fleet.get(status.pod) is None:
                self._deps.link.seek(status.pod)  # the broker has dropped its presence on the way to us
            return
        self._read_stored(record, status, now_s)
        self._heed(record, status.latched)
        awaiting = self._awaited.get(record.pod)
        if awaiting is not None and awaiting.adopt(record, status):
            del self._awaited[record.pod]
        self._answered(record, status)
        runtime = self._runtimes.get(record.dreamscape)
        if runtime is not None:
            runtime.on_status(record, status)
        elif status.assignment:
            # It still holds a slot of a Dreamscape that is not ours to know: let it go.
            self._release_stray(record, now_s)
        self.waking.on_status(record, status)
        if status.applied == 0.0 and not status.assignment:
            self._deps.tickets.confirm(record.pod, status.written_s(now_s))
        self._watch_stray(record, status, runtime, now_s)

    def _watch_stray(
        self, record: PodRecord, status: Status, runtime: DreamscapeRuntime | None, now_s: float
    ) -> None:
        """Who has no slot of ours is granted nothing by us; what another owner grants is its own affair."""
        seat = runtime.seats.by_assignment(status.assignment) if runtime is not None else None
        lost = runtime is not None and runtime.ownership.lost
        if seat is not None or lost or status.applied <= 0.0:
            self._deps.fleet.census.obeys(record.pod)
        else:
            self._deps.fleet.census.coupled_without_slot(record.pod, now_s, status.written_s(now_s))

    def _read_stored(self, record: PodRecord, status: Status, now_s: float) -> None:
        """A sever that a pod has stored, told to a daemon that knows nothing of it, is OPEN.

        Of who has a seat here the events tell, and take weight and coupling with them.
        """
        cause = cause_named(status.severed.cause) if status.severed is not None else None
        locked = record.breaker.state is BreakerState.LOCKED
        if cause is not None and self._unknown(record) and not locked and cause not in NO_TRIP:
            record.breaker = self._deps.locks.after_crash(record.pod, status.severed, now_s, self._deps.rng)

    def _unknown(self, record: PodRecord) -> bool:
        return not record.dreamscape and self._deps.locks.unheard(record.pod, record.breaker)

    def _heed(self, record: PodRecord, latched: str) -> None:
        """A sleeper who withdrew at their pod has withdrawn everywhere, also when its latch is cleared."""
        if latched != Cause.WITHDRAWN.value or not record.sleeper:
            return
        if not self._deps.consents.standing(record.sleeper).withdrawn:
            self._deps.consents.withdraw(record.sleeper)
            self.withdrawals.note(record.pod)

    def _consent_changed(self, sleeper: str) -> None:
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        runtime = self._runtimes.get(record.dreamscape) if record is not None else None
        if record is not None and runtime is not None:
            runtime.consent_changed(record)

    def _answered(self, record: PodRecord, status: Status) -> None:
        for command, refused in self._deps.orders.answered(record.pod, status.outcomes):
            runtime = self._runtimes.get(record.dreamscape)
            if refused and isinstance(command.what, Assign) and runtime is not None:
                runtime.on_assign_refused(record, command.what, refused)

    def _release_stray(self, record: PodRecord, now_s: float) -> None:
        if not self._deps.orders.waiting_for(record.pod):
            self._deps.orders.send(record.pod, record.incarnation, Release("no such Dreamscape here"), now_s)

    def on_event(self, event: PodEvent) -> None:
        """A fact from a pod's outbox: taken in once, acknowledged once what it came to is in the ledger.

        A malfunction of who is at zero is stored nowhere else: a crash must find it in the outbox.
        """
        record = self._deps.fleet.get(event.pod)
        if record is None:
            return
        if self._deps.fleet.is_news(record, event):
            self._take_in(record, event)
        self._receipts.owe(record.pod, event.id)

    def _settled(self, pod: str) -> bool:
        """Whether what this pod has told of is in the ledger: its trips, and a withdrawal."""
        return self._deps.locks.settled(pod) and self.withdrawals.settled(pod)

    def _take_in(self, record: PodRecord, event: PodEvent) -> None:
        now_s = self._deps.clock.now_s()
        seen_s = event.unix_ms / 1000 if event.unix_ms else None
        if event.kind in (PodEventKind.ALONE, PodEventKind.LATCHED, PodEventKind.LEFT):
            self._deps.tickets.confirm(record.pod, now_s if seen_s is None else seen_s)
        if event.kind is PodEventKind.LATCHED:
            self._heed(record, event.cause)
        runtime = self._runtimes.get(event.dreamscape) or self._runtimes.get(record.dreamscape)
        if runtime is not None:
            runtime.on_event(record, event)
        elif event.kind is not PodEventKind.UNSPECIFIED:
            tell_unseated(self._deps, record, event)
        cause = fault_told(event)
        if cause is not None:
            # Its own malfunction: wherever it sits now, and also if nowhere, it is kept away.
            way = kind_of(cause) is Kind.TRANSPORT and not record.breaker.may_couple
            if self._unknown(record) and way:
                return  # at zero already: what its status has stored says more, and is not hidden by the way
            if self._unknown(record):
                at = event.term, event.tick
                record.breaker = self._deps.locks.recalled(record.pod, record.breaker, cause, at)
            self.breakers.open(record, cause, "the pod", event.detail, seen_s)

    def on_clock_probe(self, pod: str, probe: ClockProbe, received_s: float) -> None:
        """A clock probe; the link stamps the answer as it leaves."""
        now_us = int(self._deps.clock.now_s() * 1e6)
        self._deps.link.answer(pod, ClockProbe(probe.nonce, probe.t0_us, int(received_s * 1e6), now_us))

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Frames of one sender for one cohort."""
        runtime = self._runtimes.get(topic.dreamscape)
        if runtime is None:
            for _ in frames:
                self._deps.meters.frame_refused("unknown-dreamscape")
            return
        for frame in frames:
            runtime.on_frame(topic, frame, self._closed)

    def on_behind(self, dropped: int) -> None:  # noqa: ARG002 -- the link counts them
        """Frames were dropped unread, because we were behind: what is missing nobody has lost."""
        for runtime in self._runtimes.values():
            runtime.cohorts.forgive(self._closed)

    def on_malformed(self, sender: str, kind: str, reason: str) -> None:
        """A payload that could not be read: counted by kind, told by sender."""
        if kind == "frames":
            self._deps.meters.frame_refused("malformed")
        self._malformed.take(sender, kind, reason, self._deps.clock.now_s())

    def on_link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        now_s = self._deps.clock.now_s()
        self.broker = Broker(up, now_s)
        word = "reached" if up else "lost: every pod is alone by its own tether"
        if up:
            self._deps.wakes.publish()
            self._witness.say()
        self._deps.journal.append(now_s, "broker-up" if up else "broker-down", f"broker {word}")

    def on_count(self, writes: int) -> None:
        """The broker remembers how many writes our ledger had."""
        if self._witness.newer(writes):
            suspend(self._deps, self._runtimes.values(), writes)
        elif writes < self._witness.writes:
            self._witness.say()

    def on_wake_place(self, said: WakeOrder | None) -> None:
        """What stands in the retained place of wake orders is not what we published last."""
        self.waking.on_place(said)

    # -- what is due ------------------------------------------------------------------------------

    @staticmethod
    def _newest_closing(now_s: float) -> int:
        return math.floor((now_s - TICK_CLOSES_AFTER_S) / HOP_S + 1e-6)

    def next_due_s(self) -> float:
        """Session time at which `run_due` has something to do."""
        return (self._closed + 1) * HOP_S + TICK_CLOSES_AFTER_S

    def deliver(self) -> None:
        """End the commits that the ledger has finished."""
        self.failures.attempt("ledger", self._deps.ledger.deliver)

    def run_due(self) -> None:
        """Close the newest tick that is due; older ones are skipped and counted, never queued."""
        self.deliver()
        now_s = self._deps.clock.now_s()
        instant = self._newest_closing(now_s)
        missed = instant - self._closed - 1
        if missed < 0 or buggify("tick-skipped"):
            return
        self._closed = instant
        self.failures.check()
        attempt = self.failures.attempt
        with self.failures.together():
            for name, runtime in tuple(self._runtimes.items()):
                attempt("tick", partial(runtime.tick, instant, missed), of=name)
        with self.failures.together():
            attempt("archive", partial(self._put_away, now_s))
            attempt("archive", partial(self._deps.fleet.forget_ghosts, now_s))
            attempt("orders", partial(self._deps.orders.resend, now_s))
            attempt("watcher", partial(self._deps.fleet.fall_silent, now_s))
            self._keep(now_s)
            attempt("meters", partial(telemetry.tell, self._deps, self._runtimes.values()))
            attempt("meters", lambda: self._deps.meters.tick(self._deps.clock.now_s() - now_s, missed))

    def _keep(self, now_s: float) -> None:
        """Write what severing did not wait for."""
        attempt = self.failures.attempt
        attempt("locks", self._deps.locks.flush)
        attempt("wake-orders", self._deps.wakes.flush)
        attempt("ledger", self._beds.flush)
        attempt("ledger", self.withdrawals.flush)
        attempt("ledger", self._receipts.pay)
        attempt("ledger", partial(self._touch.keep, now_s))
        attempt("ledger", self._witness.tell)
        attempt("ledger", partial(self._deps.commits.look, now_s))

    # -- the end ----------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """Zero everyone first, then let the pods go; the Dreamscapes stay in the ledger as they were."""
        self.closing = True
        tickets = [runtime.close() for runtime in self._runtimes.values()]
        self._shutdown_tickets = tuple(tickets)

    @property
    def settled(self) -> bool:
        """After `shutdown`: every pod has confirmed its zero, or the time for it is over."""
        return self.closing and all(ticket.settled for ticket in self._shutdown_tickets)

    def close_books(self) -> None:
        """Submit what is not yet written: accounts, records, locks, orders. `written` says when it is."""
        now_s = self._deps.clock.now_s()
        self._books_closed = True
        self._keep(now_s)
        for runtime in self._runtimes.values():
            runtime.books.flush()
            if not runtime.ownership.lost:
                runtime.company.close(now_s)

    @property
    def ledger_trouble(self) -> str:
        """Why nobody new is seated: the ledger fails or is slow; any thread may ask."""
        return self._deps.commits.trouble

    @property
    def written(self) -> bool:
        """After `close_books`: the ledger has everything it was given."""
        self._deps.ledger.deliver()
        return self._deps.ledger.idle

    def close(self, within_s: float = CLOSES_WITHIN_S) -> None:
        """Close the books; what could not be written in time is said."""
        if not self._books_closed:
            self.close_books()
        left = self._deps.ledger.close(within_s)
        self._deps.ledger.deliver()
        if left:
            what = ", ".join(sorted(set(self._deps.commits.waiting)))
            sentence = f"the ledger has not written {left} changes before the end: {what}"
            self._deps.journal.append(
                self._deps.clock.now_s(), "ledger-write-failed", sentence, reason=sentence
            )
