"""One pod in virtual time: every way to zero, and the zeros that last."""

from dataclasses import replace

import numpy as np
import pytest

from dreamedge.core.agent import BUTTONS, Restored
from dreamedge.core.merging.effects import KeepLatch, KeepSever, StopListening, WakeSleeper
from dreamedge.core.moratoria import HeardMoratoria
from dreamedge.core.signal.blocks import Block
from dreamwire.messages import (
    CalibrationSource,
    Moratorium,
    PodEventKind,
    StoredSever,
    WakeOrder,
    WakePod,
    WakeScope,
)
from edge.merging import assert_alone_within, assert_zero_first, merged_bed
from fakes.edge import HOP_NS, OFFSET_S, PULSE_NS, TERM, Bed, assignment


def test_silence_of_the_daemon_is_alone_within_a_second_and_a_half() -> None:
    """Without broadcasts the pod is alone within lease and fade from the last answered capture."""
    bed = merged_bed(10.0)
    answered_ns = bed.now_ns // HOP_NS * HOP_NS
    bed.shares.clear()
    bed.run(3.0, heard=False)
    zero_ns = next(at_ns for at_ns, share in bed.shares if share == 0.0)
    assert zero_ns - answered_ns <= 1_500_000_000
    assert bed.shares[-1][1] == 0.0
    severed, alone = bed.told(PodEventKind.SEVERED)[0], bed.told(PodEventKind.ALONE)[0]
    assert (severed.cause, alone.cause) == ("lease", "lease")
    assert alone.alone_ns == zero_ns
    assert alone.evidence_ns == severed.evidence_ns
    assert bed.agent.pulse(bed.now_ns) is not None
    assert bed.status is not None
    assert bed.status.severed is None, "a lapse says nothing about the sleeper"


def test_a_frozen_agent_wakes_up_alone() -> None:
    """A pulse after three seconds of standstill renders zero: it catches up by time, not by repetition."""
    bed = merged_bed(10.0)
    bed.now_ns += 3_000_000_000
    bed.shares.clear()
    bed.pulse()
    assert bed.share == 0.0
    kinds = [event.kind for event in bed.events]
    assert kinds[-2:] == [PodEventKind.SEVERED, PodEventKind.ALONE]


def test_an_agent_that_stood_still_for_less_than_its_lease_ramps_from_zero() -> None:
    """After a shorter standstill the ramp restarts at zero, and the moment of silence is reported."""
    bed = merged_bed(10.0)
    cued_ns = bed.now_ns
    bed.now_ns += 600_000_000
    bed.shares.clear()
    bed.say()
    assert max((share for _, share in bed.shares), default=0.0) == 0.0
    severed, alone = bed.told(PodEventKind.SEVERED)[0], bed.told(PodEventKind.ALONE)[0]
    assert (severed.cause, severed.zero_ns, alone.alone_ns) == (
        "stalled",
        cued_ns + 500_000_000,
        cued_ns + 500_000_000,
    )
    bed.run(1.0)
    assert bed.share < 0.02


def test_after_a_lapse_the_ramp_starts_at_zero() -> None:
    """After a lapse the ramp starts at zero, as slowly as the first time."""
    bed = merged_bed(10.0)
    bed.run(3.0, heard=False)
    bed.run(1.0)
    assert 0.0 < bed.share < 0.02


def test_a_fade_goes_on_though_the_daemon_is_back_in_its_midst() -> None:
    """Grants during a fade raise nothing; it ends at zero first."""
    bed = merged_bed(10.0)
    bed.run(1.0, heard=False)
    while bed.share > 0.07:
        bed.run(0.05, heard=False)
    falling: list[float] = []
    while bed.share > 0.0:
        bed.run(0.05)
        bed.say()
        falling.append(bed.share)
    assert falling == sorted(falling, reverse=True)


def test_a_zero_from_the_daemon_severs_in_the_call_that_brought_it() -> None:
    """The daemon's zero severs in its own call: zero, stored with term and tick, reported; alone in 50 ms."""
    bed = merged_bed()
    assert bed.hall is not None
    bed.run(0.1, heard=False)
    bed.hall.coupling = 0.0
    effects = bed.say()
    assert_zero_first(list(effects))
    stored = StoredSever("night", TERM, bed.hall.tick, "daemon")
    assert effects[1] == KeepSever(stored)
    severed = bed.told(PodEventKind.SEVERED)[0]
    assert (severed.cause, severed.term, severed.tick) == ("daemon", TERM, bed.hall.tick)
    assert 0 < severed.zero_ns - severed.evidence_ns <= HOP_NS
    assert_alone_within(bed, 50, bed.now_ns)
    bed.run(1.0)
    assert bed.frames[-1].severed == stored
    bed.order(assignment(assignment=5))
    bed.run(1.0)
    assert bed.frames[-1].severed is None


