"""One pod in virtual time: seated, granted, commanded, and its reports."""

from itertools import pairwise

import numpy as np
import pytest

from dreamedge.core.agent import STATUS_NS
from dreamedge.core.merging.effects import (
    Feel,
    Forget,
    KeepSever,
    Listen,
    Note,
    SendEvent,
    SendStatus,
    StopListening,
)
from dreamwire.messages import Ack, PodEventKind, Recalibrate
from edge.merging import assert_alone_within, assert_zero_first, merged_bed
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
    hidden,
)


def test_a_seated_pod_ramps_to_the_ceiling_and_says_it_merged() -> None:
    """A seated pod ramps from zero over ten seconds to the byte-rounded ceiling, with one MERGED event."""
    bed = Bed()
    bed.seat()
    shares: list[float] = []
    bed.run(12.0, lambda: shares.append(bed.share))
    assert shares == sorted(shares)
    assert bed.share == pytest.approx(38 / 255)
    assert len(bed.told(PodEventKind.MERGED)) == 1
    assert bed.told(PodEventKind.SEVERED) == []


def test_frames_go_out_once_a_hop_on_the_session_grid() -> None:
    """Frames follow the session grid: instants and sequence numbers grow by one, with the newest tick."""
    bed = merged_bed()
    instants = [frame.instant for frame in bed.frames]
    assert instants == list(range(instants[0], instants[0] + len(instants)))
    assert np.all(np.diff([frame.seq & 0xFFFF for frame in bed.frames]) % 0xFFFF <= 2)
    assert bed.frames[-1].instant == (bed.now_ns + OFFSET_S * 10**9) // HOP_NS
    assert (bed.frames[-1].heard_term, bed.frames[-1].heard_tick) == (TERM, bed.hall.tick if bed.hall else 0)
    assert bed.frames[-1].applied == bed.share


def test_a_release_is_leaving_not_failing() -> None:
    """A release is zero now with nothing stored.

    The broadcast is unsubscribed, and the pod home after the fade.
    """
    bed = merged_bed()
    effects = bed.release()
    assert_zero_first(list(effects))
    assert StopListening() in effects
    assert not any(isinstance(effect, KeepSever) for effect in effects)
    assert not bed.agent.home
    assert_alone_within(bed, 50, bed.now_ns)
    assert bed.agent.home


def test_an_assign_to_another_dreamscape_severs_first() -> None:
    """An assign to another Dreamscape severs first; the other cohort starts with a new ramp."""
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
    """An unfit assignment is refused in the status of the same call."""
    bed = Bed()
    bed.run(1.0)
    effects = bed.order(assignment(**changes))
    status = effects[-1]
    assert isinstance(status, SendStatus)
    assert status.status.outcomes[-1].refused == reason
    assert status.status.assignment == 0


def test_no_calibration_no_merge() -> None:
    """An uncalibrated pod refuses; clean hops calibrate it, then it is accepted."""
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
    """A device without a feature of the schema refuses every assignment."""
    source = FeatureSource()
    source.missing = ("anterior.gamma",)
    bed = Bed(source=source)
    bed.seat()
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "missing-features"


def test_recalibration_waits_for_the_sleeper_to_have_left() -> None:
    """A recalibration is refused while assigned; afterwards it clears the scale."""
    bed = merged_bed()
    bed.order(Recalibrate("r"))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "assigned"
    bed.release()
    bed.order(Recalibrate("r"))
    assert bed.agent.own is None
    assert bed.source.own is None


def test_an_assignment_ends_by_itself() -> None:
    """When its seconds are over an assignment ends with a sever, and the pod is home."""
    bed = merged_bed(seconds_left=5.0)
    bed.run(2.0)
    assert bed.told(PodEventKind.SEVERED)[0].cause == "time-over"
    assert bed.agent.home
    assert bed.status is not None
    assert bed.status.assignment == 0


def test_the_pod_leaves_by_itself() -> None:
    """`end` is zero, LEFT, no assignment, and none accepted later; a second `end` does nothing."""
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
    """A lower consented ceiling bounds the grant."""
    bed = Bed(consent_ceiling=0.05)
    bed.merge(15.0)
    assert bed.share == pytest.approx(0.05)


@pytest.mark.parametrize("bound", ["ceiling", "cap"])
def test_the_assignments_ceiling_and_cap_bound_the_share(bound: str) -> None:
    """The smaller of ceiling and cap bounds the share, whatever is granted."""
    bed = merged_bed(20.0, **{bound: 0.04})
    assert bed.share == pytest.approx(0.04)


