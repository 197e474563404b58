"""The breaker against its model: both agree for any sequence of observations."""

from math import inf, nan
from typing import NamedTuple, assert_never

from hypothesis import given, settings
from hypothesis import strategies as st

from core.breaker_model import Model
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.breaker import (
    Bad,
    Breaker,
    Good,
    Observation,
    Reset,
    Tick,
    Transition,
    Trip,
    closed,
    rested,
    seated,
    step,
)
from dreamd.core.safety.causes import Cause

START_S = 1_700_000_000.0
STEPS = 50_000

OBSERVATIONS: list[Observation] = [
    Good(),
    Good(),
    Tick(),
    Bad(Cause.RAILED, "channel 3"),
    Bad(Cause.FLAT, "channel 1"),
    Bad(Cause.NONFINITE, "alpha"),
    Bad(Cause.LOST, "9 of 40"),
    Bad(Cause.OUTLIER, "4.2 times"),
    Trip(Cause.OPERATOR, "mira"),
    Trip(Cause.WAKE, "bed"),
    Trip(Cause.STALE, "judge"),
    Trip(Cause.FROZEN, "judge", "the same three times"),
    Reset("mira", "contact mended"),
    Reset("", "no name"),
    Reset("mira", " "),
]


class Stretch(NamedTuple):
    """A few observations in turn, a tick apart, after a wait; the first clock may be wrong."""

    observations: list[Observation]
    wait_s: float
    times: int
    wrong_by_s: float
    seated: bool


strange = st.builds(
    Stretch,
    st.lists(st.sampled_from(OBSERVATIONS), min_size=1, max_size=3),
    st.sampled_from([0.0, 0.25, 0.25, 0.25, 0.25, 1.0, 16.0, 31.0, 700.0, 2000.0]),
    st.integers(1, 40),
    st.sampled_from([0.0, 0.0, 0.0, -3.0, nan, inf, -inf]),
    st.sampled_from([False, False, False, True]),
)

WELL = Stretch([Good()], 31.0, 40, 0.0, seated=False)
"""Recovers from any state but a lock: the wait is over, and forty good frames close it."""

FORGIVEN = Stretch([Bad(Cause.NONFINITE, "alpha")], 700.0, 1, 0.0, seated=False)
"""A hard cause after more than ten minutes."""


def test_breaker_and_model_agree() -> None:
    """After each of 50,000 steps both have the same state, cause and duration."""
    steps = 0

    @settings(max_examples=600, deadline=None)
    @given(st.lists(strange | st.sampled_from([WELL, FORGIVEN]), min_size=4, max_size=14))
    def nights(plan: list[Stretch]) -> None:
        nonlocal steps
        breaker, model, now_s = closed(START_S), Model(START_S), START_S
        for stretch in plan:
            now_s += stretch.wait_s
            if stretch.seated:
                breaker = seated(breaker, now_s)
                seat(model, now_s)
            for k in range(stretch.times):
                what = stretch.observations[k % len(stretch.observations)]
                told_s = now_s if k else now_s + stretch.wrong_by_s
                before = breaker.state
                breaker, moved = step(breaker, what, told_s)
                model.observe(what, told_s if model.now <= told_s < inf else model.now)
                assert_same(breaker, model)
                assert (moved is None) == (before is breaker.state)
                assert moved is None or told(moved, what), moved
                now_s += 0.25
                steps += 1

    nights()
    assert steps >= STEPS


def seat(model: Model, now_s: float) -> None:
    """Give the model's sleeper a slot: scoring restarts."""
    if model.state == "half-open":
        model.now = max(model.now, now_s)
        model.half_open_now(Cause.SILENCE)


def told(moved: Transition, what: Observation) -> bool:
    """Whether a move states its reason: a trip has cause and evidence, an order its name."""
    stopped = moved.after in (BreakerState.OPEN, BreakerState.LOCKED)
    match what:
        case Good():
            said = "no recovery within 60 s" if stopped else ""
        case Tick():
            said = "no frame came"
        case Bad(_, evidence):
            said = evidence
        case Trip(_, by, evidence):
            said = f"{by}: {evidence}" if evidence else by
        case Reset(by, reason):
            said = f"{by}: {reason}"
        case _:
            assert_never(what)
    return moved.detail == said and (moved.cause is not None or not stopped)


def assert_same(breaker: Breaker, model: Model) -> None:
    """Compare the visible state, and whether a seat is possible now and half a minute on."""
    assert (breaker.state.value, breaker.cause) == (model.state, model.cause)
    if model.state in ("open", "half-open"):
        assert breaker.until_s == model.until
    assert breaker.may_couple == (model.state == "closed")
    for now_s in (model.now, model.now + 30.0):
        rests = model.state == "open" and now_s >= model.until
        assert rested(breaker, now_s).value == ("half-open" if rests else model.state)
