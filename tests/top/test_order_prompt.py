"""Sever and wake by three keys, in words that name the scope."""

import pytest

from dreamd.core.safety.scopes import SeverScope
from dreamd.top.navigation import Browse, press, rows
from dreamd.top.order_prompt import OrderPrompt, Reach
from dreamd.top.screen import View, picture
from top.stories import S, eight, lines, watched

REACH = Reach("bed-3", "night", "north")


def after(*keys: str, reach: Reach = REACH) -> Browse:
    """The state after these keys, with the cursor on the third bed."""
    scene = watched(eight()).scene(10 * S)
    state = Browse(cursor="bed-3")
    for key in keys:
        state = press(state, key, rows(scene, state), 5, reach)
    return state


def foot(browse: Browse, width: int = 80) -> str:
    """The last line of the screen."""
    view = View(watched(eight()).scene(10 * S), browse, reach=REACH)
    return lines(picture(view, (width, 24)), width)[-1]


@pytest.mark.parametrize(("key", "verb"), [("x", "sever"), ("w", "wake")])
@pytest.mark.parametrize(
    ("choice", "scope", "called"),
    [
        ("b", SeverScope.POD, "bed-3"),
        ("d", SeverScope.DREAMSCAPE, "night"),
        ("i", SeverScope.SITE, "site north"),
        ("f", SeverScope.FLEET, "all beds of this house"),
    ],
)
def test_an_order_is_three_keys_and_names_what_it_reaches(
    key: str, verb: str, choice: str, scope: SeverScope, called: str
) -> None:
    """Order, scope, confirmation; the question names the scope before the last key."""
    assert f"{choice} {called}" in foot(after(key), 120)
    assert f"{verb} {called}? y: yes" in foot(after(key, choice))
    assert after(key, choice).ordered is None
    assert after(key, choice, "y").ordered == OrderPrompt(verb, scope)
    assert after(key, choice, "y").asking is None


@pytest.mark.parametrize("keys", [("x", "esc"), ("x", "q"), ("x", "d", "n"), ("x", "d", "esc"), ("x", "y")])
def test_every_other_key_cancels_the_sever(keys: tuple[str, ...]) -> None:
    """Every other key cancels the question without a sever, and the program goes on."""
    state = after(*keys)
    assert (state.ordered, state.asking, state.over) == (None, None, False)


def test_a_missing_target_is_not_offered() -> None:
    """Without a Dreamscape or a known site its key is not offered; the house always is."""
    nothing = Reach()
    assert after("x", "d", "y", reach=nothing).ordered is None
    assert after("x", "i", "y", reach=nothing).ordered is None
    assert after("x", "f", "y", reach=nothing).ordered == OrderPrompt("sever", SeverScope.FLEET)


def test_the_result_stands_above_the_rows() -> None:
    """Above the rows stands the result, with the beds that have not confirmed."""
    said = ("sever night: 8 zeroed, 7 confirmed by their pods; not confirmed: bed-4", True)
    view = View(watched(eight()).scene(10 * S), Browse(), said=said)
    drawn = " ".join(lines(picture(view, (80, 24)), 80))
    assert "not confirmed: bed-4" in drawn
