"""The key of a cohort: all that a Collective tells of sleepers, encrypted for those that are in the cohort.

Each bed's account at the broker may read each Collective. So the daemon encrypts it under a key that it gives
to the beds of the cohort alone, in their assigns, and draws a new key when a bed leaves. AES-256-GCM takes
0.6 us for a message of 1 kB, where ChaCha20-Poly1305 takes 6 us (docs/decisions/0046-cohort-key.md).

Rules
- A key is drawn from the system's randomness, by one process, for one cohort. It is in memory alone.
- The nonce is the number of messages under the key, which the key itself counts: no two messages share one,
  whatever ticks or terms they name, and a restarted daemon has another key.
- The associated data is everything outside the ciphertext: Dreamscape, cohort, tick, instant, term, least
  reader, number of the key, count. The signature around the message covers both.
"""

import os
from functools import lru_cache
from struct import Struct
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dreamwire.codec import WireError, decode_content, encode_content
from dreamwire.messages import KEY_BYTES, Collective, EncryptedCollective

KEYS_KEPT: Final = 64
"""Keys whose schedule is kept ready; the least recently used is dropped first."""

_CONTEXT: Final = b"dreamwire.v1.Collective.ciphertext\0"
_NONCE_BYTES: Final = 12
_BOUND: Final = Struct("<IQqQIIQ")

_ready = lru_cache(KEYS_KEPT)(AESGCM)


class CohortKey:
    """A key, its number, and the count of the messages under it.

    Args:
        number: by which assigns and Collectives name it; above 0.
        secret: 32 bytes, of no other key; `draw` makes one.
    """

    __slots__ = ("_aead", "_count", "number", "secret")

    def __init__(self, number: int, secret: bytes) -> None:
        if not (number > 0 and len(secret) == KEY_BYTES):
            raise ValueError(f"a cohort's key has a number above 0 and {KEY_BYTES} bytes")
        self.number: Final = number
        self.secret: Final = secret
        self._aead = AESGCM(secret)
        self._count = 0

    @classmethod
    def draw(cls, number: int) -> Self:
        """Draw a key from the system's randomness."""
        return cls(number, os.urandom(KEY_BYTES))

    def encrypt(self, message: Collective) -> EncryptedCollective:
        """Encrypt the next message of the cohort; WireError: a list is longer than a reader would take."""
        content = encode_content(message)
        self._count += 1
        bound = _bound(message, self.number, self._count)
        return EncryptedCollective(
            dreamscape=message.dreamscape,
            cohort=message.cohort,
            tick=message.tick,
            instant=message.instant,
            term=message.term,
            min_reader=message.min_reader,
            key_number=self.number,
            count=self._count,
            ciphertext=self._aead.encrypt(_nonce(self._count), content, bound),
        )

    def __repr__(self) -> str:
        """Name the number; the secret is never shown."""
        return f"CohortKey({self.number})"


def decrypt(message: EncryptedCollective, secret: bytes) -> Collective | None:
    """Decrypt a message by the key of its number.

    Returns:
        None: another key encrypted it, it was altered, or it is malformed.
    """
    bound = _bound(message, message.key_number, message.count)
    try:
        content = _ready(secret).decrypt(_nonce(message.count), message.ciphertext, bound)
        return decode_content(content, message)
    except (InvalidTag, WireError):
        return None


def _nonce(count: int) -> bytes:
    return count.to_bytes(_NONCE_BYTES, "little")


def _bound(message: Collective | EncryptedCollective, key_number: int, count: int) -> bytes:
    """The associated data; the name, which alone has no fixed length, is at the end."""
    fixed = _BOUND.pack(
        message.cohort, message.tick, message.instant, message.term, message.min_reader, key_number, count
    )
    return _CONTEXT + fixed + message.dreamscape.encode()
