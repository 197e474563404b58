"""The page of the guidelines: read by every role, commented by people, ratified by two of them."""

from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from fakes.coordination import FakeCoordination
from fakes.proposals import propose_revision, tightened
from fakes.site_console import console

NURSE = Grant(Role.CLINICIAN, sites=frozenset("*"))
IDLE_S = 31 * 60.0


async def test_a_revision_is_read_commented_and_ratified_by_two_people(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Clauses, the difference by clause, comments; no person ratifies twice, and an operator not at all."""
    propose_revision(application.guidelines)
    known = application.principals.known
    nora, vera = known("nora", NURSE, Grant(Role.ADVOCATE)), known("vera", Grant(Role.ADVOCATE))
    async with console(application, site, server) as page:
        assert b"Sign in" in (await page.ask("GET", "/guidelines"))[1]
        assert (await page.ask("GET", "/console/guidelines"))[0] == 401
        await page.sign_in(known("olga"))
        told = (await page.ask("GET", "/console/guidelines"))[1]
        assert told["viewer"] == {"name": "olga", "roles": ["operator"]}
        assert told["may"] == {"comment": True, "ratify": False}
        limits = {one["number"]: one["limit"] for one in told["in_force"]["clauses"]}
        assert (limits["G-3.1"], limits["G-1.1"], limits["G-5.1"]) == ("60 merge-minutes", "", "20:00/09:00")
        assert limits["G-4.4"] == "0.1 per s"
        assert [one["state"] for one in told["revisions"]] == ["in force", "open"]
        wish: dict[str, object] = {"revision": 2, "role": "clinician"}
        assert (await page.ask("POST", "/console/guidelines/ratify", wish))[0] == 403
        said = await page.ask("POST", "/console/guidelines/comment", {"revision": 2, "text": "too tight?"})
        assert (said[0], said[1]["by"]) == (200, "olga")
        await page.sign_in(nora)
        one = (await page.ask("GET", "/console/guidelines/revision?revision=2"))[1]
        assert [(d["change"], d["new"]["number"], d["new"]["limit"]) for d in one["differences"]] == [
            ("tightened", "G-3.1", "50 merge-minutes")
        ]
        assert (one["only_tightens"], [c["text"] for c in one["comments"]]) == (True, ["too tight?"])
        assert one["dry_run"] == {"admissions": 0, "clauses": [], "sites": []}
        assert (await page.ask("POST", "/console/guidelines/ratify", wish))[1]["clinician"] == "nora"
        again = await page.ask("POST", "/console/guidelines/ratify", {"revision": 2, "role": "advocate"})
        assert (again[0], again[1]["code"]) == (403, "SAME_PERSON")
        await page.sign_in(vera)
        status, ratified = await page.ask("POST", "/console/guidelines/ratify", {**wish, "role": ""})
        assert (status, ratified["state"], ratified["provisional"]) == (200, "in force", True)
        assert (await page.ask("GET", "/console/guidelines"))[1]["in_force"]["revision"] == 2


async def test_a_page_left_alone_ratifies_nothing_and_a_bad_wish_is_named(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Idle it ratifies and comments nothing; a number that is none is named, an unknown one is a refusal."""
    propose_revision(application.guidelines, tightened(limit="300", of="dose_7d_min", was="240"))
    token = application.principals.known("nora", NURSE)
    async with console(application, site, server) as page:
        await page.sign_in(token)
        for wrong in (0, "2", True, None, 1 << 31):
            status, told = await page.ask(
                "POST", "/console/guidelines/ratify", {"revision": wrong, "role": ""}
            )
            assert (status, told["error"].partition(":")[0]) == (400, "revision")
        early = await page.ask("POST", "/console/guidelines/ratify", {"revision": 2, "role": ""})
        assert early[1]["code"] == "TOO_EARLY"
        assert (await page.ask("GET", "/console/guidelines/revision?revision=9"))[0] in (400, 404, 409)
        application.principals.clock.now += IDLE_S
        for act in ("ratify", "comment"):
            wish: dict[str, object] = {"revision": 2, "text": "x", "role": ""}
            told = (await page.ask("POST", f"/console/guidelines/{act}", wish))[1]
            assert told["code"] == "SESSION_IDLE"
