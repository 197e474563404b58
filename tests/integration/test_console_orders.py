"""The console's server side over real sockets: access control, and the effect of orders."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from dreamd.adapters.http import request_guard
from dreamd.adapters.http.server import BODY_MAX, LONG_MAX
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.safety.scopes import SeverScope
from fakes.console_house import PAGE, ConsoleHouse

BODY = json.dumps({"name": "night"}).encode()


@pytest.fixture
def house() -> Iterator[ConsoleHouse]:
    """A Dreamscape named night in DREAMING."""
    yield from _a_night(ConsoleHouse())


@pytest.fixture
def hasty() -> Iterator[ConsoleHouse]:
    """The same; HTTP waits for the application for 0.3 s."""
    yield from _a_night(ConsoleHouse(within_s=0.3))


def _a_night(house: ConsoleHouse) -> Iterator[ConsoleHouse]:
    house.do(lambda: house.coordination.add("night", DreamscapeState.DREAMING))
    yield house
    house.close()


def as_page(house: ConsoleHouse, **changes: str | None) -> dict[str, str]:
    """The headers a browser sends for the page itself, with changes; None leaves one out."""
    headers: dict[str, str | None] = {
        **PAGE,
        "Origin": house.url,
        "Content-Type": "application/json",
        "Sec-Fetch-Site": "same-origin",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in headers.items() if value is not None}


def severs(house: ConsoleHouse) -> int:
    """The number of severs the application got."""
    return sum(call[0] == "sever" for call in house.coordination.calls)


def test_sever_is_one_request_and_answers_like_the_api(house: ConsoleHouse) -> None:
    """Sever answers zeroed, confirmed, unconfirmed, like the API, and may be repeated."""
    for _ in range(2):
        assert house.order("sever", name="night") == (
            200,
            {"zeroed": 2, "confirmed": 2, "unconfirmed": []},
        )
    assert house.coordination.calls.count(("sever", "night", "the console")) == 2


def test_pods_without_confirmation_are_named(house: ConsoleHouse) -> None:
    """Pods without confirmation are named after 1.5 s, like in the API."""
    house.coordination.confirm_at_once = False
    began_s = time.monotonic()
    status, told = house.order("sever", name="night", reason="a drill")
    assert 1.4 <= time.monotonic() - began_s < 4.0
    assert (status, told) == (200, {"zeroed": 2, "confirmed": 0, "unconfirmed": ["bed-1", "bed-2"]})


def test_wake_and_release_carry_person_and_reason(house: ConsoleHouse) -> None:
    """Wake and release carry person and reason in one line each; without a name they are the console's."""
    assert house.order("wake", name="night", issuer="mara", reason="a\nfire")[0] == 200
    assert house.order("wake", name="night")[0] == 200
    assert house.order("release", name="bed-1")[1] == {"zeroed": 1, "confirmed": 1, "unconfirmed": []}
    calls = house.coordination.calls
    assert ("wake", "night", "mara", "a fire") in calls
    assert ("wake", "night", "the console", "the console") in calls
    assert ("release", "bed-1", "the console") in calls


def test_resume_wants_what_was_looked_at(house: ConsoleHouse) -> None:
    """Resume needs the etag that was read, and passes it on."""
    assert house.order("resume", name="night")[0] == 400
    assert house.order("resume", name="night", etag="severed-1") == (200, {"resumed": True})
    assert house.coordination.calls[-1] == ("resume", "night", "severed-1")


def test_a_refusal_is_passed_on_in_its_own_words(house: ConsoleHouse) -> None:
    """A refusal is passed on in its own words, with the catalogue's code."""
    status, told = house.order("sever", name="day")
    assert (status, told["code"]) == (404, "DREAMSCAPE_UNKNOWN")


@pytest.mark.parametrize(
    "changes",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "localhost.evil.example:80", "Origin": "http://localhost.evil.example:80"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_Dreamd_Console": None},
        {"Content_Type": "text/plain"},
        {"Content_Type": None},
    ],
    ids=str,
)
def test_foreign_origins_may_not_act(house: ConsoleHouse, changes: dict[str, str | None]) -> None:
    """Another origin, a rebound name, a form, a missing header: all 403, nothing done."""
    status, _, body = house.request("POST", "/console/sever", BODY, as_page(house, **changes))
    assert status == 403
    assert json.loads(body)["error"]
    assert severs(house) == 0


def test_another_port_of_this_machine_is_another_origin(house: ConsoleHouse) -> None:
    """Another port of this machine is another origin and may not act."""
    headers = as_page(house, Origin="http://127.0.0.1:1")
    assert house.request("POST", "/console/sever", BODY, headers)[0] == 403


