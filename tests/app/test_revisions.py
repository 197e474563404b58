"""Revisions of the guidelines in the application: two people, the ledger first, time."""

from collections.abc import Callable, Iterator

import pytest

from dreamd.adapters.documents.shipped import founding, shipped_text
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.guidelines.revisions import Revisions
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.course import COMMENTS_S, CONFIRM_S, CourseState
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from fakes.access import FakeClock
from fakes.ledger import MemoryLedger
from fakes.views import NOW_S

BOTH = frozenset({Role.CLINICIAN, Role.ADVOCATE})
IDA = Caller("ida", Role.SLEEPER, Channel.GRPC)
CLEO = Caller("cleo", Role.CLINICIAN, Channel.GRPC)
ADA = Caller("ada", Role.ADVOCATE, Channel.GRPC)


class House:
    """A house with its ledger, its clock and what it was told."""

    def __init__(self, ledger: MemoryLedger | None = None, clock: FakeClock | None = None) -> None:
        self.ledger, self.clock = ledger or MemoryLedger(), clock or FakeClock()
        self.told: list[int] = []
        self.start()

    def start(self) -> None:
        """The daemon starts on what its ledger holds."""
        commits = Commits(self.ledger, self.clock, Journal(NOW_S), CountingMetrics())
        book = Revisions(founding(), self.ledger, commits, self.clock)
        book.in_force_changed.append(self._tell)
        self.book = book

    def _tell(self, bundle: Bundle) -> None:
        self.told.append(bundle.revision)

    def opened(self, revision: int, old: str, new: str) -> None:
        """A revision is proposed and open."""
        text = shipped_text().replace("revision = 1", f"revision = {revision}").replace(old, new)
        for answer in (self.book.propose(IDA, text), self.book.open_for_comments(IDA, revision)):
            assert not isinstance(answer, Refusal), answer

    @property
    def in_force(self) -> int:
        """The revision in force."""
        return self.book.in_force.bundle.revision


def state(house: House, revision: int) -> CourseState:
    """The state of a revision, by the ledger."""
    return next(k.course.state for k in house.ledger.guidelines() if k.bundle.revision == revision)


def code(answer: object) -> Code:
    """The code of an answer that is a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_a_loosened_revision_takes_a_week_and_two_people() -> None:
    """Proposed by a sleeper, commented, ratified by both roles after seven days; the old one ends."""
    house = House()
    house.opened(2, "limit = 240", "limit = 300")
    assert code(house.book.ratify(CLEO, 2, BOTH)) is Code.TOO_EARLY
    assert not isinstance(house.book.comment(ADA, 2, "Why so much?"), Refusal)
    house.clock.now += COMMENTS_S
    assert not isinstance(house.book.ratify(CLEO, 2, BOTH), Refusal)
    assert house.in_force == 1
    assert not isinstance(house.book.ratify(ADA, 2, BOTH), Refusal)
    assert (house.in_force, house.told) == (2, [2])
    assert house.book.in_force.bundle.number("dose_7d_min") == 300.0
    assert state(house, 1) is CourseState.SUPERSEDED
    house.start()
    assert house.in_force == 2
    assert [c.text for c in house.book.comments_on(2)] == ["Why so much?"]


def test_one_person_in_both_roles_does_not_ratify_twice() -> None:
    """The token's name counts: the same person as advocate is refused, a nameless caller too."""
    house = House()
    house.opened(2, "limit = 240", "limit = 200")
    assert not isinstance(house.book.ratify(CLEO, 2, BOTH), Refusal)
    again = Caller("cleo", Role.ADVOCATE, Channel.GRPC)
    assert code(house.book.ratify(again, 2, BOTH)) is Code.SAME_PERSON
    assert code(house.book.ratify(Caller("", Role.ADVOCATE, Channel.GRPC), 2, BOTH)) is Code.PERSON_NEEDED
    assert code(house.book.ratify(IDA, 2, frozenset({Role.SLEEPER}))) is Code.WRONG_ROLE
    assert house.in_force == 1


def test_a_tightened_revision_holds_at_once_and_lapses_to_the_one_before() -> None:
    """It is in force with the second ratification; unconfirmed after 30 days the one before holds again."""
    house = House()
    house.opened(2, "limit = 240", "limit = 200")
    house.book.ratify(CLEO, 2, BOTH)
    house.book.ratify(ADA, 2, BOTH)
    assert house.in_force == 2
    house.start()
    assert house.in_force == 2, "after a restart too"
    house.clock.now += CONFIRM_S
    house.book.pass_time()
    assert (house.in_force, state(house, 2), house.told) == (1, CourseState.LAPSED, [2, 1])


def test_a_confirmed_tightening_stays() -> None:
    """Ratified again by the two roles after its week, it supersedes the one before and never lapses."""
    house = House()
    house.opened(2, "limit = 240", "limit = 200")
    house.book.ratify(CLEO, 2, BOTH)
    house.book.ratify(ADA, 2, BOTH)
    house.clock.now += COMMENTS_S
    house.book.ratify(ADA, 2, BOTH)
    house.book.ratify(CLEO, 2, BOTH)
    house.clock.now += 10 * CONFIRM_S
    house.book.pass_time()
    assert (house.in_force, state(house, 1)) == (2, CourseState.SUPERSEDED)


