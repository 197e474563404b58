"""One Dreamscape in two houses: one centre, and no grant without the others' answer."""

from dataclasses import replace

import numpy as np
import pytest

from dreamd.app.collective.shared_ticks import SharedTicks
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.recording_consent import unshared
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.safety.causes import Cause
from dreamd.fusion.summary import Summary
from dreamd.fusion.synchrony import PhaseSums
from fakes.callers import OPERATOR
from fakes.shared_houses import NAME, Houses
from fakes.stage import Stage


def dreamscape(stage: Stage) -> Dreamscape:
    """The Dreamscape of a house."""
    runtime = stage.app.registry.get(NAME)
    assert runtime is not None
    return runtime.dreamscape


def kinds(stage: Stage) -> list[str]:
    """The kinds of the house's events."""
    return [event.kind for event in stage.app.journal._events]


@pytest.fixture
def houses() -> Houses:
    """Two houses of four sleepers each that dream together."""
    both = Houses(4, 4)
    both.dream()
    return both


def test_houses_broadcast_one_centre_and_grant_by_all_sleepers(houses: Houses) -> None:
    """Both messages hold the same r, m, S and W, of eight sleepers, and couple all four of the house."""
    one, two = houses.newest()
    assert houses.granted() == [4, 4]
    for name in ("r", "m", "sum"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    assert one.weight == two.weight
    assert [dreamscape(stage).cohorts.fused.n for stage in houses.stages] == [8, 8]  # type: ignore[union-attr]
    x = [pod.profile for stage in houses.stages for pod in stage.pods]
    mu, sigma = dreamscape(houses.stages[0]).cohorts.scale
    assert np.linalg.norm((np.mean(x, axis=0) - mu) / sigma - one.m) < 1.0


def test_a_house_that_is_not_heard_grants_nothing_and_the_others_dream_on(houses: Houses) -> None:
    """The cut house sends zeros after two held ticks, and an event after four; the other couples on."""
    houses.engines[1].cut = True
    houses.hop(2)
    assert houses.granted() == [4, 4]
    houses.hop()
    assert houses.granted() == [4, 0]
    assert dreamscape(houses.stages[1]).withheld == Cause.UNJOINED.value
    houses.hop(5)
    assert houses.granted() == [4, 0]
    assert dreamscape(houses.stages[0]).cohorts.fused.n == 4  # type: ignore[union-attr]
    assert kinds(houses.stages[1]).count("houses-parted") == 1
    assert "houses-parted" not in kinds(houses.stages[0])
    houses.engines[1].cut = False
    houses.hop(3)
    assert houses.granted() == [4, 4]
    assert kinds(houses.stages[1]).count("houses-joined") == 1
    assert [dreamscape(stage).state for stage in houses.stages] == [DreamscapeState.DREAMING] * 2


def test_without_a_reducer_no_permission_lives_longer(houses: Houses) -> None:
    """Two messages answer the frames of the last sums again, and the third grants nothing."""
    last = houses.newest()
    for engine in houses.engines:
        engine.cut = True
    for _ in range(2):
        houses.hop()
        for held, before in zip(houses.newest(), last, strict=True):
            assert held.tick > before.tick
            assert held.answered.tolist() == before.answered.tolist()
            assert held.m.tobytes() == before.m.tobytes()
            assert np.isnan(held.phase_means).all()
    houses.hop()
    assert houses.granted() == [0, 0]


def test_a_held_message_excludes_in_the_same_tick(houses: Houses) -> None:
    """A pod that is released, and one with a poor signal, are at zero in the repeated message."""
    for engine in houses.engines:
        engine.cut = True
    houses.stages[0].pods[1].quality = 0.1
    houses.between = lambda: houses.stages[0].app.pods.release(OPERATOR, "bed-1", "away")
    houses.hop()
    assert houses.granted() == [2, 4]
    assert (houses.newest()[0].answered > 0).sum() == 2


def test_a_message_answers_the_frames_in_its_sums(houses: Houses) -> None:
    """A frame that comes between the sums and the message is not the one that the message answers."""
    stage = houses.stages[0]
    seqs: list[int] = []

    def one_more() -> None:
        seqs.extend(pod.seq & 0xFFFF for pod in stage.pods)
        for pod in stage.pods:
            pod.frame(dreamscape(stage).instant + 1)

    houses.between = one_more
    houses.hop()
    assert sorted(houses.newest()[0].answered.tolist()) == sorted(seqs)


def test_a_slot_left_meanwhile_is_granted_nothing(houses: Houses) -> None:
    """A pod released between the sums and the message has neither coupling nor answer in it."""
    stage = houses.stages[0]
    houses.between = lambda: stage.app.pods.release(OPERATOR, "bed-1", "away")
    houses.hop()
    message = houses.newest()[0]
    assert (message.coupling > 0).sum() == (message.answered > 0).sum() == 3


def test_a_sever_in_one_house_severs_all_until_people_resume(houses: Houses) -> None:
    """Severed in one house, the other is severed within a tick; each is resumed by its own people."""
    dreamscape(houses.stages[0]).sever(Cause.OPERATOR, "a drill")
    houses.hop()
    assert houses.granted() == [0, 0]
    assert [dreamscape(stage).state for stage in houses.stages] == [DreamscapeState.SEVERED] * 2
    assert dreamscape(houses.stages[1]).sever_cause == Cause.ELSEWHERE.value
    houses.hop(4)
    assert dreamscape(houses.stages[0]).resume() is None
    houses.hop(4)
    assert houses.granted() == [4, 0]
    assert dreamscape(houses.stages[1]).resume() is None
    houses.hop(4)
    assert houses.granted() == [4, 4]


def test_an_answer_that_is_not_finite_is_none(houses: Houses) -> None:
    """With NaN in the sums of an answer the house repeats its last message, and goes on in the next tick."""
    kept = houses.pass_answers

    def sicken() -> None:
        for engine in houses.engines:
            for name, answer in engine.answers:
                assert isinstance(answer.sums, Summary)
                sums = replace(answer.sums, s=answer.sums.s * np.nan)
                engine.answers = [(name, replace(answer, sums=sums))]
        kept()

    houses.hop()
    while (dreamscape(houses.stages[0]).instant + 1) % 4 == 0:
        houses.hop()
    last = houses.newest()[0]
    houses.pass_answers = sicken  # type: ignore[method-assign]
    houses.hop()
    assert houses.newest()[0].m.tobytes() == last.m.tobytes()
    assert houses.newest()[0].answered.tolist() == last.answered.tolist()
    houses.pass_answers = kept  # type: ignore[method-assign]
    houses.hop()
    assert houses.granted() == [4, 4]
    assert np.isfinite(houses.newest()[0].m).all()
    assert houses.newest()[0].answered.tolist() != last.answered.tolist()


def test_a_house_resumed_between_sums_and_message_grants_nothing(houses: Houses) -> None:
    """Its sums were empty, so its sleepers are in no sum: they are granted from the next tick on."""
    dreamscape(houses.stages[0]).sever(Cause.OPERATOR, "a drill")
    houses.hop(4)
    dreamscape(houses.stages[0]).resume()
    houses.hop(4)
    houses.between = dreamscape(houses.stages[1]).resume
    houses.hop()
    assert dreamscape(houses.stages[1]).state is DreamscapeState.DREAMING
    assert houses.granted() == [4, 0]
    houses.hop()
    assert houses.granted() == [4, 4]


def test_a_house_that_missed_an_answer_is_left_out_of_one_tick() -> None:
    """At an older centre it is in no sum and repeats its message; it goes on from the others' centre."""
    houses = Houses(5, 4)
    houses.dream()
    kept = houses.pass_answers

    def pass_one() -> None:
        houses.engines[1].answers.clear()
        kept()

    last = houses.newest()[1].answered.tolist()
    houses.pass_answers = pass_one  # type: ignore[method-assign]
    houses.hop()
    assert houses.newest()[1].answered.tolist() == last
    houses.pass_answers = kept  # type: ignore[method-assign]
    houses.hop()
    assert houses.newest()[1].answered.tolist() == last
    assert houses.engines[0].sent[-1].centre != houses.engines[1].sent[-1].centre
    houses.hop()
    assert houses.newest()[1].answered.tolist() != last
    assert houses.newest()[0].m.tobytes() == houses.newest()[1].m.tobytes()


def test_a_house_on_another_scale_never_meets_the_others(houses: Houses) -> None:
    """Its sleepers are granted nothing, and it takes no centre of the others."""
    cohorts = dreamscape(houses.stages[1]).cohorts
    cohorts.scale = cohorts.scale[0] + np.float32(1.0), cohorts.scale[1]
    houses.hop(3)
    assert sorted(houses.granted()) == [0, 4]
    houses.hop(3)
    parted = [
        e.sentence for stage in houses.stages for e in stage.app.journal._events if e.kind == "houses-parted"
    ]
    assert len(parted) == 1
    assert "another schema or scale" in parted[0]
    one, two = (engine.sent[-1].centre[8:] for engine in houses.engines)
    assert one != two


def test_the_quorum_counts_all_houses(houses: Houses) -> None:
    """Two healthy of four would be too few for a house alone; with four in the other house they dream on."""
    for pod in houses.stages[1].pods[:2]:
        pod.quality = 0.1
    houses.hop(30)
    assert houses.granted() == [4, 2]
    houses.engines[0].cut = True
    houses.hop(20)
    assert houses.granted() == [0, 0]
    houses.engines[1].cut = True
    houses.hop(20)
    states = [dreamscape(stage).state for stage in houses.stages]
    assert states == [DreamscapeState.DREAMING] * 2, "a silent house is no evidence against people"


def test_others_that_are_not_heard_are_away() -> None:
    """Sleepers of a house that is missing, or of all when no answer comes, count as away, not as healthy."""
    shared, both = SharedTicks(), frozenset(["b", "c"])
    assert shared.whole(NAME, (4, 3, 1), 0.0) == (4, 3, 1)
    shared.note_others(NAME, 10.0, (20, 18, 1), both)
    assert shared.whole(NAME, (4, 3, 1), 10.5) == (24, 21, 2)
    shared.note_others(NAME, 11.0, (5, 5, 0), frozenset(["b"]))
    assert shared.whole(NAME, (4, 3, 1), 11.0) == (24, 8, 16)
    assert shared.whole(NAME, (4, 3, 1), 13.0) == (24, 3, 21)
    shared.note_others(NAME, 14.0, (6, 6, 0), both)
    assert shared.whole(NAME, (4, 3, 1), 14.0) == (10, 9, 1)


def test_synchrony_is_that_of_all_houses(houses: Houses) -> None:
    """Once a second each house sends its phase sums, and reads the synchrony from the sum of all."""
    houses.hop(8)
    sums = [part.sums for part in houses.engines[0].sent if isinstance(part.sums, PhaseSums)]
    assert len(sums) >= 2
    chorus = dreamscape(houses.stages[0]).cohorts.fusion.chorus
    assert chorus.parted
    heard: list[PhaseSums | None] = []
    chorus.told = lambda whole, instant: heard.append(whole)  # type: ignore[method-assign]
    houses.hop(4)
    assert [type(one) for one in heard] == [PhaseSums]
    houses.engines[0].cut = True
    houses.hop(16)
    assert heard[-1] is None


def test_a_shared_dreamscape_is_not_recorded() -> None:
    """A plan with a recording is refused where the Dreamscape is shared: a house has a part of it alone."""
    plan = Plan(NAME, seats_min=3, seats_max=4, ramp_s=10.0, ceiling=0.1, record=True)
    refusal = unshared(plan, shared=True)
    assert refusal is not None
    assert "would hold a part" in refusal.sentence
    assert unshared(plan, shared=False) is None
    assert unshared(replace(plan, record=False), shared=True) is None
