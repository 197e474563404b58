"""The console of a machine without a site: no viewer signs in, and every page has the machine's rights."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import pytest

from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.console import request_guard
from dreamd.console.acts.order_bodies import BODY_MAX, LONG_MAX
from dreamd.console.sessions import LOOKS_OF_ALL
from dreamd.console.sign_in import ApiAddress
from dreamd.console.viewer import HOLD_S, IDLE_S
from dreamd.console.web_app import console_app, new_console
from dreamd.core.dreamscapes.views import BreakerState, CrowdView, DreamscapeState, SeatState, SynchronyView
from dreamd.core.fleet.house import HouseView
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.scopes import SeverScope
from fakes.asgi_page import AsgiPage
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S, collective_view, pod_view, seat_view

ORIGIN = "http://127.0.0.1:8081"


@dataclass
class House:
    """The console, its page, the API and the application behind it. now_s: the console's clock."""

    page: AsgiPage
    application: FakeCoordination
    server: Running
    now_s: float = NOW_S

    async def look(self, wish: str = "dreamscape=night") -> dict[str, Any]:
        """The first answer that has a house, and a scene where one is wished for."""
        for _ in range(20):
            status, told = await self.page.ask("GET", f"/console/look?{wish}")
            if status == 200 and told["house"] and (told["scene"] or told["trouble"] or "night" not in wish):
                return dict(told)
            await asyncio.sleep(0.05)
        raise AssertionError((status, told))

    async def look_until(self, wish: str, part: str) -> dict[str, Any]:
        """The first answer in which this part is not empty."""
        for _ in range(40):
            told = await self.look(wish)
            if told[part]:
                return told
            await asyncio.sleep(0.05)
        raise AssertionError(told)

    async def push(self, tick: int, **changes: object) -> None:
        """Push a tick with these changes, once the console watches."""
        view = replace(collective_view("night", tick), **changes)  # type: ignore[arg-type]
        async with asyncio.timeout(10.0):
            while not self.application.collective_watches:  # noqa: ASYNC110 -- no event of ours
                await asyncio.sleep(0.01)
        for watch in list(self.application.collective_watches):
            watch.push(view)

    async def ticked(self, tick: int, **changes: object) -> dict[str, Any]:
        """The scene once this tick has reached it."""
        await self.look()
        await self.push(tick, **changes)
        for _ in range(40):
            scene = (await self.look())["scene"]
            if scene["tick"] is not None and scene["tick"]["tick"] == tick:
                return dict(scene)
            await asyncio.sleep(0.05)
        raise AssertionError(scene)

    async def order(self, verb: str, **told: object) -> tuple[int, Any]:
        """An order of the page."""
        return await self.page.ask("POST", f"/console/{verb}", told)

    def severs(self) -> int:
        """The number of severs the application got."""
        return sum(call[0] in ("sever", "severs.order") for call in self.application.calls)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A Dreamscape named night with two beds, in DREAMING."""
    application = FakeCoordination()
    application.journal_from = 1000
    application.add("night", DreamscapeState.DREAMING)
    server = await serve_grpc(application, "127.0.0.1", 0)
    one = House(AsgiPage(None, ORIGIN), application, server)  # type: ignore[arg-type]
    app = console_app(new_console(ApiAddress(f"127.0.0.1:{server.port}"), None, lambda: one.now_s))
    one.page = AsgiPage(app, ORIGIN)
    async with app.router.lifespan_context(app):
        yield one
    await server.stop(0.0)


def rows_of(scene: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The seats by pod."""
    return {row[1]: dict(zip(scene["columns"], row, strict=True)) for row in scene["rows"]}


async def test_the_page_is_whole_without_a_session(house: House) -> None:
    """Each file that the page names is served in its type; no foreign address, session or inline script."""
    status, page = await house.page.ask("GET", "/")
    text = page.decode()
    assert (status, house.page.told["content-type"]) == (200, "text/html; charset=utf-8")
    for file in ("console.css", "main.js", "icon.svg"):
        assert f'"/console/{file}"' in text
        assert (await house.page.ask("GET", f"/console/{file}"))[0] == 200
    for absent in ("session.js", "https://", " on" + "click=", "<style", "style="):
        assert absent not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert (await house.page.ask("GET", "/session"))[0] == 404


async def test_the_first_look_tells_every_dreamscape_and_the_last_events(house: House) -> None:
    """The first answer has every Dreamscape, the last events with the pod's own time, and a cursor."""
    for _ in range(3):
        house.application.happen("severed", "night", "bed-1", acted_s=NOW_S - 75.0)
    told = await house.look_until("", "events")
    assert [(one["name"], one["state"]) for one in told["house"]["dreamscapes"]] == [("night", "dreaming")]
    assert [one["kind"] for one in told["events"]] == ["severed"] * 3
    assert told["events"][0]["at_s"] - told["events"][0]["acted_s"] == pytest.approx(75.0)
    assert (told["cursor"], told["scene"]) == (1002, None)


