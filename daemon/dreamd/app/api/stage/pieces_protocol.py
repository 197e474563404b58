"""The protocol of pieces: what gRPC and the console may call."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.access.caller import Caller
from dreamd.core.pieces.piece import Piece
from dreamd.ports.deferred import Deferred


@dataclass(frozen=True, slots=True)
class SignedPiece:
    """A piece, and its file as the daemon has signed it."""

    piece: Piece
    text: str


class PiecesApi(Protocol):
    """Pieces of artists; every caller may read them, for none names a sleeper."""

    def get_piece(self, caller: Caller, piece: str) -> Deferred[SignedPiece]:
        """The piece of this id, or PIECE_UNKNOWN."""
        ...

    def list_pieces(self, caller: Caller, before: str, most: int) -> Deferred[tuple[SignedPiece, ...]]:
        """At most `most` pieces, newest first; behind the one of the id `before`, empty: from the newest."""
        ...
