"""One sleeper's merging: permission, own limits, dose, coupling and blend, combined.

The parts are pure and independent of each other; their order is here. A permission reaches the coupling only
while guard and dose allow. Every sever does three things at once, in one place (`sever`): the coupling moves,
the permission is dropped, the guard forgets earlier grants. So nothing decided before a zero can raise the
share after it. Only then are cues, stores and events made, in that order.

The renderer gets a cue at every pulse while there is feedback to render: the share, or at zero the own state.
A sever is one cue, zero within 50 ms, and the renderer performs the cosine; no other cue is given until its
end. While the signal is untrusted or a latch holds, no cue is given and the renderer falls silent by itself.
"""

from math import isfinite
from typing import Final, assert_never

import numpy as np

from dreamedge.core.merging.coupling import SEVER_FADE_NS, Coupling, State, limits_of
from dreamedge.core.merging.cue import SILENT_AFTER_S, Cue
from dreamedge.core.merging.dose import Dose
from dreamedge.core.merging.effects import Effect, Feel, KeepLatch, Listen, Render, StopListening
from dreamedge.core.merging.event_reporter import EventReporter
from dreamedge.core.merging.feedback import Blend
from dreamedge.core.merging.guard import Fault, Guard
from dreamedge.core.merging.stored_sever import StoredSeverState
from dreamedge.core.merging.tether import Granted, Reason, Refused, Tether, Zeroed
from dreamwire.messages import Assign, Broadcast, Floats, Modality, PodEventKind, StoredSever

_MS: Final = 1e-6
_FADE_MS: Final = SEVER_FADE_NS * _MS
SILENT_NS: Final = round(SILENT_AFTER_S * 1e9)


