"""The keys of `top`."""

import math
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.top.navigation import ORDERS, Browse, first_line, keys_in, press, rows
from dreamd.top.view_model import ViewModel
from top.stories import S, cut, eight, seat, watched

PAGE = 5


@cache
def scene() -> ViewModel:
    """Eight sleepers; bed-4 is severed and bed-7 locked."""
    seats = eight()
    seats[3], seats[6] = cut(4), cut(7, "actuator", 4)
    return watched(seats).scene(10 * S)


def after(*keys: str, browse: Browse | None = None) -> Browse:
    """The state after these keys, one by one."""
    state = browse or Browse()
    for key in keys:
        state = press(state, key, rows(scene(), state), PAGE)
    return state


def beds(browse: Browse, of: ViewModel | None = None) -> list[int]:
    """The numbers of the beds, in the order shown."""
    return [int(one.pod.removeprefix("bed-")) for one in rows(of or scene(), browse)]


def test_locked_and_severed_beds_come_first() -> None:
    """Locked beds come first, then severed ones, then the rest by number; S reverses the order."""
    assert beds(Browse()) == [7, 4, 1, 2, 3, 5, 6, 8]
    assert beds(after("S"))[-1] == 7


def test_every_order_sorts_and_what_is_not_known_comes_last() -> None:
    """Each column sorts; unknown numbers are last in either direction."""
    seats = [seat(1), seat(2, applied=0.1, quality=0.5, distance=2.0, synchrony=0.2, identity=0.4)]
    seats += [seat(3, applied=0.05, quality=0.7, distance=3.0, synchrony=0.1, identity=0.9), seat(10)]
    shown = watched(seats).scene(10 * S)
    found = {}
    state = Browse()
    for _ in ORDERS:
        state = press(state, "s", rows(shown, state), PAGE)
        found[ORDERS[state.order].name] = (beds(state, shown), beds(replace(state, backwards=True), shown))
    assert found == {
        "bed": ([1, 2, 3, 10], [10, 3, 2, 1]),
        "coupling": ([1, 10, 2, 3], [3, 2, 10, 1]),
        "signal": ([2, 3, 1, 10], [10, 1, 3, 2]),
        "distance": ([3, 2, 1, 10], [2, 3, 1, 10]),
        "synchrony": ([2, 3, 1, 10], [3, 2, 1, 10]),
        "identity": ([2, 3, 1, 10], [3, 2, 1, 10]),
        "state": ([1, 2, 3, 10], [10, 3, 2, 1]),
    }


def test_the_cursor_holds_on_to_a_sleeper() -> None:
    """The cursor stays on its sleeper when the order changes, and never leaves the table."""
    state = after("down", "j", "down")
    assert state.cursor == "bed-2"
    assert after("s", browse=state).cursor == "bed-2"
    assert after("up", "k", "up", "up", "up", browse=state).cursor == "bed-7"
    assert after("end").cursor == "bed-8"
    assert after("end", "home").cursor == "bed-7"
    assert after("pgdn").cursor == "bed-5"
    assert after("pgdn", "pgdn", "pgup").cursor == "bed-1"


def test_a_sleeper_is_looked_at_closely_and_left_again() -> None:
    """Enter opens a sleeper's detail, esc closes it; moving meanwhile opens the next."""
    assert after("enter").closely == "bed-7"
    assert after("enter", "down").closely == "bed-4"
    assert after("enter", "esc").closely == ""
    assert after("enter", "enter").closely == ""


def test_words_filter_beds_names_and_how_they_are() -> None:
    """All words must match beds, names or states, in any case; esc clears, enter keeps; keys are letters."""
    assert beds(after("/", *"RAILED")) == [4]
    assert beds(after("/", *"tree-2")) == [2]
    assert beds(after("/", *"severed 4")) == [4]
    assert after("/", *"qs", "enter").words == "qs"
    assert not after("/", *"q").over
    assert beds(after("/", *"nobody", "enter", "enter")) == []
    assert after("/", *"nobody", "enter", "down", "enter").closely == ""
    assert after("/", "a", "b", "backspace", "esc").words == ""
    assert after("/", "a", "enter", "esc").words == ""
    assert len(after("/", *("a" * 100)).words) == 40


def test_pause_help_quit_and_the_next_dreamscape() -> None:
    """P and space pause and resume; ? shows help until any key; d switches; q and Ctrl-C quit."""
    assert after("p").paused
    assert not after("p", " ").paused
    assert after("?").helping
    assert not after("h", "x").helping
    assert after("?", "q").over
    turned = after("down", "enter", "p", "d")
    assert (turned.turns, turned.cursor, turned.closely, turned.paused) == (1, "", "", False)
    assert after("q").over
    assert after("/", "interrupt").over


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*"kjqsSpd?h/ x", "up", "down", "pgup", "pgdn", "home", "end", "enter", "esc"]))
)
def test_no_keys_lose_the_cursor_or_break(keys: list[str]) -> None:
    """After any keys the cursor is on an existing bed, or nowhere."""
    state = after(*keys)
    assert state.cursor in {"", *(one.pod for one in scene().sleepers)}
    assert 0 <= state.order < len(ORDERS)


@given(st.integers(0, 600), st.integers(1, 60), st.integers(0, 600))
def test_the_cursor_is_always_in_sight(at: int, lines: int, total: int) -> None:
    """Of 500 rows those around the cursor are shown, without empty lines."""
    at = min(at, max(total - 1, 0))
    first = first_line(at, lines, total)
    assert 0 <= first <= max(0, total - lines)
    assert total == 0 or first <= at < first + lines


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1bOA", ["up"]),
        ("\x1b[5~\x1b[6~", ["pgup", "pgdn"]),
        ("\x1b", ["esc"]),
        ("\x1b\x1b[A", ["esc", "up"]),
        ("q\r\x7f", ["q", "enter", "backspace"]),
        ("\x1b[24~x", ["x"]),
        ("\x1b[", []),
        ("\x03", ["interrupt"]),
    ],
)
def test_what_a_terminal_sends_is_read_as_keys(text: str, keys: list[str]) -> None:
    """Arrows in both encodings and a lone escape are keys; an unknown sequence is dropped whole."""
    assert keys_in(text) == keys


@given(st.text())
def test_no_input_breaks_the_reading_of_keys(text: str) -> None:
    """Any input is read to its end."""
    assert len(keys_in(text)) <= len(text)


def test_not_a_number_is_not_smaller_than_a_number() -> None:
    """The sort key of every order is a number or NaN."""
    one = watched([seat(1, applied=math.nan)]).scene(10 * S)
    assert beds(Browse(order=2), one) == [1]
