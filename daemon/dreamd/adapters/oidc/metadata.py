"""The provider's published description: where to begin, where a code is exchanged, where its keys are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dreamd.adapters.oidc.fetching import LOOPBACK, Endpoint, ProviderError, endpoint_of

WELL_KNOWN: Final = "/.well-known/openid-configuration"
CHALLENGE: Final = "S256"


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's own description. basic: whether a client's secret travels in the Authorization header."""

    authorization: str
    token: Endpoint
    keys: Endpoint
    basic: bool


def discovery_of(issuer: str) -> Endpoint:
    """Where the description of this issuer is.

    Raises:
        ProviderError: the issuer is no https address, nor http on this machine's loopback.
    """
    return endpoint_of(issuer.rstrip("/") + WELL_KNOWN, "the issuer", plain=True)


def metadata_of(told: Mapping[str, Any], issuer: str) -> Metadata:
    """Read a provider's description.

    Raises:
        ProviderError: it is another issuer's, lacks an address, or knows no PKCE with S256.
    """
    if told.get("issuer") != issuer:
        raise ProviderError("the provider describes another issuer than oidc.issuer; write the two alike")
    challenges = told.get("code_challenge_methods_supported")
    if isinstance(challenges, list) and CHALLENGE not in challenges:
        raise ProviderError("the provider knows no PKCE with S256, and no other way is taken")
    # http is for a provider on this machine; one elsewhere cannot name an address here.
    plain = endpoint_of(issuer, "the issuer", plain=True).host in LOOPBACK and issuer.startswith("http://")
    methods = told.get("token_endpoint_auth_methods_supported")
    return Metadata(
        endpoint_of(told.get("authorization_endpoint"), "the provider's sign-in page", plain=plain).url,
        endpoint_of(told.get("token_endpoint"), "the provider's token endpoint", plain=plain),
        endpoint_of(told.get("jwks_uri"), "the provider's list of keys", plain=plain),
        not isinstance(methods, list) or "client_secret_basic" in methods or not methods,
    )
