"""A pod of the simulated fleet: its machine, its process, its disk; the runner in it is production code.

The runner's ports are implemented here. Misbehaviour beyond a failing implant is in `byzantine`.
"""

import random
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Final

from dreamd.simulation.environment import Environment
from dreamd.simulation.machines.clocks import MachineClock
from dreamd.simulation.machines.held_keys import HeldKeys
from dreamd.simulation.machines.pod_hardware import Device, Disk, Notes, Sent
from dreamd.simulation.machines.sleepers import SimulatedFault, Sleeper
from dreamd.simulation.processes.pod_connection import PodConnection
from dreamd.simulation.processes.ward_gateway import WardGateway
from dreamd.simulation.schedule import MS_NS, SECOND_NS
from dreamedge.adapters.fault_injection import Bend
from dreamedge.adapters.message_verifier import MessageVerifier
from dreamedge.app.pod_runner import Parts, PodRunner
from dreamedge.app.pulse_planner import PulsePlanner
from dreamedge.core.agent import Agent
from dreamedge.core.audit_witness import Witnessed
from dreamedge.core.clock import SessionClock
from dreamedge.core.identity import Identity, Restored
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamedge.ports.link import Arrival, Heard
from dreamwire import codec, topics
from dreamwire.blend import seq_low
from dreamwire.messages import (
    CalibrationSource,
    ClockProbe,
    Command,
    Frame,
    PodEvent,
    Presence,
    Status,
    StoredSever,
    Versions,
    WakeOrder,
)
from dreamwire.schema import BANDS6X2, WIRE_REVISION
from dreamwire.status_parts import StatusParts

RESEND_NS: Final = SECOND_NS
NOTICED_NS: Final = 5 * MS_NS
"""A dead process's socket is closed by its machine; the broker knows at once."""


