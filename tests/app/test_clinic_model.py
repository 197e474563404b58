"""The clinic's book against a model of its own: a held person is never admitted, whatever happens.

A sequence is some dozen acts on three people, drawn from a seed: evidence, decisions, nights and mornings of
the return, time, a slow disk, a full one, crashes, erasures. The model knows two things of a person: whether
they are held, and how far their return may have come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from depth import LONG
from dreamd.app.clinic.case_events import CaseEvents
from dreamd.app.clinic.clinic_book import ClinicBook
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.clinic.course import (
    STEPS,
    By,
    CaseEvent,
    CaseState,
    Closes,
    Holds,
    Merged,
    Morning,
    Plans,
    Releases,
    Triages,
)
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import LedgerStorage, MemoryLedger
from fakes.stage import HandClock, Meters

SEQUENCES = 100_000 if LONG else 400
"""Each takes two milliseconds."""
ACTS = 14
PEOPLE = ("ash", "birch", "cedar")
CLINICIAN = By("clara", clinician=True)
Told = tuple[str, Callable[[], object]]


@dataclass(slots=True)
class Person:
    """Held: no merge. step: of the return, the most that may be; 0: none is planned."""

    held: bool = False
    step: int = 0
    merged: bool = False


class Ward:
    """A book over a ledger that is slow, full and killed; and the model beside it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.clock = HandClock()
        self.storage = LedgerStorage()
        self.people = {name: Person() for name in PEOPLE}
        self.untold: list[tuple[str, Callable[[], object]]] = []
        self.admitted = self.refused = 0
        self.start()

    def start(self) -> None:
        """A daemon starts on what is written."""
        self.ledger = MemoryLedger(self.storage)
        journal = Journal(self.clock.now_s(), 50, 50)
        self.commits = Commits(self.ledger, self.clock, journal, Meters())
        events = CaseEvents(journal, self.clock)
        self.book = ClinicBook(self.ledger, self.commits, self.clock, Random(self.rng.random()), events)

    # -- acts -----------------------------------------------------------------------------------------

    def evidence(self, name: str) -> None:
        """A pod tells of something; it tells it again until the case is written."""
        self.clock.at_s += 1.0
        level, trip, at_s = self.rng.choice(list(Level)), self.rng.random() < 0.5, self.clock.now_s()
        self.restrict(name, lambda: self.book.add_evidence(name, level, "wake", "", trip=trip, at_s=at_s))
        person, case = self.people[name], self.book.case_of(name)
        assert case is not None
        if level.holds or (trip and person.step):
            person.held, person.step, person.merged = True, 0, False

    def restrict(self, name: str, act: Callable[[], object]) -> None:
        """An act that takes effect at once, and is repeated after a crash that has lost it."""
        act()
        self.untold.append((name, act))

    def decide(self, name: str) -> None:
        """A clinician decides."""
        case, person = self.book.case_of(name), self.people[name]
        if case is None:
            return
        level = self.rng.choice(list(Level))
        event = self.rng.choice((Triages(CLINICIAN, level), Holds(CLINICIAN), Plans(CLINICIAN)))
        if isinstance(event, Plans):
            self.grant(case, event, lambda _kept: self.returns(person))
            return
        answer = self.book.apply(case.case.id, event)
        if not isinstance(answer, Refusal):
            self.untold.append((name, lambda: self.again(name, event)))
            if isinstance(event, Triages) and level.holds and (not person.step or level < case.case.level):
                person.held, person.step, person.merged = True, 0, False
            if isinstance(event, Holds):
                person.held, person.step, person.merged = True, 0, False

    def again(self, name: str, event: CaseEvent) -> None:
        """Tell again of an act that was not written; a hold is made anew where its case has ended."""
        case = self.book.case_of(name)
        told = self.book.apply(case.case.id, event) if case is not None else None
        if self.people[name].held and not isinstance(told, KeptCase):
            self.book.add_evidence(name, Level.NOW, "clinician", "by hand")

    def returns(self, person: Person) -> None:
        """The return is planned, of one that is held, also for want of an answer."""
        person.held, person.step, person.merged = False, 1, False

    def grant(self, case: KeptCase, event: CaseEvent, done: Callable[[KeptCase], None]) -> None:
        """An act that waits for the disk; the model counts it once it is answered."""
        answer = self.book.written_first(case.case.id, event, "a grant")
        if isinstance(answer, Deferred):
            self.waiting.append((answer, done))
        elif isinstance(answer, KeptCase):
            done(answer)

    def night(self, name: str) -> None:
        """The person merges, and answers in the morning."""
        case, person = self.book.case_of(name), self.people[name]
        if case is None or case.case.state is not CaseState.RETURNING:
            return
        self.book.apply(case.case.id, Merged())
        self.untold.append((name, lambda: self.again(name, Merged())))
        person.merged = True
        case = self.book.case_of(name)
        assert case is not None
        if self.rng.random() < 0.25:
            self.book.apply(case.case.id, Morning(low=True))
            self.untold.append((name, lambda: self.again(name, Morning(low=True))))
            person.step, person.held = (person.step - 1, False) if person.step > 1 else (0, True)
            person.merged = False
        elif self.rng.random() < 0.9:

            def clean(_kept: KeptCase) -> None:
                person.step = min(person.step + 1, 4) if person.step else 0
                person.merged = False

            self.grant(case, Morning(low=False), clean)

    def end(self, name: str) -> None:
        """A clinician releases, or closes."""
        case, person = self.book.case_of(name), self.people[name]
        if case is None:
            return
        if self.rng.random() < 0.7:

            def released(_kept: KeptCase) -> None:
                assert person.step == 4, "released after three clean nights alone"
                self.people[name] = Person()

            self.grant(case, Releases(CLINICIAN, self.rng.choice((True, False, None))), released)
        else:

            def closed(kept: KeptCase) -> None:
                assert not (kept.case.person and person.held), "a hold is closed for erased persons alone"
                self.people[name] = Person()

            self.grant(case, Closes(CLINICIAN), closed)

    def pass_time(self, _name: str) -> None:
        """Hours pass; answers are late, notes close."""
        self.clock.at_s += self.rng.choice((60.0, 1800.0, 5.0 * 3600.0, 30.0 * 3600.0, 8.0 * 86_400.0))
        for _ in range(4):
            self.book.pass_time(self.clock.now_s())

    def erase(self, name: str) -> None:
        """The person is erased, and comes back under the same pseudonym."""
        if self.ledger.held or self.ledger.broken:
            return
        self.keep()
        self.book.drop_sleeper(name)
        self.ledger.write(Transaction(forgotten=((name, self.clock.now_s()),)))
        self.storage.shred(name, self.clock.now_s())
        if self.rng.random() < 0.5:
            self.book.come_back(name)

    def disk(self, _name: str) -> None:
        """The disk becomes slow or full, or is well again."""
        state = self.rng.choice(("slow", "full", "well", "well"))
        self.ledger.broken = "full" if state == "full" else ""
        if state == "slow":
            self.ledger.held = True
        elif self.ledger.held:
            self.ledger.release()
        self.keep()

    def crash(self, _name: str) -> None:
        """The daemon is killed: what waits for the disk is lost, and told again."""
        self.ledger.crash(durable=False)
        self.waiting = []
        self.start()
        untold, self.untold = self.untold, []
        for name, act in untold:
            self.restrict(name, act)

    # -- the rule -------------------------------------------------------------------------------------

    waiting: list[tuple[Deferred[KeptCase], Callable[[KeptCase], None]]]

    def keep(self) -> None:
        """House-keeping: writes, answers."""
        self.book.write_due()
        self.ledger.deliver()
        waiting, self.waiting = self.waiting, []
        for answer, done in waiting:
            if not answer.settled:
                self.waiting.append((answer, done))
            elif isinstance(found := answer.answer(), KeptCase):
                done(found)
        self.untold = [(name, act) for name, act in self.untold if not self.book.is_written(name)]

    def check(self) -> None:
        """No held person is admitted, and none in the return gets more than their step."""
        for name, person in self.people.items():
            refusal, share = self.book.refusal(name), self.book.share(name)
            if person.held:
                assert refusal is not None, name
                assert (refusal.code, share) == (Code.ON_HOLD, 0.0)
                self.refused += 1
            elif person.step:
                assert share <= STEPS[min(person.step, len(STEPS)) - 1]
            self.admitted += refusal is None

    def act(self) -> None:
        """One act, then the rule."""
        acts = (
            *(self.evidence, self.evidence, self.decide, self.decide, self.night, self.night, self.night),
            *(self.end, self.pass_time, self.erase, self.disk, self.crash),
        )
        self.rng.choice(acts)(self.rng.choice(PEOPLE))
        self.check()
        if self.rng.random() < 0.8:
            self.keep()
            self.check()


def test_a_held_person_is_never_admitted() -> None:
    """Over random sequences of commands, nights, crashes and erasures no held person passes admission."""
    admitted = refused = 0
    for seed in range(SEQUENCES):
        ward = Ward(Random(seed))
        ward.waiting = []
        try:
            for _ in range(ACTS):
                ward.act()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        admitted, refused = admitted + ward.admitted, refused + ward.refused
    assert min(admitted, refused) > SEQUENCES
