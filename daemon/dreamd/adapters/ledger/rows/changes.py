"""The changes of transactions as statements of SQLAlchemy Core, one or a few a subject.

Transactions of one group share their statements: a command costs its rows alone.

Rule: a number that is none is refused here. SQLite refuses it as a missing value, PostgreSQL would keep it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from math import isnan
from typing import Any, Final, assert_never

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.subject_column import Naming
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.account_rows import AccountRows, adding
from dreamd.adapters.ledger.rows.audit_chain import AuditChain
from dreamd.adapters.ledger.rows.forgetting import forget_subject, gather_forgotten
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows, Row
from dreamd.adapters.ledger.rows.handover_rows import DROP as DROP_HANDOVERS
from dreamd.adapters.ledger.rows.handover_rows import handover_rows
from dreamd.adapters.ledger.rows.institution_rows import GatherRows, Insert, InstitutionRows
from dreamd.adapters.ledger.rows.kept_text import order_text, principal_text
from dreamd.adapters.ledger.rows.people_text import bundle_text, consent_text, course_text, grant_text
from dreamd.adapters.ledger.rows.record_text import record_text
from dreamd.adapters.ledger.rows.surveillance_rows import drop_old_nights
from dreamd.adapters.ledger.rows.tables import WHOLE
from dreamd.core.access.principals import Principal
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.core.exposure.windows import BUCKETS_A_DAY, bucket_of, folded_below
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import Account, Exposure, MarkMove, PlannedDose
from dreamd.ports.ledger.guidelines import ADMISSIONS_KEPT, ADMISSIONS_KEPT_S, KeptRevision
from dreamd.ports.ledger.handovers import Handover
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.terms import TermDraw
from dreamd.ports.ledger.transaction import Transaction

COUNTER_BLOCK: Final = 1 << 32
COUNTERS_PER_MS: Final = 1 << 20

_Gather = Callable[["_Group", Any], None]

_DROP_BED: Final = tables.beds.delete().where(tables.beds.c.pod == sa.bindparam("of"))
_DROP_LOCK: Final = tables.locks.delete().where(tables.locks.c.pod == sa.bindparam("of"))
_DROP_ORDER: Final = tables.wake_orders.delete().where(tables.wake_orders.c.id == sa.bindparam("of"))
_DROP_SEAT: Final = tables.seats.delete().where(
    tables.seats.c.dreamscape == sa.bindparam("of"), tables.seats.c.number == sa.bindparam("at")
)
_DROP_PERSONAL: Final = tables.personal.delete().where(
    tables.personal.c.sleeper == sa.bindparam("of"),
    tables.personal.c.kind == sa.bindparam("as"),
    tables.personal.c.at_s == sa.bindparam("at"),
)
_DROP_TEXT: Final = tables.audit_texts.delete().where(tables.audit_texts.c.n == sa.bindparam("of"))
_SEATS: Final = sa.select(tables.seats.c.number, tables.seats.c.pod, tables.seats.c.sleeper).where(
    tables.seats.c.dreamscape == sa.bindparam("of")
)
_TERM: Final = sa.select(tables.terms.c.term).where(
    tables.terms.c.dreamscape == sa.bindparam("of"), tables.terms.c.cohort == sa.bindparam("at")
)
_BUCKETS: Final = tables.exposure_buckets.c
_BELOW: Final = _BUCKETS.bucket < sa.bindparam("below", type_=WHOLE)
_DAY: Final = _BUCKETS.bucket // BUCKETS_A_DAY
_FOLDED: Final = (
    sa.select(_BUCKETS.sleeper, _DAY, sa.func.sum(_BUCKETS.minutes))
    .where(_BELOW)
    .group_by(_BUCKETS.sleeper, _DAY)
)
_DROP_FOLDED: Final = tables.exposure_buckets.delete().where(_BELOW)
_ADMITTED: Final = tables.admissions.c
_NEWEST: Final = sa.select(_ADMITTED.n).order_by(_ADMITTED.n.desc())
_TOO_MANY: Final = _NEWEST.offset(ADMISSIONS_KEPT).limit(1).scalar_subquery()
_DROP_ADMISSIONS: Final = tables.admissions.delete().where(
    sa.or_(_ADMITTED.at_s < sa.bindparam("since_s"), _ADMITTED.n <= _TOO_MANY)
)
_USED: Final = tables.generation.update().values(lived_s=sa.bindparam("used_s"))
_COUNTED: Final = (
    tables.generation.update()
    .where(tables.generation.c.writes < sa.bindparam("counted"))
    .values(writes=sa.bindparam("counted"))
)


class Changes:
    """Makes transactions on a connection that is in a transaction; for one engine."""

    def __init__(self, insert: Insert, naming: Naming) -> None:
        """insert: the engine's own INSERT. naming: of people, whose keys seal what is personal.

        least_term: that of the house, where the ledger is held by one; no smaller term is drawn.
        """
        self.least_term = 0
        self.audit = AuditChain()
        self._naming = naming
        self._keep = {name: _upsert(insert, table) for name, table in tables.metadata.tables.items()}
        self._with_numbers = frozenset(
            name
            for name, table in tables.metadata.tables.items()
            if any(isinstance(column.type, sa.Double) for column in table.columns)
        )
        self._accounts = {account: AccountRows.made_for(account, insert) for account in Account}
        self._fold = adding(insert(tables.exposure_days).from_select(["sleeper", "day", "minutes"], _FOLDED))
        self._plan = insert(tables.planned_doses).on_conflict_do_nothing()
        institutions = InstitutionRows(insert, lambda table: self._keep[table.name], naming)
        self._subjects: Final[tuple[tuple[str, _Gather], ...]] = (
            ("dreamscapes", self._records),
            ("check_ins", self._beds),
            ("unlocked", self._dropping("locks", _DROP_LOCK)),
            ("locks", self._keeping("locks", _lock_row)),
            ("marks", self._keeping("marks", _mark_row)),
            ("dropped_wake_orders", self._dropping("wake_orders", _DROP_ORDER)),
            ("wake_orders", self._keeping("wake_orders", _order_row)),
            ("exposure", self._exposed),
            ("planned_doses", self._planned),
            ("principals", self._keeping("principals", self._principal_row)),
            ("credentials", self._keeping("credentials", asdict)),
            ("codes", self._keeping("codes", asdict)),
            ("erased", self._dropping("audit_texts", _DROP_TEXT)),
            ("checkpoints", self._keeping("checkpoints", _checkpoint_row)),
            ("folded_s", self._folded),
            ("grants", self._keeping("grants", _grant_row)),
            ("consents", self._keeping("consents", _consent_row)),
            ("personal", self._seal),
            ("forgotten", _forgetting(institutions)),
            ("guidelines", self._keeping("guidelines", _revision_row)),
            ("comments", self._keeping("comments", asdict)),
            ("calibration_days", self._keeping("calibration_days", _day_row)),
            ("admissions", self._keeping("admissions", asdict)),
            *((name, _of_group(gather)) for name, gather in institutions.subjects),
            ("handovers", self._hand_over),
            ("lived_s", self._used),
        )
        """The fields of a transaction, a removal before what it makes room for, and what gathers their rows.

        `terms`, `counted` and `audit` are not among them: each has a value that goes on from another.
        """

    def make(
        self, base: sa.Connection, changes: Sequence[Transaction], many: int
    ) -> list[dict[tuple[str, int], int]]:
        """Make every change of these transactions, in order; return the terms that each drew.

        many: the writes that are counted already, with which a count known elsewhere goes on.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, LedgerError: the caller rolls back.
        """
        group = _Group(base)
        made = [self._gather(group, change, many) for change in changes]
        group.rows.execute(base)
        forgotten = {sleeper: at_s for change in changes for sleeper, at_s in change.forgotten}
        for sleeper, at_s in forgotten.items():
            forget_subject(base, self._naming.bound(sleeper), at_s)
        self.audit.append(base, [act for change in changes for act in change.audit], forgotten)
        return made

    def _gather(self, group: "_Group", change: Transaction, many: int) -> dict[tuple[str, int], int]:
        """Add the rows of one transaction; return the terms it drew."""
        for subject, gather in self._subjects:
            told = getattr(change, subject)
            if told:
                gather(group, told)
        if change.counted:
            group.rows.gather("generation", _COUNTED, [{"counted": change.counted + many}])
        return {(draw.dreamscape, draw.cohort): self._draw(group, draw) for draw in change.terms}

    def _keeping(self, table: str, row: Callable[[Any], Row]) -> _Gather:
        """Keep each value as the row that `row` makes of it."""
        return lambda group, values: self._put(group.rows, table, [row(one) for one in values])

    def _principal_row(self, principal: Principal) -> Row:
        text = principal_text(principal, partial(self._naming.bound, begins=True))
        return {"name": principal.name, "kind": principal.kind.value, "kept": text}

    @staticmethod
    def _dropping(table: str, statement: sa.Delete) -> _Gather:
        """Drop the rows with these keys."""
        return lambda group, keys: group.rows.gather(table, statement, _keys(keys))

    def _beds(self, group: "_Group", check_ins: Sequence[tuple[str, str]]) -> None:
        beds = dict(check_ins)  # the last of each pod counts
        group.rows.gather("beds", _DROP_BED, _keys(pod for pod, sleeper in beds.items() if not sleeper))
        rows = [{"pod": pod, "sleeper": who} for pod, who in beds.items() if who]
        self._put(group.rows, "beds", rows)

    @staticmethod
    def _used(group: "_Group", lived_s: float) -> None:
        group.rows.gather("generation", _USED, [_sound({"used_s": lived_s})])

    def _hand_over(self, group: "_Group", handovers: Sequence[Handover]) -> None:
        group.rows.gather("handovers", DROP_HANDOVERS, [{}])
        self._put(group.rows, "handovers", handover_rows(handovers, self.least_term))

    def _records(self, group: "_Group", records: Sequence[DreamscapeRecord]) -> None:
        for record in records:
            self._record(group, record)

    def _exposed(self, group: "_Group", exposures: Sequence[Exposure]) -> None:
        for exposure in exposures:
            self._expose(group.rows, exposure)

    def _planned(self, group: "_Group", planned: Sequence[PlannedDose]) -> None:
        group.rows.gather("planned_doses", self._plan, [_sound(asdict(one)) for one in planned])

    def _seal(self, group: "_Group", rows: Sequence[PersonalRow]) -> None:
        keys = self._naming.keys
        for row in rows:
            if row.body and keys.erased(row.sleeper):
                continue  # it comes too late: there is no key
            if row.body:
                sealed = keys.seal(row.sleeper, "personal", row.kind, row.body)
                named = {"sleeper": row.sleeper, "kind": row.kind, "at_s": row.at_s}
                self._put(group.rows, "personal", [named | {"sealed": sealed}])
            else:
                gone = {"of": row.sleeper, "as": row.kind, "at": row.at_s}
                group.rows.gather("personal", _DROP_PERSONAL, [gone])

    def _folded(self, group: "_Group", folded_s: float) -> None:
        """After the charges of the same group: both are statements of one subject, in order."""
        below = [{"below": folded_below(folded_s)}]
        group.rows.gather("exposure", self._fold, below)
        group.rows.gather("exposure", _DROP_FOLDED, below)
        since_s = folded_s - ADMISSIONS_KEPT_S
        group.rows.gather("admissions", _DROP_ADMISSIONS, [_sound({"since_s": since_s})])
        drop_old_nights(group.rows, folded_s)

    def draw_counters(self, base: sa.Connection, now_s: float) -> int:
        """The first command counter of a block that no other process has used or will use."""
        row = base.execute(sa.select(tables.counters.c.next)).first()
        first = max(int(row[0]) if row else 1, int(now_s * 1000) * COUNTERS_PER_MS)
        base.execute(self._keep["counters"], {"id": 1, "next": first + COUNTER_BLOCK})
        return first

    def _put(self, rows: GatheredRows, table: str, new: Sequence[Row], subject: str = "") -> None:
        """Insert rows, or replace those of the same key. subject: of several tables, else `table`."""
        if new:
            sound = [_sound(row) for row in new] if table in self._with_numbers else new
            rows.gather(subject or table, self._keep[table], sound)

    def _record(self, group: "_Group", record: DreamscapeRecord) -> None:
        """Replace a Dreamscape's record, and of its seats those that differ."""
        name, rows = record.plan.dreamscape, group.rows
        row = {"name": name, "record": record_text(record), "ended_s": record.ended_s or None}
        self._put(rows, "dreamscapes", [row])
        kept = group.seats(name)
        now = {number: (pod, sleeper) for number, pod, sleeper in record.seats}
        gone = [{"of": name, "at": number} for number in kept.keys() - now.keys()]
        rows.gather("seats", _DROP_SEAT, gone)
        changed = [
            {"dreamscape": name, "number": number, "pod": pod, "sleeper": sleeper}
            for number, (pod, sleeper) in now.items()
            if kept.get(number) != (pod, sleeper)
        ]
        self._put(rows, "seats", changed)
        group.seated[name] = now

    def _draw(self, group: "_Group", draw: TermDraw) -> int:
        term = max(group.term(draw.dreamscape, draw.cohort) + 1, int(draw.now_s * 1000), self.least_term)
        row = {"dreamscape": draw.dreamscape, "cohort": draw.cohort, "term": term}
        self._put(group.rows, "terms", [row])
        group.terms[draw.dreamscape, draw.cohort] = term
        return term

    def _expose(self, rows: GatheredRows, exposure: Exposure) -> None:
        bucket = bucket_of(exposure.at_s)
        charges = [
            _sound({"sleeper": sleeper, "bucket": bucket, "minutes": lived_min})
            for sleeper, lived_min in exposure.minutes.items()
        ]
        marks = [{"sleeper": sleeper, "since_s": exposure.at_s} for sleeper in exposure.minutes]
        account = self._accounts[exposure.account]
        match exposure.move:
            case MarkMove.OPEN:
                rows.gather(account.subject, account.charge_marked, charges)
                self._put(rows, account.marks, marks, account.subject)
            case MarkMove.MOVE:
                rows.gather(account.subject, account.charge, charges)
                self._put(rows, account.marks, marks, account.subject)
            case MarkMove.CLOSE:
                rows.gather(account.subject, account.charge, charges)
                closed = [{"of": sleeper, "closed_s": exposure.at_s} for sleeper in exposure.minutes]
                rows.gather(account.subject, account.drop_mark, closed)
            case _:
                assert_never(exposure.move)