class MergeController:
    """The merge of one sleeper, from permission to share."""

    def __init__(
        self,
        events: EventReporter,
        tether: Tether,
        size: int,
        ceiling: float,
        latched: str,
        severed: StoredSever | None,
    ) -> None:
        self.guard = Guard()
        self._events = events
        self._size = size
        self._consent = ceiling
        self._tether = tether
        self._coupling = Coupling(latched=bool(latched))
        self._dose = Dose()
        self._top = 0.0
        self._latched, self._also_latched = latched, ""
        self._stored = StoredSeverState(severed)
        self._blend: Blend | None = None
        self._modalities: frozenset[Modality] | None = None
        self._over_ns, self._cued_ns, self._told = 0, 0, False
        self._unheard: Granted | None = None
        self._latency_ms: float | None = None
        self._shown: tuple[Floats, float] | None = None
        self._words: tuple[Effect, ...] = ()

    @property
    def assigned(self) -> Assign | None:
        """The assignment, or None."""
        return self._tether.assigned

    @property
    def latched(self) -> str:
        """The cause of the latch, or empty."""
        return self._latched

    @property
    def severed(self) -> StoredSever | None:
        """The zero that severed this sleeper, until a later assign."""
        return self._stored.sever

    @property
    def state(self) -> State:
        """The state of the coupling."""
        return self._coupling.state

    @property
    def fading(self) -> bool:
        """Whether the share is falling to zero."""
        return self._coupling.fading

    @property
    def rising(self) -> bool:
        """Whether the share is rising."""
        return self._coupling.rising

    @property
    def heard(self) -> tuple[int, int]:
        """The highest (term, tick) of the present cohort; (0, 0) without one."""
        assign = self.assigned
        return self._tether.heard(assign.dreamscape, assign.cohort) if assign else (0, 0)

    @property
    def home(self) -> bool:
        """Whether the share of the others is zero and no assignment is held."""
        return self.assigned is None and self.state in (State.ALONE, State.LATCHED)

    def listening(self) -> list[Effect]:
        """The subscription to the cohort's broadcast, while assigned."""
        assign = self.assigned
        return [Listen(assign.dreamscape, assign.cohort)] if assign else []

    def applied(self, now_ns: int) -> float:
        """The share of the others rendered at `now_ns`, 0..1."""
        return self._coupling.share_at(now_ns)

    # Grants from the daemon.

    def assign(self, assign: Assign, now_ns: int, anchor: Floats | None = None) -> list[Effect]:
        """Accept a valid assignment, from zero; a present one is severed first. anchor: see `Tether`."""
        effects = self.sever("reassigned", now_ns) if self.assigned else []
        if self.applied(now_ns) > 0.0:
            effects += self._feel(0.0, now_ns)  # end of the old blend: the new one has no others yet
        if not self._tether.accept(assign, anchor):
            raise ValueError(f"term {assign.term} is older than one heard: not to be assigned")
        self._blend = Blend(assign)
        self._modalities = assign.modalities
        self._coupling.limit(limits := limits_of(assign, self._consent))
        self._top = limits.top
        self._dose.begin(assign.dose_left_min, assign.dose_limit_min, now_ns, whole=assign.anchor)
        self._over_ns = now_ns + round(assign.seconds_left * 1e9)
        self.guard.renew()
        return [*effects, *self._stored.forget(), Listen(assign.dreamscape, assign.cohort)]

    def leave(self) -> list[Effect]:
        """Give up the assignment; a running fade continues."""
        if self.assigned is None:
            return []
        self._tether.release()
        return [StopListening()]

    def excuse(self, term: int, tick: int) -> list[Effect]:
        """Read the daemon's zeros from this tick on as its planned stop; see `stored_sever`."""
        return self._stored.excuse(self.assigned, term, tick)

    def hear(self, collective: Broadcast, now_ns: int) -> list[Effect]:
        """Judge a broadcast and follow it."""
        return self._stalled(now_ns) + self._heed(collective, now_ns)

    def _heed(self, collective: Broadcast, now_ns: int) -> list[Effect]:
        judged = self._tether.judge(collective, now_ns)
        match judged:
            case Granted():
                return self._follow(judged, now_ns)
            case Zeroed():
                heard = (judged.term, judged.tick)
                return self.sever(
                    judged.cause, now_ns, evidence_ns=judged.evidence_ns, keep=True, heard=heard
                )
            case Refused():
                routine = judged.reason in (Reason.UNANSWERED, Reason.NOBODY_ELSE)
                return [] if routine else self._events.refused("broadcast", judged.reason.value, now_ns)
            case _:
                assert_never(judged)

    def _follow(self, granted: Granted, now_ns: int) -> list[Effect]:
        if not (self.guard.allows and self._dose.allows):
            self._tether.revoke()
            return []
        if self._blend is None or not self._coupling.grant(granted.coupling, now_ns):
            return []
        self.guard.granted(self._coupling.target(granted.coupling), self._tether.until_ns)
        self._blend.others(granted)
        self._unheard = granted
        return self.play(now_ns) if self._coupling.share_at(now_ns) > 0.0 else []

    # Reasons for zero.

    def sever(
        self,
        cause: str,
        now_ns: int,
        *,
        evidence_ns: int = 0,
        own: bool = False,
        keep: bool = False,
        heard: tuple[int, int] | None = None,
        detail: str = "",
        latch: bool = False,
    ) -> list[Effect]:
        """Go to zero now. own: by the pod's own evidence; keep: store it, if the share was above zero."""
        share, drawn = self.applied(now_ns), self._coupling.hastened
        merged = self._coupling.state is State.MERGED and self._told
        (self._coupling.latch if latch else self._coupling.sever)(now_ns)
        self._tether.revoke()
        self.guard.zeroed()
        self._unheard = None
        effects: list[Effect] = []
        if (share > 0.0 or latch) and not drawn:
            effects.append(Render(self._cue(0.0, now_ns, _FADE_MS)))
        if latch:
            self._latched = self._latched or cause
            effects.append(KeepLatch(self._latched))
        assign = self.assigned
        term, tick = heard or self.heard
        if keep and share > 0.0 and assign is not None:
            effects += self._stored.store(assign, (term, tick), cause)
        if merged:
            evidence_ns = evidence_ns or now_ns
            effects += self._events.severed(
                assign, now_ns, cause, evidence_ns=evidence_ns, own=own, heard=(term, tick), detail=detail
            )
        assert self._coupling.state is not State.MERGED, "zero is zero"
        return effects

    def fault(self, fault: Fault, now_ns: int) -> list[Effect]:
        """Act on the pod's own evidence; reported as a malfunction if the pod was not merged."""
        merged = self._coupling.state is State.MERGED and self._told
        effects = self.sever(
            fault.cause,
            now_ns,
            evidence_ns=fault.evidence_ns,
            own=True,
            keep=True,
            detail=fault.detail,
        )
        if merged or self.assigned is None:
            return effects
        told = self._events.malfunction(
            self.assigned, now_ns, fault.cause, evidence_ns=fault.evidence_ns, detail=fault.detail
        )
        return effects + told

    def latch(self, cause: str, now_ns: int, detail: str = "", evidence_ns: int = 0) -> list[Effect]:
        """Go to zero, stay there until the sleeper's own act, and end the assignment."""
        if self._latched and cause in (self._latched, self._also_latched):
            return []
        assign, self._also_latched = self.assigned, cause if self._latched else ""
        effects = self.sever(cause, now_ns, detail=detail, latch=True, evidence_ns=evidence_ns)
        effects += self._events.fact(PodEventKind.LATCHED, assign, now_ns, cause, detail, evidence_ns)
        return effects + self.leave()

    def unlatch(self, now_ns: int) -> list[Effect]:
        """Lift the latch: the sleeper's own act."""
        if not self._latched:
            return []
        cause, self._latched = self._latched, ""
        self._coupling.unlatch()
        told = self._events.fact(PodEventKind.UNLATCHED, None, now_ns, cause)
        return [KeepLatch(""), *told]

    def check_deadlines(self, now_ns: int) -> list[Effect]:
        """Check what ends by itself: merge-minutes, samples, the assignment's time."""
        effects = [*self._stalled(now_ns), *self._measure(now_ns)]
        for fault in (self.guard.silence(now_ns), self.guard.renderer_fault(now_ns)):
            effects += self.fault(fault, now_ns) if fault else []
        if self.assigned is not None and not now_ns < self._over_ns:
            effects += self.sever("time-over", now_ns) + self.leave()
        return effects

    def _measure(self, now_ns: int) -> list[Effect]:
        """Charge the dose; sever at the limit, and warn at four fifths of it."""
        self._dose.live(max(self.applied(now_ns), self.guard.device_share), now_ns)
        if self._coupling.state is not State.MERGED:
            return []
        if not self._dose.allows:
            return self.sever("exposure", now_ns, keep=True, detail=self._dose.told)
        warning = self._dose.warning()
        return self._events.warned(self.assigned, now_ns, "exposure", warning) if warning else []

    def needed_ns(self) -> int:
        """When time alone may next decide something here: see `Agent.needed_ns`."""
        if self._unheard is not None or self._coupling.fading:
            return 0
        silent_ns = self.guard.silent_ns
        at_ns = silent_ns if self._tether.assigned is None else min(silent_ns, self._over_ns)
        if self._coupling.state is not State.MERGED:
            return at_ns
        return min(at_ns, self._tether.until_ns, self._cued_ns + SILENT_NS // 2, self._dose.due_ns(self._top))

    # Frames and rendering.

    def own(self, x: Floats) -> None:
        """Take the newest own state, float32[D], shared scale."""
        if self._blend is not None and self.guard.steady:
            self._blend.own(x)

    def sent(self, seq: int, captured_ns: int, now_ns: int, x: Floats, instant: int) -> None:
        """Keep a sent frame that a broadcast may answer."""
        self._tether.sent(seq, captured_ns, now_ns, x, instant)

    def check(self, now_ns: int) -> list[Effect]:
        """Check, once a frame, that no more is rendered than was granted."""
        fault = self.guard.frame(self.applied(now_ns), now_ns)
        return self.fault(fault, now_ns) if fault else []

    def play(self, now_ns: int) -> list[Effect]:
        """Advance to `now_ns` and render; an expired lease begins its fade here."""
        told = self._lapse(now_ns)
        alone_ns = self._coupling.advance(now_ns)
        share = self._coupling.share_at(now_ns)
        self._dose.live(max(share, self.guard.device_share), now_ns)
        if alone_ns is not None:
            self._told = False
            told += self._events.alone(now_ns, alone_ns)
            return [*self._drawn(0.0, now_ns), *told]
        if self._coupling.hastened:
            return [*self._feel(share, now_ns), *told]
        if share > 0.0:
            return [*self._drawn(share, now_ns), *told, *self._risen(now_ns)]
        if self.assigned is not None and self.guard.steady and self._blend and self._blend.x is not None:
            return [Render(self._cue(0.0, now_ns)), *told]
        return told

    def draw_on(self, at_ns: int) -> list[Effect]:
        """See `Agent.draw_on`."""
        if not (at_ns > self._cued_ns and self.applied(at_ns) > 0.0):
            return []
        self._cued_ns = at_ns
        return [*self._words[:1]]

    def figures(self, now_ns: int) -> dict[str, float | int | str]:
        """Figures for the journal, once a hop: shares, distance to the others, newest latency."""
        granted = self._tether.living(now_ns)
        figures: dict[str, float | int | str] = {
            "applied": self.applied(now_ns),
            "granted": granted.coupling if granted else 0.0,
            "state": self.state.value,
        }
        distance = self._blend.distance if self._blend and granted else None
        if distance is not None and isfinite(distance):
            figures["distance"] = distance
        if self._latency_ms is not None:
            figures["capture_to_feedback_ms"] = self._latency_ms
            self._latency_ms = None
        return figures

    def _stalled(self, now_ns: int) -> list[Effect]:
        """Handle a stall of this process so long that the renderer fell silent: it was at zero.

        The stamps are those of that instant, not of the resumption, and the ramp starts anew.
        """
        silent_ns = self._cued_ns + SILENT_NS
        if now_ns < silent_ns or not self.applied(now_ns) > 0.0:
            return []
        assign, told, self._told = self.assigned, self._told, False
        self._coupling.silence()
        self._tether.revoke()
        self.guard.zeroed()
        self._unheard = None
        fell, heard = self._cued_ns, self.heard
        effects = (
            self._events.severed(assign, silent_ns, "stalled", evidence_ns=fell, heard=heard) if told else []
        )
        return effects + self._events.alone(now_ns, silent_ns)

    def _lapse(self, now_ns: int) -> list[Effect]:
        if self._coupling.state is not State.MERGED or self._tether.living(now_ns) is not None:
            return []
        told, self._told = self._told, False
        until_ns = min(self._tether.until_ns or now_ns, now_ns)
        captured_ns = self._tether.captured_ns
        self._coupling.lapse(until_ns)
        self._unheard = None
        if not told:
            return []
        assign, heard = self.assigned, self.heard
        return self._events.severed(assign, now_ns, "lease", evidence_ns=captured_ns, heard=heard)

    def _risen(self, now_ns: int) -> list[Effect]:
        granted, self._unheard = self._unheard, None
        if granted is None:
            return []
        self._latency_ms = (now_ns - granted.captured_ns) * _MS
        if self._told:
            return []
        self._told = True
        return self._events.merged(self.assigned, now_ns, granted.captured_ns)

    def _drawn(self, share: float, now_ns: int) -> tuple[Effect, ...]:
        """The cue for this instant and its sensed form. Reuses the last objects if nothing changed."""
        shared = self._blend.at(share, now_ns) if self._blend is not None else None
        if self._blend is None or shared is None:
            return (Render(self._cue(share, now_ns)),)
        self._cued_ns = now_ns
        if self._shown is None or self._shown[0] is not shared or self._shown[1] != share:
            self._shown = shared, share
            self._words = (
                Render(Cue(shared, share, 0.0, self._modalities)),
                Feel(self._blend.felt(shared, share)),
            )
        return self._words

    def _cue(self, share: float, now_ns: int, fade_ms: float = 0.0) -> Cue:
        self._cued_ns = now_ns
        shared = self._blend.at(share, now_ns) if self._blend is not None else None
        if shared is None:
            return Cue(np.zeros(self._size, dtype=np.float32), 0.0, fade_ms, self._modalities)
        return Cue(shared, share, fade_ms, self._modalities)

    def _feel(self, share: float, now_ns: int) -> list[Effect]:
        shared = self._blend.at(share, now_ns) if self._blend is not None else None
        return [] if self._blend is None or shared is None else [Feel(self._blend.felt(shared, share))]
