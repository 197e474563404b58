"""The places of one Dreamscape's cohorts: which is given next, and which cohorts may be filled again.

A cohort has COHORT_SLOTS places and is filled in order; a place is given once in the cohort's term. A full
cohort opens another: a closed one under a new term, else one with a new number. A cohort without holders is
empty. The owner of the places closes an empty cohort once no message about it can still count. So the numbers
do not run out, however often places are given.
"""

from collections import Counter, deque
from heapq import heappop, heappush
from typing import Final

from dreamd.core.limits import COHORT_SLOTS

COHORTS_MAX: Final = 256
"""Cohorts that may be open at once: 65,536 places, several for each of SEATS_MAX."""

CHOSEN: Final = 2
"""Cohorts chosen before they are opened, so that their terms can be drawn ahead."""


class SlotsExhausted(RuntimeError):  # noqa: N818 - the house's word for it
    """Every place is given and no cohort is closed; check `left` first."""


class SlotPlaces:
    """The places that have been given. Numbers of cohorts are below COHORTS_MAX."""

    def __init__(self) -> None:
        self._filling, self._given = 0, 0
        self._numbers = 1
        self._open: dict[int, None] = {}
        self._next: deque[int] = deque()
        self._closed: list[int] = []
        self._held: Counter[int] = Counter()

    @property
    def open(self) -> int:
        """The number of open cohorts: places of them have been given, and they are not closed."""
        return len(self._open)

    @property
    def left(self) -> int:
        """The number of places that can be given now."""
        others = len(self._next) + len(self._closed) + COHORTS_MAX - self._numbers
        return COHORT_SLOTS - self._given + COHORT_SLOTS * others

    def upcoming(self, count: int) -> tuple[int, ...]:
        """The cohorts that hold the next `count` places, as far as there are any.

        Of those not open yet, the first CHOSEN are fixed, whichever cohorts are closed meanwhile.
        """
        self._choose()
        begun = [self._filling] if self._given < COHORT_SLOTS else []
        left = count - (COHORT_SLOTS - self._given)
        others = [*self._next, *sorted(self._closed), *range(self._numbers, COHORTS_MAX)]
        return (*begun, *others[: max(-(-left // COHORT_SLOTS), 0)])

    def give(self) -> tuple[int, int]:
        """Return the cohort and the number of the next place.

        Raises:
            SlotsExhausted: there is none.
        """
        if self._given == COHORT_SLOTS:
            self._filling, self._given = self._another(), 0
        place = self._given
        self._given += 1
        self._open[self._filling] = None
        self._held[self._filling] += 1
        return self._filling, place

    def _choose(self) -> None:
        """Choose the cohorts that are opened next: closed ones first, else new numbers."""
        while len(self._next) < CHOSEN:
            if self._closed:
                # A closed cohort first, so that the numbers do not run out.
                self._next.append(heappop(self._closed))
            elif self._numbers < COHORTS_MAX:
                self._next.append(self._numbers)
                self._numbers += 1
            else:
                return

    def _another(self) -> int:
        self._choose()
        if not self._next:
            raise SlotsExhausted(f"places of {COHORTS_MAX} cohorts are given, and each has a holder")
        return self._next.popleft()

    def give_back(self, cohort: int) -> None:
        """Count one holder of this cohort less; the place is not given again in this term."""
        self._held[cohort] -= 1

    def empty(self) -> list[int]:
        """Open cohorts without holders, except the one being filled."""
        return [cohort for cohort in self._open if cohort != self._filling and not self._held[cohort]]

    def emptiest(self) -> int | None:
        """The open cohort with the fewest holders, at least one, that is not being filled, or None."""
        held = [(self._held[cohort], cohort) for cohort in self._open if cohort != self._filling]
        return min((one for one in held if one[0]), default=(0, None))[1]

    def close(self, cohort: int) -> None:
        """Close an empty cohort; its places may be given again under a new term."""
        assert not self._held[cohort], "somebody holds a place of it"
        assert cohort != self._filling, "it is being filled"
        del self._open[cohort]
        heappush(self._closed, cohort)