class _Group:
    """The rows of a group, and the terms and seats as its earlier transactions leave them."""

    def __init__(self, base: sa.Connection) -> None:
        self._base = base
        self.rows = GatheredRows()
        self.terms: dict[tuple[str, int], int] = {}
        self.seated: dict[str, dict[int, tuple[str, str]]] = {}

    def term(self, dreamscape: str, cohort: int) -> int:
        """The newest term; 0: none was drawn."""
        known = self.terms.get((dreamscape, cohort))
        if known is not None:
            return known
        row = self._base.execute(_TERM, {"of": dreamscape, "at": cohort}).first()
        return int(row[0]) if row else 0

    def seats(self, dreamscape: str) -> dict[int, tuple[str, str]]:
        """The (pod, sleeper) of each seat's number."""
        known = self.seated.get(dreamscape)
        if known is not None:
            return known
        rows = self._base.execute(_SEATS, {"of": dreamscape})
        return {int(number): (pod, sleeper) for number, pod, sleeper in rows}


def _forgetting(institutions: InstitutionRows) -> _Gather:
    def forget(group: _Group, forgotten: Sequence[tuple[str, float]]) -> None:
        gather_forgotten(group.rows, [sleeper for sleeper, _ in forgotten])
        institutions.gather_forgotten(group.rows, forgotten)

    return forget


