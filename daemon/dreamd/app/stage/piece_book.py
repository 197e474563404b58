"""The pieces of a house on their way to the ledger: signed at the end of a lead, written off the tick's path.

Rules
- A piece that is over waits in memory for one transaction at a time, and is found by its id meanwhile.
- A write that fails is tried again with the next house-keeping.
- With PIECES_WAITING before it a piece is dropped and counted: a lead and a sever never wait for a piece.
- A lead under way is in memory alone. A daemon that is killed loses its piece, and nothing else.
"""

from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.people.house_people import SignPiece
from dreamd.core.pieces.piece import Piece
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.pieces import KeptPiece
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

PIECES_WAITING: Final = 1_000


class PieceBook:
    """The pieces of one daemon that are not in the ledger yet. dropped: how many found no place."""

    def __init__(self, commits: Commits, clock: SessionClock, sign: SignPiece | None) -> None:
        """sign: absent, no piece is kept."""
        self._commits, self._clock, self._sign = commits, clock, sign
        self._waiting: dict[str, KeptPiece] = {}
        self._writing = False
        self.dropped = 0

    def keep_piece(self, piece: Piece) -> None:
        """A lead is over: sign its piece, and write it now unless others wait already."""
        if self._sign is None:
            return
        if len(self._waiting) >= PIECES_WAITING:
            self.dropped += 1
            return
        text = self._sign(piece.for_json())
        self._waiting[piece.id] = KeptPiece(piece.id, piece.dreamscape, self._clock.now_s(), text)
        if len(self._waiting) == 1:
            self.write_waiting()

    def unwritten(self, piece: str) -> KeptPiece | None:
        """Return the piece of this id that the ledger may not hold yet; None: there is none."""
        return self._waiting.get(piece)

    def write_waiting(self) -> None:
        """Write what waits, unless a write is under way."""
        if self._writing or not self._waiting:
            return
        going = tuple(self._waiting.values())
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if commit.done:
                for one in going:
                    del self._waiting[one.id]

        self._commits.submit(Transaction(pieces=going), "pieces of artists", over)
