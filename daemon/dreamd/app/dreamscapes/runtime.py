"""The runtime of one Dreamscape: the aggregate, the drivers that act on it, and what watchers see of it.

Each driver holds the aggregate: time drives the control loop and house-keeping, pods drive the inputs,
breakers the moves, people the aggregate itself.
"""

from dataclasses import replace

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes import plan_changes
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.breaker_moves import BreakerMoves
from dreamd.app.dreamscapes.drivers.control_loop import ControlLoop, OpenTick
from dreamd.app.dreamscapes.drivers.housekeeping import Housekeeping
from dreamd.app.dreamscapes.drivers.pod_inputs import PodInputs
from dreamd.app.dreamscapes.drivers.recording import RecordingDriver
from dreamd.app.dreamscapes.drivers.shared_loop import SharedLoop
from dreamd.app.dreamscapes.recording_consent import recording_refused, unshared
from dreamd.app.dreamscapes.seating.seat_commits import Started
from dreamd.app.dreamscapes.views import collective_view, dreamscape_view
from dreamd.app.events.long_work import AT_ONCE
from dreamd.app.events.subscriptions import Changed
from dreamd.app.events.tick_watchers import CollectiveWatching, Newest, TickWatchers
from dreamd.app.stage.stimulus_markers import StimulusMarkers
from dreamd.core.dreamscapes.views import CollectiveView, DreamscapeState, DreamscapeView, Plan
from dreamd.core.refusals import Refusal
from dreamd.fusion.collective import Fused


class DreamscapeRuntime:
    """One Dreamscape that runs.

    inputs: for its pods; breakers: for the breakers of its pods; markers: of the experiment.
    """

    def __init__(self, dreamscape: Dreamscape, dependencies: Dependencies) -> None:
        self.dreamscape = dreamscape
        self._deps = dependencies
        self.inputs = PodInputs(dreamscape, dependencies)
        self.breakers = BreakerMoves(dreamscape, dependencies)
        self.markers = StimulusMarkers(dreamscape.log, dependencies.clock.now_s)
        newest = Newest(lambda: (dreamscape.ownership.first, dreamscape.cohorts.tick_number), self.newest)
        self._watchers = TickWatchers(
            newest, lambda: dreamscape.state is DreamscapeState.ENDED, dependencies.failures.attempt
        )
        self._recording = RecordingDriver(dreamscape, dependencies)
        self._loop = ControlLoop(dreamscape, dependencies, self._watchers, self._recording)
        self._shared = SharedLoop(dreamscape, dependencies, self._loop)
        self._housekeeping = Housekeeping(dreamscape, dependencies, self.start)

    def start(self) -> Started:
        """Start it, where it can be recorded if its plan says so; see `Dreamscape.start`."""
        dreamscape, plan = self.dreamscape, self.dreamscape.plan
        refusal = None if dreamscape.started else recording_refused(plan, self._deps.recordings)
        refusal = refusal or unshared(plan, shared=self._deps.shared.shares(plan.dreamscape))
        return refusal or dreamscape.start(self.as_answer)

    def resume(self) -> Refusal | None:
        """Dream on after a sever; None: done."""
        return self.dreamscape.resume()

    def amend(self, plan: Plan) -> Started:
        """Put this plan in the place of the one there is, before the start, once the ledger has it."""
        return plan_changes.amend(self.dreamscape, self._deps, plan, self.as_answer)

    def tick(self, instant: int, missed: int) -> None:
        """Close this grid instant, then keep house."""
        now_s = self._deps.clock.now_s()
        if self._deps.shared.shares(self.dreamscape.plan.dreamscape):
            self._shared.open_shared(instant, missed, now_s)
        else:
            self._loop.close_instant(instant, missed, now_s)
        self._housekeeping.keep(now_s)

    @property
    def pools(self) -> bool:
        """Whether it runs, and its ticks may be fused in a pass with those of others."""
        dreamscape, plan = self.dreamscape, self.dreamscape.plan
        runs = dreamscape.started and dreamscape.state is not DreamscapeState.ENDED
        return runs and not plan.record and not self._deps.shared.shares(plan.dreamscape)

    def open_tick(self, instant: int, missed: int) -> OpenTick | float:
        """Open this grid instant; where it does not run, return the session time alone."""
        now_s = self._deps.clock.now_s()
        opened = self._loop.open_tick(instant, missed, now_s)
        return now_s if opened is None else opened

    def close_tick(self, opened: OpenTick | float, fused: Fused | None, waited_s: float) -> None:
        """Close what was opened, then keep house; waited_s: see `ControlLoop.close_tick`."""
        if isinstance(opened, OpenTick):
            self._loop.close_tick(opened, fused, waited_s)
        self._housekeeping.keep(opened.now_s if isinstance(opened, OpenTick) else opened)

    def tighten(self) -> None:
        """Other guidelines are in force: hold every seat to what is tighter, from the next message on."""
        self.dreamscape.cohorts.tighten(self._deps.guidelines.limits)
        self.dreamscape.exposure.tighten()

    def on_consent_changed(self, sleeper: str) -> None:
        """Keep it in the recording, where this sleeper is in one; a seat is released before."""
        self._recording.on_consent_changed(sleeper)

    def hush(self) -> None:
        """Publish zeros now: a step that concerns it has failed."""
        self.dreamscape.hush()

    def view(self, *, with_seats: bool = True) -> DreamscapeView:
        """Return the Dreamscape as the API shows it."""
        view = dreamscape_view(self.dreamscape, self._deps.fleet, with_seats=with_seats)
        return replace(view, recording=self._recording.view())

    def as_answer(self) -> DreamscapeView:
        """Return it as the answer to a command: without its seats where they are many."""
        return self.view(with_seats=self.dreamscape.seats.named <= AT_ONCE)

    def newest(self) -> CollectiveView | None:
        """Return the newest tick as watchers see it."""
        return collective_view(self.dreamscape, self._deps.fleet)

    def watch(self, changed: Changed) -> CollectiveWatching | Refusal:
        """Watch the ticks."""
        return self._watchers.join(changed)

    def give_back_memory(self) -> None:
        """It has ended and is put away: its memory is given back, watches are over."""
        self._deps.shared.forget_dreamscape(self.dreamscape.plan.dreamscape)
        self._recording.finish(complete=True)
        self.dreamscape.give_back_memory()
        self._watchers.tell()
