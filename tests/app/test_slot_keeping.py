"""Slots do not run out, empty cohorts close, and no pod stays coupled by a closed one."""

from collections import Counter

import pytest

from depth import LONG
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.seating.slot_keeping import CLOSE_AFTER_HOPS, FEW
from dreamd.core.access.caller import RESTARTED
from dreamd.core.dreamscapes.slot_places import COHORTS_MAX
from dreamd.core.dreamscapes.views import SeatState
from dreamd.core.limits import COHORT_SLOTS
from dreamd.core.refusals import Code
from dreamwire.codec import encode
from dreamwire.messages import Assign, Collective
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.stage import Stage

LOOKED = CLOSE_AFTER_HOPS + 8
"""Hops until an empty cohort is found and closed."""


def dreaming(count: int = 4) -> tuple[Stage, DreamscapeRuntime]:
    """A Dreamscape of so many pods, granted."""
    stage = Stage(count)
    stage.appear()
    stage.dream()
    return stage, stage.app.registry["night"]


def anew(stage: Stage, runtime: DreamscapeRuntime, times: int) -> None:
    """Give one seat after another a new slot, as restarted agents get it."""
    seats = runtime.dreamscape.holding()
    for number in range(times):
        runtime.dreamscape.seat_anew(seats[number % len(seats)])


def assigns(stage: Stage) -> list[Assign]:
    """All assigns sent."""
    return [command.what for command in stage.link.commands if isinstance(command.what, Assign)]


def said(stage: Stage, hops: int = 1) -> list[Collective]:
    """The broadcasts of the next hops."""
    begin = len(stage.link.collectives)
    stage.hop(hops)
    return stage.link.collectives[begin:]


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seconds of assigns")
def test_more_assigns_than_a_term_has_slots_end_nothing() -> None:
    """More assigns than a term has slots: each slot is given once per term, and few cohorts are open.

    Afterwards the Dreamscape goes on. The pods receive only the last assign, as after a storm of restarts.
    The first sixty-three thousand slots go to pods that left at once.
    """
    stage, runtime = dreaming()
    most, stage.link.cut = 0, True
    places = runtime.dreamscape.seats._roster.places
    for _ in range(63_000):
        places.give_back(places.give()[0])
    stage.hop(LOOKED)
    for _ in range(20):
        anew(stage, runtime, 200)
        most = max(most, len({message.cohort for message in said(stage)}))
    sent = assigns(stage)
    assert 63_000 + len(sent) > COHORTS_MAX * COHORT_SLOTS
    assert set(Counter((what.cohort, what.term, what.slot) for what in sent).values()) == {1}
    assert most <= 40
    terms: dict[int, list[int]] = {}
    for what in sent:
        known = terms.setdefault(what.cohort, [what.term])
        if what.term != known[-1]:
            known.append(what.term)
    assert len(terms) <= 40
    assert any(len(known) > 1 for known in terms.values())
    assert all(known == sorted(set(known)) for known in terms.values())
    assert not runtime.dreamscape.ownership.lost
    stage.link.cut = False
    stage.hop(LOOKED)
    assert len({message.cohort for message in said(stage)}) == 1
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods)


def test_an_empty_cohort_broadcasts_zeros_and_then_stops() -> None:
    """An emptied cohort broadcasts zeros for longer than a permission lives, and then stops."""
    stage, runtime = dreaming()
    anew(stage, runtime, COHORT_SLOTS)
    left = [message for message in said(stage, LOOKED) if message.cohort == 0]
    assert len(left) >= CLOSE_AFTER_HOPS
    assert not any(message.coupling.any() for message in left)
    assert {message.cohort for message in said(stage)} == {1}
    stage.app.dreamscapes.sever(OPERATOR, "night", "")
    assert stage.link.collectives[-1].cohort == 1


def test_a_cohort_with_one_holder_stays_open() -> None:
    """A cohort with one holder stays open and grants as ever."""
    stage, runtime = dreaming()
    stays, *others = runtime.dreamscape.holding()
    for number in range(COHORT_SLOTS):
        runtime.dreamscape.seat_anew(others[number % len(others)])
    stage.hop(LOOKED)
    assert stays.slot is not None
    assert stays.slot.cohort == 0
    assert {message.cohort for message in said(stage)} == {0, 1}
    assert stage.coupling(stays.pod) > 0


def test_a_collective_carries_the_slots_given_and_no_more() -> None:
    """A collective covers the slots up to the highest one given in its cohort."""
    stage, runtime = dreaming()
    message = said(stage)[-1]
    assert message.coupling.size == message.answered.size == 4
    assert len(encode(message)) < 300
    anew(stage, runtime, 3)
    assert said(stage)[-1].coupling.size == 7
    anew(stage, runtime, COHORT_SLOTS - 7 + 2)
    assert {m.cohort: m.coupling.size for m in said(stage)} == {0: COHORT_SLOTS, 1: 2}


def crowded(stage: Stage, runtime: DreamscapeRuntime, left: int) -> None:
    """Occupy every other slot of every cohort, with so many left."""
    places = runtime.dreamscape.seats._roster.places
    while places.left > left:
        places.give()


def test_without_a_slot_a_seat_is_refused_and_looked_at_again() -> None:
    """Without a free slot a seat is refused with the reason and checked again; dreaming goes on."""
    stage, runtime = dreaming(5)
    late = runtime.dreamscape.seats.of("bed-5")
    assert late is not None
    crowded(stage, runtime, 0)
    runtime.dreamscape.seat_anew(late)
    stage.hop(4)
    assert (late.slot, late.state) == (None, SeatState.WAITING)
    assert late.refusal is not None
    assert late.refusal.code is Code.SLOTS_EXHAUSTED
    assert all(stage.coupling(f"bed-{number}") > 0 for number in range(1, 5))
    places = runtime.dreamscape.seats._roster.places
    for _ in range(COHORT_SLOTS):
        places.give_back(7)
    stage.hop(LOOKED + 40)
    assert late.slot is not None
    assert late.slot.cohort == 7


def test_few_slots_left_empty_the_emptiest_cohort() -> None:
    """When few slots are left the emptiest cohort is vacated and opened again under a new term."""
    stage, runtime = dreaming()
    before = assigns(stage)[-1]
    crowded(stage, runtime, FEW)
    for _ in range(COHORT_SLOTS - 4):
        runtime.dreamscape.seats._roster.places.give_back(0)
    stage.hop(LOOKED + 8)
    moved = assigns(stage)[-4:]
    assert {what.cohort for what in moved} == {COHORTS_MAX - 1}
    assert runtime.dreamscape.seats.slots_left == FEW - 4 + COHORT_SLOTS
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods)
    crowded(stage, runtime, COHORT_SLOTS)
    anew(stage, runtime, 1)
    again = assigns(stage)[-1]
    assert (again.cohort, again.slot) == (0, 0)
    assert again.term > before.term


def test_a_second_daemon_is_noticed_although_the_first_cohort_is_closed() -> None:
    """A second owner is noticed by the first cohort's term, which is checked for ever."""
    ledger = MemoryLedger()
    stage = Stage(4, ledger)
    stage.appear()
    stage.dream()
    runtime = stage.app.registry["night"]
    anew(stage, runtime, COHORT_SLOTS)
    stage.hop(LOOKED)
    assert {message.cohort for message in said(stage)} == {1}
    stage.begin(stage.app._deps.aside).open(RESTARTED)
    MemoryLedger(ledger.storage).storage.terms["night", 0] += 1
    stage.hop(8)
    assert runtime.dreamscape.ownership.lost
    assert said(stage) == []
