"""Seat commits: the way of a seat from ADMITTED to a slot, through the ledger.

Theory of operation. A seat that is about to get a slot is COMMITTING: one transaction names it, draws the
term that its cohort lacks and opens its sleeper's mark of exposure. Only when that is durable is the pod
assigned. A Start is the same: the Dreamscape is DREAMING once the seats it begins with are in the ledger.
That state is written after, for a crash in between leaves it GATHERING, which grants nothing.

Rules
- Leaving wins: a seat that is left, withdrawn, latched or tripped while COMMITTING is assigned
  nothing; the mark is closed again. A sever sends every COMMITTING seat back to WAITING and refuses a Start
  that waits.
- A commit that fails, or that takes long, is shown on the seat, and grants nothing.
- A Dreamscape has one such transaction on its way at most.
- More than AT_ONCE seats are looked at, and given their slots, in parts (`long_work`). Until the last has its
  slot the transaction counts as under way, so that the marks of the others stand.
"""

from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.dreamscapes.seating.shortfall import below_minimum
from dreamd.app.durability.fencing import TermFence
from dreamd.app.events.long_work import AT_ONCE, PART, Parts, each
from dreamd.app.people.calibration_days import CalibrationDays
from dreamd.app.people.exposure import ExposureAccounting, Opening
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import DreamscapeView, Plan, SeatState
from dreamd.core.limits import LEDGER_SLOW_S, SESSION_MAX_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.deferred import Deferred, Relayed
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import PlannedDose
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Floats

Started = DreamscapeView | Refusal | Deferred[DreamscapeView]
Scale = tuple[Floats, Floats]
"""The shared scale, float32[D] each, dB."""


@dataclass(slots=True)
class SeatCommit:
    """Seats on their way into the ledger, the writes for them, and since when. written: they are in it."""

    seats: list[Seat]
    opening: Opening
    transaction: Transaction
    at_s: float
    commit: Commit[Terms] | None = None
    start: Deferred[DreamscapeView] | None = None
    written: bool = False

    @property
    def large(self) -> bool:
        """Whether it has more seats than one turn has time for."""
        return len(self.seats) > AT_ONCE


