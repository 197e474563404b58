"""One pod: every input that can reach it, and its decisions (DESIGN 6, 7.4, 8.2).

The agent does no I/O and reads no clock. Each method is one input, at `now_ns` by the pod's monotonic clock.
It returns the effects for the shell to carry out, in order.

`command_filter` decides which commands to obey, `tether` what is permitted, `guard` what the pod's own
evidence forbids, `coupling` how the share may move, `feedback` how it is blended (`merge_controller` combines
these four), `frames` and `event_reporter` what is sent about it. The order of precedence:
1. Going to zero is always possible and always first. For every sever (own evidence, the daemon's zero, a
   release, a wake, a button) the zero is an effect of that very call, before anything is stored or sent.
2. A latch is stronger than an assignment, an assignment than a permission. A latch ends the assignment.
3. The pod's own fault outranks every permission: while the guard does not allow, permissions are dropped.
4. Only a broadcast raises the share, and only from zero, slowly.

A zero that severed a merged sleeper is stored (`StoredSever`) and repeated until a later assign, so that a
restarted daemon learns of it. A lapsed lease, which is the network's, is not stored, nor a release or an end.

`pulse` is meant for 20 Hz, on the 50 ms grid of the session clock. A late pulse catches up by time, never by
repetition. At each grid instant one hop is taken, as soon as the samples reach it, and one frame sent.
"""

import random
from math import isfinite
from typing import Final, assert_never

from dreamedge.core.clock import SessionClock
from dreamedge.core.consent_gate import ConsentGate
from dreamedge.core.frame_way import FrameWay
from dreamedge.core.frames import HOP_NS, Framer, Hops
from dreamedge.core.identity import Identity, Restored
from dreamedge.core.merging.command_filter import CommandFilter, Declined, Obey, Repeated, What, unfit
from dreamedge.core.merging.effects import AskClock, Effect, Forget, Note, SendFrame, SendStatus, WakeSleeper
from dreamedge.core.merging.event_reporter import WITHDRAW, EventReporter
from dreamedge.core.merging.held_consents import HeldConsents
from dreamedge.core.merging.merge_controller import MergeController
from dreamedge.core.merging.obeyed_wakes import ObeyedWakes
from dreamedge.core.merging.tether import Opens, Tether, opens_nothing
from dreamedge.core.moratoria import HeardMoratoria
from dreamedge.core.signal.baseline import Baseline, own_z
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.calibration import calibrator_for
from dreamedge.core.signal.features import Hop
from dreamedge.core.signal.quality import UNIT
from dreamedge.core.signal.signal_path import SignalPath
from dreamedge.core.status_reporter import StatusReporter
from dreamwire.blend import to_shared
from dreamwire.buggify import buggify
from dreamwire.messages import (
    Ack,
    Assign,
    Broadcast,
    ClockProbe,
    Command,
    PodEventKind,
    Presence,
    Recalibrate,
    Release,
    WakeOrder,
    WakePod,
)
from dreamwire.schema import HOP_MS

__all__ = ["BUTTONS", "Agent", "Identity", "Restored"]

STATUS_NS: Final = 1_000_000_000
"""Between two statuses, apart from those that follow a decision; one due soon after a hop goes with it."""

BUTTONS: Final = ("wake", "distress", WITHDRAW, "arousal")
"""The sleeper's buttons, and last the bed's arousal gate; each latches."""


