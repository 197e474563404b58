"""The people of one Dreamscape: what they agreed to, held every tick, and what they live, charged in time.

Theory of operation. Before a sleeper is assigned, their consent is asked and their mark of exposure is made
durable, in the transaction that names the seat (`granting`). What they live is summed by column with every
broadcast, from above (`cohorts`), and charged every ten seconds, after the tick's message. A charge is on its
way until the ledger has it; what is lived meanwhile is summed for the next one, under the mark that stands. A
charge that cannot be written leaves the marks where they were, and past MARK_HOLDS_S nobody is granted
anything: so a crash never loses more than a mark stands for, and a slow disk ends no grant before that.
Consent that is withdrawn or changed is pushed and acts at once; one that ends by time waits on a heap. A
sleeper who has to go goes in memory; the books are closed at house-keeping.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from dreamd.app.dependencies import Dependencies
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.limits import CHARGE_EVERY_S, EXPOSURE_WARN_SHARE, MARK_HOLDS_S
from dreamd.core.safety.causes import Cause
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.consent import ConsentStatus, Dose
from dreamd.ports.ledger.exposure import Exposure
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape


@dataclass(frozen=True, slots=True)
class Opening:
    """Marks that are to be opened, and the accounts that are closed before: merge-minutes by sleeper."""

    transaction: Transaction
    fresh: tuple[str, ...]
    closed_min: Mapping[str, float]


class ExposureAccounting:
    """Consent and exposure of everybody who holds a slot here."""

    def __init__(self, session: "Dreamscape", dependencies: Dependencies) -> None:
        self._session = session
        self._deps = dependencies
        self._marked: dict[str, Seat] = {}
        self._ended_min: dict[str, float] = {}
        self._carried_min: dict[str, float] = {}
        self._charging_min: dict[str, float] = {}
        self._opening: tuple[str, ...] = ()
        self._writes = 0
        self._moved_s = 0.0
        self._expiries: list[tuple[float, int]] = []
        self._warned: set[str] = set()
        self._said = False

    @property
    def settled(self) -> bool:
        """Nobody is marked, and everything that was lived is charged."""
        return not (self._marked or self._ended_min or self._opening or self._writes)

    # -- in and out -------------------------------------------------------------------------------

    def agreed(self, seats: list[Seat]) -> list[Seat]:
        """Those who agree now."""
        now_s = self._deps.clock.now_s()
        return [seat for seat in seats if self._left_s(seat, now_s) > 0.0]

    def opening(self, seats: list[Seat], now_s: float) -> Opening:
        """What makes the marks of these durable; `opened` or `not_opened` follows.

        Raises:
            LedgerError: their exposure cannot be kept.
        """
        fresh = tuple(seat.sleeper for seat in seats if seat.sleeper not in self._marked)
        parts: list[Exposure] = []
        if self._ended_min:
            parts.append(self._deps.exposures.closing(self._ended_min, now_s))
        if fresh:
            parts.append(self._deps.exposures.opening(fresh, now_s))
        closed_min, self._ended_min, self._opening = self._ended_min, {}, fresh
        return Opening(Transaction(exposure=tuple(parts)), fresh, closed_min)

    def opened(self, opening: Opening) -> None:
        """The marks are durable: one that nobody is seated under is closed at house-keeping."""
        self._opening = ()
        for part in opening.transaction.exposure:
            self._deps.exposures.kept(part)
        for sleeper in opening.fresh:
            self._ended_min.setdefault(sleeper, 0.0)

    def not_opened(self, opening: Opening) -> None:
        """Nothing of it was written: the accounts it would have closed are still to be closed."""
        self._opening = ()
        _add(self._ended_min, opening.closed_min)

    def _left_s(self, seat: Seat, now_s: float) -> float:
        return self._deps.consents.standing(seat.sleeper).left_s(now_s)

    def seated(self, seat: Seat) -> None:
        """The seat holds a slot: its own ceiling and what is left to it hold from the first message on."""
        if not self._marked:
            self._moved_s = self._deps.clock.now_s()
        self._marked[seat.sleeper] = seat
        ended_min = self._ended_min.pop(seat.sleeper, 0.0)
        if ended_min:
            _add(self._carried_min, {seat.sleeper: ended_min})
        if seat.slot is not None:
            self._hold(seat, seat.slot, self._deps.consents.standing(seat.sleeper))
            self._session.cohorts.charged(seat.slot, self.dose(seat).left_min)

    def dose(self, seat: Seat) -> Dose:
        """What the sleeper has lived of what the limit, as far as it is known now."""
        dose = self._deps.exposures.dose(seat.sleeper, self._deps.clock.now_s())
        accounts = (self._carried_min, self._charging_min, self._ended_min)
        uncharged_min = sum(account.get(seat.sleeper, 0.0) for account in accounts)
        return replace(dose, charged_min=dose.charged_min + uncharged_min)

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
        standing = self._deps.consents.standing(seat.sleeper)
        intimate = standing.intimate or not self._session.plan.intimate
        if intimate and standing.left_s(self._deps.clock.now_s()) > 0.0:
            self._hold(seat, seat.slot, standing)
        else:
            self._session.let_go(seat, Cause.WITHDRAWN)

    def _hold(self, seat: Seat, slot: Slot, standing: ConsentStatus) -> None:
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
        if not self._writes:
            self._write(now_s, charge=not now_s - self._moved_s < CHARGE_EVERY_S)

    def _write(self, now_s: float, *, charge: bool) -> None:
        held = {who: lived for who, lived in self._ended_min.items() if who in self._opening}
        closed_min = {who: lived for who, lived in self._ended_min.items() if who not in held}
        parts: list[Exposure] = []
        try:
            if closed_min:
                parts.append(self._deps.exposures.closing(closed_min, now_s))
            if charge and self._marked:
                parts.append(self._deps.exposures.charging(self._lived_min(), now_s))
        except LedgerError as error:
            self._unkept("exposure could not be charged", error)
            return
        if not parts:
            return
        self._ended_min = held
        lived_min: dict[str, float] = {}
        if charge and self._marked:
            lived_min = self._charging_min = self._take_lived()
        self._writes += 1

        def over(commit: Commit[Terms]) -> None:
            self._writes -= 1
            if lived_min:
                self._charging_min = {}
            if commit.done:
                self._charged(parts, lived_min, now_s)
            else:
                self._not_charged(closed_min, lived_min)

        self._deps.commits.submit(Transaction(exposure=tuple(parts)), "exposure", over)

    def _lived_min(self) -> dict[str, float]:
        """What each who is marked has lived and was not charged for."""
        cohorts = self._session.cohorts
        lived = dict.fromkeys(self._marked, 0.0) | self._carried_min
        for sleeper, seat in self._marked.items():
            lived[sleeper] += cohorts.lived_min(seat.slot) if seat.slot else 0.0
        return lived

    def _take_lived(self) -> dict[str, float]:
        lived = self._lived_min()
        self._carried_min.clear()
        for seat in self._marked.values():
            if seat.slot is not None:
                self._session.cohorts.charging(seat.slot)
        return lived

    def _not_charged(self, closed_min: Mapping[str, float], lived_min: Mapping[str, float]) -> None:
        """The ledger has nothing of it: it is charged with what is written next."""
        _add(self._ended_min, closed_min)
        for sleeper, lived in lived_min.items():
            _add(self._carried_min if sleeper in self._marked else self._ended_min, {sleeper: lived})

    def _charged(self, parts: list[Exposure], lived_min: Mapping[str, float], at_s: float) -> None:
        for part in parts:
            self._deps.exposures.kept(part)
        if not lived_min:
            return
        self._moved_s, self._said = at_s, False
        for sleeper, seat in self._marked.items():
            if seat.slot is not None:
                self._session.cohorts.charged(seat.slot, self.dose(seat).left_min)
            self._warn(sleeper, seat, at_s)

    def _warn(self, sleeper: str, seat: Seat, now_s: float) -> None:
        share = self._deps.exposures.dose(sleeper, now_s).share
        if not share < EXPOSURE_WARN_SHARE and sleeper not in self._warned:
            self._warned.add(sleeper)
            self._session.tell_of(seat, "exposure-warning", f"has merged {share:.0%} of their limit")

    def close(self, now_s: float) -> None:
        """The daemon ends in order: every account is closed, up to the end of the last fade."""
        for seat in tuple(self._marked.values()):
            self.gone(seat, self._session.cohorts.vacated_min(seat.slot) if seat.slot else 0.0)
        self._write(now_s, charge=False)

    def _unkept(self, sentence: str, error: LedgerError) -> None:
        if not self._said:
            self._said = True
            self._session.say("ledger-write-failed", f"{sentence}: {error}", reason=str(error))


def _add(account_min: dict[str, float], more_min: Mapping[str, float]) -> None:
    for sleeper, lived_min in more_min.items():
        account_min[sleeper] = account_min.get(sleeper, 0.0) + lived_min
