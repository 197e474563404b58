"""Fakes for the pod's decisions: a source of finished hops, a daemon of one cohort, a bed in virtual time.

The double for tests of the agent, which is pure: effects are values, time is an argument, and a test looks at
both between two pulses. The simulation's pods hide them behind a runner and a broker.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from dreamedge.core.agent import Agent, Identity, Restored
from dreamedge.core.clock import SessionClock
from dreamedge.core.merging.effects import (
    AskClock,
    Effect,
    Feel,
    Note,
    Render,
    SendEvent,
    SendFrame,
    SendStatus,
)
from dreamedge.core.merging.held_consents import HeldConsent, KeepConsents
from dreamedge.core.merging.tether import Judgement, Tether
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.features import Hop
from dreamwire.blend import coupling_to_byte, finite, seq_low, to_shared, weight
from dreamwire.messages import (
    KEY_BYTES,
    Assign,
    Broadcast,
    CalibrationSource,
    ClockProbe,
    Collective,
    Command,
    Device,
    EncryptedCollective,
    Frame,
    PodEvent,
    PodEventKind,
    Release,
    Status,
)
from dreamwire.schema import BANDS6X2

SCHEMA = BANDS6X2
POD = "bed-1"
DREAMSCAPE = "night"
INCARNATION = 7
TERM = 1_700_000_000_000
PULSE_NS = 50_000_000
HOP_NS = 250_000_000
START_NS = 1_000_000_000_000
"""A whole number of hops, as is the session clock's offset: pulses fall on the session's grid."""
NO_PHASORS = np.zeros((2, len(SCHEMA.phase_bands), 2), dtype=np.float32)
OFFSET_S = 1_700_000_000
KEY = bytes(range(KEY_BYTES))
KEY_NUMBER = 1


def own_scale() -> Baseline:
    """A finished calibration around the schema's shipped centre."""
    return Baseline(
        template_db=SCHEMA.shipped_mu(),
        scale_db=SCHEMA.shipped_sigma(),
        highfreq_db=np.zeros(4, dtype=np.float32),
        highfreq_scale_db=np.ones(4, dtype=np.float32),
        clean_s=120.0,
        source=CalibrationSource.SIMULATED,
    )


def identity(**changes: object) -> Identity:
    """The default pod of the tests."""
    who = Identity(
        pod=POD,
        site="house",
        device=Device("simulated", "fake", ("Fp1", "O1"), 256.0),
        software="0",
        schema=SCHEMA,
        source=CalibrationSource.SIMULATED,
        incarnation=INCARNATION,
    )
    return replace(who, **changes)  # type: ignore[arg-type]


