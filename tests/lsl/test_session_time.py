"""The session clock on LSL's: bounds by round trips, whatever the way costs and however clocks drift."""

import math
import random

import pytest

from dreamd.lsl.session_time import ANSWERS_WITHIN_S, Probe, SessionTime

OFFSET_S = 1_700_000_000.0


def asked(at_s: float, there_s: float, back_s: float, offset_s: float = OFFSET_S) -> Probe:
    """A question asked at LSL time `at_s`, answered after `there_s`, back after `back_s` more."""
    return Probe(at_s, at_s + there_s + offset_s, at_s + there_s + back_s)


def test_nothing_is_known_before_an_answer() -> None:
    """Without an answer no time is converted; after `forget` neither."""
    session = SessionTime()
    assert not session.known
    assert math.isnan(session.to_lsl(OFFSET_S))
    session.heard(asked(1.0, 0.001, 0.001))
    assert session.known
    session.forget()
    assert not session.known
    assert math.isnan(session.uncertainty_s)


@pytest.mark.parametrize(("there_s", "back_s"), [(0.0003, 0.0003), (0.002, 0.0), (0.0, 0.002), (0.04, 0.01)])
def test_one_answer_bounds_the_difference(there_s: float, back_s: float) -> None:
    """The error of one answer is at most its stated uncertainty, half of the round trip."""
    session = SessionTime()
    session.heard(asked(100.0, there_s, back_s))
    error_s = abs(session.to_lsl(OFFSET_S + 50.0) - 50.0)
    assert session.uncertainty_s == pytest.approx((there_s + back_s) / 2, abs=1e-6)
    assert error_s <= session.uncertainty_s + 1e-6
    assert session.to_session(session.to_lsl(123.0)) == pytest.approx(123.0, abs=1e-6)


def test_the_quickest_way_each_way_wins() -> None:
    """A quick way there and a quick way back of different answers bound more than either answer."""
    session = SessionTime()
    session.heard(asked(1.0, 0.0001, 0.2))
    session.heard(asked(2.0, 0.2, 0.0001))
    assert session.uncertainty_s < 0.001
    assert abs(session.to_lsl(OFFSET_S) - 0.0) < 0.001


@pytest.mark.parametrize("ppm", [0.0, 30.0, -500.0, 500.0])
@pytest.mark.parametrize("way_s", [0.0004, 0.003])
def test_a_leaning_clock_is_followed(ppm: float, way_s: float) -> None:
    """With a question a second the error stays below the slowest way and what a second of slewing adds.

    So it is below 1 ms where a way takes up to 0.4 ms, also at the steepest slew of 500 ppm.
    """
    rng, session = random.Random(7), SessionTime()
    worst_s = 0.0
    for second in range(120):
        at_s = 10.0 + second
        offset_s = OFFSET_S + ppm * 1e-6 * at_s
        session.heard(asked(at_s, rng.uniform(0.0001, way_s), rng.uniform(0.0001, way_s), offset_s))
        later_s = at_s + 0.9
        true_s = later_s + OFFSET_S + ppm * 1e-6 * later_s
        worst_s = max(worst_s, abs(session.to_lsl(true_s) - later_s))
    assert worst_s < way_s + 500e-6 + 50e-6


def test_a_clock_that_was_set_is_taken_at_once() -> None:
    """An answer that contradicts all before it, as after a restart of the daemon, replaces them."""
    session = SessionTime()
    for second in range(20):
        session.heard(asked(second, 0.0002, 0.0002))
    session.heard(asked(30.0, 0.0002, 0.0002, OFFSET_S - 5.0))
    assert session.to_lsl(OFFSET_S - 5.0 + 31.0) == pytest.approx(31.0, abs=0.001)


@pytest.mark.parametrize(
    "probe",
    [
        Probe(1.0, math.nan, 1.001),
        Probe(math.nan, OFFSET_S, 1.0),
        Probe(2.0, OFFSET_S, 1.0),
        Probe(1.0, OFFSET_S + 1.0, 1.0 + ANSWERS_WITHIN_S + 0.1),
    ],
)
def test_an_answer_that_bounds_nothing_is_not_counted(probe: Probe) -> None:
    """NaN, an answer before its question and one that took too long change nothing."""
    session = SessionTime()
    session.heard(probe)
    assert not session.known
    session.heard(asked(5.0, 0.001, 0.001))
    before = session.to_lsl(OFFSET_S)
    session.heard(probe)
    assert session.to_lsl(OFFSET_S) == before


@pytest.mark.parametrize("ppm", [-40.0, 40.0])
def test_an_old_quick_answer_counts_less(ppm: float) -> None:
    """While two crystals part, the error stays within the stated uncertainty, also after one quick answer."""
    session = SessionTime()
    for second in range(25):
        way_s = 0.04 if second else 0.0001
        told_s = second * (1 + ppm * 1e-6)
        session.heard(Probe(second - way_s, told_s, second + way_s))
        assert abs(session.to_session(second) - told_s) <= session.uncertainty_s
