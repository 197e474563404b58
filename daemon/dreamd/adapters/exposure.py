"""Exposure in the ledger: it is recorded and limited.

`LedgerExposure` charges and marks in the ledger, and answers from the buckets that it holds: rolling sums
of 24 hours and 7 days over sessions, pods, restarts. The guidelines limit them (`app.people.doses`).
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, Protocol

from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.near_limits import NearLimits
from dreamd.core.exposure.windows import WEEK_S, DoseAccount, DoseAccounts, account_of
from dreamd.core.limits import GUIDELINE_CAP, LEASE_FADE_S, LEASE_S, MARK_HOLDS_S
from dreamd.ports.ledger.erasure import ErasureLedger
from dreamd.ports.ledger.exposure import Account, Exposure, ExposureLedger, MarkMove
from dreamd.ports.ledger.transaction import Transaction, Transactions
from dreamd.ports.people_keys import PeopleKeys

UNDER_AN_ANCHOR_MARK_MIN: Final = (MARK_HOLDS_S + LEASE_S + LEASE_FADE_S) / 60.0
"""The most minutes of an anchor session under one mark, whenever and however its daemon ended."""
UNDER_A_MARK_MIN: Final = GUIDELINE_CAP * UNDER_AN_ANCHOR_MARK_MIN
"""The most merge-minutes possible under one mark."""


class ChargedLedger(Transactions, ExposureLedger, ErasureLedger, Protocol):
    """The part of the ledger that exposure needs."""


class Tombstones:
    """The merge-minutes of erased sleepers, by the mark of each name: an erasure buys no dose."""

    def __init__(self, keys: PeopleKeys) -> None:
        """keys: hold the tombstones, and make marks."""
        self._keys = keys
        self._read: Mapping[bytes, Mapping[int, float]] = {}
        self._accounts: dict[bytes, DoseAccount] = {}

    def sums_min(self, sleeper: str, now_s: float) -> tuple[float, float]:
        """Return the merge-minutes before the erasure in the last 24 hours and 7 days."""
        stones = self._keys.tombstones()
        if stones is not self._read:
            self._read = stones
            self._accounts = {mark: account_of(buckets) for mark, buckets in stones.items()}
        account = self._accounts.get(self._keys.mark_of(sleeper)) if self._accounts else None
        return (0.0, 0.0) if account is None else account.sums_min(now_s)


class LedgerExposure:
    """ports.consent.Exposures for the ledger; one thread uses it."""

    def __init__(self, ledger: ChargedLedger, now_s: float, account: Account = Account.MERGING) -> None:
        """Charge every open mark: an earlier daemon has ended without closing its accounts.

        Raises:
            LedgerError: it cannot be read or charged.
        """
        self._account = account
        self._most_min = UNDER_A_MARK_MIN if account is Account.MERGING else UNDER_AN_ANCHOR_MARK_MIN
        self._ours: set[str] = set()
        marks = ledger.merging(account)
        found = dict.fromkeys(marks, self._most_min)
        if found:  # also those of a daemon with a clock ahead of this one
            at_s = max(now_s, *marks.values())
            ledger.write(Transaction(exposure=(Exposure(found, at_s, MarkMove.CLOSE, account),)))
        self._accounts = DoseAccounts(ledger.exposure_buckets(now_s - WEEK_S, account))
        self._tombstones = Tombstones(ledger.keys) if account is Account.MERGING else None
        self._near = NearLimits(self._accounts)

    def opening(self, sleepers: Collection[str], at_s: float) -> Exposure:
        """Mark; another daemon's open mark is charged first."""
        minutes = {sleeper: 0.0 if sleeper in self._ours else self._most_min for sleeper in sleepers}
        return Exposure(minutes, at_s, MarkMove.OPEN, self._account)

    def charging(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """Charge and move the marks."""
        return Exposure(minutes, at_s, MarkMove.MOVE, self._account)

    def closing(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """Charge and remove the marks."""
        return Exposure(minutes, at_s, MarkMove.CLOSE, self._account)

    def kept(self, exposure: Exposure) -> None:
        """Remember the marks of this daemon, and the minutes that are durable now."""
        if exposure.move is not MarkMove.OPEN:  # at an opening only a mark of another daemon is charged
            self._accounts.charge(exposure.minutes, exposure.at_s)
        if exposure.move is MarkMove.CLOSE:
            self._ours.difference_update(exposure.minutes)
        else:
            self._ours.update(exposure.minutes)

    def drop_account(self, sleeper: str) -> None:
        """Drop the account: the tombstone holds its minutes."""
        self._accounts.drop_account(sleeper)
        self._ours.discard(sleeper)

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """The sums of both windows, never under."""
        day_min, week_min = self._accounts.sums_min(sleeper, now_s)
        stones = self._tombstones
        before_day_min, before_week_min = stones.sums_min(sleeper, now_s) if stones else (0.0, 0.0)
        return Dose(charged_min=day_min + before_day_min, week_min=week_min + before_week_min)

    def near_limits(self, share: Callable[[str], float]) -> tuple[int, int]:
        """How many are near a limit, and at one."""
        return self._near.count_doses(share)

    def account(self, sleeper: str) -> DoseAccount:
        """The buckets of a sleeper."""
        return self._accounts.account(sleeper)

    def marked(self, sleeper: str) -> bool:
        """Whether a mark of this daemon stands."""
        return sleeper in self._ours
