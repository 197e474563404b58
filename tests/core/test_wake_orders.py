"""Wake orders as plain values: their reach, the one shown, their revisions."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.core.safety.wake_orders import Order, next_revision, reaches, shown
from dreamwire.messages import WakeScope

FLEET = Order("w9", 9, WakeScope.FLEET, "", "mira", "smoke", 1000.0)
POD = Order("w1", 1, WakeScope.POD, "bed-1", "mira", "pale", 1000.0)
SITE = Order("w2", 2, WakeScope.SITE, "north", "mira", "smoke", 1000.0)
DREAM = Order("w3", 3, WakeScope.DREAMSCAPE, "night", "mira", "noise", 1000.0)


@pytest.mark.parametrize(
    ("order", "reached"),
    [
        (POD, {"bed-1"}),
        (SITE, {"bed-1", "bed-2"}),
        (DREAM, {"bed-2", "bed-3"}),
        (FLEET, {"bed-1", "bed-2", "bed-3", "bed-4"}),
        (replace(FLEET, scope=WakeScope.UNSPECIFIED), {"bed-1", "bed-2", "bed-3", "bed-4"}),
        (replace(DREAM, target=""), set()),
        (replace(FLEET, lifted_by="mira"), set()),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_a_standing_order_reaches_its_target(order: Order, reached: set[str]) -> None:
    """A standing order reaches its pod, site, Dreamscape or all; an unknown scope is all.

    A lifted one none.
    """
    fleet = [
        ("bed-1", "north", ""),
        ("bed-2", "north", "night"),
        ("bed-3", "south", "night"),
        ("bed-4", "", ""),
    ]
    assert {pod for pod, site, dreamscape in fleet if reaches(order, pod, site, dreamscape)} == reached


def test_the_widest_order_that_stands_is_shown() -> None:
    """The widest standing order is shown, of two as wide the first."""
    later = replace(POD, id="w5", revision=5, target="bed-2", at_s=1001.0)
    assert shown([SITE, later]) is SITE
    assert shown([later, POD]) is POD
    assert shown([replace(POD, revision=99), later]).id == POD.id
    assert shown([later, DREAM]) is DREAM
    assert shown([SITE, FLEET, DREAM]) is FLEET


def test_a_lifted_order_is_shown_only_where_none_stands() -> None:
    """The retained place shows a lifted order only if none stands; then the newest."""
    old, new = (replace(FLEET, id=i, revision=r, lifted_by="mira") for i, r in (("a", 20), ("b", 30)))
    assert shown([old, POD, new]) is POD
    assert shown([new, old]) is new
    assert shown([]) is None


@given(st.lists(st.floats(0.0, 4e9), max_size=50))
def test_revisions_grow_whatever_the_clock_says(clock_s: list[float]) -> None:
    """Each revision is above the last and at least the Unix time in ms."""
    revisions = [0]
    for now_s in clock_s:
        revisions.append(next_revision(revisions[-1], now_s))
        assert revisions[-1] >= int(now_s * 1000)
    assert all(later > earlier for earlier, later in pairwise(revisions))


def test_the_wire_says_what_is_kept() -> None:
    """The wire form has milliseconds, and `lifted` if the order was lifted."""
    message = replace(SITE, lifted_by="mira").message()
    assert (message.id, message.revision, message.scope, message.target) == ("w2", 2, WakeScope.SITE, "north")
    assert (message.at_ms, message.lifted) == (1_000_000, True)
    assert not SITE.message().lifted
