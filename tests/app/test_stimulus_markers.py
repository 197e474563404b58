"""Markers of the experiment: what is taken, what is refused, and what they leave alone."""

import logging

import pytest

from dreamd.adapters.log_events import fields_of, level_of
from dreamd.app.events.journal import Journal
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.dreamscapes.views import Event
from dreamd.core.limits import (
    JOURNAL_CHURN_EVENTS,
    MARKER_AGE_S,
    MARKER_AHEAD_S,
    MARKER_MAX,
    MARKERS_A_SECOND,
    MARKERS_AT_ONCE,
)
from dreamd.core.refusals import Code, Refusal
from fakes.callers import OPERATOR
from fakes.stage import START_S, Stage


@pytest.fixture
def stage() -> Stage:
    """Four pods that dream."""
    one = Stage(pods=4)
    one.appear()
    one.dream()
    return one


def write(stage: Stage, text: str, acted_s: float = 0.0, source: str = "Stim") -> Event | Refusal:
    """Write one marker of the night."""
    return stage.app.dreamscapes.write_marker(OPERATOR, "night", Marker(text, source, acted_s))


def taken(stage: Stage, count: int) -> int:
    """How many of `count` markers are taken."""
    return sum(isinstance(write(stage, f"m{n}"), Event) for n in range(count))


def refused(answer: Event | Refusal) -> tuple[Code, str]:
    """Code and field of a refusal."""
    assert isinstance(answer, Refusal)
    return answer.code, answer.metadata.get("field", "")


def test_a_marker_is_an_event_with_its_own_instant(stage: Stage) -> None:
    """The journal has the marker's text as cause, its source in words, and both instants."""
    now_s = stage.clock.now_s()
    event = write(stage, "target/left", now_s - 0.5)
    assert isinstance(event, Event)
    assert (event.kind, event.cause, event.dreamscape) == ("marker", "target/left", "night")
    assert (event.at_s, event.acted_s) == (now_s, now_s - 0.5)
    assert event.sentence == "Stim sent marker target/left"
    unsent = write(stage, "x", source="")
    assert isinstance(unsent, Event)
    assert unsent.sentence == "marker x"


def test_a_burst_is_taken_and_a_flood_is_not(stage: Stage) -> None:
    """200 markers are taken at once, then 50 a second; the others are refused, to be written again."""
    assert taken(stage, MARKERS_AT_ONCE + 40) == MARKERS_AT_ONCE
    assert refused(write(stage, "more")) == (Code.TOO_MANY_MARKERS, "")
    stage.clock.at_s += 0.5
    assert taken(stage, 60) == MARKERS_A_SECOND / 2
    stage.clock.at_s += 3600.0
    assert taken(stage, 500) == MARKERS_AT_ONCE
    stage.clock.at_s -= 3600.0
    assert taken(stage, 5) == 0


def test_a_clock_that_goes_back_gives_no_places(stage: Stage) -> None:
    """A clock that stands still or goes back never earns a place."""
    assert taken(stage, MARKERS_AT_ONCE) == MARKERS_AT_ONCE
    stage.clock.at_s -= 100.0
    assert taken(stage, 1) == 0


@pytest.mark.parametrize(
    ("text", "late_s", "source", "field"),
    [
        ("", 0.0, "", "text"),
        ("   ", 0.0, "", "text"),
        ("x" * (MARKER_MAX + 1), 0.0, "", "text"),
        ("x", MARKER_AGE_S + 1.0, "", "marker_time"),
        ("x", -MARKER_AHEAD_S - 0.1, "", "marker_time"),
        ("x", float("nan"), "", "marker_time"),
        ("x", 1.0, "s" * 101, "source"),
    ],
)
def test_a_marker_out_of_bounds_is_refused_by_its_field(
    stage: Stage, text: str, late_s: float, source: str, field: str
) -> None:
    """No text, a long text or source, and an implausible instant are refused; nothing is written."""
    before = stage.app.journal.newest
    acted_s = stage.clock.now_s() - late_s if late_s else 0.0
    assert refused(write(stage, text, acted_s, source)) == (Code.INVALID_ARGUMENT, field)
    assert stage.app.journal.newest == before


def test_the_bounds_themselves_are_taken(stage: Stage) -> None:
    """200 characters, an hour ago and a second ahead are taken."""
    now_s = stage.clock.now_s()
    for text, acted_s in (("x" * MARKER_MAX, now_s - MARKER_AGE_S), ("y", now_s + MARKER_AHEAD_S)):
        assert isinstance(write(stage, text, acted_s), Event)


def test_only_a_living_dreamscape_takes_markers(stage: Stage) -> None:
    """An unknown and an ended Dreamscape refuse; a severed one takes markers."""
    stage.app.dreamscapes.sever(OPERATOR, "night", "a pause")
    assert isinstance(write(stage, "pause"), Event)
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(20)
    assert refused(write(stage, "late"))[0] is Code.WRONG_STATE
    unknown = stage.app.dreamscapes.write_marker(OPERATOR, "none", Marker("x"))
    assert refused(unknown)[0] is Code.DREAMSCAPE_UNKNOWN


def test_no_number_of_markers_pushes_a_sever_out() -> None:
    """Markers fill only the ring of what comes and goes."""
    journal = Journal(START_S)
    severed = journal.append(START_S, "severed", "bed-1 is severed")
    for _ in range(3 * JOURNAL_CHURN_EVENTS):
        journal.append(START_S, "marker", "marker x", dreamscape="night", cause="x")
    kept = journal.events_after(severed.cursor - 1, 1)
    assert kept == (severed,)


def test_the_log_holds_no_foreign_text(stage: Stage) -> None:
    """A marker is a debug line without its text, which may be a person's words."""
    event = write(stage, "call-ada")
    assert isinstance(event, Event)
    assert level_of(event.kind) == logging.DEBUG
    assert "ada" not in str(fields_of(event, 1))
