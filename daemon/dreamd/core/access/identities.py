"""Identities: people as an OpenID Connect provider knows them, and the principals that they become. Pure.

A person is the pair of issuer and subject, and nothing else. The name of the principal is made from that pair
and begins with PREFIX, which no enrolled principal may have. So no claim can name an enrolled principal, and
a person who gets the user name of another at the provider becomes another principal.

Roles come from the site's own table: a value that the provider tells, such as a group, gives a role and the
sites in which it holds. A value that the table lacks gives nothing, and there is no role without a row.
"""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamwire.text import fit
from dreamwire.topics import is_name

PREFIX: Final = "oidc."
"""Begins the name of every principal that signs in at a provider."""
SHOWN_MAX: Final = 80
"""Characters of a shown name."""
LIVE_EACH: Final = 8
"""Credentials of one person that are alive at once; one more ends the oldest."""
_SLUG_MAX: Final = 30
_DIGEST_CHARACTERS: Final = 20
"""Of base 32: 100 bits."""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A row of the site's table. value: as the provider tells it, such as a group; grant: what it gives."""

    value: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Identity:
    """A person whose sign-in was verified.

    issuer, subject: the person's key. shown: the name for people. grants: by the site's table; none: no role.
    """

    issuer: str
    subject: str
    shown: str
    grants: tuple[Grant, ...]

    def as_principal(self, name: str) -> Principal:
        """The principal of this person, by the name under which it is kept."""
        return Principal(
            name, Kind.PERSON, self.grants, shown=self.shown, issuer=self.issuer, subject=self.subject
        )


def principal_name(issuer: str, subject: str, shown: str) -> str:
    """The name of a person's principal: readable by its middle, and unique by its end."""
    told = f"{len(issuer)}:{issuer}{subject}".encode("utf-8", "surrogatepass")
    digest = base64.b32encode(hashlib.sha256(told).digest()).decode().lower()[:_DIGEST_CHARACTERS]
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_.-]+", "-", plain)[:_SLUG_MAX].strip("-._")
    name = PREFIX + (f"{slug}.{digest}" if slug else digest)
    assert is_name(name), "a name is made of a name's characters"
    return name


def shown_name(told: object, subject: str) -> str:
    """The name for people, from a claim of any kind; the subject where the claim is no text."""
    return fit(told if isinstance(told, str) and told.strip() else subject, SHOWN_MAX)


def grants_of(table: Iterable[RoleRow], values: Iterable[str]) -> tuple[Grant, ...]:
    """The grants that these values give, one for each role: where a role holds is all that its rows name.

    A role of one sleeper is not united with another's: each is a grant of its own.
    """
    told = frozenset(values)
    found: dict[tuple[Role, str], Grant] = {}
    for row in table:
        if row.value not in told:
            continue
        grant = row.grant
        key = grant.role, grant.sleeper
        before = found.get(key, Grant(grant.role, sleeper=grant.sleeper))
        found[key] = Grant(
            grant.role,
            before.sites | grant.sites,
            before.dreamscapes | grant.dreamscapes,
            grant.sleeper,
            before.methods | grant.methods,
        )
    return tuple(found.values())
