"""The tether's judgement of broadcasts: grants, zeros, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from dreamedge.core.merging.tether import COHORTS_KEPT, LEASE_NS, Granted, Reason, Refused, Zeroed
from dreamwire.blend import leave_one_out, weight
from dreamwire.messages import Collective
from dreamwire.schema import WIRE_REVISION
from fakes.edge import SCHEMA, START_NS, TERM, Hall, KeyedTether, assignment

X = np.full(SCHEMA.size, 0.5, dtype=np.float32)
SEQ = 0x0001_0042


def tethered() -> KeyedTether:
    """A tether with one frame sent just now."""
    tether = KeyedTether()
    assert tether.accept(assignment())
    tether.sent(SEQ, START_NS, START_NS, X)
    return tether


def broadcast(tick: int = 1, **changes: object) -> Collective:
    """A broadcast that answers the frame of `tethered` with a coupling."""
    hall = Hall(assignment())
    message = hall.collective()
    w = weight(X, message.r)
    message.answered[3] = SEQ & 0xFFFF
    message = replace(message, tick=tick, sum=message.sum + np.float32(w) * X, weight=message.weight + w)
    return replace(message, **changes)  # type: ignore[arg-type]


def with_slot(message: Collective, coupling: int, answered: int) -> Collective:
    """The same with another coupling byte and answer in slot 3."""
    bytes_, seqs = message.coupling.copy(), message.answered.copy()
    bytes_[3], seqs[3] = coupling, answered
    return replace(message, coupling=bytes_, answered=seqs)


def test_an_answered_fresh_frame_is_a_permission() -> None:
    """A broadcast that answers a frame of this pod grants its coupling and the centre of the others."""
    message = broadcast()
    granted = tethered().judge(message, START_NS + 200_000_000)
    assert isinstance(granted, Granted)
    assert 0.14 < granted.coupling <= 0.15
    others = leave_one_out(message.sum, message.weight, X, weight(X, message.r))
    assert others is not None
    assert np.array_equal(granted.c_minus, others)
    assert np.all((others >= 1.0) & (others <= 2.0))


def test_a_permission_ends_one_second_after_the_capture_not_after_the_broadcast() -> None:
    """The lease runs from the own frame's capture, so any delay on the way shortens it."""
    tether = tethered()
    tether.judge(broadcast(), START_NS + 900_000_000)
    assert tether.living(START_NS + LEASE_NS - 1) is not None
    assert tether.living(START_NS + LEASE_NS) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dreamscape": "other"}, Reason.OTHER_DREAMSCAPE),
        ({"cohort": 1}, Reason.OTHER_COHORT),
        ({"term": TERM - 1}, Reason.OLD_TERM),
        ({"term": TERM + 1}, Reason.NEWER_TERM),
        ({"tick": 0}, Reason.OLD_TICK),
        ({"min_reader": WIRE_REVISION + 1}, Reason.MIN_READER),
        ({"sum": np.full(SCHEMA.size, np.nan, dtype=np.float32)}, Reason.MALFORMED),
        ({"r": np.full(SCHEMA.size, np.inf, dtype=np.float32)}, Reason.MALFORMED),
        ({"m": np.zeros(3, dtype=np.float32)}, Reason.MALFORMED),
        ({"weight": float("nan")}, Reason.MALFORMED),
        ({"weight": 0.0}, Reason.MALFORMED),
        ({"share": 0.6}, Reason.MALFORMED),
        ({"share": float("nan")}, Reason.MALFORMED),
        ({"artist": np.zeros(2, dtype=np.float32)}, Reason.MALFORMED),
        ({"coupling": np.full(2, 9, dtype=np.uint8)}, Reason.MALFORMED),
        ({"answered": np.zeros(8, dtype=np.uint16)}, Reason.UNANSWERED),
        ({"answered": np.full(8, 77, dtype=np.uint16)}, Reason.UNKNOWN_FRAME),
    ],
)
def test_each_broken_condition_is_refused_with_its_reason(changes: dict[str, object], reason: Reason) -> None:
    """Each condition of DESIGN 6, broken alone, refuses the broadcast and leaves no permission."""
    tether = tethered()
    assert tether.judge(broadcast(**changes), START_NS + 1) == Refused(reason)
    assert tether.living(START_NS + 1) is None


def test_a_broadcast_that_ends_before_the_own_slot_ends_the_permission() -> None:
    """A pod beyond the broadcast's slots is granted nothing; the last slot is granted."""
    whole = broadcast(tick=2)
    tether = tethered()
    assert isinstance(tether.judge(broadcast(), START_NS + 1), Granted)
    short = replace(whole, coupling=whole.coupling[:3], answered=whole.answered[:3])
    assert tether.judge(short, START_NS + 2) == Refused(Reason.MALFORMED)
    assert tether.living(START_NS + 2) is None
    last = replace(whole, tick=3, coupling=whole.coupling[:4], answered=whole.answered[:4])
    assert isinstance(tether.judge(last, START_NS + 3), Granted)


def test_without_an_assignment_nothing_is_granted() -> None:
    """Without an assignment, or after the release, a broadcast is refused."""
    assert KeyedTether().judge(broadcast(), START_NS) == Refused(Reason.UNASSIGNED)
    tether = tethered()
    tether.release()
    assert tether.judge(broadcast(), START_NS) == Refused(Reason.UNASSIGNED)


def test_a_frame_a_second_old_is_answered_too_late() -> None:
    """An answer to a frame whose lease is over grants nothing."""
    assert tethered().judge(broadcast(), START_NS + LEASE_NS) == Refused(Reason.STALE_FRAME)


