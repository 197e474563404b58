"""The cohort's key at the pod: no grant without it, no interruption by a new one, and zeros need none."""

from dataclasses import replace

import pytest

from dreamedge.core.merging.tether import LEASE_NS
from dreamwire.messages import Assign, PodEventKind
from fakes.edge import HOP_NS, KEY, KEY_NUMBER, PULSE_NS, TERM, Bed, Hall, Hidden, assignment, hidden, opens

OTHER = bytes(reversed(KEY))


def renewed(bed: Bed, **changes: object) -> Assign:
    """The assign that the bed holds, with the next key."""
    assert bed.hall is not None
    return replace(bed.hall.assign, **{"key_number": KEY_NUMBER + 1, **changes})  # type: ignore[arg-type]


def refusal_of(bed: Bed, assign: Assign) -> str:
    """Why the bed refuses this assign; empty: it obeys."""
    bed.order(assign)
    assert bed.status is not None
    return bed.status.outcomes[-1].refused


def test_a_new_key_changes_nothing_but_the_key() -> None:
    """Renewed while it rises, the share rises on at the same pace: no sever, no new ramp, no event."""
    bed, other = Bed(), Bed()
    for one in (bed, other):
        one.merge(4.0)
    told, frames = len(bed.events), [frame.seq for frame in bed.frames]
    assert refusal_of(bed, renewed(bed, ramp_s=99.0, ceiling=0.01)) == ""
    bed.run(2.0, heard=False, each=lambda: spoken(bed, KEY_NUMBER + 1))
    other.run(2.0)
    assert bed.share == other.share > 0.0
    assert len(bed.events) == told
    assert bed.frames[len(frames)].seq == frames[-1] + 1


def spoken(bed: Bed, number: int) -> None:
    """Broadcast under the key of that number, 150 ms after each grid instant."""
    assert bed.hall is not None
    if bed.now_ns % HOP_NS == 3 * PULSE_NS:
        bed.take(bed.agent.collective(hidden(bed.hall.collective(), number), bed.now_ns))


def test_the_key_before_is_good_for_what_is_still_on_the_way() -> None:
    """After a new key a broadcast under the one before is read, under the one before that not."""
    bed = Bed()
    bed.merge(4.0)
    bed.order(renewed(bed))
    bed.run(2.0, heard=False, each=lambda: spoken(bed, 1))
    assert bed.share > 0.0
    bed.order(renewed(bed, key_number=3))
    bed.run(2.0, heard=False, each=lambda: spoken(bed, 1))
    assert bed.share == 0.0


def test_a_pod_without_the_new_key_is_alone_after_its_lease() -> None:
    """Broadcasts under a key that it has not got renew no lease; the lapse is stored as no sever."""
    bed = Bed()
    bed.merge(8.0)
    bed.run(0.4, heard=False, each=lambda: spoken(bed, 2))
    assert bed.told(PodEventKind.SEVERED) == []
    bed.run(3.0, heard=False, each=lambda: spoken(bed, 2))
    (severed,) = bed.told(PodEventKind.SEVERED)
    assert severed.cause == "lease"
    assert severed.zero_ns - severed.evidence_ns <= LEASE_NS + PULSE_NS
    assert bed.share == 0.0
    assert bed.status is not None
    assert bed.status.severed is None
    assert bed.status.refused_broadcasts >= 10


def test_a_key_that_comes_two_ticks_late_ends_no_lease() -> None:
    """One broadcast cannot be read, the key follows: nothing is severed, and the share rises on."""
    bed = Bed()
    bed.merge(4.0)
    share = bed.share
    bed.run(0.45, heard=False, each=lambda: spoken(bed, 2))
    bed.order(renewed(bed))
    bed.run(2.0, heard=False, each=lambda: spoken(bed, 2))
    assert bed.told(PodEventKind.SEVERED) == []
    assert bed.share > share