class SeatCommits:
    """The seats of one Dreamscape that wait for the ledger.

    record: what the ledger keeps of the Dreamscape. assign: gives a seat that is in the ledger its slot.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        seats: Seats,
        ownership: TermFence,
        admission: Admission,
        exposure: ExposureAccounting,
        record: Callable[[], DreamscapeRecord],
        assign: Callable[[Seat], None],
    ) -> None:
        self._deps = dependencies
        self._seats = seats
        self._ownership = ownership
        self._admission = admission
        self._exposure = exposure
        self._record = record
        self._assign = assign
        self._waiting: SeatCommit | None = None
        self._looking: Relayed[DreamscapeView] | None = None

    @property
    def start_waits(self) -> Deferred[DreamscapeView] | None:
        """The answer of a Start that looks at its seats or waits for the ledger; None: there is none."""
        start = self._waiting.start if self._waiting is not None else None
        waits = self._looking or start
        return None if waits is None or waits.settled else waits

    def seat(self, admitted: list[Seat]) -> None:
        """Give these a slot once they are in the ledger; sleepers that do not agree are left out."""
        if self._waiting is not None or not self._exposure.agreed(admitted):
            return
        asked = self._prepare(admitted)
        if isinstance(asked, Refusal):
            return

        def over(commit: Commit[Terms]) -> None:
            self._written(asked, commit)
            if commit.done:
                self._assign_all(asked)
            else:
                self._failed(asked, commit.failure)

        self._waiting = asked
        self._ownership.draw(asked.transaction.terms)
        asked.commit = self._deps.commits.submit(asked.transaction, "a seat", over)

    def start(
        self,
        plan: Plan,
        refused: Callable[[], Refusal | None],
        begin: Callable[[int, Scale], None],
        view: Callable[[], DreamscapeView],
    ) -> Started:
        """Start with those who are admitted, once they are in the ledger.

        Args:
            plan: of the Dreamscape.
            refused: why it cannot start; asked again after many seats were looked at.
            begin: called with the number of sleepers and the scale when the ledger has them, before their
                slots are given.
            view: makes the answer.
        """
        if not self._admission.many:
            return self._start(plan, self._admission.gather(started=False), begin, view)
        later, call = Relayed[DreamscapeView](), copy_context()

        def start() -> Started:
            return refused() or self._start(plan, self._admission.admitted(), begin, view)

        def looking() -> Parts:
            try:
                for _ in self._admission.gather_in_parts():
                    yield
                    if later.settled:
                        return
                later.answered(call.run(start))
            finally:
                self._looking = None
                if not later.settled and self._waiting is None:
                    sentence = (
                        f"the seats of {plan.dreamscape} were not looked at: a step of the daemon failed"
                    )
                    later.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))

        self._looking = later
        self._deps.long_work.divide(plan.dreamscape, looking())
        return later

    def _start(
        self,
        plan: Plan,
        admitted: list[Seat],
        begin: Callable[[int, Scale], None],
        view: Callable[[], DreamscapeView],
    ) -> Started:
        if self._waiting is not None:
            sentence = f"the seats of {plan.dreamscape} wait for the ledger"
            return Refusal(Code.LEDGER_UNAVAILABLE, sentence)
        if len(admitted) < plan.seats_min:
            return self._below_minimum(plan, len(admitted))
        scale = self._admission.scale(admitted)
        asked = self._prepare(admitted)
        if isinstance(asked, Refusal):
            return asked
        if len(asked.seats) < plan.seats_min:
            self._wait(asked, None)
            self._exposure.not_opened(asked.opening)
            return self._below_minimum(plan, len(asked.seats))

        def done(_terms: Terms) -> DreamscapeView | Refusal:
            ready = sum(map(self._stays, asked.seats))
            if ready < plan.seats_min:
                self._wait(asked, None)
                return self._below_minimum(plan, ready)
            begin(ready, scale)
            self._assign_all(asked)
            return view()

        self._waiting = asked
        self._ownership.draw(asked.transaction.terms)
        answer: Started = self._deps.commits.ask(
            asked.transaction,
            f"the start of {plan.dreamscape}",
            done,
            over=lambda commit: self._written(asked, commit),
            failed=lambda: self._failed(asked),
        )
        if isinstance(answer, Deferred):
            asked.start = answer
        return answer

    def _below_minimum(self, plan: Plan, admitted: int) -> Refusal:
        return below_minimum(plan, self._seats, self._admission, self._deps.fleet, admitted)

    def _prepare(self, admitted: list[Seat]) -> SeatCommit | Refusal:
        now_s = self._deps.clock.now_s()
        agreed = self._exposure.agreed(admitted)
        try:
            opening = self._exposure.opening(agreed, now_s)
        except LedgerError as error:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"exposure could not be kept: {error}")
        for seat in agreed:
            seat.state, seat.refusal = SeatState.COMMITTING, None
        cohorts = self._seats.upcoming(len(agreed))
        record = self._record()
        named = Transaction(
            dreamscapes=(record,),
            terms=self._ownership.lacking(cohorts, now_s),
            planned_doses=tuple(self._planned(agreed, record.plan, now_s)),
            calibration_days=tuple((seat.sleeper, CalibrationDays.day_of(now_s)) for seat in agreed),
        )
        return SeatCommit(agreed, opening, named.plus(opening.transaction), now_s)

    def _planned(self, seats: list[Seat], plan: Plan, now_s: float) -> Iterator[PlannedDose]:
        """The doses that sleepers are seated for: the ledger keeps the first, so a bad night revises none.

        An anchor session is no merge: it plans none.
        """
        if plan.kind.alone:
            return
        ends_s = plan.close_at_s or now_s + SESSION_MAX_S
        most = min(plan.ceiling, self._deps.guidelines.limits.ceiling)
        for seat in seats:
            granted = min(most, self._deps.consents.standing(seat.sleeper).ceiling)
            granted *= self._deps.clinic.share(seat.sleeper)
            minutes = granted * max(0.0, ends_s - now_s) / 60.0
            yield PlannedDose(plan.dreamscape, seat.sleeper, minutes, now_s)

    # -- how it ends --------------------------------------------------------------------------------

    def _written(self, asked: SeatCommit, commit: Commit[Terms]) -> None:
        """The write is over, whether or not a caller still waits for it."""
        self._waiting, asked.written = None, True
        self._ownership.ended(asked.transaction.terms)
        if commit.done:
            self._ownership.drawn(commit.value, asked.at_s)
            self._exposure.opened(asked.opening)
            self._deps.nights.planned(asked.transaction.planned_doses)
            for sleeper, day in asked.transaction.calibration_days:
                self._deps.doses.days.kept(sleeper, day)
            self._in_parts(asked, self._calibrated)
        else:
            self._exposure.not_opened(asked.opening)

    def _in_parts(self, asked: SeatCommit, act: Callable[[list[Seat], Plan], None]) -> None:
        """Do this to the seats: at once, or in parts where there are many."""
        plan = self._record().plan
        if asked.large:
            parts = (asked.seats[at : at + AT_ONCE] for at in range(0, len(asked.seats), AT_ONCE))
            self._deps.long_work.divide(plan.dreamscape, each(lambda some: act(some, plan), parts))
        else:
            act(asked.seats, plan)

    def _calibrated(self, seats: list[Seat], plan: Plan) -> None:
        """The calibrations of these seats are days of their sleepers, or sittings."""
        for seat in seats:
            record = self._deps.fleet.get(seat.pod)
            if record is not None and record.status is not None and record.sleeper == seat.sleeper:
                db = tuple(record.status.calibration.template_db.tolist())
                self._deps.sittings.calibrated(
                    seat.sleeper, db, alone=plan.kind.alone, coupled=plan.ceiling > 0.0
                )

    def _assign_all(self, asked: SeatCommit) -> None:
        if not asked.large:
            self._give(asked.seats)
            return
        self._waiting = asked  # until the last has its slot; the marks of all stand meanwhile
        self._exposure.await_slots(asked.opening)
        self._deps.long_work.divide(asked.transaction.dreamscapes[0].plan.dreamscape, self._giving(asked))

    def _giving(self, asked: SeatCommit) -> Parts:
        try:
            for at in range(0, len(asked.seats), PART):
                if self._waiting is not asked:
                    return
                self._give(asked.seats[at : at + PART])
                yield
        finally:
            if self._waiting is asked:
                self._wait(asked, None)
                self._given()

    def _given(self) -> None:
        """No further seat of a large commit gets a slot by it."""
        self._waiting = None
        self._exposure.slots_given()

    def _give(self, seats: list[Seat]) -> None:
        for seat in seats:
            if self._stays(seat) and self._admission.still_admitted(seat):
                self._assign(seat)

    def _stays(self, seat: Seat) -> bool:
        """Whether the seat is still the one that was committed."""
        return seat.state is SeatState.COMMITTING and self._seats.numbered(seat.number) is seat

    def _failed(self, asked: SeatCommit, why: str = "it has taken too long") -> None:
        """Nothing was written, or the caller has been refused: the seats wait, and show why."""
        sentence = f"the ledger could not keep the seat: {why}"
        self._wait(asked, Refusal(Code.LEDGER_UNAVAILABLE, sentence))

    def _wait(self, asked: SeatCommit, refusal: Refusal | None) -> None:
        for seat in asked.seats:
            if self._stays(seat):
                seat.state, seat.refusal = SeatState.WAITING, refusal

    def overtaken(self, why: Refusal) -> None:
        """The Dreamscape is severed or sent home: no waiting seat gets a slot by an earlier request."""
        if self._looking is not None and not self._looking.settled and self._waiting is None:
            self._looking.settle(why)
        asked = self._waiting
        if asked is None:
            return
        self._wait(asked, None)
        if asked.written:
            self._given()
            return
        if asked.commit is not None:
            asked.commit.withdraw()
        if asked.start is not None and not asked.start.settled:
            asked.start.settle(why)

    def look(self, now_s: float) -> None:
        """Show on the seats that the ledger is slow."""
        asked = self._waiting
        if asked is None or asked.written or now_s - asked.at_s <= LEDGER_SLOW_S:
            return
        waited_s = now_s - asked.at_s
        sentence = f"the ledger has not kept the seat for {waited_s:.0f} s; it grants nothing until it has"
        for seat in asked.seats:
            if self._stays(seat):
                seat.refusal = Refusal(Code.LEDGER_UNAVAILABLE, sentence)