def test_an_assign_of_an_older_term_is_refused_with_its_reason() -> None:
    """A late assign of an older term is declined with its reason, and the present one goes on."""
    bed = merged_bed()
    bed.order(assignment(term=TERM - 1, assignment=5))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "old-term"
    assert bed.status.assignment == assignment().assignment
    bed.run(1.0)
    assert bed.share > 0.0


def test_a_grant_lowered_holds_at_the_next_render() -> None:
    """A lowered grant takes effect in the call that brought it."""
    bed = merged_bed(12.0)
    assert bed.hall is not None
    bed.hall.coupling = 0.05
    bed.say()
    assert bed.share <= 0.05


def test_refused_broadcasts_are_counted() -> None:
    """A replay, an old term and an unverified broadcast are three in the status; the share is unchanged."""
    bed = merged_bed(12.0)
    assert bed.hall is not None
    share, message = bed.share, bed.hall.collective()
    bed.take(bed.agent.collective(hidden(message), bed.now_ns))
    bed.take(bed.agent.collective(hidden(message), bed.now_ns))
    bed.say(term=TERM - 1)
    bed.take(bed.agent.broadcast_refused("seal", bed.now_ns))
    bed.run(1.0)
    assert bed.status is not None
    assert bed.status.refused_broadcasts == 3
    assert bed.share == share


def test_acknowledged_events_are_forgotten() -> None:
    """An acknowledgement removes events from the outbox."""
    bed = Bed()
    assert bed.order(Ack((b"a", b"b"))) == [Forget((b"a", b"b"))]


def test_without_a_session_clock_no_frame_is_sent_and_no_assign_taken() -> None:
    """Without a session clock no frame is sent and no assign accepted; hops are judged all the same."""
    bed = Bed()
    pulses = [bed.agent.pulse(bed.now_ns + k * PULSE_NS) for k in range(40)]
    assert bed.order(assignment())
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "clock-unsynced"
    assert any(effects for effects in pulses)


def test_while_the_link_is_down_frames_are_not_made_and_afterwards_it_listens_again() -> None:
    """While the link is down no frame is made or counted as sent; afterwards it subscribes again."""
    bed = merged_bed()
    bed.take(bed.agent.link(up=False, now_ns=bed.now_ns))
    sent = len(bed.frames)
    bed.run(2.0, heard=False)
    assert len(bed.frames) == sent
    assert bed.share == 0.0
    effects = bed.take(bed.agent.link(up=True, now_ns=bed.now_ns))
    assert Listen("night", 0) in effects


def test_the_feedback_is_felt_while_it_lasts_and_once_at_zero() -> None:
    """A simulated sleeper feels every share above zero, then one zero, then nothing."""
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
    """Each hop's note has the shares and, for the newest answered frame, its latency in ms."""
    bed = merged_bed()
    note = next(note for note in reversed(bed.notes) if note.kind == "hop")
    assert note.values["capture_to_feedback_ms"] == pytest.approx(150.0)
    assert note.values["applied"] == bed.frames[-1].applied
    assert float(note.values["distance"]) > 0.0


def test_hops_are_noted_only_for_a_journal_of_lines() -> None:
    """Hops are noted only for a journal of lines; without one, frames and statuses go on."""
    bed = Bed(tells_hops=False)
    bed.run(2.0)
    bed.notes.clear()
    bed.run(1.0)
    assert not bed.notes
    assert bed.status is not None


def test_a_status_goes_with_a_hop() -> None:
    """Statuses come once a second, after at most two of them in a pulse that has a hop."""
    bed = Bed()
    bed.run(0.35)
    bed.take(bed.agent.button("wake", bed.now_ns))
    sent_ns, with_hop = [], []
    for _ in range(120):
        effects = bed.pulse()
        if any(isinstance(effect, SendStatus) for effect in effects):
            sent_ns.append(bed.now_ns)
            with_hop.append(any(isinstance(effect, Note) and effect.kind == "hop" for effect in effects))
    assert all(with_hop[2:])
    assert {late - early for early, late in pairwise(sent_ns[2:])} == {STATUS_NS}


def test_the_presence_identifies_the_pod() -> None:
    """The presence identifies the pod; the will is the same but offline."""
    presence = Bed().agent.presence(online=False)
    assert (presence.pod, presence.incarnation, presence.online) == (POD, INCARNATION, False)


def test_every_event_has_its_own_id() -> None:
    """Every event has its own id of sixteen bytes."""
    bed = merged_bed()
    bed.run(3.0, heard=False)
    ids = [event.id for event in bed.events]
    assert all(len(id_) == 16 for id_ in ids)
    assert len(set(ids)) == len(ids) > 2
    assert not any(isinstance(effect, SendEvent) for effect in bed.pulse())
