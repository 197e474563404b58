"""The commands and wake orders that a pod obeys."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from dreamedge.core.merging.command_filter import (
    OUTCOMES_KEPT,
    CommandFilter,
    Declined,
    Obey,
    Repeated,
    unfit,
)
from dreamwire.messages import Ack, Assign, Command, Recalibrate, Release, WakeOrder, WakePod, WakeScope
from fakes.edge import INCARNATION, POD, SCHEMA, assignment

NOW_MS = 1000.0


def orders() -> CommandFilter:
    """A pod without earlier commands."""
    return CommandFilter(POD, "house", INCARNATION)


def command(counter: int, what: object, **changes: object) -> Command:
    """A command in date."""
    made = Command(POD, counter, INCARNATION, 2000, what)  # type: ignore[arg-type]
    return replace(made, **changes)  # type: ignore[arg-type]


def order(revision: int, scope: WakeScope, target: str = "", *, lifted: bool = False) -> WakeOrder:
    """A wake order."""
    return WakeOrder("w", revision, scope, target, "ann", "drill", 0, lifted)


def test_an_assign_in_date_and_order_is_obeyed() -> None:
    """An assign in date and order is obeyed: its outcome is an empty refusal."""
    pod = orders()
    assign = assignment()
    verdict = pod.weigh(command(5, assign), NOW_MS, "")
    assert isinstance(verdict, Obey)
    assert verdict.what is assign
    assert [(o.counter, o.refused) for o in pod.outcomes] == [(5, "")]


@pytest.mark.parametrize(
    ("changes", "session_ms", "hindrance", "reason"),
    [
        ({"incarnation": INCARNATION - 1}, NOW_MS, "", "other-incarnation"),
        ({"not_after_ms": 999}, NOW_MS, "", "too-late"),
        ({}, None, "", "clock-unsynced"),
        ({}, nan, "", "too-late"),
        ({}, NOW_MS, "latched", "latched"),
    ],
)
def test_an_order_that_binds_is_refused_when_in_doubt(
    changes: dict[str, object], session_ms: float | None, hindrance: str, reason: str
) -> None:
    """Another start, a late date, no clock, or a hindrance: assign and recalibrate are refused."""
    for what in (assignment(), Recalibrate("r")):
        assert orders().weigh(command(5, what, **changes), session_ms, hindrance) == Declined(reason)


@pytest.mark.parametrize("what", [Release("r"), WakePod("r", "ann"), Ack((b"1",))])
def test_an_order_that_frees_is_obeyed_at_any_age_and_in_any_order(what: object) -> None:
    """A freeing command of another incarnation, long past its date, with every hindrance, is obeyed."""
    pod = orders()
    pod.weigh(command(50, assignment()), NOW_MS, "")
    old = command(3, what, incarnation=1, not_after_ms=0)
    assert pod.weigh(old, None, "latched") == Obey(what)  # type: ignore[arg-type]


@pytest.mark.parametrize("freeing", [Release("r"), WakePod("r", "ann")])
def test_an_assign_older_than_a_release_or_wake_is_refused(freeing: object) -> None:
    """An assign overtaken by its own release is refused."""
    pod = orders()
    pod.weigh(command(9, freeing), NOW_MS, "")
    assert pod.weigh(command(8, assignment()), NOW_MS, "") == Declined("superseded")
    assert isinstance(pod.weigh(command(10, assignment()), NOW_MS, ""), Obey)


def test_an_assign_older_than_the_one_obeyed_is_refused() -> None:
    """An assign older than the obeyed one is refused; a refused one does not count."""
    pod = orders()
    pod.weigh(command(9, assignment()), NOW_MS, "")
    assert pod.weigh(command(8, assignment()), NOW_MS, "") == Declined("superseded")
    pod.weigh(command(20, assignment()), NOW_MS, "latched")
    assert isinstance(pod.weigh(command(11, assignment()), NOW_MS, ""), Obey)


def test_a_repeated_counter_is_answered_not_done_again() -> None:
    """A repeated counter gets the outcome it had."""
    pod = orders()
    pod.weigh(command(5, Release("r")), NOW_MS, "")
    assert pod.weigh(command(5, Release("r")), NOW_MS, "") == Repeated()
    assert len(pod.outcomes) == 1


def test_another_pods_command_is_nothing_to_us() -> None:
    """Another pod's command is declined without an outcome or a mark."""
    pod = orders()
    assert pod.weigh(command(9, Release("r"), pod="bed-2"), NOW_MS, "") == Declined("other-pod")
    assert pod.outcomes == ()
    assert isinstance(pod.weigh(command(8, assignment()), NOW_MS, ""), Obey)


