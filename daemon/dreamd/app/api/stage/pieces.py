"""Pieces: read from the ledger, on its own thread."""

import json
from collections.abc import Callable
from typing import TypeVar

from dreamd.app.api.stage.pieces_protocol import SignedPiece
from dreamd.core.access.caller import Caller
from dreamd.core.pieces.reading import read_piece
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.pieces import KeptPiece, PieceLedger

T = TypeVar("T")
Rows = tuple[KeptPiece, ...]
Unwritten = Callable[[str], KeptPiece | None]


class PieceQueries:
    """Implements `PiecesApi`."""

    def __init__(self, ledger: PieceLedger, unwritten: Unwritten) -> None:
        """unwritten: the piece of an id that the ledger may not hold yet."""
        self._ledger, self._unwritten = ledger, unwritten

    def get_piece(self, caller: Caller, piece: str) -> Deferred[SignedPiece]:
        """One piece."""

        def only(rows: Rows) -> SignedPiece | Refusal:
            if not rows:
                return Refusal(Code.PIECE_UNKNOWN, f"there is no piece {piece}", {"piece": piece})
            return _signed(rows[0])

        waiting = self._unwritten(piece)
        if waiting is not None:
            found = Deferred[SignedPiece]()
            found.settle(_signed(waiting))
            return found
        return _answered(self._ledger.read_piece(piece), only)

    def list_pieces(self, caller: Caller, before: str, most: int) -> Deferred[tuple[SignedPiece, ...]]:
        """A page of pieces, newest first."""
        return _answered(self._ledger.read_pieces(before, most), lambda rows: tuple(map(_signed, rows)))


def _signed(kept: KeptPiece) -> SignedPiece:
    return SignedPiece(read_piece(json.loads(kept.text)["piece"]), kept.text)


def _answered(commit: Commit[Rows], make: Callable[[Rows], T | Refusal]) -> Deferred[T]:
    later = Deferred[T]()

    def read(over: Commit[Rows]) -> None:
        if not over.done:
            later.settle(Refusal(Code.LEDGER_UNAVAILABLE, f"pieces could not be read: {over.failure}"))
            return
        later.settle(make(over.value))

    commit.then(read)
    return later
