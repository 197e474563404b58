"""The callers of the simulated fleet: people of a site with their credentials, and callers without a name.

The ledger has them before the first daemon starts, as `dreamd init` and `dreamd enrol` leave them. FREEING
are those that a way out must never refuse: with a credential that is alive, one that ended within a day, one
that is paused, and one of a role that binds no sleeper.
"""

from collections.abc import Iterable
from typing import Final

from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.principals import (
    DAY_S,
    PERSON_S,
    Credential,
    Grant,
    Kind,
    Principal,
    digest_of,
    token_of,
)


def named(name: str) -> Caller:
    """An operator of this name."""
    return Caller(name, Role.OPERATOR, Channel.GRPC)


OPERATOR: Final = named("")
"""An operator without a name."""
ADMIN: Final = Caller("rosa", Role.ADMIN, Channel.GRPC)
SECRET: Final = "s" * 52
"""The secret of every person here; a bed's is drawn."""
OLGA, LENA, PAUL, ROSA, ADA, CLEO, NINA = "olga", "lena", "paul", "rosa", "ada", "cleo", "nina"
FREEING: Final = (OLGA, LENA, PAUL, ROSA, ADA)
"""An operator, one with a credential that ended hours ago, one that is paused, an admin, an advocate."""
ENDED_S: Final = 5 * 3600.0
"""How long ago LENA's credential has ended."""
_SITES: Final = frozenset("*")
_GRANTS: Final = {
    OLGA: Grant(Role.OPERATOR, sites=_SITES),
    LENA: Grant(Role.OPERATOR, sites=_SITES),
    PAUL: Grant(Role.CLINICIAN, sites=frozenset({"elsewhere"})),
    ROSA: Grant(Role.ADMIN),
    ADA: Grant(Role.ADVOCATE),
    CLEO: Grant(Role.CLINICIAN, sites=_SITES),
    NINA: Grant(Role.OPERATOR, sites=_SITES),
}


def token_of_person(name: str) -> str:
    """The credential of a person, as it is shown."""
    return token_of(f"of-{name}", SECRET)


ROLE_OF: Final = {name: grant.role for name, grant in _GRANTS.items()}


def people(now_s: float) -> tuple[dict[str, Principal], dict[str, Credential]]:
    """The people of the site, and the credential of each by its id. now_s: when the night begins."""
    principals = {
        name: Principal(name, Kind.PERSON, (grant,), "it is looked at" if name == PAUL else "")
        for name, grant in _GRANTS.items()
    }
    return principals, {one.id: one for one in _credentials(_GRANTS, now_s)}


def _credentials(names: Iterable[str], now_s: float) -> Iterable[Credential]:
    for name in names:
        ends_s = now_s - ENDED_S if name == LENA else now_s + DAY_S
        yield Credential(f"of-{name}", name, digest_of(SECRET), ends_s - PERSON_S, ends_s)
