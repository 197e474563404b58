"""Canonical JSON (RFC 8785), and the name of a document: the SHA-256 of its canonical form."""

from collections.abc import Mapping
from hashlib import sha256

import rfc8785


def canonical(document: Mapping[str, object]) -> bytes:
    """Return the canonical form of a document of text, numbers, lists and objects.

    Raises:
        ValueError: a number or a text has no canonical form.
    """
    return rfc8785.dumps(dict(document))  # type: ignore[arg-type]  # its members are JSON, as it checks itself


def digest(document: Mapping[str, object]) -> str:
    """Return the SHA-256 of the canonical form, 64 hexadecimal digits.

    Raises:
        ValueError: as `canonical`.
    """
    return sha256(canonical(document)).hexdigest()
