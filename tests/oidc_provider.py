"""A small OpenID Connect provider on loopback, with real keys, and a switch for each way in which one lies.

It keeps to the rules where no switch is set: a code is good once, for its redirect URI and PKCE challenge.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import uvicorn
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSAlgModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "dreamd-site"
ANNA: dict[str, Any] = {"sub": "u-1", "preferred_username": "Anna Å", "groups": ["night-staff", "choir"]}

ROLES = json.dumps([{"value": "night-staff", "role": "operator", "sites": ["*"]}])
SETTINGS: dict[str, object] = {"oidc_client_id": CLIENT, "oidc_roles": ROLES}
"""Settings of a site at this provider, but for its issuer."""

Key = ECKey | RSAKey | OKPKey
Answer = Callable[[Request], Response]


def challenge(verifier: str) -> str:
    """The S256 challenge."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def ec_key(kid: str) -> ECKey:
    """A fresh P-256 key."""
    return ECKey.generate_key("P-256", {"kid": kid})


async def drip() -> AsyncIterator[bytes]:
    """One byte now and then, for longer than any answer may take."""
    for _ in range(3000):
        yield b" "
        await asyncio.sleep(0.02)


async def flood() -> AsyncIterator[bytes]:
    """More bytes than any answer may have."""
    for _ in range(32):
        yield b" " * 65536
        await asyncio.sleep(0)


@dataclass
class Lies:
    """Switches. claims: over the token's own, None takes one away. answers: by path, in place of the right.

    sign: makes the token of its claims. extra: further members of the token endpoint's answer.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    refuse: str = ""


class SmallProvider:
    """The provider. keys: the published ones, the signing one first. person: the next to sign in."""

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        """certificate, key: PEM; absent, it speaks without TLS."""
        self.keys: list[Key] = [ec_key("k1")]
        self.published: list[dict[str, Any]] | None = None
        self.person = dict(ANNA)
        self.lies = Lies()
        self.asked: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.secret = ""
        self.basics: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.issuer = (
            f"{'https' if certificate else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}/realms/ward"
        )
        names = {
            "/.well-known/openid-configuration": self._describe,
            "/authorize": self._authorize,
            "/token": self._token,
            "/keys": self._list_keys,
        }
        routes = [
            Route("/realms/ward" + path, self._lying(path, answer), methods=["GET", "POST"])
            for path, answer in names.items()
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off", ws="none")
        config.ssl_certfile, config.ssl_keyfile = certificate, key
        config.timeout_graceful_shutdown = 0
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def reset(self) -> None:
        """Tell the truth again, with the keys and the person of the beginning."""
        self.lies, self.person, self.published, self.secret = Lies(), dict(ANNA), None, ""
        self.asked.clear()
        self.forms.clear()
        self.basics.clear()

    def stop(self) -> None:
        """End it; a request under way is cut off."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10.0)
        self._socket.close()

    # -- for tests ----------------------------------------------------------------------------------

    def code(self, verifier: str, nonce: str, redirect_uri: str, client: str = CLIENT) -> str:
        """A code as a browser would bring it back."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = {
            "redirect_uri": redirect_uri,
            "challenge": challenge(verifier),
            "nonce": nonce,
            "client_id": client,
        }
        return code

    def token(self, claims: dict[str, Any]) -> str:
        """Sign these claims by the first key."""
        key = self.keys[0]
        name = {"EC": "ES256", "RSA": "RS256", "OKP": "EdDSA"}[key.key_type]
        return jwt.encode({"alg": name, "kid": key.kid}, claims, key, registry=_Signing(algorithms=[name]))

    # -- its pages ----------------------------------------------------------------------------------

    def _lying(self, path: str, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def told(request: Request) -> Response:
            self.asked[path] += 1
            await request.body()  # a server that answers before it has read resets the connection
            lie = self.lies.answers.get(path)
            return lie(request) if lie is not None else await answer(request)

        return told

    async def _describe(self, _request: Request) -> Response:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["S256"],
        }
        return JSONResponse({**told, **self.lies.metadata})

    async def _list_keys(self, _request: Request) -> Response:
        keys = (
            self.published
            if self.published is not None
            else [one.as_dict(private=False) for one in self.keys]
        )
        return JSONResponse({"keys": keys})

    async def _authorize(self, request: Request) -> Response:
        """Sign the person in without a question, as a provider does that knows the browser."""
        asked = dict(request.query_params)
        fit = (
            asked.get("client_id") == CLIENT
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and "openid" in asked.get("scope", "").split()
            and len(asked.get("code_challenge", "")) == 43
        )
        if not fit:
            return Response("not a request that this provider takes", 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = {
            "redirect_uri": asked["redirect_uri"],
            "challenge": asked["code_challenge"],
            "nonce": asked["nonce"],
            "client_id": CLIENT,
        }
        told = {"error": self.lies.refuse} if self.lies.refuse else {"code": code}
        query = urlencode({**told, "state": self.lies.state or asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", 302)

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.forms.append(form)
        self.basics.append(request.headers.get("authorization", ""))
        if self.secret:
            basic = base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode()
            if self.basics[-1] != f"Basic {basic}" and form.get("client_secret") != self.secret:
                return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.pop(form.get("code", ""), None)
        fit = (
            asked is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("client_id") == asked["client_id"]
            and form.get("redirect_uri") == asked["redirect_uri"]
            and challenge(form.get("code_verifier", "")) == asked["challenge"]
        )
        if not fit or asked is None:
            return JSONResponse({"error": "invalid_grant", "error_description": form.get("code")}, 400)
        now, access_token = int(time.time()), secrets.token_urlsafe(16)
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            **self.person,
            "iss": self.issuer,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **self.lies.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.lies.sign(claims) if self.lies.sign is not None else self.token(claims)
        told = {"access_token": access_token, "token_type": "Bearer", "id_token": token}
        return JSONResponse({**told, **self.lies.extra})


class _Signing(jws.JWSRegistry):
    """Signs by any algorithm, also by those that no client should take."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


def signed(head: dict[str, Any], claims: dict[str, Any], key: jwt.KeyFlexible) -> str:
    """A token with this head, by whatever algorithm it names."""
    return jwt.encode(head, claims, key, registry=_Signing(algorithms=[head["alg"]]))


def _part(told: bytes) -> str:
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()


def by_shared_secret(claims: dict[str, Any], secret: bytes, kid: str = "k1") -> str:
    """A token by HS256. With the published key as its secret it is the confusion of algorithms."""
    head = _part(json.dumps({"alg": "HS256", "kid": kid}).encode())
    told = f"{head}.{_part(json.dumps(claims).encode())}"
    return f"{told}.{_part(hmac.digest(secret, told.encode(), 'sha256'))}"


def unsigned(claims: dict[str, Any]) -> str:
    """A token by `none`."""
    return f"{_part(json.dumps({'alg': 'none'}).encode())}.{_part(json.dumps(claims).encode())}."


def query_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
