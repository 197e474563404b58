"""The readings of the exchange, of a ledger on a store."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.exchange.exchange_rows import ask_of, offer_of, round_of
from dreamd.adapters.ledger.rows_reader import RowsReader
from dreamd.adapters.ledger.store import Store
from dreamd.core.exchange.kept_round import KeptBook, KeptRound
from dreamd.ports.commit import Commit, LedgerError

T = TypeVar("T")


class StoredExchange:
    """The readings; `StoredLedger` provides the store and the reader."""

    _store: Store
    _people: RowsReader

    def rounds(self) -> tuple[KeptRound, ...]:
        """Every round, the oldest first."""
        table = tables.rounds
        rows = self._store.rows(sa.select(table).order_by(table.c.planned_s, table.c.id))
        return self._read_rows(rows, round_of)

    def round_book(self, round_id: str) -> KeptBook:
        """The offers and asks of a round, by their ids."""
        offers, asks = _book_queries(round_id)
        return self._book_of(self._store.rows(offers), self._store.rows(asks))

    def read_round_book(self, round_id: str) -> Commit[KeptBook]:
        """Queue a read of the offers and asks of a round."""
        offers, asks = _book_queries(round_id)
        return self._people.answer_later(
            lambda base: self._book_of(base.execute(offers).all(), base.execute(asks).all())
        )

    def _book_of(self, offers: Iterable[Any], asks: Iterable[Any]) -> KeptBook:
        return KeptBook(self._read_rows(offers, offer_of), self._read_rows(asks, ask_of))

    def _read_rows(self, rows: Iterable[Any], made: Callable[[Any], T]) -> tuple[T, ...]:
        try:
            return tuple(map(made, rows))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._store.damaged(f"a round of the exchange: {error}")) from error


def _book_queries(round_id: str) -> tuple["sa.Select[Any]", "sa.Select[Any]"]:
    offers, asks = tables.round_offers, tables.round_asks
    return (
        sa.select(offers).where(offers.c.round == round_id).order_by(offers.c.id),
        sa.select(asks).where(asks.c.round == round_id).order_by(asks.c.id),
    )