@pytest.mark.parametrize("name", ["localhost", "[::1]"])
def test_every_name_of_loopback_and_any_port_may_be_used(house: ConsoleHouse, name: str) -> None:
    """Any loopback name and port may be used, as through a tunnel."""
    headers = as_page(house, Host=f"{name}:9000", Origin=f"http://{name}:9000")
    assert house.request("POST", "/console/sever", BODY, headers)[0] == 200


@pytest.mark.parametrize(
    "changes", [{"X-Dreamd-Console": ""}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_data_need_the_page_and_a_loopback_name(house: ConsoleHouse, changes: dict[str, str]) -> None:
    """Data need the page's header and a loopback name."""
    assert house.request("GET", "/console/look", headers={**PAGE, **changes})[0] == 403


def test_a_preflight_is_given_no_permission(house: ConsoleHouse) -> None:
    """A preflight gets no permission, so no other origin can send the header."""
    status, headers, _ = house.request("OPTIONS", "/console/sever", headers={"Origin": "http://evil.example"})
    assert status == 405
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/console/main.js", "/console/look"])
def test_everything_is_guarded_by_headers(house: ConsoleHouse, path: str) -> None:
    """The headers of every answer, refusals included, forbid foreign scripts, frames and caching."""
    for headers in (PAGE, {"Host": "evil.example"}):
        _, told, _ = house.request("GET", path, headers=headers)
        assert {name: told[name.lower()] for name in request_guard.PROTECTION} == request_guard.PROTECTION
    assert "unsafe" not in request_guard.PROTECTION["Content-Security-Policy"]
    assert "default-src 'none'" in request_guard.PROTECTION["Content-Security-Policy"]


def test_the_page_is_served_whole_without_foreign_addresses(house: ConsoleHouse) -> None:
    """Each file that the page names is served in its type, without foreign addresses or inline scripts."""
    _, headers, page = house.request("GET", "/")
    assert headers["content-type"] == "text/html; charset=utf-8"
    text = page.decode()
    for named in ("console.css", "main.js", "icon.svg"):
        assert f'"/console/{named}"' in text
        assert house.request("GET", f"/console/{named}")[0] == 200
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert " on" + "click=" not in text
    assert "<style" not in text
    assert "style=" not in text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"night"', b'{"name": 1}', b'{"name": "no good"}', b"{}", b"\xff"], ids=repr
)
def test_bodies_that_are_no_order_are_refused(house: ConsoleHouse, body: bytes) -> None:
    """A body that is no order is 400 with the expected form; nothing is done."""
    assert house.request("POST", "/console/sever", body, as_page(house))[0] == 400
    assert severs(house) == 0


def test_a_body_too_long_or_of_no_length_is_not_read(house: ConsoleHouse) -> None:
    """A body too long or without a length is 413 or 411, and the connection ends."""
    lengths = (f"Content-Length: {LONG_MAX + 1}", "Content-Length: -5", "Content-Length: 1e3")
    for line in ("Transfer-Encoding: chunked", "X-Nothing: 1", *lengths):
        client = socket.create_connection(("127.0.0.1", house.server.port), timeout=5.0)
        client.sendall(f"POST /console/sever HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n".encode())
        head = client.recv(4096)
        assert int(head.split()[1]) in (411, 413)
        assert b"Connection: close" in head
        client.close()
    assert severs(house) == 0


def test_a_long_reason_stops_no_way_out(house: ConsoleHouse) -> None:
    """Two megabytes of reason before or after the name sever all the same; a resume is refused."""
    for body in (
        {"name": "night", "reason": "x" * (2 << 20)},
        {"reason": "\ud800" * (1 << 18), "name": "night"},
    ):
        assert house.request("POST", "/console/sever", json.dumps(body).encode(), as_page(house))[0] == 200
    assert severs(house) == 2
    long = json.dumps({"name": "night", "etag": "x" * (BODY_MAX + 1)}).encode()
    status, _, told = house.request("POST", "/console/resume", long, as_page(house))
    assert (status, json.loads(told)["error"]) == (400, f"the body must be at most {BODY_MAX} bytes")


def test_nesting_is_no_bug_of_ours(house: ConsoleHouse) -> None:
    """JSON nested deeper than the parser follows is 400; with a Dreamscape's name in it, it is severed."""
    nested = b"[" * 4000
    assert house.request("POST", "/console/sever", nested, as_page(house))[0] == 400
    assert house.request("POST", "/console/resume", nested, as_page(house))[0] == 400
    named = b'{"name":"night","reason":' + nested[:4000]
    assert house.request("POST", "/console/sever", named, as_page(house))[0] == 200
    assert severs(house) == 1


@pytest.mark.parametrize("query", ["dreamscape=no%20good", "pod=../../etc", "&".join(["a=b"] * 40)])
def test_looks_that_make_no_sense_are_refused(house: ConsoleHouse, query: str) -> None:
    """A malformed look is 400, not a guess."""
    assert house.request("GET", f"/console/look?{query}", headers=PAGE)[0] == 400


def test_a_cursor_that_is_no_number_counts_as_missing(house: ConsoleHouse) -> None:
    """A cursor that is not a number counts as missing."""
    for cursor in ("x", "-1", "9" * 40, "\u0663"):
        assert house.look(cursor=cursor.encode().hex() if not cursor.isascii() else cursor)["house"]


def test_a_hung_application_is_reported_and_its_sever_still_happens(hasty: ConsoleHouse) -> None:
    """A hung application is 503 with the state that holds; a sever is done later, a resume is not."""
    release = threading.Event()
    hasty.loop.call_soon_threadsafe(release.wait, 10.0)
    status, told = hasty.order("sever", name="night")
    resumed, _ = hasty.order("resume", name="night", etag="dreaming-1")
    looked, _, body = hasty.request("GET", "/console/look", headers=PAGE)
    release.set()
    assert (status, resumed, looked) == (503, 503, 503)
    assert "own tether" in told["error"]
    assert "own tether" in json.loads(body)["error"]
    assert json.loads(body)["code"] == "NO_ANSWER"
    hasty.do(lambda: None)
    assert severs(hasty) == 1
    assert not [call for call in hasty.coordination.calls if call[0] == "resume"]


def test_a_bug_is_one_callers_500_without_its_particulars(house: ConsoleHouse) -> None:
    """A bug is one caller's 500 without details; the log has them, and the next request is answered."""
    house.do(lambda: house.coordination.break_next("sever", ValueError("a secret")))
    status, _, body = house.request("POST", "/console/sever", BODY, as_page(house))
    assert status == 500
    assert b"secret" not in body
    assert house.order("sever", name="night")[0] == 200


@pytest.mark.parametrize(
    ("scope", "name"),
    [("sleeper", "ada"), ("pod", "bed-1"), ("dreamscape", "night"), ("site", "north"), ("fleet", "")],
)
def test_every_scope_is_severed_by_one_request(house: ConsoleHouse, scope: str, name: str) -> None:
    """Every scope is severed by one request, answered like the API; the fleet needs no name."""
    status, told = house.order("sever-scope", scope=scope, name=name, reason="smoke", issuer="mira")
    assert (status, told["zeroed"]) == (200, 2)
    assert house.coordination.calls[-1] == ("severs.order", SeverScope(scope), name, "mira", "smoke")


@pytest.mark.parametrize(
    ("scope", "name"), [("pod", "bed-1"), ("dreamscape", "night"), ("site", "north"), ("fleet", "")]
)
def test_every_scope_is_woken_by_one_request(house: ConsoleHouse, scope: str, name: str) -> None:
    """Every scope is woken by one request, as a standing wake order."""
    assert house.order("wake-scope", scope=scope, name=name, issuer="mira")[0] == 200
    method, asked, target, issuer, *_ = house.coordination.calls[-1]
    assert (method, asked.name.lower(), target, issuer) == ("wake_orders.order", scope, name, "mira")


def test_an_unknown_scope_is_refused(house: ConsoleHouse) -> None:
    """An unknown or missing scope is 400 with the valid ones; a bed's name alone is not guessed at."""
    for told in ({}, {"scope": "moon"}, {"scope": "pod"}, {"name": "bed-1"}):
        assert house.order("sever-scope", **told)[0] == 400
    assert house.order("wake-scope", scope="sleeper", name="ada")[0] == 400
    assert not [call for call in house.coordination.calls if call[0] in ("severs.order", "wake_orders.order")]


def test_a_sever_of_the_house_acts_whatever_its_reason_is(house: ConsoleHouse) -> None:
    """A sever acts whatever its reason holds, as long as the scope can be read."""
    for body in (b'{"scope": "fleet", "reason": "caf\xe9"}', b'{"scope":"fleet","x":' + b"[" * 5000):
        status, _, _ = house.request("POST", "/console/sever-scope", body, as_page(house))
        assert status == 200
    assert sum(call[0] == "severs.order" for call in house.coordination.calls) == 2
