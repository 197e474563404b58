"""`dreamd console` as a real process, before the API of a site: slow clients, and a real browser."""

import asyncio
import contextlib
import datetime as dt
import http.client
import http.server
import json
import ssl
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from chromium import BINARY, Chromium
from dreamd.adapters.oidc.opening import provider_of
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.settings import load
from fakes.coordination import FakeCoordination
from fakes.proposals import propose_revision
from fakes.site_api import site_api
from integration.clinic_pages import fill_ward, work_through_a_ward
from integration.people_pages import read_guidelines, walk_in, walk_in_at_the_desk
from integration.stage_pages import GRANTS, lie_and_lead
from oidc_provider import SETTINGS, SmallProvider

DRIPS = 64


@dataclass
class Served:
    """A console in a process of its own. url: of its page. tls: trusts its authority."""

    url: str
    port: int
    tls: ssl.SSLContext
    application: FakeCoordination
    provider: SmallProvider


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A site with one Dreamscape, and its console on a free port; at the end SIGTERM, and status 0."""
    state = tmp_path_factory.mktemp("state")
    site = SiteAuthority(state)
    site.make_site(("127.0.0.1", "localhost"), dt.datetime.now(dt.UTC))
    application = FakeCoordination()
    application.add("night", DreamscapeState.DREAMING)
    provider = SmallProvider()
    settings = load({"HOME": str(state)}, {**SETTINGS, "oidc_issuer": provider.issuer}).settings
    async with site_api(application, site, provider_of(settings, in_site=True)) as running:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dreamd", "console", "--json", "--listen", "127.0.0.1:0"),
            *("--server", f"127.0.0.1:{running.port}", "--state-dir", str(state)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        url = json.loads(await asyncio.wait_for(process.stdout.readline(), 30.0))["url"]
        tls = ssl.create_default_context(cafile=str(site.certificate))
        yield Served(url, int(url.rpartition(":")[2].strip("/")), tls, application, provider)
        process.terminate()
        await asyncio.wait_for(process.stdout.read(), 10.0)
        assert await asyncio.wait_for(process.wait(), 10.0) == 0
    provider.stop()


async def request(
    served: Served, method: str, path: str, body: bytes = b"", cookie: str = ""
) -> tuple[str, bytes]:
    """One request on a connection of its own: the head and the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=served.tls)
    host = f"127.0.0.1:{served.port}"
    head = [
        *(f"{method} {path} HTTP/1.1", f"Host: {host}", f"Origin: https://{host}", "X-Dreamd-Console: 1"),
        *("Content-Type: application/json", f"Content-Length: {len(body)}", f"Cookie: {cookie}"),
        "Connection: close",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    answer = await asyncio.wait_for(reader.read(), 10.0)
    writer.close()
    told, _, rest = answer.partition(b"\r\n\r\n")
    return told.decode(), rest


async def test_64_slow_clients_delay_no_way_out(served: Served) -> None:
    """With 64 heads that never end, /healthz and a sever are answered; the 64 are closed within 8 s."""
    token = served.application.principals.known("anna")
    head, _ = await request(served, "POST", "/session", json.dumps({"secret": token}).encode())
    cookie = head.partition("set-cookie: ")[2].partition(";")[0]
    assert cookie.startswith("__Host-dreamd=")
    drips = [await asyncio.open_connection("127.0.0.1", served.port, ssl=served.tls) for _ in range(DRIPS)]
    for _, writer in drips:
        writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    head, body = await request(served, "GET", "/healthz")
    assert body == b"ok\n"
    head, body = await request(served, "POST", "/console/sever", b'{"name":"night"}', cookie)
    assert " 200 " in head.partition("\r\n")[0]
    began = time.monotonic()
    for reader, writer in drips:
        writer.write(b"x")
        with contextlib.suppress(ConnectionResetError):  # closed, too
            assert await asyncio.wait_for(reader.read(), 8.0) == b""
        writer.close()
    assert time.monotonic() - began < 8.0


async def test_a_sever_of_a_hung_daemon_is_carried_out_late_and_a_resume_is_not(served: Served) -> None:
    """While the daemon hangs both are 503; the sever is done once it answers again, the resume never."""
    token = served.application.principals.known("olga")
    head, _ = await request(served, "POST", "/session", json.dumps({"secret": token}).encode())
    cookie = head.partition("set-cookie: ")[2].partition(";")[0]
    before = len(served.application.calls)
    answers: list[bytes] = []

    def press(verb: str, body: bytes) -> None:
        connection = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=20.0, context=served.tls)
        own = {"Origin": served.url.rstrip("/"), "X-Dreamd-Console": "1", "Cookie": cookie}
        connection.request("POST", f"/console/{verb}", body, {**own, "Content-Type": "application/json"})
        answers.append(connection.getresponse().read())
        connection.close()

    presses = [
        threading.Thread(target=press, args=("sever", b'{"name":"night"}')),
        threading.Thread(target=press, args=("resume", b'{"name":"night","etag":"dreaming-1"}')),
    ]
    for one in presses:
        one.start()
    for one in presses:
        one.join()  # the loop of the daemon stands still meanwhile
    late = next(told for told in answers if b"as soon as it answers" in told)
    assert b"own tether" in late
    async with asyncio.timeout(10.0):
        while not [call for call in served.application.calls[before:] if call[0] == "sever"]:  # noqa: ASYNC110 -- no event of ours
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    assert not [call for call in served.application.calls[before:] if call[0] == "resume"]


