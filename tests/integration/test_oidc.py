"""Sign-ins at a provider that lies in every way a provider can lie, over real sockets."""

import asyncio
import datetime as dt
import math
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from dreamd.adapters.oidc.fetching import ProviderError, endpoint_of
from dreamd.adapters.oidc.id_token import KNOWN, TokenError, values_of
from dreamd.adapters.oidc.provider import KEPT_S, KEYS_EVERY_S, Provider, ProviderConfig
from dreamd.adapters.oidc.sign_in import AT_ONCE, OidcProvider
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.identities import Identity, RoleRow
from dreamd.core.access.principals import Grant
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.identity_provider import Proof
from oidc_provider import (
    CLIENT,
    SmallProvider,
    by_shared_secret,
    drip,
    ec_key,
    flood,
    signed,
    unsigned,
)

VERIFIER, NONCE, REDIRECT = "v" * 43, "n" * 43, "http://127.0.0.1:4242/callback"
STAFF = RoleRow("night-staff", Grant(Role.OPERATOR, sites=frozenset({"ward-a"})))
SHORT_S, LONG_S = 0.4, 10.0
"""Time of a request: short where a provider drips, and long where the machine may be busy."""
TLS = ssl.create_default_context()


class Steady:
    """A steady clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def now_s(self) -> float:
        """Its seconds."""
        return self.now


@pytest.fixture(scope="module")
def running() -> Iterator[SmallProvider]:
    """One provider for all of these tests."""
    started = SmallProvider()
    yield started
    started.stop()


@pytest.fixture
def provider(running: SmallProvider) -> SmallProvider:
    """The provider, telling the truth."""
    running.reset()
    running.keys[:] = running.keys[:1]
    return running


@pytest.fixture
def clock() -> Steady:
    """The clock of a client's caches."""
    return Steady()


def config_of(provider: SmallProvider, **changed: object) -> ProviderConfig:
    """The settings of a site at this provider."""
    told: dict[str, Any] = {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "audience": CLIENT,
        "scope": "openid",
        "algorithms": frozenset({"RS256", "ES256", "EdDSA"}),
        "name_claim": "preferred_username",
        "roles_claim": "groups",
        "roles": (STAFF,),
        "tls": TLS,
    }
    return ProviderConfig(**{**told, **changed})


@pytest.fixture
def client(provider: SmallProvider, clock: Steady) -> Provider:
    """A site's client."""
    return Provider(config_of(provider), clock.now_s, LONG_S)


def signed_in(client: Provider, provider: SmallProvider, **changed: str) -> Identity:
    """A whole sign-in."""
    code = provider.code(VERIFIER, NONCE, REDIRECT)
    told = {"code": code, "verifier": VERIFIER, "nonce": NONCE, "redirect_uri": REDIRECT}
    return client.identify(Proof(**{**told, **changed}), time.time())


def test_a_person_is_issuer_and_subject_with_the_roles_of_the_table(
    client: Provider, provider: SmallProvider
) -> None:
    """A person is the issuer's subject; a group of the table gives its role, another group nothing."""
    identity = signed_in(client, provider)
    assert identity == Identity(provider.issuer, "u-1", "Anna Å", (STAFF.grant,))
    form = provider.forms[-1]
    assert form["code_verifier"] == VERIFIER
    assert "client_secret" not in form
    provider.person["groups"] = ["choir"]
    assert signed_in(client, provider).grants == ()
    assert provider.asked["/.well-known/openid-configuration"] == provider.asked["/keys"] == 1


NOW = time.time()
CLAIMS = {
    "another issuer": ({"iss": "https://evil.test"}, "another issuer"),
    "the issuer with a slash": ({"iss": "SLASH"}, "another issuer"),
    "no issuer": ({"iss": None}, "another issuer"),
    "another audience": ({"aud": "stranger"}, "another client"),
    "no audience": ({"aud": None}, "another client"),
    "several audiences, no party": ({"aud": [CLIENT, "other"]}, "azp"),
    "issued to another": ({"azp": "stranger"}, "azp"),
    "expired": ({"exp": NOW - 120}, "expired"),
    "an end that is not a number": ({"exp": math.nan}, "no date exp"),
    "an end without end": ({"exp": math.inf}, "no date exp"),
    "an end as text": ({"exp": "9999999999"}, "no date exp"),
    "no end": ({"exp": None}, "no date exp"),
    "issued in the future": ({"iat": NOW + 86_400}, "future"),
    "issued long ago": ({"iat": NOW - 3600}, "long ago"),
    "no issue": ({"iat": None}, "no date iat"),
    "not valid yet": ({"nbf": NOW + 86_400}, "not valid yet"),
    "another nonce": ({"nonce": "m" * 43}, "nonce"),
    "no nonce": ({"nonce": None}, "nonce"),
    "a nonce that is a number": ({"nonce": 7}, "nonce"),
    "another access token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
    "no subject": ({"sub": None}, "subject"),
    "a subject of two lines": ({"sub": "a\nb"}, "subject"),
    "an endless subject": ({"sub": "s" * 300}, "subject"),
}


