"""A whole fleet in one process, in virtual time, from one seed.

The production code is all here: the application, the beds with their agents, the codec, the seals. Three
things are modelled: time (a heap of what happens when), the broker with its links (delay, loss, cuts) and
the disk (memory that outlives its process). Every process has a clock of its own that does not agree with
the others. Nothing sleeps: sixty seconds of eight pods take five with their whole signal path, two without.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import cycle

import numpy as np
from dreamd.simulation.machines.daemons import take_in

from dreamd.adapters.consents import CheckInConsent, LedgerExposure
from dreamd.app.application import Application
from dreamd.core.access.caller import RESTARTED
from dreamd.core.dreamscapes.views import Plan
from dreamd.simulation.machines.pod_hardware import Disk
from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.implants.simulated.malfunction import MalfunctioningImplant
from dreamedge.adapters.message_verifier import Broadcasts, MessageVerifier, ReceivedPayload
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.app.pod_runner import Parts, PodRunner
from dreamedge.app.pulse_planner import PulsePlanner
from dreamedge.core.agent import Agent
from dreamedge.core.clock import SessionClock
from dreamedge.core.identity import Identity, Restored
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.calibration import Baseline, enrol
from dreamedge.core.signal.features import FrontEnd, Hop
from dreamedge.ports.implant import Felt, Implant
from dreamedge.ports.link import Arrival, Connected, Disconnected
from dreamwire import codec, topics
from dreamwire.messages import (
    CalibrationSource,
    ClockProbe,
    Collective,
    Command,
    Device,
    Frame,
    PodEvent,
    Status,
    StoredSever,
    WakeOrder,
)
from dreamwire.schema import BANDS6X2
from dreamwire.signing import KeyedSealer, seal
from fakes.callers import OPERATOR
from fakes.edge import FeatureSource
from fakes.ledger import LedgerStorage, MemoryLedger
from fakes.stage import START_S, Meters

SECOND_NS = 1_000_000_000
RESEND_NS = SECOND_NS
RESTLESS_HOPS = 64
"""Hops after which a sleeper's features repeat."""
SECRET = b"the sim has one key for everybody"


@dataclass(frozen=True)
class Weather:
    """The behaviour of the links. Delays are one way, seconds; loss applies to QoS 0 only."""

    delay_s: tuple[float, float] = (0.001, 0.006)
    loss: float = 0.0


@dataclass
class Fact:
    """A line of a pod's journal, in world time."""

    at_s: float
    pod: str
    kind: str
    values: dict[str, float | int | str]


class World:
    """Time, the broker, the daemon and its pods."""

    def __init__(
        self,
        seed: int,
        pods: int = 8,
        weather: Weather | None = None,
        *,
        raw: bool = True,
        every_pulse: bool | None = None,
    ) -> None:
        """Begin; with `raw` off the pods' signal processing is left out and features come ready-made.

        Unless `every_pulse` is on, ready-made features also omit the pulses that decide nothing.
        """
        self.raw = raw
        self.every_pulse = raw if every_pulse is None else every_pulse
        self.rng = random.Random(seed)
        self.seed = seed
        self.weather = weather or Weather()
        self.now_ns = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self.facts: list[Fact] = []
        self.key = KeyedSealer(SECRET)
        self.broadcasts = Broadcasts(self.key)
        self.shelf = LedgerStorage()
        self.meters = Meters()
        self.daemon: Daemon | None = Daemon(self)
        self.tap: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self.pods = {f"bed-{n}": Pod(self, f"bed-{n}", n) for n in range(1, pods + 1)}
        for pod in self.pods.values():
            pod.boot()

    def after(self, delay_ns: int, happen: Callable[[], None]) -> None:
        """Schedule an action this much later."""
        self._order += 1
        heapq.heappush(self._due, (self.now_ns + max(delay_ns, 0), self._order, happen))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until_ns = self.now_ns + round(seconds * SECOND_NS)
        while self._due and self._due[0][0] <= until_ns:
            self.now_ns, _, happen = heapq.heappop(self._due)
            happen()
        self.now_ns = until_ns

    @property
    def now_s(self) -> float:
        """World time, seconds from the beginning."""
        return self.now_ns / SECOND_NS

    def delay_ns(self) -> int:
        """One message's way through the broker."""
        return round(self.rng.uniform(*self.weather.delay_s) * SECOND_NS)

    def lost(self) -> bool:
        """Whether a QoS 0 message is lost."""
        return self.rng.random() < self.weather.loss

    # -- the daemon's side --------------------------------------------------------------------------

    @property
    def app(self) -> Application:
        """The running daemon."""
        assert self.daemon is not None, "the daemon is dead"
        return self.daemon.app

    def kill_daemon(self) -> None:
        """SIGKILL: no message is sent, and no write is made."""
        assert self.daemon is not None
        self.daemon.alive = False
        self.daemon = None

    def start_daemon(self) -> None:
        """Start a process over the same disk; the broker delivers the retained messages."""
        self.daemon = Daemon(self)
        for pod in self.pods.values():
            pod.say_presence()

    def gather(self, **plan: object) -> None:
        """Check all in, create, wait until all are admitted, start."""
        self.run(6.0)
        for number, name in enumerate(self.pods, 1):
            self.app.pods.check_in(OPERATOR, name, f"sleeper-{number}")
        wanted = {"seats_min": 3, "seats_max": max(len(self.pods), 5), "ramp_s": 10.0} | plan
        self.app.dreamscapes.create(OPERATOR, Plan("night", **wanted))
        self.run(2.0)
        started = self.app.dreamscapes.start(OPERATOR, "night")
        assert not hasattr(started, "sentence"), started

    def kinds(self, pod: str) -> list[str]:
        """The kinds of this pod's facts, in order."""
        return [fact.kind for fact in self.facts if fact.pod == pod and fact.kind != "hop"]

    def applied(self) -> dict[str, float]:
        """Each renderer's share now."""
        for pod in self.pods.values():
            pod.catch_up()
        return {name: pod.renderer.share_at(pod.local_ns()) for name, pod in self.pods.items()}


