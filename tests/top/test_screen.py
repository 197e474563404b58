"""The screen of `top`."""

import time

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.breakers_pb2 import BreakerDetail, BreakerMove
from dreamapi.v1.pods_pb2 import Calibration, Channel, Device, Pod
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.top.navigation import KEYS, Browse
from dreamd.top.screen import View, picture, rows_that_fit, whole
from dreamd.top.state import Detail, Watched
from top.stories import S, cut, eight, event, lines, night, seat, watched

BANDS = [dreams.Synchrony(band=band, z=z) for band, z in (("delta", 0.31), ("theta", -0.4), ("alpha", 4.2))]
IDENTITY = dreams.Identity(dispersion_ratio=0.97, rank_ratio=0.84, i_diff=0.93)
RUNAWAY = dreams.Runaway(energy=0.41, energy_limit=1.2)


def shown(
    heard: Watched,
    size: tuple[int, int] = (80, 24),
    now_ns: int = 10 * S,
    browse: Browse | None = None,
    **fields: object,
) -> list[str]:
    """The screen as lines of text."""
    view = View(heard.scene(now_ns), browse or Browse(), **fields)
    return lines(picture(view, size), *size)


@pytest.mark.parametrize("size", [(80, 24), (150, 40), (60, 12), (40, 10)])
@pytest.mark.parametrize(
    "browse", [Browse(), Browse(helping=True), Browse(closely="bed-3"), Browse(typing=True)]
)
@pytest.mark.parametrize("now_s", [10, 60])
def test_the_screen_fits(size: tuple[int, int], browse: Browse, now_s: int) -> None:
    """At every size the screen has as many lines as the terminal, none wider, live and lost."""
    heard = watched([*eight(), cut(9, "a very long cause that no terminal of this size has room for")])
    for number in range(30):
        heard.happened(
            event(number, f"bed-{number} is merged, and there is more to say of it than fits a line")
        )
    drawn = shown(heard, size, now_s * S, browse)
    assert len(drawn) == size[1]
    assert max(map(len, drawn)) <= size[0]


def test_a_row_has_all_there_is_of_a_sleeper() -> None:
    """A row has bed, name, bar, rendered of granted, signal, distance, synchrony, identity, state."""
    seats = eight()
    seats[1] = seat(2, applied=0.075, distance=2.5, synchrony=0.021, identity=0.98)
    rows = shown(watched(seats))
    (row,) = [line for line in rows if line.startswith(" bed-2")]
    assert row.split() == [
        *("bed-2", "tree-2", "━━━━●───", ".075/.150", "0.90", "2.50", "0.02", "0.98", "merged"),
    ]


def test_the_crowd_is_shown_with_what_stands_beyond_its_line() -> None:
    """The group shows synchrony z by band, identity axes, energy and halving; `not known` if unknown."""
    text = "\n".join(shown(watched(synchrony=BANDS, identity=IDENTITY, runaway=RUNAWAY)))
    assert "synchrony z (limit 4) delta +0.3 theta -0.4 alpha +4.2" in text
    assert "spread 0.97  rank 0.84  own 0.93  energy 0.41 of 1.20  halved no" in text
    empty = "\n".join(shown(watched()))
    assert "synchrony z (limit 4)  not known" in empty
    assert "identity     not known  energy not known" in empty


@pytest.mark.parametrize("size", [(120, 30), (80, 24)])
def test_a_long_cause_hides_no_word_of_what_is_possible(size: tuple[int, int]) -> None:
    """The verdict on a severed Dreamscape is one line; its cause comes last, and is cut first."""
    heard = watched([cut(1)])
    healthy = "2 of 5 are healthy, 1 away or re-checked"
    cause = f"quorum: {healthy}: fewer than half of the assigned sleepers are healthy"
    heard.told(night([cut(1)], state=dreams.Dreamscape.STATE_SEVERED, state_cause=cause), 10 * S)
    verdict = shown(heard, size)[1]
    assert verdict.startswith(" OK: everyone was severed and sleeps on; resume is possible (quorum")


