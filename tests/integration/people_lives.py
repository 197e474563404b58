"""Lives of a daemon's books of people that end by kill -9, each at another step; run by `test_people_killed`.

    python people_lives.py URL STATE ACT KILLS

A life opens the ledger as it was left, does its act and kills itself at a step. A step is a statement to the
database before or after it is executed, a commit, a delivery to the application, or an answer. A life writes
each fact to a pipe before the next step, so the fact survives it. Another process then opens the ledger and
reads the rest. One line of JSON a life: {"step", "told", "kept"}.

The process that forks has no thread and no connection of its own.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import founding, shipped_text
from dreamd.adapters.exposure import UNDER_A_MARK_MIN, LedgerExposure
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.people_keys.file_scan import Needle, files_that_hold
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.guidelines.revisions import LIVING, Revisions
from dreamd.app.people.consent_book import ConsentBook
from dreamd.app.people.house_people import HousePeople
from dreamd.app.people.people_events import PeopleEvents
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.consent.grant import Grant, Modality, Scope
from dreamd.core.guidelines.course import COMMENTS_S
from dreamd.core.refusals import Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from fakes.people import Exposures

T = TypeVar("T")

BEGAN_S: Final = 1_790_000_000.0
ASH: Final = Caller("ash", Role.SLEEPER, Channel.GRPC)
IDA: Final = Caller("ida", Role.SLEEPER, Channel.GRPC)
CLEO: Final = Caller("cleo", Role.CLINICIAN, Channel.GRPC)
ADA: Final = Caller("ada", Role.ADVOCATE, Channel.GRPC)
GRANTS: Final = 4
CHARGES: Final = 4
CHARGED_EVERY_S: Final = 120.0
"""Below the time that a mark holds."""
CEILING: Final = 0.15


class Clock:
    """A clock that the life moves."""

    def __init__(self) -> None:
        self.now = BEGAN_S

    def now_s(self) -> float:
        """Session seconds."""
        return self.now


@dataclass
class Life:
    """One process: its steps, and the pipe to which it tells. ends_at: the step of its end, 0 for none."""

    pipe: int
    ends_at: int
    steps: int = 0
    clock: Clock = field(default_factory=Clock)

    def step(self, *_event: object) -> None:
        """One step; at the last one the process is killed."""
        self.steps += 1
        if self.steps == self.ends_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def tell(self, *words: object) -> None:
        """Tell a fact. A step is before it and after it."""
        self.step()
        os.write(self.pipe, json.dumps(words).encode() + b"\n")
        self.step()

    def watch(self) -> None:
        """Every statement and every commit is a step, on whatever thread."""
        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(sa.engine.Engine, name, self.step)


class House:
    """The ledger of a life, and the way to it."""

    def __init__(self, life: Life, url: str, state: Path) -> None:
        self.life = life
        self.ledger: StoredLedger = open_ledger(url, state)
        self.commits = Commits(self.ledger, life.clock, Journal(BEGAN_S), CountingMetrics())
        life.watch()

    def turn(self) -> None:
        """One turn of the application."""
        self.life.step()
        self.ledger.deliver()
        sleep(0.0005)

    def settled(self, answer: T | Refusal | Deferred[T], seen: Callable[[], None]) -> T | Refusal:
        """The answer, once the ledger has it; `seen` is called every turn."""
        while isinstance(answer, Deferred):
            seen()
            if answer.settled:
                return answer.answer()
            self.turn()
        return answer

    def written(self, seen: Callable[[], None] = lambda: None) -> None:
        """Return once no write waits."""
        while self.commits.waiting:
            seen()
            self.turn()
        seen()


# -- acts -----------------------------------------------------------------------------------------------


def ceiling_of(revision: int) -> float:
    """Even revisions narrow. An odd one widens above every earlier one."""
    return 0.02 if revision % 2 == 0 else round(0.05 + 1e-5 * revision, 5)


def grant_of(revision: int) -> Grant:
    """The grant of this revision."""
    return Grant(
        "ash",
        revision,
        frozenset({Scope.MERGE}),
        frozenset(Modality),
        ceiling_of(revision),
        BEGAN_S + 80 * 86_400.0,
        notice_sha256="a" * 64,
        language="en",
        adult=True,
    )


class Sleeper:
    """A sleeper's book, and what it lets the application use."""

    def __init__(self, house: House) -> None:
        self.house = house
        consents = house.ledger.consents()
        clock, meters = house.life.clock, CountingMetrics()
        events = PeopleEvents(Journal(BEGAN_S), clock, meters)
        people = HousePeople(Exposures(), str.upper, anchors=Exposures(), digest=digest)
        self.book = ConsentBook(consents, house.commits, clock, events, lambda _sleeper: "", people)
        self._held = 0.0
        self.look()

    def look(self) -> None:
        """Tell the ceiling that holds, where it is another one."""
        ceiling = self.book.standing("ash").ceiling
        if ceiling != self._held:
            self._held = ceiling
            self.house.life.tell("holds", ceiling)

    def grants(self) -> None:
        """The next revision, answered; the sleeper is alone, so that it holds whole."""
        revision = self.book.consent("ash").revision + 1
        self.house.life.tell("asks", revision)
        answer = self.house.settled(self.book.grant(ASH, grant_of(revision)), self.look)
        if not isinstance(answer, Refusal):
            self.house.life.tell("granted", revision)
        self.book.unseated("ash")
        self.look()

    def withdraws(self) -> None:
        """Nothing holds within the call; the write follows."""
        self.house.life.tell("withdraws", self.book.consent("ash").revision)
        self.book.withdraw("ash")
        self.look()
        self.house.written(self.look)
        self.house.life.tell("withdrawn", self.book.consent("ash").revision)


