"""The pod's own count of merge-minutes, and its action at the limit."""

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamedge.core.merging.dose import NEVER_NS, Dose
from dreamedge.core.merging.effects import KeepSever
from dreamwire.messages import CommandOutcome, PodEventKind
from edge.merging import assert_alone_within, assert_zero_first
from fakes.edge import INCARNATION, PULSE_NS, SCHEMA, START_NS, TERM, Bed, assignment

MIN_NS = 60_000_000_000
TAIL_NS = 550_000_000


def begun(left_min: float, limit_min: float = inf) -> Dose:
    """A dose at its beginning."""
    dose = Dose()
    dose.begin(left_min, limit_min, START_NS)
    return dose


def test_before_an_assignment_nothing_is_allowed() -> None:
    """Before an assignment nothing is allowed."""
    assert not Dose().allows
    assert Dose().due_ns(0.15) == NEVER_NS


@pytest.mark.parametrize(
    ("left_min", "limit_min"), [(0.0, 10.0), (nan, 10.0), (-1.0, 10.0), (5.0, nan), (5.0, 4.0)]
)
def test_an_invalid_remainder_allows_nothing(left_min: float, limit_min: float) -> None:
    """Nothing left, NaN, or more left than the limit: nothing is allowed."""
    assert not begun(left_min, limit_min).allows


