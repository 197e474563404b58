"""Signed pieces: files of JSON that are verified with the daemon's public key alone (see `signed_file`)."""

from collections.abc import Mapping
from typing import Final

from dreamd.adapters.documents.signed_file import SignedFile, SignedFileError
from dreamd.core.pieces.piece import Piece
from dreamd.core.pieces.reading import PieceError, read_piece
from dreamwire.signing import SigningKey, VerifyKey

_FILE: Final = SignedFile("piece", b"dreamd piece 1\0", 1 << 16)


def sign_piece(document: Mapping[str, object], key: SigningKey) -> str:
    """Return the file of this piece."""
    return _FILE.signed(document, key)


def verified_piece(text: bytes, key: VerifyKey) -> Piece:
    """Return the piece of a file that this key has signed.

    Raises:
        PieceError: it is no piece, was changed, or was signed by another key.
    """
    try:
        return read_piece(_FILE.verified(text, key))
    except SignedFileError as error:
        raise PieceError(str(error)) from error
