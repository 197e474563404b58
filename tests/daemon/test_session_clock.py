"""The session clock: anchored, slewed, never back."""

import math

from hypothesis import given
from hypothesis import strategies as st

from dreamd.adapters.clock import SLEW_MAX, BoottimeClock, Reading, slew


def test_it_follows_unix_time_that_drifts_slowly() -> None:
    """A crystal 100 ppm off is followed: after an hour the session clock is within a millisecond."""
    reading = Reading(0.0, 1_700_000_000.0)
    for second in range(1, 3601):
        reading = slew(reading, float(second), 1_700_000_000.0 + second * (1 + 100e-6))
    assert abs(reading.session_s - (1_700_000_000.0 + 3600 * (1 + 100e-6))) < 1e-3


def test_a_step_of_unix_time_is_leaned_into_and_never_jumped() -> None:
    """Unix time set by an hour either way slews the clock by 500 ppm and never steps it."""
    start = Reading(0.0, 1_700_000_000.0)
    back = slew(start, 10.0, 1_700_000_010.0 - 3600.0)
    forth = slew(start, 10.0, 1_700_000_010.0 + 3600.0)
    assert math.isclose(back.session_s - start.session_s, 10.0 * (1 - SLEW_MAX), abs_tol=1e-6)
    assert math.isclose(forth.session_s - start.session_s, 10.0 * (1 + SLEW_MAX), abs_tol=1e-6)


def test_a_unix_time_that_is_no_number_is_ignored() -> None:
    """A NaN reading is ignored: the clock runs free."""
    assert slew(Reading(0.0, 100.0), 1.0, math.nan).session_s == 101.0


@given(
    st.lists(
        st.tuples(
            st.floats(min_value=-1.0, max_value=1e4, allow_nan=False),
            st.floats(min_value=-1e9, max_value=4e9) | st.just(math.nan),
        ),
        max_size=30,
    )
)
def test_it_never_goes_back_and_never_runs_off(steps: list[tuple[float, float]]) -> None:
    """Whatever the two clocks read, it advances by the boot time elapsed, give or take 500 ppm."""
    reading = Reading(0.0, 1_700_000_000.0)
    boottime_s = 0.0
    for elapsed_s, unix_s in steps:
        boottime_s += elapsed_s
        before = reading
        reading = slew(reading, boottime_s, unix_s)
        ran_s = reading.boottime_s - before.boottime_s
        advanced_s = reading.session_s - before.session_s
        assert advanced_s >= 0.0
        assert abs(advanced_s - ran_s) <= SLEW_MAX * ran_s + 1e-6


def test_the_reader_is_close_to_unix_time_and_does_not_go_back() -> None:
    """A thousand readings in a row are near Unix time and never decrease."""
    clock = BoottimeClock()
    readings = [clock.now_s() for _ in range(1000)]
    assert readings == sorted(readings)