def test_a_zero_to_a_pod_that_never_merged_is_no_event() -> None:
    """A zero to a pod that was never merged is neither stored nor reported."""
    bed = Bed()
    bed.seat()
    assert bed.hall is not None
    bed.hall.coupling = 0.0
    bed.run(3.0)
    assert bed.events == []
    assert bed.status is not None
    assert bed.status.severed is None


@pytest.mark.parametrize("cause", ["flat", "railed"])
def test_own_evidence_severs_at_its_hop_without_the_network(cause: str) -> None:
    """Quality below .4 at a hop is zero at that pulse, stored, reported with onset and evidence."""
    bed = merged_bed()
    onset_ns = bed.now_ns + 1
    bed.agent.onset(onset_ns)
    bed.source.quality, bed.source.cause = 0.2, cause
    effects: list[object] = []
    while not bed.told(PodEventKind.SEVERED):
        effects = list(bed.pulse())
    assert_zero_first(effects)
    assert isinstance(effects[1], KeepSever)
    severed = bed.told(PodEventKind.SEVERED)[0]
    assert (severed.cause, severed.onset_ns) == (cause, onset_ns)
    assert severed.zero_ns - severed.evidence_ns <= HOP_NS
    hop_note = next(note for note in reversed(bed.notes) if note.kind == "hop")
    assert hop_note.values["granted"] == 0.0, "the permission is gone with the share"
    assert_alone_within(bed, 50, severed.zero_ns)
    assert bed.told(PodEventKind.ALONE)[0].onset_ns == onset_ns


def test_while_the_signal_is_bad_grants_are_ignored_and_frames_go_on() -> None:
    """While the signal is bad frames go on and grants are ignored until quality is .5; then a ramp."""
    bed = merged_bed()
    bed.source.quality, bed.source.cause = 0.2, "flat"
    bed.run(1.0)
    sent = len(bed.frames)
    bed.source.quality = 0.45
    bed.run(4.0)
    assert len(bed.frames) == sent + 16
    assert bed.frames[-1].quality == 0.45
    assert bed.share == 0.0
    bed.source.quality, bed.source.cause = 0.5, ""
    bed.run(2.0)
    assert 0.0 < bed.share < 0.03


def test_a_nan_in_the_features_is_zero_and_is_shown_to_the_daemon() -> None:
    """NaN features sever at once, are sent in the frame, and never reach a cue."""
    bed = merged_bed()
    bed.source.features_db = np.full(12, np.nan, dtype=np.float32)
    bed.source.hard = "nonfinite"
    bed.run(1.0)
    assert bed.told(PodEventKind.SEVERED)[0].cause == "nonfinite"
    assert np.isnan(bed.frames[-1].features).all()
    assert bed.frames[-1].own_z == 0.0
    assert bed.share == 0.0


def test_silence_of_the_implant_severs_after_half_a_second() -> None:
    """Without samples the pod is at zero within a pulse of half a second, despite grants."""
    bed = merged_bed()
    bed.sampling = False
    bed.source.flows = False
    last_ns = bed.now_ns
    bed.run(0.7)
    severed = bed.told(PodEventKind.SEVERED)[0]
    assert severed.cause == "silence"
    assert severed.evidence_ns == last_ns + 500_000_000
    assert severed.zero_ns - severed.evidence_ns <= PULSE_NS
    assert bed.share == 0.0
    bed.run(1.0)
    assert bed.status is not None
    assert (bed.status.quality, bed.status.quality_cause) == (0.0, "silence")


def test_a_malfunction_without_a_merge_is_reported_and_not_stored() -> None:
    """A malfunction of a pod that is not merged is MALFUNCTION, not SEVERED, and is not stored."""
    bed = Bed()
    bed.seat()
    bed.run(1.0, heard=False)
    bed.source.quality, bed.source.cause = 0.0, "flat"
    bed.run(1.0, heard=False)
    assert [event.kind for event in bed.events] == [PodEventKind.MALFUNCTION]
    assert bed.status is not None
    assert bed.status.severed is None


