"""One pod in virtual time: what it does when things happen to it."""

import numpy as np
import pytest

from dreamedge.core.agent import BUTTONS, Restored
from dreamedge.core.effects import (
    Feel,
    Forget,
    KeepLatch,
    KeepSever,
    Listen,
    Render,
    SendEvent,
    SendStatus,
    StopListening,
    WakeSleeper,
)
from dreamedge.core.signal import Block
from dreamwire.messages import (
    Ack,
    PodEventKind,
    Recalibrate,
    StoredSever,
    WakeOrder,
    WakePod,
    WakeScope,
)
from fakes.edge import (
    HOP_NS,
    INCARNATION,
    OFFSET_S,
    POD,
    PULSE_NS,
    TERM,
    Bed,
    FeatureSource,
    assignment,
)

ZERO_FIRST = "the zero is rendered before anything is stored or told"


def merged_bed(seconds: float = 4.0, **changes: object) -> Bed:
    """A bed so many seconds after its assignment, with the shortest ramp."""
    bed = Bed()
    bed.merge(seconds, **changes)
    return bed


def assert_zero_first(effects: list[object]) -> None:
    """The first effect renders zero with the 50 ms fade."""
    first = effects[0]
    assert isinstance(first, Render), ZERO_FIRST
    assert first.cue.share == 0.0
    assert first.cue.fade_ms == 50.0


def assert_alone_within(bed: Bed, milliseconds: int, since_ns: int) -> None:
    """After two more pulses the pod's own account is zero and stays so; ALONE bears its stamps."""
    bed.run(0.1, heard=False)
    alone = bed.told(PodEventKind.ALONE)[-1]
    assert alone.zero_ns == since_ns
    assert alone.alone_ns - since_ns <= milliseconds * 1_000_000
    assert bed.share == 0.0


def test_a_seated_pod_ramps_to_the_ceiling_and_says_it_merged() -> None:
    """From zero over ten seconds to the byte-rounded ceiling, with one MERGED event."""
    bed = Bed()
    bed.seat()
    shares: list[float] = []
    bed.run(12.0, lambda: shares.append(bed.share))
    assert shares == sorted(shares)
    assert bed.share == pytest.approx(38 / 255)
    assert len(bed.told(PodEventKind.MERGED)) == 1
    assert bed.told(PodEventKind.SEVERED) == []


def test_frames_go_out_once_a_hop_on_the_session_grid() -> None:
    """Instants grow by one, sequence numbers by one, and a frame says what was heard."""
    bed = merged_bed()
    instants = [frame.instant for frame in bed.frames]
    assert instants == list(range(instants[0], instants[0] + len(instants)))
    assert np.all(np.diff([frame.seq & 0xFFFF for frame in bed.frames]) % 0xFFFF <= 2)
    assert bed.frames[-1].instant == (bed.now_ns + OFFSET_S * 10**9) // HOP_NS
    assert (bed.frames[-1].heard_term, bed.frames[-1].heard_tick) == (TERM, bed.hall.tick if bed.hall else 0)
    assert bed.frames[-1].applied == bed.share


def test_silence_of_the_daemon_is_alone_within_a_second_and_a_half() -> None:
    """From the capture of the last answered frame: the lease, then the fade, by the pulse."""
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
    """After three seconds without a pulse the first one renders zero: time catches up, not repetition."""
    bed = merged_bed(10.0)
    bed.now_ns += 3_000_000_000
    bed.shares.clear()
    bed.pulse()
    assert bed.share == 0.0
    kinds = [event.kind for event in bed.events]
    assert kinds[-2:] == [PodEventKind.SEVERED, PodEventKind.ALONE]


def test_after_a_lapse_the_ramp_starts_at_zero() -> None:
    """The daemon is back: the sleeper comes back as slowly as the first time."""
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
    """Zero first, then kept with term and tick, then told; alone 50 ms later; repeated in frames."""
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


def test_a_zero_to_someone_who_was_never_merged_is_no_event() -> None:
    """Half-open seats hear zeros all the time; nothing is stored, nothing is told."""
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
    """Quality below .4 at a hop: zero at that pulse, stored, told with onset and evidence."""
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
    """The daemon still sees the pod; the pod does not listen until quality is .5 again, then ramps."""
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
    """Features that are no numbers sever at once, travel in the frame, and never reach a cue."""
    bed = merged_bed()
    bed.source.features_db = np.full(12, np.nan, dtype=np.float32)
    bed.source.hard = "nonfinite"
    bed.run(1.0)
    assert bed.told(PodEventKind.SEVERED)[0].cause == "nonfinite"
    assert np.isnan(bed.frames[-1].features).all()
    assert bed.frames[-1].own_z == 0.0
    assert bed.share == 0.0


def test_silence_of_the_implant_severs_after_half_a_second() -> None:
    """No samples: zero within a pulse of the half second, though the daemon still grants."""
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


