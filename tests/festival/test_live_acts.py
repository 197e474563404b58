"""The acts of a festival as rehearsals, and the files that a festival keeps."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dreamd.cli.festival import ACCOUNT, PAGE, keep_account
from dreamd.festival.account.account import account_of
from dreamd.festival.live_acts import Place, live_nights
from dreamd.festival.page.document import Shown
from dreamd.festival.scenario.plan import FailureCue, SitePlan
from dreamd.festival.scenario.reading import read_festival
from dreamd.festival.scenario.shipped import shipped_text
from dreamd.main import main
from dreamd.rehearsal.scenarios import SCENES
from dreamd.up.plan import CannotRun
from festival.built_facts import FACTS
from festival.built_timeline import ZONE, built_timeline
from festival.scenarios import tiny


def test_each_cue_of_the_shipped_scenario_is_a_rehearsal_of_its_own() -> None:
    """Failures and the moratorium are rehearsed with every bed of the act; a pressed button is told."""
    plan = read_festival(shipped_text())
    nights = live_nights(plan, Place(mqtt_port=1999))
    assert [(one.act.number, one.scene) for one in nights] == [
        *((cue.act, cue.scene) for cue in plan.failures),
        (3, "moratorium"),
    ]
    played = [one.wish for one in nights if one.wish is not None]
    assert {wish.sleepers for wish in played} == {60}
    assert {(wish.seed, wish.mqtt_port, wish.light) for wish in played} == {(plan.seed, 1999, True)}
    assert [one.why for one in nights if one.wish is None] == [
        "a rehearsal has no distress: it is an act of the sleeper"
    ]


def test_a_cue_begins_no_earlier_than_its_scene_can_show_itself() -> None:
    """At 1 s nothing is drawn in yet, so the rehearsal waits for the least time of the scene."""
    plan = tiny(sites=(SitePlan("lake", 20),), failures=(FailureCue("flat", 1, 1.0, 0.1),), moratorium=None)
    (night,) = live_nights(plan, Place())
    assert night.wish is not None
    assert night.wish.cue.at_s == SCENES["flat"].at_least_s
    assert (night.wish.sleepers, night.wish.cue.beds) == (20, 2)


def test_a_cue_that_could_not_show_itself_names_its_act() -> None:
    """Crosstalk among six beds is refused with the act and with what it needs."""
    crosstalk = (FailureCue("crosstalk", 1, 20.0, 0.5),)
    plan = tiny(sites=(SitePlan("lake", 6),), failures=crosstalk, moratorium=None)
    with pytest.raises(CannotRun, match=r"^act 1, .*crosstalk could not show itself: it needs 8 --sleepers"):
        live_nights(plan, Place())


def test_an_act_of_one_site_has_the_beds_of_that_site() -> None:
    """An act at a site is rehearsed with the beds of that site alone; one without a cue says so."""
    plan = tiny(sites=(SitePlan("lake", 6), SitePlan("hill", 9)), moratorium=None, failures=())
    (quiet,) = live_nights(plan, Place())
    assert (quiet.wish, quiet.why) == (None, "nothing fails in it, so there is nothing to rehearse")
    act = replace(plan.acts[0], site="hill")
    (night,) = live_nights(replace(plan, acts=(act,), failures=(FailureCue("flat", 1, 20.0, 0.2),)), Place())
    assert night.wish is not None
    assert night.wish.sleepers == 9


def test_live_acts_have_pages_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    """`--live --page` is refused with the flag that helps; nothing is started."""
    assert main(["festival", "--live", "--page", "0"]) == 2
    assert "give --out DIR" in capsys.readouterr().err


def test_the_account_and_its_page_are_kept_in_a_folder(tmp_path: Path) -> None:
    """Both files hold the same account: as JSON, and as a page with its verdict."""
    account = account_of(FACTS, built_timeline())
    keep_account(tmp_path, Shown("A small festival", ZONE), account)
    assert json.loads((tmp_path / ACCOUNT).read_text()) == json.loads(json.dumps(account.plain()))
    assert "It ended well" in (tmp_path / PAGE).read_text()
