"""The console of a site over the API with access control, over TLS: signing in, the page, its acts."""

import json
from pathlib import Path
from typing import Any

import pytest

from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.acts.offers import BUTTONS
from dreamd.console.session_store import SessionStore
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import DAY_S, Grant
from fakes.asgi_page import AsgiPage
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.site_console import console

OPERATOR = Grant(Role.OPERATOR, sites=frozenset("*"))
WIDE = frozenset({"sever-site", "wake-site", "sever-house", "wake-house"})
IDLE_S = 31 * 60.0


async def look(page: AsgiPage, wish: str = "") -> dict[str, Any]:
    """The first answer that has a house, and a scene where one is wished for."""
    for _ in range(20):
        status, told = await page.ask("GET", f"/console/look?{wish}")
        if status == 200 and told["house"] and (told["scene"] or not wish):
            return dict(told)
    raise AssertionError((status, told))


async def test_a_viewer_signs_in_looks_severs_and_signs_out(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """A credential becomes a cookie for this host alone; orders are the principal's; signed out is out."""
    token = application.principals.known("anna")
    async with console(application, site, server) as page:
        assert b"Sign in" in (await page.ask("GET", "/"))[1]
        status, told = await page.sign_in(json.dumps({"credential": token, "server": "elsewhere:1"}))
        assert (status, told) == (200, {"principal": "anna"})
        flags = page.told["set-cookie"].split("; ")[1:]
        assert flags == ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"]
        assert len(page.cookie) == 22
        index = (await page.ask("GET", "/"))[1]
        assert b"session.js" in index
        assert b"Sever all beds" in index
        seen = await look(page, "dreamscape=night")
        assert [one["name"] for one in seen["house"]["dreamscapes"]] == ["night"]
        columns = seen["scene"]["columns"]
        assert [row[columns.index("pod")] for row in seen["scene"]["rows"]]
        body = {"scope": "fleet", "name": "", "reason": "fire", "issuer": "the chief"}
        status, outcome = await page.ask("POST", "/console/sever-scope", body)
        assert (status, sorted(outcome)) == (200, ["confirmed", "unconfirmed", "zeroed"])
        caller = application.severs.callers[-1]
        assert (caller.name, caller.on_behalf_of) == ("anna", "the chief")
        status, refusal = await page.ask("POST", "/console/release", {"name": "no-such-bed"})
        assert (status, refusal["code"]) == (404, "POD_UNKNOWN")
        await page.ask("DELETE", "/session")
        assert page.cookie == ""
        assert (await page.ask("GET", "/console/look"))[0] == 401


async def test_a_code_signs_in_once(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """An enrolment line is a way in as good as a credential; used again, or wrong, it opens no session."""
    application.principals.known("anna", OPERATOR, code="k.s")
    async with console(application, site, server) as page:
        assert (await page.sign_in("ward:50051 0123 k.s"))[0] == 200
        other = AsgiPage(page._app)
        for text, expected in (("k.s", 401), ("k.wrong", 401), ("good evening", 400), ("", 400), ("[]", 400)):
            status, told = await other.sign_in(text)
            assert (status, other.cookie) == (expected, ""), (text, told)
        status, _ = await other.sign_in("dreamd_none_" + "s" * 52)
        assert (status, other.cookie) == (401, "")


FOREIGN = (
    {"origin": "https://evil.test"},
    {"origin": ""},
    {"origin": "http://console.test:8443"},
    {"x-dreamd-console": ""},
    {"content-type": "text/plain"},
    {"sec-fetch-site": "cross-site"},
)


async def test_a_foreign_page_neither_signs_in_nor_acts(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Without this page's Origin, header and JSON each POST is refused, and nothing reaches the daemon."""
    token = application.principals.known("anna")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        before = list(application.calls)
        for headers in FOREIGN:
            for path in ("/session", "/console/sever", "/console/sever-scope", "/console/resume"):
                body = {"secret": token, "name": "night", "scope": "fleet", "etag": "x"}
                assert (await page.ask("POST", path, body, headers))[0] == 403, (path, headers)
            assert (await page.ask("DELETE", "/session", b"", headers))[0] == 403
        assert (await page.ask("GET", "/console/look", b"", {"x-dreamd-console": ""}))[0] == 403
        assert [call for call in application.calls[len(before) :] if "sever" in str(call)] == []
        assert (await page.ask("GET", "/session"))[0] == 200


async def test_a_rebound_name_gets_403_on_every_path(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """A Host that is no name of the certificate is refused everywhere; addresses and its names are not."""
    async with console(application, site, server) as page:
        for path in ("/", "/healthz", "/session", "/console/look", "/console/main.js", "/none"):
            for host in ("evil.test", "evil.test:8443", "127.0.0.1.evil.test", ""):
                assert (await page.ask("GET", path, b"", {"host": host}))[0] == 403, (path, host)
        for host in ("console.test", "CONSOLE.test:1", "10.0.0.7:8443", "[::1]:8443", "localhost"):
            assert (await page.ask("GET", "/healthz", b"", {"host": host}))[0] == 200
        assert page.told["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("grant", "offered"),
    [
        (OPERATOR, frozenset(BUTTONS)),
        (Grant(Role.ADMIN), frozenset(BUTTONS) - {"resume"}),
        (Grant(Role.CLINICIAN, sites=frozenset({"a"})), frozenset(BUTTONS) - {"resume"}),
        (Grant(Role.SLEEPER, sleeper="ada"), {"release", "wake-bed"}),
        (Grant(Role.ARTIST, dreamscapes=frozenset("*")), {"sever", "wake"}),
        (Grant(Role.AUDITOR), frozenset()),
    ],
    ids=lambda value: value.role.value if isinstance(value, Grant) else "",
)
async def test_a_page_offers_the_acts_of_its_role(
    grant: Grant, offered: frozenset[str], application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The buttons of a session are the acts that its role may order, and the page still follows the house."""
    token = application.principals.known("anna", grant)
    async with console(application, site, server) as page:
        await page.sign_in(token)
        assert set((await page.ask("GET", "/session"))[1]["buttons"]) == set(offered)
        assert (await look(page))["house"]["withheld"] is (grant.role is Role.ADMIN)


async def test_an_idle_session_frees_and_does_not_bind(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """After half an hour a resume is refused, also after an act; no sever is, nor with an old credential."""
    token = application.principals.known("anna")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        sever, resume = {"name": "night"}, {"name": "night", "etag": application.sessions["night"].etag}
        application.principals.clock.now += IDLE_S
        assert (await page.ask("POST", "/console/resume", resume))[1]["code"] == "SESSION_IDLE"
        assert (await page.ask("POST", "/console/sever", sever))[0] == 200
        assert (await page.ask("POST", "/console/resume", resume))[1]["code"] == "SESSION_IDLE"
        await page.sign_in(token)
        assert (await page.ask("POST", "/console/resume", resume))[0] == 200
        application.principals.clock.now += DAY_S
        assert (await page.ask("POST", "/console/sever", sever))[0] == 200
        assert (await page.ask("GET", "/console/look"))[0] in (401, 403)
        assert (await page.ask("POST", "/console/wake", sever))[0] == 200
        application.principals.clock.now += DAY_S
        assert (await page.ask("POST", "/console/sever", sever))[0] == 401


async def test_a_revoked_viewer_is_signed_out(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """An open page is told within its next looks, and its session is gone."""
    token = application.principals.known("anna")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        seen = await look(page)
        had = f"house={seen['house']['number']}&cursor={seen['cursor']}"
        application.access.revoke(named("root"), "anna", "left")
        statuses = [(await page.ask("GET", f"/console/look?{had}"))[0] for _ in range(2)]
        assert statuses[-1] == 401
        assert (await page.ask("GET", "/session"))[0] == 401
        assert (await page.ask("POST", "/console/sever", {"name": "night"}))[0] == 401


async def test_a_page_left_open_goes_on_over_a_restart_until_its_viewer_is_revoked(
    application: FakeCoordination, site: SiteAuthority, server: Running, tmp_path: Path
) -> None:
    """With the cookie of before the restarted console shows the house and severs as the same principal.

    Idle before the restart is idle after it. Revoked, the viewer is out, and so after another restart.
    """
    token, path = application.principals.known("anna"), tmp_path / "sessions"
    resume = {"name": "night", "etag": application.sessions["night"].etag}
    async with console(application, site, server, SessionStore(path)) as page:
        await page.sign_in(token)
        cookie = page.cookie
    async with console(application, site, server, SessionStore(path)) as page:
        page.cookie = cookie
        assert b"session.js" in (await page.ask("GET", "/"))[1]
        assert (await look(page))["house"]["dreamscapes"]
        assert (await page.ask("POST", "/console/resume", resume))[0] == 200
        application.principals.clock.now += IDLE_S
    async with console(application, site, server, SessionStore(path)) as page:
        page.cookie = cookie
        assert (await page.ask("POST", "/console/resume", resume))[1]["code"] == "SESSION_IDLE"
        assert (await page.ask("POST", "/console/sever", {"name": "night"}))[0] == 200
        application.access.revoke(named("root"), "anna", "left")
        assert (await page.ask("POST", "/console/sever", {"name": "night"}))[0] == 401
    async with console(application, site, server, SessionStore(path)) as page:
        page.cookie = cookie
        assert b"Sign in" in (await page.ask("GET", "/"))[1]


async def test_an_administrator_enrols_revokes_and_resumes_on_the_page_of_access(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Principals with state and end; a line with its QR, once; revoked is out; each role by the rules.

    Idle the page enrols no one and still revokes. A field that is missing is named.
    """
    token = application.principals.known("root", Grant(Role.ADMIN), Grant(Role.AUDITOR))
    anna = application.principals.known("anna")
    async with console(application, site, server) as page:
        assert b"Sign in" in (await page.ask("GET", "/access"))[1]
        assert (await page.ask("GET", "/console/principals"))[0] == 401
        await page.sign_in(token)
        assert b"access.js" in (await page.ask("GET", "/access"))[1]
        wish: dict[str, object] = {"name": "bed-9", "kind": "bed"}
        status, told = await page.ask("POST", "/console/enrol", wish)
        assert (status, told["command"].startswith("dreamedge enrol 'console.test:")) == (200, True), told
        assert told["line"].split()[1] == site.pin_text()
        assert {len(row) for row in told["qr"]} == {len(told["qr"])}
        missing = (({"kind": "cat"}, "kind"), ({"kind": "person"}, "role"), ({"kind": "service"}, "methods"))
        for wrong, field in missing:
            status, told = await page.ask("POST", "/console/enrol", {"name": "x", **wrong})
            assert (status, told["error"].partition(":")[0]) == (400, field)
        listed = (await page.ask("GET", "/console/principals"))[1]["principals"]
        states = {one["name"]: one["state"] for one in listed}
        assert (states["anna"], states["bed-9"]) == ("enrolled", "not enrolled yet")
        application.principals.clock.now += IDLE_S
        assert (await page.ask("POST", "/console/enrol", wish))[1]["code"] == "SESSION_IDLE"
        status, told = await page.ask("POST", "/console/revoke", {"name": "anna", "reason": "left"})
        assert (status, told["state"]) == (200, "revoked")
        rules = (await page.ask("GET", "/console/rules"))[1]
        by_method = {one["method"]: one["roles"] for one in rules["rules"]}
        assert by_method["EnrolPrincipal"] == ["admin"]
        assert (await AsgiPage(page._app).sign_in(anna))[0] == 401


async def test_an_operator_makes_the_login_of_a_walk_in_and_no_other(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """A picture of the page for consent, with a code; no known sleeper, no other login, none while idle."""
    token = application.principals.known("olga", Grant(Role.OPERATOR, sites=frozenset("*")))
    application.principals.known("fir-1", Grant(Role.SLEEPER, sleeper="fir"))
    async with console(application, site, server) as page:
        await page.sign_in(token)
        status, told = await page.ask("POST", "/console/walk-in", {"name": "cedar"})
        assert (status, told["name"]) == (200, "cedar"), told
        address, _, code = told["page"].partition("#")
        assert (address.endswith("/consent"), told["command"].endswith(f"{code}'")) == (True, True)
        for sleeper, expected in (("fir", (409, "PRINCIPAL_EXISTS")), ("Anna Smith", (400, ""))):
            status, told = await page.ask("POST", "/console/walk-in", {"name": sleeper})
            assert (status, told.get("code", "")) == expected, told
        assert (await page.ask("POST", "/console/enrol", {"name": "x", "kind": "bed"}))[0] == 403
        application.principals.clock.now += IDLE_S
        status, told = await page.ask("POST", "/console/walk-in", {"name": "larch"})
        assert told["code"] == "SESSION_IDLE"


async def test_the_page_of_access_is_judged_by_the_daemon_and_by_its_origin(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """An operator lists no principal and revokes none; a foreign page reads and does nothing."""
    operator = application.principals.known("olga")
    async with console(application, site, server) as page:
        await page.sign_in(operator)
        for path in ("principals", "audit", "audit-verdict"):
            status, told = await page.ask("GET", f"/console/{path}")
            assert (status, told["code"]) == (403, "ROLE_LACKING")
        for path in ("enrol", "revoke", "resume-principal"):
            body: dict[str, object] = {"name": "olga", "kind": "bed"}
            assert (await page.ask("POST", f"/console/{path}", body))[0] == 403
            assert (await page.ask("POST", f"/console/{path}", body, {"origin": "https://evil.test"}))[
                0
            ] == 403
        assert (await page.ask("GET", "/console/rules", b"", {"x-dreamd-console": ""}))[0] == 403
        assert (await page.ask("GET", "/session"))[0] == 200


async def test_the_audit_log_is_listed_and_verified_on_the_page(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The newest records first; the whole log is verified, and that no signature was checked is told."""
    token = application.principals.known("ida", Grant(Role.AUDITOR), Grant(Role.ADMIN))
    async with console(application, site, server) as page:
        await page.sign_in(token)
        assert (await page.ask("POST", "/console/enrol", {"name": "bed-9", "kind": "bed"}))[0] == 200
        status, told = await page.ask("GET", "/console/audit")
        assert (status, told["records"][0]["method"]) == (200, "EnrolPrincipal")
        status, verdict = await page.ask("GET", "/console/audit-verdict")
        assert (status, verdict["whole"], verdict["proven"]) == (200, True, False)
        assert verdict["n"] >= 1


async def test_no_reason_stops_a_way_out(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Bytes that are no UTF-8, no JSON, and two megabytes: the sever is carried out."""
    token = application.principals.known("anna")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        for body in (
            b'{"name":"night","reason":"\xff\xfe"}',
            b'{"name":"night","reason":' + b"[" * 3000,
            b'{"name":"night","reason":"' + b"x" * (2 << 20) + b'"}',
            b'{"reason":"' + b"x" * (2 << 20) + b'","name":"night"}',
        ):
            assert (await page.ask("POST", "/console/sever", body))[0] == 200
        assert (await page.ask("POST", "/console/sever", b"{}"))[0] == 400


async def test_a_daemon_that_is_gone_is_told_as_gone(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """A look gets no JSON, which the page draws as no connection; an order says what holds without one."""
    token = application.principals.known("anna")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        await server.stop(0.0)
        status, told = await page.ask("GET", "/console/look")
        assert (status, type(told)) == (502, bytes)
        status, told = await page.ask("POST", "/console/sever", {"name": "night"})
        assert status == 503
        assert "its own tether" in told["error"]