def test_a_malfunction_of_someone_not_merged_is_told_but_severs_nobody() -> None:
    """MALFUNCTION instead of SEVERED, and nothing is stored."""
    bed = Bed()
    bed.seat()
    bed.run(1.0, heard=False)
    bed.source.quality, bed.source.cause = 0.0, "flat"
    bed.run(1.0, heard=False)
    assert [event.kind for event in bed.events] == [PodEventKind.MALFUNCTION]
    assert bed.status is not None
    assert bed.status.severed is None


def test_a_session_clock_that_jumps_severs() -> None:
    """More than a second off: the pod lets go."""
    bed = merged_bed()
    nonce = 17
    probe = bed.clock.probe(bed.now_ns, nonce)
    effects = bed.take(bed.agent.clock_answer(bed.answered(probe, OFFSET_S + 2), bed.now_ns))
    assert_zero_first(list(effects))
    assert bed.told(PodEventKind.SEVERED)[0].cause == "clock"


def test_a_renderer_that_plays_on_is_found_out() -> None:
    """What the device says it renders is held against the grants: above them for two frames severs."""
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
    """Once severed, no earlier grant excuses what the device still renders."""
    bed = merged_bed()
    assert bed.hall is not None
    playing_on = bed.share
    bed.hall.coupling = 0.0
    bed.say()
    bed.agent.rendered(playing_on)
    bed.run(0.5, heard=False)
    assert bed.told(PodEventKind.MALFUNCTION)[0].cause == "actuator"


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_is_zero_first_then_the_latch_then_the_telling(button: str) -> None:
    """The latch ends the assignment, silences the frames, and no grant raises anything after it."""
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
    """An unknown button is a bug of the shell."""
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
    """The sleeper's act counts, and the zero is finished."""
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


def test_a_release_is_leaving_not_failing() -> None:
    """Zero now, nothing stored, the broadcast no longer listened to, home after the fade."""
    bed = merged_bed()
    effects = bed.release()
    assert_zero_first(list(effects))
    assert StopListening() in effects
    assert not any(isinstance(effect, KeepSever) for effect in effects)
    assert not bed.agent.home
    assert_alone_within(bed, 50, bed.now_ns)
    assert bed.agent.home


def test_an_assign_to_another_dreamscape_severs_first() -> None:
    """Nobody is carried over: zero, then the other cohort from a new ramp."""
    bed = merged_bed()
    effects = bed.order(assignment(dreamscape="day", assignment=3))
    assert_zero_first(list(effects))
    assert Listen("day", 0) in effects
    assert any(isinstance(effect, Feel) and effect.felt.share == 0.0 for effect in effects)
    assert_alone_within(bed, 50, bed.now_ns)
    bed.run(1.0)
    assert bed.share == 0.0, "the old Dreamscape's broadcasts grant nothing"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"slot": 300}, "malformed"),
        ({"incarnation": 6}, "other-incarnation"),
        ({"schema": "other"}, "other-schema"),
        ({"ceiling": float("nan")}, "malformed"),
    ],
)
def test_an_unfit_assignment_is_refused_at_once_in_a_status(changes: dict[str, object], reason: str) -> None:
    """The refusal stands in the status of the same call, and nobody is assigned."""
    bed = Bed()
    bed.run(1.0)
    effects = bed.order(assignment(**changes))
    status = effects[-1]
    assert isinstance(status, SendStatus)
    assert status.status.outcomes[-1].refused == reason
    assert status.status.assignment == 0


def test_no_calibration_no_merge() -> None:
    """An uncalibrated pod refuses; clean hops calibrate it; then it is taken."""
    bed = Bed(calibrated=False)
    bed.seat()
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "not-calibrated"
    bed.run(9.0)
    assert bed.status.calibration.done
    assert bed.source.own is bed.agent.own is not None
    bed.order(assignment())
    bed.run(3.0)
    assert bed.share > 0.0


def test_a_device_that_cannot_measure_the_schema_is_never_seated() -> None:
    """Missing features refuse the assignment."""
    source = FeatureSource()
    source.missing = ("anterior.gamma",)
    bed = Bed(source=source)
    bed.seat()
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "missing-features"


def test_recalibration_waits_for_the_sleeper_to_have_left() -> None:
    """While assigned it is refused, afterwards it forgets the scale."""
    bed = merged_bed()
    bed.order(Recalibrate("r"))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "assigned"
    bed.release()
    bed.order(Recalibrate("r"))
    assert bed.agent.own is None
    assert bed.source.own is None


def test_an_assignment_ends_by_itself() -> None:
    """When its seconds are over the pod severs itself and is home."""
    bed = merged_bed(seconds_left=5.0)
    bed.run(2.0)
    assert bed.told(PodEventKind.SEVERED)[0].cause == "time-over"
    assert bed.agent.home
    assert bed.status is not None
    assert bed.status.assignment == 0


