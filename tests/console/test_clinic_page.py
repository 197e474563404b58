"""The clinic's page: cases in level order, decided by a clinician of the site, and the watches over harm."""

from dataclasses import replace
from math import inf, nan
from typing import Any, cast

import pytest

from dreamapi.v1.clinic_pb2 import Case, CasePull
from dreamapi.v1.exposure_pb2 import HarmKind, HarmWatch, Surveillance
from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.people.clinic_shapes import harm_shape, whole_shape
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.clinic.kept_case import CaseSitting
from dreamd.core.clinic.levels import Level
from dreamd.core.clinic.pull import ONE_SIDED_95, POOLED_SD
from fakes.coordination import FakeCoordination
from fakes.site_console import console

NURSE = Grant(Role.CLINICIAN, sites=frozenset("*"))
IDLE_S = 31 * 60.0
ACTS = ("triage", "note", "hold", "plan", "release", "close")


async def test_a_ward_is_read_in_level_order_and_decided_act_by_act(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """The gravest is first; each act is carried out, its words kept as a note; ended cases stand apart."""
    clinic = application.clinic
    clinic.opens("soon", "birch", Level.SOON, cause="wake")
    clinic.opens("grave", "ash", Level.NOW)
    clinic.sat("grave", CaseSitting(20_001, 0.62, False), CaseSitting(20_002, nan, True))
    async with console(application, site, server) as page:
        assert b"Sign in" in (await page.ask("GET", "/clinic"))[1]
        assert (await page.ask("GET", "/console/cases"))[0] == 401
        await page.sign_in(application.principals.known("nora", NURSE))
        assert b"clinic.js" in (await page.ask("GET", "/clinic"))[1]
        told = (await page.ask("GET", "/console/cases"))[1]
        assert [(one["case"], one["level"], one["held"]) for one in told["cases"]] == [
            ("grave", 1, True),
            ("soon", 3, False),
        ]
        assert told["may"] == dict.fromkeys(ACTS, True)
        one = (await page.ask("GET", "/console/case?case=grave"))[1]
        assert (one["sleeper"], one["evidence"][0]["cause"], one["notes"]) == ("ash", "distress", [])
        assert [(sat["pull"], sat["anchored"]) for sat in one["sittings"]] == [(0.62, False), (None, True)]
        for act, wish, state, notes in (
            ("triage", {"level": 1, "related": True, "expected": False}, "held", []),
            ("note", {"text": "<b>she knows whose dream it was</b>"}, "held", []),
            ("plan", {}, "returning", ["<b>she knows whose dream it was</b>"]),
        ):
            status, one = await page.ask("POST", f"/console/case/{act}", {"case": "grave", **wish})
            assert (status, one["state"]) == (200, state)
            assert {note["text"] for note in one["notes"]} >= set(notes)
        assert (one["related"], one["expected"], one["step"]) == (True, False, 1)
        early = await page.ask("POST", "/console/case/release", {"case": "grave", "reason": "well"})
        assert (early[0], early[1]["code"]) == (409, "PLAN_STEP")
        kept = clinic.cases["grave"]
        clinic.cases["grave"] = replace(kept, case=replace(kept.case, step=4))
        one = (await page.ask("POST", "/console/case/release", {"case": "grave", "reason": "well"}))[1]
        assert (one["state"], one["held"], one["notes"][-1]["text"]) == ("released", False, "well")
        for act, state in (("triage", "triaged"), ("hold", "held")):
            wish = {"case": "soon", "level": 3, "reason": "by day"}
            assert (await page.ask("POST", f"/console/case/{act}", wish))[1]["state"] == state
        ended = (await page.ask("GET", "/console/cases?ended=yes"))[1]["cases"]
        assert [one["case"] for one in ended] == ["grave"]
        assert [one["case"] for one in (await page.ask("GET", "/console/cases"))[1]["cases"]] == ["soon"]


async def test_no_page_decides_what_its_viewer_may_not(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """An operator reads no case; a bad wish is named; one's own case and an idle session are refused."""
    application.clinic.opens("c1", "nora", Level.SOON)
    known = application.principals.known
    bad: tuple[tuple[str, dict[str, object], str], ...] = (
        ("triage", {"level": 0}, "level"),
        ("triage", {"level": True}, "level"),
        ("triage", {"level": "1"}, "level"),
        ("triage", {"level": 1, "related": "yes"}, "related"),
        ("note", {"text": " "}, "text"),
        ("note", {"text": 3}, "text"),
        ("note", {"text": "x" * 2001}, "text"),
        ("hold", {}, "reason"),
        ("close", {"reason": "a\nb"}, "reason"),
        ("plan", {"case": "../c1"}, "case"),
        ("plan", {"case": None}, "case"),
    )
    async with console(application, site, server) as page:
        await page.sign_in(known("olga"))
        assert (await page.ask("GET", "/console/cases"))[0] == 403
        assert (await page.ask("GET", "/console/case?case=c1"))[0] == 403
        assert (await page.ask("POST", "/console/case/plan", {"case": "c1"}))[0] == 403
        await page.sign_in(known("nora", NURSE))
        for act, wish, field in bad:
            status, told = await page.ask("POST", f"/console/case/{act}", {"case": "c1", **wish})
            assert (status, told["error"].partition(":")[0]) == (400, field), (wish, told)
        own = await page.ask("POST", "/console/case/triage", {"case": "c1", "level": 4})
        assert (own[0], own[1]["code"]) == (403, "NOT_YOURS")
        assert (await page.ask("GET", "/console/case?case=c9"))[1]["code"] == "CASE_UNKNOWN"
        origin = {"origin": "https://evil.test"}
        assert (await page.ask("POST", "/console/case/plan", {"case": "c1"}, origin))[0] == 403
        application.principals.clock.now += IDLE_S
        for act in ACTS:
            told = (await page.ask("POST", f"/console/case/{act}", {"case": "c1", "level": 3}))[1]
            assert told["code"] == "SESSION_IDLE"
    assert application.clinic.cases["c1"].case.state.value == "open"


async def test_each_watch_over_harm_says_blind_where_it_is(
    application: FakeCoordination, site: SiteAuthority, server: Running
) -> None:
    """Without a rate a watch is blind, with neither value nor rate. A sleeper reads no watch."""
    async with console(application, site, server) as page:
        await page.sign_in(application.principals.known("ash-1", Grant(Role.SLEEPER, sleeper="ash")))
        assert (await page.ask("GET", "/console/harm"))[0] == 403
        await page.sign_in(application.principals.known("olga"))
        watches = (await page.ask("GET", "/console/harm"))[1]["watches"]
        assert [one["kind"] for one in watches] == ["distress", "identity", "check-in"]
        assert {(one["state"], one["value"], one["rate"], one["alarm_s"]) for one in watches} == {
            ("blind", None, None, None)
        }


def test_a_judged_night_keeps_its_small_rate_and_more_than_a_number_holds_is_no_number() -> None:
    """A rate of one in 30,000 is not rounded away; an infinite value, which JSON lacks, is absent."""
    watch = HarmWatch(kind=HarmKind.HARM_KIND_IDENTITY, state=HarmWatch.STATE_ALARM, threshold=10_950.0)
    watch.alarm.begin_time.FromSeconds(7)
    for value, rate in ((inf, 3e-5), (2.0, nan)):
        night = watch.past.add(harmed=1, value=value, rate=rate)
        night.end_time.FromSeconds(5)
    watch.past.add()
    shape = cast("dict[str, Any]", harm_shape(Surveillance(watches=[watch], clause="G-6.1")))
    [told] = shape["watches"]
    assert (told["kind"], told["state"], told["alarm_s"]) == ("identity", "alarm", 7.0)
    assert [(one["end_s"], one["value"], one["rate"]) for one in told["past"]] == [
        (5.0, None, 3e-5),
        (5.0, 2.0, None),
        (0.0, None, None),
    ]


def test_the_band_of_own_days_is_drawn_only_where_there_is_a_spread() -> None:
    """Two own days make a band of at least the pooled spread, one makes none; not measured is no answer."""
    pooled = round(ONE_SIDED_95 * POOLED_SD, 4)
    for baseline, band in (([0.01, -0.01], pooled), ([0.1], None), ([], None), ([nan, 0.1], None)):
        case = Case(pull=CasePull(baseline=baseline, why="two more sittings are needed"))
        told = cast("dict[str, Any]", whole_shape(case))["pull"]
        assert told["band"] == band
        assert (told["upper"], told["restored"], told["why"]) == (None, None, "two more sittings are needed")
    wide = cast("dict[str, Any]", whole_shape(Case(pull=CasePull(baseline=[1.0, -1.0], restored=False))))
    assert wide["pull"]["band"] == pytest.approx(ONE_SIDED_95 * 2.0**0.5, abs=1e-3)
    assert (wide["pull"]["restored"], whole_shape(Case())["pull"]) == (False, None)
