"""The artist's page: a lead that lives by its page's requests alone, its refusals, and its end."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from dreamapi.v1.dreamscapes_pb2 import Collective, Dreamscape, Plan
from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.acts.leads import LeadEnded, Leads, LeadWord
from dreamd.console.shapes import scene_shape
from dreamd.console.sign_in import ApiAddress
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.refusals import Code, Refusal
from fakes.asgi_page import AsgiPage
from fakes.coordination import FakeCoordination
from fakes.site_console import console
from fakes.waiting import until

ARTIST = Grant(Role.ARTIST, dreamscapes=frozenset({"night"}))
VECTOR = [0.5] * 12
IDLE_S = 31 * 60.0


async def post(browser: AsgiPage, act: str = "lead", **changes: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401
    """One request of the page; a lead begins unless `changes` says otherwise."""
    told = {"page": "p1", "name": "night", "vector": VECTOR, "share": 0.2, "begin": True}
    return await browser.ask("POST", f"/console/stage/{act}", told | changes)


async def refusal(browser: AsgiPage, **changes: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401
    """The refusal of a lead: of its first request, or of a later one where the daemon is slow."""
    status, told = await post(browser, **changes)
    while status == 200:
        status, told = await post(browser, **{**changes, "begin": False})
    return status, told


async def test_an_artist_leads_by_requests_and_gives_up(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The page has acts, scale and slew; each request is the newest vector; given up is over at once."""
    async with console(application, site, server) as page:
        assert (await page.ask("GET", "/console/stage"))[0] == 401
        await page.sign_in(application.principals.known("anna", ARTIST, Grant(Role.SLEEPER, sleeper="ash")))
        assert b"stage.js" in (await page.ask("GET", "/stage"))[1]
        told = (await page.ask("GET", "/console/stage"))[1]
        assert (told["own"], told["limit"], told["slews"]["artist_slew"]) == ("ash", 6.0, 1.0)
        assert told["may"] == dict.fromkeys(("lead", "sever", "wake", "release"), True)
        assert told["schemas"]["bands6x2"]["regions"] == ["anterior", "posterior"]
        assert await post(page) == (200, {"leads": True})
        await until(lambda: application.artists.newest()[1] == 0.2)
        assert list(application.artists.newest()[0]) == VECTOR
        assert (await post(page, begin=False, vector=[-1.0] * 12, share=0.3))[0] == 200
        await until(lambda: application.artists.newest()[1] == 0.3)
        assert list(application.artists.newest()[0]) == [-1.0] * 12
        assert await post(page, "give-up") == (200, {"confirmed": True})
        assert application.artists.newest()[1] == 0.0
        status, over = await post(page, begin=False)
        assert (status, over["error"]) == (409, "this page does not lead; begin to lead first")
        assert (await post(page, "give-up"))[0] == 200, "given up twice is given up"


async def test_a_silent_page_leads_no_more_and_a_console_holds_a_bounded_number(
    application: FakeCoordination, server: Running, site: SiteAuthority
) -> None:
    """Without a request the stream closes, and the page has to begin anew; a page too many is refused."""
    token = application.principals.known("anna", ARTIST)
    shown = ApiAddress(f"127.0.0.1:{server.port}", site.authority_text).shown(token)
    word = LeadWord(("anna", "p1"), "night", tuple(VECTOR), 0.2)
    async with asyncio.TaskGroup() as group:
        pages = Leads(group, silent_s=0.3, most=1)
        await pages.begin_lead(word, shown)
        await until(lambda: application.artists.newest()[1] == 0.2)
        with pytest.raises(LeadEnded, match="1 pages of this console lead already"):
            await pages.begin_lead(replace(word, key=("anna", "p2")), shown)
        await until(lambda: application.artists.newest()[1] == 0.0)
        with pytest.raises(LeadEnded, match="begin to lead anew"):
            await pages.go_on(word)
        assert application.artists.newest()[1] == 0.0
        await pages.begin_lead(replace(word, key=("anna", "p2")), shown)
        pages.cancel_leads()
    await until(lambda: application.artists.newest()[1] == 0.0)


