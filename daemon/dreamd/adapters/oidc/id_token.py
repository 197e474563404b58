"""The ID token: signature, algorithm, issuer, audience, dates, nonce and access token, each checked once.

Rules
- The algorithm is one that the settings allow. No setting allows a symmetric one, or `none`. The key must be
  of the algorithm's own kind, so a public key is never taken for a shared secret.
- Keys come from the provider's list alone. A key in the token's own head (jwk, jku, x5u) is not read.
- A date is a finite number. A missing fact refuses.
- A refusal repeats nothing of the token.
"""

import base64
import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

LEEWAY_S: Final = 60.0
"""By which the clocks of provider and daemon may differ, seconds."""
AGE_MAX_S: Final = 600.0
"""Age of an ID token that comes in exchange for a code: it is made in that moment."""
TOKEN_CHARACTERS_MAX: Final = 64 << 10
KEYS_MAX: Final = 64
RSA_BITS_MIN: Final = 2048
SUBJECT_MAX: Final = 255
VALUES_MAX: Final = 4096
"""Groups of one person that are read."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """kind, curve: of its key. digest: of at_hash."""

    kind: str
    curve: str
    digest: str


_RSA = {bits: Algorithm("RSA", "", f"sha{bits}") for bits in (256, 384, 512)}
KNOWN: Final[dict[str, Algorithm]] = {
    **{f"{family}{bits}": one for family in ("RS", "PS") for bits, one in _RSA.items()},
    "ES256": Algorithm("EC", "P-256", "sha256"),
    "ES384": Algorithm("EC", "P-384", "sha384"),
    "ES512": Algorithm("EC", "P-521", "sha512"),
    "EdDSA": Algorithm("OKP", "Ed25519", "sha512"),
    "Ed25519": Algorithm("OKP", "Ed25519", "sha512"),
}
"""Algorithms of ID tokens that may be allowed. EdDSA and Ed25519 are two names of one (RFC 9864)."""
_KINDS: Final = [*{one.kind for one in KNOWN.values()}]
assert not any(name == "none" or name.startswith("HS") for name in KNOWN)


class TokenError(Exception):
    """The ID token does not hold; the message says why and repeats nothing of it."""


class UnknownKeyError(TokenError):
    """No published key has the token's key id: the provider may have changed its keys."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key of the provider. kid, algorithm: as it tells them; empty where it does not."""

    kid: str
    algorithm: str
    kind: str
    curve: str
    key: Key


@dataclass(frozen=True, slots=True)
class Expected:
    """The facts that a token must state. algorithms: those that are allowed. now_s: Unix seconds."""

    issuer: str
    client_id: str
    audience: str
    algorithms: frozenset[str]
    nonce: str
    access_token: str
    now_s: float


class _Registry(jws.JWSRegistry):
    """Gives one algorithm; joserfc's own warns of EdDSA's older name on each use."""

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - as the base class has it
        """Return the algorithm, where it is the one of the token's head."""
        assert self.allowed is not None
        if name not in self.allowed:
            raise TokenError("the ID token is signed by an algorithm that is not allowed (oidc.algorithms)")
        return self.algorithms[name]


def keys_of(told: Mapping[str, Any]) -> tuple[PublishedKey, ...]:
    """The keys of a provider's list that can verify; those of another kind are left out."""
    listed = told.get("keys")
    found = (_key(one) for one in (listed if isinstance(listed, list) else [])[:KEYS_MAX])
    return tuple(one for one in found if one is not None)


def _key(told: object) -> PublishedKey | None:
    if not isinstance(told, dict) or told.get("kty") not in _KINDS or told.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(told)
        bits = key.raw_value.key_size if told["kty"] == "RSA" else RSA_BITS_MIN  # type: ignore[union-attr]
    except Exception:  # noqa: BLE001 - a key that cannot be read, whatever it is, verifies nothing
        return None
    if not bits >= RSA_BITS_MIN:
        return None
    kid, algorithm, curve = (str(told.get(name, "")) for name in ("kid", "alg", "crv"))
    return PublishedKey(kid, algorithm, str(told["kty"]), curve, key)


