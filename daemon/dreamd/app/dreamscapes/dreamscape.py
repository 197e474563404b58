"""The aggregate: the state of one Dreamscape, and every order that people give it.

State moves by one table. Every way out publishes zeros, or sends the order itself, before anything is written
down. The ledger is asked before a seat is assigned (`seat_commits`) and told after one has been severed
(`record`). Time, pods and house-keeping act on it through the drivers that hold it (`runtime`).
"""

from collections.abc import Callable
from typing import Self

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.barred import barred, below_quorum, sites_of_people
from dreamd.app.dreamscapes.homecoming import Homecoming
from dreamd.app.dreamscapes.record import RecordWriter
from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.dreamscapes.seating.assignment import Assignment
from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.dreamscapes.seating.seat_commits import SeatCommits, Started
from dreamd.app.durability.fencing import TermFence
from dreamd.app.events.dreamscape_log import DreamscapeLog
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.app.people.exposure import ExposureAccounting
from dreamd.app.safety.breaker_evaluator import BreakerEvaluator
from dreamd.app.safety.first_causes import FirstCauses, because
from dreamd.app.safety.group_monitor import GroupMonitor
from dreamd.app.stage.live_lead import LiveLead
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.states import Move, breaker_of, move, refused
from dreamd.core.dreamscapes.views import (
    BreakerState,
    Check,
    DreamscapeState,
    DreamscapeView,
    Plan,
    SeatState,
)
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.quorum import MassFailure
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamwire.messages import Floats, Release, WakePod, What
from dreamwire.schema import schema_named

NOT_STARTED = (DreamscapeState.PLANNED, DreamscapeState.GATHERING)


