"""A Dreamscape as the ledger keeps it: its record, how that is written, and one taken up again from it."""

from typing import TYPE_CHECKING

from dreamd.app.durability.commits import Commits
from dreamd.core.dreamscapes.views import DreamscapeState, SeatState
from dreamd.core.safety.causes import Cause
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape


def record_of(session: "Dreamscape") -> DreamscapeRecord:
    """Return what the ledger keeps; a seat that has been left is kept without a name."""
    seats = tuple(
        (s.number, "", "") if s.state is SeatState.LEFT else (s.number, s.pod, s.sleeper)
        for s in session.seats
    )
    frozen = session.state not in (DreamscapeState.PLANNED, DreamscapeState.GATHERING)
    mu, sigma = (tuple(map(float, part)) for part in session.scale) if frozen else ((), ())
    return DreamscapeRecord(
        plan=session.plan,
        state=session.state,
        created_s=session.created_s,
        seats=seats,
        excused=tuple(sorted(session.seating.excused)),
        mu_db=mu,
        sigma_db=sigma,
        ended_s=session.ended_s,
        sever_cause=session.sever_cause,
    )


def take_up(session: "Dreamscape", record: DreamscapeRecord) -> None:
    """Put a new session into the state that a record has: same seats, everyone from zero."""
    session.state, session.ended_s = record.state, record.ended_s
    session.state_cause, session.sever_cause = "the daemon came back", record.sever_cause
    if record.mu_db:
        session.use_scale(record.mu_db, record.sigma_db)
    session.seating.excused.update(record.excused)
    for number, pod, sleeper in record.seats:
        seat = session.seats.restore(number, pod or f"#{number}", sleeper)
        if not pod or record.state is DreamscapeState.ENDED:
            session.seats.leave(seat, Cause.LEFT.value)


class RecordWriter:
    """Writes the record of one Dreamscape after what changed it; what could not be written is tried again."""

    def __init__(self, session: "Dreamscape", commits: Commits) -> None:
        self._session = session
        self._commits = commits
        self._writing = False
        self.changed = False

    @property
    def settled(self) -> bool:
        """The ledger has the newest record."""
        return not (self.changed or self._writing)

    def save(self) -> None:
        """The record has changed: write it, behind nobody's back and in nobody's way."""
        self.changed = True
        self.flush()

    def flush(self) -> None:
        """Write the record where it has changed and no earlier one is on its way."""
        if self._writing or not self.changed:
            return
        self.changed, self._writing = False, True
        change = Transaction(dreamscapes=(record_of(self._session),))
        self._commits.submit(change, self._session.plan.dreamscape, self._written)

    def _written(self, commit: Commit[Terms]) -> None:
        self._writing = False
        if commit.done:
            self.flush()
        elif not self._session.ownership.lost:  # what another daemon goes on with is not ours to write late
            self.changed = True
