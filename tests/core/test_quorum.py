"""When a whole Dreamscape is severed."""

import pytest

from dreamd.core.safety.causes import Cause
from dreamd.core.safety.quorum import MassFailure, QuorumVerdict, own_fault, quorum


@pytest.mark.parametrize(
    ("assigned", "healthy", "intimate", "verdict"),
    [
        (8, 8, False, QuorumVerdict.HOLDS),
        (8, 4, False, QuorumVerdict.HOLDS),
        (9, 4, False, QuorumVerdict.MOST_FAILED),
        (8, 3, False, QuorumVerdict.MOST_FAILED),
        (6, 3, False, QuorumVerdict.HOLDS),
        (4, 2, False, QuorumVerdict.TOO_FEW),
        (2, 2, False, QuorumVerdict.TOO_FEW),
        (2, 2, True, QuorumVerdict.HOLDS),
        (5, 2, True, QuorumVerdict.MOST_FAILED),
        (1, 1, True, QuorumVerdict.TOO_FEW),
        (0, 0, False, QuorumVerdict.TOO_FEW),
        (0, 0, True, QuorumVerdict.TOO_FEW),
    ],
)
def test_half_must_be_healthy_and_three_or_intimate(
    assigned: int, healthy: int, intimate: bool, verdict: QuorumVerdict
) -> None:
    """Fewer than half of the assigned healthy, or fewer than three (two with full scope), is no quorum."""
    assert quorum(assigned, healthy, intimate) is verdict
    assert verdict.holds == (verdict is QuorumVerdict.HOLDS)


@pytest.mark.parametrize(
    ("assigned", "healthy", "away", "verdict"),
    [
        (8, 3, 5, QuorumVerdict.HOLDS),
        (8, 0, 8, QuorumVerdict.HOLDS),
        (8, 2, 3, QuorumVerdict.MOST_FAILED),
        (8, 3, 2, QuorumVerdict.HOLDS),
        (5, 1, 1, QuorumVerdict.TOO_FEW),
        (5, 2, 3, QuorumVerdict.HOLDS),
        (8, 1, 5, QuorumVerdict.MOST_FAILED),
        (8, 0, 7, QuorumVerdict.HOLDS),
        (8, 0, 6, QuorumVerdict.HOLDS),
    ],
)
def test_absent_pods_count_on_neither_side(
    assigned: int, healthy: int, away: int, verdict: QuorumVerdict
) -> None:
    """Absent pods count on neither side: half of the reachable, where there are three, must be healthy."""
    assert quorum(assigned, healthy, False, away) is verdict


@pytest.mark.parametrize(
    ("missing", "expected", "own"),
    [(0, 8, False), (4, 8, False), (5, 8, True), (8, 8, True), (1, 1, False), (2, 2, True), (0, 0, False)],
)
def test_most_missing_at_once_is_our_own_fault(missing: int, expected: int, own: bool) -> None:
    """Frames missing from over half the fleet at once are an uplink failure; one of one is not."""
    assert own_fault(missing, expected) is own


def test_three_and_a_fifth_within_ten_seconds_is_mass_failure() -> None:
    """At 10 assigned three trips within 10 s are a mass failure, two are not; at 15 three are not."""
    mass = MassFailure()
    mass.tripped("bed-1", Cause.RAILED, 100.0)
    mass.tripped("bed-2", Cause.NONFINITE, 104.0)
    assert not mass.failed(10, 104.0)
    mass.tripped("bed-3", Cause.FROZEN, 110.0)
    assert mass.failed(10, 110.0)
    assert not mass.failed(15, 110.0)
    assert not mass.failed(10, 110.1), "the first trip is more than 10 s ago"


@pytest.mark.parametrize("cause", [Cause.LOST, Cause.STALE, Cause.LEASE, Cause.OPERATOR, Cause.OUTLIER])
def test_transport_orders_and_outliers_do_not_count(cause: Cause) -> None:
    """Twenty transport trips, orders or exclusions are no mass failure."""
    mass = MassFailure()
    for k in range(20):
        mass.tripped(f"bed-{k}", cause, 100.0)
    assert mass.count(100.0) == 0
    assert not mass.failed(20, 100.0)


def test_one_sleeper_counts_once() -> None:
    """A sleeper with several trips counts once, by the newest; `clear` drops all."""
    mass = MassFailure()
    for at_s in (100.0, 103.0, 108.0):
        mass.tripped("bed-1", Cause.RAILED, at_s)
    assert mass.count(117.0) == 1
    mass.clear()
    assert mass.count(117.0) == 0


def test_the_window_is_bounded() -> None:
    """At most as many trips are kept as there are seats."""
    mass = MassFailure()
    for k in range(10_050):
        mass.tripped(f"bed-{k}", Cause.RAILED, 100.0)
    assert mass.count(100.0) == 10_000


def test_trips_seen_before_the_window_do_not_count() -> None:
    """Trips reported together count by when they were seen: within 10 s, and not one second more."""
    mass = MassFailure()
    for k, seen_s in enumerate((190.0, 189.9, 60.0)):
        mass.tripped(f"bed-{k}", Cause.RAILED, 200.0, seen_s)
    assert mass.count(200.0) == 1
