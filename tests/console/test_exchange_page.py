"""The exchange's page: rounds, a result from the public file, one's own ask, and the account."""

from typing import Any, cast

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.people.exchange_shapes import result_shape
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.exchange.published import published
from fakes.asgi_page import AsgiPage
from fakes.coordination import FakeCoordination
from fakes.exchange import FakeExchange
from fakes.site_console import console

IDLE_S = 31 * 60.0


def own(sleeper: str) -> Grant:
    """The grant of this sleeper."""
    return Grant(Role.SLEEPER, sleeper=sleeper)


async def act(browser: AsgiPage, verb: str, **told: object) -> tuple[int, dict[str, Any]]:
    """One act of the page."""
    return await browser.ask("POST", f"/console/round/{verb}", told)


async def test_a_sleeper_asks_and_reads_their_own_result_alone(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Prices by class; an ask replaced and taken back; a result with its reasons, computed again."""
    exchange = application.exchange
    exchange.bring("tonight", "open")
    cleared = exchange.bring("evening", "cleared")
    places = {ask: n for n, ask in enumerate(published(cleared.book, cleared.draw, (), digest)["line"], 1)}  # type: ignore[arg-type]
    async with console(application, site, server) as page:
        assert (await page.ask("GET", "/console/rounds"))[0] == 401
        await page.sign_in(application.principals.known("ada-1", own("ada")))
        assert b"exchange.js" in (await page.ask("GET", "/exchange"))[1]
        told = (await page.ask("GET", "/console/rounds"))[1]
        assert [(one["round"], one["state"]) for one in told["rounds"]] == [
            ("evening", "cleared"),
            ("tonight", "open"),
        ]
        assert (told["sleeper"], told["may_account"], told["in_site"]) == ("ada", False, True)
        one = (await page.ask("GET", "/console/round?round=tonight"))[1]
        assert one["kinds"][0]["pays"] == {"crisis": 0, "community": 1500, "open": 3000}
        assert (one["own"]["class"], one["own"]["offers"]) == ("open", ["garden", "loft"])
        assert (await act(page, "ask", round="tonight", offers=["loft"]))[1]["offers"] == ["loft"]
        assert (await act(page, "withdraw", round="tonight"))[1]["state"] == "withdrawn"
        assert (await page.ask("GET", "/console/round?round=tonight"))[1]["own"] is None
        assert (await page.ask("GET", "/console/round/result?round=tonight"))[0] == 409
        one = (await page.ask("GET", "/console/round?round=evening&sleeper=ben"))[1]
        assert (one["own"]["ask"], len(one["own"]["sentences"]) > 1) == ("ask-ada", True), "not ben's"
        result = (await page.ask("GET", "/console/round/result?round=evening"))[1]
        assert (result["own_place"], result["faults"]) == (places["ask-ada"], [])
        assert sorted(result["line"]) == ["O", "O", "o"]
        assert sum(one["open"] for one in result["given"].values()) == 2
        assert "ben" not in str(result)
        assert (await page.ask("GET", "/console/round/account?round=evening"))[0] == 403
        await page.sign_in(application.principals.known("olga"))
        account = (await page.ask("GET", "/console/round/account?round=evening"))[1]
        assert (account["columns"][0], len(account["rows"]), account["more"]) == ("ask", 2, 0)
        one = (await page.ask("GET", "/console/round?round=evening"))[1]
        assert (one["own"], one["held"]) == (None, 2), "an operator has no ask, and sees no person's"


async def test_giving_back_is_never_refused_for_idleness_and_a_bad_wish_is_named(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """An idle session takes back and cancels and does not ask; each bad field is named."""
    exchange = application.exchange
    exchange.bring("tonight", "open")
    exchange.bring("evening", "cleared")
    bad: tuple[tuple[dict[str, object], str], ...] = (
        ({"round": None}, "round"),
        ({"round": "../x"}, "round"),
        ({"offers": "loft"}, "offers"),
        ({"offers": []}, "offers"),
        ({"offers": ["loft", 3]}, "offers"),
        ({"offers": ["loft"] * 65}, "offers"),
    )
    async with console(application, site, server) as page:
        await page.sign_in(application.principals.known("cy-1", own("cy")))
        for wish, field in bad:
            status, told = await act(page, "ask", **{"round": "tonight", "offers": ["loft"], **wish})
            assert (status, told["error"].partition(":")[0]) == (400, field), wish
        assert (await act(page, "ask", round="none", offers=["loft"]))[1]["code"] == "ROUND_UNKNOWN"
        application.principals.clock.now += IDLE_S
        status, told = await act(page, "ask", round="tonight", offers=["loft"])
        assert (status, told["code"]) == (403, "SESSION_IDLE")
        assert (await act(page, "withdraw", round="tonight"))[1]["state"] == "withdrawn"
        status, told = await act(page, "cancel", round="evening")
        assert (status, told["state"] in ("cancelled", "unplaced")) == (200, True)
        await page.sign_in(application.principals.known("olga"))
        assert (await act(page, "cancel", round="evening"))[0] == 403


def test_a_result_counts_by_class_and_names_places_for_asks() -> None:
    """Letters of the line in order, moves by place, berths given on; one's own place only where asked for."""
    exchange = FakeExchange(lambda *_words: None)
    kept = exchange.bring("evening", "cleared")
    before = published(kept.book, kept.draw, (), digest)
    held = cast("dict[str, str]", before["held"])
    after = published(kept.book, kept.draw, [next(iter(held))], digest)
    shape = cast("dict[str, Any]", result_shape(after, ""))
    assert (shape["own_place"], shape["cancelled"], len(shape["line"])) == (None, 1, 3)
    assert shape["classes"][2] == {
        "class": "open",
        "asks": 3,
        "held": len(cast("dict[str, str]", after["held"])),
    }
    moved = {
        **before,
        "moves": [
            {"ask": line, "left": "loft", "took": "garden", "made_for": line}
            for line in cast("list[str]", before["line"])
        ]
        * 40,
    }
    shape = cast("dict[str, Any]", result_shape(moved, ""))
    assert (shape["moves"][1]["ask"], len(shape["moves"]), shape["moves_more"]) == (2, 100, 20)
