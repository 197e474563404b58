"""`top` on unheard beds and on the house, and the Dreamscape it opens on."""

import math

from google.protobuf.duration_pb2 import Duration

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.house_pb2 import House
from dreamd.top.navigation import Browse
from dreamd.top.report import report
from dreamd.top.screen import View, picture
from dreamd.top.sentences import Tone, headline, safe
from dreamd.top.state import Watched
from dreamd.top.view_model import chosen, sleeper_of
from top.stories import S, cut, eight, event, lines, night, seat, tick, watched


def silent(number: int, age_s: int = 40) -> dreams.Seat:
    """A seat in the daemon's view with a silent bed: without its numbers."""
    one = seat(number, heard_age=Duration(seconds=age_s))
    one.ClearField("applied")
    one.ClearField("quality")
    return one


def test_a_bed_that_is_not_heard_is_not_known_and_not_safe() -> None:
    """A silent bed has no number and no colour; the verdict is grave, neither safe nor unsafe."""
    scene = watched([*eight()[:7], silent(8)]).scene(10 * S)
    assert scene.unheard == ("bed-8",)
    assert math.isnan(scene.sleepers[7].applied)
    assert scene.sleepers[7].words == "not known"
    assert safe(scene) is None
    verdict, merged, *_ = headline(scene)
    assert verdict.words.startswith("not known: bed-8")
    assert verdict.tone is Tone.GRAVE
    assert merged.words == "7 of 8 merged, 7 in the collective, no data from 1"


def test_without_data_from_any_bed_the_line_says_so() -> None:
    """Four seats, none heard for 1.5 s: no number of beds in the collective is claimed."""
    scene = watched([silent(number) for number in range(1, 5)], merged=0, included=0).scene(10 * S)
    assert headline(scene)[1].words == "0 of 4 merged, no data from any bed"


def test_a_severed_bed_that_is_not_heard_has_both_words() -> None:
    """The cause stays, and that its report is old is added, as in the console."""
    one = cut(1)
    one.heard_age.seconds = 40
    assert sleeper_of(one).words == "severed: railed, not heard"


def test_a_seat_without_a_frame_has_dashes() -> None:
    """Before its first frame a seat has a dash for quality, distance, synchrony and identity, never 0.00."""
    waiting = seat(1, state=dreams.Seat.STATE_WAITING, refusal_code="QUALITY_LOW", quality=0.0)
    waiting.granted = waiting.applied = 0.0
    drawn = lines(picture(View(watched([waiting]).scene(10 * S), Browse()), (80, 24)), 80)
    (row,) = (line for line in drawn if "tree-1" in line)
    assert row.split()[-7:-3] == ["-", "-", "-", "-"]
    assert "0.00" not in row


def test_a_silent_bed_is_not_accused() -> None:
    """A silent bed that rendered its grant when last heard is not above anything."""
    heard = watched(eight())
    for at in range(8):
        heard.ticked(tick([*eight()[:7], silent(8)], 101 + at), (11 + at) * S)
    assert heard.scene(18 * S).coupled == ()


def test_received_values_age_while_nothing_comes() -> None:
    """A value of 0.3 s, received 1.3 s ago, is not known, although the connection is live."""
    heard = watched([seat(n, heard_age=Duration(nanos=300_000_000)) for n in range(1, 9)])
    assert heard.scene(10 * S).unheard == ()
    assert len(heard.scene(int(11.3 * S)).unheard) == 8


def test_a_seat_without_an_age_was_never_heard() -> None:
    """A seat without an age was never heard."""
    one = seat(1)
    one.ClearField("heard_age")
    assert math.isnan(sleeper_of(one).applied)


def test_troubles_of_the_house_come_first() -> None:
    """Troubles of broker and ledger are above the verdict, on screen and in the report."""
    heard = watched(eight())
    heard.housed(House(troubles=["the broker is not reached", "the ledger /x is full"]))
    scene = heard.scene(10 * S)
    assert [said.words for said in headline(scene)][:2] == [
        "the broker is not reached",
        "the ledger /x is full",
    ]
    told = report(scene)
    assert told["troubles"] == ["the broker is not reached", "the ledger /x is full"]
    assert told["unheard"] == []


def test_it_opens_on_the_dreamscape_that_needs_a_person_most() -> None:
    """It opens on a dreaming one with a silent bed, then a dreaming, a severed, a gathering one."""

    def named(name: str, state: int, **counts: int) -> dreams.Dreamscape:
        return dreams.Dreamscape(name=f"dreamscapes/{name}", state=state, **counts)

    kind = dreams.Dreamscape
    listed = [
        named("new", kind.STATE_GATHERING),
        named("cut", kind.STATE_SEVERED, assigned=4),
        named("calm", kind.STATE_DREAMING, assigned=4, merged=4),
        named("lost", kind.STATE_DREAMING, assigned=4, merged=2, unheard=2),
        named("over", kind.STATE_ENDED),
    ]
    assert [chosen(listed, "", turn) for turn in range(4)] == ["lost", "calm", "cut", "new"]


def test_names_are_shown_whole_where_there_is_room_and_by_their_end_where_not() -> None:
    """README's names are whole at 140 and 80 columns; a very long one keeps its distinguishing end."""
    seats = eight()
    for number, one in enumerate(seats, 1):
        one.pod, one.sleeper = f"pods/ward-north-bed-{number:02}", f"sleepers/sleeper-{number}"
    view = View(watched(seats).scene(10 * S), Browse())
    wide = [line for line in lines(picture(view, (140, 24)), 140) if "ward-north" in line]
    assert all(f"ward-north-bed-{n:02} sleeper-{n} " in " ".join(wide[n - 1].split()) for n in range(1, 9))
    narrow = "\n".join(lines(picture(view, (80, 24)), 80))
    assert all(f"bed-{n:02}" in narrow and f"er-{n} " in narrow for n in range(1, 9))


def test_a_late_event_shows_both_times() -> None:
    """A late event has both times, on screen and in the report."""
    heard: Watched = watched(eight())
    fact = event(1000, "bed-1 severed: lease", kind="severed")
    fact.act_time.seconds = fact.event_time.seconds - 75
    heard.happened(fact)
    scene = heard.scene(10 * S)
    assert "(happened at " in " ".join(lines(picture(View(scene, Browse()), (120, 24)), 120))
    (told,) = report(scene)["events"]  # type: ignore[misc]
    assert told["acted_at"] is not None
    assert night().name == "dreamscapes/night"