@pytest.mark.parametrize(("claims", "why"), CLAIMS.values(), ids=CLAIMS)
def test_an_id_token_with_a_wrong_claim_is_refused(
    claims: dict[str, Any], why: str, client: Provider, provider: SmallProvider
) -> None:
    """Each claim that is missing or another one refuses; the sentence repeats nothing of the token."""
    provider.lies.claims = {
        name: f"{provider.issuer}/" if told == "SLASH" else told for name, told in claims.items()
    }
    with pytest.raises(TokenError, match=why) as caught:
        signed_in(client, provider)
    assert not any(str(told) in str(caught.value) for told in ("evil.test", NONCE, "u-1", "stranger"))


def test_a_claim_of_an_allowed_kind_is_taken(client: Provider, provider: SmallProvider) -> None:
    """Several audiences with this client as party, no at_hash, and clocks half a minute apart are right."""
    for claims in (
        {"aud": [CLIENT, "other"], "azp": CLIENT},
        {"at_hash": None},
        {"iat": time.time() + 30, "nbf": time.time() + 30},
        {"exp": time.time() - 30},
    ):
        provider.lies.claims = claims
        assert signed_in(client, provider).subject == "u-1"


def test_no_forged_signature_is_taken(client: Provider, provider: SmallProvider) -> None:
    """`none`, HS256 by the public key, another key under a known id, a key in the head, a changed token."""
    first, other = provider.keys[0], ec_key("k1")

    def tampered(claims: dict[str, Any]) -> str:
        head, _, signature = provider.token(claims).split(".")
        return ".".join((head, provider.token({**claims, "sub": "u-2"}).split(".")[1], signature))

    for sign, why in (
        (unsigned, "not allowed"),
        (lambda claims: by_shared_secret(claims, first.as_pem(private=False)), "not allowed"),
        (lambda claims: signed({"alg": "ES256", "kid": "k1"}, claims, other), "does not hold"),
        (
            lambda claims: signed(
                {"alg": "ES256", "kid": "k1", "jwk": other.as_dict(private=False)}, claims, other
            ),
            "does not hold",
        ),
        (lambda claims: signed({"alg": "ES256", "kid": "k9"}, claims, other), "does not publish"),
        (lambda claims: by_shared_secret(claims, b"s" * 32, "s1"), "not allowed"),
        (tampered, "does not hold"),
        (lambda claims: "x.y", "compact"),
        (lambda claims: "x" * 70_000, "too long"),
    ):
        provider.lies.sign = sign
        with pytest.raises(TokenError, match=why):
            signed_in(client, provider)
    provider.lies.sign = None
    assert signed_in(client, provider).subject == "u-1"


