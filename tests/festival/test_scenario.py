"""The scenario's file: the shipped one is read, and each wrong value is refused with its line."""

import re
from pathlib import Path

import pytest

from dreamd.cli.festival import read_plan
from dreamd.festival.scenario.fields import FestivalFileError
from dreamd.festival.scenario.plan import FAILURES
from dreamd.festival.scenario.reading import read_festival
from dreamd.festival.scenario.shipped import read_scores, shipped_text
from dreamd.rehearsal.scenarios import SCENES, Scope

TEXT = """\
[festival]
title = "A festival"
seed = 3
zone = "Europe/Zurich"
day = 2026-12-05
evenings = 0

[[site]]
name = "lake"
beds = 6

[[artist]]
name = "Noor Valdt"

[[act]]
at = 22:00:00
minutes = 1.25
artist = "Noor Valdt"
share = 0.3

[[failure]]
scene = "distress"
act = 1
at_s = 20
share = 0.17

[moratorium]
act = 1
at_s = 60
hours = 6
reason = "three cases in a week"

[clinic]
days = 1

[guidelines]
dose_24h_min = 5
"""

WRONG = [
    ("seed = 3", 'seed = "a"', "festival.seed: found 'a', expected a whole number"),
    ("seed = 3", "seed = 3\nsead = 4", "festival.sead: is no field here"),
    ('zone = "Europe/Zurich"', 'zone = "Zurich"', "festival.zone: found 'Zurich', expected a zone"),
    ("day = 2026-12-05", "day = 2026-12-05T20:00:00", "expected a date"),
    ("beds = 6", "beds = 0", "site.beds: found 0"),
    ("beds = 6", "beds = 3", "site.beds: all sites have 3 beds, expected 5 to 500"),
    ('name = "lake"', 'name = "La ke"', "site.name"),
    ("at = 22:00:00", 'at = "late"', "act.at: found 'late', expected a time"),
    ("minutes = 1.25", "minutes = nan", "act.minutes: found nan, expected a number from 1.25 to 60"),
    ("minutes = 1.25", "minutes = 1.0", "act.minutes: found 1.0"),
    (
        'artist = "Noor Valdt"\nshare',
        'artist = "Ida"\nshare',
        "act.artist: found 'Ida', expected one of Noor Valdt",
    ),
    ("share = 0.3", "share = 0.0", "act.share: an act with an artist has a share above 0"),
    ("share = 0.3", 'share = 0.3\nsite = "sea"', "act.site: found 'sea', expected one of lake"),
    ('scene = "distress"', 'scene = "rain"', "failure.scene: found 'rain', expected one of silence"),
    ("act = 1\nat_s = 20", "act = 2\nat_s = 20", "failure.act: found 2, and there are 1 acts"),
    ("at_s = 20", "at_s = 90", "failure.at_s: found 90, and act 1 lasts 75 s"),
    ("share = 0.17", "share = 0.1", "failure.share: 0.1 of 6 beds is 0, distress needs 1"),
    ("share = 0.17", "share = 0.17\nlasts_s = 0", "failure.lasts_s: found 0"),
    ("hours = 6", "hours = 0", "moratorium.hours: found 0"),
    ("hours = 6", 'hours = 6\nreach = "sea"', "moratorium.reach: found 'sea'"),
    ("days = 1", "days = 61", "clinic.days: found 61, expected a whole number from 1 to 60"),
    ("[clinic]", "[clinics]", "clinics: is no table of a festival"),
    ("[moratorium]", "[[moratorium]]", "moratorium: expected a table"),
    ("seed = 3", "seed = = 3", "not TOML"),
    ("dose_24h_min = 5", "dose_24h_min = 1000", "guidelines.dose_24h_min: clause 3.1"),
    ("dose_24h_min = 5", "dose_25h_min = 5", "guidelines.dose_25h_min: is no field here"),
]


def test_the_shipped_scenario_and_its_scores_are_read() -> None:
    """Sixty beds, three acts of five minutes, a moratorium, a clinic, and a score within the guidelines."""
    plan, scores = read_plan(None)
    assert (plan.beds, len(plan.acts), {act.minutes for act in plan.acts}) == (60, 3, {5.0})
    assert plan.moratorium is not None
    assert plan.clinic is not None
    assert set(scores) == {"shipped"}
    assert shipped_text().startswith("#")


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG)
def test_a_wrong_value_is_refused_with_its_line(old: str, new: str, sentence: str) -> None:
    """The sentence names the line of the value, the value, and what is expected."""
    assert TEXT.count(old) >= 1
    text = TEXT.replace(old, new, 1)
    with pytest.raises(FestivalFileError, match=re.escape(sentence)) as found:
        read_festival(text)
    line = re.match(r"line (\d+)", str(found.value))
    assert line is not None
    begins = text[: text.index(new)].count("\n") + 1
    assert begins <= int(line[1]) <= begins + new.count("\n")


def test_every_failure_of_a_rehearsal_is_a_scene_of_a_festival() -> None:
    """The thirteen failures are those of `dreamd rehearse`, by the same names."""
    assert set(FAILURES) == {one.name for one in SCENES.values() if one.scope is not Scope.CONSENT}
    assert len(FAILURES) == 13


def test_a_score_that_is_missing_or_wrong_is_refused(tmp_path: Path) -> None:
    """A scenario names its score's file; one that is not there, or no score, is refused by name."""
    file = tmp_path / "own.toml"
    file.write_text(TEXT.replace("share = 0.3", 'share = 0.3\nscore = "tide.toml"'), encoding="utf-8")
    with pytest.raises(FestivalFileError, match=r"the score 'tide.toml' cannot be read"):
        read_plan(str(file))
    (tmp_path / "tide.toml").write_text("title = 3\n", encoding="utf-8")
    with pytest.raises(FestivalFileError, match=r"the score 'tide.toml': line 1"):
        read_plan(str(file))
    (tmp_path / "tide.toml").write_text(
        'title = "Tide"\nartist = "Ida"\nschema = "bands6x2"\nduration_s = 60\nshare_most = 0.4\n'
        "commercial = false\n[[move]]\nat_s = 0\nshare = 0\nvector = {}\n",
        encoding="utf-8",
    )
    file.write_text(file.read_text().replace("share = 0.3", "share = 0.2"), encoding="utf-8")
    with pytest.raises(
        FestivalFileError, match=r"line 19: act.share: the score 'tide.toml' asks for a share"
    ):
        read_plan(str(file))
    with pytest.raises(FestivalFileError, match="is a file, and this scenario has none"):
        read_scores(read_festival(file.read_text()))
