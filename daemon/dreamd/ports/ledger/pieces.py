"""Pieces of artists, as the daemon has signed them."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.ports.commit import Commit


@dataclass(frozen=True, slots=True)
class KeptPiece:
    """A piece. id: its name. ended_s: session time at which it was over. text: the signed file."""

    id: str
    dreamscape: str
    ended_s: float
    text: str


class PieceLedger(Protocol):
    """Every piece, kept for good; a piece names no sleeper. The first one of an id stands."""

    def read_piece(self, piece: str) -> Commit[tuple[KeptPiece, ...]]:
        """Ask for the piece of this id; empty: there is none. MUST return at once."""
        ...

    def read_pieces(self, before: str, most: int) -> Commit[tuple[KeptPiece, ...]]:
        """Ask for at most `most` pieces, newest first; MUST return at once.

        Args:
            before: the id of a piece; those that follow it. Empty: from the newest one on. Unknown: none.
            most: how many.
        """
        ...
