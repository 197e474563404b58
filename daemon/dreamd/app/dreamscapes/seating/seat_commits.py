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
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.dreamscapes.seating.shortfall import below_minimum
from dreamd.app.durability.fencing import TermFence
from dreamd.app.people.calibration_days import CalibrationDays
from dreamd.app.people.exposure import ExposureAccounting, Opening
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import DreamscapeView, Plan, SeatState
from dreamd.core.limits import LEDGER_SLOW_S, SESSION_MAX_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import PlannedDose
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

Started = DreamscapeView | Refusal | Deferred[DreamscapeView]


@dataclass(slots=True)
class SeatCommit:
    """Seats on their way into the ledger, the writes for them, and since when."""

    seats: list[Seat]
    opening: Opening
    transaction: Transaction
    at_s: float
    commit: Commit[Terms] | None = None
    start: Deferred[DreamscapeView] | None = None


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

    @property
    def start_waits(self) -> Deferred[DreamscapeView] | None:
        """The answer of a Start that waits for the ledger; None: there is none."""
        start = self._waiting.start if self._waiting is not None else None
        return None if start is None or start.settled else start

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
        admitted: list[Seat],
        begin: Callable[[int], None],
        view: Callable[[], DreamscapeView],
    ) -> Started:
        """Start with these once they are in the ledger.

        Args:
            plan: of the Dreamscape.
            admitted: the seats to begin with.
            begin: called with the number of sleepers when the ledger has them, before their slots are given.
            view: makes the answer.
        """
        if self._waiting is not None:
            sentence = f"the seats of {plan.dreamscape} wait for the ledger"
            return Refusal(Code.LEDGER_UNAVAILABLE, sentence)
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
            begin(ready)
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
        self._waiting = None
        self._ownership.ended(asked.transaction.terms)
        if commit.done:
            self._ownership.drawn(commit.value, asked.at_s)
            self._exposure.opened(asked.opening)
            self._deps.nights.planned(asked.transaction.planned_doses)
            for sleeper, day in asked.transaction.calibration_days:
                self._deps.doses.days.kept(sleeper, day)
            self._calibrated(asked)
        else:
            self._exposure.not_opened(asked.opening)

    def _calibrated(self, asked: SeatCommit) -> None:
        """The calibrations of these seats are days of their sleepers, or sittings."""
        plan = self._record().plan
        for seat in asked.seats:
            record = self._deps.fleet.get(seat.pod)
            if record is not None and record.status is not None and record.sleeper == seat.sleeper:
                db = tuple(record.status.calibration.template_db.tolist())
                self._deps.sittings.calibrated(
                    seat.sleeper, db, alone=plan.kind.alone, coupled=plan.ceiling > 0.0
                )

    def _assign_all(self, asked: SeatCommit) -> None:
        for seat in asked.seats:
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
        asked = self._waiting
        if asked is None:
            return
        self._wait(asked, None)
        if asked.commit is not None:
            asked.commit.withdraw()
        if asked.start is not None and not asked.start.settled:
            asked.start.settle(why)

    def look(self, now_s: float) -> None:
        """Show on the seats that the ledger is slow."""
        asked = self._waiting
        if asked is None or now_s - asked.at_s <= LEDGER_SLOW_S:
            return
        waited_s = now_s - asked.at_s
        sentence = f"the ledger has not kept the seat for {waited_s:.0f} s; it grants nothing until it has"
        for seat in asked.seats:
            if self._stays(seat):
                seat.refusal = Refusal(Code.LEDGER_UNAVAILABLE, sentence)