def test_nothing_is_in_force_that_the_ledger_has_not() -> None:
    """While the ledger is slow the old revision holds, after a crash too; two ratifications make one."""
    house = House()
    house.opened(2, "limit = 240", "limit = 200")
    house.book.ratify(CLEO, 2, BOTH)
    house.ledger.held = True
    waits = house.book.ratify(ADA, 2, BOTH)
    assert isinstance(waits, Deferred)
    assert not waits.settled
    assert code(house.book.ratify(ADA, 2, BOTH)) is Code.LEDGER_UNAVAILABLE
    assert house.in_force == 1
    crashed = House(MemoryLedger(house.ledger.storage), house.clock)
    assert crashed.in_force == 1
    house.ledger.release()
    house.ledger.deliver()
    assert waits.settled
    assert code(house.book.ratify(ADA, 2, BOTH)) is Code.TOO_EARLY
    assert (house.in_force, house.told) == (2, [2])


class SlowReads(MemoryLedger):
    """A ledger whose reading of admissions ends when the test says."""

    def read_admissions(self, since_s: float, use: Callable[[Iterator[tuple[str, bytes]]], object]) -> Commit:
        """Keep it open."""
        self.reading, self.use = Commit(), use
        return self.reading


def test_one_dry_run_is_under_way_at_a_time() -> None:
    """A second one, and an opening, are told to wait; a reading that fails is told, and frees the way."""
    ledger = SlowReads()
    house = House(ledger)
    text = shipped_text().replace("revision = 1", "revision = 2").replace("limit = 240", "limit = 200")
    house.book.propose(IDA, text)
    first = house.book.dry_run(2, 30)
    assert isinstance(first, Deferred)
    assert code(house.book.dry_run(1, 30)) is Code.RATE_EXCEEDED
    assert code(house.book.open_for_comments(IDA, 2)) is Code.RATE_EXCEEDED
    ledger.reading.end(ledger.use(iter(())))
    assert first.settled
    opening = house.book.open_for_comments(IDA, 2)
    assert isinstance(opening, Deferred)
    ledger.reading.fail("the disk is gone")
    assert code(opening.answer()) is Code.LEDGER_UNAVAILABLE
    assert state(house, 2) is CourseState.DRAFT


def test_an_opening_waits_for_its_dry_run_and_for_the_ledger() -> None:
    """It is a draft until the ledger has it, with the digest of the table; then it is open."""
    house = House()
    text = shipped_text().replace("revision = 1", "revision = 2").replace("limit = 240", "limit = 200")
    assert not isinstance(house.book.propose(IDA, text), Refusal)
    house.ledger.held = True
    waits = house.book.open_for_comments(IDA, 2)
    assert isinstance(waits, Deferred)
    assert not waits.settled
    assert state(house, 2) is CourseState.DRAFT
    house.ledger.release()
    house.ledger.deliver()
    opened = waits.answer()
    assert not isinstance(opened, Refusal)
    assert (opened.course.state, len(opened.course.dry_run)) == (CourseState.OPEN, 64)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("revision = 1", "revision = 4", Code.INVALID_ARGUMENT),
        ("limit = 240", "limit = 1e9", Code.BEYOND_BOUND),
        ("revision = 1", "revision = 2\nx = 1", Code.INVALID_ARGUMENT),
    ],
)
def test_a_proposal_that_cannot_be_is_refused(old: str, new: str, expected: Code) -> None:
    """A number that is not the next, a limit beyond its bound, an unknown field: refused, nothing written."""
    house = House()
    assert code(house.book.propose(IDA, shipped_text().replace(old, new, 1))) is expected
    assert house.ledger.guidelines() == ()


def test_a_house_takes_so_many_proposals_a_day() -> None:
    """Each is kept for good: the 33rd in 24 hours is told how long to wait, also where all were withdrawn."""
    house = House()
    for number in range(2, 34):
        assert not isinstance(
            house.book.propose(IDA, shipped_text().replace("n = 1", f"n = {number}")), Refusal
        )
        house.book.withdraw_revision(IDA, number)
        house.clock.now += 1.0
    text = shipped_text().replace("n = 1", "n = 34")
    refused = house.book.propose(IDA, text)
    assert code(refused) is Code.RATE_EXCEEDED
    assert isinstance(refused, Refusal)
    house.clock.now += float(refused.metadata["retry_s"])
    assert not isinstance(house.book.propose(IDA, text), Refusal)


def test_only_its_proposer_opens_and_withdraws_a_revision() -> None:
    """Another person is refused; withdrawn, it takes neither comment nor ratification."""
    house = House()
    house.opened(2, "limit = 240", "limit = 200")
    assert code(house.book.withdraw_revision(CLEO, 2)) is Code.WRONG_ROLE
    assert code(house.book.open_for_comments(CLEO, 2)) is Code.WRONG_ROLE
    assert not isinstance(house.book.withdraw_revision(IDA, 2), Refusal)
    assert code(house.book.comment(ADA, 2, "late")) is Code.WRONG_STATE
    assert code(house.book.ratify(CLEO, 2, BOTH)) is Code.WRONG_STATE
    assert code(house.book.dry_run(9, 30)) is Code.INVALID_ARGUMENT
