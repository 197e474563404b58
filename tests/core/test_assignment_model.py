"""Assignments, both ends at once: the daemon's roster, the pods' command filters, and a faulty network.

The daemon seats, assigns, releases, wakes and begins terms; its messages are lost, doubled, delayed and
overtaken; pods restart, latch and lose their clocks. A short model of each end computes what must follow, and
a checker over both holds the invariants: no pod accepts a command older than a release it has seen or meant
for another start of it, no slot ever has two holders, no assignment id is given twice, and once the network
is well again each pod holds what the ledger has. Every choice comes from bytes, six a step.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import examples
from dreamd.core.dreamscapes.roster import Roster, Slot
from dreamd.core.limits import COHORT_SLOTS
from dreamedge.core.merging.command_filter import (
    OUTCOMES_KEPT,
    CommandFilter,
    Declined,
    Obey,
    Repeated,
    unfit,
)
from dreamwire.messages import Assign, Command, Recalibrate, Release, WakePod, What
from fakes.edge import SCHEMA, TERM, assignment

STEPS = 250 * examples(80)
VALID_MS = 10_000
LINE_MOST = 48
BEDS = ("bed-1", "bed-2", "bed-3", "bed-4")
STRANGERS = 90
"""Other pods in the same Dreamscape: when all are assigned anew at once, cohorts fill."""

T = TypeVar("T")
Place = tuple[int, int, int]
"""Term, cohort, slot."""


class Narrow(Random):
    """Draws so few numbers that ids repeat, and 0 now and then, within one night."""

    def getrandbits(self, k: int, /) -> int:
        return max(super().getrandbits(min(k, 16)) - 1000, 0)


class Books:
    """The daemon's required state: DESIGN 6's first lines, with everything it ever gave."""

    def __init__(self) -> None:
        self.seats: list[tuple[str, str]] = []
        self.sits: dict[str, int] = {}
        self.slots: dict[str, Slot] = {}
        self.ids: set[int] = set()
        self.given = 0

    def take(self, pod: str, sleeper: str) -> int:
        number = self.sits.get(pod, 0)
        if number and self.seats[number - 1] != (pod, sleeper):
            self.slots.pop(pod, None)
        if (pod, sleeper) not in self.seats:
            self.seats.append((pod, sleeper))
        self.sits[pod] = self.seats.index((pod, sleeper)) + 1
        return self.sits[pod]

    def assigned(self, pod: str, slot: Slot) -> None:
        """A slot was given: check that it is the next one, for this seat, with a new id."""
        cohort, place = divmod(self.given, COHORT_SLOTS)
        assert (slot.cohort, slot.slot, slot.seat, slot.pod) == (cohort, place, self.sits[pod], pod)
        assert slot.assignment_id
        assert slot.assignment_id not in self.ids
        self.given += 1
        self.ids.add(slot.assignment_id)
        self.slots[pod] = slot


class Bed:
    """A pod: its real command filter, its accepted assignment, and the required answer to each command."""

    def __init__(self, name: str, seen: Counter[str]) -> None:
        self.name, self.seen = name, seen
        self.incarnation = 6
        self.latched = self.clockless = False
        self.boots()

    def boots(self) -> None:
        """Restart: the latch is on disk, all else is new."""
        self.incarnation += 1
        self.orders = CommandFilter(self.name, "house", self.incarnation)
        self.held: Assign | None = None
        self.freed = 0
        self.bound: dict[type[What], int] = {}
        self.said: list[tuple[int, str]] = []
        self.left = False

    def expects(self, command: Command, now_ms: int) -> str:
        """The required outcome of this command: obeyed, repeated, or declined."""
        if command.pod != self.name:
            return "declined"
        if command.counter in [counter for counter, _ in self.said[-OUTCOMES_KEPT:]]:
            return "repeated"
        what = command.what
        if isinstance(what, Release | WakePod):
            self.freed = max(self.freed, command.counter)
            return "obeyed"
        last = max(self.freed, self.bound.get(type(what), 0))
        meant = command.incarnation == self.incarnation
        whole = not isinstance(what, Assign) or what.incarnation == self.incarnation
        in_date = not self.clockless and now_ms <= command.not_after_ms
        if not (meant and whole and command.counter > last and in_date and not self.latched):
            return "declined"
        self.bound[type(what)] = command.counter
        return "obeyed"

    def hear(self, command: Command, now_ms: int) -> None:
        """Take one command, as the agent does; filter and model must agree."""
        expected, freed = self.expects(command, now_ms), self.freed
        what = command.what
        hindrance = "latched" if self.latched else ""
        if isinstance(what, Assign):
            hindrance = hindrance or unfit(what, SCHEMA, self.incarnation)
        verdict = self.orders.weigh(command, None if self.clockless else float(now_ms), hindrance)
        said = {Obey: "obeyed", Repeated: "repeated", Declined: "declined"}[type(verdict)]
        assert said == expected, (verdict, command)
        reason = verdict.reason if isinstance(verdict, Declined) else ""
        self.seen[reason or f"{said} {type(what).__name__}"] += 1
        if said != "repeated" and command.pod == self.name:
            self.said.append((command.counter, reason))
        assert [(o.counter, o.refused) for o in self.orders.outcomes] == self.said[-OUTCOMES_KEPT:]
        match verdict:
            case Obey(Assign() as taken):
                assert command.counter > freed, "older than a release it has seen"
                assert taken.incarnation == command.incarnation == self.incarnation, "for another start"
                self.held, self.left = taken, False
            case Obey(Release() | WakePod()):
                self.left = command.counter < self.bound.get(Assign, 0)
                self.held = None
                self.latched = self.latched or isinstance(what, WakePod)
            case _:
                pass


class Draws:
    """Choices out of one step's bytes."""

    def __init__(self, step: bytes) -> None:
        self._bytes = iter(step)

    def one(self, options: Sequence[T]) -> T:
        return options[next(self._bytes) % len(options)]