def test_a_session_clock_that_jumps_severs() -> None:
    """A session clock that jumps by more than a second severs."""
    bed = merged_bed()
    nonce = 17
    probe = bed.clock.probe(bed.now_ns, nonce)
    effects = bed.take(bed.agent.clock_answer(bed.answered(probe, OFFSET_S + 2), bed.now_ns))
    assert_zero_first(list(effects))
    assert bed.told(PodEventKind.SEVERED)[0].cause == "clock"


def test_a_renderer_that_plays_on_is_found_out() -> None:
    """A renderer's share above the grants for two frames severs."""
    bed = merged_bed()
    bed.agent.rendered(0.2)
    bed.run(0.6)
    assert bed.told(PodEventKind.SEVERED)[0].cause == "actuator"
    bed.agent.rendered(0.0)
    bed.run(3.0)
    assert bed.share == 0.0, "no grant helps a device that did not obey"
    bed.order(assignment(assignment=6))
    bed.run(2.0)
    assert bed.share > 0.0


def test_a_renderer_that_plays_on_after_a_zero_is_found_at_the_second_frame() -> None:
    """After a sever no earlier grant allows the renderer's share: the second frame finds it."""
    bed = merged_bed()
    assert bed.hall is not None
    playing_on = bed.share
    bed.hall.coupling = 0.0
    bed.say()
    bed.agent.rendered(playing_on)
    bed.run(0.5, heard=False)
    assert bed.told(PodEventKind.MALFUNCTION)[0].cause == "actuator"


def test_a_renderer_that_fails_severs_and_its_sleeper_stays_alone_until_it_renders_again() -> None:
    """A failed renderer is zero first, once; no grant helps until it renders again, then by a new ramp."""
    bed = merged_bed()
    bed.agent.rendered(bed.share, "the output is gone")
    effects = bed.take(bed.agent.pulse(bed.now_ns + 1))
    assert_zero_first(list(effects))
    assert [event.cause for event in bed.told(PodEventKind.SEVERED)] == ["renderer"]
    bed.agent.rendered(0.0, "the output is gone")
    bed.run(3.0)
    assert bed.share == 0.0
    assert bed.status.renderer_fault == "the output is gone"
    assert len(bed.told(PodEventKind.SEVERED)) == 1
    bed.agent.rendered(0.0)
    bed.run(2.0)
    assert 0.0 < bed.share < 0.05
    assert bed.status.renderer_fault == ""


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_is_zero_first_then_the_latch_then_the_telling(button: str) -> None:
    """A button is zero first, then the latch, then the report; no later grant raises anything."""
    bed = merged_bed()
    effects = bed.take(bed.agent.button(button, bed.now_ns))
    assert_zero_first(list(effects))
    assert effects[1] == KeepLatch(button)
    assert StopListening() in effects
    assert_alone_within(bed, 50, bed.now_ns)
    sent = len(bed.frames)
    bed.run(3.0)
    assert len(bed.frames) == sent
    assert bed.share == 0.0
    assert bed.agent.home
    assert bed.status is not None
    assert bed.status.latched == button
    kinds = [event.kind for event in bed.events]
    assert kinds[1:] == [PodEventKind.SEVERED, PodEventKind.LATCHED, PodEventKind.ALONE]


def test_there_are_no_other_buttons() -> None:
    """An unknown button raises: it is a bug of the shell."""
    with pytest.raises(ValueError, match="wake, distress, withdraw"):
        Bed().agent.button("snooze", 1)


def test_while_latched_no_assign_is_taken_and_only_the_sleeper_lifts_it() -> None:
    """Assign, release, a lifted wake order and a reboot leave the latch; unlatch clears it."""
    bed = Bed(restored=Restored(latched="distress"))
    bed.seat()
    bed.release()
    lifted = WakeOrder("w", 9, WakeScope.FLEET, "", "ann", "over", 0, lifted=True)
    bed.take(bed.agent.wake_order(lifted, bed.now_ns))
    assert bed.status is not None
    assert bed.status.latched == "distress"
    assert bed.status.outcomes[0].refused == "latched"
    effects = bed.take(bed.agent.unlatch(bed.now_ns))
    assert effects[0] == KeepLatch("")
    assert bed.told(PodEventKind.UNLATCHED)
    bed.order(assignment())
    bed.run(3.0)
    assert bed.share > 0.0