async def test_a_second_page_does_not_take_the_lead_and_a_refusal_is_told_in_words(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Of two pages of one artist one leads; roles, another Dreamscape, a share above the plan are refused."""
    async with console(application, site, server) as page:
        await page.sign_in(application.principals.known("anna", ARTIST))
        assert (await post(page))[0] == 200
        await until(lambda: application.artists.newest()[1] == 0.2)
        status, told = await refusal(page, page="p2")
        assert (status, told["code"]) == (409, "LEAD_TAKEN")
        status, told = await refusal(page, share=0.31)
        assert (status, told["code"], "share" in told["error"]) == (400, "INVALID_ARGUMENT", True)
        assert application.artists.newest()[1] == 0.0
        assert (await refusal(page, name="day"))[0] == 403
        application.refuse("lead", Refusal(Code.NOBODY_LEADS, "this Dreamscape's plan has no artist share"))
        assert (await refusal(page))[1]["code"] == "NOBODY_LEADS"
        await page.sign_in(application.principals.known("vera", Grant(Role.ADVOCATE)))
        assert (await refusal(page))[0] == 403
        assert not (await page.ask("GET", "/console/stage"))[1]["may"]["lead"]


BAD: tuple[tuple[dict[str, object], str], ...] = (
    ({"page": None}, "page"),
    ({"page": "../p"}, "page"),
    ({"name": 3}, "name"),
    ({"vector": []}, "vector"),
    ({"vector": [0.0] * 13}, "vector"),
    ({"vector": "0"}, "vector"),
    ({"vector": [*VECTOR[1:], True]}, "vector 12"),
    ({"vector": [10**400, *VECTOR[1:]]}, "vector 1"),
    ({"share": None}, "share"),
    ({"share": "0.2"}, "share"),
    ({"title": "two\nlines"}, "title"),
)


async def test_an_unfit_request_or_an_idle_session_leads_nothing(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Each bad field is named; requests that repeat are no act of a person; giving up is never refused."""
    async with console(application, site, server) as page:
        await page.sign_in(application.principals.known("anna", ARTIST))
        for changes, field in BAD:
            status, told = await post(page, **changes)
            assert (status, told["error"].partition(":")[0]) == (400, field), changes
        nan = b'{"page":"p1","name":"night","begin":true,"share":0.2,"vector":[NaN,0,0,0,0,0,0,0,0,0,0,0]}'
        assert (await page.ask("POST", "/console/stage/lead", nan))[0] == 400
        origin = {"origin": "https://evil.test"}
        assert (await page.ask("POST", "/console/stage/give-up", {"page": "p1"}, origin))[0] == 403
        assert [call for call in application.calls if call[0] == "lead"] == []
        assert (await post(page))[0] == 200
        clock = application.principals.clock
        for _ in range(2):
            clock.now += IDLE_S / 2 + 1.0
            status, told = await post(page, begin=False)
        assert (status, told["code"]) == (403, "SESSION_IDLE"), "the same vector for half an hour"
        assert (await post(page, "give-up"))[0] == 200
        assert application.artists.newest()[1] == 0.0


def test_the_scene_has_the_centre_what_is_applied_and_the_seats_that_the_viewer_is_shown() -> None:
    """Without seats in its ticks a scene has those of the Dreamscape, one's own alone; hidden is empty."""
    told = Dreamscape(name="dreamscapes/night", plan=Plan(schema="bands6x2", artist_share=0.3))
    told.seats.add(name="dreamscapes/night/seats/1", sleeper="sleepers/ash")
    tick = Collective(centre=[0.25] * 12, artist=[1.0] * 12, artist_share=0.2)
    scene = cast("dict[str, Any]", scene_shape(told, tick, {}, 0.0))
    assert (scene["schema"], scene["artist_share_most"]) == ("bands6x2", 0.3)
    assert (scene["tick"]["centre"], scene["tick"]["artist"]) == ([0.25] * 12, [1.0] * 12)
    assert [row[2] for row in scene["rows"]] == ["ash"]
    tick.seats.add(name="dreamscapes/night/seats/2", sleeper="sleepers/birch")
    scene = cast("dict[str, Any]", scene_shape(told, tick, {}, 0.0))
    assert [row[2] for row in scene["rows"]] == ["birch"], "seats of a tick are the newer ones"
    hidden = Collective(centre_hidden=True, centre=[0.25] * 12)
    scene = cast("dict[str, Any]", scene_shape(told, hidden, {}, 0.0))
    assert ("centre" in scene["tick"], scene["tick"]["artist"]) == (False, [])
