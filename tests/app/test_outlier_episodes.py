"""Outliers are excluded, and journaled once per episode with the evidence."""

from dataclasses import replace

import numpy as np

from dreamd.core.dreamscapes.views import BreakerState, Event, SeatView
from dreamwire.messages import Frame
from fakes.callers import OPERATOR
from fakes.stage import Stage

FAR_DB = np.float32(60.0)


def dreaming(pods: int = 8) -> Stage:
    """A Dreamscape with grants for a while."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(16)
    return stage


def far(frame: Frame) -> Frame:
    """Values within every range, but far from every sleeper's."""
    return replace(frame, features=frame.features + FAR_DB)


def told(stage: Stage) -> list[Event]:
    """The episode's events."""
    return [
        event for event in stage.app.journal._events if event.kind in ("outlier-excluded", "outlier-included")
    ]


def seat(stage: Stage, pod: str = "bed-3") -> SeatView:
    """The seat's view."""
    return next(one for one in stage.app.dreamscapes.get("night").seats if one.pod == pod)


def test_an_episodes_begin_and_end_are_events() -> None:
    """An episode's begin and end are events with residual, median and frames; meanwhile weight is zero."""
    stage = dreaming()
    sick = stage.pods[2]
    sick.bend = far
    stage.hop(12)
    begun = told(stage)
    assert [(event.kind, event.pod, event.cause) for event in begun] == [
        ("outlier-excluded", "bed-3", "outlier")
    ]
    assert begun[0].values["residual"] > 4 * begun[0].values["median"] > 0
    assert f"{begun[0].values['residual']:.1f} where {begun[0].values['median']:.1f}" in begun[0].sentence
    assert (seat(stage).cause, seat(stage).breaker) == ("outlier", BreakerState.CLOSED)
    assert stage.coupling("bed-3") == 0
    assert stage.coupling("bed-1") > 0
    sick.bend = lambda frame: frame
    stage.hop(4)
    assert seat(stage).cause == ""
    assert stage.coupling("bed-3") > 0
    assert len(told(stage)) == 1, "not yet: they may flutter"
    stage.hop(40)
    over = told(stage)[-1]
    assert (over.kind, over.cause) == ("outlier-included", "outlier")
    assert 1.0 < over.values["left_out_s"] < 4.0
    stage.hop(80)
    assert len(told(stage)) == 2


def test_ten_exclusions_within_a_minute_are_one_episode() -> None:
    """Ten exclusions within a minute are one episode with one begin, one end and the whole time."""
    stage = dreaming()
    sick = stage.pods[2]
    for _ in range(10):
        sick.bend = far
        stage.hop(12)
        sick.bend = lambda frame: frame
        stage.hop(12)
    stage.hop(44)
    assert [event.kind for event in told(stage)] == ["outlier-excluded", "outlier-included"]
    assert told(stage)[-1].values["left_out_s"] > 10.0


def test_an_episode_ends_with_the_seat() -> None:
    """A left seat ends the episode without an event; its next pod begins anew."""
    stage = dreaming()
    stage.pods[2].bend = far
    stage.hop(12)
    stage.app.pods.release(OPERATOR, "bed-3", "asked")
    stage.hop(60)
    assert [event.kind for event in told(stage)] == ["outlier-excluded"]


def test_a_night_without_outliers_has_no_episode() -> None:
    """A night of ordinary sleepers has no such event."""
    stage = dreaming()
    stage.hop(120)
    assert told(stage) == []