def grant(house: House) -> None:
    """Grants that widen and narrow in turn."""
    sleeper = Sleeper(house)
    for _ in range(GRANTS):
        sleeper.grants()


def withdraw(house: House) -> None:
    """A grant and a withdrawal; a grant that a withdrawal overtakes on its way to the ledger."""
    sleeper = Sleeper(house)
    sleeper.grants()
    sleeper.withdraws()
    revision = sleeper.book.consent("ash").revision + 1
    house.life.tell("asks", revision)
    answer = sleeper.book.grant(ASH, grant_of(revision))
    sleeper.withdraws()
    if not isinstance(house.settled(answer, sleeper.look), Refusal):
        house.life.tell("granted", revision)
    sleeper.grants()
    sleeper.withdraws()


def ratify(house: House) -> None:
    """A revision is proposed, opened, commented and ratified by two people; the next one only tightens."""
    clock, tell = house.life.clock, house.life.tell
    kept = house.ledger.guidelines()
    clock.now = max([BEGAN_S, *(moment for one in kept for moment in _moments(one.course))]) + 3600.0
    book = Revisions(founding(), house.ledger, house.commits, clock)
    held = 0

    def look() -> None:
        nonlocal held
        if book.in_force.bundle.revision != held:
            held = book.in_force.bundle.revision
            tell("in force", held)

    def done(answer: object, *words: object) -> None:
        if not isinstance(house.settled(answer, look), Refusal):
            tell(*words)

    look()
    for one in book.list_revisions():  # of lives that were killed
        if one.course.state in LIVING:
            house.settled(book.withdraw_revision(IDA, one.bundle.revision), look)
    for _ in range(2):
        number = max(one.bundle.revision for one in book.list_revisions()) + 1
        limit = 240 + number if number % 2 else 200
        text = shipped_text().replace("revision = 1", f"revision = {number}")
        done(book.propose(IDA, text.replace("limit = 240", f"limit = {limit}")), "draft", number)
        done(book.open_for_comments(IDA, number), "open", number)
        done(book.comment(ADA, number, "Read."), "comment", number)
        clock.now += COMMENTS_S
        for person in (CLEO, ADA):
            answer = book.ratify(person, number, frozenset({person.role}))
            done(answer, person.role.value, number)
        look()


def _moments(course: object) -> Iterator[float]:
    return (getattr(course, name) for name in ("drafted_s", "opened_s", "in_force_s", "ended_s"))


def charge(house: House) -> None:
    """A mark is opened, then minutes are lived and charged; none is lived without a mark that holds."""
    life, clock = house.life, house.life.clock
    newest = max((bucket for b in house.ledger.exposure_buckets(0.0).values() for bucket in b), default=0)
    clock.now = max(BEGAN_S, newest * 600.0 + 600.0)
    account = LedgerExposure(house.ledger, clock.now)

    def write(exposure: object) -> None:
        def over(commit: Commit[Terms]) -> None:
            if commit.done:
                account.kept(exposure)

        house.commits.submit(Transaction(exposure=(exposure,)), "minutes", over)
        house.written()

    write(account.opening(["ash"], clock.now))
    for _ in range(CHARGES):
        minutes = CEILING * CHARGED_EVERY_S / 60.0
        clock.now += CHARGED_EVERY_S
        life.tell("lived", minutes)
        write(account.charging({"ash": minutes}, clock.now))
        life.tell("charged", minutes)
    write(account.closing({"ash": 0.0}, clock.now))


