"""Enrolment codes: how a principal gets its credential, once, within a quarter of an hour.

A code is shown as `{id}.{secret}`, the secret of 80 random bits, and kept as a digest. It is spent in the
transaction that makes the credential. Ten wrong secrets end it.
"""

import hmac
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dreamd.core.access.principals import digest_of

LIVES_S: Final = 900.0
"""Life of a code, seconds."""
TRIES_MAX: Final = 10
"""Wrong secrets after which a code's id is dead."""
_PARTS: Final = 2


class Fate(Enum):
    """The state in which a code is when it is shown."""

    GOOD = "good"
    WRONG = "wrong secret"
    SPENT = "spent"
    LATE = "too late"
    DEAD = "too many wrong secrets"


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it is kept. made: the id of the credential that it was spent for; empty: not spent.

    expires_s: session seconds. tries: wrong secrets so far.
    """

    id: str
    principal: str
    digest: bytes
    expires_s: float
    tries: int = 0
    made: str = ""

    def usable(self, now_s: float) -> bool:
        """Whether its secret would still make a credential."""
        return not self.made and self.tries < TRIES_MAX and now_s < self.expires_s

    def fate(self, secret: str, now_s: float) -> Fate:
        """Judge a secret that is shown for this code; compared in constant time."""
        if self.tries >= TRIES_MAX:
            return Fate.DEAD
        if not hmac.compare_digest(self.digest, digest_of(secret)):
            return Fate.WRONG
        if self.made:
            return Fate.SPENT
        return Fate.GOOD if now_s < self.expires_s else Fate.LATE


def code_text(id: str, secret: str) -> str:  # noqa: A002 - the field's own name
    """The text of a code, shown once."""
    return f"{id}.{secret}"


def parse_code(text: str) -> tuple[str, str] | None:
    """The id and the secret of a code's text; None where it is no such text."""
    parts = text.strip().split(".")
    return (parts[0], parts[1]) if len(parts) == _PARTS and all(parts) else None