def test_the_newest_sixteen_outcomes_are_kept() -> None:
    """The newest sixteen outcomes are kept."""
    pod = orders()
    for counter in range(1, 31):
        pod.weigh(command(counter, Ack(())), NOW_MS, "")
    assert [o.counter for o in pod.outcomes] == list(range(31 - OUTCOMES_KEPT, 31))


@pytest.mark.parametrize(
    ("scope", "target", "reached"),
    [
        (WakeScope.POD, POD, True),
        (WakeScope.POD, "bed-2", False),
        (WakeScope.SITE, "house", True),
        (WakeScope.SITE, "barn", False),
        (WakeScope.DREAMSCAPE, "night", True),
        (WakeScope.DREAMSCAPE, "day", False),
        (WakeScope.FLEET, "", True),
        (WakeScope.UNSPECIFIED, "", True),
    ],
)
def test_a_wake_order_reaches_its_scope(scope: WakeScope, target: str, *, reached: bool) -> None:
    """A wake order reaches its pod, site, Dreamscape or fleet; an unknown scope is the widest."""
    assert orders().wakes(order(1, scope, target), "night") is reached


def test_an_empty_dreamscape_is_no_target() -> None:
    """An order without a Dreamscape does not reach a pod in none."""
    assert not orders().wakes(order(1, WakeScope.DREAMSCAPE, ""), "")


def test_the_highest_revision_of_a_wake_order_wins() -> None:
    """A repeated, overtaken or lifted wake order wakes no sleeper; a lifting ends the standing one."""
    pod = orders()
    assert pod.wakes(order(5, WakeScope.FLEET), "")
    assert not pod.wakes(order(5, WakeScope.FLEET), "")
    assert not pod.wakes(order(4, WakeScope.FLEET), "")
    assert pod.woken("night")
    assert not pod.wakes(order(6, WakeScope.FLEET, lifted=True), "")
    assert not pod.woken("night")


BROKEN = np.full(SCHEMA.size, 1.0, dtype=np.float32)
BROKEN[3] = np.nan


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"incarnation": 1}, "other-incarnation"),
        ({"schema": "other"}, "other-schema"),
        ({"slot": 256}, "malformed"),
        ({"slot": -1}, "malformed"),
        ({"assignment": 0}, "malformed"),
        ({"dreamscape": "No Name"}, "malformed"),
        ({"ceiling": nan}, "malformed"),
        ({"ceiling": 1.1}, "malformed"),
        ({"cap": nan}, "malformed"),
        ({"cap": -0.1}, "malformed"),
        ({"ramp_s": nan}, "malformed"),
        ({"ramp_s": inf}, "malformed"),
        ({"seconds_left": 0.0}, "malformed"),
        ({"seconds_left": inf}, "malformed"),
        ({"seconds_left": nan}, "malformed"),
        ({"mu_db": BROKEN}, "malformed"),
        ({"mu_db": BROKEN[:3]}, "malformed"),
        ({"sigma_db": BROKEN}, "malformed"),
        ({"sigma_db": np.zeros(SCHEMA.size, dtype=np.float32)}, "malformed"),
    ],
)
def test_an_assignment_with_invalid_numbers_is_unfit(changes: dict[str, object], reason: str) -> None:
    """Slot, scale, bounds, ramp and time left of an assignment must be numbers in range."""
    made: Assign = assignment(**changes)
    assert unfit(made, SCHEMA, INCARNATION) == reason
