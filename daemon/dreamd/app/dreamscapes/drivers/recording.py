"""The recording of one Dreamscape, where its plan says so: ticks and events from the start to the end.

Each sleeper seated has granted `record`: admission asks for it, and a seat that has it no longer is released,
so its rows end with that tick. Whether each granted `research` too is kept for the export. A recording that
fails, by its disk or by a bug, ends with one event, and the night goes on.
"""

from typing import Final

from dreamd.app.collective.artist_input import NO_ARTIST
from dreamd.app.collective.recorded_rows import rows_of
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.recorded_people import RecordedPeople
from dreamd.core.dreamscapes.views import DreamscapeState, Event, RecordingState, RecordingView
from dreamd.core.limits import HOP_S
from dreamd.fusion.collective import Fused
from dreamd.ports.recordings import Beginning, RecordedTick, RecordingSink

TOLD_EVERY_HOPS: Final = round(10.0 / HOP_S)
"""An event about rows that were dropped is written once in this time at most."""


class RecordingDriver:
    """Hands the ticks and events of one Dreamscape to its recording."""

    def __init__(self, dreamscape: Dreamscape, dependencies: Dependencies) -> None:
        self._dreamscape = dreamscape
        self._deps = dependencies
        self._sink: RecordingSink | None = None
        self._people: RecordedPeople | None = None
        self._over = False
        self._kept: RecordingSink | None = None
        self._trouble = ""
        self._counted = 0
        self._told = 0
        self._told_at: int | None = None

    def close_tick(self, instant: int, missed: int, fused: Fused | None) -> None:
        """Hand over the tick of this instant, after its message; missed: how many before it were skipped."""
        if self._over or not self._dreamscape.plan.record:
            return
        try:
            sink = self._sink or self._begin()
            if sink is not None:
                if self._dreamscape.cohorts.banks:
                    sink.take_tick(self._tick(instant, missed, fused))
                self._look(sink, instant)
        except Exception as error:  # noqa: BLE001 -- a bug in a recording must cost no sleeper anything
            self._stop(f"a bug ({type(error).__name__}), please report it")

    def _begin(self) -> RecordingSink | None:
        """Begin with the first slot; after a restart at once, for a person may take something back."""
        dreamscape, cohorts = self._dreamscape, self._dreamscape.cohorts
        missing = self._deps.recordings.missing()
        if missing or not (cohorts.banks or any(seat.returning for seat in dreamscape.seats)):
            if missing:
                self._stop(missing)
            return None
        mu, sigma = cohorts.scale
        self._sink = self._kept = self._deps.recordings.begin(
            Beginning(
                dreamscape=dreamscape.plan.dreamscape,
                created_s=dreamscape.created_s,
                term=dreamscape.ownership.first,
                slots=cohorts.table_slots,
                schema=cohorts.schema,
                mu_db=mu,
                sigma_db=sigma,
                intimate=dreamscape.plan.intimate,
            )
        )
        self._people = RecordedPeople(dreamscape.seats, self._deps.consents, self._sink)
        self._deps.journal.listen(dreamscape.plan.dreamscape, self._on_event)
        sentence = f"{dreamscape.plan.dreamscape} is being recorded: each sleeper seated has granted it"
        dreamscape.log.append_event("recording-started", sentence)
        return self._sink

    def _tick(self, instant: int, missed: int, fused: Fused | None) -> RecordedTick:
        dreamscape, cohorts = self._dreamscape, self._dreamscape.cohorts
        assigned, healthy, _ = cohorts.counts()
        artist, share = cohorts.artist if cohorts.granting else NO_ARTIST
        return RecordedTick(
            tick=cohorts.tick_number,
            instant=instant,
            skipped=missed,
            level=cohorts.level,
            assigned=assigned,
            healthy=healthy,
            merged=cohorts.merged(instant),
            artist_share=share,
            fused=fused,
            tables=rows_of(cohorts),
            runaway=dreamscape.monitor.runaway(),
            identity=dreamscape.monitor.identity(),
            calibrated=dreamscape.monitor.take_calibrated(),
            artist=artist if share > 0.0 else None,
        )

    def _on_event(self, event: Event) -> None:
        try:
            if self._sink is not None and self._people is not None:
                if self._people.takes(event):
                    self._sink.take_event(event)
                if self._dreamscape.state is DreamscapeState.ENDED and event.kind == "state":
                    self.finish(complete=True)
        except Exception as error:  # noqa: BLE001 -- as for a tick
            self._stop(f"a bug ({type(error).__name__}), please report it")

    def on_consent_changed(self, sleeper: str) -> None:
        """This sleeper, seated here or not, has changed what they agree to, or withdrawn."""
        try:
            if self._people is not None:
                self._people.on_consent_changed(sleeper)
        except Exception as error:  # noqa: BLE001 -- as for a tick
            self._stop(f"a bug ({type(error).__name__}), please report it")

    def _look(self, sink: RecordingSink, instant: int) -> None:
        """Count what was dropped, and report it and the end of a recording that has failed."""
        if sink.trouble:
            self._stop(sink.trouble)
            return
        dropped = sink.dropped
        if dropped > self._counted:
            self._deps.meters.recording_dropped(dropped - self._counted)
            self._counted = dropped
        lately = self._told_at is not None and instant - self._told_at < TOLD_EVERY_HOPS
        if dropped > self._told and not lately:
            name, rows = self._dreamscape.plan.dreamscape, dropped - self._told
            self._told, self._told_at = dropped, instant
            sentence = f"the recording of {name} has a hole of {rows} ticks and events: the disk is too slow"
            self._dreamscape.log.append_event(
                "recording-incomplete", sentence, values={"dropped": float(rows)}
            )

    def _stop(self, why: str) -> None:
        self._over, self._trouble = True, why
        self.finish(complete=False)
        self._deps.meters.recording_stopped()
        name = self._dreamscape.plan.dreamscape
        sentence = f"{name} is recorded no longer: {why}; the night goes on, and the parts written are whole"
        self._dreamscape.log.append_event("recording-stopped", sentence, reason=why)

    def view(self) -> RecordingView | None:
        """Return the recording as the API shows it; None: not asked for, or it ended before it began."""
        kept = self._kept
        if kept is None:
            if self._trouble:
                return RecordingView(RecordingState.STOPPED, trouble=self._trouble)
            asked = self._dreamscape.plan.record and not self._over
            return RecordingView(RecordingState.WAITING) if asked else None
        trouble = self._trouble or kept.trouble
        state = RecordingState.COMPLETE if self._over else RecordingState.RUNNING
        return RecordingView(
            RecordingState.STOPPED if trouble else state,
            directory=kept.written.directory,
            written_s=kept.written.seconds,
            parts=kept.written.parts,
            missing=kept.dropped,
            trouble=trouble,
        )

    def finish(self, *, complete: bool) -> None:
        """Nothing more follows; complete: the Dreamscape has ended."""
        self._deps.journal.unlisten(self._dreamscape.plan.dreamscape)
        if self._sink is not None:
            self._sink.finish(complete=complete)
        self._sink, self._people, self._over = None, None, True