def test_zeros_need_no_key() -> None:
    """A broadcast in the clear that says zero severs at once, though the pod has not the newest key."""
    bed = Bed()
    bed.merge(8.0)
    assert bed.hall is not None
    spoken(bed, 2)
    bed.hall.coupling = 0.0
    bed.take(bed.agent.collective(bed.hall.collective(), bed.now_ns))
    assert bed.share == 0.0
    assert [event.cause for event in bed.told(PodEventKind.SEVERED)] == ["daemon"]


def test_a_coupling_in_the_clear_ends_the_permission() -> None:
    """As an older daemon would broadcast: it grants nothing, and what was granted before ends now."""
    bed = Bed()
    bed.merge(8.0)
    assert bed.hall is not None
    bed.take(bed.agent.collective(bed.hall.collective(), bed.now_ns))
    bed.run(1.0, heard=False)
    assert bed.share == 0.0
    fresh = Bed()
    fresh.seat()
    assert fresh.hall is not None
    for _ in range(40):
        fresh.run(0.25, heard=False)
        fresh.take(fresh.agent.collective(fresh.hall.collective(), fresh.now_ns))
    assert fresh.share == 0.0
    assert fresh.told(PodEventKind.MERGED) == []


@pytest.mark.parametrize("change", [{"key": b""}, {"key_number": 0}, {"key": KEY[:-1]}])
def test_an_assign_without_a_key_is_refused(change: dict[str, object]) -> None:
    """An assign without a key, as from an older daemon, seats no sleeper and renews nothing."""
    bed = Bed()
    bed.run(1.0)
    assert refusal_of(bed, assignment(**change)) == "no-key"
    bed.merge(4.0)
    assert refusal_of(bed, renewed(bed, **change)) == "no-key"
    bed.run(1.0)
    assert bed.share > 0.0


@pytest.mark.parametrize("way", ["release", "withdraw"])
def test_a_renewal_draws_no_sleeper_in_again(way: str) -> None:
    """After a release, or a withdrawal and the sleeper's own unlatch, an assign of that seat is refused."""
    bed = Bed()
    bed.merge(4.0)
    if way == "release":
        bed.release()
    else:
        bed.take(bed.agent.button(way, bed.now_ns))
        bed.take(bed.agent.unlatch(bed.now_ns))
    bed.run(1.0, heard=False)
    assert refusal_of(bed, renewed(bed)) == "assignment-over"
    assert refusal_of(bed, renewed(bed, assignment=100)) == ""


@pytest.mark.parametrize("change", [{"slot": 4}, {"cohort": 1}, {"term": TERM + 1}, {"dreamscape": "noon"}])
def test_an_assignment_has_one_place(change: dict[str, object]) -> None:
    """An assign of the same id for another place is malformed, and changes no key."""
    bed = Bed()
    bed.merge(4.0)
    assert refusal_of(bed, renewed(bed, key=OTHER, **change)) == "malformed"
    bed.run(1.0)
    assert bed.share > 0.0


def test_a_replay_under_the_key_is_refused() -> None:
    """A broadcast that was read before is refused by its tick, however often and whatever its count."""
    bed = Bed()
    bed.merge(4.0)
    assert bed.hall is not None
    said: Hidden = hidden(bed.hall.collective())
    bed.take(bed.agent.collective(said, bed.now_ns))
    for count in (1, 2, 3):
        bed.take(bed.agent.collective(replace(said, count=count), bed.now_ns))
    bed.run(1.0)
    assert bed.status is not None
    assert bed.status.refused_broadcasts == 3


def test_another_key_of_the_same_number_opens_nothing() -> None:
    """The key of another cohort, under the same number, grants nothing."""
    bed = Bed()
    bed.seat(key=OTHER)
    assert isinstance(bed.hall, Hall)
    bed.run(3.0)
    assert opens(hidden(bed.hall.collective()), OTHER) is None
    assert bed.share == 0.0
