"""Settings of the site's identity provider: its issuer, this site's client there, and the table of roles.

No role is given without a row of the table. The algorithms that can be allowed are those with a public key;
`none` and the symmetric ones (HS256 ...) are no values of the setting.
"""

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from dreamd.core.access.caller import Role
from dreamd.core.access.identities import RoleRow
from dreamd.core.access.principals import EVERYWHERE, Grant, Kind, unfit_grant
from dreamd.setting_values import A_FILE, Key, UnfitError, file
from dreamwire.topics import is_name

LIBRARY: Final = "joserfc"
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""Those that may be allowed."""
BY_DEFAULT: Final = ("RS256", "ES256", "EdDSA")
ROWS_MAX: Final = 256
ROLES: Final = tuple(role.value for role in Role if role not in (Role.SERVICE, Role.BED, Role.DAEMON))
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_WORD: Final = re.compile(r"[\x21-\x7e]{1,255}")
_SCOPES: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e ]{6,500}")
_FIELDS: Final = frozenset({"value", "role", "sites", "dreamscapes", "sleeper"})
_ISSUER: Final = "https://HOST/PATH, exactly as the provider names itself; http:// on this machine alone"
_TABLE: Final = 'rows with "value", "role" and where it holds, as TOML [[oidc.roles]] or a JSON list'


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The provider's part of the settings. oidc_issuer: empty where the site has none."""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_ca: str = ""
    oidc_audience: str = ""
    oidc_scope: str = "openid profile"
    oidc_algorithms: tuple[str, ...] = BY_DEFAULT
    oidc_name_claim: str = "preferred_username"
    oidc_roles_claim: str = "groups"
    oidc_roles: tuple[RoleRow, ...] = ()


def _issuer(given: object) -> str:
    if given == "":
        return ""
    if not isinstance(given, str) or not _WORD.fullmatch(given):
        raise UnfitError
    parts = urlsplit(given)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    bare = not (parts.username or parts.password or parts.query or parts.fragment or parts.port == 0)
    if not (parts.scheme == "https" or local) or not parts.hostname or not bare:
        raise UnfitError
    return given


def _word(given: object) -> str:
    """One word; empty: none."""
    if not isinstance(given, str) or not (given == "" or _WORD.fullmatch(given)):
        raise UnfitError
    return given


def _claim(given: object) -> str:
    if not _word(given):
        raise UnfitError
    return str(given)


def _scope(given: object) -> str:
    if not isinstance(given, str) or not _SCOPES.fullmatch(given) or "openid" not in given.split():
        raise UnfitError
    return " ".join(given.split())


def _algorithms(given: object) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not parts:
        raise UnfitError
    names = tuple(part.strip() for part in parts if isinstance(part, str))
    if len(names) != len(parts) or not all(name in ALGORITHMS for name in names):
        raise UnfitError
    return names


def _table(given: object) -> tuple[RoleRow, ...]:
    """The rows of the table, from TOML's tables or a text of JSON."""
    if given == "":
        return ()
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise UnfitError from None
    if not isinstance(given, list | tuple):
        raise UnfitError
    if not len(given) <= ROWS_MAX:
        raise UnfitError(f"{len(given)} rows; expected at most {ROWS_MAX}")
    return tuple(_row(one, number) for number, one in enumerate(given, 1))


def _row(told: object, number: int) -> RoleRow:
    if not isinstance(told, Mapping):
        raise UnfitError(f"row {number} is no table; expected {_TABLE}")
    unknown = sorted(str(one) for one in set(told) - _FIELDS)
    if unknown:
        raise UnfitError(f"row {number} has {unknown[0]!r}; expected {', '.join(sorted(_FIELDS))}")
    value, role, sleeper = told.get("value"), told.get("role"), told.get("sleeper", "")
    if not isinstance(value, str) or not value:
        raise UnfitError(f"row {number} has no value; expected the group or role as the provider tells it")
    if role not in ROLES:
        raise UnfitError(f"row {number} has the role {role!r}; expected one of {', '.join(ROLES)}")
    sites, dreamscapes = (_names(told.get(name, ()), name, number) for name in ("sites", "dreamscapes"))
    if not isinstance(sleeper, str) or (sleeper and not is_name(sleeper)):
        raise UnfitError(f"row {number} has a sleeper that is no pseudonym")
    grant = Grant(Role(role), sites, dreamscapes, sleeper)
    expected = unfit_grant(Kind.PERSON, grant)
    if expected:
        raise UnfitError(f"row {number} gives a role that holds nowhere; expected {expected}")
    return RoleRow(value, grant)


def _names(given: object, what: str, number: int) -> frozenset[str]:
    fit = isinstance(given, list | tuple) and all(
        isinstance(one, str) and (one == EVERYWHERE or is_name(one.replace(EVERYWHERE, "0"))) for one in given
    )
    if not fit:
        raise UnfitError(f"row {number} has {what} that are no list of names; expected such as ['ward-a']")
    assert isinstance(given, list | tuple)
    return frozenset(given)


def wrong_provider(settings: OidcSettings, library: str = LIBRARY) -> str:
    """Why these settings name no provider that can be used; empty: they do, or name none."""
    if not settings.oidc_issuer:
        idle = settings.oidc_client_id or settings.oidc_roles
        return "oidc.client_id or oidc.roles is set without oidc.issuer; name the issuer, too" if idle else ""
    if not settings.oidc_client_id:
        return "oidc.issuer is set without oidc.client_id; name this site's client at the provider"
    if not settings.oidc_roles:
        return (
            "oidc.issuer is set without oidc.roles, so no person would have a role; name "
            "[[oidc.roles]] with value, role and sites in the configuration file"
        )
    if importlib.util.find_spec(library) is None:
        return (
            f"oidc.issuer needs {library}, which is not installed; install the extra: "
            "pip install 'dreamd[oidc]'"
        )
    return ""


OIDC_KEYS: Final = (
    Key("oidc.issuer", "", _issuer, _ISSUER, "identity provider at which people sign in (OpenID Connect)"),
    Key("oidc.client_id", "", _word, "one word", "this site's client there"),
    Key(
        "oidc.client_secret_file",
        "",
        file,
        A_FILE,
        "its secret, if it has one: one line, not readable by others",
    ),
    Key("oidc.ca", "", file, A_FILE, "CA certificate to trust for the provider, else the system's"),
    Key("oidc.audience", "", _word, "one word", "audience of its ID tokens, the client id where it is empty"),
    Key("oidc.scope", "openid profile", _scope, "words with openid among them", "scopes that are asked for"),
    Key(
        "oidc.algorithms",
        BY_DEFAULT,
        _algorithms,
        f"some of {', '.join(ALGORITHMS)}",
        "algorithms by which ID tokens may be signed",
    ),
    Key(
        "oidc.name_claim", "preferred_username", _claim, "a claim's name", "claim with a person's shown name"
    ),
    Key(
        "oidc.roles_claim",
        "groups",
        _claim,
        "a claim's name, with dots for one inside another",
        "claim with the values that oidc.roles names",
    ),
    Key(
        "oidc.roles",
        (),
        _table,
        _TABLE,
        "the role that each value gives, and where it holds; no row, no role",
    ),
)
"""Keys of the provider."""
