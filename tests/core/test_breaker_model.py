"""The breaker against its model: whatever happens, in whatever order, both say the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.breaker_model import Model
from dreamd.core.severing.breaker import Bad, Breaker, Good, Observation, Reset, Tick, Trip, closed, step
from dreamd.core.severing.causes import Cause

START_S = 1_700_000_000.0

OBSERVATIONS: list[Observation] = [
    Good(),
    Good(),
    Tick(),
    Bad(Cause.RAILED),
    Bad(Cause.FLAT),
    Bad(Cause.NONFINITE),
    Bad(Cause.LOST),
    Bad(Cause.OUTLIER),
    Trip(Cause.OPERATOR, "mira"),
    Trip(Cause.WAKE, "bed"),
    Trip(Cause.STALE, "judge"),
    Reset("mira", "contact mended"),
    Reset("", "no name"),
]

runs = st.lists(
    st.tuples(
        st.lists(st.sampled_from(OBSERVATIONS), min_size=1, max_size=3),
        st.sampled_from([0.0, 0.25, 0.25, 0.25, 0.25, 1.0, 16.0, 31.0, 700.0, 2000.0]),
        st.integers(1, 40),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(runs)
def test_breaker_and_model_agree(plan: list[tuple[list[Observation], float, int]]) -> None:
    """After each of thousands of steps both are in the same state, for the same cause, for as long."""
    breaker, model, now_s = closed(START_S), Model(START_S), START_S
    for observations, first_s, times in plan:
        now_s += first_s
        for k in range(times):
            what = observations[k % len(observations)]
            before = breaker.state
            breaker, moved = step(breaker, what, now_s)
            model.observe(what, now_s)
            assert_same(breaker, model)
            assert (moved is None) == (before is breaker.state)
            now_s += 0.25


def assert_same(breaker: Breaker, model: Model) -> None:
    """Compare what can be seen from outside."""
    assert (breaker.state.value, breaker.cause) == (model.state, model.cause)
    if model.state in ("open", "half-open"):
        assert breaker.until_s == model.until
    assert breaker.may_couple == (model.state == "closed")
