"""The desk: what callers may ask of the fleet and its Dreamscapes.

What binds is answered once it is in the ledger (`commits.Deferred`), all else at once.

Every answer is a value or a refusal from the catalogue. Severing, waking, ending and releasing are
valid in every state and idempotent; everything else says why not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dreamd.app.api.breakers import BreakerCommands
from dreamd.app.api.check_ins import CheckIns
from dreamd.app.api.severs import NO_BED, SeverCommands
from dreamd.app.api.wake_orders import WakeOrderCommands
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes import plan_changes
from dreamd.app.dreamscapes.archive import Archive, Bygone, Over, Row, of_the_past
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.seating.seat_commits import Started
from dreamd.app.dreamscapes.views import blind, dreamscape_view, last_frame
from dreamd.app.events.journal import JournalWatch
from dreamd.app.events.subscriptions import Changed
from dreamd.app.events.tick_watchers import CollectiveWatching
from dreamd.app.fleet.registry import PodRecord, PodWatching
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.app.people.withdrawals import Withdrawals
from dreamd.app.stage.live_lead import LeadStream
from dreamd.core.dreamscapes.admission import validate_plan
from dreamd.core.dreamscapes.views import (
    Check,
    DreamscapeState,
    DreamscapeView,
    Plan,
    PodView,
)
from dreamd.core.fleet.freshness import SILENCE, Word
from dreamd.core.fleet.house import HouseView
from dreamd.core.limits import DREAMSCAPES_MAX
from dreamd.core.listing import dated, newest_first
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger import Commit, Terms, Transaction
from dreamwire.messages import Release


@dataclass(frozen=True, slots=True)
class Tally:
    """How many Dreamscapes dream just now, and of their sleepers how many are assigned and merged."""

    dreaming: int
    assigned: int
    merged: int


@dataclass(frozen=True, slots=True)
class Broker:
    """Whether the broker is reached, and since when that is so, session seconds; 0: it never was."""

    up: bool = False
    since_s: float = 0.0


class Desk:
    """Implements `coordination.Coordination`."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._deps = dependencies
        self._runtimes: dict[str, DreamscapeRuntime] = {}
        self.broker = Broker()
        dependencies.fleet.frame_of = self._frame_of
        self._shutdown_tickets: tuple[PendingSever, ...] = ()
        self._creating: set[str] = set()
        self.closing = False
        self.withdrawals = Withdrawals(dependencies.ledger)
        self._beds = CheckIns(dependencies, self._runtimes, self.withdrawals, self._release)
        self.archive = Archive(dependencies)
        self.breakers = BreakerCommands(dependencies, self._runtimes, self.archive)
        self.severing = SeverCommands(dependencies, self._runtimes, self.archive)
        self.waking = WakeOrderCommands(dependencies, self._runtimes, self.archive)

    # -- pods -------------------------------------------------------------------------------------

    def pods(self, after: str = "") -> Iterator[PodView]:
        """Every pod that is known, by name, behind the name `after`; each view is made as it is read."""
        return map(self._deps.fleet.shown, self._deps.fleet.after(after))

    def pod(self, pod: str) -> PodView | Refusal:
        """One pod."""
        record = self._deps.fleet.find(pod)
        return record if isinstance(record, Refusal) else self._deps.fleet.shown(record)

    def living(self) -> tuple[DreamscapeView, ...]:
        """Every Dreamscape that has not ended, newest first, without its seats."""
        living = [c for c in self._runtimes.values() if c.state is not DreamscapeState.ENDED]
        living.sort(key=lambda runtime: runtime.created_s, reverse=True)
        return tuple(dreamscape_view(one, self._deps.fleet, with_seats=False) for one in living)

    def sites(self) -> tuple[str, ...]:
        """The sites of pods that are heard, by name."""
        return self._deps.fleet.census.sites()

    def house(self) -> HouseView:
        """What concerns every Dreamscape at once."""
        census = self._deps.fleet.census
        return HouseView(
            broker=self.broker.up,
            broker_since_s=self.broker.since_s,
            ledger=self._deps.ledger.failure,
            ledger_slow="" if self._deps.ledger.failure else self._deps.commits.slow,
            blind=tuple(c.plan.dreamscape for c in self._runtimes.values() if blind(c)),
            online=census.online,
            unheard=census.unheard,
        )

    def _frame_of(self, record: PodRecord) -> Word:
        runtime = self._runtimes.get(record.dreamscape)
        return last_frame(runtime, record.pod, self._deps.clock.now_s()) if runtime else SILENCE

    def watch_pods(self, changed: Changed) -> PodWatching | Refusal:
        """Watch the fleet."""
        return self._deps.fleet.watch(changed)

    def bed_of(self, sleeper: str) -> str | Refusal:
        """The pod a sleeper is checked in to."""
        return self._deps.fleet.pod_of(sleeper) or Refusal(Code.POD_UNKNOWN, NO_BED)

    def check_in(self, pod: str, sleeper: str, etag: str = "") -> PodView | Refusal | Deferred[PodView]:
        """Bind a sleeper to a pod; the same pair again is the same answer."""
        record = self._deps.fleet.find(pod)
        if isinstance(record, Refusal):
            return record
        return self._beds.check_in(record, sleeper, etag, closing=self.closing)

    def check_out(self, pod: str) -> PodView | Refusal | Deferred[PodView]:
        """Release the pod, then unbind its sleeper; idempotent."""
        record = self._deps.fleet.find(pod)
        return record if isinstance(record, Refusal) else self._beds.check_out(record)

    def release(self, pod: str, reason: str) -> PendingSever | Refusal:
        """This bed alone, now; valid in every state."""
        record = self._deps.fleet.find(pod)
        if isinstance(record, Refusal):
            return record
        return self._release(record, reason)

    def _release(self, record: PodRecord, reason: str) -> PendingSever:
        runtime = self._runtimes.get(record.dreamscape)
        if runtime is not None:
            return runtime.release(record, reason)
        self._deps.orders.send(record.pod, record.incarnation, Release(reason), self._deps.clock.now_s())
        return self._deps.tickets.issue([record.pod] if record.status and record.status.assignment else [])

    # -- Dreamscapes ------------------------------------------------------------------------------

    def create(self, plan: Plan, *, validate_only: bool = False) -> Started:
        """Create a Dreamscape in PLANNED, or say what is wrong with the plan."""
        now_s = self._deps.clock.now_s()
        refusal = validate_plan(plan, now_s) or self._create_refusal(plan)
        if refusal is not None:
            return refusal
        self._put_away(now_s)
        runtime = DreamscapeRuntime(plan, self._deps, now_s)
        if validate_only:
            return runtime.view()
        return self._create(runtime)

    def _create(self, runtime: DreamscapeRuntime) -> Started:
        name = runtime.plan.dreamscape
        self._creating.add(name)

        def over(_commit: Commit[Terms]) -> None:
            self._creating.discard(name)

        def undo() -> None:
            self._take_on(runtime)
            runtime.end("the ledger was too slow for its creation")

        return self._deps.commits.ask(
            Transaction(dreamscapes=(runtime.record(),)),
            "the plan",
            lambda _terms: self._take_on(runtime),
            over=over,
            undo=undo,
        )

    def _take_on(self, runtime: DreamscapeRuntime) -> DreamscapeView:
        name = runtime.plan.dreamscape
        self._runtimes[name] = runtime
        self.archive.use(name)
        now_s = self._deps.clock.now_s()
        self._deps.journal.append(now_s, "state", f"{name} is planned", dreamscape=name, cause="planned")
        return runtime.view()

    def update(self, plan: Plan, etag: str = "", *, validate_only: bool = False) -> Started:
        """Change the plan of the Dreamscape of that name before its start."""
        runtime = self._find(plan.dreamscape, etag)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone):
            return Refusal(Code.WRONG_STATE, f"{plan.dreamscape} has ended", {"state": "ended"})
        if self.closing:
            return Refusal(Code.SHUTTING_DOWN, "the daemon is shutting down")
        if validate_only:
            refusal = plan_changes.refused(runtime, plan, self._deps.clock.now_s())
            return refusal or replace(runtime.view(), plan=plan)
        return runtime.amend(plan)

    def _create_refusal(self, plan: Plan) -> Refusal | None:
        if self.closing:
            return Refusal(Code.SHUTTING_DOWN, "the daemon is shutting down")
        if self.archive.used(plan.dreamscape) or plan.dreamscape in self._creating:
            living = self._runtimes.get(plan.dreamscape)
            planned = "planned" if plan.dreamscape in self._creating else "ended"
            state = living.state.value if living is not None else planned
            return Refusal(
                Code.DREAMSCAPE_EXISTS,
                f"a Dreamscape named {plan.dreamscape!r} exists, {state}",
                {"dreamscape": plan.dreamscape},
            )
        live = sum(c.state is not DreamscapeState.ENDED for c in self._runtimes.values())
        live += len(self._creating)
        if live >= DREAMSCAPES_MAX:
            return Refusal(Code.DREAMSCAPES_FULL, f"{live} Dreamscapes are open already")
        return None

    def _put_away(self, now_s: float) -> None:
        """Those that have ended become rows, once everything about them is in the ledger."""
        for name, runtime in tuple(self._runtimes.items()):
            if runtime.settled(now_s):
                breaker = self.breakers.of_dreamscape(runtime)
                self.archive.put(Row(of_the_past(runtime.view()), breaker, runtime.ended_s))
                self._deps.locks.forget_dreamscape(name)
                runtime.forget()
                self._deps.meters.dreamscape_gone(name)
                del self._runtimes[name]

    def dreamscapes(self, after: str = "") -> Iterator[DreamscapeView]:
        """Every Dreamscape that is kept, newest first, without seats, behind the place `after`.

        Raises:
            ValueError: it is no place (`listing.place_of_dreamscape`).
        """
        living = [(runtime.created_s, name) for name, runtime in self._runtimes.items()]
        return newest_first(living, self.archive.places, dated(after), self._listed)

    def _listed(self, name: str) -> DreamscapeView:
        runtime = self._runtimes.get(name)
        return self.archive.listed(name) if runtime is None else runtime.view(with_seats=False)

    def tally(self) -> Tally:
        """The whole house in three numbers."""
        dreaming = [c for c in self._runtimes.values() if c.state is DreamscapeState.DREAMING]
        counts = [runtime.tally() for runtime in dreaming]
        return Tally(len(dreaming), sum(one[0] for one in counts), sum(one[1] for one in counts))

    def tick_of(self, name: str) -> int:
        """The number of this Dreamscape's newest tick; 0: there is none."""
        runtime = self._runtimes.get(name)
        return runtime.cohorts.tick_number if runtime is not None else 0

    def _find(self, name: str, etag: str = "") -> DreamscapeRuntime | Bygone | Refusal:
        runtime = self._runtimes.get(name)
        if runtime is None:
            bygone = self.archive.get(name)
            if bygone is not None:
                return bygone
            return Refusal(Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {name!r}", {"dreamscape": name})
        if etag and etag != runtime.etag:
            return Refusal(Code.STALE_ETAG, f"{name} has changed since etag {etag}", {"dreamscape": name})
        return runtime

    def dreamscape(self, name: str) -> DreamscapeView | Refusal:
        """One Dreamscape."""
        runtime = self._find(name)
        return runtime if isinstance(runtime, Refusal) else runtime.view()

    def start(self, name: str, etag: str = "") -> Started:
        """Freeze the scale, assign everyone admitted, begin to dream."""
        runtime = self._find(name, etag)
        if isinstance(runtime, Refusal):
            return runtime
        if self.closing:
            return Refusal(Code.SHUTTING_DOWN, "the daemon is shutting down")
        return runtime.start()

    def sever(self, name: str, reason: str) -> PendingSever | Refusal:
        """Everyone to zero in this call; they sleep on, Resume is possible."""
        runtime = self._find(name)
        if isinstance(runtime, Bygone):
            return runtime.way_out()
        return runtime if isinstance(runtime, Refusal) else runtime.sever(Cause.OPERATOR, reason)

    def resume(self, name: str, etag: str = "") -> DreamscapeView | Refusal:
        """Dream on after a sever; everyone ramps from zero."""
        runtime = self._find(name, etag)
        if isinstance(runtime, Refusal):
            return runtime
        if self.closing:
            return Refusal(Code.SHUTTING_DOWN, "the daemon is shutting down")
        return runtime.resume() or runtime.view()

    def wake(self, name: str, issuer: str, reason: str) -> PendingSever | Refusal:
        """Sever, then wake everyone: latches at every pod."""
        runtime = self._find(name)
        if isinstance(runtime, Bygone):
            return runtime.way_out()
        return runtime if isinstance(runtime, Refusal) else runtime.wake(issuer, reason)

    def end(self, name: str, reason: str) -> PendingSever | Refusal:
        """Close the books once all are home."""
        runtime = self._find(name)
        if isinstance(runtime, Bygone):
            return runtime.way_out()
        return runtime if isinstance(runtime, Refusal) else runtime.end(reason)

    def explain(self, name: str, pod: str) -> tuple[Check, ...] | Refusal:
        """Every admission check of this pod for this Dreamscape, in order."""
        runtime = self._find(name)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone):
            return Refusal(Code.WRONG_STATE, f"{name} has ended: it admits no pod", {"state": "ended"})
        record = self._deps.fleet.find(pod)
        return record if isinstance(record, Refusal) else runtime.explain(record)

    def watch_collective(self, name: str, changed: Changed) -> CollectiveWatching | Over | Refusal:
        """Watch a Dreamscape's ticks, conflated."""
        runtime = self._find(name)
        return runtime if isinstance(runtime, Refusal) else runtime.watch(changed)

    def lead(self, name: str) -> LeadStream | Refusal:
        """Begin to lead a Dreamscape live."""
        runtime = self._find(name)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone) or runtime.state is DreamscapeState.ENDED:
            return Refusal(Code.WRONG_STATE, f"{name} has ended", {"state": runtime.state.value})
        return runtime.artists.begin()

    def watch_events(self, cursor: int | None, dreamscape: str, changed: Changed) -> JournalWatch | Refusal:
        """Events after `cursor` (None: from now on), of one Dreamscape or of all (empty)."""
        if dreamscape and not self.archive.used(dreamscape):
            return Refusal(
                Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {dreamscape!r}", {"dreamscape": dreamscape}
            )
        return self._deps.journal.follow(cursor, dreamscape, changed)
