"""The provider: its description and keys, kept for a while, and the exchange of a code for a person.

All of it blocks. Several threads use it at once.
"""

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from dreamd.adapters.oidc.fetching import Fetcher, ProviderError
from dreamd.adapters.oidc.id_token import (
    Expected,
    PublishedKey,
    TokenError,
    UnknownKeyError,
    keys_of,
    values_of,
    verified_claims,
)
from dreamd.adapters.oidc.metadata import Metadata, discovery_of, metadata_of
from dreamd.core.access.identities import Identity, RoleRow, grants_of, shown_name
from dreamd.ports.identity_provider import Proof, ProviderView

REQUEST_S: Final = 3.0
"""Of one request to the provider; a sign-in makes three at most, or four where the keys have changed."""
KEPT_S: Final = 3600.0
"""A description or a list of keys is asked anew after this time."""
KEYS_EVERY_S: Final = 30.0
"""A token with an unknown key id has the list of keys asked anew at most this often."""
_WORD: Final = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """The site's settings of its provider. secret: empty for a client without one."""

    issuer: str
    client_id: str
    audience: str
    scope: str
    algorithms: frozenset[str]
    name_claim: str
    roles_claim: str
    roles: tuple[RoleRow, ...]
    tls: ssl.SSLContext
    secret: str = field(default="", repr=False)


class Provider:
    """One provider. now_s: seconds of a steady clock. request_s: of one request."""

    def __init__(
        self,
        config: ProviderConfig,
        now_s: Callable[[], float] = time.monotonic,
        request_s: float = REQUEST_S,
    ) -> None:
        self._config = config
        self._now_s = now_s
        self._fetcher = Fetcher(config.tls, request_s)
        self._discovery = discovery_of(config.issuer)
        self._described: tuple[float, Metadata] | None = None
        self._listed: tuple[float, tuple[PublishedKey, ...]] | None = None
        self._listing = threading.Lock()

    def view(self) -> ProviderView:
        """Where a browser begins; ProviderError where the provider does not tell."""
        config = self._config
        return ProviderView(config.issuer, config.client_id, self._metadata().authorization, config.scope)

    def identify(self, proof: Proof, now_s: float) -> Identity:
        """The person of a code. now_s: Unix seconds.

        Raises:
            ProviderError: the provider is gone, slow, or answers what cannot be used.
            TokenError: it refuses the code, or its ID token does not hold.
        """
        config, metadata = self._config, self._metadata()
        told = self._exchanged(metadata, proof)
        token, access_token = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str):
            raise TokenError("the provider sent no ID token; ask it for the scope openid (oidc.scope)")
        expected = Expected(
            config.issuer,
            config.client_id,
            config.audience,
            config.algorithms,
            proof.nonce,
            access_token if isinstance(access_token, str) else "",
            now_s,
        )
        claims = self._verified(token, metadata, expected)
        values = values_of(claims, config.roles_claim)
        subject = str(claims["sub"])
        shown = shown_name(claims.get(config.name_claim), subject)
        return Identity(config.issuer, subject, shown, grants_of(config.roles, values))

    def _metadata(self) -> Metadata:
        now_s, kept = self._now_s(), self._described
        if kept is not None and now_s - kept[0] <= KEPT_S:
            return kept[1]
        told = self._fetcher.read_json(self._discovery, "the provider's description")
        found = metadata_of(told, self._config.issuer)
        self._described = now_s, found
        return found

    def _exchanged(self, metadata: Metadata, proof: Proof) -> Mapping[str, Any]:
        config = self._config
        form = {
            "grant_type": "authorization_code",
            "code": proof.code,
            "redirect_uri": proof.redirect_uri,
            "client_id": config.client_id,
            "code_verifier": proof.verifier,
        }
        basic = (config.client_id, config.secret) if config.secret and metadata.basic else None
        if config.secret and not metadata.basic:
            form["client_secret"] = config.secret
        status, told = self._fetcher.post_form(metadata.token, "the provider's token endpoint", form, basic)
        if status == HTTPStatus.OK:
            return told
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ProviderError(f"the provider's token endpoint failed with status {status}")
        error = told.get("error")
        word = error if isinstance(error, str) and _WORD.fullmatch(error) else f"status {status}"
        if word in ("invalid_client", "unauthorized_client"):
            raise TokenError(
                f"the provider does not accept this site ({word}); correct oidc.client_id and "
                "oidc.client_secret_file"
            )
        raise TokenError(f"the provider refused the code ({word}): it was used before, is late, or not of us")

    def _verified(self, token: str, metadata: Metadata, expected: Expected) -> dict[str, Any]:
        """The token's claims; where its key is unknown, by the list of keys as it is now."""
        try:
            return verified_claims(token, self._keys(metadata, KEPT_S), expected)
        except UnknownKeyError:
            return verified_claims(token, self._keys(metadata, KEYS_EVERY_S), expected)

    def _keys(self, metadata: Metadata, most_s: float) -> tuple[PublishedKey, ...]:
        """The provider's keys, asked at most `most_s` ago."""
        with self._listing:  # a second token with the new key waits for the list, and does not ask again
            now_s, kept = self._now_s(), self._listed
            if kept is not None and now_s - kept[0] <= most_s:
                return kept[1]
            found = keys_of(self._fetcher.read_json(metadata.keys, "the provider's list of keys"))
            self._listed = now_s, found
            return found
