"""The rows of an account of minutes: its buckets, and the marks of sleepers under which it is charged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.ports.ledger.exposure import Account

Insert = Callable[[sa.Table], Any]
"""The engine's own INSERT, which has ON CONFLICT."""

BUCKETS = {Account.MERGING: tables.exposure_buckets, Account.ANCHOR: tables.anchor_buckets}
MARKS = {Account.MERGING: tables.merging, Account.ANCHOR: tables.anchor_marks}
SUBJECTS = {Account.MERGING: "exposure", Account.ANCHOR: "anchors"}
"""The subject of gathered rows of each account: the marks decide what is charged, so both are one subject."""


@dataclass(frozen=True, slots=True)
class AccountRows:
    """The statements of one account, on one engine.

    charge: add minutes to their bucket. charge_marked: the same where a mark stands. drop_mark: of
    `of`, unless it is younger than `closed_s`.
    """

    subject: str
    marks: str
    charge: Any
    charge_marked: Any
    drop_mark: sa.Delete

    @classmethod
    def made_for(cls, account: Account, insert: Insert) -> Self:
        """Return the statements of this account."""
        buckets, marks = BUCKETS[account], MARKS[account]
        standing = marks.c.sleeper == sa.bindparam("sleeper", type_=buckets.c.sleeper.type)
        marked = sa.select(
            *(sa.bindparam(column.name, type_=column.type) for column in buckets.columns)
        ).where(sa.exists().where(standing))
        return cls(
            SUBJECTS[account],
            marks.name,
            adding(insert(buckets)),
            adding(insert(buckets).from_select(list(buckets.columns.keys()), marked)),
            marks.delete().where(
                marks.c.sleeper == sa.bindparam("of"), marks.c.since_s <= sa.bindparam("closed_s")
            ),
        )


def adding(new: Any) -> Any:  # noqa: ANN401 -- each engine has a type of its own
    """Add the minutes to those of the same sleeper and bucket, or day."""
    keys = [column.name for column in new.table.primary_key]
    return new.on_conflict_do_update(
        index_elements=keys, set_={"minutes": new.table.c.minutes + new.excluded.minutes}
    )