REVOKE = (
    "[...document.querySelectorAll('#principals button')].find((one) => one.innerText === 'Revoke bed-1')"
)


def govern(browser: Chromium, url: str, token: str) -> None:
    """The page of access, by its administrator."""
    browser.go(url)
    own = {"X-Dreamd-Console": "1", "Content-Type": "application/json"}
    sent = json.dumps({"method": "POST", "headers": own, "body": json.dumps({"secret": token})})
    assert browser.ask(f"fetch('/session', {sent}).then((answer) => answer.status)") == 200
    browser.go(f"{url}access")
    browser.complaints.clear()
    browser.until("document.querySelectorAll('#principals tr').length > 1")
    browser.until("document.querySelector('#rules tr') !== null")
    for width in (1280, 390):
        browser.size(width, 844, mobile=width < 500)
        browser.until(f"innerWidth === {width}")
        assert browser.ask("document.scrollingElement.scrollWidth") <= width
    browser.ask("document.querySelector('#enrol [name=name]').value = 'ward-3'")
    browser.ask("document.querySelector('#enrol [name=sites]').value = '*'")
    browser.ask("document.querySelector('#enrol [name=name]').focus()")
    browser.press("Enter")
    browser.until("document.activeElement.id === 'line'")
    assert "dreamd redeem '" in browser.text("#line-text")
    assert browser.ask("document.getElementById('qr').width") > 25
    browser.ask("document.getElementById('line-done').click()")
    assert browser.ask("document.getElementById('line-text').textContent") == ""
    browser.ask(f"{REVOKE}.focus()")
    browser.press("Enter")
    browser.until("document.activeElement.id === 'confirm-yes'")
    browser.press("Enter")
    browser.until("document.getElementById('outcome').textContent === 'bed-1 is revoked.'")
    browser.until(f"{REVOKE} === undefined")
    browser.ask("document.getElementById('verify').click()")
    browser.until("document.getElementById('verdict').textContent.startsWith('Whole: ')")
    assert browser.complaints == []


FOREIGN = b"""<!doctype html><title>foreign</title><script>
const tell = async () => {
  const told = [];
  for (const mode of ["cors", "no-cors"]) {
    for (const type of ["application/json", "text/plain"]) {
      try {
        await fetch(`${CONSOLE}console/sever-scope`, { method: "POST", mode, credentials: "include",
          headers: { "Content-Type": type }, body: JSON.stringify({ scope: "fleet", name: "" }) });
      } catch { }
      told.push(mode);
    }
  }
  document.title = `tried ${told.length}`;
};
tell();
</script>"""


class _Foreign(http.server.BaseHTTPRequestHandler):
    console = ""

    def do_GET(self) -> None:
        """The foreign page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(FOREIGN.replace(b"${CONSOLE}", self.console.encode()))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Nothing."""


