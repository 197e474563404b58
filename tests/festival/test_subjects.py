"""The lines of an account are those of the scenario's parts, and of what happened besides."""

from dataclasses import replace

import pytest

from dreamd.festival.facts import Subject
from dreamd.festival.play.gathering import OPENING, subjects_of
from dreamd.festival.scenario.plan import SCENES, FailureCue
from festival.built_facts import CASE, TRIP
from festival.scenarios import tiny

CLINIC = {Subject.CASES, Subject.TRIAGE, Subject.PULL}


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_that_opens_no_case_asks_for_no_line_of_the_clinic(scene: str) -> None:
    """A device's fault and a right of a sleeper leave nothing to triage; other scenes must have a case."""
    found = set(subjects_of(tiny(failures=(FailureCue(scene, 1, 20.0, 0.5),)), (), ()))
    assert found & {Subject.CASES, Subject.TRIAGE} == (CLINIC - {Subject.PULL} if scene in OPENING else set())
    assert (Subject.PULL in found) is (scene == "distress")


def test_what_happens_besides_has_its_line() -> None:
    """A case or a trip that the scenario did not plant is judged all the same."""
    calm = tiny(failures=())
    assert not set(subjects_of(calm, (), ())) & CLINIC
    assert set(subjects_of(calm, (TRIP,), (CASE,))) >= CLINIC
    level_3 = replace(CASE, states=("open", "triaged", "closed"))
    assert Subject.PULL not in subjects_of(calm, (), (level_3,))


def test_a_part_that_is_left_out_has_no_line() -> None:
    """Without a round, a moratorium, artists or a clinic there is none of their lines."""
    acts = tuple(replace(act, artist="", share=0.0) for act in tiny().acts)
    acts_only = subjects_of(tiny(failures=(FailureCue("expiry", 1, 20.0, 0.5),)), (), ())
    assert Subject.FOUND not in acts_only
    alone = set(subjects_of(tiny(acts=acts, round=None, moratorium=None, clinic=None), (TRIP,), (CASE,)))
    assert alone == set(Subject) - CLINIC - {
        *(Subject.BERTHS, Subject.POOL, Subject.PAUSE, Subject.SLEW, Subject.PIECES, Subject.REPORT)
    }
