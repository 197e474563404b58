"""A stage for the application: a hand-driven clock, a link that keeps its messages, and pods that obey.

`Puppet` is a pod as far as the daemon can see it. It obeys assigns and releases at once and sends one frame
per hop when enabled; the test can alter each of its messages.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import partial
from typing import Final

import numpy as np

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.pieces import sign_piece
from dreamd.adapters.documents.shipped import bench_founding
from dreamd.adapters.exposure import LedgerExposure
from dreamd.app.application import Application
from dreamd.app.guidelines.revisions import Founding
from dreamd.app.people.house_people import HousePeople
from dreamd.app.safety.step_failures import Failure
from dreamd.core.access.caller import RESTARTED
from dreamd.core.clinic.levels import Level
from dreamd.core.dreamscapes.views import Plan, PodView
from dreamd.core.letters.letter import Place
from dreamd.core.limits import HOP_S, TICK_CLOSES_AFTER_S
from dreamd.core.refusals import Refusal
from dreamd.ports.consent import Exposures
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.exposure import Account
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, PeopleMetrics, SiteMetrics
from dreamd.ports.pod_link import CohortKey as PortKey
from dreamd.ports.recordings import Recordings
from dreamd.ports.worker import Worker
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamd.simulation.machines.guests import all_come
from dreamedge.core.merging.held_consents import HeldConsents
from dreamwire.blend import first_seq, next_seq
from dreamwire.cohort_key import CohortKey
from dreamwire.messages import (
    KEY_BYTES,
    Assign,
    Calibration,
    CalibrationSource,
    ClockProbe,
    ClockState,
    Collective,
    Command,
    CommandOutcome,
    Device,
    EncryptedCollective,
    Frame,
    PodEvent,
    PodEventKind,
    Presence,
    Release,
    Status,
    StoredSever,
    Versions,
    WakeOrder,
    WakePod,
)
from dreamwire.schema import BANDS6X2
from dreamwire.signing import SigningKey
from dreamwire.topics import FramesTopic
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.people import granted

START_S = 1_800_000_000.0
PIECE_KEY: Final = SigningKey.from_seed(bytes(range(32)))
"""Signs the pieces."""


@dataclass
class HandClock:
    """A session clock moved by hand."""

    at_s: float = START_S

    def now_s(self) -> float:
        """Session time."""
        return self.at_s


class Meters(CountingMetrics):
    """The simulation's counters, and beside them the readings and durations that a test looks at."""

    def __init__(self) -> None:
        super().__init__()
        self.confirmed_s: list[float] = []
        self.evidence_to_zero_s: list[float] = []
        self.dreamscapes: dict[str, DreamscapeMetrics] = {}
        self.sites: dict[str, SiteMetrics] = {}
        self.now: FleetMetrics | None = None
        self.waited_s = 0.0
        self.people_now = PeopleMetrics()

    def ledger_waits(self, seconds: float) -> None:
        self.waited_s = seconds

    def evidence_to_zero(self, seconds: float) -> None:
        self.evidence_to_zero_s.append(seconds)

    def confirmed(self, seconds: float) -> None:
        self.confirmed_s.append(seconds)

    def step_failed(self, step: str) -> None:
        self.counts[f"step-failed:{step}"] += 1

    def malformed(self, kind: str) -> None:
        self.counts[f"malformed:{kind}"] += 1

    def dreamscape(self, name: str, reading: DreamscapeMetrics) -> None:
        self.dreamscapes[name] = reading

    def dreamscape_gone(self, name: str) -> None:
        self.dreamscapes.pop(name, None)

    def fleet(self, reading: FleetMetrics) -> None:
        self.now = reading

    def site(self, name: str, reading: SiteMetrics) -> None:
        self.sites[name] = reading

    def people(self, reading: PeopleMetrics) -> None:
        self.people_now = reading

    def refused(self, code: str) -> None:
        self.counts[f"api:{code}"] += 1


