"""Reads everything that the ledger holds of one sleeper, in one state of its tables."""

from functools import partial
from typing import Any

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.people_keys.subject_column import Naming
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.clinic_rows import case_of
from dreamd.adapters.ledger.rows.invitation_rows import guest_of
from dreamd.adapters.ledger.rows.kept_text import principal_of
from dreamd.adapters.ledger.rows.people_text import consent_of, grant_of
from dreamd.ports.ledger.exposure import PlannedDose
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.public_reports import ReportMark


def person_records(base: sa.Connection, naming: Naming, sleeper: str) -> PersonRecords:
    """Return the records of a sleeper.

    Raises:
        ValueError, KeyError, TypeError: a row cannot be read.
    """
    subject = naming.keys.known_subject(sleeper)
    if subject is None:
        return PersonRecords(sleeper)
    rows = partial(_rows, base, sleeper)
    grants = tuple(grant_of(sleeper, one.revision, one.kept) for one in rows(tables.grants))
    given = {grant.revision: grant for grant in grants}
    consents = [consent_of(one.revision, one.kept, given.get(one.granted)) for one in rows(tables.consents)]
    return PersonRecords(
        sleeper=sleeper,
        subject=subject,
        beds=tuple(one.pod for one in rows(tables.beds)),
        consent=consents[0] if consents else None,
        grants=grants,
        buckets={one.bucket: one.minutes for one in rows(tables.exposure_buckets)},
        days={one.day: one.minutes for one in rows(tables.exposure_days)},
        anchors={one.bucket: one.minutes for one in rows(tables.anchor_buckets)},
        planned=tuple(
            PlannedDose(one.dreamscape, sleeper, one.minutes, one.at_s) for one in rows(tables.planned_doses)
        ),
        seats=tuple((one.dreamscape, one.number, one.pod) for one in rows(tables.seats)),
        calibration_days=tuple(one.day for one in rows(tables.calibration_days)),
        personal=_unsealed(naming.keys, rows(tables.personal)),
        seconded_moratoria=tuple(sorted(one.moratorium for one in rows(tables.moratorium_seconds))),
        guest_lists=tuple((one.dreamscape, guest_of(one)) for one in rows(tables.guests)),
        report_marks=tuple(
            ReportMark(one.day, one.site, one.kind, sleeper) for one in rows(tables.report_marks)
        ),
        cases=tuple(map(case_of, rows(tables.cases))),
        fault_night=next((one.night for one in rows(tables.fault_nights)), None),
        audit=_acts(base, sleeper),
        principals=_principals(base, naming, subject),
    )


def _rows(base: sa.Connection, sleeper: str, table: sa.Table) -> Any:  # noqa: ANN401 -- rows of SQLAlchemy
    query = sa.select(table).where(table.c.sleeper == sleeper).order_by(*table.primary_key)
    return base.execute(query).all()


def _unsealed(keys: StoredKeys, rows: Any) -> tuple[PersonalRow, ...]:  # noqa: ANN401 -- rows of SQLAlchemy
    opened = ((row, keys.unseal(row.sleeper, "personal", row.kind, row.sealed)) for row in rows)
    return tuple(
        PersonalRow(row.sleeper, row.kind, row.at_s, body) for row, body in opened if body is not None
    )


def _acts(base: sa.Connection, sleeper: str) -> tuple[tuple[str, str], ...]:
    texts, audit = tables.audit_texts, tables.audit
    query = (
        sa.select(audit.c.record, texts.c.reason)
        .join(texts, texts.c.n == audit.c.n)
        .where(texts.c.sleeper == sleeper)
        .order_by(audit.c.n)
    )
    return tuple((one.record, one.reason) for one in base.execute(query))


def _principals(base: sa.Connection, naming: Naming, subject: str) -> Any:  # noqa: ANN401
    rows = base.execute(sa.select(tables.principals).order_by(tables.principals.c.name))
    return tuple(
        principal_of(one.name, one.kind, one.kept, naming.name_of)
        for one in rows
        if f'"{subject}"' in one.kept
    )
