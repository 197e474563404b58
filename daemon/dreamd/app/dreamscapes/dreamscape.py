"""One Dreamscape, as far as people ask something of it: start, sever, resume, wake, end, release.

State moves by one table. Every way out publishes zeros, or sends the order itself, before anything is written
down. The ledger is asked before a seat is assigned (`granting`) and told after one has been severed
(`keeping.Books`).
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes import record as ledger_record
from dreamd.app.dreamscapes.homecoming import Homecoming
from dreamd.app.dreamscapes.pod_events import Happenings
from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.dreamscapes.seating.seat_commits import SeatCommits, Started
from dreamd.app.dreamscapes.seating.shortfall import below_minimum
from dreamd.app.dreamscapes.views import collective_view, dreamscape_view
from dreamd.app.durability.fencing import TermFence
from dreamd.app.events.subscriptions import Changed
from dreamd.app.events.tick_watchers import CollectiveWatching, Newest, TickWatchers
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.app.people.exposure import ExposureAccounting
from dreamd.app.safety.breaker_evaluator import BreakerEvaluator
from dreamd.app.safety.first_causes import FirstCauses, because
from dreamd.app.safety.group_monitor import GroupMonitor
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.states import Move, move, refused
from dreamd.core.dreamscapes.views import (
    BreakerState,
    Check,
    CollectiveView,
    DreamscapeState,
    DreamscapeView,
    Plan,
    SeatState,
)
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.breaker import Transition, seated
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.quorum import MassFailure, quorum
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamwire.messages import Floats, Release, WakePod, What
from dreamwire.schema import schema_named


class Dreamscape:
    """One Dreamscape, as far as it is asked for something."""

    def __init__(self, plan: Plan, dependencies: Dependencies, created_s: float) -> None:
        self.plan = plan
        self.created_s = created_s
        self.state = DreamscapeState.PLANNED
        self.state_cause = ""
        self.skipped = 0
        self._deps = dependencies
        self.seats = Seats(plan.seats_max, dependencies.rng)
        self.ownership = TermFence(dependencies.ledger, plan.dreamscape)
        self.seating = Admission(plan, dependencies, self.seats, self.ownership)
        self.schema = schema_named(plan.schema)
        self.scale = (self.schema.shipped_mu(), self.schema.shipped_sigma())
        self.cohorts = Cohorts(self.schema, *self.scale, self.plan.seats_max)
        self.judge = BreakerEvaluator(dependencies, self._breaker_moved, self._told)
        self.mass = MassFailure()
        self.company = ExposureAccounting(self, dependencies)
        self.crowd = GroupMonitor(self, dependencies)
        self.causes = FirstCauses(dependencies.fleet)
        newest = Newest(lambda: (self.ownership.first, self.cohorts.tick_number), self.newest)
        self._audience = TickWatchers(
            newest, lambda: self.state is DreamscapeState.ENDED, dependencies.failures.attempt
        )
        self._happenings = Happenings(self, dependencies)
        self.homecoming = Homecoming(self, dependencies)
        self.instant, self.withheld = 0, ""
        self._gathered_s = self.tick_s = 0.0
        self._quorate = self.closing = False
        self.severed_s, self.sever_cause, self.ended_s = 0.0, "", 0.0
        self.books = ledger_record.RecordWriter(self, dependencies.commits)
        self.granting = SeatCommits(self, dependencies)
        self._version = 1

    # -- what is kept and shown -------------------------------------------------------------------

    @classmethod
    def restore(cls, record: DreamscapeRecord, dependencies: Dependencies) -> Self:
        """Take a Dreamscape up as the ledger has it: same seats, new term, everyone from zero."""
        runtime = cls(record.plan, dependencies, record.created_s)
        ledger_record.take_up(runtime, record)
        return runtime

    def record(self) -> DreamscapeRecord:
        """What the ledger keeps."""
        return ledger_record.record_of(self)

    def use_scale(self, mu_db: ArrayLike, sigma_db: ArrayLike) -> None:
        """Freeze the shared scale, float32[D] each, dB; whoever had a slot has none any more."""
        self.scale = np.asarray(mu_db, dtype=np.float32), np.asarray(sigma_db, dtype=np.float32)
        self.cohorts = Cohorts(self.schema, *self.scale, self.plan.seats_max)

    def say(self, kind: str, sentence: str, cause: str = "", reason: str = "") -> None:
        """Write a fact about this Dreamscape into the journal; reason: what of it the log may have."""
        now_s, name = self._deps.clock.now_s(), self.plan.dreamscape
        self._deps.journal.append(now_s, kind, sentence, dreamscape=name, cause=cause, reason=reason)

    @property
    def etag(self) -> str:
        """Changes with every state move and every change of the seats."""
        return f"{self.ownership.first:x}-{self._version:x}"

    def view(self, *, with_seats: bool = True) -> DreamscapeView:
        """The Dreamscape as the API shows it."""
        return dreamscape_view(self, self._deps.fleet, with_seats=with_seats)

    def newest(self) -> CollectiveView | None:
        """The newest tick, as watchers see it."""
        return collective_view(self, self._deps.fleet)

    def watch(self, changed: Changed) -> CollectiveWatching | Refusal:
        """Watch the ticks."""
        return self._audience.join(changed)

    def explain(self, record: PodRecord) -> tuple[Check, ...]:
        """Every admission check of this pod."""
        return self.seating.explain(record, started=self._started)

    @property
    def _started(self) -> bool:
        return self.state not in (DreamscapeState.PLANNED, DreamscapeState.GATHERING)

    def holding(self) -> list[Seat]:
        """The seats whose pods hold a slot."""
        return self.seats.holding()

    # -- moves ------------------------------------------------------------------------------------

    def _move(self, step_: Move, cause: str) -> None:
        before = self.state
        self.state = move(before, step_)
        self._version += 1
        if self.state is not before:
            self.state_cause = cause
            self.ended_s = self._deps.clock.now_s() if self.state is DreamscapeState.ENDED else 0.0
            self._deps.locks.note_dreamscape(
                self.plan.dreamscape, before, self.state, self._deps.clock.now_s(), cause
            )
            sentence, plain = (
                f"{self.plan.dreamscape} is {self.state.value}: {cause}",
                cause.partition(": ")[0],
            )
            self.say("state", sentence, self.state.value, reason=plain)

    def _wrong_state(self, step_: Move) -> Refusal | None:
        return refused(self.plan.dreamscape, self.state, step_)

    def start(self) -> Started:
        """Freeze the scale, assign everyone admitted, begin to dream: once the ledger has their seats."""
        self._open()
        refusal = self._wrong_state(Move.START) or self._woken()
        if refusal is not None:
            return refusal
        if self.granting.start_waits:
            return self.granting.start_waits
        if self._deps.commits.trouble:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"no seat can be kept now: {self._deps.commits.trouble}")
        admitted = self.seating.gather(started=False)
        if len(admitted) < self.plan.seats_min:
            return below_minimum(self, self._deps.fleet, len(admitted))
        return self.granting.start(admitted, self.seating.scale(admitted))

    def begin(self, scale: tuple[Floats, Floats], sleepers: int) -> None:
        """It dreams: the ledger has the seats of so many. That it dreams is written after."""
        self.use_scale(*scale)
        self._move(Move.START, f"{sleepers} admitted")
        self.books.changed = True

    def assign(self, seat: Seat) -> None:
        """Give a slot to a seat that is in the ledger; without a slot, or a term for it, the seat waits."""
        if not self.seats.slots_left:
            self.seating.exhausted(seat)
            self.company.gone(seat, 0.0)
            return
        if self.ownership.lacking(self.seats.upcoming(1), 0.0):
            seat.state = SeatState.WAITING
            return
        self.seating.assign(seat, self.cohorts, self.scale, self.instant, self.company.dose(seat))
        self.company.seated(seat)
        self.crowd.take_up(seat)
        record = self._deps.fleet.get(seat.pod)
        if record is not None and not record.breaker.may_couple:
            record.breaker = seated(record.breaker, self._deps.clock.now_s())
            self.judge.attend(seat)
        self._version += 1
        self._happenings.seat("assigned", seat, f"{seat.pod} takes seat {seat.number}")

    def sever(self, cause: Cause, reason: str) -> PendingSever:
        """Everyone to zero in this call; valid in every state."""
        ticket = self.zero(cause)
        self.severed_s, self.sever_cause = self._deps.clock.now_s(), cause.value
        self._move(Move.SEVER, because(cause, reason))
        self.books.save()
        return ticket

    def zero(self, cause: Cause) -> PendingSever:
        """Publish zeros to every cohort now, whatever the state says."""
        self._quorate = False
        self.hush()
        self.granting.overtaken(self._refused_by(cause))
        holding = self.holding()
        for seat in holding:
            self.causes.hold(seat, cause)
        return self._deps.tickets.issue(seat.pod for seat in holding)

    def hush(self) -> None:
        """Publish zeros now; the state and the books stay as they are."""
        self.cohorts.forget()
        self._publish(level=0.0)

    def _refused_by(self, cause: Cause) -> Refusal:
        sentence = f"{self.plan.dreamscape} was severed while it waited for the ledger: {cause.value}"
        return Refusal(Code.WRONG_STATE, sentence, {"state": self.state.value})

    def resume(self) -> Refusal | None:
        """Dream on after a sever, everyone from zero; None: done."""
        refusal = self._wrong_state(Move.RESUME) or self._woken() or self._below_quorum()
        if refusal is not None:
            return refusal
        for seat in self.holding():
            self.causes.release(seat)
        self._move(Move.RESUME, "resumed")
        self.books.save()
        return None

    def _woken(self) -> Refusal | None:
        order = self._deps.wakes.over(self.plan.dreamscape, self.plan.site)
        if order is None:
            return None
        sentence = f"wake order {order.id} by {order.issuer} reaches {self.plan.dreamscape}"
        return Refusal(Code.WAKE_ORDER_ACTIVE, sentence, {"order": order.id})

    def _below_quorum(self) -> Refusal | None:
        assigned, healthy = self._counts()
        verdict = quorum(assigned, healthy, self.plan.intimate)
        if verdict.holds:
            return None
        return Refusal(Code.BELOW_QUORUM, f"{healthy} of {assigned} assigned are healthy: {verdict.value}")

    def _counts(self) -> tuple[int, int]:
        """(assigned, healthy): those who hold a slot, those of them whose breaker is closed."""
        assigned, healthy, _ = self.cohorts.counts()
        return assigned, healthy

    def wake(self, issuer: str, reason: str) -> PendingSever:
        """Sever, then wake everyone; valid in every state."""
        return self._send_home(Move.WAKE, WakePod(reason, issuer), Cause.WAKE, reason)

    def end(self, reason: str) -> PendingSever:
        """Sever, then let everyone sleep on alone; the books close once all are home."""
        return self._send_home(Move.END, Release(reason or "ended"), Cause.ENDED, reason)

    def _send_home(self, step_: Move, what: What, cause: Cause, reason: str) -> PendingSever:
        ticket = self.zero(cause)
        self.homecoming.order(what)
        self.sever_cause = self.homecoming.first_cause(cause)
        self.severed_s = self._deps.clock.now_s()
        self._move(step_, because(cause, reason))
        self.homecoming.leave_the_others(cause)
        self.books.save()
        self._close_if_home()
        return ticket

    def release(self, record: PodRecord, reason: str) -> PendingSever:
        """This bed alone, now; nobody else notices."""
        now_s = self._deps.clock.now_s()
        self._deps.orders.send(record.pod, record.incarnation, Release(reason), now_s)
        seat = self.seats.of(record.pod)
        ticket = self._deps.tickets.issue([record.pod] if seat is not None and seat.slot else [])
        self.seating.excused.add(record.pod)
        if seat is not None:
            self.leave(seat, Cause.RELEASED.value)
            self.books.save()
        return ticket

    def leave(self, seat: Seat, cause: str) -> None:
        """The seat's sleeper goes: slot, weight and every trace in the sums go with them."""
        self._give_back(seat, self.seats.leave(seat, cause))
        self.judge.forget(seat)
        record = self._deps.fleet.get(seat.pod)
        if record is not None and record.dreamscape == self.plan.dreamscape:
            record.dreamscape, record.seat = "", 0
            self.causes.left(record, cause)
            self._deps.fleet.changed(record, self._deps.clock.now_s())
        self._version += 1
        self.books.changed = True
        self._happenings.seat("left", seat, f"{seat.pod} leaves seat {seat.number}: {cause}", cause)

    def vacate(self, seat: Seat, *, stays: bool = False) -> None:
        """The seat loses its slot and waits for another one; `stays`: it gets one in this very step."""
        self._give_back(seat, self.seats.void(seat), stays=stays)
        self.judge.forget(seat)
        self._version += 1

    def _give_back(self, seat: Seat, slot: Slot | None, *, stays: bool = False) -> None:
        if slot is not None:
            self.company.gone(seat, self.cohorts.vacated_min(slot), stays=stays)
            self.cohorts.vacate(slot)
            self.crowd.gone(slot)

    def let_go(self, seat: Seat, cause: Cause) -> None:
        """This sleeper is in no later message; the books are told at house-keeping."""
        self._deps.tickets.issue([seat.pod] if seat.slot else [])
        self.leave(seat, cause.value)
        self._deps.orders.send(seat.pod, seat.incarnation, Release(cause.value), self._deps.clock.now_s())

    def tell_of(self, seat: Seat, kind: str, what: str) -> None:
        """A fact about this seat's sleeper, for the journal."""
        self._happenings.seat(kind, seat, f"the sleeper in {seat.pod} {what}")

    def _close_if_home(self) -> None:
        if self.homecoming.over():
            self._move(Move.CLOSE, "everyone is home")
            self.books.save()

    def settled(self, now_s: float) -> bool:
        """It has ended, and the exposure of all who were in it is charged or another daemon's affair."""
        if self.state is not DreamscapeState.ENDED:
            return False
        if not self.ownership.lost:
            self.company.keep(now_s)
        self.books.flush()
        return self.ownership.lost or (self.company.settled and self.books.settled)

    def forget(self) -> None:
        """It has ended and is put away: columns, seats and statistics are given back, watches are over."""
        self.cohorts = Cohorts(self.schema, *self.scale, 1)
        self.crowd = GroupMonitor(self, self._deps)
        self.seats = Seats(1, self._deps.rng)
        self._audience.tell()

    def close(self) -> PendingSever:
        """The daemon shuts down: zeros from now on, then let the pods go; the state stays as it is."""
        self.closing = True
        ticket = self.zero(Cause.SHUTDOWN)
        self.homecoming.order_stop()
        return ticket

    def _open(self) -> None:
        if self.state is DreamscapeState.PLANNED:
            self._move(Move.GATHER, "seats are open")

    def _publish(self, level: float) -> None:
        if self.ownership.lost or not self._started:
            return
        for message in self.cohorts.broadcasts(
            self.plan.dreamscape, self.instant, level, self.ownership.held
        ):
            self._deps.link.publish(message)

    def tally(self) -> tuple[int, int, int]:
        """(assigned, merged, severed)."""
        assigned, healthy = self._counts()
        return assigned, self.cohorts.merged(self.instant), assigned - healthy

    def _told(self, seat: Seat) -> tuple[int, int] | None:
        return (self.ownership.held(at.cohort), self.cohorts.tick_number + 1) if (at := seat.slot) else None

    def _breaker_moved(self, record: PodRecord, seat: Seat, transition: Transition) -> None:
        if seat.slot is not None:
            self.cohorts.moved(seat.slot, record.breaker)
        if transition.after in (BreakerState.OPEN, BreakerState.LOCKED) and transition.cause is not None:
            self.mass.tripped(seat.pod, transition.cause, transition.at_s, transition.seen_s)
        self.causes.moved(seat, transition, severed=self.state is DreamscapeState.SEVERED)
        self._version += 1
        self._happenings.breaker(record, seat, transition)
        if seat.disobeyed and transition.after is BreakerState.CLOSED and not self.closing:
            # A pod whose actuator did not obey stays at zero until it is assigned anew; its time has come.
            self._seat_anew(seat)

    def _seat_anew(self, seat: Seat) -> None:
        """The seat gets another slot and its sleeper begins at zero; where no slot is left it waits."""
        if self.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED) and not self.ownership.lost:
            ready = self.seats.slots_left and not self.ownership.lacking(self.seats.upcoming(1), 0.0)
            self.vacate(seat, stays=bool(ready))
            self.assign(seat)
