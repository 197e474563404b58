"""A tiny festival on the real application: every line of its account is judged, and holds."""

import json
from dataclasses import replace
from datetime import time

import pytest

from depth import LONG
from dreamd.festival.account.account import FestivalAccount
from dreamd.festival.facts import Subject
from dreamd.festival.play.run import play_festival
from dreamd.festival.scenario.plan import ClinicPlan, FailureCue
from dreamd.festival.timeline import Happening, HappeningKind
from festival.scenarios import tiny


@pytest.fixture(scope="module")
def told() -> list[Happening]:
    """The happenings of the fixture's festival, as they were told."""
    return []


@pytest.fixture(scope="module")
def account(told: list[Happening]) -> FestivalAccount:
    """The account of the tiny festival, played once."""
    return play_festival(tiny(), tell=told.append)


@pytest.mark.parametrize("subject", list(Subject), ids=lambda one: one.value)
def test_each_line_is_judged_and_holds(account: FestivalAccount, subject: Subject) -> None:
    """A round, an artist, a pressed button, a moratorium and the clinic: each promise is kept."""
    line = next(one for one in account.lines if one.subject is subject)
    assert line.met, (line.verdict, line.faults)


def test_the_timeline_is_told_in_order_and_tells_each_part(
    account: FestivalAccount, told: list[Happening]
) -> None:
    """Each happening is told once as it happens, in the order of time, with readings of the audience."""
    assert [one.plain() for one in told] == [one.plain() for one in account.timeline]
    assert [one.at_s for one in told] == sorted(one.at_s for one in told)
    kinds = {one.kind for one in told}
    assert kinds >= set(HappeningKind)
    merged = [one.figures["merged"] for one in told if one.kind is HappeningKind.AUDIENCE]
    assert merged[0] != merged[-1] == 0
    assert max(merged) >= 6
    json.dumps(account.plain(), allow_nan=False)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a second festival")
def test_the_same_seed_gives_the_same_account(account: FestivalAccount) -> None:
    """Played again, the account is equal to the byte; with another seed it is another."""
    again = play_festival(tiny())
    assert json.dumps(again.plain()) == json.dumps(account.plain())
    assert json.dumps(play_festival(tiny(seed=4)).plain()) != json.dumps(account.plain())


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two weeks of the clinic")
def test_a_held_person_returns_in_steps_and_a_stuck_one_is_held_on() -> None:
    """Two press the button: one recovers, merges in three nights and is released; one is held to the end."""
    clinic = ClinicPlan(days=16, stuck=1)
    calm = tiny(failures=(FailureCue("distress", 1, 20.0, 0.26),), moratorium=None, evenings=3, clinic=clinic)
    account = play_festival(replace(calm, limits=()))
    assert [(one.subject, one.faults) for one in account.lines if not one.met] == []
    told = [one.words for one in account.timeline if one.kind is HappeningKind.CLINIC]
    assert sum("has released its person" in words for words in told) == 1
    assert sum("is held on" in words for words in told) == 1
    merged = [one for one in account.timeline if one.words.startswith("return-") and one.figures["merged"]]
    assert len({one.day for one in merged}) == 3


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two acts")
def test_an_act_that_a_moratorium_bars_is_no_fault_and_its_refusal_is_kept() -> None:
    """The fleet pauses in the first act; the second one does not begin, and the account holds."""
    one, pause = tiny().acts[0], tiny().moratorium
    assert pause is not None
    two = replace(one, number=2, at=time(23, 30), dreamscape="act-2", artist="", share=0.0)
    plan = tiny(acts=(one, two), moratorium=replace(pause, reach="fleet"))
    account = play_festival(plan)
    assert [(line.subject, line.faults) for line in account.lines if not line.met] == []
    assert next(line for line in account.lines if line.subject is Subject.ACTS).judged == 2
    assert not [told for told in account.timeline if told.act == 2 and told.figures.get("merged")]


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a festival that ends badly")
def test_a_clinician_that_answers_too_late_turns_the_account_red() -> None:
    """Answers at one and a half times their time: the line of triage does not hold, the others do."""
    account = play_festival(tiny(clinic=ClinicPlan(days=1, answer_share=1.5)))
    assert [line.subject for line in account.lines if not line.met] == [Subject.TRIAGE]
    assert not account.met