class Dreamscape:
    """One Dreamscape.

    skipped: ticks that a pause of the daemon cost. withheld: why nothing is granted, one word of the causes.
    tick_s: how long the newest tick took. quorate: the quorum has held since the last zero. closing: the
    daemon stops.
    """

    def __init__(self, plan: Plan, dependencies: Dependencies, created_s: float) -> None:
        self._deps = dependencies
        self.plan = plan
        self.created_s = created_s
        self.state, self.state_cause = DreamscapeState.PLANNED, ""
        self.severed_s, self.sever_cause, self.ended_s = 0.0, "", 0.0
        self.instant, self.skipped, self.tick_s, self.withheld = 0, 0, 0.0, ""
        self.version, self.quorate, self.closing = 1, False, False
        name, schema = plan.dreamscape, schema_named(plan.schema)
        fleet, commits, clock = dependencies.fleet, dependencies.commits, dependencies.clock
        self.log = DreamscapeLog(dependencies.journal, clock, name)
        self.seats = Seats(plan.seats_max, dependencies.rng)
        self.cohorts = Cohorts(schema, plan.seats_max, whole_minutes=plan.kind.alone)
        self.ownership = TermFence(dependencies.ledger, name)
        self.keys = CohortKeys(dependencies.link, dependencies.orders, clock)
        self.admission = Admission(plan, dependencies, self.seats, self.cohorts, self.ownership, self.keys)
        ways = clock, dependencies.brokers
        self.evaluator = BreakerEvaluator(self.seats, self.cohorts, fleet, dependencies.locks, *ways)
        people = dependencies.consents, *dependencies.account_of(plan.kind), commits, clock, self.log
        self.exposure = ExposureAccounting(self.seats, self.cohorts, *people, alone=plan.kind.alone)
        self.exposure.ceiling_of = self.admission.ceiling_of
        self.monitor = GroupMonitor(self.seats, self.cohorts, fleet, self.log)
        self.mass, self.causes = MassFailure(), FirstCauses(fleet)
        self.live_lead = self._new_lead()
        self.homecoming = Homecoming(name, dependencies, self.seats, self.cohorts, self.ownership)
        self.records = RecordWriter(name, self.record, self.ownership, commits)
        self.assignment = Assignment(
            dependencies,
            seats=self.seats,
            cohorts=self.cohorts,
            ownership=self.ownership,
            admission=self.admission,
            exposure=self.exposure,
            evaluator=self.evaluator,
            monitor=self.monitor,
            keys=self.keys,
            causes=self.causes,
            records=self.records,
            log=self.log,
        )
        self.seat_commits = SeatCommits(
            dependencies,
            self.seats,
            self.ownership,
            self.admission,
            self.exposure,
            self.record,
            lambda seat: self.assignment.give(seat, self.instant),
        )

    def _new_lead(self) -> LiveLead:
        now_s, keep = self._deps.clock.now_s, self._deps.pieces.keep_piece
        return LiveLead.of_plan(self.plan, now_s, self.log.append_event, keep)

    # -- what is kept and shown -------------------------------------------------------------------

    @classmethod
    def restore(cls, record: DreamscapeRecord, dependencies: Dependencies) -> Self:
        """Return a Dreamscape as the ledger has it: same seats, new term, every sleeper from zero."""
        dreamscape = cls(record.plan, dependencies, record.created_s)
        dreamscape.state, dreamscape.ended_s = record.state, record.ended_s
        dreamscape.state_cause, dreamscape.sever_cause = "the daemon came back", record.sever_cause
        if record.mu_db:
            dreamscape.cohorts.freeze_scale(record.mu_db, record.sigma_db)
        dreamscape.admission.excused.update(record.excused)
        for number, pod, sleeper in record.seats:
            seat = dreamscape.seats.restore(number, pod or f"#{number}", sleeper)
            if not pod or record.state is DreamscapeState.ENDED:
                dreamscape.seats.leave(seat, Cause.LEFT.value)
        return dreamscape

    def record(self) -> DreamscapeRecord:
        """Return what the ledger keeps; a seat that has been left is kept without a name."""
        seats = tuple(
            (s.number, "", "") if s.state is SeatState.LEFT else (s.number, s.pod, s.sleeper)
            for s in self.seats
        )
        mu, sigma = (tuple(map(float, part)) for part in self.cohorts.scale) if self.started else ((), ())
        return DreamscapeRecord(
            plan=self.plan,
            state=self.state,
            created_s=self.created_s,
            seats=seats,
            excused=tuple(sorted(self.admission.excused)),
            mu_db=mu,
            sigma_db=sigma,
            ended_s=self.ended_s,
            sever_cause=self.sever_cause,
        )

    @property
    def etag(self) -> str:
        """Changes with every state move, every change of the seats and every move of their breakers."""
        return f"{self.ownership.first:x}-{self.version + self.assignment.version:x}"

    @property
    def started(self) -> bool:
        """Whether it has been started; it may have ended since."""
        return self.state not in NOT_STARTED

    @property
    def live(self) -> bool:
        """Whether a sleeper may be coupled, so that the group's signs may be the doing of the loop."""
        return self.state is DreamscapeState.DREAMING and not self.evaluator.blind and not self.closing

    @property
    def going_home(self) -> bool:
        """Whether pods are on their way home: their silence is then obedience, and no failure."""
        return self.closing or self.state is DreamscapeState.WAKING

    @property
    def breaker_state(self) -> BreakerState:
        """The Dreamscape's own breaker: open while it is severed or on its way home."""
        return breaker_of(self.state)

    def holding(self) -> list[Seat]:
        """Return the seats that hold a slot."""
        return self.seats.holding()

    def tally(self) -> tuple[int, int, int]:
        """(assigned, merged, severed)."""
        assigned, healthy, _ = self.cohorts.counts()
        return assigned, self.cohorts.merged(self.instant), assigned - healthy

    def explain(self, record: PodRecord) -> tuple[Check, ...]:
        """Return every admission check of this pod."""
        return self.admission.explain(record, started=self.started)

    # -- moves ------------------------------------------------------------------------------------

    def _move(self, step_: Move, cause: str) -> None:
        before, now_s = self.state, self._deps.clock.now_s()
        self.state = move(before, step_)
        self.version += 1
        if self.state is not before:
            self.state_cause = cause
            if self.state is DreamscapeState.ENDED:
                self.live_lead.close_piece()
            self.ended_s = now_s if self.state is DreamscapeState.ENDED else 0.0
            self._deps.locks.note_dreamscape(self.plan.dreamscape, before, self.state, now_s, cause)
            sentence = f"{self.plan.dreamscape} is {self.state.value}: {cause}"
            self.log.append_event("state", sentence, self.state.value, reason=cause.partition(": ")[0])

    def open_seats(self) -> None:
        """Begin to gather, where it is PLANNED."""
        if self.state is DreamscapeState.PLANNED:
            self._move(Move.GATHER, "seats are open")

    def start(self, view: Callable[[], DreamscapeView]) -> Started:
        """Freeze the scale, assign every admitted seat, begin to dream: once the ledger has the seats.

        view: makes the answer.
        """
        self.open_seats()
        refusal = self._start_refused()
        if refusal is not None:
            return refusal
        if self.seat_commits.start_waits:
            return self.seat_commits.start_waits
        if self._deps.commits.trouble:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"no seat can be kept now: {self._deps.commits.trouble}")
        return self.seat_commits.start(self.plan, self._start_refused, self._begin, view)

    def _start_refused(self) -> Refusal | None:
        return refused(self.plan.dreamscape, self.state, Move.START) or self._barred()

    def _begin(self, sleepers: int, scale: tuple[Floats, Floats]) -> None:
        self.cohorts.freeze_scale(*scale)
        self._move(Move.START, f"{sleepers} admitted")
        self.records.changed = True

    def adopt_plan(self, plan: Plan, what: str) -> None:
        """Use this plan from now on, before the start; what: its differences, in words."""
        self.plan = plan
        self.cohorts.restart(schema_named(plan.schema), plan.seats_max)
        self.seats.resize(plan.seats_max)
        self.admission.adopt_plan(plan)
        self.monitor.start_over()
        self.live_lead.close()
        self.live_lead = self._new_lead()
        self.version += 1
        self.log.append_event("plan-changed", f"the plan of {plan.dreamscape} is changed: {what}", what)

    def sever(self, cause: Cause, reason: str) -> PendingSever:
        """Set every sleeper to zero in this call; valid in every state."""
        ticket = self.zero(cause)
        self.severed_s, self.sever_cause = self._deps.clock.now_s(), cause.value
        self._move(Move.SEVER, because(cause, reason))
        self.records.save()
        if cause is Cause.MASS:
            self._deps.moratoria.mass_failure(sites_of_people(self._deps, self.holding()))
        return ticket

    def zero(self, cause: Cause) -> PendingSever:
        """Publish zeros to every cohort now, in every state."""
        self.quorate = False
        self.hush()
        sentence = f"{self.plan.dreamscape} was severed while it waited for the ledger: {cause.value}"
        self.seat_commits.overtaken(Refusal(Code.WRONG_STATE, sentence, {"state": self.state.value}))
        holding = self.holding()
        for seat in holding:
            self.causes.hold(seat, cause)
        return self._deps.tickets.issue(seat.pod for seat in holding)

    def hush(self) -> None:
        """Publish zeros now; the state and the record stay as they are."""
        self.cohorts.drop_fused()
        self.publish(level=0.0)

    def publish(self, level: float) -> None:
        """Publish one broadcast a cohort, with this coupling for each included sleeper."""
        if self.ownership.lost or not self.started:
            return
        name, held = self.plan.dreamscape, self.ownership.held
        messages = self.cohorts.broadcasts(name, self.instant, level, held)
        self.keys.publish(messages, granting=self.cohorts.granting)

    def resume(self) -> Refusal | None:
        """Dream on after a sever, every sleeper from zero; None: done."""
        refusal = (
            refused(self.plan.dreamscape, self.state, Move.RESUME)
            or self._barred()
            or below_quorum(self._deps, self.cohorts.brokers.within_reach(self.cohorts.counts()), self.plan)
        )
        if refusal is not None:
            return refusal
        for seat in self.holding():
            self.causes.release_seat(seat)
        self._move(Move.RESUME, "resumed")
        self.records.save()
        return None

    def _barred(self) -> Refusal | None:
        return barred(self._deps, self.plan, self.holding())

    def wake(self, issuer: str, reason: str) -> PendingSever:
        """Sever, then wake every sleeper; valid in every state."""
        return self._send_home(Move.WAKE, WakePod(reason, issuer), Cause.WAKE, reason)

    def end(self, reason: str) -> PendingSever:
        """Sever, then let every sleeper sleep on alone; it has ended once all are home."""
        return self._send_home(Move.END, Release(reason or "ended"), Cause.ENDED, reason)

    def _send_home(self, step_: Move, what: What, cause: Cause, reason: str) -> PendingSever:
        ticket = self.zero(cause)
        self.homecoming.order(what)
        woken = self.state is DreamscapeState.WAKING and self.sever_cause == Cause.WAKE.value
        self.sever_cause = Cause.WAKE.value if woken else cause.value  # one that was woken stays woken
        self.severed_s = self._deps.clock.now_s()
        self._move(step_, because(cause, reason))
        ended = self.state is DreamscapeState.ENDED
        awaited = set[int]() if ended else {seat.number for seat in self.homecoming.awaited()}
        for seat in self.homecoming.remaining():
            if seat.number not in awaited:
                self.assignment.leave(seat, cause.value)
        self.records.save()
        self.close_if_home()
        return ticket

    def close_if_home(self) -> None:
        """End, where it is WAKING and no pod is awaited any more; every seat that is left over is left."""
        if self.state is not DreamscapeState.WAKING or self.homecoming.awaited():
            return
        for seat in self.homecoming.remaining():
            self.assignment.leave(seat, Cause.ENDED.value)
        self._move(Move.CLOSE, "everyone is home")
        self.records.save()

    # -- one pod of it ----------------------------------------------------------------------------

    def release_pod(self, record: PodRecord, reason: str) -> PendingSever:
        """Release this pod alone, now; the others dream on."""
        self._deps.orders.send(record.pod, record.incarnation, Release(reason), self._deps.clock.now_s())
        seat = self.seats.of(record.pod)
        ticket = self._deps.tickets.issue([record.pod] if seat is not None and seat.slot else [])
        self.cut(record)
        if seat is not None:
            self.records.save()
        return ticket

    def cut(self, record: PodRecord, cause: Cause = Cause.RELEASED) -> None:
        """Take this pod, which has its release, out of every later message; it is not asked again by itself.

        `keep_record` writes that down, once every pod that is to be cut has been.
        """
        seat = self.seats.of(record.pod)
        self.admission.excused.add(record.pod)
        if seat is not None:
            self.assignment.leave(seat, cause.value)

    def keep_record(self) -> None:
        """Write down what severing did not wait for."""
        self.close_if_home()
        self.records.save()

    def wake_seat(self, record: PodRecord) -> None:
        """A wake order reaches this pod alone: its seat is left as latched, before the pod reports it."""
        seat = self.seats.of(record.pod)
        if seat is not None:
            self.assignment.leave(seat, Cause.WAKE.value)
            self.close_if_home()

    def on_consent_changed(self, record: PodRecord) -> None:
        """The sleeper in this pod has changed what they agree to, or withdrawn."""
        if (seat := self.seats.of(record.pod)) is not None:
            cause = self.exposure.changed(seat, self.admission.asked)
            if cause is not None:
                self.assignment.release_for(seat, cause)
            elif self.exposure.narrowed(seat):
                self.seat_anew(seat)
            self.close_if_home()

    def seat_anew(self, seat: Seat) -> None:
        """Give the seat another slot, where it dreams or may dream on: its sleeper begins at zero."""
        if self.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED) and not self.ownership.lost:
            self.assignment.give_anew(seat, self.instant)

    # -- the end ----------------------------------------------------------------------------------

    def settled(self, now_s: float) -> bool:
        """Whether it has ended and all its exposure is charged, or another daemon's affair."""
        if self.state is not DreamscapeState.ENDED:
            return False
        if not self.ownership.lost:
            self.exposure.keep(now_s)
        self.records.flush()
        return self.ownership.lost or (self.exposure.settled and self.records.settled)

    def give_back_memory(self) -> None:
        """It has ended and is put away: columns, seats and statistics are given back."""
        self.cohorts.restart(self.cohorts.schema, 1)
        self.monitor.start_over()
        self.keys.drop_keys()
        self.seats.renumber(1)

    def close(self) -> PendingSever:
        """The daemon shuts down: zeros from now on; the state stays as it is, and the pods are still held."""
        self.closing = True
        ticket = self.zero(Cause.SHUTDOWN)
        self.live_lead.close_piece()
        return ticket
