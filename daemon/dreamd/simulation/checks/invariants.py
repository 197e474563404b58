"""The invariant checker: rules that must hold after every event, checked from outside by a model of its own.

It sees every message sent, received or broadcast and the share that each device renders, and takes no
process's word for it. After an event it checks only what that event could have changed.

Rules
- tether: a device renders a share only while its process holds an answer to a frame of its own, captured less
  than lease + fade ago, at the highest term it has received, in a slot that was given to it.
- latch: a latched pod renders nothing but the end of its fade.
- excluded: a pod that was severed, latched or has left is in no later collective. It is granted nothing
  before the shortest way back that the design names could be over.
- slot: a grant stands only in a slot that this daemon has assigned.
- bound: an injected malfunction is at zero within its bound, and stays there while it lasts.
- cause: every trip names its cause and its evidence.
- nothing: no untouched pod is severed for a cause that only a person or a device can have, and no Dreamscape
  for more sleepers than were touched; in a calm world no pod is severed at all; no untouched group is halved.
- committed: a pod that is given a slot has a seat, a term and a mark in the ledger before that.
- one-pod: one pseudonym lies in one pod.
- ended: no bed holds a seat in a Dreamscape that has ended.
- withdrawn: a sleeper that withdrew at the pod is given no slot by a daemon that knows, until a new grant.
- dose: no sleeper lives more merge-minutes than the limit, whatever daemon, pod or network do.
- metrics: by the daemon's metrics, at most as many pods as were touched render more than was granted.
- restored: on a copy of the ledger no pod gets a slot before its sleeper is checked in anew (`excluded`).
- exposure: in the end at least as much is charged as a device has rendered; an open mark counts as charged.
- free-always: no way out is refused, and it sets to zero in time (`free_always`).
- granted, clause: no coupling without a written grant in force, above it, or above a clause (`grant_watch`).
- barred: no sleeper is bound in a bed that is paused or revoked (`credentials`).
- held, paused, berth, invited: of cases, moratoria, berths of the exchange, acceptances (`*_watch`).
- one-owner, terms, moved, takeover: of the lease of a house (`house_watch`).
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Final

import numpy as np

from dreamd.app.dreamscapes.drivers.pod_events import NO_TRIP
from dreamd.core.dreamscapes.views import DreamscapeState, Event
from dreamd.core.safety.causes import Cause, Kind, cause_named, kind_of
from dreamd.simulation.checks.bounds import (
    BACK_AFTER_FAULT_S,
    BACK_AFTER_WAY_S,
    FADE_NS,
    HOP_NS,
    LEASE_NS,
    PERMIT_NS,
    SCORED_S,
    SILENT_NS,
    TIMER_NS,
)
from dreamd.simulation.checks.breaker_model import COUNTED, BreakerModel
from dreamd.simulation.checks.credentials import CredentialWatch
from dreamd.simulation.checks.free_always import FreeAlways
from dreamd.simulation.checks.grant_watch import GrantWatch
from dreamd.simulation.checks.hold_watch import HoldWatch
from dreamd.simulation.checks.house_watch import HouseWatch, handed_over
from dreamd.simulation.checks.rendered_exposure import RenderedExposure, sleeper_of
from dreamd.simulation.checks.stuck_devices import StuckDevices
from dreamd.simulation.checks.violations import Bar, JournalLine, Permit, Violation, committed, failed, over
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.schedule import MS_NS, SECOND_NS, Schedule
from dreamwire import messages
from dreamwire.messages import Assign, Collective, Command, PodEvent, PodEventKind, WakeOrder, WakeScope

CROWD_ACTS: Final = ("coupling-halved", "group-severed")
ACTS_MAX, VIOLATIONS_MAX, ALIKE_MAX = 1_000, 20, 2
SLACK_MIN: Final = 1e-3
FOREVER_S: Final = float("inf")


class InvariantChecker:
    """Follows the world by a model of its own and records each violation."""

    def __init__(
        self,
        schedule: Schedule,
        storage: LedgerStorage,
        limits_min: Mapping[str, float],
        pods: Sequence[ObservedPod],
    ) -> None:
        """pods: the list of the world, which grows. limits_min: merge-minutes by pseudonym."""
        self._schedule = schedule
        self._storage = storage
        self._pods = pods
        self.violations: list[Violation] = []
        self.severs: Counter[str] = Counter()
        self.touched: set[str] = {f"bed-{sleeper.rpartition('-')[2]}" for sleeper in limits_min}
        self.calm, self.innocent, self.checks = True, False, 0
        self.acts: deque[tuple[float, str]] = deque(maxlen=ACTS_MAX)
        self.trace: Callable[[str], None] = lambda _line: None
        self.on_journal_line: Callable[[JournalLine], None] = lambda _line: None
        self._permits: dict[tuple[int, int], Permit] = {}
        self._latched: dict[int, int] = {}
        self._due_ns: dict[int, tuple[int, str]] = {}
        self._terms: dict[tuple[str, int, int], ObservedDaemon] = {}
        self._bars: dict[tuple[int, str], Bar] = {}
        self.forgotten = self._renewing = False
        self.trips, self.stuck_devices = BreakerModel(storage, pods), StuckDevices(schedule, self.violated)
        self.free_always = FreeAlways(schedule, self.violated)
        self.credentials = CredentialWatch(schedule, storage, self.violated)
        self._silenced: set[tuple[int, str]] = set()
        self._events: set[tuple[int, bytes]] = set()
        self._wake_revision: dict[int, int] = {}
        self._wakes: set[tuple[int, int]] = set()
        self._withdrawn: set[tuple[int, str]] = set()
        self._exposure = RenderedExposure(schedule, storage, limits_min, pods)
        self.grants = GrantWatch(storage, self.violated, self._exposure.lived_min)
        self.holds = HoldWatch(storage, self.violated)
        self.house = HouseWatch(schedule, storage, self.violated, pods)

    def violated(self, rule: str, subject: str, text: str) -> None:
        """Record a violation, the first few of a rule and subject."""
        alike = sum(v.rule == rule and v.subject == subject for v in self.violations)
        if alike < ALIKE_MAX and len(self.violations) < VIOLATIONS_MAX:
            self.violations.append(Violation(self._schedule.now_s, rule, subject, text))

    # -- what pods hear and render ----------------------------------------------------------------

    def pod_booted(self, pod: ObservedPod) -> None:
        """A process begins: nothing permits it anything."""
        self._permits[pod.number, pod.disk.starts] = Permit()

    def collective_received(self, pod: ObservedPod, collective: Collective) -> None:
        """A pod's process receives a broadcast: update its permit."""
        permit = self._permits[pod.number, pod.disk.starts]
        self.credentials.message_arrived(pod)
        key = (collective.dreamscape, collective.cohort)
        if not (collective.term, collective.tick) > permit.heard.get(key, (0, 0)):
            return
        permit.heard[key] = (collective.term, collective.tick)
        daemon = self._terms.get((*key, collective.term))
        held = daemon.held.get((pod.name, pod.incarnation)) if daemon is not None else None
        if held is None:
            return
        now_ns = pod.local_ns()
        for dreamscape, cohort, slot, assignment in held:
            if (dreamscape, cohort) != key or slot >= len(collective.coupling):
                continue
            if collective.coupling[slot] == 0:
                if assignment == pod.newest_assignment:
                    permit.until_ns = min(permit.until_ns, now_ns + FADE_NS)
                continue
            captured_ns = pod.captured(assignment, int(collective.answered[slot]))
            if captured_ns is not None and now_ns - captured_ns < LEASE_NS:
                permit.until_ns = max(permit.until_ns, captured_ns + PERMIT_NS)

    def wake_order_received(self, pod: ObservedPod, order: WakeOrder) -> None:
        """A pod receives a wake order."""
        if not order.revision > self._wake_revision.get(pod.number, 0):
            return
        self._wake_revision[pod.number] = order.revision
        meant = order.scope is WakeScope.FLEET or (order.scope is WakeScope.POD and order.target == pod.name)
        if meant and not order.lifted:
            self.on_latched(pod)

    def command_received(self, pod: ObservedPod, command: Command) -> None:
        """A pod receives a command; an order to wake latches it, a second copy of that order does not."""
        wake = pod.number, command.counter
        if isinstance(command.what, messages.WakePod) and command.pod == pod.name and wake not in self._wakes:
            self._wakes.add(wake)
            self.on_latched(pod)

    def wake_ordered(self, daemon: ObservedDaemon, pod: str) -> None:
        """A daemon was given a wake order for this pod: it is in no later collective."""
        self._bars[daemon.number, pod] = Bar(FOREVER_S, "it was woken")

    def on_latched(self, pod: ObservedPod) -> None:
        """A sleeper pressed a button, or was woken."""
        self._latched.setdefault(pod.number, pod.local_ns())

    def on_unlatched(self, pod: ObservedPod) -> None:
        """The sleeper lifted the latch."""
        self._latched.pop(pod.number, None)

    def on_fault(self, pod: ObservedPod, kind: str, since_ns: int) -> None:
        """An implant fails: at zero within its bound, as long as it lasts."""
        bound_ns = SILENT_NS if kind == "silence" else HOP_NS
        self._due_ns[pod.number] = (since_ns + bound_ns + TIMER_NS + FADE_NS, kind)

    def on_fault_cleared(self, pod: ObservedPod) -> None:
        """The implant works again."""
        self._due_ns.pop(pod.number, None)

    def pod_changed(self, pod: ObservedPod) -> None:
        """Something has happened at this pod: check the share that it renders."""
        self.checks += 1
        now_ns = pod.local_ns()
        share = pod.device.share_at(now_ns)
        self.free_always.rendered(pod, share)
        lived_min, limit_min = self._exposure.rendered(pod, share), self._exposure.limit_min(pod.name)
        if share > 0.0 and not self.forgotten and not lived_min <= limit_min + SLACK_MIN:
            self.violated("dose", pod.name, f"lives {lived_min:.4f} of {limit_min:.4f} min")
        if not share > 0.0 or pod.device.stuck:
            return
        permit = self._permits[pod.number, pod.disk.starts]
        if not now_ns <= permit.until_ns + TIMER_NS:
            late_ms = (now_ns - permit.until_ns) / MS_NS
            self.violated("tether", pod.name, f"renders {share:.4f}, {late_ms:.0f} ms after its permission")
        latched_ns = self._latched.get(pod.number) if self._latched else None
        if latched_ns is not None and not now_ns <= latched_ns + FADE_NS + TIMER_NS:
            self.violated("latch", pod.name, f"renders {share:.4f} while latched")
        due_ns, kind = self._due_ns.get(pod.number, (0, "")) if self._due_ns else (0, "")
        frozen_ns = SILENT_NS + TIMER_NS if pod.stood_still else 0
        if kind and not now_ns <= due_ns + frozen_ns:
            late_ms = (now_ns - due_ns) / MS_NS
            self.violated("bound", pod.name, f"{kind}: renders {share:.4f}, {late_ms:.0f} ms past its bound")

    def check_exposure(self) -> None:
        """At the end everything lived must be charged, unless a restored copy has lost the account."""
        if self.forgotten:
            return
        for name in {pod.name for pod in self._pods}:
            lived_min, charged_min = self._exposure.lived_min(name), self._exposure.charged_min(name)
            if not lived_min <= charged_min + SLACK_MIN:
                self.violated("exposure", name, f"lived {lived_min:.4f} min, {charged_min:.4f} charged")

    def pod_journal_line(
        self, pod: ObservedPod, at_ns: int, kind: str, values: dict[str, float | int | str]
    ) -> None:
        """A line of a pod's journal."""
        self.on_journal_line(JournalLine(at_ns / SECOND_NS, pod.name, kind, values))
        self.trace(f"{self._schedule.now_s:9.3f} {pod.name}#{pod.number} {kind} {values}")
        if values.get("cause") == "actuator":
            self.stuck_devices.found(pod)
        if kind == "severed":
            cause = str(values.get("cause", ""))
            self.severs[cause] += 1
            if not cause:
                self.violated("cause", pod.name, "was severed without a cause")
            self._blame(pod.name, cause, "at the pod")

    def _blame(self, pod: str, cause: str, where: str) -> None:
        named = cause_named(cause)
        personal = kind_of(named) in COUNTED and named not in NO_TRIP
        if personal and pod not in self.touched:
            self.violated("nothing", pod, f"untouched, severed {where} for {cause}")
        elif self.calm and pod not in self.touched and named is not Cause.OPERATOR:
            self.violated("nothing", pod, f"in a calm world, severed {where} for {cause}")

    # -- daemons ------------------------------------------------------------------------------------

    def daemon_started(self, daemon: ObservedDaemon) -> None:
        """A daemon has started: each pod that it finds must be scored before it is granted anything."""
        now_s = self._schedule.now_s
        self.house.house_claimed(daemon)
        for watch in (self.trips, self.grants, self.holds):
            watch.daemon_started(daemon)
        if now_s == 0.0:
            return
        self.credentials.daemon_started(daemon)
        if self._renewing:
            self._renewing = False
            for pod in self._pods:
                self._bars[daemon.number, pod.name] = Bar(FOREVER_S, "the ledger was restored from a copy")
            return
        seated = {pod for record in self._storage.records.values() for _, pod, _ in record.seats}
        for pod in self._pods:
            if pod.name not in seated or handed_over(daemon, pod):
                continue
            severed = pod.disk.severed
            fault = severed is not None and kind_of(cause_named(severed.cause)) in COUNTED
            wait_s = BACK_AFTER_FAULT_S if fault else SCORED_S
            self._bars[daemon.number, pod.name] = Bar(now_s + wait_s, "the daemon has just started")

    def collective_published(self, daemon: ObservedDaemon, collective: Collective) -> None:
        """A daemon broadcasts: no excluded pod may be in it."""
        self.checks += 1
        key = (collective.dreamscape, collective.cohort)
        self._terms[*key, collective.term] = daemon
        granted = np.flatnonzero(collective.coupling)
        if len(granted) and (daemon.number, collective.dreamscape) in self._silenced:
            self.violated("excluded", collective.dreamscape, "couplings above zero after it was severed")
        for slot in {*granted.tolist(), *np.flatnonzero(collective.answered).tolist()}:
            if (holder := daemon.slots.get((*key, slot))) is None:
                self.violated("slot", collective.dreamscape, f"slot {slot} is granted and was never given")
                continue
            self._excluded(daemon, holder[0], granted=bool(collective.coupling[slot]))
            for watch in (self.grants, self.holds):
                watch.coupled(daemon, holder[0], int(collective.coupling[slot]) / 255.0)
        for hears in (self.grants.guests, self.house):
            hears.published(daemon, collective)

    def _excluded(self, daemon: ObservedDaemon, pod: str, *, granted: bool) -> None:
        bar, what = self._bars.get((daemon.number, pod)), "is granted a coupling" if granted else "has weight"
        if self.trips.locked(daemon, pod):
            self.violated("excluded", pod, f"{what} although its breaker is LOCKED")
        elif bar is not None and self._schedule.now_s < bar.until_s:
            self.violated("excluded", pod, f"{what} although {bar.why}")

    def slot_assigned(self, daemon: ObservedDaemon, pod: str, assign: Assign) -> None:
        """A daemon gives a pod a slot: a pod that had left or unlatched may come back by it."""
        self._seat_taken(daemon, pod)
        self.credentials.slot_assigned(daemon, pod)
        self.grants.assigned(daemon, pod, assign.dreamscape)
        if lacks := committed(self._storage, daemon, pod, assign):
            self.violated("committed", pod, f"is given a slot, and {lacks}")

    def _seat_taken(self, daemon: ObservedDaemon, pod: str) -> None:
        bar = self._bars.get((daemon.number, pod))
        if bar is not None and bar.until_s == FOREVER_S and "restored" in bar.why:
            self.violated("excluded", pod, "is given a slot before being checked in anew")
            return
        beds = [other for other in self._pods if other.alive and other.name == pod]
        latched = all(bed.disk.latched for bed in beds)  # a twin that is not latched may take the seat
        if bar is not None and bar.until_s == FOREVER_S and not latched:
            del self._bars[daemon.number, pod]
        if (daemon.number, pod) in self._withdrawn:
            self.violated("withdrawn", pod, "is given a slot although its sleeper withdrew")

    def pod_event_accepted(self, daemon: ObservedDaemon, event: PodEvent) -> None:
        """A daemon has taken in a pod's event: from here on it must act on it."""
        if (daemon.number, event.id) in self._events:
            return
        self._events.add((daemon.number, event.id))
        if event.kind is PodEventKind.LATCHED and event.cause == Cause.WITHDRAWN.value:
            self._withdrawn.add((daemon.number, event.pod))
            self.grants.withdrew(daemon, sleeper_of(event.pod))
        if event.kind in (PodEventKind.LATCHED, PodEventKind.LEFT):
            self._bars[daemon.number, event.pod] = Bar(FOREVER_S, f"it {event.kind.name.lower()}")
        elif event.kind in (PodEventKind.SEVERED, PodEventKind.MALFUNCTION):
            cause = cause_named(event.cause)
            if cause not in NO_TRIP and kind_of(cause) in (*COUNTED, Kind.TRANSPORT):
                self._bar(daemon, event.pod, SCORED_S, f"it was severed for {cause.value}")

    def _bar(self, daemon: ObservedDaemon, pod: str, wait_s: float, why: str) -> None:
        until_s = self._schedule.now_s + wait_s
        bar = self._bars.get((daemon.number, pod))
        if bar is None or bar.until_s < until_s:
            self._bars[daemon.number, pod] = Bar(until_s, why)

    def daemon_event(self, daemon: ObservedDaemon, event: Event) -> None:
        """A line of a daemon's journal."""
        self.trace(f"{self._schedule.now_s:9.3f} daemon {daemon.number}: {event.kind} {event.sentence}")
        self._lies_anew(daemon, event)
        self.credentials.daemon_event(daemon, event)
        self.holds.daemon_event(daemon, event)
        if event.kind == "state" and not daemon.lost:
            self._state_told(event)
        if event.kind == "state" and event.cause == DreamscapeState.ENDED.value:
            self._schedule.after(1, lambda: over(daemon, event.dreamscape, self.violated))
        if event.kind in CROWD_ACTS:
            if not self.touched:
                self.violated("nothing", event.dreamscape, f"a healthy crowd: {event.sentence}")
            self.acts.append((self._schedule.now_s, event.cause))
        if event.kind == "breaker-tripped":
            self.acts.append((self._schedule.now_s, event.cause))
            if not event.cause:
                self.violated("cause", event.pod, "its breaker tripped without a cause")
            if not event.sentence.endswith(")"):
                self.violated("cause", event.pod, f"no evidence is given: {event.sentence}")
            self.trips.on_trip(daemon, event)
            counted = kind_of(cause_named(event.cause)) in COUNTED
            wait_s = BACK_AFTER_FAULT_S if counted else BACK_AFTER_WAY_S
            self._bar(daemon, event.pod, wait_s, f"its breaker tripped for {event.cause}")
            self._blame(event.pod, event.cause, "by the daemon")

    def _lies_anew(self, daemon: ObservedDaemon, event: Event) -> None:
        if event.kind in ("checked-in", "consent-given"):  # one that lies down anew has granted before
            self._withdrawn.discard((daemon.number, event.pod))
        if event.kind == "checked-in":
            bar = self._bars.get((daemon.number, event.pod))
            if bar is not None and bar.until_s == FOREVER_S and "restored" in bar.why:
                self._bars[daemon.number, event.pod] = Bar(self._schedule.now_s + SCORED_S, bar.why)
            self.free_always.bound_again()

    def _state_told(self, event: Event) -> None:
        """A Dreamscape was severed for more failures than there are, or for the network alone."""
        if not failed(event) <= len(self.touched):
            self.violated("nothing", event.dreamscape, f"so many have not failed: {event.sentence}")
        if self.innocent and event.cause == DreamscapeState.SEVERED.value:
            self.violated("nothing", event.dreamscape, f"nothing failed but the way: {event.sentence}")

    def metrics_updated(self, daemon: ObservedDaemon) -> None:
        """A daemon has updated the fleet's metrics."""
        above = daemon.metrics.above_granted
        said = not (isnan(above) or daemon.lost)  # NaN: no pod with a slot is heard; lost: not its pods
        if said and not above <= len(self.touched):
            self.violated("metrics", f"daemon {daemon.number}", f"{above} pods render more than was granted")

    def ledger_restored(self, backup: LedgerStorage) -> None:
        """The ledger was restored from a copy: no pod is granted anything before it is checked in anew."""
        self.trips.restored(backup.locks)
        self.forgotten = self._renewing = True

    def set_silenced(self, daemon: ObservedDaemon, dreamscape: str, *, silenced: bool) -> None:
        """A Dreamscape was severed, woken or ended, or it was resumed."""
        key = (daemon.number, dreamscape)
        (self._silenced.add if silenced else self._silenced.discard)(key)
        if not silenced:
            self.free_always.bound_again()

    def breaker_reset(self, pod: str) -> None:
        """A named person has reset a LOCKED breaker: it is scored from now on, however lately it tripped."""
        self.trips.reset(pod)
        until_s = self._schedule.now_s + SCORED_S
        for bar in [bar for (_, name), bar in self._bars.items() if name == pod]:
            bar.until_s = until_s if until_s < bar.until_s < FOREVER_S else bar.until_s
