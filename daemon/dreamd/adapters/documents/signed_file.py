"""A signed document in a file of JSON: verified with the daemon's public key alone.

The signature covers a context and the canonical form of the document, so nothing else that the key has signed
can be passed off as one of this kind. The file has one layout, and each of its bytes is verified.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass

from dreamd.adapters.documents.canonical import canonical
from dreamwire.signing import SigningKey, VerifyKey


class SignedFileError(ValueError):
    """A signed file does not hold; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A kind of signed file. member: of the document in the file. context: of the signature. most: bytes."""

    member: str
    context: bytes
    most: int

    def signed(self, document: Mapping[str, object], key: SigningKey) -> str:
        """Return the file of this document."""
        return self._file(document, key.sign(self.context + canonical(document)), key.public)

    def verified(self, text: bytes, key: VerifyKey) -> dict[str, object]:
        """Return the document of a file that this key has signed.

        Raises:
            SignedFileError: it is no such file, was changed, or was signed by another key.
        """
        if len(text) > self.most:
            raise SignedFileError(f"a {self.member} has at most {self.most} bytes, the file has {len(text)}")
        try:
            file = json.loads(text, object_pairs_hook=_once)
            document, seal = file[self.member], file["signature"]
            signature = b64decode(seal["value"], validate=True)
            other = seal["public_key"] != key.hex
            covered = self.context + canonical(document)
        except (ValueError, KeyError, TypeError, RecursionError, Error) as error:
            what = f"this is no signed {self.member} ({type(error).__name__}: {error})"
            raise SignedFileError(what) from error
        if not key.verify(covered, signature) or self._file(document, signature, key).encode() != text:
            why = "another key has signed it" if other else "it was changed since"
            raise SignedFileError(f"the signature does not hold: {why}")
        return dict(document)

    def _file(self, document: Mapping[str, object], signature: bytes, key: VerifyKey) -> str:
        seal = {"algorithm": "Ed25519", "public_key": key.hex, "value": b64encode(signature).decode()}
        return json.dumps({self.member: document, "signature": seal}, indent=1, ensure_ascii=False) + "\n"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members
