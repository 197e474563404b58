"""Consent and exposure today: a check-in is the consent; exposure is recorded and limited.

`CheckInConsent` lives in memory. A check-in is consent to everything a plan may ask, without an end, until
the sleeper withdraws at the pod. From then on there is no consent until the next check-in. A daemon that
restarts finds no check-in of a sleeper that withdrew (`app.people.withdrawals`), even where the latch was
cleared meanwhile.

`LedgerExposure` charges and marks in the ledger, and answers from the buckets that it holds: rolling sums
of 24 hours and 7 days over sessions, pods, restarts. The guidelines limit them (`app.people.doses`).
"""

from collections.abc import Callable, Collection, Mapping
from math import inf
from typing import Final, Protocol

from dreamd.core.consent.course import ConsentState
from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.near_limits import NearLimits
from dreamd.core.exposure.windows import WEEK_S, DoseAccount, DoseAccounts
from dreamd.core.limits import GUIDELINE_CAP, LEASE_FADE_S, LEASE_S, MARK_HOLDS_S
from dreamd.ports.consent import ConsentStatus, ConsentTally
from dreamd.ports.ledger.exposure import Exposure, ExposureLedger, MarkMove
from dreamd.ports.ledger.transaction import Transaction, Transactions

AGREED: Final = ConsentStatus(ceiling=1.0, intimate=True, until_s=inf, adult=True, state=ConsentState.GIVEN)
WITHDRAWN: Final = ConsentStatus(withdrawn=True, revision=1, state=ConsentState.WITHDRAWN)
UNDER_A_MARK_MIN: Final = GUIDELINE_CAP * (MARK_HOLDS_S + LEASE_S + LEASE_FADE_S) / 60.0
"""The most merge-minutes possible under one mark, whenever and however its daemon ended."""


class CheckInConsent:
    """ports.consent.Consents; one thread uses it."""

    def __init__(self) -> None:
        self._withdrawn: set[str] = set()
        self._tell: list[Callable[[str], None]] = []

    def standing(self, sleeper: str) -> ConsentStatus:
        """All or nothing."""
        return WITHDRAWN if sleeper in self._withdrawn else AGREED

    def changed(self, tell: Callable[[str], None]) -> None:
        """Register a callback for withdrawals."""
        self._tell.append(tell)

    def checked_in(self, sleeper: str) -> None:
        """Record a check-in, which is a new consent."""
        self._withdrawn.discard(sleeper)

    def tally(self) -> ConsentTally:
        """Only withdrawals are kept here."""
        return ConsentTally({ConsentState.WITHDRAWN: len(self._withdrawn)})

    def withdraw(self, sleeper: str) -> None:
        """End the consent now."""
        if sleeper not in self._withdrawn:
            self._withdrawn.add(sleeper)
            for tell in self._tell:
                tell(sleeper)


class ChargedLedger(Transactions, ExposureLedger, Protocol):
    """The part of the ledger that exposure needs."""


class LedgerExposure:
    """ports.consent.Exposures for the ledger; one thread uses it."""

    def __init__(self, ledger: ChargedLedger, now_s: float) -> None:
        """Charge every open mark: an earlier daemon has ended without closing its accounts.

        Raises:
            LedgerError: it cannot be read or charged.
        """
        self._ours: set[str] = set()
        found = dict.fromkeys(ledger.merging(), UNDER_A_MARK_MIN)
        if found:
            ledger.write(Transaction(exposure=(Exposure(found, now_s, MarkMove.CLOSE),)))
        self._accounts = DoseAccounts(ledger.exposure_buckets(now_s - WEEK_S))
        self._near = NearLimits(self._accounts)

    def opening(self, sleepers: Collection[str], at_s: float) -> Exposure:
        """Mark; another daemon's open mark is charged first."""
        minutes = {sleeper: 0.0 if sleeper in self._ours else UNDER_A_MARK_MIN for sleeper in sleepers}
        return Exposure(minutes, at_s, MarkMove.OPEN)

    def charging(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """Charge and move the marks."""
        return Exposure(minutes, at_s, MarkMove.MOVE)

    def closing(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """Charge and remove the marks."""
        return Exposure(minutes, at_s, MarkMove.CLOSE)

    def kept(self, exposure: Exposure) -> None:
        """Remember the marks of this daemon, and the minutes that are durable now."""
        if exposure.move is not MarkMove.OPEN:  # at an opening only a mark of another daemon is charged
            self._accounts.charge(exposure.minutes, exposure.at_s)
        if exposure.move is MarkMove.CLOSE:
            self._ours.difference_update(exposure.minutes)
        else:
            self._ours.update(exposure.minutes)

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """The sums of both windows, never under."""
        day_min, week_min = self._accounts.sums_min(sleeper, now_s)
        return Dose(charged_min=day_min, week_min=week_min)

    def near_limits(self, share: Callable[[str], float]) -> tuple[int, int]:
        """How many are near a limit, and at one."""
        return self._near.count_doses(share)

    def account(self, sleeper: str) -> DoseAccount:
        """The buckets of a sleeper."""
        return self._accounts.account(sleeper)

    def marked(self, sleeper: str) -> bool:
        """Whether a mark of this daemon stands."""
        return sleeper in self._ours