def erase(house: House) -> None:
    """A sleeper is born, has a letter and some dose, and is erased; each statement to the keys is a step."""
    life, ledger = house.life, house.ledger
    keys = ledger.keys.file._base
    assert keys is not None
    keys.set_trace_callback(life.step)

    def write(transaction: Transaction, *words: object) -> None:
        house.commits.submit(transaction, "rows", lambda _commit: None)
        house.written()
        life.tell(*words)

    exposure = Exposure({"ash": 1.0}, BEGAN_S, MarkMove.CLOSE)
    letter = PersonalRow("ash", "letter", BEGAN_S, b"you merged")
    write(Transaction(check_ins=(("bed-1", "ash"),)), "born", ledger.keys.subject_of("ash"))
    write(Transaction(personal=(letter,), exposure=(exposure,)), "letter", 1)
    life.tell("asks", 1)
    write(Transaction(forgotten=(("ash", BEGAN_S),)), "forgotten", 1)
    shredded = ledger.shred("ash", BEGAN_S)
    while not shredded.over:
        house.turn()
    life.tell("erased", int(shredded.done))


ACTS: Final[dict[str, Callable[[House], None]]] = {
    "grant": grant,
    "withdraw": withdraw,
    "ratify": ratify,
    "charge": charge,
    "erase": erase,
}


# -- what is kept ---------------------------------------------------------------------------------------


def kept(url: str, state: Path) -> dict[str, object]:
    """The state that the next daemon finds."""
    ledger = open_ledger(url, state)
    try:
        consent = ledger.consents().get("ash")
        buckets = ledger.exposure_buckets(0.0).get("ash", {})
        revisions = ledger.guidelines()
        return {
            "grants": {one.revision: one.ceiling for one in ledger.grants("ash")},
            "state": consent.state.value if consent is not None else "none",
            "revision": consent.revision if consent is not None else 0,
            "ceiling": consent.grant.ceiling if consent is not None and consent.grant is not None else 0.0,
            "guidelines": {
                one.bundle.revision: [one.course.state.value, one.course.clinician, one.course.advocate]
                for one in revisions
            },
            "comments": [one.revision for one in ledger.comments()],
            "subject": ledger.keys.known_subject("ash"),
            "letters": len(ledger.personal("ash", "letter")),
            "named": files_that_hold([Needle(b"<ash>")], state),
            "tombstone": sum(ledger.keys.tombstones().get(ledger.keys.mark_of("ash"), {}).values()),
            "charged": sum(buckets.values()) + (UNDER_A_MARK_MIN if "ash" in ledger.merging() else 0.0),
        }
    finally:
        ledger.close()


# -- the process that forks -----------------------------------------------------------------------------


def forked(act: Callable[[int], None]) -> tuple[list[str], int]:
    """Run this in a process of its own, with the end of a pipe; return its lines and its exit status."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(ours)
        try:
            act(theirs)
        except BaseException as error:  # noqa: BLE001 -- this process ends here, whatever happened
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as told:
        lines = told.read().splitlines()
    return lines, os.waitpid(pid, 0)[1]


def main(url: str, state: Path, act: str, kills: int) -> None:
    """Live so many lives, and tell of each."""

    def live(pipe: int, ends_at: int = 0) -> None:
        life = Life(pipe, ends_at)
        ACTS[act](House(life, url, state))
        os.write(pipe, json.dumps(["steps", life.steps]).encode() + b"\n")

    def look(pipe: int) -> None:
        os.write(pipe, json.dumps(kept(url, state)).encode())

    whole, status = forked(live)
    assert status == 0, "the first life is not killed"
    _tell(0, whole[:-1], look)
    steps = json.loads(whole[-1])[1]
    for kill in range(1, kills + 1):
        ends_at = max(1, round(steps * kill / (kills + 1)))
        told, status = forked(lambda pipe, ends_at=ends_at: live(pipe, ends_at))
        assert status in (0, signal.SIGKILL), f"the life that ends at step {ends_at} failed: {status}"
        lines = [line for line in told if not line.startswith('["steps"')]
        _tell(ends_at if status else -1, lines, look)


def _tell(step: int, told: list[str], look: Callable[[int], None]) -> None:
    (found,), status = forked(look)
    assert status == 0, "the ledger opens after a kill"
    words = [json.loads(line) for line in told]
    print(json.dumps({"step": step, "told": words, "kept": json.loads(found)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
