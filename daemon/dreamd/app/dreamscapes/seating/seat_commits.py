"""Granting: the way of a seat from ADMITTED to a slot, through the ledger.

Theory of operation. A seat that is about to get a slot is COMMITTING: one transaction names it, draws the
term its cohort lacks and opens its sleeper's mark of exposure. Only when that is durable is the pod told. A
Start is the same: the Dreamscape dreams once the seats it begins with are in the ledger. That it dreams is
written after, for a crash in between leaves it gathering, which grants nobody anything.

Rules
- Leaving wins: who leaves, withdraws, is latched or is tripped while COMMITTING is assigned nothing; the mark
  is closed again. A sever sends every COMMITTING seat back to WAITING and refuses a Start that waits.
- A commit that fails, or that takes long, is said on the seat, and grants nothing.
- A Dreamscape has one such transaction on its way at most.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.seating.shortfall import below_minimum
from dreamd.app.people.exposure import Opening
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import DreamscapeView, SeatState
from dreamd.core.limits import LEDGER_SLOW_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Floats

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape

Started = DreamscapeView | Refusal | Deferred[DreamscapeView]


@dataclass(slots=True)
class Asked:
    """Seats on their way, what was written for them, and since when."""

    seats: list[Seat]
    opening: Opening
    transaction: Transaction
    at_s: float
    commit: Commit[Terms] | None = None
    start: Deferred[DreamscapeView] | None = None


class SeatCommits:
    """The seats of one Dreamscape that wait for the ledger."""

    def __init__(self, session: "Dreamscape", dependencies: Dependencies) -> None:
        self._session = session
        self._deps = dependencies
        self._asked: Asked | None = None

    @property
    def start_waits(self) -> Deferred[DreamscapeView] | None:
        """The answer of a Start that waits for the ledger; None: there is none."""
        start = self._asked.start if self._asked is not None else None
        return None if start is None or start.settled else start

    def seat(self, admitted: list[Seat]) -> None:
        """Give these a slot once they are in the ledger; those who do not agree are left out."""
        if self._asked is not None or not self._session.company.agreed(admitted):
            return
        asked = self._prepare(admitted)
        if isinstance(asked, Refusal):
            return

        def over(commit: Commit[Terms]) -> None:
            self._written(asked, commit)
            if commit.done:
                self._assign(asked)
            else:
                self._failed(asked, commit.failure)

        self._asked = asked
        self._session.ownership.draw(asked.transaction.terms)
        asked.commit = self._deps.commits.submit(asked.transaction, "a seat", over)

    def start(self, admitted: list[Seat], scale: tuple[Floats, Floats]) -> Started:
        """Begin to dream with these once they are in the ledger."""
        if self._asked is not None:
            return self._busy()
        asked = self._prepare(admitted)
        if isinstance(asked, Refusal):
            return asked
        if len(asked.seats) < self._session.plan.seats_min:
            self._wait(asked, None)
            self._session.company.not_opened(asked.opening)
            return below_minimum(self._session, self._deps.fleet, len(asked.seats))
        self._asked = asked
        self._session.ownership.draw(asked.transaction.terms)
        answer: Started = self._deps.commits.ask(
            asked.transaction,
            f"the start of {self._session.plan.dreamscape}",
            lambda _terms: self._begin(asked, scale),
            over=lambda commit: self._written(asked, commit),
            failed=lambda: self._failed(asked),
        )
        if isinstance(answer, Deferred):
            asked.start = answer
        return answer

    def _busy(self) -> Refusal:
        return Refusal(
            Code.LEDGER_UNAVAILABLE, f"the seats of {self._session.plan.dreamscape} wait for the ledger"
        )

    def _prepare(self, admitted: list[Seat]) -> Asked | Refusal:
        session, now_s = self._session, self._deps.clock.now_s()
        agreed = session.company.agreed(admitted)
        try:
            opening = session.company.opening(agreed, now_s)
        except LedgerError as error:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"exposure could not be kept: {error}")
        for seat in agreed:
            seat.state, seat.refusal = SeatState.COMMITTING, None
        cohorts = session.seats.upcoming(len(agreed))
        named = Transaction(dreamscapes=(session.record(),), terms=session.ownership.lacking(cohorts, now_s))
        return Asked(agreed, opening, named.plus(opening.transaction), now_s)

    # -- how it ends --------------------------------------------------------------------------------

    def _written(self, asked: Asked, commit: Commit[Terms]) -> None:
        """The ledger has spoken, whoever still waits for it."""
        self._asked = None
        self._session.ownership.ended(asked.transaction.terms)
        if commit.done:
            self._session.ownership.drawn(commit.value, asked.at_s)
            self._session.company.opened(asked.opening)
        else:
            self._session.company.not_opened(asked.opening)

    def _begin(self, asked: Asked, scale: tuple[Floats, Floats]) -> DreamscapeView | Refusal:
        session = self._session
        ready = sum(map(self._stays, asked.seats))
        if ready < session.plan.seats_min:
            self._wait(asked, None)
            return below_minimum(session, self._deps.fleet, ready)
        session.begin(scale, ready)
        self._assign(asked)
        return session.view()

    def _assign(self, asked: Asked) -> None:
        for seat in asked.seats:
            if self._stays(seat) and self._session.seating.still_admitted(seat):
                self._session.assign(seat)

    def _stays(self, seat: Seat) -> bool:
        """Whether the seat is still the one that was committed."""
        return seat.state is SeatState.COMMITTING and self._session.seats.numbered(seat.number) is seat

    def _failed(self, asked: Asked, why: str = "it has taken too long") -> None:
        """Nothing was written, or the caller has been refused: the seats wait, and say why."""
        sentence = f"the ledger could not keep the seat: {why}"
        self._wait(asked, Refusal(Code.LEDGER_UNAVAILABLE, sentence))

    def _wait(self, asked: Asked, refusal: Refusal | None) -> None:
        for seat in asked.seats:
            if self._stays(seat):
                seat.state, seat.refusal = SeatState.WAITING, refusal

    def overtaken(self, why: Refusal) -> None:
        """Everyone is severed or sent home: nobody who waits gets a slot by what was asked before."""
        asked = self._asked
        if asked is None:
            return
        self._wait(asked, None)
        if asked.commit is not None:
            asked.commit.withdraw()
        if asked.start is not None and not asked.start.settled:
            asked.start.settle(why)

    def look(self, now_s: float) -> None:
        """Say on the seats that the ledger is slow."""
        asked = self._asked
        if asked is None or now_s - asked.at_s <= LEDGER_SLOW_S:
            return
        waited_s = now_s - asked.at_s
        sentence = f"the ledger has not kept the seat for {waited_s:.0f} s; it grants nothing until it has"
        for seat in asked.seats:
            if self._stays(seat):
                seat.refusal = Refusal(Code.LEDGER_UNAVAILABLE, sentence)
