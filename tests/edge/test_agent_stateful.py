"""Any input in any order: a rendered share always has a valid permission.

Hypothesis drives one agent with every possible input. An oracle that shares no code with the tether records,
from outside, the frames sent under the assignment in force and the broadcasts received, and derives the
largest permitted share; the renderer's own silence is modelled too.
"""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dreamedge.core.merging.effects import Effect, Feel, KeepLatch, Listen, Render, SendFrame, StopListening
from dreamwire.messages import Assign, Collective, Release, WakeOrder, WakePod, WakeScope
from dreamwire.schema import WIRE_REVISION
from fakes.edge import OFFSET_S, PULSE_NS, TERM, Bed, Hall, assignment, hidden

LEASE_AND_FADE_NS = 1_500_000_000
SILENT_NS = 500_000_000
CONSENT = 0.02
SLEW_PER_S = 0.05
BAD_WITHIN_PULSES = 11
"""Half a second of silence and a pulse; a bad hop is seen sooner."""
NAN = float("nan")


COUPLINGS = st.sampled_from([0.01, 0.1, 0.15, 1.0])


def marred(message: Collective, which: str) -> Collective:
    """The same with one fault."""
    changes: dict[str, object] = {
        "zero": {},
        "nan": {"sum": np.full_like(message.sum, NAN)},
        "weight": {"weight": NAN},
        "old-term": {"term": message.term - 1},
        "new-term": {"term": message.term + 1},
        "reader": {"min_reader": WIRE_REVISION + 1},
        "unanswered": {"answered": np.zeros_like(message.answered)},
        "other": {"dreamscape": "elsewhere"},
    }[which]
    return replace(message, **changes)  # type: ignore[arg-type]


