"""The scenarios: each as usually played, and those that could not show their failure."""

import pytest

from dreamd.rehearsal.run import Wish, failing, planned
from dreamd.rehearsal.scenarios import SCENES, cue, scene_named
from dreamd.up.plan import CannotRun

ASKED = (
    *("silence", "flat", "railed", "nonfinite", "frozen", "replay", "clock-jump", "actuator-stuck"),
    *("crosstalk", "gain-runaway", "synchrony-runaway", "homogenise", "mass"),
    *("withdrawal", "expiry", "hours-end", "narrowing", "widening", "anchor", "moratorium"),
)


def test_every_name_there_is_can_be_played_by_two_hundred() -> None:
    """Thirteen failures and seven acts, each as usually played, fit two hundred sleepers."""
    assert tuple(SCENES) == ASKED
    for scene in SCENES.values():
        played = cue(scene, 200)
        assert played.beds >= scene.beds_least
        assert played.lasts_s >= scene.lasts_least_s
        assert len(failing(played, 200)) == played.beds == len(set(failing(played, 200)))


@pytest.mark.parametrize(
    ("name", "sleepers", "share", "at_s", "lasts_s", "why"),
    [
        (
            "railed",
            8,
            0.1,
            None,
            None,
            r"is 0 of the 1 beds.*at least --share 0.125",
        ),
        ("railed", 4, 0.5, None, None, "needs 5 --sleepers"),
        ("railed", 20, 0.5, None, None, "above --share 0.2 they would be a mass failure"),
        ("silence", 20, 0.5, None, None, "above --share 0.4 the quorum would be lost"),
        ("mass", 20, 0.2, None, None, "more than 20% of the sleepers"),
        ("crosstalk", 20, 0.05, None, None, "0 of the 2 beds"),
        ("gain-runaway", 200, 0.1, None, None, "less than --share 0.2 the crowd carries it"),
        ("homogenise", 200, 0.5, None, None, "less than --share 0.9"),
        ("homogenise", 200, None, None, 30.0, "needs --duration 70 to be seen; this is 30"),
        ("railed", 200, None, 3.0, None, "before --at 12 the crowd is not drawn in; this is 3"),
        ("railed", 200, None, None, float("nan"), "needs --duration 4 to be seen"),
        ("withdrawal", 20, 0.5, None, None, "above --share 0.4 the quorum would be lost"),
        ("hours-end", 20, None, None, 30.0, "needs --duration 70 to be seen"),
        ("narrowing", 5, 0.2, None, None, "needs 6 --sleepers"),
        ("synchrony-runaway", 6, None, None, None, "needs 8 --sleepers"),
    ],
)
def test_an_impossible_rehearsal_is_refused_with_the_reason(
    name: str, sleepers: int, share: float | None, at_s: float | None, lasts_s: float | None, why: str
) -> None:
    """Too few, too many, too soon or too short is refused in one sentence with the remedy."""
    with pytest.raises(CannotRun, match=f"{name} could not show itself: .*{why}"):
        cue(scene_named(name), sleepers, share, at_s, lasts_s)


def test_an_unknown_name_is_refused_with_the_list() -> None:
    """An unknown name is refused with the list."""
    with pytest.raises(CannotRun, match=r"gremlins.*railed.*mass"):
        scene_named("gremlins")


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, float("nan")])
def test_a_share_is_a_part_of_the_sleepers(share: float) -> None:
    """A share is above zero and at most all."""
    with pytest.raises(CannotRun, match=r"--share"):
        cue(scene_named("railed"), 20, share)


def test_a_night_is_planned_with_the_failing_spread_over_the_ward() -> None:
    """Of 200, twenty fail from the merge on, every tenth; beyond 24 sleepers they are features alone."""
    night = planned(Wish(200, cue(scene_named("railed"), 200)))
    ill = [number for number, sleeper in enumerate(night.sleepers) if sleeper.malfunction]
    assert ill == list(range(0, 200, 10))
    assert {s.malfunction.name for s in night.sleepers if s.malfunction} == {"railed"}
    assert all(s.malfunction.when_merged for s in night.sleepers if s.malfunction)
    assert night.light
    assert not planned(Wish(24, cue(scene_named("railed"), 24))).light
    assert len({sleeper.seed for sleeper in night.sleepers}) == 200


def test_no_implant_fails_where_sleepers_act() -> None:
    """Two of twenty sleepers act, spread over the ward; the implant of each is sound."""
    wish = Wish(20, cue(scene_named("expiry"), 20))
    assert failing(wish.cue, 20) == (0, 10)
    assert not [sleeper for sleeper in planned(wish).sleepers if sleeper.malfunction]


def test_two_beds_with_one_brain_lie_side_by_side_in_one_process() -> None:
    """Of each pair the second bed carries the first's brain, in the same process."""
    wish = Wish(250, cue(scene_named("crosstalk"), 250))
    night = planned(wish)
    copies = [number for number, sleeper in enumerate(night.sleepers) if sleeper.malfunction]
    assert copies == list(range(1, wish.cue.beds, 2))
    assert len(failing(wish.cue, 250)) == 2 * len(copies)
    assert all(len(group) % 2 == 0 for group in night.groups[:-1])


def test_a_mass_failure_is_many_drivers_at_once() -> None:
    """The scenario `mass` is `nonfinite` in three beds of ten."""
    night = planned(Wish(20, cue(scene_named("mass"), 20)))
    assert [s.malfunction.name for s in night.sleepers if s.malfunction] == ["nonfinite"] * 6