def sign_in_through_the_provider(browser: Chromium, served: Served) -> None:
    """From the signed-in page: out, in by the provider's button, a sever; then a link that another made."""
    browser.go(served.url)
    browser.until("document.getElementById('viewer')?.textContent.startsWith('ada')")
    browser.ask(
        "fetch('/session', {method: 'DELETE', headers: {'X-Dreamd-Console': '1', "
        "'Content-Type': 'application/json'}}).then(() => { window.isOut = true; })"
    )
    browser.until("window.isOut === true")
    browser.go(f"{served.url}session/callback?code=stolen&state={'s' * 43}")
    browser.until("document.body.innerText.includes('was not begun in this browser')")
    assert served.provider.forms == []
    browser.go(served.url)
    browser.until("document.getElementById('go')?.textContent === 'Sign in at 127.0.0.1'")
    browser.ask("document.getElementById('go').click()")
    browser.until("document.getElementById('viewer')?.textContent.startsWith('oidc.anna-a.')")
    assert browser.ask("document.cookie") == ""
    assert browser.ask("location.pathname + location.search") == "/"
    browser.until("document.getElementById('sever-house').textContent.includes('this house')")
    browser.ask("document.getElementById('sever-house').click()")
    browser.until("document.getElementById('confirm').open")
    browser.ask("document.getElementById('confirm-yes').click()")
    browser.until("document.getElementById('outcome').textContent.includes('Severed all beds')")


@pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")
async def test_a_viewer_in_a_real_browser_and_a_foreign_page(served: Served, tmp_path: Path) -> None:
    """A viewer signs in, sees the own acts alone and severs; a page of another origin severs nothing.

    Signed out, the same browser signs in through the provider by one button, and severs as that person. A
    link with another's answer of the provider signs it in as no one. An administrator enrols, revokes by
    keyboard, and verifies the audit log, at a desk and on a telephone. A sleeper whose telephone opens the
    code of the bed signs in, grants by keyboard and withdraws by one press. A clinician and an advocate
    ratify a revision of the guidelines, and an operator reads why they may not. A ward is worked through by
    keyboard, with two hundred cases at once, and read on a telephone. An artist in
    a pod leads, and severs that pod.
    """
    token = served.application.principals.known("ada", Grant(Role.CLINICIAN, sites=frozenset("*")))
    admin = served.application.principals.known("root", Grant(Role.ADMIN), Grant(Role.AUDITOR))
    served.application.principals.known("bed-1", Grant(Role.BED), kind=Kind.BED)
    served.application.principals.known("ash-1", Grant(Role.SLEEPER, sleeper="ash"), code="k.s")
    served.application.nights.slept("ash")
    people = {
        name: served.application.principals.known(name, Grant(role, sites=frozenset("*")))
        for name, role in (("nora", Role.CLINICIAN), ("olga", Role.OPERATOR))
    }
    people |= {
        name: served.application.principals.known(name, *grants)
        for name, grants in (("vera", (Grant(Role.ADVOCATE),)), ("mia", GRANTS))
    }
    propose_revision(served.application.guidelines)
    fill_ward(served.application.clinic)
    severed, clock = served.application.severs.callers, served.application.principals.clock

    def browse() -> None:
        browser = Chromium(tmp_path / "profile", "--ignore-certificate-errors")
        foreign = http.server.HTTPServer(("127.0.0.1", 0), _Foreign)
        _Foreign.console = served.url
        thread = threading.Thread(target=foreign.serve_forever, daemon=True)
        thread.start()
        try:
            browser.go(served.url)
            browser.until("document.getElementById('secret') !== null")
            browser.ask(f"document.getElementById('secret').value = {json.dumps(token)}")
            browser.ask("document.getElementById('send').click()")
            browser.until("document.getElementById('viewer')?.textContent.startsWith('ada')")
            assert browser.ask("document.cookie") == ""
            shown = "getComputedStyle(document.getElementById('{}')).display !== 'none'"
            assert browser.ask(shown.format("sever-house"))
            assert browser.ask("document.getElementById('resume').classList.contains('withheld')")
            browser.until("document.getElementById('sever-house').textContent.includes('this house')")
            browser.ask("document.getElementById('sever-house').click()")
            browser.until("document.getElementById('confirm').open")
            browser.ask("document.getElementById('confirm-yes').click()")
            browser.until("document.getElementById('outcome').textContent.includes('Severed all beds')")
            assert browser.complaints == []
            browser.go(f"http://localhost:{foreign.server_address[1]}/")
            browser.until("document.title === 'tried 4'")
            sign_in_through_the_provider(browser, served)
            govern(browser, served.url, admin)
            walk_in_at_the_desk(browser, served.url, people["olga"])
            walk_in(browser, served.url, "k.s")
            read_guidelines(browser, served.url, people)
            work_through_a_ward(browser, served.url, token, served.application.clinic, clock)
            lie_and_lead(browser, served.url, people["mia"], served.application)
        finally:
            browser.close()
            foreign.shutdown()
            foreign.server_close()
            thread.join()

    await asyncio.to_thread(browse)
    assert [caller.name.rpartition(".")[0] or caller.name for caller in severed] == ["ada", "oidc.anna-a"]
