"""The public seed and the tickets: ties are drawn by two nonces that are committed before the round opens.

Theory of operation. The site and an advocate each choose 32 random bytes and publish their SHA-256 before the
round opens. Both reveal them after the book is closed. The seed is the SHA-256 of both nonces and the book,
so neither side chose it, and each reader can make it again. The ticket of an ask is the SHA-256 of seed and
ask; the smallest ticket is first.

Rules
- Nonces and digests are written as 64 hexadecimal digits, lower case, joined by `|`.
- Both commitments differ. A copied one would reveal a nonce that only one side chose.
"""

from collections.abc import Iterable
from hashlib import sha256
from re import fullmatch
from typing import Final

HEX_FORM: Final = "[0-9a-f]{64}"


def commitment(nonce: str) -> str:
    """Return the SHA-256 of the 32 bytes of a nonce.

    Raises:
        ValueError: the nonce is not 64 hexadecimal digits.
    """
    if not is_hex(nonce):
        raise ValueError("a nonce is 64 hexadecimal digits, lower case")
    return sha256(bytes.fromhex(nonce)).hexdigest()


def is_hex(value: object) -> bool:
    """Whether this is the form of a nonce, a commitment, a digest or a seed."""
    return isinstance(value, str) and fullmatch(HEX_FORM, value) is not None


def seed_of(site_nonce: str, advocate_nonce: str, book_sha256: str) -> str:
    """Return the seed of a round; book_sha256 names the closed book."""
    return sha256(f"{site_nonce}|{advocate_nonce}|{book_sha256}".encode()).hexdigest()


def ticket(seed: str, ask: str) -> str:
    """Return the ticket of an ask under a seed."""
    return sha256(f"{seed}|{ask}".encode()).hexdigest()


def drawn(seed: str, asks: Iterable[str]) -> list[str]:
    """Return the ids of asks in the order of their tickets, the smallest first."""
    return sorted(asks, key=lambda one: (ticket(seed, one), one))
