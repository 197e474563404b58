"""The readings of pieces, of a ledger on a store."""

from typing import Any

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows_reader import RowsReader
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.pieces import KeptPiece


class StoredPieces:
    """The readings; `StoredLedger` provides the reader."""

    _people: RowsReader

    def read_piece(self, piece: str) -> Commit[tuple[KeptPiece, ...]]:
        """Queue a read of one piece."""
        query = sa.select(tables.pieces).where(tables.pieces.c.id == piece)
        return self._people.answer_later(lambda base: tuple(map(_piece, base.execute(query))))

    def read_pieces(self, before: str, most: int) -> Commit[tuple[KeptPiece, ...]]:
        """Queue a read of a page of pieces, newest first."""
        table = tables.pieces.c
        query = sa.select(tables.pieces).order_by(table.ended_s.desc(), table.id.desc()).limit(most)

        def read(base: sa.Connection) -> tuple[KeptPiece, ...]:
            if not before:
                return tuple(map(_piece, base.execute(query)))
            at_s = base.scalar(sa.select(table.ended_s).where(table.id == before))
            if at_s is None:
                return ()
            earlier = sa.or_(table.ended_s < at_s, sa.and_(table.ended_s == at_s, table.id < before))
            return tuple(map(_piece, base.execute(query.where(earlier))))

        return self._people.answer_later(read)


def _piece(row: Any) -> KeptPiece:  # noqa: ANN401 -- a row of SQLAlchemy
    return KeptPiece(row.id, row.dreamscape, row.ended_s, row.text)