class Pod(RuleBasedStateMachine):
    """One bed, its oracle, and every possible input."""

    def __init__(self) -> None:
        super().__init__()
        self.bed = Bed(consent_ceiling=CONSENT)
        self.assign: Assign | None = None
        self.sent: dict[int, int] = {}
        self.grants: list[tuple[int, float]] = []
        self.highest: dict[str, tuple[int, int]] = {}
        self.cue: tuple[int, float] | None = None
        self.latched_ns: int | None = None
        self.bad_pulses = 0
        self.old: list[Collective] = []
        self.term = TERM

    # The oracle's view.

    def watch(self, effects: list[Effect]) -> None:
        """Act as the shell does, and update the oracle."""
        self.bed.take(effects)
        for effect in effects:
            match effect:
                case SendFrame(_, _, frame):
                    self.sent[frame.seq & 0xFFFF] = self.bed.now_ns // 250_000_000 * 250_000_000
                    assert self.latched_ns is None, "a latched pod sends no features"
                    if self.bed.hall is not None:
                        self.bed.hall.frame = frame
                case Listen():
                    self.sent.clear()
                case StopListening():
                    self.assign = None
                    self.sent.clear()
                case KeepLatch(cause):
                    self.latched_ns = self.bed.now_ns if cause else None
                case Render(cue):
                    assert np.isfinite(cue.feedback).all()
                    if self.cue is not None:
                        elapsed_s = (self.bed.now_ns - self.cue[0]) / 1e9
                        assert cue.share <= self.cue[1] + SLEW_PER_S * elapsed_s + 1e-9, "up is slow"
                    self.cue = (self.bed.now_ns, cue.share)
                case Feel(felt):
                    assert np.isfinite(felt.feedback_db).all()
                case _:
                    pass

    def rendered(self) -> float:
        """The renderer's share now: its cue, silent by itself after half a second, a fade at its end."""
        if self.cue is None or self.bed.now_ns - self.cue[0] >= SILENT_NS:
            return 0.0
        return self.cue[1]

    def allowed(self) -> float:
        """The largest share that a grant still within lease and fade permits."""
        assign = self.assign
        if assign is None:
            return 0.0
        alive = [level for over_ns, level in self.grants if self.bed.now_ns < over_ns]
        return min(max(alive, default=0.0), CONSENT, assign.cap, assign.ceiling)

    def hear(self, message: Collective) -> None:
        """Deliver a broadcast, the oracle first."""
        now_ns, assign = self.bed.now_ns, self.assign
        self.old = [*self.old[-5:], message]
        newer = (message.term, message.tick) > self.highest.get(message.dreamscape, (0, 0))
        if assign is not None and message.dreamscape == assign.dreamscape and newer:
            self.highest[message.dreamscape] = (message.term, message.tick)
            level = int(message.coupling[assign.slot]) / 255
            captured_ns = self.sent.get(int(message.answered[assign.slot]))
            finite = np.isfinite(message.sum).all() and np.isfinite(message.weight)
            reads = message.min_reader <= WIRE_REVISION and message.term == assign.term
            if level == 0.0 and message.term == assign.term:
                self.grants.clear()
            elif captured_ns is not None and finite and reads and now_ns - captured_ns < 1_000_000_000:
                self.grants.append((captured_ns + LEASE_AND_FADE_NS, level))
        self.watch(self.bed.agent.collective(hidden(message), now_ns))

    # The inputs.

    @rule(pulses=st.integers(1, 12))
    def time_passes(self, pulses: int) -> None:
        """Pulses, with or without broadcasts."""
        for _ in range(pulses):
            self.watch(self.bed.beat())
            self.bad_pulses = 0 if self.good() else self.bad_pulses + 1
            self.holds()

    @rule(seconds=st.sampled_from([0.3, 0.7, 1.2, 3.0]))
    def the_agent_is_frozen(self, seconds: float) -> None:
        """No pulse for a while; the renderer falls silent by itself."""
        self.bed.now_ns += round(seconds * 20) * PULSE_NS
        self.holds()
        self.watch(self.bed.beat())

    @initialize(coupling=COUPLINGS)
    def it_begins_merged(self, coupling: float) -> None:
        """Begin merged, where the interesting inputs are."""
        self.time_passes(20)
        self.it_starts_over(coupling)

    @rule(coupling=COUPLINGS)
    def it_starts_over(self, coupling: float) -> None:
        """Restart from a risen sleeper, a good signal, and the daemon's seat and grants."""
        self.the_sleeper_unlatches()
        self.the_link_changes(up=True)
        self.the_signal_changes(1.0, broken=False, sampling=True)
        self.time_passes(10)
        self.it_is_assigned("night", 1.0, renewed=False)
        self.the_daemon_grants(6, coupling)

    @rule(beats=st.integers(1, 8), coupling=COUPLINGS)
    def the_daemon_grants(self, beats: int, coupling: float) -> None:
        """A stretch of good broadcasts, 150 ms after each grid instant."""
        for _ in range(beats):
            self.time_passes(5)
            if self.bed.hall is not None:
                self.bed.hall.coupling = coupling
                self.hear(self.bed.hall.collective())

    @rule(
        which=st.sampled_from(
            ["zero", "nan", "weight", "old-term", "new-term", "reader", "unanswered", "other"]
        ),
        beats=st.sampled_from([1, 8]),
    )
    def the_daemon_says_something_else(self, which: str, beats: int) -> None:
        """Zeros, broken or foreign broadcasts for a while, to a merged pod."""
        if not self.allowed():
            self.it_starts_over(0.15)
        for _ in range(beats):
            self.time_passes(5)
            if self.bed.hall is not None:
                self.bed.hall.coupling = 0.0 if which == "zero" else 0.15
                self.hear(marred(self.bed.hall.collective(), which))

    @rule(index=st.integers(0, 5), beats=st.sampled_from([1, 8]))
    def a_broadcast_is_replayed(self, index: int, beats: int) -> None:
        """Repeat an earlier broadcast with nothing new in between."""
        for _ in range(beats):
            self.time_passes(5)
            if index < len(self.old):
                self.watch(self.bed.agent.collective(hidden(self.old[index]), self.bed.now_ns))

    @rule(
        quality=st.sampled_from([0.0, 0.39, 0.45, 0.5, 1.0, 1.0, NAN]),
        broken=st.sampled_from([False, False, False, True]),
        sampling=st.sampled_from([True, True, True, False]),
    )
    def the_signal_changes(self, quality: float, *, broken: bool, sampling: bool) -> None:
        """Change the signal: better, worse, NaN or none; the daemon does not notice."""
        source = self.bed.source
        source.quality, source.hard = quality, "nonfinite" if broken else ""
        source.features_db = np.full(12, NAN if broken else 12.0, dtype=np.float32)
        self.bed.sampling = source.flows = sampling
        self.the_daemon_grants(4, 0.15)

    @rule(
        dreamscape=st.sampled_from(["night", "day"]),
        ceiling=st.sampled_from([0.05, 0.15, 1.0, NAN]),
        renewed=st.booleans(),
    )
    def it_is_assigned(self, dreamscape: str, ceiling: float, *, renewed: bool) -> None:
        """An assignment, now and then under a newer term."""
        self.term += renewed
        assign = assignment(
            dreamscape=dreamscape, ceiling=ceiling, cap=0.2, assignment=self.bed.counter + 1, term=self.term
        )
        self.watch(self.bed.agent.command(self.bed.command(assign), self.bed.now_ns))
        if self.bed.status is not None and self.bed.status.outcomes[-1].refused == "":
            heard = self.highest.get(dreamscape, (0, 0))
            self.highest[dreamscape] = max(heard, (assign.term, 0))
            self.assign, self.bed.hall = assign, Hall(assign)
            self.bed.hall.tick = self.highest[dreamscape][1]
            self.grants.clear()

    @rule(how=st.sampled_from(["release", "release", "button", "command", "order", "jump"]))
    def it_is_let_go(self, how: str) -> None:
        """Every sever from outside the broadcast."""
        bed = self.bed
        effects: list[Effect] = []
        if how == "release":
            effects = bed.agent.command(bed.command(Release("r")), bed.now_ns)
        elif how == "button":
            effects = bed.agent.button("distress", bed.now_ns)
        elif how == "command":
            effects = bed.agent.command(bed.command(WakePod("w", "ann")), bed.now_ns)
        elif how == "order":
            order = WakeOrder("w", bed.counter, WakeScope.POD, "bed-1", "ann", "w", 0, lifted=False)
            effects = bed.agent.wake_order(order, bed.now_ns)
        else:
            probe = bed.clock.probe(bed.now_ns, 1 + bed.counter)
            effects = bed.agent.clock_answer(bed.answered(probe, OFFSET_S + 5), bed.now_ns)
        self.watch(effects)
        if how != "order":
            self.grants.clear()

    @rule()
    def the_sleeper_unlatches(self) -> None:
        """The one act that lifts a latch."""
        lifted = WakeOrder("w", self.bed.counter, WakeScope.POD, "bed-1", "ann", "w", 0, lifted=True)
        self.watch(self.bed.agent.wake_order(lifted, self.bed.now_ns))
        self.watch(self.bed.agent.unlatch(self.bed.now_ns))

    @rule(up=st.booleans())
    def the_link_changes(self, *, up: bool) -> None:
        """Down or up."""
        self.watch(self.bed.agent.link(up, self.bed.now_ns))

    # The invariants.

    @invariant()
    def holds(self) -> None:
        """No share without a valid grant to this pod, none above the least limit, none while latched."""
        share = self.rendered()
        assert 0.0 <= share <= CONSENT
        assert share <= self.allowed() + 1e-9, "rendered without a living permission"
        if self.latched_ns is not None:
            assert share == 0.0, "a latch is zero in its own call"
        if self.bad_pulses > BAD_WITHIN_PULSES:
            assert share == 0.0, "own evidence is zero at its hop"

    def good(self) -> bool:
        """Whether any reading of the rules allows the signal."""
        source = self.bed.source
        return self.bed.sampling and source.quality >= 0.4 and not source.hard


TestPod = Pod.TestCase
TestPod.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking a night takes minutes; the steps are printed
    suppress_health_check=[HealthCheck.too_slow],
)