class Ward:
    """The daemon with its model, four beds, ninety other pods, and the network."""

    def __init__(self, seen: Counter[str], seed: int) -> None:
        self.roster, self.books, self.seen = Roster(Narrow(seed)), Books(), seen
        self.beds = {name: Bed(name, seen) for name in BEDS}
        self.believed = {name: bed.incarnation for name, bed in self.beds.items()}
        self.now_ms, self.term, self.counter = 1_000_000, TERM, 0
        self.line: list[Command] = []
        self.newest: dict[str, Command] = {}
        self.holders: dict[Place, tuple[str, int]] = {}
        for pod in (*BEDS, *(f"other-{k}" for k in range(STRANGERS))):
            assert self.roster.take_seat(pod, "first").number == self.books.take(pod, "first")

    def live(self, step: bytes) -> None:
        """One step, then every invariant."""
        draws = Draws(step)
        bed = self.beds[draws.one(BEDS)]
        whats = [self.a_bed_turns, *[self.the_line_delivers] * 6, *[self.it_assigns] * 4]
        whats += [self.it_releases, self.it_releases, self.it_seats, self.it_turns]
        whats += [self.the_line_bursts, self.the_line_bursts, self.a_bed_turns, self.a_bed_turns]
        draws.one(whats)(bed, draws)
        self.holds()

    # The daemon's actions.

    def order(self, bed: Bed, what: What) -> None:
        """Send a command once, with a counter above all before; the network drops its oldest when full."""
        self.counter += 1
        believed = self.believed[bed.name]
        command = Command(bed.name, self.counter, believed, self.now_ms + VALID_MS, what)
        self.line = [*self.line, command][-LINE_MOST:]
        if not isinstance(what, Recalibrate):
            self.newest[bed.name] = command

    def it_assigns(self, bed: Bed, draws: Draws) -> None:
        """Assign a new slot to a seat; a left seat gets none. Some commands are mixed up."""
        seat = self.books.sits.get(bed.name)
        if seat is not None:
            self.assigns(bed, seat, mixed_up=draws.one([False] * 12 + [True]))
            return
        with pytest.raises(KeyError):
            self.roster.assign(1 + BEDS.index(bed.name))
        self.it_seats(bed, draws)

    def assigns(self, bed: Bed, seat: int, *, mixed_up: bool = False) -> None:
        """Give the slot and send the assign."""
        slot = self.roster.assign(seat)
        self.books.assigned(bed.name, slot)
        order = assignment(
            cohort=slot.cohort,
            slot=slot.slot,
            assignment=slot.assignment_id,
            incarnation=self.believed[bed.name] - mixed_up,
            term=self.term,
        )
        self.order(bed, order)

    def it_releases(self, bed: Bed, draws: Draws) -> None:
        """Take the slot back, or the seat with it, and send it; or only send a recalibrate."""
        way = draws.one(["release", "release", "leave", "wake", "recalibrate"])
        if way == "recalibrate":
            self.order(bed, Recalibrate("r"))
            return
        had = self.books.slots.pop(bed.name, None)
        if way == "release":
            assert self.roster.release(bed.name) == had
        else:
            assert self.roster.leave(bed.name) == had
            self.books.sits.pop(bed.name, None)
        self.order(bed, WakePod("w", "ann") if way == "wake" else Release("r"))

    def it_seats(self, bed: Bed, draws: Draws) -> None:
        """A sleeper checks in there: the same as before, or another."""
        sleeper = draws.one(["first", "second", "third"])
        assert self.roster.take_seat(bed.name, sleeper).number == self.books.take(bed.name, sleeper)

    def it_turns(self, bed: Bed, draws: Draws) -> None:
        """Assign the others anew, so that cohorts fill; or begin a term; or receive a presence."""
        match draws.one(["crowd", "crowd", "presence", "presence", "term"]):
            case "crowd":
                for pod in [pod for pod in self.books.sits if pod not in BEDS]:
                    self.books.assigned(pod, self.roster.assign(self.books.sits[pod]))
            case "presence":
                self.hears_presence(bed)
            case "term":
                in_force = {slot.pod: slot for slot in self.roster.new_term()}
                assert in_force == self.books.slots
                self.books.slots, self.books.given = {}, 0
                self.term += 1

    def hears_presence(self, bed: Bed) -> None:
        """A new start of this pod voids its assignment."""
        if self.believed[bed.name] != bed.incarnation:
            self.believed[bed.name] = bed.incarnation
            assert self.roster.release(bed.name) == self.books.slots.pop(bed.name, None)

    # The network's and the beds' actions.

    def the_line_delivers(self, bed: Bed, draws: Draws) -> None:
        """Deliver a message, perhaps twice; or lose it; or deliver it to the wrong bed."""
        if not self.line:
            return
        at = draws.one([-1, -1, -1, -2, -3, 0, 0, 1, 5, 20]) % len(self.line)
        fate = draws.one(["once", "once", "once", "again", "again", "lost", "astray"])
        command = self.line[at] if fate == "again" else self.line.pop(at)
        if fate != "lost":
            to = bed if fate == "astray" else self.beds[command.pod]
            to.hear(command, self.now_ms)

    def the_line_bursts(self, bed: Bed, draws: Draws) -> None:
        """Deliver everything under way to one bed at once, in some order, the first one twice."""
        waiting = [command for command in self.line if command.pod == bed.name]
        turn = draws.one([0, 1, 2, -1])
        waiting = waiting[turn:] + waiting[:turn]
        for command in [*waiting[:: draws.one([-1, 1])], *waiting[:1]]:
            bed.hear(command, self.now_ms)
        self.line = [command for command in self.line if command.pod != bed.name]

    def a_bed_turns(self, bed: Bed, draws: Draws) -> None:
        """Restart, wake or unlatch a bed, or lose or find its clock; or let time pass."""
        match draws.one(["time", "time", "boots", "latch", "clock", "well", "well", "well"]):
            case "boots":
                bed.boots()
                if draws.one([True, True, False]):
                    self.hears_presence(bed)
            case "latch":
                bed.latched, bed.left, bed.held = True, True, None
            case "clock":
                bed.clockless = True
            case "well":
                bed.latched = bed.clockless = False
            case "time":
                self.now_ms += draws.one([0, 1, 3000, VALID_MS, VALID_MS + 1])

    # The invariants.

    def holds(self) -> None:
        """Check that the roster equals the model and no slot has two holders, now or before."""
        assert self.roster.taken == len(self.books.sits)
        assert self.roster.cohorts == -(-self.books.given // COHORT_SLOTS)
        for name, bed in self.beds.items():
            seat, slot = self.roster.seat_of(name), self.roster.slot_of(name)
            assert (seat.number if seat else None) == self.books.sits.get(name)
            assert slot == self.books.slots.get(name)
            assert slot is None or self.roster.by_assignment(slot.assignment_id) is slot
            if bed.held is not None:
                place = (bed.held.term, bed.held.cohort, bed.held.slot)
                holder = (name, bed.held.assignment)
                assert self.holders.setdefault(place, holder) == holder, "two holders of one slot"

    def settles(self) -> None:
        """With a sound network each pod's newest command comes again, and each holds what the ledger has."""
        self.line.clear()
        assert {slot.pod: slot for slot in self.roster.slots} == self.books.slots
        void = self.books.ids - {slot.assignment_id for slot in self.roster.slots}
        assert not any(self.roster.by_assignment(given) for given in void)
        assert len({(slot.cohort, slot.slot) for slot in self.roster.slots}) == len(self.books.slots)
        for name, bed in self.beds.items():
            bed.latched = bed.clockless = False
            self.hears_presence(bed)
            if name not in self.books.slots:
                self.order(bed, Release("settled"))
            bed.hear(self.newest[name], self.now_ms)
            outcomes = {outcome.counter: outcome.refused for outcome in bed.orders.outcomes}
            if bed.left or outcomes[self.newest[name].counter]:
                self.assigns(bed, self.books.sits[name])
                bed.hear(self.newest[name], self.now_ms)
            slot = self.books.slots.get(name)
            assert (bed.held.assignment if bed.held else 0) == (slot.assignment_id if slot else 0)


def test_both_ends_keep_to_one_assignment() -> None:
    """Over 20,000 steps no pod accepts a foreign or outdated assignment, and no slot has two holders."""
    steps, seen = 0, Counter[str]()

    @settings(max_examples=examples(80), deadline=None)
    @given(st.lists(st.binary(min_size=6, max_size=6), min_size=250, max_size=350))
    def nights(plan: list[bytes]) -> None:
        nonlocal steps
        ward = Ward(seen, len(plan))
        for step in plan:
            ward.live(step)
        ward.settles()
        seen["second cohort"] += ward.roster.cohorts > 1
        steps += len(plan)

    nights()
    assert steps >= STEPS
    reasons = {"superseded", "other-incarnation", "too-late", "latched", "clock-unsynced", "other-pod"}
    assert reasons | {"obeyed Assign", "repeated Assign", "repeated Release"} <= set(seen)
    assert seen["second cohort"]