def assignment(**changes: object) -> Assign:
    """An assignment to slot 3 with a ceiling of .15 and the shortest ramp."""
    assign = Assign(
        dreamscape=DREAMSCAPE,
        cohort=0,
        slot=3,
        assignment=99,
        incarnation=INCARNATION,
        term=TERM,
        ceiling=0.15,
        cap=0.15,
        seconds_left=3600.0,
        schema=SCHEMA.name,
        mu_db=SCHEMA.shipped_mu(),
        sigma_db=SCHEMA.shipped_sigma(),
        ramp_s=10.0,
        dose_left_min=inf,
        dose_limit_min=inf,
        key=KEY,
        key_number=KEY_NUMBER,
    )
    return replace(assign, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Hidden(EncryptedCollective):
    """A broadcast that is encrypted in name alone, so that its content may be of any shape."""

    content: Collective


def hidden(content: Collective, number: int = KEY_NUMBER) -> Hidden:
    """Encrypt a broadcast under the key of that number."""
    c = content
    place = c.dreamscape, c.cohort, c.tick, c.instant, c.term, c.min_reader
    return Hidden(*place, key_number=number, count=1, ciphertext=b"hidden", content=content)


def opens(message: EncryptedCollective, key: bytes) -> Collective | None:
    """Open what `hidden` has encrypted, by the key of `assignment`."""
    return message.content if isinstance(message, Hidden) and key == KEY else None


class KeyedTether(Tether):
    """A tether to which each broadcast comes encrypted under the key of `assignment`."""

    def __init__(self) -> None:
        super().__init__(opens)

    def judge(self, broadcast: Broadcast, now_ns: int) -> Judgement:
        """Judge it, encrypted."""
        return super().judge(hidden(broadcast) if isinstance(broadcast, Collective) else broadcast, now_ns)


class FeatureSource:
    """A signal path with hops set by the test; each instant once, as the real one."""

    def __init__(self) -> None:
        self.features_db = SCHEMA.shipped_mu()
        self.quality = 1.0
        self.cause = ""
        self.hard = ""
        self.missing: tuple[str, ...] = ()
        self.own: Baseline | None = None
        self.flows = True
        self._instant_ns = 0

    def push(self, block: Block) -> None:
        """Do nothing: hops come from the test."""

    def hop(self, instant_ns: int) -> Hop | None:
        """The hop of this instant."""
        if not self.flows or instant_ns <= self._instant_ns:
            return None
        self._instant_ns = instant_ns
        features = np.asarray(self.features_db, dtype=np.float32)
        return Hop(
            instant_ns=instant_ns,
            captured_ns=instant_ns,
            features_db=features,
            phasors=NO_PHASORS,
            quality=self.quality,
            cause=self.cause,
            channels=(),
            hard=self.hard,
            evidence_ns=instant_ns if self.cause or self.hard else 0,
            eligible=finite(features),
        )

    def use(self, calibration: Baseline | None) -> None:
        """Keep the calibration, for tests to read."""
        self.own = calibration

    @property
    def missing_features(self) -> tuple[str, ...]:
        """The features set by the test."""
        return self.missing


class Hall:
    """The daemon of one cohort: two other sleepers, and any coupling that the test wants."""

    def __init__(self, assign: Assign) -> None:
        self.assign = assign
        self.tick = 0
        self.coupling = 0.15
        self.others = np.array([np.full(SCHEMA.size, 1.0), np.full(SCHEMA.size, 2.0)], dtype=np.float32)
        self.frame: Frame | None = None

    def collective(self, **changes: object) -> Collective:
        """The next tick, answering the newest frame."""
        self.tick += 1
        r = np.full(SCHEMA.size, 1.0, dtype=np.float32)
        rows = list(self.others)
        answered = np.zeros(8, dtype=np.uint16)
        if self.frame is not None:
            x = to_shared(self.frame.features, self.assign.mu_db, self.assign.sigma_db)
            if np.isfinite(x).all():
                rows.append(x)
                answered[self.assign.slot] = seq_low(self.frame.seq)
        weights = [weight(row, r) for row in rows]
        parts = [w * row for w, row in zip(weights, rows, strict=True)]
        total = np.sum([np.zeros_like(r), *parts], axis=0, dtype=np.float32)
        coupling = np.zeros(8, dtype=np.uint8)
        coupling[self.assign.slot] = coupling_to_byte(self.coupling)
        message = Collective(
            dreamscape=self.assign.dreamscape,
            cohort=self.assign.cohort,
            tick=self.tick,
            instant=self.frame.instant if self.frame else 0,
            term=self.assign.term,
            min_reader=1,
            r=r,
            m=np.asarray(total / np.float32(sum(weights) or 1.0), dtype=np.float32),
            sum=np.asarray(total, dtype=np.float32),
            weight=float(sum(weights)),
            coupling=coupling,
            answered=answered,
        )
        return replace(message, **changes)  # type: ignore[arg-type]


class Lonely(Hall):
    """The daemon of an anchor session: no other sleeper is in its sums."""

    def __init__(self, assign: Assign) -> None:
        super().__init__(assign)
        self.others = np.zeros((0, SCHEMA.size), dtype=np.float32)


class Bed:
    """One agent in virtual time, pulsed on the grid, its effects kept.

    It plays the shell: clock probes are answered at once with an exact session clock, the newest frame goes
    to the hall, and the last rendered share is kept.
    """

    def __init__(
        self,
        *,
        source: FeatureSource | None = None,
        own: Baseline | None = None,
        calibrated: bool = True,
        restored: Restored | None = None,
        consent_ceiling: float = 1.0,
        seed: int = 1,
        tells_hops: bool = True,
    ) -> None:
        self.now_ns = START_NS
        self.source = source or FeatureSource()
        self.clock = SessionClock()
        self.agent = Agent(
            identity(),
            self.source,
            self.clock,
            own or (own_scale() if calibrated else None),
            restored or Restored(),
            random.Random(seed),
            consent_ceiling,
            tells_hops=tells_hops,
            opens=opens,
        )
        self.hall: Hall | None = None
        self.sampling = True
        self.shares: list[tuple[int, float]] = []
        self.events: list[PodEvent] = []
        self.status: Status | None = None
        self.notes: list[Note] = []
        self.frames: list[Frame] = []
        self.counter = 0
        self.disk: tuple[HeldConsent, ...] = (restored.consents if restored else None) or ()
        self.kept, self.writes, self.disk_failed = 0, True, ""

    @property
    def share(self) -> float:
        """The share of the renderer's last cue."""
        return self.shares[-1][1] if self.shares else 0.0

    def take(self, effects: list[Effect]) -> list[Effect]:
        """Act on effects as the shell does."""
        for effect in effects:
            match effect:
                case Render(cue):
                    assert np.isfinite(cue.feedback).all()
                    self.shares.append((self.now_ns, cue.share))
                case Feel(felt):
                    assert np.isfinite(felt.feedback_db).all()
                case SendEvent(event):
                    self.events.append(event)
                case SendStatus(status):
                    self.status = status
                case SendFrame(_, _, frame):
                    self._framed(frame)
                case AskClock(probe):
                    self.take(self.agent.clock_answer(self.answered(probe), self.now_ns))
                case KeepConsents(held, number) if self.writes:
                    self.disk, self.kept = held, number
                case Note():
                    self.notes.append(effect)
        return effects

    def _framed(self, frame: Frame) -> None:
        self.frames.append(frame)
        if self.hall is not None:
            self.hall.frame = frame

    def answered(self, probe: ClockProbe, offset_s: float = OFFSET_S) -> ClockProbe:
        """The daemon's answer to a probe, without delay."""
        session_us = self.now_ns // 1000 + round(offset_s * 1e6)
        return replace(probe, t1_us=session_us, t2_us=session_us)

    def beat(self) -> list[Effect]:
        """Let fifty milliseconds pass; the caller acts."""
        self.now_ns += PULSE_NS
        stored = self.agent.stored(self.kept, self.disk_failed, self.now_ns)
        if not self.sampling:
            return [*stored, *self.agent.pulse(self.now_ns)]
        block = Block(uv=np.zeros((13, 2)), last_ns=self.now_ns)
        return [*stored, *self.agent.samples(block, self.now_ns), *self.agent.pulse(self.now_ns)]

    def pulse(self) -> list[Effect]:
        """Let fifty milliseconds pass and act."""
        return self.take(self.beat())

    def run(self, seconds: float, each: Callable[[], None] | None = None, *, heard: bool = True) -> None:
        """Let time pass; the hall broadcasts 150 ms after each grid instant unless not `heard`."""
        for _ in range(round(seconds * 1e9 / PULSE_NS)):
            self.pulse()
            if heard and self.hall is not None and self.now_ns % HOP_NS == 3 * PULSE_NS:
                self.say()
            if each is not None:
                each()

    def say(self, **changes: object) -> list[Effect]:
        """Broadcast now."""
        assert self.hall is not None
        return self.take(self.agent.collective(hidden(self.hall.collective(**changes)), self.now_ns))

    def command(self, what: object, **changes: object) -> Command:
        """A command with the next counter, in date."""
        self.counter += 1
        command = Command(
            pod=POD,
            counter=self.counter,
            incarnation=INCARNATION,
            not_after_ms=round(self.now_ns / 1e6 + OFFSET_S * 1e3) + 30_000,
            what=what,  # type: ignore[arg-type]
        )
        return replace(command, **changes)  # type: ignore[arg-type]

    def order(self, what: object, **changes: object) -> list[Effect]:
        """The daemon commands."""
        return self.take(self.agent.command(self.command(what, **changes), self.now_ns))

    def seat(self, **changes: object) -> None:
        """Settle for a second, then assign."""
        self.run(1.0)
        assign = assignment(**changes)
        self.hall = Hall(assign)
        self.order(assign)

    def merge(self, seconds: float = 4.0, **changes: object) -> None:
        """Seat, and ramp for a while."""
        self.seat(**changes)
        self.run(seconds)
        assert self.share > 0.0

    def release(self) -> list[Effect]:
        """Release the sleeper."""
        return self.order(Release("test"))

    def told(self, kind: PodEventKind) -> list[PodEvent]:
        """The events of one kind."""
        return [event for event in self.events if event.kind is kind]