def _lock_row(lock: Lock) -> Row:
    return {"pod": lock.pod, "cause": lock.cause.value, "since_s": lock.since_s, "evidence": lock.evidence}


def _mark_row(mark: Mark) -> Row:
    return {
        "pod": mark.pod,
        "cause": mark.cause.value,
        "tripped_s": mark.tripped_s,
        "term": mark.term,
        "tick": mark.tick,
    }


def _order_row(order: Order) -> Row:
    return {"id": order.id, "revision": order.revision, "kept": order_text(order)}


def _grant_row(grant: Grant) -> Row:
    return {"sleeper": grant.sleeper, "revision": grant.revision, "kept": grant_text(grant)}


def _consent_row(of: tuple[str, Consent]) -> Row:
    sleeper, consent = of
    granted = consent.grant.revision if consent.grant else 0
    numbers = {"revision": consent.revision, "granted": granted}
    return {"sleeper": sleeper, "kept": consent_text(consent)} | numbers


def _revision_row(kept: KeptRevision) -> Row:
    texts = {"bundle": bundle_text(kept.bundle), "course": course_text(kept.course)}
    return {"revision": kept.bundle.revision, "digest": kept.digest} | texts


def _day_row(calibrated: tuple[str, int]) -> Row:
    return {"sleeper": calibrated[0], "day": calibrated[1]}


def _checkpoint_row(checkpoint: tuple[int, str]) -> Row:
    return {"n": checkpoint[0], "note": checkpoint[1]}


def _of_group(gather: GatherRows) -> _Gather:
    return lambda group, values: gather(group.rows, values)


def _upsert(insert: Insert, table: sa.Table) -> Any:  # noqa: ANN401 -- each engine has a type of its own
    new = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {column.name: new.excluded[column.name] for column in table.columns if column.name not in keys}
    return new.on_conflict_do_update(index_elements=keys, set_=rest) if rest else new.on_conflict_do_nothing()


def _keys(keys: Iterable[str]) -> list[Row]:
    return [{"of": key} for key in keys]


def _sound(row: Row) -> Row:
    """Return the row; LedgerError where one of its numbers is none."""
    for column, value in row.items():
        if isinstance(value, float) and isnan(value):
            raise LedgerError(f"{column} is a number that is not finite")
    return row
