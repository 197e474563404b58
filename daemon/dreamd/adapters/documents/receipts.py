"""Signed receipts: a file of JSON that is verified with the daemon's public key alone.

The signature covers a context and the canonical form of the receipt, so nothing else that the key has signed
can be passed off as a receipt. The file has one layout, and each of its bytes is verified.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from typing import Final

from dreamd.adapters.documents.canonical import canonical
from dreamd.core.consent.receipt import missing_fields
from dreamwire.signing import SigningKey, VerifyKey

CONTEXT: Final = b"dreamd receipt 1\0"
FILE_MOST: Final = 1 << 20
"""Bytes of a receipt's file."""


class ReceiptError(ValueError):
    """A receipt does not hold; the message is one sentence."""


def sign_receipt(document: Mapping[str, object], key: SigningKey) -> str:
    """Return the file of this receipt."""
    return _file(document, key.sign(CONTEXT + canonical(document)), key.public)


def _file(document: Mapping[str, object], signature: bytes, key: VerifyKey) -> str:
    seal = {"algorithm": "Ed25519", "public_key": key.hex, "value": b64encode(signature).decode()}
    return json.dumps({"receipt": document, "signature": seal}, indent=1, ensure_ascii=False) + "\n"


def verified(text: bytes, key: VerifyKey) -> dict[str, object]:
    """Return the receipt of a file that this key has signed.

    Raises:
        ReceiptError: it is no receipt, was changed, lacks a field, or was signed by another key.
    """
    if len(text) > FILE_MOST:
        raise ReceiptError(f"a receipt has at most {FILE_MOST} bytes, the file has {len(text)}")
    try:
        file = json.loads(text, object_pairs_hook=_once)
        document, seal = file["receipt"], file["signature"]
        signature = b64decode(seal["value"], validate=True)
        other = seal["public_key"] != key.hex
        covered = CONTEXT + canonical(document)
    except (ValueError, KeyError, TypeError, RecursionError, Error) as error:
        raise ReceiptError(f"this is no signed receipt ({type(error).__name__}: {error})") from error
    if not key.verify(covered, signature) or _file(document, signature, key).encode() != text:
        why = "another key has signed it" if other else "it was changed since"
        raise ReceiptError(f"the signature does not hold: {why}")
    lacks = missing_fields(document)
    if lacks:
        raise ReceiptError(f"the receipt lacks {', '.join(lacks)}")
    return dict(document)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members