def test_the_pod_leaves_by_itself() -> None:
    """End: zero, LEFT, no assignment, and none taken any more; a second end says nothing."""
    bed = merged_bed()
    effects = bed.take(bed.agent.end("recording over", bed.now_ns))
    assert_zero_first(list(effects))
    assert bed.told(PodEventKind.LEFT)[0].cause == "recording over"
    assert bed.agent.wants_to_leave
    assert bed.agent.end("again", bed.now_ns) == []
    assert_alone_within(bed, 50, bed.now_ns)
    assert bed.agent.home
    bed.order(assignment(assignment=8))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "leaving"
    assert bed.status.recording_ended


def test_consent_bounds_the_share() -> None:
    """A lower consented ceiling wins over what is granted."""
    bed = Bed(consent_ceiling=0.05)
    bed.merge(15.0)
    assert bed.share == pytest.approx(0.05)


def test_a_grant_lowered_holds_at_the_next_render() -> None:
    """Halving takes effect in the call that brought it."""
    bed = merged_bed(12.0)
    assert bed.hall is not None
    bed.hall.coupling = 0.05
    bed.say()
    assert bed.share <= 0.05


def test_refused_broadcasts_are_counted() -> None:
    """A replay, an old term, and one refused at the door: three in the status, share untouched."""
    bed = merged_bed(12.0)
    assert bed.hall is not None
    share, message = bed.share, bed.hall.collective()
    bed.take(bed.agent.collective(message, bed.now_ns))
    bed.take(bed.agent.collective(message, bed.now_ns))
    bed.say(term=TERM - 1)
    bed.take(bed.agent.broadcast_refused("seal", bed.now_ns))
    bed.run(1.0)
    assert bed.status is not None
    assert bed.status.refused_broadcasts == 3
    assert bed.share == share


def test_acknowledged_events_are_forgotten() -> None:
    """An ack reaches the outbox."""
    bed = Bed()
    assert bed.order(Ack((b"a", b"b"))) == [Forget((b"a", b"b"))]


def test_without_a_session_clock_no_frame_is_sent_and_no_assign_taken() -> None:
    """The grid must be known; hops are judged all the same."""
    bed = Bed()
    pulses = [bed.agent.pulse(bed.now_ns + k * PULSE_NS) for k in range(40)]
    assert bed.order(assignment())
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "clock-unsynced"
    assert any(effects for effects in pulses)


def test_while_the_link_is_down_frames_are_not_made_and_afterwards_it_listens_again() -> None:
    """A frame that cannot leave is not remembered as sent."""
    bed = merged_bed()
    bed.take(bed.agent.link(up=False, now_ns=bed.now_ns))
    sent = len(bed.frames)
    bed.run(2.0, heard=False)
    assert len(bed.frames) == sent
    assert bed.share == 0.0
    effects = bed.take(bed.agent.link(up=True, now_ns=bed.now_ns))
    assert Listen("night", 0) in effects


def test_the_feedback_is_felt_while_it_lasts_and_once_at_zero() -> None:
    """A simulated sleeper gets every share above zero, then one zero, then nothing."""
    bed = merged_bed()
    bed.take(bed.agent.button("withdraw", bed.now_ns))
    felt: list[float] = []
    for _ in range(20):
        bed.now_ns += 20_000_000
        felt += [e.felt.share for e in bed.agent.pulse(bed.now_ns) if isinstance(e, Feel)]
    assert felt[-1] == 0.0
    assert felt.count(0.0) == 1
    assert felt == sorted(felt, reverse=True)


def test_the_journal_measures_capture_to_feedback_at_the_first_render_that_used_it() -> None:
    """Each hop's note has the shares and, for the newest answered frame, the milliseconds it took."""
    bed = merged_bed()
    note = next(note for note in reversed(bed.notes) if note.kind == "hop")
    assert note.values["capture_to_feedback_ms"] == pytest.approx(150.0)
    assert note.values["applied"] == bed.frames[-1].applied
    assert float(note.values["distance"]) > 0.0


def test_presence_says_who_it_is() -> None:
    """The will is the same but offline."""
    presence = Bed().agent.presence(online=False)
    assert (presence.pod, presence.incarnation, presence.online) == (POD, INCARNATION, False)


def test_an_empty_block_is_no_sign_of_life() -> None:
    """A device that delivers blocks without samples is silent."""
    bed = merged_bed()
    bed.sampling = False
    empty = Block(uv=np.zeros((0, 2)), last_ns=bed.now_ns)
    bed.run(0.7, lambda: bed.agent.samples(empty, bed.now_ns))
    assert bed.told(PodEventKind.SEVERED)[0].cause == "silence"


def test_every_event_has_its_own_id() -> None:
    """Sixteen bytes, never the same twice."""
    bed = merged_bed()
    bed.run(3.0, heard=False)
    ids = [event.id for event in bed.events]
    assert all(len(id_) == 16 for id_ in ids)
    assert len(set(ids)) == len(ids) > 2
    assert not any(isinstance(effect, SendEvent) for effect in bed.pulse())
