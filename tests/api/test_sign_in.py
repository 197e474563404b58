"""Signing in through the site's provider, over a real server."""

from collections.abc import AsyncIterator

import grpc.aio
import pytest

import dreamapi
from dreamapi.sign_in import Begun, OtherBrowserError, SignInError, begin_sign_in, challenge_of, code_in
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.adapters.grpc.server import Guard, Running, serve_grpc
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.site_facts import SiteFacts
from fakes.api_requests import UNARY, stub_with
from fakes.coordination import FakeCoordination
from fakes.identity_provider import ISSUER, FakeProvider
from fakes.whereabouts import OneSite
from oidc_provider import query_of

REDIRECT = "http://127.0.0.1:4242/callback"


@pytest.fixture
def provider() -> FakeProvider:
    """A provider that knows Anna."""
    return FakeProvider()


@pytest.fixture
async def server(application: FakeCoordination, provider: FakeProvider) -> AsyncIterator[Running]:
    """A site whose settings name a provider, in the clear."""
    principals = application.principals
    admission = Admission(check_rules(TABLE), principals.table, OneSite("n"), principals.clock.now_s)
    guard = Guard(admission, SiteFacts(authority="PEM"), provider=provider)
    running = await serve_grpc(application, "127.0.0.1", 0, guard=guard)
    yield running
    await running.stop(0.0)


async def begun(api: dreamapi.Api) -> Begun:
    """A sign-in that a program has begun."""
    return begin_sign_in(await api.access.provider(), REDIRECT)


async def test_a_person_signs_in_and_calls_with_the_own_credential(
    api: dreamapi.Api, application: FakeCoordination, provider: FakeProvider, server: Running
) -> None:
    """The code, verifier and nonce reach the provider; the answer has a person, and its audit record too."""
    sign_in = await begun(api)
    asked = query_of(sign_in.url)
    assert asked["code_challenge"] == challenge_of(sign_in.verifier)
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    issued = await api.access.sign_in("c" * 2000, **sign_in.proof)
    proof = provider.proofs[0]
    assert (proof.verifier, proof.nonce, proof.redirect_uri) == (sign_in.verifier, sign_in.nonce, REDIRECT)
    assert (issued.principal.display_name, issued.principal.issuer) == ("Anna", ISSUER)
    record = application.principals.ledger.storage.audit[-1]
    assert issued.principal.name.removeprefix("principals/") in record
    assert "RedeemSignIn" in record
    assert not any(told in record for told in (issued.credential, "ccc", sign_in.verifier, sign_in.nonce))


UNFIT = {
    "code": {"code": ""},
    "code with a space": {"code": "a b"},
    "code_verifier": {"code_verifier": "v" * 42},
    "verifier of another kind": {"code_verifier": "v" * 42 + "="},
    "nonce": {"nonce": "short"},
    "redirect_uri": {"redirect_uri": "http://ward.test/callback"},
    "another redirect_uri": {"redirect_uri": "javascript:alert(1)"},
}


@pytest.mark.parametrize("told", UNFIT.values(), ids=UNFIT)
async def test_an_unfit_field_reaches_no_provider(
    told: dict[str, str], api: dreamapi.Api, provider: FakeProvider
) -> None:
    """Each field of another form is refused by its name, and its value is not repeated."""
    fields = {"code": "c", "code_verifier": "v" * 43, "nonce": "n" * 43, "redirect_uri": REDIRECT, **told}
    code = fields.pop("code")
    with pytest.raises(dreamapi.InvalidArgument) as caught:
        await api.access.sign_in(code, **fields)
    assert caught.value.metadata["field"] == next(iter(told))
    assert all(value not in str(caught.value) for value in told.values() if value)
    assert provider.proofs == []


async def test_what_was_wrong_at_the_provider_is_told_and_credentials_work_on(
    api: dreamapi.Api, provider: FakeProvider, server: Running
) -> None:
    """Gone, refused or without a role: each is its own error; a credential of before severs and reads."""
    sign_in = await begun(api)
    issued = await api.access.sign_in("c", **sign_in.proof)
    for code, error in (
        (Code.PROVIDER_UNAVAILABLE, dreamapi.ProviderUnavailable),
        (Code.SIGN_IN_REFUSED, dreamapi.SignInRefused),
    ):
        provider.identity = provider.view = Refusal(code, "the provider did not answer within 8 s")
        with pytest.raises(error, match="did not answer"):
            await api.access.sign_in("c", **sign_in.proof)
        with pytest.raises(error):
            await api.access.provider()
    metadata = (("authorization", f"Bearer {issued.credential}"),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        for method in ("OrderSever", "GetHouse"):
            await stub_with(channel, method)(UNARY[method][0], metadata=metadata)


def test_an_answer_of_another_sign_in_has_no_code() -> None:
    """Another state, none, another issuer, an error and no code are refused without repeating what came."""
    assert code_in({"state": "s", "code": "c", "iss": ISSUER}, "s", ISSUER) == "c"
    for query, state in (
        ({"state": "t", "code": "c"}, "s"),
        ({"code": "c"}, "s"),
        ({"state": "", "code": "c"}, ""),
    ):
        with pytest.raises(OtherBrowserError):
            code_in(query, state, ISSUER)
    with pytest.raises(OtherBrowserError, match="another provider"):
        code_in({"state": "s", "code": "c", "iss": "https://evil.test"}, "s", ISSUER)
    for query, why in (
        ({"error": "access_denied"}, "access_denied"),
        ({"error": "<script>"}, "an error"),
        ({}, "no code"),
    ):
        with pytest.raises(SignInError, match=why) as caught:
            code_in({**query, "state": "s"}, "s", ISSUER)
        assert "script" not in str(caught.value)
    assert "n" * 43 not in repr(Begun("u", "s" * 43, "n" * 43, "v" * 43, REDIRECT))