def test_a_replay_is_refused_and_shortens_nothing() -> None:
    """A replayed broadcast is refused as an old tick, and the first one's permission goes on."""
    tether = tethered()
    tether.judge(broadcast(), START_NS + 1)
    assert tether.judge(broadcast(), START_NS + 2) == Refused(Reason.OLD_TICK)
    assert tether.living(START_NS + 3) is not None


def test_an_older_tick_is_refused_even_where_it_says_zero() -> None:
    """An overtaken broadcast is refused by its tick, even a zero."""
    tether = tethered()
    tether.judge(broadcast(tick=5), START_NS + 1)
    assert tether.judge(with_slot(broadcast(tick=4), 0, 0), START_NS + 2) == Refused(Reason.OLD_TICK)


def test_the_highest_term_outlives_the_assignment() -> None:
    """A newer term once received refuses the older for good, a new assignment included."""
    tether = tethered()
    tether.judge(broadcast(term=TERM + 5), START_NS)
    tether.release()
    assert not tether.accept(assignment())
    assert tether.accept(assignment(term=TERM + 5))
    assert tether.judge(broadcast(tick=9), START_NS) == Refused(Reason.OLD_TERM)
    assert tether.heard("night", 0) == (TERM + 5, 1)


def test_an_assignment_fences_the_terms_before_it() -> None:
    """An assignment's term refuses every older owner's broadcast."""
    tether = KeyedTether()
    tether.accept(assignment(term=TERM + 1))
    assert tether.judge(broadcast(), START_NS) == Refused(Reason.OLD_TERM)


def test_frames_of_an_earlier_assignment_are_forgotten() -> None:
    """A broadcast that answers a frame of an earlier assignment grants nothing."""
    tether = tethered()
    tether.accept(assignment(assignment=100))
    assert tether.judge(broadcast(), START_NS + 1) == Refused(Reason.UNKNOWN_FRAME)


def test_a_zero_is_obeyed_whatever_else_is_wrong_with_the_message() -> None:
    """A zero in the slot of a message full of NaN that wants a newer reader is still a zero."""
    tether = tethered()
    tether.judge(broadcast(), START_NS + 1)
    broken = broadcast(tick=2, min_reader=9, sum=np.full(SCHEMA.size, np.nan, dtype=np.float32))
    zeroed = tether.judge(with_slot(broken, 0, SEQ & 0xFFFF), START_NS + 2)
    assert zeroed == Zeroed("daemon", START_NS, TERM, 2)
    assert tether.living(START_NS + 2) is None


def test_a_newest_word_that_is_no_number_ends_the_permission_at_once() -> None:
    """A NaN in the newest broadcast ends the permission at once, not with the lease."""
    tether = tethered()
    tether.judge(broadcast(), START_NS + 1)
    tether.judge(broadcast(tick=2, weight=float("nan")), START_NS + 2)
    assert tether.living(START_NS + 2) is None
    assert tether.until_ns == START_NS + 2


def test_an_unanswered_broadcast_lets_the_lease_run_out_by_itself() -> None:
    """One lost frame on the way up does not end the permission before its second is over."""
    tether = tethered()
    tether.judge(broadcast(), START_NS + 1)
    tether.judge(with_slot(broadcast(tick=2), 38, 0), START_NS + 2)
    assert tether.living(START_NS + LEASE_NS - 1) is not None


def test_sums_of_this_pod_alone_end_the_permission() -> None:
    """Sums of this pod alone end the permission: there is no other sleeper."""
    w = weight(X, np.ones(SCHEMA.size, dtype=np.float32))
    lonely = broadcast(sum=np.float32(w) * X, weight=w)
    assert tethered().judge(lonely, START_NS + 1) == Refused(Reason.NOBODY_ELSE)


def test_a_state_that_is_no_number_cannot_be_answered() -> None:
    """A frame with a NaN is not kept and cannot be answered."""
    tether = KeyedTether()
    tether.accept(assignment())
    tether.sent(SEQ, START_NS, START_NS, np.full(SCHEMA.size, np.nan, dtype=np.float32))
    assert tether.judge(broadcast(), START_NS + 1) == Refused(Reason.UNKNOWN_FRAME)


def test_the_marks_are_bounded_and_the_newest_are_kept() -> None:
    """After a thousand Dreamscapes the marks of the newest few hundred are kept."""
    tether = KeyedTether()
    for k in range(1000):
        tether.accept(assignment(dreamscape=f"d{k}"))
    assert tether.heard("d999", 0) == (TERM, 0)
    assert tether.heard(f"d{1000 - COHORTS_KEPT}", 0) == (TERM, 0)
    assert tether.heard("d0", 0) == (0, 0)


def test_a_capture_stamped_ahead_of_its_sending_counts_from_the_sending() -> None:
    """A capture stamped ahead counts from the frame's sending: no lease is longer than a second."""
    tether = KeyedTether()
    tether.accept(assignment())
    tether.sent(SEQ, START_NS + 60 * LEASE_NS, START_NS, X)
    assert isinstance(tether.judge(broadcast(), START_NS + 1), Granted)
    assert tether.until_ns == START_NS + LEASE_NS


def test_a_zero_that_names_no_frame_rests_on_the_newest_its_tick_could_have_seen() -> None:
    """The evidence of an excluded slot's zero is the newest own capture that its tick could have seen."""
    tether = tethered()
    for late, instant in ((0, 7), (1, 8), (2, 9)):
        captured_ns = START_NS + late * 250_000_000
        tether.sent(SEQ + 1 + late, captured_ns, captured_ns, X, instant)
    zero = with_slot(broadcast(2, instant=8), coupling=0, answered=0)
    assert tether.judge(zero, START_NS + 700_000_000) == Zeroed("daemon", START_NS + 250_000_000, TERM, 2)
