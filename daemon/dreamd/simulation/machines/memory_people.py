"""The part of a ledger in memory that tells of people: exposure, consents, guidelines."""

import hashlib
from abc import ABC, abstractmethod
from base64 import b32encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant, Held
from dreamd.core.exposure.windows import BUCKETS_A_DAY, DAY_S, WEEK_S, bucket_of, folded_below
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.erasure import Shredded
from dreamd.ports.ledger.exposure import Account, Exposure, MarkMove, PlannedDose
from dreamd.ports.ledger.guidelines import (
    ADMISSIONS_KEPT,
    ADMISSIONS_KEPT_S,
    Comment,
    KeptAdmission,
    KeptRevision,
)
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction

T = TypeVar("T")


@dataclass
class KeyStorage:
    """Links, and tombstones by mark and bucket; shared by all ledgers opened on one storage."""

    links: dict[str, str] = field(default_factory=dict)
    stones: dict[bytes, dict[int, float]] = field(default_factory=dict)
    erased: int = 0


def mark_of(sleeper: str) -> bytes:
    """Return a hash of the pseudonym."""
    return hashlib.sha256(b"mark " + sleeper.encode()).digest()


class MemoryKeys:
    """ports.people_keys.PeopleKeys on a storage. A sealed body is the body, behind its place."""

    def __init__(self, storage: KeyStorage) -> None:
        """storage: of the ledger."""
        self._storage = storage

    def subject_of(self, sleeper: str) -> str:
        """The subject; that of a sleeper that comes back after an erasure is another one."""
        links = self._storage.links
        if sleeper not in links:
            links[sleeper] = _subject(f"{self._storage.erased} {sleeper}")
        return links[sleeper]

    def sleeper_of(self, subject: str) -> str | None:
        """The pseudonym of a subject."""
        return next((who for who, one in self._storage.links.items() if one == subject), None)

    def seal(self, sleeper: str, table: str, column: str, body: bytes) -> bytes:
        """The body, behind its place."""
        return self._place(sleeper, table, column) + body

    def unseal(self, sleeper: str, table: str, column: str, sealed: bytes) -> bytes | None:
        """The body, where it was sealed for this place."""
        place = self._place(sleeper, table, column)
        return sealed.removeprefix(place) if sealed.startswith(place) else None

    def _place(self, sleeper: str, table: str, column: str) -> bytes:
        return f"{self.subject_of(sleeper)} {table} {column} ".encode()

    def mark_of(self, sleeper: str) -> bytes:
        """A hash of the pseudonym."""
        return mark_of(sleeper)

    def tombstones(self) -> Mapping[bytes, Mapping[int, float]]:
        """Merge-minutes by mark and bucket."""
        return self._storage.stones

    def shred(self, sleeper: str, minutes: Mapping[int, float]) -> str:
        """Remove the link, and leave a tombstone; return the subject."""
        subject = self.subject_of(sleeper)
        del self._storage.links[sleeper]
        self._storage.erased += 1
        mark = self.mark_of(sleeper)
        stone = dict(self._storage.stones.get(mark, {}))
        for bucket, lived_min in minutes.items():
            stone[bucket] = stone.get(bucket, 0.0) + lived_min
        self._storage.stones = self._storage.stones | {mark: stone}
        return subject


def _subject(seed: str) -> str:
    return b32encode(hashlib.sha256(seed.encode()).digest()[:16]).decode().rstrip("=").lower()