async def test_a_page_is_answered_when_a_tick_comes_and_within_a_second(house: House) -> None:
    """Seats are shown before the first tick; a page that waits has a newer tick, and no house again."""
    first = await house.look()
    assert first["scene"]["tick"] is None
    assert set(rows_of(first["scene"])) == {"bed-1", "bed-2"}
    await house.ticked(41)
    seen = await house.look()
    had = f"house={seen['house']['number']}&scene={seen['scene']['number']}&cursor={seen['cursor']}"
    began_s = time.monotonic()
    waiting = asyncio.ensure_future(house.page.ask("GET", f"/console/look?dreamscape=night&{had}"))
    await asyncio.sleep(0.1)
    for tick in range(42, 60):
        await house.push(tick)
    told = (await waiting)[1]
    assert time.monotonic() - began_s < 2 * HOLD_S
    assert (told["house"], told["events"]) == (None, [])
    assert told["scene"]["tick"]["tick"] > 41


async def test_many_pages_are_one_watch_which_ends_with_the_last(house: House) -> None:
    """The daemon has one watch for all pages; it ends some seconds after the last page has left."""
    await house.ticked(41)
    await asyncio.gather(*(house.look() for _ in range(5)))
    assert len(house.application.collective_watches) == 1
    house.now_s += IDLE_S + 1.0
    async with asyncio.timeout(10.0):
        while house.application.collective_watches:  # noqa: ASYNC110 -- no event of ours
            await asyncio.sleep(0.02)


async def test_one_page_too_many_is_refused(house: House) -> None:
    """One page too many is refused; its place is free again afterwards."""
    seen = await house.look("")
    path = f"/console/look?house={seen['house']['number']}&cursor={seen['cursor']}"
    told = await asyncio.gather(*(house.page.ask("GET", path) for _ in range(LOOKS_OF_ALL + 4)))
    assert sorted(status for status, _ in told) == [200] * LOOKS_OF_ALL + [503] * 4
    assert (await house.page.ask("GET", path))[0] == 200


async def test_unknown_values_are_null_and_a_hidden_collective_is_not_sent(house: House) -> None:
    """NaN, a distance of zero and a quality without a slot are null; no page has a hidden centre."""
    seats = (
        seat_view(1, "bed-1", synchrony=nan, identity=0.0, distance=0.0),
        seat_view(2, "bed-2", state=SeatState.WAITING, quality=0.0, applied=nan, heard_age_s=40.0),
    )
    crowd = CrowdView(synchrony=(SynchronyView("alpha"),))
    hidden = {"centre": (0.123,) * 12, "centre_hidden": True}
    scene = await house.ticked(41, seats=seats, crowd=crowd, dispersion=0.0, **hidden)
    rows, tick = rows_of(scene), scene["tick"]
    assert (rows["bed-1"]["synchrony"], rows["bed-1"]["identity"]) == (None, 0.0)
    assert (rows["bed-1"]["distance"], rows["bed-2"]["quality"], rows["bed-2"]["applied"]) == (None,) * 3
    assert rows["bed-2"]["heard_age_s"] == 40.0
    assert (tick["dispersion"], tick["crowd"]["synchrony"][0]["z"]) == (None, None)
    assert (tick["crowd"]["dispersion_ratio"], tick["intimate"], "centre" in tick) == (None, True, False)


async def test_a_severed_bed_is_shown_with_its_evidence(house: House) -> None:
    """The breaker of a severed bed has its evidence, though no further tick comes; ages stay as read."""
    scene = await house.ticked(41, seats=(seat_view(1, "bed-1", breaker=BreakerState.OPEN),))
    made_s = scene["made_s"]
    house.now_s += 0.5
    house.application.breakers.trip(named("mara"), "pods/bed-1", "a cable")
    for _ in range(20):
        if scene["breakers"]:
            break
        await asyncio.sleep(0.1)
        scene = (await house.look())["scene"]
    (breaker,) = scene["breakers"]
    assert (breaker["pod"], breaker["state"], breaker["evidence"]) == ("bed-1", "open", "mara: a cable")
    assert breaker["until_s"] > breaker["since_s"]
    assert scene["made_s"] == made_s


async def test_looking_into_a_sleeper_tells_the_bed(house: House) -> None:
    """The detail of a sleeper has channels with causes; an unknown bed is null."""
    house.application.change("bed-1", latched="distress")
    told = await house.look("pod=bed-1")
    assert told["pod"]["latched"] == "distress"
    assert told["pod"]["channels"][1] == ["O1", pod_view("bed-1").channels[1].quality, "high frequency"]
    assert (await house.look("pod=bed-99"))["pod"] is None