class Agent:
    """The decisions of one pod, from its start to its stop."""

    def __init__(
        self,
        identity: Identity,
        path: SignalPath,
        clock: SessionClock,
        own: Baseline | None,
        restored: Restored,
        rng: random.Random,
        consent_ceiling: float = 1.0,
        *,
        tells_hops: bool = True,
        opens: Opens = opens_nothing,
    ) -> None:
        """Start alone, or latched as stored. own: None to calibrate now. opens: encrypted broadcasts."""
        self._identity = identity
        self._path = path
        self._clock = clock
        self._rng = rng
        self._consents = HeldConsents(restored.consents)
        who = identity.pod, identity.incarnation
        self._account = EventReporter(*who, rng, self._unix_ms, self._consents)
        self._tether = Tether(opens)
        size, stored = identity.schema.size, (restored.latched, restored.severed)
        self._merge = MergeController(self._account, self._tether, size, consent_ceiling, *stored)
        woken = ObeyedWakes(restored.woken, latched=bool(restored.latched))
        self._orders = CommandFilter(identity.pod, identity.site, identity.incarnation, woken)
        self._moratoria = HeardMoratoria(identity.site, identity.source)
        self._gate = ConsentGate(self._consents, self._orders, self._account)
        self._way = FrameWay(identity.gateway, clock, rng)
        self._statuses = StatusReporter(identity, clock, self._merge, self._orders, self._account, self._way)
        self._framer = Framer(identity.schema, rng)
        self._own = own
        self._calibrator = calibrator_for(identity.source)
        self._path.use(own)
        self._hops = Hops(path, clock)
        self._status_due_ns = 0
        self._link_up = True
        self._leaving = False
        self._tells_hops = tells_hops

    # Read by the shell.

    def presence(self, online: bool) -> Presence:  # noqa: FBT001 - the one field that differs
        """Return the pod's presence message; `online` False is its will."""
        return self._identity.presence(online=online)

    @property
    def wants_to_leave(self) -> bool:
        """Whether the pod has ended by itself; it accepts no further assignment."""
        return self._leaving

    @property
    def home(self) -> bool:
        """Whether the share of the others is zero and no assignment is held."""
        return self._merge.home

    @property
    def rising(self) -> bool:
        """Whether the share of the others is rising."""
        return self._merge.rising

    @property
    def own(self) -> Baseline | None:
        """The calibration in use."""
        return self._own

    # Inputs at the bed.

    def samples(self, block: Block, now_ns: int) -> list[Effect]:
        """Take the implant's samples; they are judged at the next grid instant."""
        self._path.push(block)
        if len(block.uv):
            self._merge.guard.sampled(now_ns)
        return []

    def onset(self, onset_ns: int) -> None:
        """Take the onset of an injected malfunction; later stamps include it."""
        self._account.onset(onset_ns)

    def rendered(self, share: float, failed: str = "") -> None:
        """Take the share that the renderer reports, and why it renders nothing; empty: it renders."""
        self._merge.guard.rendered(share, failed)

    def loaded(self, cpu: float, rss_kib: int) -> None:
        """Take the process's load, for the next status."""
        self._statuses.load = (cpu, rss_kib)

    def stored(self, number: int, failed: str, now_ns: int) -> list[Effect]:
        """Take how many changes of consents the disk holds, and why it takes no more; empty: it does."""
        message = self._gate.stored(number, failed)
        return [] if message is None else self.command(message, now_ns)

    def button(self, cause: str, now_ns: int, pressed_ns: int = 0) -> list[Effect]:
        """Latch: wake, distress or withdraw was pressed (at pressed_ns, 0: now), or the gate reports arousal.

        Raises:
            ValueError: no such button.
        """
        if cause not in BUTTONS:
            raise ValueError(f"no button {cause!r}; there are {', '.join(BUTTONS)}")
        effects = self._merge.latch(cause, now_ns, "button", pressed_ns)
        effects += self._consents.mark_withdrawn() if cause == WITHDRAW else []
        woken = [WakeSleeper("button", "sleeper")] if cause == "wake" else []
        return [*effects, *woken, self._status(now_ns)]

    def unlatch(self, now_ns: int) -> list[Effect]:
        """Lift the latch by the sleeper's own act at the pod; nothing else lifts it."""
        effects = self._merge.unlatch(now_ns)
        self._orders.woken_by.cleared()
        return [*effects, self._status(now_ns)] if effects else []

    def end(self, reason: str, now_ns: int) -> list[Effect]:
        """End the pod: zero now, and no further assignment. Pulse on until `home`."""
        if self._leaving:
            return []
        self._leaving = True
        assign = self._merge.assigned
        effects = self._merge.sever(reason, now_ns)
        effects += self._account.fact(PodEventKind.LEFT, assign, now_ns, reason)
        return [*effects, *self._merge.leave(), self._status(now_ns)]

    # Inputs from the daemon: verified, decoded, not retained.

    def link(self, up: bool, now_ns: int) -> list[Effect]:  # noqa: FBT001 - a state, not an option
        """Record whether the broker is connected. It decides nothing about the share: the lease does."""
        was, self._link_up = self._link_up, up
        if not up:
            return [Note("link", {"up": 0})] if was else []
        self._clock.begin()
        self._way.begin_anew()
        return [Note("link", {"up": 1}), *self._merge.listening(), self._status(now_ns)]

    def collective(self, message: Broadcast, now_ns: int) -> list[Effect]:
        """Take a broadcast."""
        return self._merge.hear(message, now_ns)

    def broadcast_refused(self, reason: str, now_ns: int) -> list[Effect]:
        """Count a broadcast that the verifier refused: seal, retained, malformed."""
        return self._account.refused("broadcast", reason, now_ns)

    def command(self, message: Command, now_ns: int) -> list[Effect]:
        """Take a command. Its outcome is in the status that follows at once, unless it waits for the disk."""
        session_ms = self._clock.session_ms(now_ns)
        hindrance = self._hindrance(message.what, session_ms)
        fresh = isinstance(message.what, Assign) and not self._tether.holds(message.what)
        effects = self._gate.ask(message, session_ms, now_ns) if fresh else []
        if fresh and not hindrance and self._gate.keeps_back(message, session_ms):
            return effects
        verdict = self._orders.weigh(message, session_ms, hindrance)
        match verdict:
            case Obey():
                effects += self._obey(verdict.what, now_ns)
            case Repeated():
                pass
            case Declined():
                effects += self._account.refused("command", verdict.reason, now_ns)
            case _:
                assert_never(verdict)
        untold = isinstance(message.what, Ack) or message.pod != self._identity.pod
        return effects if untold else [*effects, self._status(now_ns)]

    def command_refused(self, reason: str, now_ns: int) -> list[Effect]:
        """Count a command that the verifier refused: seal, retained, malformed."""
        return self._account.refused("command", reason, now_ns)

    def wake_order(self, order: WakeOrder, now_ns: int) -> list[Effect]:
        """Take the wake order and the moratoria of the retained place. A lifted order clears no latch."""
        assign = self._merge.assigned
        effects = self._moratoria.heed(order, self._merge, self._clock.session_ms(now_ns), now_ns)
        if self._orders.wakes(order, assign.dreamscape if assign else ""):
            effects += self._wake(order.reason, order.issuer, now_ns)
        return [*effects, self._status(now_ns)] if effects else []

    def clock_answer(self, probe: ClockProbe, now_ns: int) -> list[Effect]:
        """Take the daemon's answer to a clock probe. A jump of the session clock severs."""
        reason = self._clock.answer(probe, now_ns)
        if reason is not None:
            return self._account.refused("clock", reason, now_ns)
        effects: list[Effect] = [*self._way.take_answer(probe, now_ns)]
        if not self._clock.jumped:
            return effects
        self._clock.settle()
        fault = self._merge.guard.jumped(now_ns)
        return effects + self._merge.fault(fault, now_ns) if fault else effects

    # Time.

    def pulse(self, now_ns: int) -> list[Effect]:
        """Twenty times a second: leases, fades, ramps, rendering; at grid instants a hop and a frame."""
        effects = self._merge.check_deadlines(now_ns)
        hop = self._hops.newest(now_ns)
        if hop is not None:
            effects += self._judge(hop, now_ns)
        effects += self._merge.play(now_ns)
        if hop is not None:
            effects += self._frame(hop, now_ns)
            if self._tells_hops:
                effects.append(self._hop_note(hop, now_ns))
        if now_ns >= (self._status_due_ns if hop is None else self._status_due_ns - HOP_NS // 2):
            effects.append(self._status(now_ns))
            self._status_due_ns -= HOP_NS // 2 if hop is None else 0  # the next goes with a hop
        if self._link_up and self._clock.due(now_ns):
            nonce = self._rng.getrandbits(64) or 1
            effects.append(AskClock(self._clock.probe(now_ns, nonce)))
        return effects

    def draw_on(self, at_ns: int) -> list[Effect]:
        """Render the newest cue again as of `at_ns`, unless a later one was rendered."""
        return self._merge.draw_on(at_ns)

    def needed_ns(self) -> int:
        """Earlier pulses only continue a ramp, until an input other than pulses and samples arrives.

        A time in the past means: pulse as usual.
        """
        if self._gate.waits:
            return 0
        probe_ns = self._clock.due_ns if self._link_up else self._status_due_ns
        return min(self._hops.due_ns, self._status_due_ns, probe_ns, self._merge.needed_ns())

    def _judge(self, hop: Hop, now_ns: int) -> list[Effect]:
        fault = self._merge.guard.hop(hop)
        effects = self._merge.fault(fault, now_ns) if fault else []
        if self._own is None:
            self._calibrator.add_hop(hop)
            self._own = self._calibrator.own
            if self._own is not None:
                self._path.use(self._own)
                effects.append(Note("calibrated", {"clean_s": self._own.clean_s}))
        return effects + self._merge.check(now_ns)

    def _frame(self, hop: Hop, now_ns: int) -> list[Effect]:
        assign, own, session_ms = self._merge.assigned, self._own, self._clock.session_ms(hop.instant_ns)
        if assign is None or own is None or self._merge.latched or session_ms is None or not self._link_up:
            return []
        instant = round(session_ms / HOP_MS)
        if not self._framer.due(instant):
            return []
        z = own_z(hop.features_db, own)
        frame = self._framer.frame(
            hop,
            instant,
            assign,
            uncertainty_us=self._clock.uncertainty_us(now_ns),
            applied=self._merge.applied(now_ns),
            fading=self._merge.fading,
            latched=self._merge.latched,
            heard=self._merge.heard,
            severed=self._merge.severed,
            own_z=z if isfinite(z) else 0.0,
        )
        x = to_shared(frame.features, assign.mu_db, assign.sigma_db)
        self._merge.own(x)
        self._merge.sent(frame.seq, hop.captured_ns, now_ns, x, instant)
        sends = SendFrame(assign.dreamscape, assign.cohort, frame, self._way.route_frame(instant, now_ns))
        return [] if buggify("frame-not-sent") else [sends]

    def _hop_note(self, hop: Hop, now_ns: int) -> Note:
        quality, cause = self._felt(hop)
        return Note("hop", {"quality": quality, "cause": cause, **self._merge.figures(now_ns)})

    # Obeying commands.

    def _hindrance(self, what: What, session_ms: float | None) -> str:
        """Why this pod cannot be bound by this command now; empty if it can."""
        if isinstance(what, Recalibrate):
            return "assigned" if self._merge.assigned else ""
        if not isinstance(what, Assign):
            return ""
        hindrances = (
            ("latched", bool(self._merge.latched)),
            ("leaving", self._leaving),
            ("not-calibrated", self._own is None),
            ("missing-features", bool(self._path.missing_features)),
            ("wake-order", self._orders.woken(what.dreamscape)),
            ("moratorium", self._moratoria.acting(session_ms) is not None),
        )
        hindered = next((name for name, holds in hindrances if holds), "") or self._consents.refusal(what)
        hindered = "" if self._tether.holds(what) else hindered
        hindered = hindered or self._tether.hindrance(what)
        return hindered or unfit(what, self._identity.schema, self._identity.incarnation)

    def _obey(self, what: What, now_ns: int) -> list[Effect]:
        match what:
            case Assign() if self._tether.holds(what):
                self._tether.renew(what)
                return []
            case Assign():
                self._framer.restart_sequence()
                self._way.begin_anew()
                return self._merge.assign(what, now_ns, self._own.shared(what) if self._own else None)
            case Release():
                effects = self._merge.sever("release", now_ns, detail=what.reason)
                return [*effects, *self._merge.excuse(what.term, what.tick), *self._merge.leave()]
            case WakePod():
                return self._wake(what.reason, what.issuer, now_ns)
            case Recalibrate():
                self._own = None
                self._calibrator = calibrator_for(self._identity.source)
                self._path.use(None)
                return [Note("recalibrate", {"reason": what.reason})]
            case Ack():
                return [Forget(what.ids)]
            case _:
                assert_never(what)

    def _wake(self, reason: str, issuer: str, now_ns: int) -> list[Effect]:
        latched = self._merge.latch("wake", now_ns, f"{issuer}: {reason}")
        return [*latched, self._orders.kept(), WakeSleeper(reason, issuer)]

    def _unix_ms(self, now_ns: int) -> int:
        session_ms = self._clock.session_ms(now_ns)
        return 0 if session_ms is None else round(session_ms)

    def _felt(self, hop: Hop) -> tuple[float, str]:
        """A hop's quality and cause; samples in a wrong unit have quality 0 and cause `unit`."""
        wrong = self._own is None and self._calibrator.unit_error
        return (0.0, UNIT) if wrong else (hop.quality, hop.cause)

    def _status(self, now_ns: int) -> SendStatus:
        self._status_due_ns = now_ns + STATUS_NS
        hop = self._hops.last
        felt = self._felt(hop) if hop else (0.0, "no-signal")
        told = self._calibrator.progress if self._own is None else self._own.told()
        return self._statuses.status(hop, felt, told, now_ns, leaving=self._leaving)
