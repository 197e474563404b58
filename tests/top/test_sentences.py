"""The sentences at the top of the screen."""

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.terminal.sleeper_row import Tone
from dreamd.top.sentences import headline, safe
from dreamd.top.state import Watched
from top.stories import S, cut, eight, night, seat, tick, watched


def said(heard: Watched, now_ns: int = 10 * S) -> list[str]:
    """The sentences now."""
    return [one.words for one in headline(heard.scene(now_ns))]


def test_a_calm_night_is_safe() -> None:
    """A calm night has the verdict first, with the age of the oldest data, then the number merged."""
    heard = watched()
    verdict, merged = said(heard)
    assert verdict == "OK: no bed above its limit (data 0.2 s old)"
    assert merged == "8 of 8 merged, 8 in the collective"
    assert headline(heard.scene(10 * S))[0].tone is Tone.GOOD
    assert safe(heard.scene(10 * S)) is True


def test_a_severed_bed_is_named_with_its_cause() -> None:
    """Severed beds are named by cause, locked ones first; more than three are counted."""
    seats = [*eight()[:3], cut(4), cut(5, "flat"), cut(6, "flat"), cut(7, "actuator", 4)]
    heard = watched(seats)
    assert said(heard) == [
        "OK, but bed-7 is locked and waits for a person: dreamd breakers reset",
        "3 of 7 merged, 3 in the collective",
        "severed: bed-7 (actuator), bed-4 (railed), bed-5, bed-6 (flat)",
    ]
    many = watched([cut(number, "operator") for number in range(1, 9)])
    assert said(many)[-1] == "severed: eight sleepers (operator)"


def test_a_lost_connection_is_never_shown_as_safe() -> None:
    """An old, silent or tickless picture is one sentence, and its safety is not known."""
    heard = watched()
    (lost,) = said(heard, 30 * S)
    assert lost.startswith("no connection: every sleeper is alone by their own tether within 1.5 s")
    assert "20 s ago" in lost
    assert safe(heard.scene(30 * S)) is None
    heard.told(night(eight()), 15 * S)
    (still,) = said(heard, 15 * S)
    assert still.startswith("the daemon answers and has not ticked for 5.0 s: every sleeper is alone")
    assert safe(heard.scene(15 * S)) is None
    assert said(Watched()) == ["nothing has been heard yet"]


def test_more_than_was_granted_is_not_safe() -> None:
    """A bed above its grant is not safe, and is named."""
    heard = watched([seat(1, granted=0.0)])
    heard.ticked(tick([seat(1, granted=0.0)], 101), 10 * S)
    assert said(heard)[0] == "NOT SAFE: bed-1 renders more than was granted"
    assert safe(heard.scene(10 * S)) is False


def test_a_halved_group_is_watched_with_the_cause() -> None:
    """A halved group is `watched`, with the cause."""
    heard = watched(halved_cause="synchrony-runaway")
    assert said(heard)[0].startswith("watch: every coupling is halved (synchrony-runaway)")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"synchrony": [dreams.Synchrony(band="alpha", z=4.1)]}, "watch: synchrony z above 4 in alpha"),
        ({"identity": dreams.Identity(dispersion_ratio=0.19)}, "watch: dispersion below 0.2"),
        ({"identity": dreams.Identity(rank_ratio=0.8)}, "watch: effective rank below 0.85"),
        ({"runaway": dreams.Runaway(energy=1.3, energy_limit=1.2)}, "watch: energy above its limit"),
        ({"runaway": dreams.Runaway(lag_correlation=0.6)}, "watch: the centre repeats itself (0.60)"),
        ({"synchrony": [dreams.Synchrony(band="alpha")], "identity": dreams.Identity()}, "OK: no bed above"),
    ],
)
def test_a_value_beyond_its_limit_is_watched(fields: dict[str, object], words: str) -> None:
    """Each axis has its limit; an unknown value gives no warning."""
    assert said(watched(**fields))[0].startswith(words)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (dreams.Dreamscape.STATE_PLANNED, "night is planned; no sleeper is merged"),
        (dreams.Dreamscape.STATE_GATHERING, "night gathers: 0 of 0 are ready"),
        (dreams.Dreamscape.STATE_WAKING, "night is waking (an order); 0 merged"),
        (dreams.Dreamscape.STATE_ENDED, "night is ended (an order); 0 merged"),
    ],
)
def test_a_night_that_does_not_dream_says_where_it_is(state: int, words: str) -> None:
    """Every state has its sentence."""
    heard = Watched()
    heard.turn("night")
    heard.told(night(state=state, state_cause="an order"), 10 * S)
    assert words in said(heard)


def test_a_sever_of_all_is_reported_with_its_cause() -> None:
    """After a sever of all no bed is above its limit, and it can be resumed."""
    heard = watched([cut(1, "operator")])
    heard.told(night([cut(1)], state=dreams.Dreamscape.STATE_SEVERED, state_cause="operator"), 10 * S)
    assert said(heard)[0] == "OK: everyone was severed and sleeps on; resume is possible (operator)"


def test_without_a_dreamscape_it_says_what_to_do() -> None:
    """Without a Dreamscape the screen shows the next step; an unknown name is reported."""
    heard = Watched()
    heard.listed([], 10 * S)
    assert said(heard) == ["there is no Dreamscape; plan one: dreamd dreamscapes create"]
    heard.lost("no Dreamscape is named 'nigth'")
    assert said(heard) == ["no Dreamscape is named 'nigth'"]


def test_a_gathering_names_how_many_are_ready_and_needed() -> None:
    """A gathering shows the number of ready seats and the plan's minimum."""
    waiting = seat(3, state=dreams.Seat.STATE_WAITING, refusal_code="QUALITY_LOW", granted=0.0, applied=0.0)
    ready = [seat(n, state=dreams.Seat.STATE_ADMITTED, granted=0.0, applied=0.0) for n in (1, 2)]
    heard = Watched()
    heard.turn("night")
    plan = dreams.Plan(seats_min=3)
    heard.told(night([*ready, waiting], state=dreams.Dreamscape.STATE_GATHERING, plan=plan), 10 * S)
    assert "night gathers: 2 of 3 are ready, 3 must be" in said(heard)
    words = [one.words for one in heard.scene(10 * S).sleepers]
    assert words == ["ready", "ready", "not admitted: quality-low"]


def test_a_leading_artist_is_shown_with_the_share() -> None:
    """The artist's share is shown in percent while it dreams, and not after a sever."""
    led = watched(artist=[0.1] * 12, artist_share=0.3)
    assert said(led)[2] == "an artist leads: 30 % of what is blended is the artist's"
    assert not any("artist" in words for words in said(watched()))
    led.told(night(eight(), state=dreams.Dreamscape.STATE_SEVERED), 10 * S)
    assert not any("artist" in words for words in said(led))