def test_a_symmetric_key_of_the_provider_verifies_nothing(clock: Steady, provider: SmallProvider) -> None:
    """A list of keys with a shared secret, an encryption key, a short key and nonsense has none of use."""
    key = OctKey.import_key("s" * 32, {"kid": "k1"})
    provider.published = [
        {**key.as_dict(private=True), "kid": "k1"},
        {**provider.keys[0].as_dict(private=False), "use": "enc"},
        {"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "kid": "k1", "crv": "P-256", "x": "AA", "y": "AA"},
    ]
    told = JSONResponse({"keys": [*provider.published, 7, {"kty": ["EC"]}]})
    provider.lies.answers["/keys"] = lambda _request: told
    client = Provider(config_of(provider), clock.now_s, LONG_S)
    with pytest.raises(TokenError, match="does not publish"):
        signed_in(client, provider)


def test_every_allowed_algorithm_verifies_and_one_that_is_not_allowed_does_not(
    clock: Steady, provider: SmallProvider
) -> None:
    """RS256, EdDSA and ES256 by keys of the provider; with ES256 alone allowed the two others are refused."""
    rsa, okp = RSAKey.generate_key(2048, {"kid": "r"}), OKPKey.generate_key("Ed25519", {"kid": "e"})
    only = Provider(config_of(provider, algorithms=frozenset({"ES256"})), clock.now_s, LONG_S)
    first = provider.keys[0]
    for key, digest in ((rsa, None), (okp, None), (first, None)):
        provider.keys[:] = [key, *(one for one in (first, rsa, okp) if one is not key)]
        client = Provider(config_of(provider), clock.now_s, LONG_S)
        provider.lies.claims = {"at_hash": digest}
        assert signed_in(client, provider).subject == "u-1"
        if key is first:
            assert signed_in(only, provider).subject == "u-1"
        else:
            with pytest.raises(TokenError, match="not allowed"):
                signed_in(only, provider)
    assert isinstance(first, ECKey)
    assert not [name for name in KNOWN if name.startswith("HS") or name == "none"]


def test_rotated_keys_are_asked_for_once_in_half_a_minute(
    client: Provider, clock: Steady, provider: SmallProvider
) -> None:
    """A new key id has the list asked anew; a second unknown one within the time does not."""
    assert signed_in(client, provider).subject == "u-1"
    old = provider.keys[0]
    provider.keys.insert(0, ec_key("k2"))
    clock.now = KEYS_EVERY_S + 1.0
    assert signed_in(client, provider).subject == "u-1"
    assert provider.asked["/keys"] == 2
    provider.lies.sign = lambda claims: signed({"alg": "ES256", "kid": "k9"}, claims, old)
    for _ in range(3):
        with pytest.raises(TokenError, match="does not publish"):
            signed_in(client, provider)
    assert provider.asked["/keys"] == 2
    provider.lies.sign = None
    provider.keys[:] = [old]
    clock.now += KEPT_S + 1.0
    assert signed_in(client, provider).subject == "u-1"
    assert provider.asked["/keys"] == 3


def test_a_code_is_good_once_for_its_verifier_and_its_address(
    client: Provider, provider: SmallProvider
) -> None:
    """A code a second time, with another verifier or another redirect URI: refused, and not repeated."""
    code = provider.code(VERIFIER, NONCE, REDIRECT)
    assert signed_in(client, provider, code=code).subject == "u-1"
    for changed in ({"code": code}, {"verifier": "w" * 43}, {"redirect_uri": REDIRECT + "x"}):
        with pytest.raises(TokenError, match=r"refused the code \(invalid_grant\)") as caught:
            signed_in(client, provider, **changed)
        assert code not in str(caught.value)


def test_a_clients_secret_is_shown_to_the_token_endpoint_alone(
    clock: Steady, provider: SmallProvider
) -> None:
    """In the head or in the form, as the provider asks; a wrong one is told without the secret."""
    provider.secret = "s3cret:&"
    for methods, in_form in ((["client_secret_post"], True), (["client_secret_basic"], False)):
        provider.lies.metadata = {"token_endpoint_auth_methods_supported": methods}
        client = Provider(config_of(provider, secret="s3cret:&"), clock.now_s, LONG_S)
        if in_form:
            assert signed_in(client, provider).subject == "u-1"
        else:
            provider.secret = "s3cret%3A%26"  # as RFC 6749 writes it in the head
            assert signed_in(client, provider).subject == "u-1"
        assert ("client_secret" in provider.forms[-1]) is in_form
    wrong = config_of(provider, secret="another")
    with pytest.raises(TokenError, match=r"invalid_client.*oidc\.client_secret_file") as caught:
        signed_in(Provider(wrong, clock.now_s, LONG_S), provider)
    assert "another" not in f"{caught.value}{wrong!r}"


def _elsewhere(_request: Request) -> Response:
    return RedirectResponse("http://127.0.0.1:1/", 302)


BAD = {
    "a flood": (lambda _request: StreamingResponse(flood()), "more than"),
    "a drip": (lambda _request: StreamingResponse(drip()), "did not answer within"),
    "a redirect": (_elsewhere, "status 302"),
    "no JSON": (lambda _request: PlainTextResponse("hello"), "no JSON"),
    "a list": (lambda _request: JSONResponse([]), "no JSON"),
    "deep JSON": (lambda _request: PlainTextResponse("[" * 100_000), "no JSON"),
    "a failure": (lambda _request: JSONResponse({}, 503), "status 503"),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_answer_ends_in_time_and_says_which_it_was(
    bad: str, path: str, clock: Steady, provider: SmallProvider
) -> None:
    """A flood, a drip, a redirect, no JSON and a failure, of each of the three: an error within the limit."""
    answer, why = BAD[bad]
    client = Provider(config_of(provider), clock.now_s, SHORT_S if bad == "a drip" else LONG_S)
    provider.lies.answers[path] = answer
    began = time.monotonic()
    with pytest.raises((ProviderError, TokenError), match=why):
        signed_in(client, provider)
    assert time.monotonic() - began < 20.0  # a drip lasts a minute
    provider.lies.answers.clear()
    assert signed_in(Provider(config_of(provider), clock.now_s, LONG_S), provider).subject == "u-1"


METADATA = {
    "another issuer": ({"issuer": "https://evil.test"}, "another issuer"),
    "no PKCE": ({"code_challenge_methods_supported": ["plain"]}, "S256"),
    "an address in the clear": ({"token_endpoint": "http://evil.test/token"}, "token endpoint is not at"),
    "no list of keys": ({"jwks_uri": None}, "list of keys is not at"),
    "a file": ({"jwks_uri": "file:///etc/passwd"}, "list of keys is not at"),
    "a name and password": ({"token_endpoint": "https://a:b@evil.test/"}, "token endpoint is not at"),
}


@pytest.mark.parametrize(("told", "why"), METADATA.values(), ids=METADATA)
def test_a_description_that_lies_is_refused(
    told: dict[str, Any], why: str, client: Provider, provider: SmallProvider
) -> None:
    """Another issuer, no S256, and addresses that are not https (or loopback's): nothing is sent there."""
    provider.lies.metadata = told
    with pytest.raises(ProviderError, match=why):
        signed_in(client, provider)
    assert provider.forms == []


def test_a_provider_elsewhere_cannot_name_an_address_of_this_machine() -> None:
    """Http is for an issuer on loopback; an https issuer has https addresses alone."""
    assert endpoint_of("http://127.0.0.1:8/x", "x", plain=True).port == 8
    for url in ("http://127.0.0.1:8/x", "http://ward.test/", "https://", "ftp://x/", "https://x/#y", None, 7):
        with pytest.raises(ProviderError):
            endpoint_of(url, "x")
    with pytest.raises(ProviderError):
        endpoint_of("http://ward.test/", "x", plain=True)


def test_a_server_without_a_trusted_certificate_is_sent_nothing(
    provider: SmallProvider, tmp_path: Path
) -> None:
    """An end without TLS, or with another authority's certificate, is asked nothing; a trusted one is."""
    plain = config_of(provider, issuer=provider.issuer.replace("http://", "https://"))
    with pytest.raises(ProviderError, match="description cannot be asked"):
        Provider(plain, request_s=LONG_S).view()
    site = SiteAuthority(tmp_path)
    site.make_site(("127.0.0.1",), dt.datetime.now(dt.UTC))
    secured = SmallProvider(site.server_certificate, site.server_key)
    try:
        with pytest.raises(ProviderError, match=r"not trusted.*oidc\.ca"):
            Provider(config_of(secured), request_s=LONG_S).view()
        assert secured.asked.total() == 0
        tls = ssl.create_default_context(cafile=str(site.certificate))
        client = Provider(config_of(secured, tls=tls), request_s=LONG_S)
        assert signed_in(client, secured).subject == "u-1"
    finally:
        secured.stop()


def test_a_claim_inside_another_is_found_by_dots() -> None:
    """Keycloak's realm_access.roles, a claim whose own name has dots, one text, and nothing."""
    assert values_of({"realm_access": {"roles": ["a", 7]}}, "realm_access.roles") == {"a"}
    assert values_of({"https://x.y/g": ["b"]}, "https://x.y/g") == {"b"}
    assert values_of({"group": "c"}, "group") == {"c"}
    assert values_of({"realm_access": []}, "realm_access.roles") == frozenset()


def test_an_address_counts_once_the_provider_has_verified_it() -> None:
    """An e-mail address that a person has merely written gives no role; nor does one of unknown state."""
    address = {"email": "anna@ward.example"}
    assert values_of({**address, "email_verified": True}, "email") == {"anna@ward.example"}
    for told in ({}, {"email_verified": False}, {"email_verified": "true"}):
        assert values_of({**address, **told}, "email") == frozenset()


async def test_a_provider_that_hangs_holds_up_nothing_and_takes_four_places(provider: SmallProvider) -> None:
    """Four sign-ins that hang are answered at their limit; a fifth is refused at once; the loop runs on."""
    provider.lies.answers["/.well-known/openid-configuration"] = lambda _: StreamingResponse(drip())
    client = OidcProvider(Provider(config_of(provider), request_s=2.0), within_s=1.0)
    hanging = [asyncio.ensure_future(client.find_provider()) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)
    fifth = await client.find_provider()
    assert isinstance(fifth, Refusal)
    assert fifth.code is Code.RATE_EXCEEDED
    assert not any(one.done() for one in hanging)
    answers = await asyncio.gather(*hanging)
    assert {one.code for one in answers if isinstance(one, Refusal)} == {Code.PROVIDER_UNAVAILABLE}
    provider.reset()
    async with asyncio.timeout(10.0):
        while isinstance(await client.find_provider(), Refusal):  # noqa: ASYNC110 -- their threads end by themselves
            await asyncio.sleep(0.02)


def test_many_sign_ins_at_once_ask_for_the_keys_once(client: Provider, provider: SmallProvider) -> None:
    """Four threads sign in together by one client: each has its person, and the list is asked once."""
    with ThreadPoolExecutor(4) as pool:
        people = list(pool.map(lambda _: signed_in(client, provider).subject, range(4)))
    assert people == ["u-1"] * 4
    assert provider.asked["/keys"] == 1
