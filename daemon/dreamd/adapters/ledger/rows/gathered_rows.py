"""The rows of one or several transactions, so that those of one statement are written by one call.

A call of SQLAlchemy costs ten times what a further row of it costs. So the rows of a group of transactions
are gathered first. Subjects have tables of their own: only the order within a subject decides what is in the
ledger, and rows keep that order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

Row = Mapping[str, Any]


class GatheredRows:
    """Rows by subject, in the order in which they came."""

    def __init__(self) -> None:
        self._runs: dict[str, list[tuple[sa.Executable, list[Row]]]] = {}

    def gather(self, subject: str, statement: sa.Executable, rows: Sequence[Row]) -> None:
        """Add rows of a statement; they share a call with those before them, if it is the same statement."""
        if not rows:
            return
        runs = self._runs.setdefault(subject, [])
        if runs and runs[-1][0] is statement:
            runs[-1][1].extend(rows)
        else:
            runs.append((statement, list(rows)))

    def execute(self, base: sa.Connection) -> None:
        """Run every statement with its rows.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: some of them may be written; the caller rolls back.
        """
        for runs in self._runs.values():
            for statement, rows in runs:
                base.execute(statement, rows)
