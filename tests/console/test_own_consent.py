"""The page of a sleeper's own consent: their own alone, withdrawn at any time, and the code of a bed."""

import json
from base64 import b64decode
from io import BytesIO
from zipfile import ZipFile

import pytest

from dreamd.adapters.documents.notice import notice_sha256
from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.people.consent_shapes import choices_shape
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import DAY_S, Grant
from dreamd.core.clinic.kept_case import MorningTaken, Note
from dreamd.core.clinic.levels import Answers, Level
from fakes.console_house import ConsoleHouse
from fakes.coordination import FakeCoordination
from fakes.site_console import console

ASH = Grant(Role.SLEEPER, sleeper="ash")
IDLE_S = 31 * 60.0
WISH: dict[str, object] = {
    "scopes": ["merge"],
    "modalities": ["sound"],
    "ceiling": 0.1,
    "days": 7,
    "adult": True,
    "notice_sha256": notice_sha256(),
    "language": "en",
}


async def test_a_sleeper_grants_reads_and_withdraws_their_own_consent_alone(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The sleeper is the credential's, whatever a request names; idle the page withdraws, and grants not."""
    token = application.principals.known("ash-1", ASH)
    async with console(application, site, server) as page:
        assert b"consent.js" in (await page.ask("GET", "/consent"))[1]
        assert (await page.ask("GET", "/console/consent"))[0] == 401
        await page.sign_in(token)
        told = (await page.ask("GET", "/console/consent?sleeper=birch"))[1]
        assert (told["sleeper"], told["consent"]["state"], told["consent"]["grant"]) == ("ash", "none", None)
        status, given = await page.ask("POST", "/console/grant", {**WISH, "sleeper": "birch"})
        assert (status, given["state"], given["grant"]["scopes"]) == (200, "given", ["merge"])
        assert given["grant"]["expires_s"] - given["grant"]["given_s"] == pytest.approx(7 * DAY_S, abs=1.0)
        assert given["held"]["ceiling"] == 0.1
        books = application.consents.book
        assert (books.consent("ash").revision, books.consent("birch").revision) == (1, 0)
        receipt = (await page.ask("GET", "/console/receipt"))[1]
        assert json.loads(receipt["fhir"])["resourceType"] == "Consent"
        assert receipt["revision"] == 1
        application.principals.clock.now += IDLE_S
        assert (await page.ask("POST", "/console/grant", WISH))[1]["code"] == "SESSION_IDLE"
        status, outcome = await page.ask("POST", "/console/withdraw-consent", {"name": "ash"})
        assert (status, sorted(outcome)) == (200, ["confirmed", "unconfirmed", "zeroed"])
        assert (await page.ask("GET", "/console/consent"))[1]["consent"]["state"] == "withdrawn"
        foreign = await page.ask("POST", "/console/withdraw-consent", {"name": "birch"})
        assert foreign[0] == 403


async def test_what_is_not_chosen_is_not_granted_and_each_fault_is_named(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """A body grants what it names; a wrong part is a sentence with its field, and nothing is written."""
    token = application.principals.known("ash-1", ASH)
    wrong: tuple[tuple[dict[str, object], str], ...] = (
        ({"days": 8}, "days"),
        ({"days": True}, "days"),
        ({"scopes": ["merge", "sell"]}, "scopes"),
        ({"scopes": "merge"}, "scopes"),
        ({"ceiling": "0.1"}, "ceiling"),
        ({"ceiling": 0.2}, "grant.ceiling"),
        ({"modalities": []}, "grant.modalities"),
        ({"zone": "Ward/3", "hours": "22:00/07:00"}, "grant.zone"),
        ({"zone": 3}, "zone"),
        ({"adult": 1}, "clause G-1.1"),
        ({"notice_sha256": ""}, "grant.notice_sha256"),
    )
    async with console(application, site, server) as page:
        await page.sign_in(token)
        for change, field in wrong:
            status, told = await page.ask("POST", "/console/grant", {**WISH, **change})
            assert (status in (400, 409), field in told["error"]) == (True, True), (change, told)
        assert (await page.ask("POST", "/console/grant", b"[]"))[0] == 400
        assert application.consents.book.consent("ash").revision == 0
        origin = {"origin": "https://evil.test"}
        assert (await page.ask("POST", "/console/grant", WISH, origin))[0] == 403


async def test_a_sleeper_reads_their_own_dose_and_letters(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The dose with both limits, the letters newest first, one in full; a wrong night is refused by name."""
    token = application.principals.known("ash-1", ASH)
    night = application.nights.slept("ash")
    application.nights.slept("ash", 3)
    application.nights.slept("birch")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        dose = (await page.ask("GET", "/console/consent"))[1]["dose"]
        assert (dose["day"]["used_min"], dose["day"]["limit_min"], dose["week"]["limit_min"]) == (
            7.4,
            60,
            240,
        )
        assert dose["admitted"] is True
        listed = (await page.ask("GET", "/console/letters?sleeper=birch"))[1]["letters"]
        assert [one["begin_s"] for one in listed] == [night.begin_s, night.begin_s - 2 * DAY_S]
        status, one = await page.ask("GET", f"/console/letter?night={listed[0]['night']}")
        assert (status, "You merged once" in one["text"], one["language"]) == (200, True, "en")
        assert (await page.ask("GET", "/console/letter?night=../x"))[0] == 400
        assert (await page.ask("GET", "/console/letter?night=20200101T000000Z"))[1][
            "code"
        ] == "LETTER_UNKNOWN"


async def test_everything_is_downloaded_and_erased_by_a_typed_word(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The export is one archive of all files; without the word, or idle, nothing is erased."""
    token = application.principals.known("ash-1", ASH)
    async with console(application, site, server) as page:
        await page.sign_in(token)
        told = (await page.ask("GET", "/console/export"))[1]
        with ZipFile(BytesIO(b64decode(told["zip"]))) as archive:
            assert archive.namelist() == ["README.txt", "exposure.csv", "sleeper.json"]
            assert archive.read("README.txt") == b"Your data"
        for word in ("", "Erase", "yes", "erase it"):
            status, no = await page.ask("POST", "/console/erase", {"word": word})
            assert (status, no["error"].partition(":")[0]) == (400, "word")
        application.principals.clock.now += IDLE_S
        assert (await page.ask("POST", "/console/erase", {"word": "erase"}))[1]["code"] == "SESSION_IDLE"
        assert "erasures.erase" not in {call[0] for call in application.calls}
        await page.sign_in(token)
        status, gone = await page.ask("POST", "/console/erase", {"word": "erase"})
        assert (status, gone["named_files"]) == (200, ["daemon.log"])
        assert ("erasures.erase", "ash") in application.calls


async def test_a_sleeper_reads_their_own_case_and_answers_the_morning(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Their own case with whom to ring and no note; KSS, and the sum of five answers; bad ones are named."""
    clinic = application.clinic
    kept = clinic.opens("c1", "ash", Level.NOW)
    clinic.opens("c2", "birch", Level.NOW)
    clinic.cases["c1"] = kept.with_note(Note(kept.case.opened_s, "nora", "between colleagues"))
    clinic.morning = MorningTaken(clinic.cases["c1"], Level.SOON, physician=True)
    async with console(application, site, server) as page:
        await page.sign_in(application.principals.known("ash-1", ASH))
        case = (await page.ask("GET", "/console/own-case?sleeper=birch"))[1]["case"]
        assert (case["case"], case["held"], case["contact"]) == ("c1", True, clinic.contact)
        assert ([one["cause"] for one in case["evidence"]], "notes" in case) == (["distress"], False)
        for kss, who5, sent in (
            (7, None, (7, None)),
            (None, [5, 4, 3, 0, 0], (None, 12)),
            (1, [0] * 5, (1, 0)),
        ):
            wish: dict[str, object] = {"kss": kss, "who5": who5, "sleeper": "birch"}
            status, told = await page.ask("POST", "/console/morning", wish)
            assert (status, told) == (200, {"case": "c1", "physician": True})
            assert application.calls[-1] == ("answer_morning", "ash", Answers(*sent))
        for field, value in (
            *(("kss", one) for one in ("7", True, 7.5, 0, 10)),
            *(("who5", one) for one in (13, [], [1] * 4, [1] * 6, [1, 1, 1, 1, 6], [1, 1, 1, 1, True], {})),
        ):
            status, told = await page.ask("POST", "/console/morning", {field: value})
            assert (status, told["error"].partition(":")[0]) == (400, field), value
        assert (await page.ask("POST", "/console/morning", {}))[0] == 400
        del clinic.cases["c1"]
        assert (await page.ask("GET", "/console/own-case"))[1] == {"case": None}
        application.principals.clock.now += IDLE_S
        assert (await page.ask("POST", "/console/morning", {"kss": 3}))[1]["code"] == "SESSION_IDLE"


async def test_a_credential_of_another_role_is_told_that_it_is_no_sleepers(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """An operator sees no consent here and grants none, whatever the request names."""
    token = application.principals.known("olga")
    async with console(application, site, server) as page:
        await page.sign_in(token)
        told = (await page.ask("GET", "/console/consent?sleeper=ash"))[1]
        assert (told["sleeper"], told["principal"], "consent" in told) == ("", "olga", False)
        status, told = await page.ask("POST", "/console/grant", {**WISH, "sleeper": "ash"})
        assert (status, "of no sleeper" in told["error"]) == (400, True)


async def test_a_sleepers_code_is_a_picture_that_opens_their_page(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """For a sleeper the picture is the page's address, its code behind a #; for others it is the line."""
    token = application.principals.known("root", Grant(Role.ADMIN))
    async with console(application, site, server) as page:
        await page.sign_in(token)
        wish: dict[str, object] = {"name": "ash-1", "kind": "person", "role": "sleeper", "sleeper": "ash"}
        told = (await page.ask("POST", "/console/enrol", wish))[1]
        address, _, code = told["page"].partition("#")
        assert address == "https://console.test:8443/consent"
        assert told["line"].endswith(f" {code}")
        assert (await page.sign_in(code))[1]["principal"] == "ash-1"
        await page.sign_in(token)
        other = (
            await page.ask("POST", "/console/enrol", {"name": "olga", "kind": "person", "role": "auditor"})
        )[1]
        assert other["page"] == ""


def test_without_a_site_a_page_names_its_sleeper() -> None:
    """On a machine of its own a page reads and grants for the pseudonym that it names, and for no bad one."""
    house = ConsoleHouse()
    try:
        headers = {"X-Dreamd-Console": "1"}
        status, _, body = house.request("GET", "/console/consent", None, headers)
        assert (status, json.loads(body)["sleeper"]) == (200, "")
        assert house.request("GET", "/console/consent?sleeper=A%20b", None, headers)[0] == 400
        assert house.order("grant", **WISH)[0] == 400
        assert house.order("grant", **WISH, sleeper="ash")[1]["state"] == "given"
        assert house.order("withdraw-consent", name="ash")[0] == 200
        body = house.request("GET", "/console/consent?sleeper=ash", None, headers)[2]
        assert json.loads(body)["consent"]["state"] == "withdrawn"
    finally:
        house.close()


def test_no_choice_is_above_what_the_guidelines_allow() -> None:
    """The full ceiling is the guidelines'; a step that is not below it is left out, as a share above."""
    assert choices_shape()["ceilings"] == [["faint", 0.05], ["moderate", 0.1], ["full", 0.15]]
    tight = choices_shape(0.08, 0.1)
    assert tight["ceilings"] == [["faint", 0.05], ["full", 0.08]]
    assert tight["artist_shares"] == [0.1]