class Pod(PodConnection):
    """A pod: implements the edge's ports Link and PodStore for its runner."""

    dropped, failed = 0, ""
    newest_frame: Frame | None = None

    def __init__(
        self,
        environment: Environment,
        name: str,
        number: int,
        clock: MachineClock,
        sleeper: Sleeper,
        gateway: WardGateway | None = None,
    ) -> None:
        self._environment = environment
        self._schedule, self._broker = environment.schedule, environment.broker
        self._observer = environment.observer
        self.name, self.number, self.gateway = name, number, gateway
        self.machine = clock
        self.link = environment.link()
        self.disk = Disk()
        self.body = sleeper
        self.body.origin_ns = clock.local_ns(0)
        self.alive = self.frozen = False
        self.wanted = self.credential = ""
        self.bend: Bend | None = None
        self.newest_assignment = 0
        self.stood_still = False
        self._sent: deque[Sent] = deque(maxlen=16)
        self._waiting: list[Arrival] = []
        self._planned_ns = 0
        self._tries = self._connected = 0
        self._known_by, self._parts = (-1, 0, 0), StatusParts()
        self._world_ns, self._local_ns = -1, 0
        self.taken_over = 0
        self._frames_of, self._frames_topic = ("", 0), ""
        self._versions = Versions(
            "sim", WIRE_REVISION if number % 2 or gateway is not None else WIRE_REVISION - 1
        )
        self._topics = {leaf: topics.pod_topic(name, leaf) for leaf in topics.LEAVES}

    def local_ns(self) -> int:
        """This pod's CLOCK_BOOTTIME."""
        world_ns = self._schedule.now_ns
        if world_ns != self._world_ns:
            self._world_ns, self._local_ns = world_ns, self.machine.local_ns(world_ns)
        return self._local_ns

    def share(self) -> float:
        """The share that its device renders now, 0..1."""
        self.catch_up()
        return self.device.share_at(self.local_ns()) if self.disk.starts else 0.0

    def captured(self, assignment: int, low: int) -> int | None:
        """The capture time of the frame that a broadcast names; None if this process sent none."""
        for sent in self._sent:
            if sent.low == low and sent.assignment == assignment:
                return sent.captured_ns
        return None

    # -- its process ------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the agent."""
        self.disk.starts += 1
        self.alive, self.frozen, self.wanted = True, False, ""
        self._sent.clear()
        self._waiting.clear()
        self.consents_kept = 0
        self.newest_assignment, self.stood_still, self._planned_ns = 0, False, 0
        self.device = Device()
        incarnation = self._schedule.now_ns // MS_NS + self.disk.starts
        identity = Identity(
            self.name,
            self._environment.house.site_of(self.number),
            self.body.device,
            "sim",
            BANDS6X2,
            CalibrationSource.SIMULATED,
            incarnation,
            gateway=self.gateway.name if self.gateway is not None else "",
        )
        clock = SessionClock()
        restored = Restored(self.disk.latched, self.disk.severed, self.disk.woken, self.disk.consents)
        rng = random.Random(f"{self._environment.seed} {self.name} {incarnation}")  # noqa: S311 - one seed, one story
        path, own, hops = self.body.signal_path(), self.body.template(), self._environment.hops
        self.held = keys = HeldKeys(self._environment.broadcasts, incarnation)
        self.agent = Agent(identity, path, clock, own, restored, rng, tells_hops=hops, opens=keys.opens)
        self._identity = identity
        self.incarnation = incarnation
        self._verifier = MessageVerifier(self.name, self._environment.broadcasts)
        notes = Notes(self._note, hops=hops)
        parts = Parts(self.name, self.agent, clock, self.body, self.device, self, self, notes, self.local_ns)
        self.runner = PodRunner(parts)
        life = self.disk.starts
        self._observer.pod_booted(self)
        self.link.up = False
        self.connect()
        first_ns = self.local_ns() + self._environment.rng.randrange(SECOND_NS // 4)
        self.pulses = PulsePlanner(self.runner, first_ns)
        self.plan()
        self._schedule.after(RESEND_NS, lambda: self._resend(life))

    def _note(self, at_ns: int, kind: str, values: dict[str, float | int | str]) -> None:
        self._observer.pod_journal_line(self, self.machine.world_ns(at_ns), kind, values)

    def catch_up(self) -> None:
        """Give every pulse up to now; called before anything touches the pod."""
        if self.alive and self.frozen:
            self.pulses.oversleep(self.local_ns())
        elif self.alive:
            self.pulses.catch_up(self.local_ns())

    def plan(self) -> None:
        """Plan the next pulse that may decide something."""
        every = self.frozen or self._environment.every_pulse
        at_ns = self.pulses.upcoming_ns if every else self.pulses.next_ns()
        if at_ns != self._planned_ns:
            self._planned_ns = at_ns
            life = self.disk.starts
            self._schedule.at(self.machine.world_ns(at_ns), lambda: self._pulse(life, at_ns))

    def _pulse(self, life: int, at_ns: int) -> None:
        if not self.alive or life != self.disk.starts or at_ns != self._planned_ns:
            return
        if self.frozen:
            self.pulses.oversleep(at_ns)
        else:
            self._hear()
            self.pulses.give(max(at_ns, self.local_ns()))
            self._observer.pod_changed(self)
        self._planned_ns = 0
        self.plan()

    def jump(self, by_ns: int) -> None:
        """The machine's clock leaps ahead."""
        self.catch_up()
        self.machine.jump(self._schedule.now_ns, by_ns)
        self._planned_ns, self._world_ns = 0, -1
        if self.alive:
            self.plan()

    def press(self, button: str) -> None:
        """The sleeper's button."""
        self.catch_up()
        self.runner.press(button)
        self.plan()

    def inject_fault(self, fault: SimulatedFault | None) -> None:
        """The implant fails, or works again."""
        self.catch_up()
        self.body.fault = fault
        if self.alive:
            self.plan()

    def _hear(self) -> None:
        arrivals = self.take()
        if not arrivals:
            return
        for arrival in arrivals:
            message = arrival.message if isinstance(arrival, Heard) else None
            if (collective := self.held.legible(message)) is not None:
                self._observer.collective_received(self, collective)
            elif isinstance(message, WakeOrder):
                self._observer.wake_order_received(self, message)
            elif isinstance(message, Command):
                self._observer.command_received(self, message)
        self.runner.hear(arrivals)

    def _resend(self, life: int) -> None:
        if self.alive and life == self.disk.starts:
            if not self.frozen:
                for event in list(self.disk.events.values()):
                    self._publish("event", codec.encode(event), qos=1)
            self._schedule.after(RESEND_NS, lambda: self._resend(life))

    def kill(self) -> None:
        """SIGKILL: the device plays its buffer and falls silent; the broker publishes the will."""
        self.catch_up()
        self.alive = self.frozen = False
        life = self.disk.starts
        self._schedule.after(NOTICED_NS, lambda: self._lose_link() if life == self.disk.starts else None)

    def freeze(self) -> None:
        """SIGSTOP, or a machine that sleeps."""
        self.catch_up()
        self.frozen = self.stood_still = True
        self._expire(lambda: self.frozen)

    def thaw(self) -> None:
        """SIGCONT."""
        if self.alive and self.frozen:
            self.catch_up()
            self.frozen = False
            self.plan()
            if not self.link.up:
                self.disconnected("the broker had given it up")

    def unlatch(self) -> None:
        """The sleeper lifts the latch at the pod."""
        self._unlatching = True
        self.catch_up()
        self.runner.look_after(0.0, 0)
        self.plan()

    def _arrived(self) -> None:
        if self.alive and not self.frozen:
            self.pulses.hear(self.local_ns())
            self._hear()
            self._observer.pod_changed(self)
            self.plan()

    def presence(self, *, online: bool) -> Presence:
        """The presence of this process."""
        return replace(self._identity.presence(online=online), versions=self._versions)

    # -- what it sends ----------------------------------------------------------------------------

    def _publish(self, leaf: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        self._send(self._topics[leaf], payload, qos=qos, retain=retain)

    def _send(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        deliver = partial(self._reach, self.taken_over, topic, payload, retain=retain)
        self.link.carry(self.link.out, deliver, qos=qos)

    def _reach(self, taken_over: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """A broker reads nothing more from a connection that it closed for a newer one of the same name."""
        if taken_over == self.taken_over:
            self._broker.receive(topic, payload, retain=retain)

    # -- ports.link -------------------------------------------------------------------------------

    @property
    def speaks_new(self) -> bool:
        """Whether both speak the newest wire revision, the daemon and this bed."""
        return self._versions.wire == self._broker.daemon_reads == WIRE_REVISION

    def frame(self, dreamscape: str, cohort: int, frame: Frame, *, own: bool = False) -> None:
        """Send a frame, or what a byzantine pod makes of it, by its gateway while that takes it."""
        self.newest_assignment, self.newest_frame = frame.assignment, frame
        self._sent.appendleft(Sent(seq_low(frame.seq), frame.assignment, self.body.captured_ns))
        if self._frames_of != (dreamscape, cohort):
            self._frames_of = dreamscape, cohort
            self._frames_topic = topics.frames(dreamscape, cohort, self.name)
        gateway = None if own or not (self.link.up and self.speaks_new) else self.gateway
        for sent in (frame,) if self.bend is None else self.bend(frame):
            if gateway is None or not gateway.take_frame(dreamscape, cohort, sent):
                self._send(self._frames_topic, codec.encode_frames((sent,), plain=self.speaks_new), qos=0)

    def status(self, status: Status) -> None:
        """Send a status, or its vital part alone."""
        if self.speaks_new:
            known_by = self._broker.welcomed, self.disk.starts, self._connected
            if known_by != self._known_by:
                self._known_by, self._parts = known_by, StatusParts()
            status = self._parts.next_part(status, self.local_ns() / SECOND_NS)
        self._publish("status", codec.encode(status), qos=0)

    def probe(self, probe: ClockProbe) -> None:
        """Ask for the time."""
        self._publish("clock", codec.encode(probe), qos=0)

    def listen(self, dreamscape: str, cohort: int) -> None:
        """Subscribe to this cohort."""
        self.wanted = topics.collective(dreamscape, cohort)

    def stop_listening(self) -> None:
        """Subscribe to none."""
        self.wanted = ""

    async def arrived(self) -> None:
        """Never waits: arrivals are handed over."""

    def take(self) -> list[Arrival]:
        """Everything that has arrived."""
        taken, self._waiting = self._waiting, []
        return taken

    def part(self) -> None:
        """Publish the end of presence."""
        self._publish("presence", self._word(online=False), qos=1, retain=True)

    async def run(self) -> None:
        """The schedule runs it."""

    # -- ports.pod_store --------------------------------------------------------------------------

    def event(self, event: PodEvent) -> None:
        """Keep it and send it."""
        self.disk.events[event.id] = event
        self._publish("event", codec.encode(event), qos=1)

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """The daemon has acknowledged these events."""
        for identity in ids:
            self.disk.events.pop(identity, None)

    def latch(self, cause: str) -> None:
        """Keep the latch."""
        self.disk.latched = cause

    def sever(self, severed: StoredSever | None) -> None:
        """Keep the sever."""
        self.disk.severed = severed

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        """Keep the obeyed wake orders."""
        self.disk.woken = wakes

    def pressing(self, button: str) -> AbstractContextManager[None]:  # noqa: ARG002 - the port's own
        """Within one call nothing is killed here."""
        return nullcontext()

    def consents(self, held: tuple[HeldConsent, ...], number: int) -> None:
        """Keep the consents seen."""
        self.disk.consents, self.consents_kept = held, number

    def witness(self, shown: Witnessed) -> None:
        """Never called: no checkpoint is signed here."""

    def unlatch_asked(self) -> bool:
        """Whether the sleeper has just lifted the latch."""
        asked, self._unlatching = self._unlatching, False
        return asked

    def close(self) -> bool:
        """Nothing to close."""
        return True
