"""Inbound messages: what pods and the broker send, routed to the part that it concerns.

Rules
- Each message takes effect in its call; nothing waits. The order of effects within a call is the order below.
- A status answers orders, may name a stored sever, and may hold a slot that is not ours: such a pod is
  released.
- An event is acknowledged once all that followed from it is in the ledger (`EventReceipts`). A malfunction of
  a pod at zero is stored nowhere else: after a crash of ours it must still be in the pod's outbox.
"""

from collections.abc import Callable
from math import inf
from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.drivers.pod_events import NO_TRIP, fault_told
from dreamd.app.dreamscapes.drivers.pod_inputs import tell_unseated
from dreamd.app.dreamscapes.moratorium_execution import MoratoriumExecution
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.suspension import suspend
from dreamd.app.dreamscapes.wake_execution import WakeExecution
from dreamd.app.durability.ledger_witness import LedgerWitness
from dreamd.app.fleet.event_receipts import EventReceipts
from dreamd.app.fleet.malformed_payloads import MalformedPayloads
from dreamd.app.fleet.presence_limit import LATE_WORD
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.frame_blocks import FrameBlocks
from dreamd.app.people.pod_consents import PodConsents
from dreamd.app.people.pod_withdrawals import PodWithdrawals
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.causes import Cause, Kind, cause_named, kind_of
from dreamwire.frame_columns import FrameBlock
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
from dreamwire.status_parts import completed
from dreamwire.topics import FramesTopic

BEHIND_S: Final = 5.0
"""After frames were dropped unread, a daemon is taken for behind so long."""


