"""The rows of people in a stored ledger: exposure, consents, what is personal."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from dreamd.adapters.ledger.eraser import Eraser
from dreamd.adapters.ledger.people_keys.subject_column import UNLINKED
from dreamd.adapters.ledger.person_reading import person_records
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.account_rows import BUCKETS, MARKS
from dreamd.adapters.ledger.rows.people_text import consent_of, grant_of
from dreamd.adapters.ledger.rows_reader import RowsReader
from dreamd.adapters.ledger.store import Query, Rows, Store
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.core.exposure.windows import DAY_S, bucket_of
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.erasure import Shredded
from dreamd.ports.ledger.exposure import Account
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.personal import PersonalRow

T = TypeVar("T")


def _grants_of(sleeper: str) -> sa.Select[Any]:
    table = tables.grants
    return sa.select(table).where(table.c.sleeper == sleeper).order_by(table.c.revision)


class StoredPeople:
    """The readings about people, of a ledger on a store."""

    _people: RowsReader
    _eraser: Eraser

    def __init__(self, store: Store) -> None:
        """store: opened."""
        self._store = store

    def _understood(self, what: str, read: Callable[[str], T], text: object) -> T:
        try:
            return read(str(text))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._store.damaged(f"{what}: {error}")) from error

    def merging(self, account: Account = Account.MERGING) -> dict[str, float]:
        """The sleepers with an open mark, and the time of each mark."""
        return {one.sleeper: one.since_s for one in self._store.rows(sa.select(MARKS[account]))}

    def exposures(self, since_s: float) -> dict[str, float]:
        """Merge-minutes by sleeper."""
        buckets, days = tables.exposure_buckets.c, tables.exposure_days.c
        late = sa.select(buckets.sleeper, buckets.minutes).where(buckets.bucket >= bucket_of(since_s))
        old = sa.select(days.sleeper, days.minutes).where(days.day >= int(since_s // DAY_S))
        both = sa.union_all(late, old).subquery().c
        rows = self._store.rows(sa.select(both.sleeper, sa.func.sum(both.minutes)).group_by(both.sleeper))
        return {str(sleeper): float(minutes) for sleeper, minutes in rows}

    def exposure_buckets(
        self, since_s: float, account: Account = Account.MERGING
    ) -> dict[str, dict[int, float]]:
        """Minutes by sleeper and bucket."""
        table = BUCKETS[account]
        found: dict[str, dict[int, float]] = {}
        for sleeper, bucket, minutes in self._store.rows(
            sa.select(table).where(table.c.bucket >= bucket_of(since_s))
        ):
            found.setdefault(str(sleeper), {})[int(bucket)] = float(minutes)
        return found

    def planned_doses(self, dreamscape: str) -> dict[str, float]:
        """Planned merge-minutes by sleeper."""
        table = tables.planned_doses.c
        rows = self._store.rows(sa.select(table.sleeper, table.minutes).where(table.dreamscape == dreamscape))
        return {str(sleeper): float(minutes) for sleeper, minutes in rows}

    def consents(self) -> dict[str, Consent]:
        """The consent of each sleeper, with the grant that it is of."""
        held, given = tables.consents, tables.grants
        own = (given.c.sleeper == held.c.sleeper) & (given.c.revision == held.c.granted)
        tops = sa.select(given.c.sleeper, sa.func.max(given.c.revision).label("top")).group_by(
            given.c.sleeper
        )
        newest = tops.subquery()
        query = (
            sa.select(held, given.c.kept.label("grant"), newest.c.top)
            .join(given, own, isouter=True)
            .join(newest, newest.c.sleeper == held.c.sleeper, isouter=True)
            .order_by(held.c.sleeper)
        )
        rows = (one for one in self._store.rows(query) if not one.sleeper.startswith(UNLINKED))
        return {one.sleeper: self._consent_of(one) for one in rows}

    def _consent_of(self, row: Any) -> Consent:  # noqa: ANN401 -- a row of SQLAlchemy
        revision, grant = max(row.revision, row.top or 0), None
        if row.grant is not None:
            grant = self._understood("a grant", partial(grant_of, row.sleeper, row.granted), row.grant)
        return self._understood("a consent", partial(consent_of, revision, grant=grant), row.kept)

    def grants(self, sleeper: str) -> tuple[Grant, ...]:
        """Every grant of a sleeper, by revision."""
        return tuple(map(self._grant_of, self._store.rows(_grants_of(sleeper))))

    def read_grants(self, sleeper: str) -> Commit[tuple[Grant, ...]]:
        """Queue a read of a sleeper's grants."""
        return self._people.answer_later(
            lambda base: tuple(map(self._grant_of, base.execute(_grants_of(sleeper)).all()))
        )

    def _grant_of(self, row: Any) -> Grant:  # noqa: ANN401 -- a row of SQLAlchemy
        return self._understood("a grant", partial(grant_of, row.sleeper, row.revision), row.kept)

    def calibration_days(self) -> dict[str, tuple[int, int]]:
        """How many each sleeper has, and the newest."""
        table = tables.calibration_days.c
        days = sa.func.count(), sa.func.max(table.day)
        rows = self._store.rows(sa.select(table.sleeper, *days).group_by(table.sleeper))
        return {str(sleeper): (int(many), int(newest)) for sleeper, many, newest in rows}

    def newest_admission(self) -> int:
        """The highest number; 0: none is kept."""
        rows = self._store.rows(sa.select(sa.func.max(tables.admissions.c.n)))
        return int(rows[0][0] or 0)

    def read_admissions(self, since_s: float, use: Callable[[Iterator[tuple[str, bytes]]], T]) -> Commit[T]:
        """Read and use them on a thread beside the writer's."""
        table = tables.admissions.c
        query = sa.select(table.site, table.facts).where(table.at_s >= since_s).order_by(table.n)
        return self._people.answer_later(lambda base: use((str(s), bytes(f)) for s, f in base.execute(query)))

    # -- what is personal -----------------------------------------------------------------------------

    def personal(self, sleeper: str, kind: str) -> tuple[PersonalRow, ...]:
        """A sleeper's rows of this kind, oldest first."""
        return self._opened(self._store.rows(_personal(kind, sleeper)))

    def personal_of(self, kind: str) -> tuple[PersonalRow, ...]:
        """Every sleeper's rows of this kind, oldest first."""
        return self._opened(self._store.rows(_personal(kind)))

    def read_personal(self, sleeper: str, kind: str) -> Commit[tuple[PersonalRow, ...]]:
        """Queue a read of a sleeper's rows."""
        return self._people.answer_later(
            lambda base: self._opened(base.execute(_personal(kind, sleeper)).all())
        )

    def read_personal_of(self, kind: str, use: Callable[[Iterator[PersonalRow]], T]) -> Commit[T]:
        """Read and use them on a thread beside the writer's."""
        return self._people.answer_later(
            lambda base: use(iter(self._opened(base.execute(_personal(kind)).all())))
        )

    def read_person(self, sleeper: str) -> Commit[PersonRecords]:
        """Queue a read of everything of a sleeper."""
        return self._people.answer_later(lambda base: self._person(base, sleeper))

    def _person(self, base: sa.Connection, sleeper: str) -> PersonRecords:
        try:
            return person_records(base, self._store.naming, sleeper)
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._store.damaged(f"the records of a sleeper: {error}")) from error

    def shred(self, sleeper: str, now_s: float) -> Commit[Shredded]:
        """Queue the erasure of a sleeper's key and link."""
        return self._eraser.queue(sleeper, now_s)

    def _opened(self, rows: Rows) -> tuple[PersonalRow, ...]:
        """The rows whose bodies open; LedgerError where one has a key and does not open."""
        keys, found = self._store.keys, list[PersonalRow]()
        for row in rows:
            if keys.known_subject(row.sleeper) is None:
                continue  # erased
            body = keys.unseal(row.sleeper, "personal", row.kind, row.sealed)
            if body is None:
                raise LedgerError(self._store.damaged(f"a {row.kind} does not open under its sleeper's key"))
            found.append(PersonalRow(row.sleeper, row.kind, row.at_s, body))
        return tuple(found)


def _personal(kind: str, sleeper: str | None = None) -> Query:
    table = tables.personal
    query = sa.select(table).where(table.c.kind == kind).order_by(table.c.at_s)
    return query if sleeper is None else query.where(table.c.sleeper == sleeper)
