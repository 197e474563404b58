"""The people of one Dreamscape: what they agreed to, held every tick, and what they live, charged in time.

Theory of operation. Before anybody is assigned, their consent is asked and their mark of exposure is made
durable, all of them in one transaction. What they live is summed by column with every broadcast, from above
(`cohorts`), and charged every ten seconds, after the tick's message. A charge that cannot be written leaves
the marks where they were, and past MARK_HOLDS_S nobody is granted anything: so a crash never loses more than
a mark stands for. Consent that is withdrawn or changed is pushed and acts at once; one that ends by time
waits on a heap. Who has to go goes in memory; the books are closed at house-keeping.
"""

from dataclasses import replace
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from dreamd.app.seats import Seat
from dreamd.app.surroundings import Surroundings
from dreamd.core.limits import CHARGE_EVERY_S, EXPOSURE_WARN_SHARE, MARK_HOLDS_S
from dreamd.core.session.roster import Slot
from dreamd.core.severing.causes import Cause
from dreamd.ports.ledger import LedgerError
from dreamd.ports.people import Dose, Standing

if TYPE_CHECKING:
    from dreamd.app.session import Session


class Company:
    """Consent and exposure of everybody who holds a slot here."""

    def __init__(self, session: "Session", surroundings: Surroundings) -> None:
        self._session = session
        self._in = surroundings
        self._marked: dict[str, Seat] = {}
        self._ended_min: dict[str, float] = {}
        self._carried_min: dict[str, float] = {}
        self._moved_s = 0.0
        self._expiries: list[tuple[float, int]] = []
        self._warned: set[str] = set()
        self._said = False

    @property
    def settled(self) -> bool:
        """Nobody is marked, and everything that was lived is charged."""
        return not (self._marked or self._ended_min)

    # -- in and out -------------------------------------------------------------------------------

    def ready(self, seats: list[Seat]) -> list[Seat]:
        """Those who agree, once their marks are durable; nobody where they cannot be written."""
        now_s = self._in.clock.now_s()
        agreed = [seat for seat in seats if self._left_s(seat, now_s) > 0.0]
        fresh = [seat for seat in agreed if seat.sleeper not in self._marked]
        try:
            self._close_ended(now_s)
            if fresh:
                self._in.exposures.begin([seat.sleeper for seat in fresh], now_s)
        except LedgerError as error:
            self._unkept("nobody is seated, their exposure could not be kept", error)
            return []
        if not self._marked:
            self._moved_s = now_s
        self._marked.update({seat.sleeper: seat for seat in fresh})
        return agreed

    def _left_s(self, seat: Seat, now_s: float) -> float:
        return self._in.consents.standing(seat.sleeper).left_s(now_s)

    def seated(self, seat: Seat) -> None:
        """The seat holds a slot: its own ceiling and what is left to it hold from the first message on."""
        if seat.slot is not None:
            self._hold(seat, seat.slot, self._in.consents.standing(seat.sleeper))
            self._session.cohorts.charged(seat.slot, self.dose(seat).left_min)

    def dose(self, seat: Seat) -> Dose:
        """What the sleeper has lived of what the limit, as far as it is known now."""
        dose = self._in.exposures.dose(seat.sleeper, self._in.clock.now_s())
        return replace(dose, charged_min=dose.charged_min + self._carried_min.get(seat.sleeper, 0.0))

    def gone(self, seat: Seat, lived_min: float, *, stays: bool = False) -> None:
        """The seat's slot was taken back: what was lived in it is charged soon after the tick.

        `stays`: it gets another in this very step, under the same mark.
        """
        who = seat.sleeper
        if who not in self._marked:
            return
        lived_min += self._carried_min.pop(who, 0.0)
        if stays:
            self._carried_min[who] = lived_min
            return
        del self._marked[who]
        self._warned.discard(who)
        self._ended_min[who] = self._ended_min.get(who, 0.0) + lived_min

    def changed(self, seat: Seat) -> None:
        """The sleeper has changed what they agree to: it holds in the very next message."""
        if seat.slot is None:
            return
        standing = self._in.consents.standing(seat.sleeper)
        intimate = standing.intimate or not self._session.plan.intimate
        if intimate and standing.left_s(self._in.clock.now_s()) > 0.0:
            self._hold(seat, seat.slot, standing)
        else:
            self._session.let_go(seat, Cause.WITHDRAWN)

    def _hold(self, seat: Seat, slot: Slot, standing: Standing) -> None:
        self._session.cohorts.limit(slot, standing.ceiling)
        if standing.until_s < inf:
            heappush(self._expiries, (standing.until_s, seat.number))

    # -- every tick -------------------------------------------------------------------------------

    def judge(self, now_s: float) -> None:
        """Before the tick's message: whose consent has ended, and who has merged enough."""
        while self._expiries and not now_s < self._expiries[0][0]:
            _, number = heappop(self._expiries)
            seat = self._session.seats.numbered(number)
            if seat is not None and seat.slot is not None and not self._left_s(seat, now_s) > 0.0:
                self._session.let_go(seat, Cause.EXPIRED)
        for at in self._session.cohorts.overexposed():
            seat = self._session.seats.at(at.cohort, at.slot)
            if seat is not None:
                self._session.let_go(seat, Cause.EXPOSURE)

    def covered(self, now_s: float) -> bool:
        """Whether the marks still stand for what is granted now."""
        return now_s - self._moved_s <= MARK_HOLDS_S

    # -- house-keeping ----------------------------------------------------------------------------

    def keep(self, now_s: float) -> None:
        """After the tick's message: close the accounts of those who went; charge the others in time."""
        try:
            self._close_ended(now_s)
            if not now_s - self._moved_s < CHARGE_EVERY_S and self._marked:
                self._charge(now_s)
        except LedgerError as error:
            self._unkept("exposure could not be charged", error)

    def _close_ended(self, now_s: float) -> None:
        if self._ended_min:
            self._in.exposures.end(self._ended_min, now_s)
            self._ended_min = {}

    def _charge(self, now_s: float) -> None:
        cohorts = self._session.cohorts
        lived = dict.fromkeys(self._marked, 0.0) | self._carried_min
        for sleeper, seat in self._marked.items():
            lived[sleeper] += cohorts.lived_min(seat.slot) if seat.slot else 0.0
        self._in.exposures.charge(lived, now_s)
        self._carried_min.clear()
        self._moved_s, self._said = now_s, False
        for sleeper, seat in self._marked.items():
            if seat.slot is not None:
                cohorts.charged(seat.slot, self.dose(seat).left_min)
            self._warn(sleeper, seat, now_s)

    def _warn(self, sleeper: str, seat: Seat, now_s: float) -> None:
        share = self._in.exposures.dose(sleeper, now_s).share
        if not share < EXPOSURE_WARN_SHARE and sleeper not in self._warned:
            self._warned.add(sleeper)
            self._session.tell_of(seat, "exposure-warning", f"has merged {share:.0%} of their limit")

    def close(self, now_s: float) -> None:
        """The daemon ends in order: every account is closed, up to the end of the last fade."""
        for seat in tuple(self._marked.values()):
            self.gone(seat, self._session.cohorts.vacated_min(seat.slot) if seat.slot else 0.0)
        self.keep(now_s)

    def _unkept(self, sentence: str, error: LedgerError) -> None:
        if not self._said:
            self._said = True
            self._session.say("ledger", f"{sentence}: {error}", reason=str(error))