class Daemon:
    """A daemon process: the application, its link and its intake."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alive = True
        ledger = MemoryLedger(world.shelf)
        people = CheckInConsent(), LedgerExposure(ledger, self.now_s())
        self.app = Application(self, self, ledger, world.meters, random.Random(world.rng.random()), people)
        self.app.open(RESTARTED)
        self._schedule()

    def now_s(self) -> float:
        """Session clock."""
        return START_S + self.world.now_ns / SECOND_NS

    def _schedule(self) -> None:
        self.world.after(round((self.app.next_due_s() - self.now_s()) * SECOND_NS) + 1, self._tick)

    def _tick(self) -> None:
        if self.alive:
            self.app.run_due()
            self._schedule()

    def publish(self, collective: Collective) -> None:
        """ports.pod_link: broadcast."""
        topic = topics.collective(collective.dreamscape, collective.cohort)
        payload = seal(self.world.key, codec.COLLECTIVE, codec.encode(collective))
        self.world.tap(topic, payload)
        for pod in self.world.pods.values():
            if pod.wanted == topic and not self.world.lost():
                pod.deliver(topic, payload)

    def command(self, command: Command) -> None:
        """ports.pod_link: one order."""
        payload = seal(self.world.key, codec.COMMAND, codec.encode(command))
        self.world.pods[command.pod].deliver(topics.pod_topic(command.pod, "command"), payload)

    def wake(self, order: WakeOrder) -> None:
        """ports.pod_link: the retained wake order, for the pods in reach."""
        payload = seal(self.world.key, codec.WAKE_ORDER, codec.encode(order))
        for pod in self.world.pods.values():
            pod.deliver(topics.WAKE, payload)

    def clear_wake(self) -> None:
        """ports.pod_link: no foreign message is retained here, so there is nothing to clear."""

    def count(self, writes: int) -> None:
        """ports.pod_link: the ledger's write count; the disk has it."""

    def seek(self, pod: str) -> None:
        """ports.pod_link: no presence is dropped here."""

    def answer(self, pod: str, probe: ClockProbe) -> None:
        """ports.pod_link: the clock."""
        self.world.pods[pod].deliver(topics.clock_answer(pod), codec.encode(probe))

    def take(self, topic: str, payload: bytes) -> None:
        """Take a pod's publication."""
        if not self.alive:
            return
        take_in(self.app.inbound, topic, payload, self.now_s())


@cache
def enrolled(number: int) -> Baseline:
    """The calibration of this bed's sleeper."""
    implant = SimulatedImplant(number)
    own = enrol(BANDS6X2, implant.montage, implant.enrolment(), CalibrationSource.SIMULATED)
    assert isinstance(own, Baseline), own
    return own


