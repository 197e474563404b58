"""The runner of one bed: the agent decides, the runner acts. Its parts are passed in.

Order of one pulse: samples first, then the renderer's share, then the agent's own step, so that a decision
always rests on the newest evidence. Effects are carried out in the given order. A zero is first among them,
and no step waits for a disk, a socket or a reader.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from dreamedge.core.agent import Agent
from dreamedge.core.audit_witness import AuditWitness, Witnessed
from dreamedge.core.clock import SessionClock
from dreamedge.core.merging.effects import (
    AskClock,
    AtTheBed,
    Effect,
    Feel,
    Forget,
    KeepLatch,
    KeepSever,
    KeepWoken,
    Listen,
    Note,
    Render,
    SendEvent,
    SendFrame,
    SendStatus,
    StopListening,
    WakeSleeper,
)
from dreamedge.core.merging.held_consents import KeepConsents
from dreamedge.ports.button import Button, ButtonLost, ButtonReturned, Pressed
from dreamedge.ports.implant import Implant
from dreamedge.ports.journal import Journal
from dreamedge.ports.light import Light, LightState
from dreamedge.ports.link import Arrival, Connected, Disconnected, Heard, Link, Message, Unheard
from dreamedge.ports.pod_store import PodStore
from dreamedge.ports.recorder import Recorder
from dreamedge.ports.renderer import Renderer
from dreamwire.buggify import buggify
from dreamwire.messages import (
    ClockProbe,
    Collective,
    Command,
    DaemonPresence,
    EncryptedCollective,
    PodEvent,
    PodEventKind,
    WakeOrder,
)

PULSE_NS: Final = 50_000_000
LATE_NS: Final = 500_000_000
"""A pulse this late is reported: by then a renderer has fallen silent by itself."""

NowNs = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a bed. `clock` is the agent's own; recorder, button and light are None without one."""

    pod: str
    agent: Agent
    clock: SessionClock
    implant: Implant
    renderer: Renderer
    link: Link
    keep: PodStore
    journal: Journal
    now_ns: NowNs
    recorder: Recorder | None = None
    button: Button | None = None
    light: Light | None = None
    witness: AuditWitness = field(default_factory=AuditWitness)