async def test_dropped_events_and_refused_watches_are_told(house: House) -> None:
    """Dropped events are missed; an unknown Dreamscape and a full watch are in the answer, with the rest."""
    house.application.happen("severed", "night", "bed-1")
    told = await house.look_until("cursor=3", "events")
    assert (told["missed"], [event["cursor"] for event in told["events"]]) == (True, [1000])
    assert "there is no Dreamscape" in (await house.look_until("dreamscape=day", "trouble"))["trouble"]
    full = Refusal(Code.TOO_MANY_WATCHERS, "256 watchers watch this Dreamscape already")
    house.application.refuse("watch_collective", full)
    assert "256 watchers" in (await house.look_until("dreamscape=night", "trouble"))["trouble"]


async def test_the_house_tells_its_troubles_and_ranks(house: House) -> None:
    """Troubles have the usual sentences; urgent things come first, in the list of beds too."""
    app = house.application
    app.house_view = HouseView(False, 1.0, "the ledger /x is full", ("night",), 2, 2)
    app.sessions["night"] = replace(app.sessions["night"], merged=0, unheard=2)
    app.add("dusk", DreamscapeState.GATHERING, ())
    app.change("bed-2", breaker=BreakerState.LOCKED, breaker_cause="railed")
    app.change("bed-3", sleeper="s-1", quality_cause="contact")
    for _ in range(20):
        told = (await house.look(""))["house"]
        if told["beds"]:
            break
        await asyncio.sleep(0.1)
    assert len(told["troubles"]) == 3
    ranks = sorted((one["name"], one["rank"]) for one in told["dreamscapes"])
    assert ranks == [("dusk", 4), ("night", 0)]
    assert [bed["pod"] for bed in told["beds"]] == ["bed-2", "bed-3", "bed-1"]


async def test_sever_wake_and_release_answer_like_the_api(house: House) -> None:
    """Each way out is one request with person and reason in a line; a sever may be sent twice."""
    for _ in range(2):
        told = await house.order("sever", name="night")
        assert told == (200, {"zeroed": 2, "confirmed": 2, "unconfirmed": []})
    assert (await house.order("wake", name="night", issuer="mara", reason="a\nfire"))[0] == 200
    assert (await house.order("wake", name="night"))[0] == 200
    told = await house.order("release", name="bed-1")
    assert told == (200, {"zeroed": 1, "confirmed": 1, "unconfirmed": []})
    calls = house.application.calls
    assert calls.count(("sever", "night", "the console")) == 2
    assert ("wake", "night", "mara", "a fire") in calls
    assert ("wake", "night", "the console", "the console") in calls
    assert ("release", "bed-1", "the console") in calls


async def test_pods_without_confirmation_are_named(house: House) -> None:
    """Pods without confirmation are named after 1.5 s, as in the API."""
    house.application.confirm_at_once = False
    status, told = await house.order("sever", name="night", reason="a drill")
    assert (status, told) == (200, {"zeroed": 2, "confirmed": 0, "unconfirmed": ["bed-1", "bed-2"]})


async def test_resume_wants_the_etag_and_a_refusal_has_its_own_words(house: House) -> None:
    """Resume needs the etag that was read; an unknown Dreamscape is 404 with the catalogue's code."""
    assert (await house.order("resume", name="night"))[0] == 400
    assert await house.order("resume", name="night", etag="severed-1") == (200, {"resumed": True})
    assert house.application.calls[-1] == ("resume", "night", "severed-1")
    status, told = await house.order("sever", name="day")
    assert (status, told["code"]) == (404, "DREAMSCAPE_UNKNOWN")


SCOPES = [("sleeper", "ada"), ("pod", "bed-1"), ("dreamscape", "night"), ("site", "north"), ("fleet", "")]


async def test_every_scope_is_severed_and_woken_by_one_request(house: House) -> None:
    """Every scope is severed, every one but a sleeper's woken; an unknown one is 400, never guessed."""
    for scope, name in SCOPES:
        status, _ = await house.order("sever-scope", scope=scope, name=name, reason="smoke", issuer="mira")
        assert status == 200
        assert house.application.calls[-1] == ("severs.order", SeverScope(scope), name, "mira", "smoke")
        status, _ = await house.order("wake-scope", scope=scope, name=name, issuer="mira")
        assert status == (400 if scope == "sleeper" else 200)
    woken = [call for call in house.application.calls if call[0] == "wake_orders.order"]
    assert [(call[1].name.lower(), call[2]) for call in woken] == SCOPES[1:]  # type: ignore[attr-defined]
    before = house.severs()
    for told in ({}, {"scope": "moon"}, {"scope": "pod"}, {"name": "bed-1"}):
        assert (await house.order("sever-scope", **told))[0] == 400
    assert house.severs() == before


