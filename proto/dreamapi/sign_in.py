"""A sign-in at the provider, as a program begins it: authorization code with PKCE (RFC 7636, RFC 9700).

    begun = begin_sign_in(await api.access.provider(), "http://127.0.0.1:4242/callback")
    # a browser visits begun.url and comes back to the redirect URI with a query
    code = code_in(query, begun.state, provider.issuer)
    issued = await api.access.sign_in(code, **begun.proof)

State, nonce and verifier belong to one browser: keep them where that browser alone can bring them back.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from dreamapi.errors import ApiError
from dreamapi.v1.access_pb2 import Provider

_BYTES: Final = 32
_WORD: Final = re.compile(r"[a-z_]{1,40}")
ANSWERS_WITHIN_S: Final = 15.0
"""Deadline for a call of `sign_in`: the daemon asks the provider meanwhile."""


class SignInError(ApiError):
    """The browser came back without a code for this sign-in; the message says why."""


class OtherBrowserError(SignInError):
    """The answer belongs to another sign-in, or to another browser."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun. url: where the browser goes; the rest stays with that browser."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str

    @property
    def proof(self) -> dict[str, str]:
        """The arguments of `Access.sign_in` beside the code."""
        return {"code_verifier": self.verifier, "nonce": self.nonce, "redirect_uri": self.redirect_uri}


def begin_sign_in(provider: Provider, redirect_uri: str) -> Begun:
    """Begin one. redirect_uri: one that the provider knows of this site's client."""
    state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
    asked = urlencode(
        {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": provider.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
    )
    page = provider.authorization_endpoint
    return Begun(f"{page}{'&' if '?' in page else '?'}{asked}", state, nonce, verifier, redirect_uri)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def code_in(query: Mapping[str, str], state: str, issuer: str = "") -> str:
    """The code with which a browser came back. state: of the sign-in. issuer: of the provider, if known.

    Raises:
        OtherBrowserError: it belongs to another sign-in.
        SignInError: the provider refused, or sent no code; nothing of its own text is repeated.
    """
    told = query.get("state", "")
    if not state or not hmac.compare_digest(told.encode("utf-8", "replace"), state.encode()):
        raise OtherBrowserError("this answer belongs to another sign-in; begin again")
    if issuer and query.get("iss", issuer) != issuer:
        raise OtherBrowserError("this answer comes from another provider; begin again")
    if "error" in query:
        word = query["error"] if _WORD.fullmatch(query["error"]) else "an error"
        raise SignInError(f"the provider did not sign you in ({word}); begin again")
    if not query.get("code"):
        raise SignInError("the provider sent no code; begin again")
    return query["code"]
