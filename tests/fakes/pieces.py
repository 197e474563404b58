"""Pieces as a daemon has signed and kept them."""

from typing import Final

from dreamd.adapters.documents.pieces import sign_piece
from dreamd.core.pieces.open_piece import OpenPiece
from dreamd.core.pieces.piece import Credits
from dreamd.ports.ledger.pieces import KeptPiece
from dreamwire.signing import SigningKey

KEY: Final = SigningKey.from_seed(bytes(range(32)))
START_S: Final = 1_800_000_000.0
WORDS: Final = Credits("Low Tide", "Mia Vance", "ab" * 32)


def kept_piece(number: int = 1, ticks: int = 240) -> KeptPiece:
    """The piece of this number, an hour after the one before."""
    began_s = START_S + 3600.0 * number
    led = OpenPiece(WORDS, f"night-{number}", "bands6x2")
    for tick in range(1, ticks + 1):
        led.add_tick(began_s + 0.25 * tick, tick, [0.5] * 12, 0.1, (1, "cd" * 32))
    piece = led.closed()
    assert piece is not None
    return KeptPiece(piece.id, piece.dreamscape, began_s + 0.25 * ticks, sign_piece(piece.for_json(), KEY))


PIECE: Final = kept_piece()
