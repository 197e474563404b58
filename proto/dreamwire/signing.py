"""Signatures of the daemon's messages: Ed25519 keys, their files, and the envelope around a body.

A broker, or an intruder with its keys, must not be able to move a sleeper. A pod pins one public key at
enrolment and obeys nothing else. The signature covers `context || 0x00 || body`, the context being the
message's full name, so a Command can never be replayed as a Collective. A replay of the same message is
refused by the receiver (terms, ticks, counters).

Rules. `unseal` raises only SealError, whatever the bytes. A secret is never printed, never overwritten, and
its file is never readable by others. `Sealer` and `Opener` are the envelope's requirements of a key;
`KeyedSealer` is a cheap one for simulations, and no pinned key ever opens its seals.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf.message import DecodeError

from dreamwire.closed_file import write_closed
from dreamwire.operating_system import mode_of
from dreamwire.v1 import wire_pb2 as pb

PAYLOAD_BYTES_MAX: Final = 64 * 1024
PUBLIC_KEY_BYTES: Final = 32

_SECRET_MODE: Final = 0o600
_PUBLIC_MODE: Final = 0o644
_OTHERS: Final = 0o007
_KEYED_SECRET_BYTES_MIN: Final = 16


class SealError(ValueError):
    """A payload that the pinned key did not seal for this context; the error carries no detail."""


class KeyFileError(ValueError):
    """A key, or its file, that cannot be used; the message names the remedy."""


class Sealer(Protocol):
    """A key that signs."""

    @property
    def key_id(self) -> int:
        """MUST be the u32 that lets an opener recognise another key's signature."""
        ...

    def sign(self, covered: bytes) -> bytes:
        """MUST return a signature of all of `covered`."""
        ...


class Opener(Protocol):
    """A key that verifies."""

    @property
    def key_id(self) -> int:
        """MUST be the sealer's."""
        ...

    def verify(self, covered: bytes, signature: bytes) -> bool:
        """MUST return False for any signature the sealer did not make; MUST NOT raise."""
        ...


def seal(key: Sealer, context: str, body: bytes) -> bytes:
    """Return the sealed payload of `body` under `context`, the message's full name."""
    signature = key.sign(_covered(context, body))
    return pb.Sealed(body=body, signature=signature, key=key.key_id).SerializeToString()


def unseal(verify: Opener, context: str, payload: bytes) -> bytes:
    """Return the body of a payload that `verify`'s key sealed for this context.

    Raises:
        SealError: malformed, sealed by another key, for another context, or altered on the way.
    """
    if not 0 < len(payload) <= PAYLOAD_BYTES_MAX:
        raise SealError(f"{context}: payload of {len(payload)} bytes; expected 1 to {PAYLOAD_BYTES_MAX}")
    try:
        sealed = pb.Sealed.FromString(payload)
    except DecodeError:
        raise SealError(f"{context}: malformed; expected a Sealed message") from None
    if sealed.key != verify.key_id:
        raise SealError(f"{context}: sealed by key {sealed.key:08x}; expected {verify.key_id:08x}")
    if not verify.verify(_covered(context, sealed.body), sealed.signature):
        raise SealError(f"{context}: the signature does not fit; altered, or sealed as another message")
    return sealed.body


def _covered(context: str, body: bytes) -> bytes:
    return context.encode() + b"\0" + body


def _key_id(public: bytes) -> int:
    return int.from_bytes(hashlib.sha256(public).digest()[:4], "little")


