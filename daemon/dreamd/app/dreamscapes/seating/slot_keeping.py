"""Slot keeping: over a night empty cohorts are closed, and slots do not run out.

A cohort in which no slot is held is still published for CLOSE_AFTER_HOPS, all zeros, and is then closed:
neither signed nor published. By then no permission that was ever given in it can live. When a closed cohort
is opened again its term is a new one, by which a pod refuses every message of the old term; a pod that has
missed its release and still believes in the old term is granted nothing by the new one.

Few slots are left only where every cohort keeps a holder. Then the holders of the emptiest cohort are
assigned anew, which sets each of them to zero and lets them ramp again, so that it can close.
"""

from typing import Final

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.durability.commits import Commits
from dreamd.app.durability.fencing import TermFence
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.slot_places import CHOSEN, COHORTS_MAX
from dreamd.core.limits import COHORT_SLOTS, HOP_S, LEASE_FADE_S, LEASE_S, SEATS_MAX
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

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
    """Keeps the cohorts of one Dreamscape."""

    def __init__(
        self, seats: Seats, cohorts: Cohorts, keys: CohortKeys, ownership: TermFence, commits: Commits
    ) -> None:
        self._seats = seats
        self._cohorts = cohorts
        self._keys = keys
        self._ownership = ownership
        self._commits = commits
        self._drawing = False
        self._empty_since: dict[int, int] = {}

    def keep(self, instant: int, now_s: float) -> list[Seat]:
        """House-keeping of this grid instant, after its messages; return the seats to assign anew."""
        self._draw_ahead(now_s)
        if instant % LOOK_EVERY_HOPS:
            return []
        seats = self._seats
        empty = seats.empty_cohorts()
        self._empty_since = {cohort: self._empty_since.get(cohort, instant) for cohort in empty}
        for cohort, since in self._empty_since.items():
            if instant - since > CLOSE_AFTER_HOPS:
                seats.close_cohort(cohort)
                self._cohorts.close(cohort)
                self._keys.close(cohort)
                self._ownership.close(cohort)
        if not empty and seats.slots_left <= FEW:
            holders = seats.of_emptiest_cohort()
            # Only where that gains more slots than it takes, and there is a slot for each.
            if len(holders) <= min(seats.slots_left, MOVED_MOST):
                return holders
        return []

    def _draw_ahead(self, now_s: float) -> None:
        """Draw the terms of the next cohorts before they are opened, so that no seat waits for a disk."""
        ownership = self._ownership
        lacking = ownership.lacking(self._seats.upcoming(AHEAD), now_s)
        if not lacking or self._drawing or not ownership.first:
            return

        def over(commit: Commit[Terms]) -> None:
            self._drawing = False
            ownership.ended(lacking)
            if commit.done:
                ownership.drawn(commit.value, now_s)

        self._drawing = True
        ownership.draw(lacking)
        self._commits.submit(Transaction(terms=lacking), "the term of a cohort", over)
