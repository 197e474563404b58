"""The journal: bounded, in order, and no sever is displaced by check-ins."""

from hypothesis import given
from hypothesis import strategies as st

from dreamd.app.events.event_ring import EventRing, size_of
from dreamd.app.events.journal import CHURN, Journal
from dreamd.core.dreamscapes.views import DreamscapeState, Event
from dreamd.core.event_kinds import KINDS
from dreamd.core.limits import JOURNAL_BYTES, JOURNAL_CHURN_EVENTS, JOURNAL_EVENTS
from dreamd.core.refusals import Code, Refusal
from fakes.callers import OPERATOR, named
from fakes.stage import Stage

NOW_S = 1_800_000_000.0
BASE = int(NOW_S * 1e6)

STEPS = st.lists(st.sampled_from(["severed", "checked-in"]), max_size=30)


def read(journal: Journal, cursor: int, limit: int = 1000) -> list[Event]:
    """All events after a cursor."""
    told = journal.events_after(cursor, limit)
    assert not isinstance(told, Refusal), told
    return list(told)


def test_many_check_ins_displace_no_sever() -> None:
    """After twice as many check-ins as the journal holds, an older watch still gets the sever."""
    stage = Stage(4)
    stage.appear()
    stage.dream()
    before = stage.app.journal.newest
    stage.app.dreamscapes.sever(OPERATOR, "night", "smoke")
    stage.app.breakers.trip(named("mira"), "pods/bed-2", "pale")
    for number in range(2 * JOURNAL_EVENTS):
        stage.app.journal.append(NOW_S, "checked-in", f"a sleeper is checked in to bed-{number}", pod="bed-1")
    watch = stage.app.house.watch_events(before, "", lambda: None)
    assert not isinstance(watch, Refusal)
    told = watch.take(JOURNAL_EVENTS)
    assert not isinstance(told, Refusal)
    kinds = [event.kind for event in told]
    assert "state" in kinds
    assert "breaker-tripped" in kinds
    assert kinds.count("events-dropped") == 1
    assert kinds.count("checked-in") == JOURNAL_CHURN_EVENTS


@given(STEPS, st.integers(1, 4), st.integers(1, 4))
def test_kept_events_come_in_order_and_gaps_are_marked(kinds: list[str], safety: int, churn: int) -> None:
    """From any cursor, kept events come once and in order; a gap is marked.

    Too old means a lost safety event.
    """
    journal = Journal(NOW_S, safety, churn)
    written = [journal.append(NOW_S, kind, "") for kind in kinds]
    kept = [e for e in written if e.kind == "severed"][-safety:] + [
        e for e in written if e.kind == "checked-in"
    ][-churn:]
    kept.sort(key=lambda event: event.cursor)
    assert list(journal._events) == kept
    for cursor in range(BASE - 2, BASE + len(written)):
        told = journal.events_after(cursor, 1000)
        lost = [e for e in written if e.cursor > cursor and e not in kept]
        if cursor < BASE - 1 or any(event.kind == "severed" for event in lost):
            assert isinstance(told, Refusal)
            assert told.code is Code.CURSOR_TOO_OLD
            again = read(journal, int(told.metadata["oldest"]) - 1)
            assert [e for e in again if e.kind == "severed"] == [e for e in kept if e.kind == "severed"]
            continue
        assert not isinstance(told, Refusal)
        assert [event for event in told if event.kind != "events-dropped"] == [
            e for e in kept if e.cursor > cursor
        ]
        assert [event.cursor for event in told if event.kind == "events-dropped"] == [e.cursor for e in lost][
            -1:
        ]
        assert [event.cursor for event in told] == sorted({event.cursor for event in told})


@given(STEPS, st.integers(1, 3))
def test_a_follower_that_reads_in_parts_misses_nothing(kinds: list[str], at_once: int) -> None:
    """Read in parts, the journal is the same as read as a whole, the gap included."""
    journal = Journal(NOW_S, 100, 3)
    for kind in kinds:
        journal.append(NOW_S, kind, "")
    follower = journal.follow(BASE - 1, "", lambda: None)
    assert not isinstance(follower, Refusal)
    taken: list[Event] = []
    while part := follower.take(at_once):
        assert not isinstance(part, Refusal)
        taken += part
    assert taken == read(journal, BASE - 1)


def test_a_gap_is_sent_to_a_watch_of_one_dreamscape_too() -> None:
    """A watch of one Dreamscape also gets a gap, which may concern it."""
    journal = Journal(NOW_S, 10, 2)
    for number in range(5):
        journal.append(NOW_S + number, "admitted", "", dreamscape="night" if number % 2 else "dusk")
    follower = journal.follow(BASE - 1, "night", lambda: None)
    assert not isinstance(follower, Refusal)
    told = follower.take(10)
    assert not isinstance(told, Refusal)
    assert [(event.kind, event.dreamscape) for event in told] == [
        ("events-dropped", ""),
        ("admitted", "night"),
    ]
    assert told[0].sentence == "3 events of coming and going up to here are no longer kept"


def test_bytes_are_bounded_too() -> None:
    """Large events are bounded in bytes; the newest is kept whatever its size."""
    ring = EventRing(10_000, 100_000)
    figures = {f"energy_t-{second}": 1.0 for second in range(60)}
    event = Event(1, NOW_S, "group-severed", "night", "", 0, "gain", "x" * 500, figures)
    for _ in range(1000):
        ring.append(event)
    assert len(ring) == 100_000 // size_of(event)
    assert ring.dropped == 1000 - len(ring)
    small = EventRing(10, 1)
    small.append(event)
    assert list(small.after(0)) == [event]
    assert 10 * size_of(event) < JOURNAL_BYTES


def test_the_droppable_kinds_exist() -> None:
    """The droppable kinds exist, and none of them concerns a sleeper."""
    states = {state.value for state in DreamscapeState}
    assert set(KINDS) | states >= CHURN
    safety = {
        "severed",
        "breaker-tripped",
        "breaker-reset",
        "latched",
        "malfunction",
        "wake-order",
        "wake-lifted",
        "left",
    }
    safety |= {
        "sever-order",
        "alone",
        "merged",
        "group-severed",
        "identity-lost",
        "warned",
        "state",
        "uplink-lost",
    }
    assert not safety & CHURN