class Link:
    """A link that passes everything to the pods at once, or keeps it while `cut`."""

    def __init__(self) -> None:
        self.collectives: list[Collective] = []
        self.answers: list[tuple[str, ClockProbe]] = []
        self.encrypted: list[EncryptedCollective | None] = []
        self.drawn = 0
        self.commands: list[Command] = []
        self.wakes: list[WakeOrder] = []
        self.counts: list[int] = []
        self.checkpoints: list[str] = []
        self.cleared = 0
        self.deliver: Callable[[Command], None] = lambda _: None
        self.carry: Callable[[Collective], None] = lambda _: None
        self.cut = False
        self.sought: list[str] = []

    def publish(self, collective: Collective, key: PortKey | None = None) -> None:
        self.carry(collective)
        self.collectives.append(collective)
        self.encrypted.append(key.encrypt(collective) if key is not None else None)

    def draw_key(self, number: int) -> CohortKey:
        self.drawn += 1
        return CohortKey(number, self.drawn.to_bytes(KEY_BYTES, "big"))

    def command(self, command: Command) -> None:
        self.commands.append(command)
        if not self.cut:
            self.deliver(command)

    def wake(self, order: WakeOrder) -> None:
        self.wakes.append(order)

    def clear_wake(self) -> None:
        self.cleared += 1

    def count(self, writes: int) -> None:
        self.counts.append(writes)

    def checkpoint(self, note: str) -> None:
        self.checkpoints.append(note)

    def seek(self, pod: str) -> None:
        self.sought.append(pod)

    def answer(self, pod: str, probe: ClockProbe) -> None:
        """Keep the answer."""
        self.answers.append((pod, probe))


class Puppet:
    """A pod as the daemon sees it: the double for tests of the application.

    It has no agent, because a test of the daemon decides each frame, report and event by itself, also those
    that no agent would send. For pods that decide by themselves see `dreamd.simulation`.
    """

    def __init__(self, stage: "Stage", name: str, number: int) -> None:
        self.stage = stage
        self.name = name
        self.incarnation = 1000
        self.site, self.gateway, self.broker = "here", "", 0
        self.assign: Assign | None = None
        self.outcomes: tuple[CommandOutcome, ...] = ()
        self.seq = first_seq(number * 7919)
        self.rng = np.random.default_rng(number)
        self.profile = np.asarray(BANDS6X2.mu_db) + self.rng.normal(0, 1, BANDS6X2.size)
        self.applied = 0.0
        self.latched = ""
        self.severed: StoredSever | None = None
        self.quality = 0.9
        self.calibrated = CalibrationSource.SIMULATED, 120.0
        self.sends = True
        self.consents, self.outbox_waits = HeldConsents(), False
        self.bend: Callable[[Frame], Frame | None] = lambda frame: frame
        self.events = 0

    def presence(self, *, online: bool = True, broker: int | None = None) -> None:
        """Send its presence, online or gone. broker: by which it comes; None: its own."""
        device = Device("simulated", "puppet", ("Fz",), 256.0)
        self.stage.app.inbound.on_presence(
            Presence(
                *(self.name, self.incarnation, online, self.site, device, "bands6x2", Versions("t", 1)),
                gateway=self.gateway,
            ),
            self.broker if broker is None else broker,
        )

    def back(self) -> None:
        """Restore its connection: it connects anew and sends."""
        self.sends = True
        self.presence()

    def status(self, written_s: float | None = None) -> None:
        """Send a status, as of session time `written_s`; None: without a time."""
        self.stage.app.inbound.on_status(self.account(written_s), self.broker)

    def account(self, written_s: float | None = None) -> Status:
        """The status it would send."""
        template = self.profile.astype(np.float32)
        calibration = Calibration(True, *self.calibrated, template, np.ones_like(template))
        return Status(
            pod=self.name,
            incarnation=self.incarnation,
            assignment=self.assign.assignment if self.assign else 0,
            channels=(),
            quality=self.quality,
            quality_cause="",
            calibration=calibration,
            clock=ClockState(True, 0, 200, 400),
            applied=self.applied,
            latched=self.latched,
            severed=self.severed,
            outcomes=self.outcomes,
            load_cpu=0.0,
            load_rss_kib=0,
            refused_broadcasts=0,
            recording_ended=False,
            at_us=0 if written_s is None else round(written_s * 1e6),
        )

    def obey(self, command: Command) -> None:
        """Obey a command and report at once."""
        match command.what:
            case Assign() as assign if refused := self._refuses(assign):
                self.outcomes = (*self.outcomes, CommandOutcome(command.counter, refused))[-16:]
                self._decline(assign, refused)
                return
            case Assign() as assign:
                self.consents.see(assign)
                self.assign = assign
            case Release():
                self.assign, self.applied = None, 0.0
            case WakePod():
                self.assign, self.applied, self.latched = None, 0.0, "wake"
            case _:
                return
        self.outcomes = (*self.outcomes, CommandOutcome(command.counter, ""))[-16:]
        if self.sends:
            self.status()

    def _refuses(self, assign: Assign) -> str:
        return "latched" if self.latched else self.consents.refusal(assign)

    def _decline(self, assign: Assign, refused: str) -> None:
        """Tell the revision that it holds, as a pod does, and its status."""
        held = self.consents.telling(assign, refused, 0)
        if held is not None and not self.outbox_waits:
            self.event(PodEventKind.DECLINED, refused, held.subject, consent_revision=held.revision)
        if refused != "latched" and self.sends:
            self.status()

    def frame(self, instant: int) -> None:
        """Send the frame of one grid instant."""
        if self.assign is None or not self.sends or self.latched:
            return
        self.seq = next_seq(self.seq)
        features = (self.profile + self.rng.normal(0, 0.3, BANDS6X2.size)).astype(np.float32)
        phasors = np.full((2, 5, 2), np.nan, dtype=np.float32)
        frame = Frame(
            assignment=self.assign.assignment, seq=self.seq, instant=instant, offset_error_us=0,
            uncertainty_us=200, schema=BANDS6X2.code, features=features, phasors=phasors,
            quality=self.quality, applied=self.applied, fading=False, latched="", heard_term=0,
            heard_tick=0, severed=self.severed, own_z=1.0,
        )  # fmt: skip
        topic = self.stage.topic(self)
        bent = self.bend(frame)
        if bent is not None:
            self.stage.app.inbound.on_frames(topic, (bent,))

    def event(self, kind: PodEventKind, cause: str = "", subject: str = "", **stamps: int) -> None:
        """Send an event."""
        self.events += 1
        identity = f"{self.name}{self.events}".encode().ljust(16)[:16]
        dreamscape = self.assign.dreamscape if self.assign else ""
        self.stage.app.inbound.on_event(
            PodEvent(
                *(identity, self.name, self.incarnation, kind, cause, dreamscape),
                consent_subject=subject,
                **stamps,
            )
        )


