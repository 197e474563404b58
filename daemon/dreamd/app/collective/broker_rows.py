"""The brokers of the slots: which rows of the tables are reached by a way that is lost.

Such a row has weight zero and coupling zero from the next message on, because nothing is known of most pods
beside it. Its breaker stays as it is. For the quorum its sleeper is away, as one whose own network failed:
those within reach are judged among themselves.

One comparison of a column a tick; nothing where the house has one broker.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from dreamd.app.collective.slot_table import SlotTable
from dreamd.core.limits import BROKERS_MAX

NONE_LOST: Final[frozenset[int]] = frozenset()


class BrokerRows:
    """Marks the rows of lost brokers. lost: their numbers, as last marked."""

    def __init__(self, tables: Callable[[], Sequence[SlotTable]]) -> None:
        self._tables = tables
        self.lost = NONE_LOST

    def assigned(self, brokers: int) -> list[int]:
        """Return how many slots are held by pods at each of so many brokers."""
        total = np.zeros(brokers, dtype=np.int64)
        for table in self._tables():
            total += np.bincount(table.broker[table.occupied], minlength=brokers)
        return [int(count) for count in total]

    def place(self, table: SlotTable, row: int, broker: int) -> None:
        """The pod of this row is at this broker."""
        assert 0 <= broker < BROKERS_MAX
        table.broker[row] = broker
        table.cut[row] = broker in self.lost

    def cut(self, lost: frozenset[int]) -> None:
        """Mark the rows of these brokers, from the next sums and the next message on."""
        if lost == self.lost:
            return
        self.lost = lost
        for table in self._tables():
            table.cut = np.isin(table.broker, tuple(lost))

    def forgive(self, instant: int, brokers: frozenset[int] | None = None) -> None:
        """Frames missing now, and until 2 s from now, count as lost by no pod.

        brokers: those whose pods are meant; None: all.
        """
        for table in self._tables():
            rows = None if brokers is None else np.isin(table.broker, tuple(brokers))
            table.columns.forgive(instant, rows)

    def within_reach(self, counts: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return (assigned, healthy, away) with those at lost brokers away; counts: of `Cohorts.counts`.

        With every way lost there is nobody to judge among, and the counts are as they were.
        """
        if not any((table.occupied & ~table.cut).any() for table in self._tables() if self.lost):
            return counts
        assigned, healthy, away = counts
        for table in self._tables():
            cut = table.occupied & table.cut
            healthy -= int(np.count_nonzero(cut & table.allowed))
            away += int(np.count_nonzero(cut & ~table.away))
        return assigned, healthy, away
