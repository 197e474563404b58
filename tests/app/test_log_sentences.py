"""A line of the log has a sentence that is understood by itself, and quotes no person."""

import pytest

from dreamd.adapters.log_events import QUOTING, fields_of, sentence_of
from dreamd.core.dreamscapes.views import Event
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import WakeScope
from fakes.callers import named
from fakes.stage import Stage

PERSON = "Mira Okafor"
WORDS = "she cried out at two"


def events(stage: Stage) -> tuple[Event, ...]:
    """All events of the journal."""
    return stage.app.journal._events


def sentences(stage: Stage, kind: str) -> list[str]:
    """The sentences of this kind, as the log has them."""
    return [sentence_of(event) for event in events(stage) if event.kind == kind]


@pytest.fixture
def stage() -> Stage:
    """Four dreaming sleepers."""
    one = Stage(pods=4)
    one.appear()
    one.dream()
    one.hop(16)
    return one


def test_no_line_quotes_a_person_or_names_a_sleeper(stage: Stage) -> None:
    """No line holds the name or reason of an order, trip or wake order, or a pseudonym."""
    app, caller = stage.app, named(PERSON)
    sleeper = app.pods.get("bed-4").sleeper
    app.breakers.trip(caller, "pods/bed-1", WORDS)
    stage.hop(2)
    app.severs.order(caller, SeverScope.SLEEPER, sleeper, WORDS)
    app.pods.release(caller, "bed-3", WORDS)
    stage.hop(2)
    app.dreamscapes.sever(caller, "night", WORDS)
    stage.hop(2)
    given = app.wake_orders.order(caller, WakeScope.POD, "bed-4", WORDS)
    stage.hop(2)
    app.wake_orders.lift(caller, given.order.id, WORDS)
    app.dreamscapes.end(caller, "night", WORDS)
    stage.hop(8)
    kinds = {event.kind for event in events(stage)}
    assert {"state", "breaker-tripped", "sever-order", "wake-order", "wake-lifted"} <= kinds
    assert any(WORDS in event.sentence for event in events(stage)), "the journal has them, the log has not"
    for event in events(stage):
        line = str(fields_of(event, 0))
        assert PERSON not in line, event
        assert WORDS not in line, event
        assert sleeper not in line, event


def test_every_sentence_of_the_log_is_whole(stage: Stage) -> None:
    """No line lacks its sentence, and a sentence that is made anew has all of its words."""
    stage.app.dreamscapes.sever(named(PERSON), "night", WORDS)
    stage.app.breakers.trip(named(PERSON), "pods/bed-2", WORDS)
    stage.hop(4)
    for event in events(stage):
        said = sentence_of(event)
        assert len(said) > 5
        assert not said.endswith((": ", " ", ":")), said
        if event.kind not in QUOTING:
            assert said == event.sentence


def test_a_state_and_a_trip_say_why_without_quoting(stage: Stage) -> None:
    """The Dreamscape's new state with its cause, and the breaker's with its."""
    stage.app.dreamscapes.sever(named(PERSON), "night", WORDS)
    assert sentences(stage, "state")[-1] == "night is severed: operator"
    stage.app.breakers.trip(named(PERSON), "pods/bed-2", WORDS)
    stage.hop(1)
    assert sentences(stage, "breaker-tripped")[-1].startswith("breaker of bed-2 is open: ")


def test_the_end_of_an_outage_says_how_long_it_was(stage: Stage) -> None:
    """The first connection is reached; after a loss the line has the seconds of the outage."""
    stage.app.inbound.on_link(up=True)
    stage.app.inbound.on_link(up=False)
    stage.clock.at_s += 74.0
    stage.app.inbound.on_link(up=True)
    assert sentences(stage, "broker-up")[-1] == "broker reached again after 74 s"
    assert sentences(stage, "broker-up")[0] == "broker reached"
