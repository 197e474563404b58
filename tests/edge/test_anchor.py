"""An anchor session at the pod: the own template in the place of the others, under the same tether."""

from dataclasses import replace
from math import inf

import numpy as np

from dreamedge.core.merging.dose import Dose
from dreamedge.core.merging.effects import Render
from dreamedge.core.merging.tether import LEASE_NS, Granted, Judgement, Reason, Refused
from dreamwire.blend import weight
from dreamwire.messages import Assign, Floats, PodEventKind
from fakes.edge import SCHEMA, START_NS, Bed, KeyedTether, Lonely, assignment, own_scale

X = np.full(SCHEMA.size, 0.5, dtype=np.float32)
OWN = np.full(SCHEMA.size, -1.25, dtype=np.float32)
SEQ = 0x0001_0042
MIN_NS = 60_000_000_000
ALONE = assignment(anchor=True, ceiling=0.10)


def bed_of_one(seconds: float, **changes: object) -> Bed:
    """A calibrated bed this long after its anchor session began; the broadcast holds itself alone."""
    own = replace(own_scale(), template_db=SCHEMA.shipped_mu() + 2.0 * SCHEMA.shipped_sigma())
    bed = Bed(own=own)
    bed.run(1.0)
    assign = assignment(**({"anchor": True, "ceiling": 0.10} | changes))
    bed.hall = Lonely(assign)
    bed.order(assign)
    bed.run(seconds)
    return bed


def answered(assign: Assign, anchor: Floats | None) -> Judgement:
    """The judgement of a broadcast that holds this pod alone and answers its frame."""
    tether = KeyedTether()
    assert tether.accept(assign, anchor)
    tether.sent(SEQ, START_NS, START_NS, X)
    message = Lonely(assign).collective()
    w = weight(X, message.r)
    message.answered[3] = SEQ & 0xFFFF
    artist = np.full(SCHEMA.size, 3.0, dtype=np.float32)
    message = replace(message, sum=np.float32(w) * X, weight=w, artist=artist, share=0.5)
    return tether.judge(message, START_NS + 1)


def test_the_own_template_is_the_centre_and_no_artist_leads() -> None:
    """In an anchor session a broadcast of this pod alone grants; the centre is the own template alone."""
    granted = answered(ALONE, OWN)
    assert isinstance(granted, Granted)
    assert np.array_equal(granted.c_minus, OWN)
    assert granted.artist is None
    assert granted.artist_share == 0.0


def test_without_the_field_or_without_a_template_there_is_nothing_to_blend_with() -> None:
    """An assign without the field, as an old pod reads it, and one without a template stay at zero."""
    assert answered(replace(ALONE, anchor=False), OWN) == Refused(Reason.NOBODY_ELSE)
    assert answered(ALONE, None) == Refused(Reason.NOBODY_ELSE)


def test_the_feedback_lies_between_the_own_state_and_the_own_template() -> None:
    """The rendered blend is x + a (template - x), on the shared scale."""
    bed = bed_of_one(15.0)
    cue = next(e.cue for e in reversed(bed.pulse()) if isinstance(e, Render))
    assert 0.09 < cue.share <= 0.10
    assert np.allclose(cue.feedback, cue.share * 2.0, atol=1e-3)


def test_no_daemon_raises_an_anchor_session_above_its_ceiling() -> None:
    """An assign of a greater ceiling renders at most .10 in an anchor session."""
    bed = bed_of_one(20.0, ceiling=0.15)
    assert 0.09 < max(share for _, share in bed.shares) <= 0.10


def test_a_silent_daemon_ends_an_anchor_session_within_lease_and_fade() -> None:
    """Without broadcasts the pod is alone within 1.5 s, by its own stamps."""
    bed = bed_of_one(6.0)
    assert bed.share > 0.0
    silent_ns = bed.now_ns
    bed.run(1.6, heard=False)
    alone = bed.told(PodEventKind.ALONE)[-1]
    assert alone.alone_ns - silent_ns <= LEASE_NS + 500_000_000
    assert bed.share == 0.0


def test_an_anchor_session_counts_minutes_whatever_the_share() -> None:
    """A minute at a share of .01 is a minute of an anchor session, and .01 merge-minutes of another."""
    whole, shared = Dose(), Dose()
    for dose, is_whole in ((whole, True), (shared, False)):
        dose.begin(60.0, inf, START_NS, whole=is_whole)
        for tenth in range(601):
            dose.live(0.01, START_NS + tenth * MIN_NS // 600)
    assert abs(whole.lived_min - 1.0) < 0.01
    assert abs(shared.lived_min - 0.01) < 0.0001


def test_an_anchor_session_is_over_when_its_minutes_are() -> None:
    """The pod severs itself for exposure once its minutes are spent, and is not merged again."""
    bed = bed_of_one(20.0, dose_left_min=0.2, dose_limit_min=60.0)
    severed = bed.told(PodEventKind.SEVERED)[-1]
    assert severed.cause == "exposure"
    assert "minutes of an anchor session" in severed.detail
    merged_ns = [at_ns for at_ns, share in bed.shares if share > 0.0]
    assert 11.0 <= (merged_ns[-1] - merged_ns[0]) * 1e-9 <= 12.0
    assert bed.share == 0.0


def test_a_new_assign_after_an_anchor_session_blends_with_the_others_again() -> None:
    """A later assign without the field finds no other sleeper in the same broadcast."""
    bed = bed_of_one(5.0)
    assign = assignment(assignment=100)
    bed.hall = Lonely(assign)
    bed.order(assign)
    bed.run(5.0)
    assert bed.share == 0.0
