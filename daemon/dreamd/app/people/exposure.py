"""Exposure and consent of one Dreamscape: consent is checked every tick, merge-minutes are charged in time.

Theory of operation. Before a sleeper is assigned, their consent is checked and their mark of exposure is made
durable, in the transaction that names the seat (`seat_commits`). Merge-minutes are summed by column with
every broadcast, from above (`slot_table`), and charged every ten seconds, after the tick's message. A charge
is on its way until the ledger has it; minutes lived meanwhile are summed for the next one, under the mark
that stands. A charge that cannot be written leaves the marks where they were, and past MARK_HOLDS_S nothing
is granted. So a crash never loses more than a mark stands for, and a slow disk ends no grant before that.

Consent that is withdrawn or changed is pushed and acts at once; consent that ends by time waits on a heap.
`judge` and `changed` return the causes for which seats are to be released; their caller releases them in the
same message, and the accounts are closed at house-keeping.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice
from math import inf
from typing import Final

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.collective.exposure_meter import ExposureMeter
from dreamd.app.durability.commits import Commits
from dreamd.app.events.dreamscape_log import DreamscapeLog
from dreamd.app.people.doses import SleeperDoses
from dreamd.core.consent.grant import Asked, Scope
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import UNKNOWN, Person, Seat, Seats
from dreamd.core.exposure.dose import Dose, DoseLimits
from dreamd.core.limits import CHARGE_EVERY_S, EXPOSURE_WARN_SHARE, MARK_HOLDS_S
from dreamd.core.safety.causes import Cause
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.consent import Consents, ConsentStatus, Exposures
from dreamd.ports.ledger.exposure import Exposure
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Modality

CHARGED_AT_ONCE: Final = 1024
"""So many sleepers are charged in one write, the next of a round in the tick after it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Marks that are to be opened, and the accounts that are closed before: merge-minutes by sleeper."""

    transaction: Transaction
    fresh: tuple[str, ...]
    closed_min: Mapping[str, float]


class ExposureAccounting:
    """Consent and exposure of the sleepers that hold a slot in one Dreamscape.

    ceiling_of: the ceiling that the clinic leaves of a sleeper's own; the whole until it is set.
    """

    def __init__(
        self,
        seats: Seats,
        cohorts: Cohorts,
        consents: Consents,
        exposures: Exposures,
        doses: SleeperDoses,
        commits: Commits,
        clock: SessionClock,
        log: DreamscapeLog,
        *,
        alone: bool = False,
    ) -> None:
        """alone: of an anchor session, which asks no intimate scope."""
        self._alone = alone
        self._seats = seats
        self._cohorts = cohorts
        self._meter = ExposureMeter(cohorts)
        self._consents = consents
        self._exposures = exposures
        self._doses = doses
        self.ceiling_of: Callable[[str, float], float] = lambda _sleeper, own: own
        self._limits: dict[str, DoseLimits] = {}
        self._commits = commits
        self._clock = clock
        self._log = log
        self._marked: dict[str, Seat] = {}
        self._ways: dict[str, frozenset[Modality]] = {}
        self._ended_min: dict[str, float] = {}
        self._carried_min: dict[str, float] = {}
        self._charging_min: dict[str, float] = {}
        self._opening: frozenset[str] = frozenset()
        self._writes = 0
        self._moved_s = 0.0
        self._round: dict[str, None] = {}
        self._round_s = 0.0
        self._expiries: list[tuple[float, int]] = []
        self._warned: set[str] = set()
        self._said = False

    @property
    def settled(self) -> bool:
        """Whether no sleeper is marked, and all merge-minutes are charged."""
        return not (self._marked or self._ended_min or self._opening or self._writes)

    def holds_account(self, sleeper: str) -> bool:
        """Whether merge-minutes of this sleeper, or their mark, are still to be written."""
        accounts = (self._marked, self._ended_min, self._carried_min, self._charging_min, self._opening)
        return self._writes > 0 or any(sleeper in account for account in accounts)

    # -- in and out -------------------------------------------------------------------------------

    def agreed(self, seats: list[Seat]) -> list[Seat]:
        """Return the seats whose sleepers agree now."""
        now_s = self._clock.now_s()
        return [seat for seat in seats if self._left_s(seat, now_s) > 0.0]

    def opening(self, seats: list[Seat], now_s: float) -> Opening:
        """Return the writes that make the marks of these durable; `opened` or `not_opened` follows.

        Raises:
            LedgerError: their exposure cannot be kept.
        """
        fresh = tuple(seat.sleeper for seat in seats if seat.sleeper not in self._marked)
        parts: list[Exposure] = []
        if self._ended_min:
            parts.append(self._exposures.closing(self._ended_min, now_s))
        if fresh:
            parts.append(self._exposures.opening(fresh, now_s))
        closed_min, self._ended_min, self._opening = self._ended_min, {}, frozenset(fresh)
        return Opening(Transaction(exposure=tuple(parts)), fresh, closed_min)

    def opened(self, opening: Opening) -> None:
        """The marks are durable; one under which no sleeper is seated is closed at house-keeping."""
        self._opening = frozenset()
        for part in opening.transaction.exposure:
            self._exposures.kept(part)
        for sleeper in opening.fresh:
            self._ended_min.setdefault(sleeper, 0.0)

    def await_slots(self, opening: Opening) -> None:
        """The sleepers of these marks get their slots in the next turns: their marks stand until then."""
        self._opening = frozenset(opening.fresh)

    def slots_given(self) -> None:
        """Each of them has a slot, or gets none: a mark under which no sleeper is seated is closed."""
        self._opening = frozenset()

    def not_opened(self, opening: Opening) -> None:
        """Nothing of it was written: the accounts it would have closed are still to be closed."""
        self._opening = frozenset()
        _add(self._ended_min, opening.closed_min)

    def _left_s(self, seat: Seat, now_s: float) -> float:
        return self._consents.standing(seat.sleeper).left_s(now_s)

    def seated(self, seat: Seat) -> None:
        """The seat holds a slot: its own ceiling and the minutes left hold from the first message on."""
        if not self._marked:
            self._moved_s = self._clock.now_s()
        self._marked[seat.sleeper] = seat
        ended_min = self._ended_min.pop(seat.sleeper, 0.0)
        if ended_min:
            _add(self._carried_min, {seat.sleeper: ended_min})
        if seat.slot is not None:
            standing = self._consents.standing(seat.sleeper)
            self._ways[seat.sleeper] = standing.modalities or frozenset()
            self._hold(seat, seat.slot, standing)
            self._meter.charged(seat.slot, self.dose(seat).left_min)

    def dose_at_assign(self, seat: Seat) -> Dose:
        """The sleeper's dose against the limits in force, which hold for this assign."""
        self._limits[seat.sleeper] = self._doses.limits(seat.sleeper)
        return self.dose(seat)

    def tighten(self) -> None:
        """Other guidelines are in force: a tighter limit holds from the next message on, a looser one not."""
        for sleeper, seat in self._marked.items():
            limits = self._doses.limits(sleeper)
            self._limits[sleeper] = self._limits.get(sleeper, limits).least(limits)
            if seat.slot is not None:
                self._meter.charged(seat.slot, self.dose(seat).left_min)

    def dose(self, seat: Seat) -> Dose:
        """Return the sleeper's dose against the limit of their assign, as far as it is known now."""
        held = self._limits.get(seat.sleeper) or self._doses.limits(seat.sleeper)
        dose = self._doses.dose_within(seat.sleeper, self._clock.now_s(), held)
        accounts = (self._carried_min, self._charging_min, self._ended_min)
        uncharged_min = sum(account.get(seat.sleeper, 0.0) for account in accounts)
        return dose.plus(uncharged_min)

    def person(self, seat: Seat) -> Person:
        """Return the state of consent and the share of dose of a seat's sleeper."""
        if not seat.sleeper:
            return UNKNOWN
        return Person(self._consents.standing(seat.sleeper).state.value, self.dose(seat).share)

    def gone(self, seat: Seat, lived_min: float, *, stays: bool = False) -> None:
        """The seat's slot was taken back: the minutes lived in it are charged soon after the tick.

        stays: the seat gets another slot in this step, under the same mark.
        """
        sleeper = seat.sleeper
        if sleeper not in self._marked:
            return
        lived_min += self._carried_min.pop(sleeper, 0.0)
        if stays:
            self._carried_min[sleeper] = lived_min
            return
        del self._marked[sleeper]
        self._round.pop(sleeper, None)
        self._ways.pop(sleeper, None)
        self._limits.pop(sleeper, None)
        self._warned.discard(sleeper)
        self._ended_min[sleeper] = self._ended_min.get(sleeper, 0.0) + lived_min

    def changed(self, seat: Seat, asked: Asked) -> Cause | None:
        """The sleeper's consent has changed: it holds in the very next message.

        Returns the cause for which the seat is to be released now, or None. asked: by the Dreamscape.
        """
        if seat.slot is None:
            return None
        standing = self._consents.standing(seat.sleeper)
        if not standing.allows(asked, self._clock.now_s()):
            return Cause.WITHDRAWN
        self._hold(seat, seat.slot, standing)
        return None

    def narrowed(self, seat: Seat) -> bool:
        """Whether a modality of the seat's assign is granted no more: a pod changes none within an assign."""
        ways = self._consents.standing(seat.sleeper).modalities or frozenset()
        return seat.slot is not None and not self._ways.get(seat.sleeper, frozenset()) <= ways

    def _hold(self, seat: Seat, slot: Slot, standing: ConsentStatus) -> None:
        own = self.ceiling_of(seat.sleeper, standing.ceiling)
        few = own if self._alone or Scope.INTIMATE in standing.scopes else 0.0
        self._cohorts.limit(slot, own, few)
        if standing.until_s < inf:
            heappush(self._expiries, (standing.until_s, seat.number))

    # -- every tick -------------------------------------------------------------------------------

    def judge(self, now_s: float) -> list[tuple[Seat, Cause]]:
        """Before the tick's message: return the seats to release now, each once, and the cause.

        A seat whose consent ends in the tick in which its limit is reached is released because consent ended.
        """
        due: dict[int, tuple[Seat, Cause]] = {}
        while self._expiries and not now_s < self._expiries[0][0]:
            _, number = heappop(self._expiries)
            seat = self._seats.numbered(number)
            if seat is not None and seat.slot is not None and not self._left_s(seat, now_s) > 0.0:
                due.setdefault(number, (seat, Cause.EXPIRED))
        for at in self._meter.overexposed():
            seat = self._seats.at(at.cohort, at.slot)
            if seat is not None:
                due.setdefault(seat.number, (seat, Cause.EXPOSURE))
        return list(due.values())

    def covered(self, now_s: float) -> bool:
        """Whether the marks still stand for what is granted now."""
        return now_s - self._moved_s <= MARK_HOLDS_S

    # -- house-keeping ----------------------------------------------------------------------------

    def keep(self, now_s: float) -> None:
        """After the tick's message: close the accounts of the seats that left; charge the others in time."""
        if not self._writes:
            self._write(now_s, self._due(now_s))

    def _due(self, now_s: float) -> list[str]:
        """The sleepers to charge now: the next of the round under way, or of one that begins."""
        if not self._round and not now_s - self._moved_s < CHARGE_EVERY_S:
            self._round, self._round_s = dict.fromkeys(self._marked), now_s
        return list(islice(self._round, CHARGED_AT_ONCE))

    def _write(self, now_s: float, due: Collection[str]) -> None:
        held = {sleeper: lived for sleeper, lived in self._ended_min.items() if sleeper in self._opening}
        closed_min = {sleeper: lived for sleeper, lived in self._ended_min.items() if sleeper not in held}
        lived_min = {sleeper: self._lived_min(sleeper) for sleeper in due}
        parts: list[Exposure] = []
        try:
            if closed_min:
                parts.append(self._exposures.closing(closed_min, now_s))
            if lived_min:
                parts.append(self._exposures.charging(lived_min, now_s))
        except LedgerError as error:
            if not self._said:
                self._said = True
                sentence = f"exposure could not be charged: {error}"
                self._log.append_event("ledger-write-failed", sentence, reason=str(error))
            return
        if not parts:
            return
        self._ended_min = held
        self._take(lived_min)
        self._writes += 1

        def over(commit: Commit[Terms]) -> None:
            self._writes -= 1
            if lived_min:
                self._charging_min = {}
            if commit.done:
                self._charged(parts, lived_min)
            else:
                self._not_charged(closed_min, lived_min)

        self._commits.submit(Transaction(exposure=tuple(parts)), "exposure", over)

    def _lived_min(self, sleeper: str) -> float:
        """Return the uncharged merge-minutes of a marked sleeper."""
        slot = self._marked[sleeper].slot
        return self._carried_min.get(sleeper, 0.0) + (self._meter.lived_min(slot) if slot else 0.0)

    def _take(self, lived_min: dict[str, float]) -> None:
        """These are on their way to the ledger."""
        if lived_min:
            self._charging_min = lived_min
        for sleeper in lived_min:
            self._carried_min.pop(sleeper, None)
            slot = self._marked[sleeper].slot
            if slot is not None:
                self._meter.charging(slot)

    def _not_charged(self, closed_min: Mapping[str, float], lived_min: Mapping[str, float]) -> None:
        """The ledger has none of it: it is charged with the next write."""
        _add(self._ended_min, closed_min)
        for sleeper, lived in lived_min.items():
            _add(self._carried_min if sleeper in self._marked else self._ended_min, {sleeper: lived})

    def _charged(self, parts: list[Exposure], lived_min: Mapping[str, float]) -> None:
        for part in parts:
            self._exposures.kept(part)
        for sleeper in lived_min:
            self._round.pop(sleeper, None)
            seat = self._marked.get(sleeper)
            if seat is None:
                continue
            dose = self.dose(seat)
            if seat.slot is not None:
                self._meter.charged(seat.slot, dose.left_min)
            if not dose.share < EXPOSURE_WARN_SHARE and sleeper not in self._warned:
                self._warned.add(sleeper)
                sentence = f"the sleeper in {seat.pod} has merged {dose.share:.0%} of their limit"
                self._log.write_seat("exposure-warning", seat, sentence)
        if lived_min and not self._round:
            self._moved_s, self._said = self._round_s, False

    def close(self, now_s: float) -> None:
        """The daemon ends in order: every account is closed, up to the end of the last fade."""
        for seat in tuple(self._marked.values()):
            self.gone(seat, self._meter.vacated_min(seat.slot) if seat.slot else 0.0)
        self._write(now_s, ())


def _add(account_min: dict[str, float], more_min: Mapping[str, float]) -> None:
    for sleeper, lived_min in more_min.items():
        account_min[sleeper] = account_min.get(sleeper, 0.0) + lived_min