def test_a_lost_picture_has_no_bar_and_no_number() -> None:
    """Without a connection beds have a name and no number or bar; the events stay."""
    heard = watched(synchrony=BANDS)
    heard.happened(event(1, "bed-1 is merged"))
    drawn = shown(heard, now_ns=60 * S)
    text = "\n".join(drawn)
    assert "no connection: every sleeper is alone by their own tether within 1.5 s" in " ".join(text.split())
    rows = [line for line in drawn if "tree-" in line]
    assert len(rows) == 8
    assert all(line.split()[-2:] == ["not", "known"] for line in rows)
    assert not set("━●─") & set(text)
    assert ".150" not in text
    assert "tick" not in drawn[0]
    assert "bed-1 is merged" in text


def test_a_picture_that_stands_still_says_so() -> None:
    """A paused screen shows PAUSED and its age, beside the name."""
    assert "PAUSED, 12 s old: p goes on" in shown(watched(), paused_s=12.3)[0]


def test_the_sentences_of_a_picture_that_stands_still_are_of_now() -> None:
    """On a paused screen a bed severed meanwhile, or above its limit, is named at once."""
    later = watched([*eight()[:7], cut(8)]).scene(10 * S)
    drawn = "\n".join(shown(watched(), paused_s=5.0, now=later))
    assert "severed: bed-8 (railed)" in drawn
    assert "severed: railed" not in drawn


def test_five_hundred_scroll_around_the_cursor() -> None:
    """The rows around the cursor appear at once, and a screen costs a few milliseconds of a core."""
    heard = watched([seat(number) for number in range(1, 501)])
    drawn = shown(heard, browse=Browse(order=1, cursor="bed-250"))
    beds = [line.split()[0] for line in drawn if "tree-" in line]
    assert ">bed-250" in beds
    assert len(beds) == rows_that_fit(View(heard.scene(10 * S), Browse()), (80, 24))
    assert drawn[-1].rstrip().endswith("500 sleepers")
    began_s = time.process_time()
    for _ in range(10):
        shown(heard, browse=Browse(order=1, cursor="bed-250"))
    assert time.process_time() - began_s < 2.0


def test_one_sleeper_closely() -> None:
    """The detail has the seat, the bed's status with channels, and the breaker's moves, newest first."""
    pod = Pod(
        name="pods/bed-3",
        online=True,
        state=Pod.STATE_SEATED,
        device=Device(kind="lsl", model="Muse"),
        site="ward-a",
        channels=[Channel(name="AF7", quality=0.4, cause="railed")],
        calibration=Calibration(done=True, source="live"),
        latched="",
    )
    moves = [BreakerMove(before=1, after=2, cause="railed", detail="quality 0.00")]
    moves.append(BreakerMove(before=2, after=3, cause="railed", detail="the wait is over"))
    breaker = BreakerDetail(
        name="breakers/pods/bed-3", state=Breaker.STATE_HALF_OPEN, cause="railed", history=moves
    )
    heard = watched([*eight()[:2], cut(3, state=3)])
    drawn = shown(heard, browse=Browse(closely="bed-3"), detail=Detail(pod, breaker, 10 * S))
    text = "\n".join(drawn)
    assert "bed-3  tree-3  seat 3  on trial after railed" in text
    assert "0.000 rendered of 0.000 granted" in text
    assert "seated, lsl Muse, site ward-a" in text
    assert "AF7 0.40 railed" in text
    assert text.index("the wait is over") < text.index("quality 0.00")
    assert "not known yet" in "\n".join(
        shown(heard, browse=Browse(closely="bed-2"), detail=Detail(pod, breaker, 1))
    )
    lost = "\n".join(
        shown(heard, now_ns=60 * S, browse=Browse(closely="bed-3"), detail=Detail(pod, breaker, 1))
    )
    assert "bed-3: not known" in lost
    assert "seated" not in lost


def test_help_names_every_key() -> None:
    """The help names every key and the columns."""
    text = "\n".join(shown(watched(), browse=Browse(helping=True)))
    for key, does in KEYS:
        assert f"{key:<9}{does}" in text
    assert "coupling: rendered / granted" in text


def test_once_prints_everyone() -> None:
    """`--once` prints every row, whatever the terminal's height."""
    heard = watched([seat(number) for number in range(1, 101)])
    drawn = lines(whole(heard.scene(10 * S), 120), 120)
    assert sum("tree-" in line for line in drawn) == 100


def test_square_brackets_in_a_reason_are_not_markup() -> None:
    """A reason in square brackets is printed, not taken for markup."""
    heard = watched()
    heard.happened(event(1, "severed: [bold]storm[/bold]"))
    assert "severed: [bold]storm[/bold]" in "\n".join(shown(heard))
