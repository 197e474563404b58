"""Signing in to the console through the site's provider: the way there, and which browser may come back."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.provider_door import CALLBACK, COOKIE
from dreamd.console.sign_in import ApiAddress
from dreamd.console.web_app import console_app, new_console
from dreamd.core.access.identities import PREFIX
from dreamd.core.refusals import Code, Refusal
from fakes.asgi_page import HOST, AsgiPage
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.identity_provider import ISSUER, FakeProvider
from fakes.site_api import site_api
from oidc_provider import query_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteAuthority:
    """An authority and a certificate for 127.0.0.1."""
    made = SiteAuthority(tmp_path_factory.mktemp("site"))
    made.make_site(("127.0.0.1", "localhost"), dt.datetime.now(dt.UTC))
    return made


@pytest.fixture
def provider() -> FakeProvider:
    """A provider that knows Anna."""
    return FakeProvider()


@pytest.fixture
async def page(
    application: FakeCoordination, site: SiteAuthority, provider: FakeProvider
) -> AsyncIterator[AsgiPage]:
    """A browser at the console of a site with that provider."""
    async with site_api(application, site, provider) as running:
        api = ApiAddress(f"127.0.0.1:{running.port}", site.authority_text)
        app = console_app(new_console(api, ("console.test",), application.principals.clock.now_s))
        async with app.router.lifespan_context(app):
            yield AsgiPage(app)


@pytest.fixture
def application() -> FakeCoordination:
    """Three pods."""
    return FakeCoordination()


async def begun(page: AsgiPage) -> tuple[dict[str, str], dict[str, str]]:
    """Begin: the query that the provider gets, and the header with the browser's cookie."""
    status, told = await page.ask("POST", "/session/provider", {})
    assert status == 200, told
    cookie, _, flags = page.told["set-cookie"].partition("; ")
    assert flags == "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"
    return query_of(told["url"]), {"cookie": cookie}


async def test_a_person_comes_back_to_a_session(page: AsgiPage, provider: FakeProvider) -> None:
    """The way back makes a session of this browser, by a page of ours; the sign-in's cookie ends with it."""
    assert (await page.ask("GET", "/session/provider"))[1] == {"provider": "id.ward.test", "trouble": ""}
    asked, cookie = await begun(page)
    assert asked["redirect_uri"] == f"https://{HOST}{CALLBACK}"
    status, told = await page.ask(
        "GET", f"{CALLBACK}?code=c&state={asked['state']}&iss={ISSUER}", b"", cookie
    )
    assert status == 200
    assert b"Signed in." in told
    assert b"code" not in told
    assert page.told["set-cookie"].endswith("SameSite=Strict")
    assert provider.proofs[0].nonce == asked["nonce"]
    assert (await page.ask("GET", "/session"))[1]["principal"].startswith(f"{PREFIX}anna.")
    assert (await page.ask("POST", "/console/release", {"name": "bed-1"}))[0] == 200


async def test_no_other_browser_comes_back(page: AsgiPage, provider: FakeProvider) -> None:
    """Without the cookie, with another sign-in's cookie or state, from another provider: no session, no code.

    So an attacker's own code, put into a link, signs no viewer in as the attacker.
    """
    asked, cookie = await begun(page)
    other, others_cookie = await begun(page)
    for query, headers in (
        (f"code=c&state={asked['state']}", {}),
        (f"code=c&state={asked['state']}", others_cookie),
        (f"code=c&state={other['state']}", cookie),
        ("code=c", cookie),
        (f"code=c&state={asked['state']}", {"cookie": f"{COOKIE}=x.y.z"}),
        (f"code=c&state={asked['state']}&iss=https://evil.test", cookie),
    ):
        status, told = await page.ask("GET", f"{CALLBACK}?{query}", b"", headers)
        assert (status, page.cookie) == (403, ""), told
    assert provider.proofs == []


async def test_a_foreign_page_begins_no_sign_in(page: AsgiPage) -> None:
    """The way there needs this page's Origin, header and JSON; its Host is a name of the certificate."""
    for headers in (
        {"origin": "https://evil.test"},
        {"x-dreamd-console": ""},
        {"content-type": "text/plain"},
    ):
        assert (await page.ask("POST", "/session/provider", {}, headers))[0] == 403
        assert "set-cookie" not in page.told
    assert (await page.ask("GET", "/session/provider", b"", {"x-dreamd-console": ""}))[0] == 403
    assert (await page.ask("GET", f"{CALLBACK}?code=c", b"", {"host": "evil.test"}))[0] == 403


async def test_what_was_wrong_is_told_on_the_page(
    page: AsgiPage, provider: FakeProvider, application: FakeCoordination
) -> None:
    """The provider's refusal, the daemon's, and a paused person: a sentence each, escaped, and no session."""
    asked, cookie = await begun(page)
    back = f"{CALLBACK}?state={asked['state']}&"
    _, told = await page.ask("GET", f"{back}error=access_denied&error_description=<b>", b"", cookie)
    assert b"access_denied" in told
    assert b"<b>" not in told
    provider.identity = Refusal(Code.SIGN_IN_REFUSED, "the ID token has <expired>")
    _, told = await page.ask("GET", f"{back}code=c", b"", cookie)
    assert b"has &lt;expired&gt;" in told
    assert page.cookie == ""
    assert "Max-Age=0" in page.told["set-cookie"]


async def test_a_site_without_a_provider_offers_none(page: AsgiPage, provider: FakeProvider) -> None:
    """No provider is no trouble; one that is gone is told, and asked again some seconds later."""
    provider.view = Refusal(Code.NO_PROVIDER, "none")
    assert (await page.ask("GET", "/session/provider"))[1] == {"provider": "", "trouble": ""}
    assert (await page.ask("POST", "/session/provider", {}))[0] == 503


async def test_a_provider_that_is_gone_is_told_and_an_open_session_works_on(
    page: AsgiPage, provider: FakeProvider, application: FakeCoordination
) -> None:
    """The sign-in page says what is wrong; a credential still signs in, and releases a pod."""
    provider.view = Refusal(Code.PROVIDER_UNAVAILABLE, "the provider did not answer within 8 s")
    told = (await page.ask("GET", "/session/provider"))[1]
    assert "did not answer within 8 s" in told["trouble"]
    assert (await page.sign_in(application.principals.known("anna")))[0] == 200
    assert (await page.ask("POST", "/console/release", {"name": "bed-1"}))[0] == 200
    application.access.revoke(named("root"), "anna", "")
    provider.view = FakeProvider().view
    application.principals.clock.now += 6.0
    assert (await page.ask("GET", "/session/provider"))[1]["provider"] == "id.ward.test"