FOREIGN: tuple[dict[str, str], ...] = (
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "https://127.0.0.1:8081"},
    {"origin": "http://127.0.0.1:1"},
    {"host": "evil.example"},
    {"host": "evil.example", "origin": "http://evil.example"},
    {"host": "localhost.evil.example:80", "origin": "http://localhost.evil.example:80"},
    {"host": "10.0.0.7:8081", "origin": "http://10.0.0.7:8081"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"x-dreamd-console": ""},
    {"content-type": "text/plain"},
    {"content-type": ""},
)


async def test_a_foreign_page_neither_acts_nor_reads(house: House) -> None:
    """Another origin or port, a rebound name, a form, a missing header: 403, and nothing is done."""
    for headers in FOREIGN:
        status, told = await house.page.ask("POST", "/console/sever", {"name": "night"}, headers)
        assert (status, bool(told["error"])) == (403, True), headers
    for headers in ({"x-dreamd-console": ""}, {"host": "evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert (await house.page.ask("GET", "/console/look", b"", headers))[0] == 403
    assert house.severs() == 0
    status, _ = await house.page.ask("OPTIONS", "/console/sever", b"", {"origin": "http://evil.example"})
    assert status == 405
    assert not [name for name in house.page.told if name.startswith("access-control")]
    for name in ("localhost", "[::1]"):
        own = {"host": f"{name}:9000", "origin": f"http://{name}:9000"}
        assert (await house.page.ask("POST", "/console/sever", {"name": "night"}, own))[0] == 200


@pytest.mark.parametrize("path", ["/", "/console/main.js", "/console/look", "/healthz", "/none"])
async def test_every_answer_is_protected(house: House, path: str) -> None:
    """The headers of every answer, refusals included, forbid foreign scripts, frames and caching."""
    for headers in ({}, {"host": "evil.example"}):
        status, _ = await house.page.ask("GET", path, b"", headers)
        told = {name: house.page.told[name.lower()] for name in request_guard.PROTECTION}
        assert told == request_guard.PROTECTION
    assert status == 403
    assert "unsafe" not in request_guard.PROTECTION["Content-Security-Policy"]
    assert "default-src 'none'" in request_guard.PROTECTION["Content-Security-Policy"]


NO_ORDERS = (b"", b"{", b"[]", b'"night"', b'{"name": 1}', b'{"name": "no good"}', b"\xff", b"[" * 4000)


async def test_bodies_that_are_no_order_are_refused_and_odd_ones_sever(house: House) -> None:
    """A body without a target is 400; megabytes, odd bytes and nesting around one stop no way out."""
    for body in NO_ORDERS:
        assert (await house.page.ask("POST", "/console/sever", body))[0] == 400
    assert (await house.page.ask("POST", "/console/sever", b'{"name":"night"' + b" " * LONG_MAX))[0] == 408
    assert house.severs() == 0
    odd = (
        json.dumps({"name": "night", "reason": "x" * (2 << 20)}).encode(),
        json.dumps({"reason": "\ud800" * (1 << 18), "name": "night"}).encode(),
        b'{"name":"night","reason":' + b"[" * 4000,
    )
    for body in odd:
        assert (await house.page.ask("POST", "/console/sever", body))[0] == 200
    for body in (b'{"scope": "fleet", "reason": "caf\xe9"}', b'{"scope":"fleet","x":' + b"[" * 5000):
        assert (await house.page.ask("POST", "/console/sever-scope", body))[0] == 200
    assert house.severs() == len(odd) + 2
    long = {"name": "night", "etag": "x" * (BODY_MAX + 1)}
    status, told = await house.page.ask("POST", "/console/resume", long)
    assert (status, told["error"]) == (400, f"the body must be at most {BODY_MAX} bytes")


@pytest.mark.parametrize("query", ["dreamscape=no%20good", "pod=../../etc"])
async def test_looks_that_make_no_sense_are_refused(house: House, query: str) -> None:
    """A malformed name is 400, not a guess; a cursor that is no number counts as missing."""
    assert (await house.page.ask("GET", f"/console/look?{query}"))[0] == 400
    for cursor in ("x", "-1", "9" * 40, "%D9%A3"):
        assert (await house.look(f"cursor={cursor}"))["house"]


async def test_a_daemon_that_is_gone_is_told_as_gone(house: House) -> None:
    """A look gets no JSON, which the page draws as no connection; an order says what holds without one."""
    await house.look("")
    await house.server.stop(0.0)
    async with asyncio.timeout(10.0):
        while (answer := await house.page.ask("GET", "/console/look"))[0] == 200:  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.02)
    assert (answer[0], type(answer[1])) == (502, bytes)
    status, told = await house.order("sever", name="night")
    assert (status, "its own tether" in told["error"]) == (503, True)
