"""Ten thousand seats delay no tick: what takes longer than a turn is done in parts between ticks."""

from collections import Counter
from itertools import pairwise

import pytest

from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.events.long_work import AT_ONCE, EVERY_S, PART, LongWork, Parts
from dreamd.core.dreamscapes.views import DreamscapeState, DreamscapeView, Plan, SeatState
from dreamd.core.limits import HOP_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from fakes.callers import OPERATOR
from fakes.stage import Stage

MANY = AT_ONCE + 64


def begun() -> tuple[Stage, Deferred[DreamscapeView]]:
    """A stage with many pods, the start of whose Dreamscape is asked for."""
    stage = Stage(MANY)
    pods = {pod.name: pod for pod in stage.pods}
    stage.link.deliver = lambda command: pods[command.pod].obey(command)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", seats_min=3, seats_max=MANY, ramp_s=10.0))
    stage.hop(1, statuses=False)
    started = stage.app.dreamscapes.start(OPERATOR, "night")
    assert isinstance(started, Deferred)
    return stage, started


def turn(stage: Stage) -> float:
    """Run what is due next; return its time."""
    due_s = stage.app.next_due_s()
    stage.clock.at_s = max(stage.clock.at_s, due_s)
    stage.app.run_due()
    return due_s


def states(stage: Stage) -> Counter[SeatState]:
    """The number of seats in each state."""
    return Counter(seat.state for seat in stage.app.dreamscapes.get("night").seats)


def until_given(stage: Stage, started: Deferred[DreamscapeView], most: int) -> None:
    """Go on until the start is answered and some seats, fewer than `most`, have their slots."""
    while not (started.settled and states(stage)[SeatState.ASSIGNED]):
        turn(stage)
    assert states(stage)[SeatState.ASSIGNED] < most


def test_a_large_start_is_done_in_parts_and_ticks_come_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No turn checks more than PART seats or gives more slots; ticks keep their grid; all are seated."""
    checked: list[int] = []
    plainly = Admission.explain
    monkeypatch.setattr(
        Admission, "explain", lambda *given, **named: (checked.append(0), plainly(*given, **named))[1]
    )
    stage, started = begun()
    assert not started.settled
    ticks, most = [], 0
    while not started.settled or states(stage)[SeatState.ASSIGNED] < MANY or len(ticks) < 2:
        checked.clear()
        orders = len(stage.link.commands)
        tick = stage.is_tick(stage.app.next_due_s())
        at_s = turn(stage)
        if tick:
            ticks.append(at_s)
        else:
            most = max(most, len(checked), len(stage.link.commands) - orders)
    assert most == PART < AT_ONCE
    assert {round(later - sooner, 6) for sooner, later in pairwise(ticks)} == {HOP_S}
    answer = started.answer()
    assert not isinstance(answer, Refusal)
    assert (answer.state, len(answer.seats)) == (DreamscapeState.DREAMING, 0)


def test_a_sever_while_seats_are_looked_at_refuses_the_start() -> None:
    """A Start that still looks at its seats is overtaken by a way out: nothing begins later."""
    stage, started = begun()
    turn(stage)
    stage.app.dreamscapes.end(OPERATOR, "night", "enough")
    refusal = started.answer()
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.WRONG_STATE
    stage.hop(4, statuses=False)
    assert not any(hasattr(command.what, "slot") for command in stage.link.commands)


def test_a_sever_while_slots_are_given_gives_no_more() -> None:
    """A way out while slots are given reaches those who have one; no other seat gets one by this Start."""
    stage, started = begun()
    until_given(stage, started, MANY)
    given = states(stage)[SeatState.ASSIGNED]
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    turn(stage)
    assert states(stage) == {SeatState.ASSIGNED: given, SeatState.WAITING: MANY - given}
    stage.hop(4)
    assert stage.ledger.merging().keys() >= {f"sleeper-{n}" for n in range(1, given)}


def test_marks_stand_until_their_seats_have_slots() -> None:
    """House-keeping between two parts closes no mark of a sleeper whose slot is still to come."""
    stage, started = begun()
    until_given(stage, started, MANY)
    stage.clock.at_s += HOP_S
    stage.app.run_due()
    assert 0 < states(stage)[SeatState.ASSIGNED] < MANY
    assert len(stage.ledger.merging()) == MANY


def test_a_bug_in_a_part_leaves_no_seat_half_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that raises ends its work: the seats without a slot wait, and are seated later as any."""
    stage, started = begun()
    stage.bugs_are_meant = True
    until_given(stage, started, MANY)

    def fails(*_given: object) -> bool:
        raise ValueError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(Admission, "still_admitted", fails)
        for _ in range(3):
            turn(stage)
    assert SeatState.COMMITTING not in states(stage)
    stage.hop(12)
    assert states(stage) == {SeatState.ASSIGNED: MANY}


def test_works_take_turns_and_one_that_raises_is_closed() -> None:
    """Two works go on in turn, a part each EVERY_S; one that raises is closed and the other goes on."""
    told: list[str] = []

    def work(name: str, fails: bool) -> Parts:
        try:
            for number in range(2):
                told.append(f"{name} {number}")
                yield
                assert not fails
        finally:
            told.append(f"{name} ends")

    def attempt(_step: str, act: object, of: str = "") -> bool | None:
        try:
            return act()  # type: ignore[operator, no-any-return]
        except AssertionError:
            return None

    works = LongWork()
    works.divide("a", work("a", fails=True))
    works.divide("b", work("b", fails=False))
    works.do_part(1.0, attempt)
    works.do_part(1.0 + EVERY_S / 2, attempt)
    assert (told, works.due_s()) == (["a 0"], 1.0 + EVERY_S)
    for at in range(1, 5):
        works.do_part(1.0 + at * EVERY_S, attempt)
    assert told == ["a 0", "b 0", "a ends", "b 1", "b ends"]
    assert works.due_s() == float("inf")
