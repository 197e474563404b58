"""A checkpoint of an audit log: how many records there were, and the hash of the newest, signed.

The form is that of a signed note (C2SP signed-note, tlog-checkpoint): three lines of text, an empty line, and
a line with the signature. A bed keeps the newest checkpoint it has heard, so it is a witness of the log.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ORIGIN: Final = "dreamd.audit.v1"
"""The first line of a note, and the name of its signer."""
NOTE_CHARS_MAX: Final = 512
_ED25519: Final = b"\x01"
_ID_BYTES, _HEAD_BYTES = 4, 32
_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """n: records so far, at least 1. head: SHA-256 of record n, 64 digits in lower-case hexadecimal."""

    n: int
    head: str

    @property
    def text(self) -> str:
        """The signed text: origin, n and head, each on a line."""
        head = base64.b64encode(bytes.fromhex(self.head)).decode()
        return f"{ORIGIN}\n{self.n}\n{head}\n"


def signed_note(checkpoint: Checkpoint, public: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The note of a checkpoint. public: the raw key of Ed25519. sign: makes a signature of 64 bytes."""
    text = checkpoint.text
    signature = base64.b64encode(_key_id(public) + sign(text.encode())).decode()
    return f"{text}\n\N{EM DASH} {ORIGIN} {signature}\n"


def checkpoint_of(note: str) -> Checkpoint | None:
    """The checkpoint that a note states, whatever its signature; None: it is no note of an audit log."""
    lines = note.split("\n")
    if len(note) > NOTE_CHARS_MAX or len(lines) <= _LINES or lines[0] != ORIGIN or lines[_LINES]:
        return None
    number, head = lines[1], _decoded(lines[2])
    plain = number.isascii() and number.isdigit() and number[0] != "0"
    if not plain or head is None or len(head) != _HEAD_BYTES:
        return None
    return Checkpoint(int(number), head.hex())


def note_holds(note: str, public: bytes, verify: Callable[[bytes, bytes], bool]) -> bool:
    """Whether the key has signed this note. verify: whether (text, signature) is the key's."""
    stated, (text, _, tail) = checkpoint_of(note), note.partition("\n\n")
    words = tail.split(" ")
    if stated is None or len(words) != _LINES or words[:2] != ["\N{EM DASH}", ORIGIN]:
        return False
    signature = _decoded(words[2].removesuffix("\n"))
    if signature is None or signature[:_ID_BYTES] != _key_id(public):
        return False
    return stated.text == f"{text}\n" and verify(stated.text.encode(), signature[_ID_BYTES:])


def _key_id(public: bytes) -> bytes:
    return hashlib.sha256(ORIGIN.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