class Features(FeatureSource):
    """A sleeper's features without the signal: an own profile, a little restless."""

    def __init__(self, number: int) -> None:
        super().__init__()
        rng = np.random.default_rng(number)
        self._profile = BANDS6X2.shipped_mu() + rng.normal(0.0, 2.0, BANDS6X2.size)
        restless = rng.normal(0.0, 0.5, (RESTLESS_HOPS, BANDS6X2.size))
        self._course = cycle((self._profile + restless).astype(np.float32))

    def hop(self, instant_ns: int) -> Hop | None:
        """The hop of this instant."""
        self.features_db = next(self._course)
        return super().hop(instant_ns)

    def template(self) -> Baseline:
        """The calibration that goes with it."""
        scale = np.full(BANDS6X2.size, 1.5, dtype=np.float32)
        none = np.zeros(1, dtype=np.float32)
        return Baseline(
            self._profile.astype(np.float32), scale, none, none + 1.0, 60.0, CalibrationSource.SIMULATED
        )


STILL = np.zeros((1, 1))


class Quiet(SimulatedImplant):
    """An implant that only proves that it is present: a sample a pulse."""

    def __init__(self) -> None:
        self.montage = Montage(("Cz",), 256.0)
        self.device = Device("simulated", "features alone", ("Cz",), 256.0)
        self.source = CalibrationSource.SIMULATED
        self.ended, self.onset_ns = False, 0
        self.broken = False

    def read(self, now_ns: int) -> Block | None:
        """One sample, unless it is broken."""
        return None if self.broken else Block(STILL, now_ns)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Do nothing: this sleeper does not react."""


class Pod:
    """A pod's process, its link and its disk; implements edge ports Link, Keep and Journal."""

    dropped = 0
    failed = ""

    def __init__(self, world: World, name: str, number: int) -> None:
        self.world = world
        self.name = name
        self.number = number
        self.disk = Disk()
        self.offset_ns = world.rng.randrange(10**12, 10**15)
        self.alive = False
        self._frozen = False
        self.cut = False
        self.wanted = ""
        self.malfunction: tuple[str, float] | None = None
        self._waiting: list[Arrival] = []

    def local_ns(self) -> int:
        """This pod's CLOCK_BOOTTIME."""
        return self.world.now_ns + self.offset_ns

    # -- its process ------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the agent."""
        self.disk.starts += 1
        self.alive, self.wanted = True, ""
        self._waiting.clear()
        self.implant = self._implant()
        self.renderer = NullRenderer()
        identity = Identity(
            self.name, "here", self.implant.device, "sim", BANDS6X2, CalibrationSource.SIMULATED,
            1000 + self.disk.starts,
        )  # fmt: skip
        clock = SessionClock()
        self.front = FrontEnd(BANDS6X2, self.implant.montage) if self.world.raw else Features(self.number)
        restored = Restored(self.disk.latched, self.disk.severed, self.disk.woken)
        rng = random.Random(f"{self.world.seed} {self.name} {self.disk.starts}")
        self.agent = Agent(identity, self.front, clock, self._own(), restored, rng)
        self.presence = identity.presence
        self.door = MessageVerifier(self.name, self.world.broadcasts)
        self.bed = PodRunner(
            Parts(self.name, self.agent, clock, self.implant, self.renderer, self, self, self, self.local_ns)
        )
        self.say_presence()
        self.bed.hear((Connected(self.local_ns()),))
        life = self.disk.starts
        self.pulses = PulsePlanner(self.bed, self.local_ns() + self.world.rng.randrange(SECOND_NS // 4))
        self._planned_ns = 0
        self._plan()
        self.world.after(RESEND_NS, lambda: self._resend(life))

    def _own(self) -> Baseline:
        return enrolled(self.number) if self.world.raw else Features(self.number).template()

    def _implant(self) -> Implant:
        if not self.world.raw:
            return Quiet()
        inner = SimulatedImplant(self.number)
        if self.malfunction is None:
            return inner
        name, after_s = self.malfunction
        return MalfunctioningImplant(inner, name, Onset(after_s))

    @property
    def frozen(self) -> bool:
        """Whether the process stands still."""
        return self._frozen

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        self.catch_up()
        self._frozen = frozen
        if self.alive:
            self._plan()

    def catch_up(self) -> None:
        """Give every pulse up to now, before an action on the pod."""
        if self.alive and self._frozen:
            self.pulses.oversleep(self.local_ns())
        elif self.alive:
            self.pulses.catch_up(self.local_ns())

    def _plan(self) -> None:
        every = self.world.every_pulse or self._frozen
        at_ns = self.pulses.upcoming_ns if every else self.pulses.next_ns()
        if at_ns != self._planned_ns:
            self._planned_ns = at_ns
            life = self.disk.starts
            self.world.after(at_ns - self.local_ns(), lambda: self._pulse(life, at_ns))

    def _pulse(self, life: int, at_ns: int) -> None:
        if not self.alive or life != self.disk.starts or at_ns != self._planned_ns:
            return
        if self._frozen:
            self.pulses.oversleep(at_ns)
        else:
            if self._waiting:
                self.bed.hear(self.take())
            self.pulses.give(at_ns)
        self._plan()

    def _resend(self, life: int) -> None:
        if self.alive and life == self.disk.starts:
            for event in list(self.disk.events.values()):
                self._publish("event", codec.encode(event))
            self.world.after(RESEND_NS, lambda: self._resend(life))

    def kill(self) -> None:
        """SIGKILL: the renderer plays out its last cue; the broker publishes the will."""
        self.catch_up()
        self.alive = False
        gone = codec.encode(self.presence(online=False))
        self._send(topics.pod_topic(self.name, "presence"), gone)

    def press(self, button: str) -> None:
        """The sleeper's button."""
        self.catch_up()
        self.bed.press(button)
        self._plan()

    def unplug(self) -> None:
        """Cut the network, both ways, without notice."""
        self.cut = True
        self._arrive(Disconnected("cut", self.local_ns()))

    def plug(self) -> None:
        """The network is back."""
        self.cut = False
        self.say_presence()
        self._arrive(Connected(self.local_ns()))

    # -- the broker -------------------------------------------------------------------------------

    def deliver(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """The broker forwards something to this pod."""
        if not self.cut:
            self.world.after(self.world.delay_ns(), lambda: self._land(topic, payload, retained=retained))

    def _land(self, topic: str, payload: bytes, *, retained: bool) -> None:
        if self.alive and not self.cut:
            judged = self.door.judge(ReceivedPayload(topic, payload, retained, self.local_ns()))
            if judged is not None:
                self._arrive(judged)

    def _arrive(self, arrival: Arrival) -> None:
        self._waiting.append(arrival)
        if self.alive and not self._frozen:
            self.pulses.hear(self.local_ns())
            self.bed.hear(self.take())
            self._plan()

    def say_presence(self) -> None:
        """Presence, retained."""
        if self.alive:
            self._publish("presence", codec.encode(self.presence(online=True)))

    def _publish(self, leaf: str, payload: bytes) -> None:
        self._send(topics.pod_topic(self.name, leaf), payload)

    def _send(self, topic: str, payload: bytes) -> None:
        if not self.cut:
            self.world.after(self.world.delay_ns(), lambda: self._to_daemon(topic, payload))

    def _to_daemon(self, topic: str, payload: bytes) -> None:
        if self.world.daemon is not None:
            self.world.daemon.take(topic, payload)

    # -- ports.link -------------------------------------------------------------------------------

    def frame(self, dreamscape: str, cohort: int, frame: Frame) -> None:
        if not self.world.lost():
            self._send(topics.frames(dreamscape, cohort, self.name), codec.encode((frame,)))

    def status(self, status: Status) -> None:
        if not self.world.lost():
            self._publish("status", codec.encode(status))

    def probe(self, probe: ClockProbe) -> None:
        if not self.world.lost():
            self._publish("clock", codec.encode(probe))

    def listen(self, dreamscape: str, cohort: int) -> None:
        self.wanted = topics.collective(dreamscape, cohort)

    def stop_listening(self) -> None:
        self.wanted = ""

    def take(self) -> list[Arrival]:
        taken, self._waiting = self._waiting, []
        return taken

    # -- ports.link and ports.keep --------------------------------------------------------------------

    def event(self, event: PodEvent) -> None:
        self.disk.events[event.id] = event
        self._publish("event", codec.encode(event))

    def forget(self, ids: tuple[bytes, ...]) -> None:
        for identity in ids:
            self.disk.events.pop(identity, None)

    def latch(self, cause: str) -> None:
        self.disk.latched = cause

    def sever(self, severed: StoredSever | None) -> None:
        self.disk.severed = severed

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        self.disk.woken = wakes

    def unlatch_asked(self) -> bool:
        return False

    def close(self) -> bool:
        return True

    # -- ports.journal ------------------------------------------------------------------------------

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:
        self.world.facts.append(Fact((at_ns - self.offset_ns) / SECOND_NS, pod, kind, values))


def severs(world: World) -> list[tuple[str, str]]:
    """(pod, cause) of every sever reported so far."""
    return [(fact.pod, str(fact.values.get("cause"))) for fact in world.facts if fact.kind == "severed"]