class Stage:
    """The application with its fakes and puppets."""

    def __init__(
        self,
        pods: int = 4,
        ledger: Ledger | None = None,
        exposures: Exposures | None = None,
        founding: Founding | None = None,
        recordings: Recordings | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._recordings = recordings
        self._zone = zone
        self.clock = HandClock()
        self.link = Link()
        self.meters = Meters()
        self.ledger = ledger or MemoryLedger()
        self._exposures = exposures
        self._founding = founding or bench_founding()
        self.failures: list[Failure] = []
        self.bugs_are_meant = False
        self.app = self._begin(1)
        self.app.open(RESTARTED)
        self.pods = [Puppet(self, f"bed-{n}", n) for n in range(1, pods + 1)]
        self.link.deliver = lambda command: self.pod(command.pod).obey(command)

    def restart(self) -> None:
        """Kill the daemon and restart it over the same ledger."""
        if isinstance(self.ledger, MemoryLedger):
            self.ledger.reopen()
        self.app = self._begin(2)
        self.app.open(RESTARTED)

    def begin(self, aside: Worker) -> Application:
        """Restart the daemon with a worker beside it."""
        return self._begin(1, aside)

    def _begin(self, seed: int, aside: Worker | None = None) -> Application:
        rng = random.Random(seed)
        people = HousePeople(
            self._exposures or LedgerExposure(self.ledger, self.clock.now_s()),
            anchors=LedgerExposure(self.ledger, self.clock.now_s(), Account.ANCHOR),
            subjects=self.ledger.keys.subject_of,
            simulated_grants=True,
            place=Place(self._zone),
            sign_receipt=lambda document: str(document["receipt_id"]),
            sign_report=lambda found: f"signed {found.period.first}",
            sign_piece=partial(sign_piece, key=PIECE_KEY),
            digest=digest,
        )
        app = Application(
            *(self.clock, self.link, self.ledger, self.meters, rng, people, aside, self._recordings),
            founding=self._founding,
        )
        app.failures.on_failure(self.failures.append)
        return app

    def pod(self, name: str) -> Puppet:
        """The puppet of this name."""
        return next(pod for pod in self.pods if pod.name == name)

    def topic(self, pod: Puppet) -> FramesTopic:
        """The topic of this pod's frames."""
        assert pod.assign is not None
        return FramesTopic(pod.assign.dreamscape, pod.assign.cohort, pod.name)

    def appear(self, *, sleepers: bool = True, **changes: object) -> None:
        """All pods connect and send their status; their sleepers grant, with these changes, and check in."""
        for number, pod in enumerate(self.pods, 1):
            pod.presence()
            pod.status()
            if sleepers:
                granted(self.app, f"sleeper-{number}", **changes)
                self.app.pods.check_in(OPERATOR, pod.name, f"sleeper-{number}")

    def lie_down(self, pod: str, sleeper: str) -> PodView | Refusal | Deferred[PodView]:
        """The sleeper grants, where no grant of theirs holds, and is checked in to this pod."""
        granted(self.app, sleeper)
        return self.app.pods.check_in(OPERATOR, pod, sleeper)

    def hop(self, count: int = 1, *, statuses: bool = True) -> None:
        """Let hops pass: frames, then the tick; statuses once a second."""
        for _ in range(count):
            due_s = self.until_tick()
            instant = round((due_s - TICK_CLOSES_AFTER_S) / HOP_S)
            self.clock.at_s = max(self.clock.at_s, instant * HOP_S + 0.02)
            for pod in self.pods:
                if statuses and instant % 4 == 0 and pod.sends:
                    pod.status()
                pod.frame(instant)
            self.clock.at_s = due_s
            self.app.run_due()
            if self.failures and not self.bugs_are_meant:
                raise self.failures[0].error

    def until_tick(self) -> float:
        """Do the parts of long work that come before the next tick; return its time."""
        while not self.is_tick(due_s := self.app.next_due_s()):
            self.clock.at_s = max(self.clock.at_s, due_s)
            self.app.run_due()
        return due_s

    def is_tick(self, due_s: float) -> bool:
        """Whether the next tick is due then, and no part of long work."""
        return due_s >= (self.app._closed + 1) * HOP_S + TICK_CLOSES_AFTER_S

    def dream(self, **changes: object) -> None:
        """Create, gather and start a Dreamscape of all pods, and let it run until it grants."""
        plan = Plan("night", seats_min=3, seats_max=max(len(self.pods), 3), ramp_s=10.0, ceiling=0.1)
        self.app.dreamscapes.create(OPERATOR, replace(plan, **changes))
        all_come(self.app, "night", [f"sleeper-{number}" for number in range(1, len(self.pods) + 1)])
        self.hop(4)
        started = self.app.dreamscapes.start(OPERATOR, "night")
        assert not hasattr(started, "code"), started
        self.hop(4)

    def coupling(self, name: str) -> int:
        """The coupling byte of this pod in the newest broadcast."""
        assign = self.pod(name).assign
        assert assign is not None
        newest = [c for c in self.link.collectives if c.cohort == assign.cohort][-1]
        return int(newest.coupling[assign.slot])


def compare_book(app: Application) -> None:
    """A clinician has compared a restored book with the clinic's own notes, and closes its case."""
    cases = app.clinic.list_cases(OPERATOR)
    assert isinstance(cases, tuple)
    (doubt,) = (one.case.id for one in cases if "restored" in one.causes)
    app.clinic.triage(OPERATOR, doubt, Level.NOTE)
    app.clinic.close_case(OPERATOR, doubt, "compared")


def included(stage: Stage) -> int:
    """How many sleepers the newest tick of `night` has fused."""
    watch = stage.app.dreamscapes.watch("night", lambda: None)
    assert not isinstance(watch, Refusal)
    tick = watch.take()
    watch.close()
    return tick.included if tick is not None else 0
