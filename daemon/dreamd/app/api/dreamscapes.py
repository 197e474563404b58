"""Dreamscapes: create and change one, start, sever, resume, wake and end it, watch it, lead it.

Each answer is a value or a refusal from the catalogue. A command that binds a sleeper or a plan is answered
once it is in the ledger (`Deferred`), all others at once. Sever, wake and end are ways out: valid in every
state and idempotent. Everything else is refused with the reason.
"""

from collections.abc import Iterator
from dataclasses import replace

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes import plan_changes
from dreamd.app.dreamscapes.archive import Bygone, Over
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.recording_consent import recording_refused
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.seating.seat_commits import Started
from dreamd.app.events.subscriptions import Changed
from dreamd.app.events.tick_watchers import CollectiveWatching
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.app.stage.leader_seat import LeaderSeat
from dreamd.app.stage.live_lead import LeadStream
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.access.caller import Caller
from dreamd.core.dreamscapes.admission import validate_plan
from dreamd.core.dreamscapes.views import Check, DreamscapeState, DreamscapeView, Event, Plan
from dreamd.core.guidelines.plans import against_plan, judged_by
from dreamd.core.pieces.piece import NO_CREDITS, Credits
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction


class DreamscapeCommands:
    """Implements `DreamscapesApi`."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes

    def list(self, after: str = "") -> Iterator[DreamscapeView]:
        """Every Dreamscape that is kept, newest first, without seats, behind the place `after`.

        Raises:
            ValueError: it is no place (`listing.place_of_dreamscape`).
        """
        return self._dreamscapes.listed(after)

    def living(self) -> tuple[DreamscapeView, ...]:
        """Every Dreamscape that has not ended, newest first, without its seats."""
        living = [c for c in self._dreamscapes.values() if c.dreamscape.state is not DreamscapeState.ENDED]
        living.sort(key=lambda runtime: runtime.dreamscape.created_s, reverse=True)
        return tuple(one.view(with_seats=False) for one in living)

    def get(self, name: str) -> DreamscapeView | Refusal:
        """One Dreamscape."""
        runtime = self._dreamscapes.find(name)
        return runtime if isinstance(runtime, Refusal) else runtime.view()

    def create(self, caller: Caller, plan: Plan, *, validate_only: bool = False) -> Started:
        """Create a Dreamscape in PLANNED, or say what is wrong with the plan."""
        now_s = self._deps.clock.now_s()
        refusal = (
            validate_plan(plan, now_s)
            or against_plan(plan, self._deps.guidelines.in_force.bundle)
            or recording_refused(plan, self._deps.recordings)
            or self._dreamscapes.shutting_down()
            or self._dreamscapes.unavailable(plan.dreamscape)
        )
        if refusal is not None:
            return refusal
        self._dreamscapes.put_away(now_s)
        plan = judged_by(plan, self._deps.guidelines.in_force.bundle)
        runtime = DreamscapeRuntime(Dreamscape(plan, self._deps, now_s), self._deps)
        if validate_only:
            return runtime.view()
        return self._create(runtime)

    def _create(self, runtime: DreamscapeRuntime) -> Started:
        name = runtime.dreamscape.plan.dreamscape
        self._dreamscapes.reserve(name)

        def over(_commit: Commit[Terms]) -> None:
            self._dreamscapes.unreserve(name)

        def undo() -> None:
            self._take_on(runtime)
            runtime.dreamscape.end("the ledger was too slow for its creation")

        return self._deps.commits.ask(
            Transaction(dreamscapes=(runtime.dreamscape.record(),)),
            "the plan",
            lambda _terms: self._take_on(runtime),
            over=over,
            undo=undo,
        )

    def _take_on(self, runtime: DreamscapeRuntime) -> DreamscapeView:
        name = runtime.dreamscape.plan.dreamscape
        self._dreamscapes.add_runtime(runtime)
        now_s = self._deps.clock.now_s()
        self._deps.journal.append(
            now_s, "state", f"{name} is planned", dreamscape=name, cause="planned", reason="created"
        )
        return runtime.view()

    def update(self, caller: Caller, plan: Plan, etag: str = "", *, validate_only: bool = False) -> Started:
        """Change the plan of the Dreamscape of that name before its start."""
        runtime = self._dreamscapes.find(plan.dreamscape, etag)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone):
            return Refusal(Code.WRONG_STATE, f"{plan.dreamscape} has ended", {"state": "ended"})
        closing = self._dreamscapes.shutting_down() or recording_refused(plan, self._deps.recordings)
        if closing is not None:
            return closing
        if validate_only:
            refusal = plan_changes.refused(runtime.dreamscape, plan, self._deps)
            named = judged_by(plan, self._deps.guidelines.in_force.bundle)
            return refusal or replace(runtime.as_answer(), plan=named)
        return runtime.amend(plan)

    def start(self, caller: Caller, name: str, etag: str = "") -> Started:
        """Freeze the scale, assign everyone admitted, begin to dream."""
        runtime = self._dreamscapes.find(name, etag)
        if isinstance(runtime, Refusal):
            return runtime
        closing = self._dreamscapes.shutting_down()
        if closing is not None:
            return closing
        return runtime.start()

    def sever(self, caller: Caller, name: str, reason: str) -> PendingSever | Refusal:
        """Everyone to zero in this call; they sleep on, Resume is possible."""
        runtime = self._dreamscapes.find(name)
        if isinstance(runtime, Bygone):
            return runtime.way_out()
        return runtime if isinstance(runtime, Refusal) else runtime.dreamscape.sever(Cause.OPERATOR, reason)

    def resume(self, caller: Caller, name: str, etag: str = "") -> DreamscapeView | Refusal:
        """Dream on after a sever; everyone ramps from zero."""
        runtime = self._dreamscapes.find(name, etag)
        if isinstance(runtime, Refusal):
            return runtime
        closing = self._dreamscapes.shutting_down()
        if closing is not None:
            return closing
        return runtime.resume() or runtime.as_answer()

    def wake(self, caller: Caller, name: str, reason: str) -> PendingSever | Refusal:
        """Sever, then wake everyone: latches at every pod."""
        runtime = self._dreamscapes.find(name)
        if isinstance(runtime, Bygone):
            return runtime.way_out()
        return runtime if isinstance(runtime, Refusal) else runtime.dreamscape.wake(caller.name, reason)

    def end(self, caller: Caller, name: str, reason: str) -> PendingSever | Refusal:
        """End it: ENDED and in the archive once all are home."""
        runtime = self._dreamscapes.find(name)
        if isinstance(runtime, Bygone):
            return runtime.way_out()
        return runtime if isinstance(runtime, Refusal) else runtime.dreamscape.end(reason)

    def explain(self, name: str, pod: str) -> tuple[Check, ...] | Refusal:
        """Every admission check of this pod for this Dreamscape, in order."""
        runtime = self._dreamscapes.find(name)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone):
            return Refusal(Code.WRONG_STATE, f"{name} has ended: it admits no pod", {"state": "ended"})
        record = self._deps.fleet.find(pod)
        return record if isinstance(record, Refusal) else runtime.dreamscape.explain(record)

    def watch(self, name: str, changed: Changed) -> CollectiveWatching | Over | Refusal:
        """Watch a Dreamscape's ticks, conflated."""
        runtime = self._dreamscapes.find(name)
        return runtime if isinstance(runtime, Refusal) else runtime.watch(changed)

    def lead(self, caller: Caller, name: str, words: Credits = NO_CREDITS) -> LeadStream | Refusal:
        """Begin to lead a Dreamscape live. A caller named as a sleeper is named in no piece."""
        runtime = self._dreamscapes.find(name)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone) or runtime.dreamscape.state is DreamscapeState.ENDED:
            return Refusal(Code.WRONG_STATE, f"{name} has ended", {"state": "ended"})
        asleep = self._deps.fleet.pod_of(caller.name) or self._deps.consents.standing(caller.name).revision
        own = LeaderSeat(caller.sleeper, runtime.dreamscape.seats, self._deps.fleet)
        return runtime.dreamscape.live_lead.begin("" if asleep else caller.name, words, own)

    def write_marker(self, caller: Caller, name: str, marker: Marker) -> Event | Refusal:
        """Write a marker of the experiment into the journal; it changes nothing else."""
        runtime = self._dreamscapes.find(name)
        if isinstance(runtime, Refusal):
            return runtime
        if isinstance(runtime, Bygone) or runtime.dreamscape.state is DreamscapeState.ENDED:
            return Refusal(Code.WRONG_STATE, f"{name} has ended", {"state": "ended"})
        return runtime.markers.record_marker(marker)