class InboundRouter:
    """Routes messages; `InboundGuard` stands before it in a running daemon.

    broker: the number of the broker by which a message has come.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        dreamscapes: DreamscapeRegistry,
        waking: WakeExecution,
        pausing: MoratoriumExecution,
        witness: LedgerWitness,
        newest: Callable[[], int],
    ) -> None:
        """newest: the grid instant of the newest tick that is closed."""
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._waking = waking
        self._pausing = pausing
        self._witness = witness
        self._newest = newest
        self._malformed = MalformedPayloads(dependencies.journal, dependencies.meters)
        self.receipts = EventReceipts(
            self._settled, dependencies.orders, dependencies.fleet, dependencies.clock
        )
        self._behind_s = -inf
        self._withdrawals = PodWithdrawals(dependencies.consents)
        self._blocks = FrameBlocks(dependencies, dreamscapes.get, newest)
        self._consents = PodConsents(dependencies.consents, dependencies.ledger.keys.sleeper_of)

    # -- pods -------------------------------------------------------------------------------------

    def on_presence(self, presence: Presence, broker: int = 0) -> None:
        """A pod has connected, or its will reports that it is gone.

        A will at a broker that the pod has left is no news: it is connected elsewhere.
        """
        now_s = self._deps.clock.now_s()
        before = self._deps.fleet.get(presence.pod)
        stays = before is not None and before.online and presence.incarnation <= before.incarnation
        if before is not None and stays and broker != before.broker and not presence.online:
            return
        was = (before.online, before.incarnation) if before else (False, 0)
        record = self._deps.fleet.hear(presence, now_s)
        if isinstance(record, str) and record != LATE_WORD:
            self.on_malformed(presence.pod, "presence", record)
        if isinstance(record, PodRecord) and not stays:
            self._dreamscapes.move_pod(record, broker)
        if isinstance(record, str) or was == (record.online, record.incarnation):
            return
        word = "connected" if record.online else "disconnected"
        self._deps.journal.append(
            now_s, "pod-online" if record.online else "pod-offline", f"{record.pod} {word}", pod=record.pod
        )
        if record.incarnation != was[1]:
            self._deps.orders.void_assigns(record.pod)
        runtime = self._dreamscapes.seating(record)
        if runtime is not None:
            runtime.inputs.on_presence(record, rebooted=record.incarnation != was[1])

    def on_status(self, status: Status, broker: int = 0) -> None:
        """A pod's report on itself, which also answers orders; no broker keeps one, so the pod is there."""
        now_s = self._deps.clock.now_s()
        if status.vital:
            known = self._deps.fleet.get(status.pod)
            whole = known.status if known is not None else None
            if whole is not None and whole.incarnation == status.incarnation:
                status = completed(status, whole)
            elif known is not None:
                return  # its whole status is on its way: until then nothing is known of it
        record = self._deps.fleet.report(status, now_s)
        if isinstance(record, str):
            if self._deps.fleet.get(status.pod) is None:
                self._deps.link.seek(status.pod)  # the broker has dropped its presence on the way to us
            return
        self._dreamscapes.move_pod(record, broker)
        self._read_stored(record, status)
        self._withdrawals.read_latch(record.pod, record.sleeper, status.latched)
        self._dreamscapes.adopt(record, status)
        self._answered(record, status)
        runtime = self._dreamscapes.seating(record)
        if runtime is not None:
            runtime.inputs.on_status(record, status)
        elif status.assignment and not self._deps.orders.waiting_for(record.pod):
            # It still holds a slot of a Dreamscape that is unknown here.
            stray = Release("no such Dreamscape here")
            self._deps.orders.send(record.pod, record.incarnation, stray, now_s)
        self._waking.on_status(record, status)
        self._pausing.unseat(record)
        if status.applied == 0.0 and not status.assignment:
            self._deps.tickets.confirm(record.pod, status.written_s(now_s))
        self._watch_stray(record, status, runtime, now_s)
        self._note_reports(record, status, now_s)

    def _note_reports(self, record: PodRecord, status: Status, now_s: float) -> None:
        """Journal what a pod reports of the audit log, and of its gateway, once."""
        census, journal = self._deps.fleet.census, self._deps.journal
        if census.contradicts(record.pod, status.log_contradiction):
            sentence = f"{record.pod} keeps another audit log: {status.log_contradiction}"
            journal.append(now_s, "audit-contradicted", sentence, pod=record.pod)
        gateway = status.unheard_gateway
        if census.leaves_gateway(record.pod, gateway):
            sentence = f"{gateway} sends and is not heard: its beds send for themselves"
            journal.append(now_s, "gateway-unheard", sentence, pod=record.pod, cause=gateway)

    def _watch_stray(
        self, record: PodRecord, status: Status, runtime: DreamscapeRuntime | None, now_s: float
    ) -> None:
        """Count a pod that renders a share without a slot of ours, unless another owner grants it."""
        seat = runtime.dreamscape.seats.by_assignment(status.assignment) if runtime is not None else None
        lost = runtime is not None and runtime.dreamscape.ownership.lost
        if seat is not None or lost or status.applied <= 0.0:
            self._deps.fleet.census.obeys(record.pod)
        else:
            self._deps.fleet.census.coupled_without_slot(record.pod, now_s, status.written_s(now_s))

    def _read_stored(self, record: PodRecord, status: Status) -> None:
        """Open the breaker of an unseated pod that reports a stored sever unknown to this daemon.

        For a pod with a seat its events open the breaker, and take weight and coupling with them.
        """
        cause = cause_named(status.severed.cause) if status.severed is not None else None
        locked = record.breaker.state is BreakerState.LOCKED
        if cause is not None and self._unknown(record) and not locked and cause not in NO_TRIP:
            self._deps.locks.adopt_stored(record, status.severed)

    def _unknown(self, record: PodRecord) -> bool:
        return not record.dreamscape and self._deps.locks.is_initial(record)

    def _answered(self, record: PodRecord, status: Status) -> None:
        for command, refused in self._deps.orders.answered(record.pod, status.outcomes):
            runtime = self._dreamscapes.seating(record)
            if isinstance(command.what, Assign) and runtime is not None:
                runtime.inputs.on_assign_answered(record, command.what, refused)

    def on_event(self, event: PodEvent) -> None:
        """An event from a pod's outbox: taken in once, acknowledged once all it led to is in the ledger."""
        record = self._deps.fleet.get(event.pod)
        if record is None:
            return
        if self._deps.fleet.is_news(record, event):
            self._take_in(record, event)
        self.receipts.owe(record.pod, event.id)

    def _settled(self, pod: str) -> bool:
        """Whether all that this pod has reported is in the ledger: its trips, a withdrawal, a case."""
        record = self._deps.fleet.get(pod)
        clinic = self._deps.clinic
        told = clinic.has_told(pod) and (record is None or clinic.is_written(record.sleeper))
        return told and self._deps.locks.settled(pod) and self._withdrawals.settled(pod)

    def _take_in(self, record: PodRecord, event: PodEvent) -> None:
        now_s = self._deps.clock.now_s()
        seen_s = event.unix_ms / 1000 if event.unix_ms else None
        if event.kind in (PodEventKind.ALONE, PodEventKind.LATCHED, PodEventKind.LEFT):
            self._deps.tickets.confirm(record.pod, now_s if seen_s is None else seen_s)
        if event.kind is PodEventKind.LATCHED and event.cause == Cause.WITHDRAWN.value:
            sleeper = self._consents.meant(event, record.sleeper)
            self._withdrawals.read_latch(record.pod, sleeper, event.cause)
        self._consents.read_revision(event, record.sleeper)
        runtime = self._dreamscapes.get(event.dreamscape) or self._dreamscapes.seating(record)
        if runtime is not None:
            runtime.inputs.on_event(record, event)
        elif event.kind is not PodEventKind.UNSPECIFIED:
            tell_unseated(self._deps, record, event)
        cause = fault_told(event)
        if cause is not None:
            # A malfunction of its own opens its breaker wherever it sits now, and also if nowhere.
            self._dreamscapes.doubt_handed(record.pod)
            way = kind_of(cause) is Kind.TRANSPORT and not record.breaker.may_couple
            if self._unknown(record) and way:
                return  # at zero already: its stored sever must not be hidden by a transport cause
            if self._unknown(record):
                self._deps.locks.adopt_trip(record, cause, (event.term, event.tick), seen_s)
            self._dreamscapes.trip(record, cause, "the pod", event.detail, seen_s)

    def on_clock_probe(self, pod: str, probe: ClockProbe, received_s: float) -> None:
        """A clock probe; the link stamps the answer as it leaves, which names the pod's newest frame too."""
        now_us, received_us = int(self._deps.clock.now_s() * 1e6), int(received_s * 1e6)
        behind = now_us * 1e-6 - self._behind_s < BEHIND_S
        frame_instant = 0 if behind else self._dreamscapes.newest_frame(pod)
        self._deps.link.answer(pod, ClockProbe(probe.nonce, probe.t0_us, received_us, now_us, frame_instant))

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Frames of one sender for one cohort."""
        runtime = self._dreamscapes.get(topic.dreamscape)
        if runtime is None:
            for _ in frames:
                self._deps.meters.frame_refused("unknown-dreamscape")
            return
        for frame in frames:
            runtime.inputs.on_frame(topic, frame, self._newest())

    def on_frame_block(self, block: FrameBlock) -> None:
        """Frames of many senders that arrived together."""
        self._blocks.take_in(block)

    def on_behind(self, dropped: int) -> None:  # noqa: ARG002 -- the link counts them
        """Frames were dropped unread because this daemon was behind: none of them counts as lost.

        For a while no clock answer names a frame: else each bed would leave its gateway, and send us more.
        """
        self._behind_s = self._deps.clock.now_s()
        for runtime in self._dreamscapes.values():
            runtime.dreamscape.cohorts.brokers.forgive(self._newest())

    def on_malformed(self, sender: str, kind: str, reason: str) -> None:
        """A payload that could not be read: counted by kind, logged by sender."""
        if kind == "frames":
            self._deps.meters.frame_refused("malformed")
        self._malformed.count_payload(sender, kind, reason, self._deps.clock.now_s())

    # -- the broker --------------------------------------------------------------------------------

    def on_link(self, *, up: bool, broker: int = 0) -> None:
        """A broker has been reached or lost."""
        now_s = self._deps.clock.now_s()
        sentence = self._deps.brokers.change(broker, now_s, up=up)
        if up:
            self._deps.wakes.publish()
            self._witness.say()
        self._deps.journal.append(now_s, "broker-up" if up else "broker-down", sentence)

    def on_count(self, writes: int) -> None:
        """The broker's retained count of our ledger's writes; a higher one: the ledger is a copy."""
        if self._witness.newer(writes):
            suspend(self._deps, self._dreamscapes.values(), writes)
        elif writes < self._witness.writes:
            self._witness.say()

    def on_wake_place(self, found: WakeOrder | None) -> None:
        """The retained place of wake orders holds something that we did not publish last."""
        self._pausing.on_place(found)
        self._waking.on_place(found)
