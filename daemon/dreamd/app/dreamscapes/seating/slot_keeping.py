"""The slots of one Dreamscape over a night: empty cohorts close, and slots do not run out.

A cohort that nobody holds a slot of goes on to be published for CLOSE_AFTER_HOPS, all zeros, and is closed:
neither signed nor published. By then no permission that was ever given in it can live. When a closed cohort
is opened again its term is a new one, by which a pod refuses everything that was said in it before; a pod
that has missed its release and still believes in the old term is granted nothing by the new one.

Few slots are left only where every cohort keeps a holder. Then the holders of the emptiest cohort are
assigned anew, which sets each of them to zero and lets them ramp again, so that it can close.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dreamd.app.dependencies import Dependencies
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.slot_places import CHOSEN, COHORTS_MAX
from dreamd.core.limits import COHORT_SLOTS, HOP_S, LEASE_FADE_S, LEASE_S, SEATS_MAX
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape

CLOSE_AFTER_HOPS: Final = round((LEASE_S + LEASE_FADE_S) / HOP_S) + 2
"""An empty cohort is still published for so long: a lease, its fade, and two messages."""
FEW: Final = COHORT_SLOTS
"""With no more slots left than this, the emptiest cohort is emptied."""
MOVED_MOST: Final = COHORT_SLOTS // 4
"""A cohort with more holders is not emptied; where every cohort is open, one has 39 at most."""
AHEAD: Final = CHOSEN * COHORT_SLOTS
"""For so many slots terms are drawn before they are given."""
LOOK_EVERY_HOPS: Final = 4

assert SEATS_MAX // (COHORTS_MAX - 1) <= MOVED_MOST


class SlotKeeping:
    """Looks after the cohorts of one Dreamscape; `seat_anew` gives a seat another slot."""

    def __init__(
        self, session: "Dreamscape", dependencies: Dependencies, seat_anew: Callable[[Seat], None]
    ) -> None:
        self._session = session
        self._deps = dependencies
        self._seat_anew = seat_anew
        self._drawing = False
        self._empty_since: dict[int, int] = {}

    def keep(self, instant: int) -> None:
        """House-keeping of this grid instant, after its messages."""
        self._draw_ahead()
        if instant % LOOK_EVERY_HOPS:
            return
        seats = self._session.seats
        empty = seats.empty_cohorts()
        self._empty_since = {cohort: self._empty_since.get(cohort, instant) for cohort in empty}
        for cohort, since in self._empty_since.items():
            if instant - since > CLOSE_AFTER_HOPS:
                self._close(cohort)
        if not empty and seats.slots_left <= FEW:
            self._empty(seats.of_emptiest_cohort(), seats.slots_left)

    def _empty(self, holders: list[Seat], slots_left: int) -> None:
        """Assign these anew where that gains more slots than it takes, and there is one for each."""
        if len(holders) <= min(slots_left, MOVED_MOST):
            for seat in holders:
                self._seat_anew(seat)

    def _draw_ahead(self) -> None:
        """The cohorts that come next have their terms before they are opened: no seat waits for a disk."""
        now_s, ownership = self._deps.clock.now_s(), self._session.ownership
        lacking = ownership.lacking(self._session.seats.upcoming(AHEAD), now_s)
        if not lacking or self._drawing or not ownership.first:
            return

        def over(commit: Commit[Terms]) -> None:
            self._drawing = False
            ownership.ended(lacking)
            if commit.done:
                ownership.drawn(commit.value, now_s)

        self._drawing = True
        ownership.draw(lacking)
        self._deps.commits.submit(Transaction(terms=lacking), "the term of a cohort", over)

    def _close(self, cohort: int) -> None:
        self._session.seats.close_cohort(cohort)
        self._session.cohorts.close(cohort)
        self._session.ownership.close(cohort)
