"""Pieces in a ledger in memory."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.pieces import KeptPiece
from dreamd.ports.ledger.transaction import Transaction


@dataclass
class PiecesStorage:
    """The pieces by id."""

    kept_pieces: dict[str, KeptPiece] = field(default_factory=dict)

    def change_pieces(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        for piece in change.pieces:
            self.kept_pieces.setdefault(piece.id, piece)


class MemoryPieces(ABC):
    """The answers of a ledger in memory about pieces."""

    @property
    @abstractmethod
    def readable(self) -> PiecesStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def read_piece(self, piece: str) -> Commit[tuple[KeptPiece, ...]]:
        """One piece, at once."""
        commit: Commit[tuple[KeptPiece, ...]] = Commit()
        try:
            kept = self.readable.kept_pieces
        except LedgerError as error:
            commit.fail(str(error))
            return commit
        commit.end((kept[piece],) if piece in kept else ())
        return commit

    def read_pieces(self, before: str, most: int) -> Commit[tuple[KeptPiece, ...]]:
        """A page of pieces, newest first, at once."""
        commit: Commit[tuple[KeptPiece, ...]] = Commit()
        try:
            kept = self.readable.kept_pieces
        except LedgerError as error:
            commit.fail(str(error))
            return commit
        found = sorted(kept.values(), key=lambda one: (one.ended_s, one.id), reverse=True)
        places = [place for place, one in enumerate(found, start=1) if one.id == before] if before else [0]
        commit.end(tuple(found[places[0] : places[0] + most]) if places else ())
        return commit
