"""The rows of an erased sleeper: those that hold a text or a right go, the others keep a subject of nobody.

Deleted: the check-in, the mark of merging, consent and grants, personal rows, texts of the audit log, and the
right to act as this sleeper. A principal without another right goes with its credentials, codes and comments.
Seats, exposure and planned doses stay, under a subject that no key ties to a person.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows

PERSONS: Final = (
    *("anchor_marks", "audit_texts", "beds", "calibration_days", "cases", "codes", "comments", "consents"),
    *("credentials", "fault_nights", "grants", "guests", "house_orders", "merging", "personal", "principals"),
)
"""The tables from which rows go."""
ERASED: Final = "erased"
"""The author, and the text, of an erased person's comment."""

_OF: Final[sa.BindParameter[Any]] = sa.bindparam("of")
_TEXTS: Final = tables.audit_texts
_HOUSE: Final = tables.house_orders
_GONE: Final = (
    ("check_ins", tables.beds.delete().where(tables.beds.c.sleeper == _OF)),
    ("exposure", tables.merging.delete().where(tables.merging.c.sleeper == _OF)),
    ("anchors", tables.anchor_marks.delete().where(tables.anchor_marks.c.sleeper == _OF)),
    ("consents", tables.consents.delete().where(tables.consents.c.sleeper == _OF)),
    ("grants", tables.grants.delete().where(tables.grants.c.sleeper == _OF)),
    (
        "calibration_days",
        tables.calibration_days.delete().where(tables.calibration_days.c.sleeper == _OF),
    ),
    ("personal", tables.personal.delete().where(tables.personal.c.sleeper == _OF)),
    ("audit_texts", _TEXTS.delete().where(_TEXTS.c.sleeper == _OF)),
    ("house_orders", _HOUSE.delete().where(sa.or_(_HOUSE.c.sleeper == _OF, _HOUSE.c.own == _OF))),
    # A name that was told before it was a sleeper's.
    *(
        ("house_orders", _HOUSE.delete().where(sa.type_coerce(column, sa.Text) == _OF))
        for column in (_HOUSE.c.sleeper, _HOUSE.c.own)
    ),
    ("audit_texts", _TEXTS.delete().where(sa.type_coerce(_TEXTS.c.sleeper, sa.Text) == _OF)),
)
"""The subject of gathered rows to whose order each statement belongs, and the statement."""
_ERASURE: Final = sa.select(tables.erasures.c.subject).where(tables.erasures.c.subject == _OF)
_KEPT: Final = sa.update(tables.principals).where(tables.principals.c.name == sa.bindparam("who"))
_WHO: Final[sa.BindParameter[Any]] = sa.bindparam("who")
_OF_PRINCIPAL: Final = (
    tables.credentials.delete().where(tables.credentials.c.principal == _WHO),
    tables.codes.delete().where(tables.codes.c.principal == _WHO),
    tables.principals.delete().where(tables.principals.c.name == _WHO),
    tables.comments.update().where(tables.comments.c.person == _WHO).values(person=ERASED, text=ERASED),
)


def gather_forgotten(rows: GatheredRows, sleepers: Iterable[str]) -> None:
    """Add the deletions, each behind what was gathered of its table before."""
    of = [{"of": sleeper} for sleeper in sleepers]
    for subject, statement in _GONE:
        rows.gather(subject, statement, of)


def forget_subject(base: sa.Connection, subject: str, at_s: float) -> None:
    """Take the rights of this sleeper from the principals, and write that the subject is erased."""
    for name, text in base.execute(sa.select(tables.principals.c.name, tables.principals.c.kept)).all():
        if f'"{subject}"' not in text:
            continue
        kept = json.loads(text)
        kept["grants"] = [one for one in kept["grants"] if one["sleeper"] != subject]
        if kept["grants"]:
            base.execute(_KEPT.values(kept=json.dumps(kept)), {"who": name})
            continue
        for statement in _OF_PRINCIPAL:
            base.execute(statement, {"who": name})
    if base.execute(_ERASURE, {"of": subject}).first() is None:
        base.execute(tables.erasures.insert(), {"subject": subject, "at_s": at_s})