def verified_claims(token: str, keys: Iterable[PublishedKey], expected: Expected) -> dict[str, Any]:
    """The claims of an ID token that holds.

    Raises:
        UnknownKeyError: no key has its key id.
        TokenError: it does not hold.
    """
    if not len(token) <= TOKEN_CHARACTERS_MAX:
        raise TokenError("the ID token is too long")
    name, kid = _head(token)
    if name not in expected.algorithms or name not in KNOWN:
        raise TokenError("the ID token is signed by an algorithm that is not allowed (oidc.algorithms)")
    key = _fitting(keys, name, kid)
    try:
        registry = _Registry(algorithms=[name], strict_check_header=False)
        claims = jwt.decode(token, key.key, registry=registry).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenError("the ID token's signature does not hold") from None
    _check(claims, expected, KNOWN[name])
    return claims


def _head(token: str) -> tuple[str, str]:
    """The algorithm and the key id that the token's head names."""
    try:
        head = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenError("the provider sent no ID token in the compact form") from None
    name, kid = head.get("alg"), head.get("kid", "")
    return (name if isinstance(name, str) else ""), (kid if isinstance(kid, str) else "")


def _fitting(keys: Iterable[PublishedKey], name: str, kid: str) -> PublishedKey:
    """The one key by which the token may be verified."""
    algorithm = KNOWN[name]
    of_kid = [one for one in keys if not kid or one.kid == kid]
    if not of_kid:
        raise UnknownKeyError("the ID token is signed by a key that the provider does not publish")
    fit = [
        one
        for one in of_kid
        if one.kind == algorithm.kind
        and (not algorithm.curve or one.curve == algorithm.curve)
        and (not one.algorithm or KNOWN.get(one.algorithm) == algorithm)
    ]
    if len(fit) != 1:
        raise TokenError("the ID token names no one key of its algorithm's kind")
    return fit[0]


def _check(claims: Mapping[str, Any], expected: Expected, algorithm: Algorithm) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenError("the ID token is of another issuer")
    _check_audience(claims, expected)
    _check_dates(claims, expected.now_s)
    if not _same(claims.get("nonce"), expected.nonce):
        raise TokenError("the ID token answers another sign-in (its nonce differs)")
    if "at_hash" in claims:
        digest = hashlib.new(algorithm.digest, expected.access_token.encode()).digest()
        half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
        if not expected.access_token or not _same(claims["at_hash"], half):
            raise TokenError("the ID token is of another access token (its at_hash differs)")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_MAX or not subject.isprintable():
        raise TokenError("the ID token names no subject")


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    told = claims.get("aud")
    audiences = told if isinstance(told, list) else [told]
    if expected.audience not in audiences:
        raise TokenError("the ID token is for another client (its audience differs)")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise TokenError("the ID token was issued to another client (azp)")


def _check_dates(claims: Mapping[str, Any], now_s: float) -> None:
    until_s, issued_s = _seconds(claims, "exp"), _seconds(claims, "iat")
    if not now_s < until_s + LEEWAY_S:
        raise TokenError("the ID token has expired; if the clocks differ, set this machine's clock")
    if not issued_s <= now_s + LEEWAY_S:
        raise TokenError("the ID token was issued in the future; set this machine's clock")
    if not now_s - issued_s <= AGE_MAX_S + LEEWAY_S:
        raise TokenError("the ID token was issued long ago; if the clocks differ, set this machine's clock")
    if "nbf" in claims and not _seconds(claims, "nbf") <= now_s + LEEWAY_S:
        raise TokenError("the ID token is not valid yet; set this machine's clock")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    told = claims.get(name)
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise TokenError(f"the ID token has no date {name}")
    return float(told)


def _same(told: object, expected: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode(), expected.encode())


def values_of(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The texts of a claim: of its whole name, else of the way that its dots name (`realm_access.roles`).

    An e-mail address is no text of a person's own until the provider has verified it.
    """
    if path == "email" and claims.get("email_verified") is not True:
        return frozenset()
    told: object = claims.get(path)
    if told is None:
        told = claims
        for step in path.split("."):
            told = told.get(step) if isinstance(told, dict) else None
    listed = told if isinstance(told, list) else [told]
    return frozenset(one for one in listed[:VALUES_MAX] if isinstance(one, str))