class PodRunner:
    """Carries out the agent's decisions, and passes events on to it."""

    def __init__(self, parts: Parts) -> None:
        self.pod = parts.pod
        self.link = parts.link
        self._parts = parts
        self._agent = parts.agent
        self._clock = parts.clock
        self._lag_ns = int(1.5e9 / parts.implant.montage.rate_hz) + 1_000_000
        self._left: bytes | None = None
        self._disk_failure_told = False
        self._recording_failure_told = False
        self._renderer_failed = ""
        self._onset_told, self._notes_told = False, 0
        self.connected = False
        self._why_not: str | None = None
        self._latched = False
        self._daemon: tuple[bool, str] | None = None

    def now_ns(self) -> int:
        """CLOCK_BOOTTIME of this bed's machine."""
        return self._parts.now_ns()

    @property
    def recording_over(self) -> bool:
        """Whether the recording has ended as planned: no further sample will come."""
        return self._parts.implant.ended

    @property
    def at_home(self) -> bool:
        """Whether the share is zero, no assignment is held, and the daemon knows that the pod has left."""
        return self._agent.home and self._left is None

    def pulse(self, now_ns: int) -> None:
        """Do everything that is due at `now_ns`."""
        implant, agent = self._parts.implant, self._agent
        block = implant.read(now_ns)
        if block is not None:
            self._act(agent.samples(block, now_ns), now_ns)
            if self._parts.recorder:
                self._parts.recorder.record_block(block.original or block)
        if implant.onset_ns:
            self._tell_onset(implant.onset_ns)
        renderer, keep = self._parts.renderer, self._parts.keep
        if renderer.failed != self._renderer_failed:
            self._tell_renderer(renderer.failed)
        agent.rendered(renderer.share_at(now_ns), renderer.failed)
        self._act([*agent.stored(keep.consents_kept, keep.failed, now_ns), *agent.pulse(now_ns)], now_ns)
        self._show_light(now_ns)

    def next_pulse_ns(self, now_ns: int) -> int:
        """The next 50 ms step of the session clock, plus 1.5 sample periods for its samples to arrive."""
        clock, lag_ns = self._clock, self._lag_ns
        session_ms = clock.session_ms(now_ns - lag_ns)
        if session_ms is None:
            return now_ns + PULSE_NS
        # A millisecond of slack: a pulse that came a rounding error early must not be repeated.
        steps = int((session_ms + 1.0) * 1e6 // PULSE_NS) + 1
        next_ns = clock.monotonic_ns(steps * PULSE_NS / 1e9) + lag_ns
        return next_ns if next_ns > now_ns else now_ns + 1

    def draw_on(self, at_ns: int) -> None:
        """Apply the lasting results of a pulse at `at_ns`, earlier than the newest arrival."""
        block = self._parts.implant.read(at_ns)
        if block is not None:
            self._act(self._agent.samples(block, at_ns), at_ns)
        self._act(self._agent.draw_on(at_ns), at_ns)

    def needed_ns(self) -> int:
        """Until then pulses only continue a ramp, unless a message arrives; see the agent's method."""
        return self._agent.needed_ns()

    @property
    def rising(self) -> bool:
        """Whether each pulse renders a different share from the one before."""
        return self._agent.rising

    def late(self, by_ns: int) -> None:
        """Journal that a pulse was this late."""
        self.note("late", {"late_ms": by_ns / 1e6})

    def hear(self, arrivals: Iterable[Arrival]) -> None:
        """Process the link's arrivals."""
        for arrival in arrivals:
            now_ns = self._parts.now_ns()
            match arrival:
                case Heard():
                    self._act(self._heard(arrival.message, arrival.at_ns, now_ns), now_ns)
                case Unheard():
                    self._act(self._unheard(arrival, now_ns), now_ns)
                case Connected():
                    self.connected = True
                    self.note("connected", {})
                    self._act(self._agent.link(True, now_ns), now_ns)  # noqa: FBT003 - the agent's own word
                case Disconnected():
                    self._lost(arrival.why)
                    self._act(self._agent.link(False, now_ns), now_ns)  # noqa: FBT003 - the agent's own word
                case _:
                    assert_never(arrival)

    def press(self, button: str, pressed_ns: int = 0) -> None:
        """The sleeper's button, or the bed's gate (arousal). pressed_ns: when it was pressed; 0: now."""
        now_ns = self._parts.now_ns()
        with self._parts.keep.pressing(button):
            self._act(self._agent.button(button, now_ns, min(pressed_ns, now_ns)), now_ns)
        self._show_light(now_ns)

    async def heed_button(self) -> None:
        """Act on each press of the bed's own button at once; never returns."""
        button = self._parts.button
        if button is None:
            await asyncio.Event().wait()
            return
        while True:
            await button.stirred()
            for event in button.events():
                match event:
                    case Pressed(action, at_ns):
                        self.press(action, at_ns)
                        self.note("pressed", {"action": action, "pressed_ns": at_ns})
                    case ButtonLost(why):
                        self.note("button-lost", {"why": why})
                    case ButtonReturned():
                        self.note("button-returned", {})
                    case _:
                        assert_never(event)

    def leave(self, reason: str) -> None:
        """Go to zero now and notify the daemon; safe to call twice."""
        now_ns = self._parts.now_ns()
        self._act(self._agent.end(reason, now_ns), now_ns)

    def look_after(self, cpu: float, rss_kib: int) -> None:
        """Once a second: the sleeper's own unlatch, the load, the disk's health."""
        now_ns = self._parts.now_ns()
        self._agent.loaded(cpu, rss_kib)
        if self._parts.keep.unlatch_asked():
            self._act(self._agent.unlatch(now_ns), now_ns)
        if self._parts.keep.failed and not self._disk_failure_told:
            self._disk_failure_told = True
            self.note("disk-failed", {"why": self._parts.keep.failed})
        self._tell_recording()
        self._tell_notes()
        for trouble in self._parts.light.troubles() if self._parts.light else ():
            self.note("light-lost" if trouble else "light-returned", {"why": trouble} if trouble else {})

    def note(self, kind: str, values: dict[str, float | int | str]) -> None:
        """Write a line to the journal."""
        self._parts.journal.note(self._parts.now_ns(), self.pod, kind, values)

    def close(self) -> None:
        """Silence the device, then release everything; safe to call twice."""
        self._parts.renderer.close()
        if self._parts.light:
            self._parts.light.close()
        if self._parts.button:
            self._parts.button.close()
        self._parts.implant.close()
        self._parts.keep.close()
        if self._parts.recorder:
            self._parts.recorder.close()
        self._tell_recording()

    def _show_light(self, now_ns: int) -> None:
        """Show what the renderer really gives: coupled while there is any share, whatever was decided."""
        if self._parts.light is None:
            return
        alone = self._parts.renderer.share_at(now_ns) <= 0.0
        resting = LightState.LATCHED if self._latched else LightState.ALONE
        self._parts.light.show(resting if alone else LightState.COUPLED)

    def _tell_onset(self, onset_ns: int) -> None:
        """Record the onset of an injected malfunction: stamps use it, and the journal gets it once."""
        self._agent.onset(onset_ns)
        if not self._onset_told:
            self._onset_told = True
            self.note("onset", {"onset_ns": onset_ns})

    def _tell_renderer(self, failed: str) -> None:
        self._renderer_failed = failed
        self.note("renderer-failed" if failed else "renderer-back", {"why": failed})

    def _tell_recording(self) -> None:
        """Journal once that recording has stopped."""
        recorder = self._parts.recorder
        if recorder and recorder.failed and not self._recording_failure_told:
            self._recording_failure_told = True
            self.note("recording-failed", {"why": recorder.failed})

    def _tell_notes(self) -> None:
        """Journal what the implant has found since the last look."""
        notes = self._parts.implant.notes
        for found in notes[self._notes_told :]:
            self.note("finding", {"code": found.code, "sentence": found.sentence})
        self._notes_told = len(notes)

    def _mark(self, text: str, at_ns: int = 0) -> None:
        """Mark an event in the recording: a kind and a cause, never a name. at_ns: its moment, 0: now."""
        if self._parts.recorder:
            self._parts.recorder.mark(text, at_ns or self._parts.now_ns())

    def _mark_event(self, event: PodEvent) -> None:
        """Mark an event of the tether at the pod's own stamp of it, not at that of its report."""
        at_ns = event.alone_ns if event.kind is PodEventKind.ALONE else event.zero_ns
        self._mark(f"{event.kind.name.lower()} {event.cause}".rstrip(), at_ns)
        if event.kind is PodEventKind.LATCHED and event.cause == "withdraw":
            self._mark("withdrawn", at_ns)

    def _lost(self, why: str) -> None:
        """Journal a lost connection, and failed attempts once per reason."""
        if self.connected:
            self.note("disconnected", {"why": why})
        elif why != self._why_not:
            self.note("unreachable", {"why": why})
        self._why_not = None if self.connected else why
        self.connected = False

    def _heard(self, message: Message, at_ns: int, now_ns: int) -> list[Effect]:
        match message:
            case Collective() | EncryptedCollective():
                return self._agent.collective(message, now_ns)
            case Command():
                return self._agent.command(message, now_ns)
            case ClockProbe():
                return self._agent.clock_answer(message, at_ns)
            case WakeOrder():
                return self._agent.wake_order(message, now_ns)
            case DaemonPresence():
                return self._daemon_says(message)
            case _:
                assert_never(message)

    def _daemon_says(self, here: DaemonPresence) -> list[Effect]:
        """Journal the daemon's presence and a checkpoint that contradicts; keep its newest checkpoint."""
        told: list[Effect] = []
        if (here.online, here.instance) != self._daemon:
            self._daemon = here.online, here.instance
            told.append(Note("daemon", {"online": int(here.online), "instance": here.instance}))
        if here.checkpoint:
            witness = self._parts.witness
            before, why = witness.kept, witness.see(Witnessed(here.checkpoint, here.at_ms))
            if witness.kept is not None and witness.kept is not before:
                self._parts.keep.witness(witness.kept)
            if why:
                told.append(Note("audit-contradicted", {"why": why, "instance": here.instance}))
        return told

    def _unheard(self, refused: Unheard, now_ns: int) -> list[Effect]:
        match refused.kind:
            case "collective":
                return self._agent.broadcast_refused(refused.reason, now_ns)
            case "command":
                return self._agent.command_refused(refused.reason, now_ns)
            case _:
                return [Note("refused", {"what": refused.kind, "reason": refused.reason})]

    def _act(self, effects: list[Effect], now_ns: int) -> None:
        for effect in effects:
            if isinstance(effect, Render):
                self._parts.renderer.render(effect.cue, now_ns)
            elif isinstance(effect, Feel):
                self._parts.implant.feel(effect.felt, now_ns)
            elif isinstance(effect, SendFrame):
                self.link.frame(effect.dreamscape, effect.cohort, effect.frame, own=effect.own)
            elif isinstance(effect, AtTheBed):
                self._act_here(effect, now_ns)
            else:
                self._say(effect)

    def _act_here(self, effect: AtTheBed, now_ns: int) -> None:
        """Effects at the bed itself, besides rendering."""
        match effect:
            case KeepLatch(cause):
                self._parts.keep.latch(cause)
            case KeepSever(severed):
                self._parts.keep.sever(severed)
            case KeepWoken(wakes):
                self._parts.keep.woken(wakes)
            case KeepConsents(held, number):
                self._parts.keep.consents(held, number)
            case WakeSleeper(reason, issuer):
                self.note("wake", {"reason": reason, "issuer": issuer})
                self._mark("woken", now_ns)
            case Note("link"):
                pass  # journaled as connected and disconnected, with the reason
            case Note(kind, values):
                if kind == "calibrated":
                    self._mark(kind)
                self._parts.journal.note(now_ns, self.pod, kind, values)
            case _:
                assert_never(effect)

    def _say(self, effect: SendStatus | SendEvent | Forget | AskClock | Listen | StopListening) -> None:
        """Effects that concern the daemon, besides frames."""
        match effect:
            case SendStatus(status):
                self._latched = bool(status.latched)
                if not buggify("status-not-sent"):
                    self.link.status(replace(status, log_contradiction=self._parts.witness.contradiction))
            case SendEvent(event):
                if event.kind is PodEventKind.LEFT:
                    self._left = event.id
                self._parts.keep.event(event)
                self.link.event(event)
                self._mark_event(event)
            case Forget(ids):
                self._left = None if self._left in ids else self._left
                self._parts.keep.forget(ids)
                self.link.forget(ids)
            case AskClock(probe):
                self.link.probe(probe)
            case Listen(dreamscape, cohort):
                self.link.listen(dreamscape, cohort)
            case StopListening():
                self.link.stop_listening()
            case _:
                assert_never(effect)
