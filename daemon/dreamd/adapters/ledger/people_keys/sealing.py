"""Sealed bodies: AES-256-GCM under the key of one sleeper.

The first byte names the form, the next twelve are a random nonce. The body is bound to subject, table and
column: moved to another row, table or column, it does not open.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FORM: Final = b"\x01"


def new_key() -> bytes:
    """Return a random key of 256 bits."""
    return secrets.token_bytes(KEY_BYTES)


def sealed_body(key: bytes, subject: str, table: str, column: str, body: bytes) -> bytes:
    """Return the body encrypted for this place."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORM + nonce + AESGCM(key).encrypt(nonce, body, _place(subject, table, column))


def opened_body(key: bytes, subject: str, table: str, column: str, sealed: bytes) -> bytes | None:
    """Return the body; None: it was not sealed by this key for this place, or was changed."""
    if not sealed.startswith(FORM) or len(sealed) <= len(FORM) + NONCE_BYTES:
        return None
    nonce, rest = sealed[1 : NONCE_BYTES + 1], sealed[NONCE_BYTES + 1 :]
    try:
        return AESGCM(key).decrypt(nonce, rest, _place(subject, table, column))
    except InvalidTag:
        return None


def _place(subject: str, table: str, column: str) -> bytes:
    return f"{subject}\0{table}\0{column}".encode()