def test_unlatching_in_the_midst_of_the_fade_does_not_stop_the_fade() -> None:
    """Unlatching during the fade counts, and the fade goes on to zero."""
    bed = merged_bed()
    bed.take(bed.agent.button("wake", bed.now_ns))
    bed.take(bed.agent.unlatch(bed.now_ns + 1))
    assert_alone_within(bed, 50, bed.now_ns)
    assert bed.status is not None
    assert bed.status.latched == ""


def test_wake_orders_sever_latch_and_wake() -> None:
    """A wake command and a wake order both put zero first and then wake the sleeper."""
    bed = merged_bed()
    effects = bed.order(WakePod("drill", "ann"))
    assert_zero_first(list(effects))
    assert WakeSleeper("drill", "ann") in effects
    bed = merged_bed()
    set_ = WakeOrder("w", 1, WakeScope.DREAMSCAPE, "night", "ann", "fire", 0, lifted=False)
    effects = bed.take(bed.agent.wake_order(set_, bed.now_ns))
    assert_zero_first(list(effects))
    assert WakeSleeper("fire", "ann") in effects
    bed.take(bed.agent.unlatch(bed.now_ns + PULSE_NS))
    bed.order(assignment(assignment=4))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "wake-order"


PAUSE = Moratorium("m1", WakeScope.FLEET, "", "ash", "three cases", 0, 0, 2**60, 2**60, seconded=True)
BESIDE = WakeOrder("none", 0, WakeScope.FLEET, "", "", "", 0, lifted=True)


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        ({}, True),
        ({"scope": WakeScope.SITE, "target": "house"}, True),
        ({"scope": WakeScope.SITE, "target": "elsewhere"}, False),
        ({"until_ms": 1}, False),
        ({"from_ms": 2**59}, False),
        ({"people_only": True}, False),
    ],
)
def test_a_moratorium_severs_and_wakes_nobody(changes: dict[str, object], *, reached: bool) -> None:
    """One that acts on a merged bed puts zero first and ends its assignment; the sleeper sleeps on."""
    bed = merged_bed()
    order = replace(BESIDE, moratoria=(replace(PAUSE, **changes),), moratoria_revision=5)
    effects = bed.take(bed.agent.wake_order(order, bed.now_ns))
    if not reached:
        assert not effects
        return
    assert_zero_first(list(effects))
    assert StopListening() in effects
    assert not any(isinstance(effect, WakeSleeper) for effect in effects)
    assert bed.status is not None
    assert (bed.status.latched, bed.status.assignment) == ("", 0)
    assert bed.told(PodEventKind.SEVERED)[-1].cause == "moratorium"
    bed.order(assignment(assignment=4))
    assert bed.status.outcomes[-1].refused == "moratorium"
    bed.take(bed.agent.wake_order(replace(order, moratoria=(), moratoria_revision=4), bed.now_ns))
    bed.order(assignment(assignment=5))
    assert bed.status.outcomes[-1].refused == "moratorium", "an older revision lifts nothing"
    bed.take(bed.agent.wake_order(replace(order, moratoria=(), moratoria_revision=6), bed.now_ns))
    bed.order(assignment(assignment=6))
    assert bed.status.outcomes[-1].refused == ""


def test_a_pod_that_knows_no_time_takes_a_moratorium_to_act() -> None:
    """A pod without the session clock is reached by each moratorium of its scope, and latches nothing."""
    heard, bed = HeardMoratoria("here", CalibrationSource.LIVE), merged_bed()
    heard.heed(
        replace(BESIDE, moratoria=(replace(PAUSE, people_only=True),), moratoria_revision=1),
        bed.agent._merge,
        None,
        0,
    )
    assert heard.acting(None) is not None
    assert HeardMoratoria("here", CalibrationSource.LIVE).acting(None) is None


def test_an_empty_block_is_no_sign_of_life() -> None:
    """Blocks without samples count as silence."""
    bed = merged_bed()
    bed.sampling = False
    empty = Block(uv=np.zeros((0, 2)), last_ns=bed.now_ns)
    bed.run(0.7, lambda: bed.agent.samples(empty, bed.now_ns))
    assert bed.told(PodEventKind.SEVERED)[0].cause == "silence"