class VerifyKey:
    """The daemon's public key, as a pod pins it.

    Args:
        raw: its 32 bytes.

    Raises:
        KeyFileError: not 32 bytes.
    """

    __slots__ = ("_key", "_key_id", "raw")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != PUBLIC_KEY_BYTES:
            raise KeyFileError(f"a public key has {PUBLIC_KEY_BYTES} bytes, not {len(raw)}")
        self.raw: Final = bytes(raw)
        self._key = Ed25519PublicKey.from_public_bytes(self.raw)
        self._key_id = _key_id(self.raw)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read a public key written as 64 hexadecimal digits; KeyFileError for anything else."""
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raise KeyFileError("a public key is written as 64 hexadecimal digits") from None
        return cls(raw)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the PEM file that `SigningKey.save_public` wrote; KeyFileError on failure."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - 0.9 MB, for PEM alone

        pem = _read(path, "the daemon's public key")
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyFileError(f"{path} holds no PEM public key; copy the daemon's to it anew") from None
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError(f"{path} holds a public key that is not Ed25519; copy the daemon's to it")
        return cls(key.public_bytes_raw())

    @property
    def key_id(self) -> int:
        """First four bytes of SHA-256 of the key, little-endian."""
        return self._key_id

    @property
    def hex(self) -> str:
        """The key as 64 hexadecimal digits."""
        return self.raw.hex()

    def verify(self, covered: bytes, signature: bytes) -> bool:
        """Whether the key's owner signed `covered` (Ed25519, RFC 8032)."""
        try:
            self._key.verify(signature, covered)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        """Two keys are equal if their bytes are."""
        return isinstance(other, VerifyKey) and self.raw == other.raw

    def __hash__(self) -> int:
        """Hash of the bytes."""
        return hash(self.raw)

    def __repr__(self) -> str:
        """Short and safe to log."""
        return f"VerifyKey({self.key_id:08x})"


class SigningKey:
    """The daemon's private key; made by `generate` or `load`, never printed."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public: Final = VerifyKey(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Make the key of a 32-byte secret (RFC 8032); for tests and key vaults."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the PEM file that `save` wrote.

        Raises:
            KeyFileError: it is missing, unreadable, open to others, or holds no Ed25519 key.
        """
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - 0.9 MB, for PEM alone

        pem = _read(path, "the signing key")
        mode = mode_of(path)
        if mode & _OTHERS:
            raise KeyFileError(f"{path} is open to others (mode {mode:04o}); run: chmod 600 {path}")
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFileError(f"{path} holds no PEM private key without a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"{path} holds a private key that is not Ed25519")
        return cls(key)

    def save(self, path: Path) -> None:
        """Write the key as PEM, mode 0600, whole or not at all.

        Raises:
            FileExistsError: a key exists there; replacing it would strand every pod that pinned it.
            OSError: the disk refused.
        """
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - 0.9 MB, for PEM alone

        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_closed(path, pem, _SECRET_MODE, replace=False)

    def save_public(self, path: Path) -> None:
        """Write the public key as PEM, mode 0644, replacing an existing file; OSError from the disk."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - 0.9 MB, for PEM alone

        pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_closed(path, pem, _PUBLIC_MODE)

    @property
    def key_id(self) -> int:
        """The public key's id."""
        return self.public.key_id

    def sign(self, covered: bytes) -> bytes:
        """Sign (Ed25519, RFC 8032): 64 bytes."""
        return self._key.sign(covered)

    def __repr__(self) -> str:
        """Name the public half; the secret is never shown."""
        return f"SigningKey({self.key_id:08x})"


class KeyedSealer:
    """Sealer and opener in one, by keyed BLAKE2b: thirty times cheaper, for whole fleets in one process.

    It is symmetric: a verifier can forge, so it is for simulations only. It cannot enter a real fleet: no
    file or setting makes one, and its 32-byte tags are not Ed25519 signatures.

    Args:
        secret: 16 to 64 bytes.
    """

    __slots__ = ("_key_id", "_keyed")

    def __init__(self, secret: bytes) -> None:
        if not _KEYED_SECRET_BYTES_MIN <= len(secret) <= hashlib.blake2b.MAX_KEY_SIZE:
            raise KeyFileError(f"a simulation's secret has 16 to 64 bytes, not {len(secret)}")
        self._keyed = hashlib.blake2b(key=secret, digest_size=32, person=b"dreamwire-sim")
        self._key_id = _key_id(self.sign(b"id"))

    @property
    def key_id(self) -> int:
        """Derived from the secret without revealing it."""
        return self._key_id

    def sign(self, covered: bytes) -> bytes:
        """Return the 32-byte tag of `covered`."""
        tag = self._keyed.copy()
        tag.update(covered)
        return tag.digest()

    def verify(self, covered: bytes, signature: bytes) -> bool:
        """Whether `signature` is the tag of `covered`."""
        return hmac.compare_digest(self.sign(covered), signature)

    def __repr__(self) -> str:
        """Short and safe to log."""
        return f"KeyedSealer({self.key_id:08x})"


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyFileError(f"{what} is not at {path}") from None
    except OSError as error:
        raise KeyFileError(f"{what} at {path} cannot be read: {error.strerror}") from None
