"""Signed receipts: files of JSON that are verified with the daemon's public key alone (see `signed_file`)."""

from collections.abc import Mapping
from typing import Final

from dreamd.adapters.documents.signed_file import SignedFile, SignedFileError
from dreamd.core.consent.receipt import missing_fields
from dreamwire.signing import SigningKey, VerifyKey

_FILE: Final = SignedFile("receipt", b"dreamd receipt 1\0", 1 << 20)


class ReceiptError(ValueError):
    """A receipt does not hold; the message is one sentence."""


def sign_receipt(document: Mapping[str, object], key: SigningKey) -> str:
    """Return the file of this receipt."""
    return _FILE.signed(document, key)


def verified(text: bytes, key: VerifyKey) -> dict[str, object]:
    """Return the receipt of a file that this key has signed.

    Raises:
        ReceiptError: it is no receipt, was changed, lacks a field, or was signed by another key.
    """
    try:
        document = _FILE.verified(text, key)
    except SignedFileError as error:
        raise ReceiptError(str(error)) from error
    lacks = missing_fields(document)
    if lacks:
        raise ReceiptError(f"the receipt lacks {', '.join(lacks)}")
    return document
