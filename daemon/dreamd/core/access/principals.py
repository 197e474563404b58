"""Principals and their credentials: a bed, a person or a service, with a name and a secret.

A credential is 256 random bits, shown once as `dreamd_{id}_{secret}` and kept as a SHA-256 digest. It lives
until a date. A principal has grants: each is one role with the sites, Dreamscapes, sleeper or methods in
which it holds.
"""

import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dreamd.core.access.caller import Role

EVERYWHERE: Final = "*"
"""In a grant's sites or Dreamscapes: all of them. At the end of a name: all that begin so."""
PREFIX: Final = "dreamd"
DAY_S: Final = 86_400.0
PERSON_S: Final = 12 * 3600.0
"""Life of a person's credential, in seconds."""
PROGRAM_S: Final = 30 * DAY_S
"""Life of the credential of a service or a bed, in seconds."""
FREES_AFTER_S: Final = DAY_S
"""An expired credential still frees for this long: a shift ends at three in the morning."""
OVERLAP_S: Final = DAY_S
"""A renewed secret leaves the one before it valid for at most this long."""
_PARTS: Final = 3
_SECRET_CHARACTERS: Final = 52
"""Characters of 256 bits in base 32."""


class Kind(Enum):
    """The kind of a principal."""

    BED = "bed"
    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role, and where it holds.

    sites: of an operator, clinician or service. dreamscapes: of an artist. sleeper: of a sleeper. methods:
    those of a service, such as `CreateDreamscape`.
    """

    role: Role
    sites: frozenset[str] = frozenset()
    dreamscapes: frozenset[str] = frozenset()
    sleeper: str = ""
    methods: frozenset[str] = frozenset()

    def has_site(self, site: str) -> bool:
        """Whether the grant holds at this site; a site that is not known is in no grant but EVERYWHERE's."""
        return EVERYWHERE in self.sites or (bool(site) and site in self.sites)

    def has_dreamscape(self, dreamscape: str) -> bool:
        """Whether the grant holds for this Dreamscape, by its name or the beginning of it."""
        return bool(dreamscape) and any(
            dreamscape.startswith(one[:-1]) if one.endswith(EVERYWHERE) else one == dreamscape
            for one in self.dreamscapes
        )


@dataclass(frozen=True, slots=True)
class Principal:
    """A bed, a person or a service.

    name: unique. paused: why it waits for an administrator; empty where it does not. shown: a name for
    people. issuer, subject: of a person that signs in at the site's provider; empty for all others.
    made_by: the principal that made the login of a walk-in; empty for all others.
    """

    name: str
    kind: Kind
    grants: tuple[Grant, ...] = ()
    paused: str = ""
    shown: str = ""
    issuer: str = ""
    subject: str = ""
    made_by: str = ""

    @property
    def signs_in(self) -> bool:
        """Whether its credentials come from the site's provider, and from nothing else."""
        return bool(self.subject)

    @property
    def sleeper(self) -> str:
        """The sleeper that it is; empty where it is none."""
        return next((grant.sleeper for grant in self.grants if grant.role is Role.SLEEPER), "")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is kept: the SHA-256 digest of its secret, and its dates in session seconds.

    revoked_s, ends_s: 0 where it is not revoked, and where no newer one has taken its place.
    """

    id: str
    principal: str
    digest: bytes
    issued_s: float
    expires_s: float
    revoked_s: float = 0.0
    ends_s: float = 0.0

    def holds(self, secret: str) -> bool:
        """Whether this is the secret; compared in constant time."""
        return hmac.compare_digest(self.digest, digest_of(secret))

    def alive(self, now_s: float) -> bool:
        """Whether it may be used for everything."""
        return not self.revoked_s and now_s < self.expires_s and not (self.ends_s and not now_s < self.ends_s)

    @property
    def end_s(self) -> float:
        """The instant from which on it is not alive, in session seconds; 0 where it is revoked."""
        return 0.0 if self.revoked_s else min(self.expires_s, self.ends_s or self.expires_s)

    def frees(self, now_s: float) -> bool:
        """Whether it may be used for the ways out."""
        late = min(self.expires_s, self.ends_s or self.expires_s) + FREES_AFTER_S
        return not self.revoked_s and now_s < late

    @property
    def half_life_s(self) -> float:
        """The instant from which on its holder renews it, in session seconds."""
        return self.issued_s + 0.5 * (self.expires_s - self.issued_s)


def unfit_grant(kind: Kind, grant: Grant) -> str:
    """The grant that was expected for this kind of principal; empty: this one can be given."""
    role, persons = grant.role.value, kind is Kind.PERSON
    if role in ("daemon", "bed") or (role == "service") is persons or kind is Kind.BED:
        return f"a role that a {kind.value} may have"
    scopes = {
        "operator": (grant.sites, "an operator with sites, or * for every site"),
        "clinician": (grant.sites, "a clinician with sites, or * for every site"),
        "artist": (grant.dreamscapes, "an artist with Dreamscapes"),
        "sleeper": (grant.sleeper, "a sleeper with a pseudonym"),
        "service": (grant.methods, "a service with methods"),
    }
    given, expected = scopes.get(role, (True, ""))
    return "" if given else expected


def digest_of(secret: str) -> bytes:
    """The SHA-256 digest under which a secret is kept: it has 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def token_of(id: str, secret: str) -> str:  # noqa: A002 - the field's own name
    """The text of a credential, as it is shown once and kept by its holder."""
    return f"{PREFIX}_{id}_{secret}"


def parse_token(token: str) -> tuple[str, str] | None:
    """The id and the secret of a credential's text; None where it is no such text."""
    parts = token.split("_")
    if len(parts) != _PARTS or parts[0] != PREFIX or len(parts[2]) != _SECRET_CHARACTERS or not parts[1]:
        return None
    return parts[1], parts[2]