def test_no_limit_is_never_reached_and_never_warned_of() -> None:
    """An infinite limit is never reached and never warned of."""
    dose = begun(inf)
    for second in range(1, 4000):
        dose.live(1.0, START_NS + second * 1_000_000_000)
    assert dose.allows
    assert dose.warning() == ""
    assert dose.due_ns(1.0) > START_NS + (NEVER_NS // 4)


def test_a_minute_at_a_tenth_is_a_tenth_of_a_minute() -> None:
    """A minute at a tenth is a tenth of a minute.

    It is over when a stopped agent's remaining output would not fit.
    """
    dose = begun(0.1)
    at_ns = START_NS
    while dose.allows:
        dose.live(0.1, at_ns)
        at_ns += PULSE_NS
    assert abs(at_ns - START_NS - MIN_NS + TAIL_NS) <= 2 * PULSE_NS
    assert dose.lived_min < 0.1
    dose.live(0.0, at_ns + MIN_NS)
    assert not dose.allows, "over is over until the next assign"


def test_a_pause_counts_until_the_renderer_has_fallen_silent() -> None:
    """A pause counts for half a second, until the unfed renderer is silent."""
    dose = begun(1.0)
    dose.live(0.12, START_NS)
    dose.live(0.0, START_NS + MIN_NS)
    assert dose.lived_min == pytest.approx(0.12 * 0.5 / 60)


def test_four_fifths_of_the_whole_limit_are_reported_once() -> None:
    """Four fifths of the whole limit, earlier assignments included, are reported once."""
    dose = begun(0.025, 0.1)
    dose.live(0.15, START_NS)
    assert dose.warning() == ""
    at_ns, told = START_NS, []
    while dose.allows:
        at_ns += PULSE_NS
        dose.live(0.15, at_ns)
        told += [word] if (word := dose.warning()) else []
    assert told == ["0.080 of 0.100 merge-minutes used"]


def test_it_says_in_time_when_it_may_have_something_to_say() -> None:
    """Before the due time nothing can be due at the largest share; a pulse after it, it is."""
    for limit_min, expected_min in ((inf, 0.02), (0.025, 0.015)):
        dose = begun(0.02, limit_min)
        at_ns = START_NS
        while at_ns + PULSE_NS < dose.due_ns(0.15):
            at_ns += PULSE_NS
            dose.live(0.15, at_ns)
            assert dose.allows
            assert dose.warning() == ""
        assert dose.lived_min == pytest.approx(expected_min, abs=0.15 * 0.7 / 60)


STEPS = st.lists(st.tuples(st.integers(0, 2_000_000_000), st.floats(0.0, 1.0)), max_size=60)


@given(STEPS, st.floats(0.001, 1.0))
def test_never_less_is_counted_than_a_device_renders(steps: list[tuple[int, float]], left_min: float) -> None:
    """At least as much is counted as a device renders that holds each share until the next or silence."""
    dose = begun(left_min)
    at_ns, share, lived = START_NS, 0.0, 0.0
    for passed_ns, level in steps:
        lived += share * min(passed_ns, 500_000_000) / MIN_NS
        at_ns += passed_ns
        share = level if dose.allows else 0.0
        dose.live(share, at_ns)
        assert dose.lived_min >= lived - 1e-12
        if dose.allows:
            assert dose.lived_min + share * 0.5 / 60 < left_min


def test_at_the_limit_the_pod_severs_itself_and_tells_why() -> None:
    """At the limit the pod severs itself: zero first, stored, with evidence; no grant raises it again."""
    bed = Bed()
    bed.merge(4.0, dose_left_min=0.01, dose_limit_min=0.1)
    effects = []
    while not bed.told(PodEventKind.SEVERED):
        effects = bed.beat()
        bed.take(effects)
        bed.say()
    severed = bed.told(PodEventKind.SEVERED)[0]
    assert_zero_first(effects)
    assert severed.cause == "exposure"
    assert severed.detail.endswith("of 0.010 merge-minutes lived")
    kept = next(effect.severed for effect in effects if isinstance(effect, KeepSever))
    assert kept is not None
    assert (kept.cause, kept.term) == ("exposure", TERM)
    assert_alone_within(bed, 50, severed.zero_ns)
    rising: list[bool] = []
    bed.run(5.0, lambda: rising.append(bed.agent.rising))
    assert bed.share == 0.0
    assert not any(rising)


def test_the_rendered_share_stays_below_the_rest() -> None:
    """The rendered share, each held until the next, stays below the rest."""
    bed = Bed()
    bed.merge(4.0, dose_left_min=0.02, dose_limit_min=0.02)
    bed.run(60.0)
    lived = sum(
        share * (later_ns - at_ns) / MIN_NS
        for (at_ns, share), (later_ns, _) in zip(bed.shares, bed.shares[1:], strict=False)
    )
    assert 0.018 < lived <= 0.02
    assert [event.cause for event in bed.told(PodEventKind.SEVERED)] == ["exposure"]


def test_four_fifths_are_reported_and_nothing_falls() -> None:
    """Four fifths bring a warning with figures, without a zero stamp, and the share stays."""
    bed = Bed()
    bed.merge(4.0, dose_left_min=0.05, dose_limit_min=0.05)
    while not bed.told(PodEventKind.WARNED):
        bed.run(0.25)
    warned = bed.told(PodEventKind.WARNED)[0]
    assert (warned.cause, warned.zero_ns, warned.alone_ns) == ("exposure", 0, 0)
    assert warned.detail.startswith("0.040 of 0.050")
    assert bed.share > 0.0
    bed.run(2.0)
    assert len(bed.told(PodEventKind.WARNED)) == 1


def test_the_next_assign_counts_anew() -> None:
    """The next assign restarts the count with the daemon's new rest."""
    bed = Bed()
    bed.merge(4.0, dose_left_min=0.004, dose_limit_min=0.1)
    bed.run(5.0)
    assert bed.share == 0.0
    bed.merge(4.0, dose_left_min=0.05, dose_limit_min=0.1, assignment=100, term=TERM + 1)
    assert bed.share > 0.0
    assert bed.status is not None
    assert bed.status.severed is None


@pytest.mark.parametrize("changes", [{"dose_left_min": 0.0}, {"dose_left_min": 0.0, "dose_limit_min": 0.0}])
def test_an_assign_that_leaves_nothing_or_tells_nothing_is_refused(changes: dict[str, float]) -> None:
    """An assign without the field, as of an older daemon, or with nothing left is refused."""
    bed = Bed()
    bed.run(1.0)
    bed.order(assignment(**changes))
    assert bed.status is not None
    assert bed.status.outcomes[-1] == CommandOutcome(bed.counter, "exposure")
    assert bed.status.assignment == 0


def test_a_device_that_renders_too_much_uses_up_the_dose_faster() -> None:
    """The larger of the agent's and the device's share is counted."""
    plain, greedy = Bed(), Bed()
    for bed in (plain, greedy):
        bed.merge(3.0, dose_left_min=0.03, dose_limit_min=0.03)
    lived = [bed.agent._merge._dose.lived_min for bed in (plain, greedy)]
    for _ in range(2):
        plain.run(0.05)
        greedy.run(0.05)
        greedy.agent.rendered(0.9)
    after = [bed.agent._merge._dose.lived_min for bed in (plain, greedy)]
    assert after[1] - lived[1] > 5 * (after[0] - lived[0])


def test_an_assign_for_another_start_is_refused_with_that_reason() -> None:
    """An assign for another start is refused with that reason first."""
    bed = Bed()
    bed.run(1.0)
    bed.order(replace(assignment(), incarnation=INCARNATION - 1, mu_db=SCHEMA.shipped_mu()))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == "other-incarnation"
