"""The received state, and its expiry."""

import math

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.terminal.sleeper_row import State
from dreamd.top.state import EVENTS_KEPT, SILENT_S, Watched
from dreamd.top.view_model import Link, chosen
from top.stories import S, cut, eight, event, night, seat, tick, watched


def test_silence_alone_is_no_connection() -> None:
    """1.5 s without a message the connection counts as lost, whatever the socket's state.

    One message restores it.
    """
    heard = watched(at_ns=10 * S)
    assert heard.scene(10 * S).link is Link.LIVE
    assert heard.scene(10 * S + int(SILENT_S * S)).link is Link.LIVE
    lost = heard.scene(10 * S + int(SILENT_S * S) + 1)
    assert lost.link is Link.LOST
    assert lost.age_s == pytest.approx(1.5)
    heard.ticked(tick(eight(), 101), 20 * S)
    assert heard.scene(20 * S).link is Link.LIVE


def test_before_anything_is_heard_nothing_is_known() -> None:
    """Before any message nothing is known: NEVER, without an age."""
    scene = Watched().scene(5 * S)
    assert scene.link is Link.NEVER
    assert math.isnan(scene.age_s)


def test_a_daemon_that_answers_without_ticks_is_not_shown_as_gone() -> None:
    """Answers without ticks: the seats are the answer's, the group is unknown."""
    heard = watched(at_ns=10 * S, halved_cause="energy")
    heard.told(night([cut(1)]), 14 * S)
    scene = heard.scene(14 * S)
    assert scene.link is Link.STILL
    assert [one.pod for one in scene.sleepers] == ["bed-1"]
    assert scene.crowd.halved_cause == ""
    heard.told(night([cut(1)], state=dreams.Dreamscape.STATE_ENDED), 15 * S)
    assert heard.scene(15 * S).link is Link.LIVE


def test_a_dreamscape_that_gathers_needs_no_tick() -> None:
    """A gathering Dreamscape has no ticks, so answers suffice."""
    heard = Watched()
    heard.turn("night")
    heard.told(night(state=dreams.Dreamscape.STATE_GATHERING, tick=0), 3 * S)
    assert heard.scene(4 * S).link is Link.LIVE
    heard.told(night(tick=0), 5 * S)
    assert heard.scene(5 * S).link is Link.LIVE
    heard.told(night(tick=50), 6 * S)
    assert heard.scene(6 * S).link is Link.STILL


def test_more_than_was_granted_is_seen_in_two_ticks_running() -> None:
    """Two ticks above the largest grant of the last two seconds count.

    A falling share after a sever does not.
    """
    heard = watched(at_ns=10 * S)
    falling = [seat(1, granted=0.0, applied=0.15)]
    for step in range(1, 9):
        heard.ticked(tick(falling, 100 + step), 10 * S + step * S // 4)
        assert heard.scene(10 * S + step * S // 4).coupled == ()
    heard.ticked(tick(falling, 120), 13 * S)
    assert heard.scene(13 * S).coupled == ()
    heard.ticked(tick(falling, 121), 13 * S + S // 4)
    assert heard.scene(13 * S + S // 4).coupled == ("bed-1",)
    heard.ticked(tick([seat(1, granted=0.0, applied=0.0)], 122), 13 * S + S // 2)
    assert heard.scene(13 * S + S // 2).coupled == ()


def test_a_share_that_is_no_number_is_more_than_was_granted() -> None:
    """A NaN share is above the grant."""
    heard = watched([seat(1, applied=math.nan)], at_ns=10 * S)
    heard.ticked(tick([seat(1, applied=math.nan)], 101), 10 * S + 1)
    assert heard.scene(10 * S + 1).coupled == ("bed-1",)


def test_turning_to_another_dreamscape_leaves_nothing_of_the_last() -> None:
    """Switching Dreamscapes keeps no seat, tick or event of the last; its late tick is dropped."""
    heard = watched()
    heard.happened(event(1, "of the night", dreamscape="dreamscapes/night"))
    heard.happened(event(2, "of the house"))
    heard.turn("noon")
    heard.ticked(tick(eight(), 101), 10 * S)
    heard.told(night(eight()), 10 * S)
    scene = heard.scene(10 * S)
    assert (scene.dreamscape, scene.sleepers, scene.tick) == ("noon", (), 0)
    assert [one.sentence for one in scene.events] == ["of the house"]


def test_nothing_grows_with_the_night() -> None:
    """Memory is bounded: two hundred events, two seconds of grants."""
    heard = watched()
    for number in range(3 * EVENTS_KEPT):
        heard.happened(event(number, "again"))
        heard.ticked(tick(eight(), number), (10 + number) * S // 4)
    assert len(heard.scene(0).events) == EVENTS_KEPT
    assert max(map(len, heard._grants.values())) <= 9


def test_a_seat_says_how_its_sleeper_is() -> None:
    """A seat's state in words: dreaming, at rest, severed, locked, waiting, woken, home."""
    left = dreams.Seat.STATE_LEFT
    seats = [
        seat(1),
        seat(2, applied=0.0),
        cut(3),
        cut(4, "actuator", 4),
        cut(5, "stale", 3),
        seat(6, state=dreams.Seat.STATE_WAITING, refusal_code="QUALITY_LOW", applied=0.0),
        seat(7, state=left, breaker=(1, "wake"), applied=0.0),
        seat(8, state=left, breaker=(1, "home"), applied=0.0),
    ]
    sleepers = watched(seats).scene(10 * S).sleepers
    assert [one.words for one in sleepers] == [
        "merged",
        "alone",
        "severed: railed",
        "locked: actuator",
        "on trial after stale",
        "not admitted: quality-low",
        "left: wake",
        "left: home",
    ]
    assert sleepers[5].state is State.COMING
    assert math.isnan(sleepers[5].quality)
    assert math.isnan(sleepers[0].synchrony)


def test_a_dreaming_dreamscape_is_shown_first() -> None:
    """A named one is shown; else a dreaming one before others not over; the key cycles."""
    ended = dreams.Dreamscape(name="dreamscapes/old", state=dreams.Dreamscape.STATE_ENDED)
    planned = dreams.Dreamscape(name="dreamscapes/later", state=dreams.Dreamscape.STATE_PLANNED)
    listed = [ended, planned, night()]
    assert chosen(listed, "old", 0) == "old"
    assert [chosen(listed, "", turns) for turns in range(3)] == ["night", "later", "night"]
    assert chosen([ended], "", 0) == "old"
    assert chosen([], "", 0) == ""