@dataclass
class PeopleStorage(KeyStorage):
    """Merge-minutes by sleeper and bucket, by sleeper and day; planned doses by Dreamscape and sleeper."""

    exposed_min: dict[tuple[str, int], float] = field(default_factory=dict)
    exposed_days_min: dict[tuple[str, int], float] = field(default_factory=dict)
    planned_min: dict[tuple[str, str], float] = field(default_factory=dict)
    merging: dict[str, float] = field(default_factory=dict)
    anchored_min: dict[tuple[str, int], float] = field(default_factory=dict)
    anchoring: dict[str, float] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    grants: dict[tuple[str, int], Grant] = field(default_factory=dict)
    guidelines: dict[int, KeptRevision] = field(default_factory=dict)
    comments: dict[tuple[int, int], Comment] = field(default_factory=dict)
    personal: dict[tuple[str, str, float], PersonalRow] = field(default_factory=dict)
    calibrated: dict[str, set[int]] = field(default_factory=dict)
    admissions: dict[int, KeptAdmission] = field(default_factory=dict)
    planned_s: dict[tuple[str, str], float] = field(default_factory=dict)
    erasing: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def change_people(self, change: Transaction) -> None:
        """Make the changes of a transaction in exposure, consents and guidelines."""
        self._link(change)
        self.grants.update(((one.sleeper, one.revision), one) for one in change.grants)
        self.consents.update((who, replace(one, held=Held())) for who, one in change.consents)
        self.guidelines.update((one.bundle.revision, one) for one in change.guidelines)
        self.comments.update(((one.revision, one.n), one) for one in change.comments)
        for row in change.personal:
            if row.body and row.sleeper in self.gone and row.sleeper not in self.links:
                continue
            self.personal.pop((row.sleeper, row.kind, row.at_s), None)
            if row.body:
                self.personal[row.sleeper, row.kind, row.at_s] = row
        for sleeper, day in change.calibration_days:
            self.calibrated.setdefault(sleeper, set()).add(day)
        self.admissions.update((one.n, one) for one in change.admissions)
        for sleeper, at_s in change.forgotten:
            self._forget(sleeper)
            self.erasing[sleeper] = at_s
        for exposure in change.exposure:
            self._charge(exposure)
        for plan in change.planned_doses:
            self.planned_min.setdefault((plan.dreamscape, plan.sleeper), plan.minutes)
            self.planned_s.setdefault((plan.dreamscape, plan.sleeper), plan.at_s)
        if change.folded_s:
            self._fold(folded_below(change.folded_s))
            self._drop_admissions(change.folded_s - ADMISSIONS_KEPT_S)

    def _link(self, change: Transaction) -> None:
        """Give a subject to each sleeper named; one that is erased gets another by a new beginning alone."""
        begun = {who for _, who in change.check_ins} | {grant.sleeper for grant in change.grants}
        named = {row.sleeper for row in change.personal} | {plan.sleeper for plan in change.planned_doses}
        named |= {who for exposure in change.exposure for who in exposure.minutes}
        for who in begun | (named - self.gone) - {""}:
            if who:
                MemoryKeys(self).subject_of(who)

    def _forget(self, sleeper: str) -> None:
        """Remove what holds a text or a right."""
        self.consents.pop(sleeper, None)
        self.merging.pop(sleeper, None)
        self.anchoring.pop(sleeper, None)
        self.calibrated.pop(sleeper, None)
        self.grants = {key: one for key, one in self.grants.items() if key[0] != sleeper}
        self.personal = {key: one for key, one in self.personal.items() if key[0] != sleeper}

    def shred(self, sleeper: str, now_s: float) -> None:
        """Leave a tombstone, and give the rows that stay a subject of nobody."""
        keys, oldest = MemoryKeys(self), bucket_of(now_s - WEEK_S)
        own = {bucket: lived for (who, bucket), lived in self.exposed_min.items() if who == sleeper}
        nobody = f"~{keys.shred(sleeper, {at: lived for at, lived in own.items() if at >= oldest})}"
        self.gone.add(sleeper)
        self.erasing.pop(sleeper, None)
        for rows in (self.exposed_min, self.exposed_days_min, self.anchored_min):
            for key in [key for key in rows if key[0] == sleeper]:
                rows[nobody, key[1]] = rows.pop(key)
        for name in [name for name in self.planned_min if name[1] == sleeper]:
            self.planned_min[name[0], nobody] = self.planned_min.pop(name)
            self.planned_s[name[0], nobody] = self.planned_s.pop(name)

    def person_of(self, sleeper: str) -> PersonRecords:
        """Return everything of a sleeper; nothing of one without a link."""
        if sleeper not in self.links:
            return PersonRecords(sleeper)
        consent = self.consents.get(sleeper)
        return PersonRecords(
            sleeper=sleeper,
            subject=self.links[sleeper],
            consent=consent,
            grants=tuple(one for (who, _), one in sorted(self.grants.items()) if who == sleeper),
            buckets={at: lived for (who, at), lived in sorted(self.exposed_min.items()) if who == sleeper},
            days={at: lived for (who, at), lived in sorted(self.exposed_days_min.items()) if who == sleeper},
            anchors={at: lived for (who, at), lived in sorted(self.anchored_min.items()) if who == sleeper},
            planned=tuple(
                PlannedDose(name, who, minutes, self.planned_s[name, who])
                for (name, who), minutes in sorted(self.planned_min.items())
                if who == sleeper
            ),
            calibration_days=tuple(sorted(self.calibrated.get(sleeper, ()))),
            personal=tuple(row for key, row in sorted(self.personal.items()) if key[0] == sleeper),
        )

    def _charge(self, exposure: Exposure) -> None:
        minutes, marks = self.account(exposure.account)
        for sleeper, lived_min in exposure.minutes.items():
            key = (sleeper, bucket_of(exposure.at_s))
            if exposure.move is not MarkMove.OPEN or sleeper in marks:
                minutes[key] = minutes.get(key, 0.0) + lived_min
            if exposure.move is not MarkMove.CLOSE:
                marks[sleeper] = exposure.at_s
            elif sleeper in marks and marks[sleeper] <= exposure.at_s:
                del marks[sleeper]

    def account(self, account: Account) -> tuple[dict[tuple[str, int], float], dict[str, float]]:
        """Return the minutes by sleeper and bucket, and the marks, of an account."""
        if account is Account.ANCHOR:
            return self.anchored_min, self.anchoring
        return self.exposed_min, self.merging

    def _fold(self, below: int) -> None:
        for sleeper, bucket in [key for key in self.exposed_min if key[1] < below]:
            day = (sleeper, bucket // BUCKETS_A_DAY)
            lived_min = self.exposed_min.pop((sleeper, bucket))
            self.exposed_days_min[day] = self.exposed_days_min.get(day, 0.0) + lived_min

    def _drop_admissions(self, since_s: float) -> None:
        kept = sorted(n for n, one in self.admissions.items() if one.at_s >= since_s)
        self.admissions = {n: self.admissions[n] for n in kept[-ADMISSIONS_KEPT:]}

    def sums_since(self, since_s: float) -> dict[str, float]:
        """Return the merge-minutes by sleeper; of a folded day the whole."""
        sums: dict[str, float] = {}
        buckets, days = (self.exposed_min, bucket_of(since_s)), (self.exposed_days_min, int(since_s // DAY_S))
        for minutes, first in (buckets, days):
            for (sleeper, at), lived_min in minutes.items():
                if at >= first:
                    sums[sleeper] = sums.get(sleeper, 0.0) + lived_min
        return sums

    def buckets_since(self, since_s: float, account: Account) -> dict[str, dict[int, float]]:
        """Return the minutes by sleeper and bucket."""
        found: dict[str, dict[int, float]] = {}
        for (sleeper, bucket), lived_min in self.account(account)[0].items():
            if bucket >= bucket_of(since_s):
                found.setdefault(sleeper, {})[bucket] = lived_min
        return found

    def planned_for(self, dreamscape: str) -> dict[str, float]:
        """Return the planned merge-minutes by sleeper."""
        planned = self.planned_min.items()
        return {who: minutes for (name, who), minutes in planned if name == dreamscape}


class MemoryPeople(ABC):
    """The answers of a ledger in memory about people."""

    @property
    @abstractmethod
    def readable(self) -> PeopleStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def merging(self, account: Account = Account.MERGING) -> dict[str, float]:
        """The marked sleepers, and since when."""
        return dict(self.readable.account(account)[1])

    def exposures(self, since_s: float) -> dict[str, float]:
        """Merge-minutes by sleeper."""
        return self.readable.sums_since(since_s)

    def exposure_buckets(
        self, since_s: float, account: Account = Account.MERGING
    ) -> dict[str, dict[int, float]]:
        """Minutes by sleeper and bucket."""
        return self.readable.buckets_since(since_s, account)

    def planned_doses(self, dreamscape: str) -> dict[str, float]:
        """Planned merge-minutes by sleeper."""
        return self.readable.planned_for(dreamscape)

    def consents(self) -> dict[str, Consent]:
        """The consent of each sleeper."""
        grants, found = self.readable.grants, dict[str, Consent]()
        for sleeper, consent in self.readable.consents.items():
            top = max((revision for who, revision in grants if who == sleeper), default=0)
            found[sleeper] = replace(consent, revision=max(consent.revision, top))
        return found

    def grants(self, sleeper: str) -> tuple[Grant, ...]:
        """Every grant of a sleeper, by revision."""
        return tuple(one for (who, _), one in sorted(self.readable.grants.items()) if who == sleeper)

    def personal(self, sleeper: str, kind: str) -> tuple[PersonalRow, ...]:
        """A sleeper's rows of this kind, oldest first."""
        return tuple(row for row in self.personal_of(kind) if row.sleeper == sleeper)

    def personal_of(self, kind: str) -> tuple[PersonalRow, ...]:
        """Every sleeper's rows of this kind, oldest first."""
        rows = (row for row in self.readable.personal.values() if row.kind == kind)
        return tuple(sorted(rows, key=lambda row: row.at_s))

    def read_grants(self, sleeper: str) -> Commit[tuple[Grant, ...]]:
        """Every grant of a sleeper, at once."""
        commit: Commit[tuple[Grant, ...]] = Commit()
        try:
            commit.end(self.grants(sleeper))
        except LedgerError as error:
            commit.fail(str(error))
        return commit

    def read_personal(self, sleeper: str, kind: str) -> Commit[tuple[PersonalRow, ...]]:
        """A sleeper's rows of this kind, at once."""
        commit: Commit[tuple[PersonalRow, ...]] = Commit()
        try:
            commit.end(self.personal(sleeper, kind))
        except LedgerError as error:
            commit.fail(str(error))
        return commit

    def read_personal_of(self, kind: str, use: Callable[[Iterator[PersonalRow]], T]) -> Commit[T]:
        """Read and use them at once."""
        commit: Commit[T] = Commit()
        try:
            commit.end(use(iter(self.personal_of(kind))))
        except LedgerError as error:
            commit.fail(str(error))
        return commit

    @property
    def keys(self) -> MemoryKeys:
        """The keys of its people."""
        return MemoryKeys(self.readable)

    def read_person(self, sleeper: str) -> Commit[PersonRecords]:
        """Everything of a sleeper, at once."""
        commit: Commit[PersonRecords] = Commit()
        try:
            commit.end(self.readable.person_of(sleeper))
        except LedgerError as error:
            commit.fail(str(error))
        return commit

    def shred(self, sleeper: str, now_s: float) -> Commit[Shredded]:
        """Erase the link of a sleeper, at once."""
        commit: Commit[Shredded] = Commit()
        try:
            self.readable.shred(sleeper, now_s)
            commit.end(Shredded())
        except LedgerError as error:
            commit.fail(str(error))
        return commit

    def guidelines(self) -> tuple[KeptRevision, ...]:
        """Every revision, by number."""
        return tuple(one for _, one in sorted(self.readable.guidelines.items()))

    def comments(self) -> tuple[Comment, ...]:
        """Every comment, by revision and number."""
        return tuple(one for _, one in sorted(self.readable.comments.items()))

    def calibration_days(self) -> dict[str, tuple[int, int]]:
        """How many each sleeper has, and the newest."""
        return {sleeper: (len(days), max(days)) for sleeper, days in self.readable.calibrated.items()}

    def newest_admission(self) -> int:
        """The highest number; 0: none is kept."""
        return max(self.readable.admissions, default=0)

    def read_admissions(self, since_s: float, use: Callable[[Iterator[tuple[str, bytes]]], T]) -> Commit[T]:
        """Read and use them at once."""
        commit: Commit[T] = Commit()
        try:
            kept = sorted(self.readable.admissions.items())
        except LedgerError as error:
            commit.fail(str(error))
        else:
            commit.end(use((one.site, one.facts) for _, one in kept if one.at_s >= since_s))
        return commit
