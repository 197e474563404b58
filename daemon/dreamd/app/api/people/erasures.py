"""Erasure of a sleeper, and the export of everything the house holds of them: by the sleeper alone.

Theory of operation. An erasure sets the sleeper to zero and checks them out in the call. The ledger then
forgets the rows, in the transaction of the call's audit record: from here on a restart ends what a crash cuts
short. Once all merge-minutes are charged the rows are forgotten again, for what was written meanwhile. Then
link and key go, and *done* is said after a search of the files. The parts in memory go with it.

Rules
- A clause of the guidelines may retain records by law. It then refuses, and names basis and date.
- An erasure that waits too long is refused and goes on by itself: the sleeper's login is gone. An event names
  what is in the way, and until the end no login for this pseudonym is made.
- An erasure buys no dose: the tombstone counts for a week.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from dreamd.app.api.check_ins import CheckIns
from dreamd.app.api.people.consents import ConsentCommands
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.people.consent_book import ConsentBook
from dreamd.app.people.house_people import HousePeople
from dreamd.app.people.sleeper_export import ExportParts, export_parts
from dreamd.core.access.caller import Caller, Role
from dreamd.core.consent.receipt import instant
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.erasure import Shredded
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.topics import is_name

T = TypeVar("T")

DAY_S: Final = 86_400.0
CHARGED_WITHIN_S: Final = 30.0
"""Time for the ledger to take the last merge-minutes; then the erasure is refused."""
AGAIN_S: Final = 30.0
"""An erasure that is not finished is tried again after so long, until it is."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A finished erasure. named: files of the state directory that hold the name as a word."""

    at_s: float
    named: tuple[str, ...] = ()


@dataclass(slots=True)
class _Erasure:
    """An erasure on its way."""

    sleeper: str
    asked_s: float
    answer: Deferred[Erased]
    forgotten: bool = False
    shredding: bool = False
    again_s: float = 0.0
    in_the_way: str = ""


class ErasureCommands:
    """Implements `ErasuresApi`."""

    def __init__(
        self,
        dependencies: Dependencies,
        dreamscapes: DreamscapeRegistry,
        check_ins: CheckIns,
        consents: ConsentCommands,
        book: ConsentBook,
        people: HousePeople,
    ) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._check_ins = check_ins
        self._consents = consents
        self._book = book
        self._people = people
        self._running: dict[str, _Erasure] = {}
        self.logged_out: Callable[[str], None] = lambda _principal: None
        self.forgetting: Callable[[str], None] = lambda _sleeper: None

    # -- export -------------------------------------------------------------------------------------

    def export(self, caller: Caller, sleeper: str) -> Refusal | Deferred[ExportParts]:
        """Everything the house holds of this sleeper, as files."""
        return self._unfit(caller, sleeper) or self._read(sleeper, self._exported)

    def _exported(self, records: PersonRecords) -> ExportParts:
        people, now_s = self._people, self._deps.clock.now_s()
        return export_parts(records, people.controller, people.sign_receipt, now_s)

    # -- erasure ------------------------------------------------------------------------------------

    def erase(self, caller: Caller, sleeper: str) -> Refusal | Deferred[Erased]:
        """Erase a sleeper; the answer waits until no file holds the key."""
        refusal = self._unfit(caller, sleeper) or self._dreamscapes.shutting_down()
        if refusal is not None:
            return refusal
        running = self._running.get(sleeper)
        if running is not None:
            running.answer = Deferred[Erased]() if running.answer.settled else running.answer
            return running.answer
        answer = Deferred[Erased]()
        bundle = self._deps.guidelines.in_force.bundle
        if not bundle.number("retain_days") > 0.0:
            self._begin(caller, sleeper, answer)
            return answer

        def judged(records: PersonRecords) -> bool:
            refusal = retained(bundle, records, self._deps.clock.now_s())
            if refusal is not None:
                answer.settle(refusal)
            else:
                self._begin(caller, sleeper, answer)
            return True

        self._read(sleeper, judged, answer.settle)
        return answer

    def _begin(self, caller: Caller, sleeper: str, answer: Deferred[Erased]) -> None:
        erasure = _Erasure(sleeper, self._deps.clock.now_s(), answer)
        self._running[sleeper] = erasure
        self._consents.withdraw(caller, sleeper)
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        if record is not None:
            self._check_ins.check_out(record)

        def refused(no: Refusal) -> Refusal:
            self._end(erasure, no)
            return no

        self._deps.commits.ask(
            Transaction(forgotten=((sleeper, erasure.asked_s),)),
            "the erasure",
            lambda _terms: self._forgotten(erasure),
            undo=lambda: self._go_on(erasure),
            refused=refused,
        )

    def _forgotten(self, erasure: _Erasure) -> bool:
        """The ledger has forgotten the rows: the rest is done at house-keeping, whatever was answered."""
        self._go_on(erasure)
        return True

    def _go_on(self, erasure: _Erasure) -> None:
        self._running[erasure.sleeper] = erasure
        erasure.forgotten = True

    def advance(self, now_s: float) -> None:
        """Once a tick: go on with the erasures whose sleepers are home and charged."""
        for erasure in tuple(self._running.values()):
            if not erasure.forgotten or erasure.shredding or now_s < erasure.again_s:
                continue
            if not self._dreamscapes.holds_account(erasure.sleeper):
                self._shred(erasure, now_s)
            elif not now_s - erasure.asked_s <= CHARGED_WITHIN_S:
                sentence = "the ledger has not taken the last merge-minutes; the erasure goes on"
                self._settle(erasure, Refusal(Code.LEDGER_UNAVAILABLE, sentence))

    def _shred(self, erasure: _Erasure, now_s: float) -> None:
        """Log out, forget the rows that were written meanwhile, then link and key."""
        sleeper, erasure.shredding = erasure.sleeper, True
        for principal in self._deps.principals.take_rights(sleeper):
            self.logged_out(principal)
        self._book.forget_sleeper(sleeper)
        self._deps.nights.forget_sleeper(sleeper)
        self._deps.doses.days.forget_sleeper(sleeper)
        self.forgetting(sleeper)

        def over(commit: Commit[Terms]) -> None:
            if not commit.done:
                self._later(erasure, now_s)
                return
            self._deps.ledger.shred(sleeper, now_s).then(partial(self._shredded, erasure))

        self._deps.commits.submit(Transaction(forgotten=((sleeper, now_s),)), "the erasure", over)

    def _later(self, erasure: _Erasure, now_s: float) -> None:
        erasure.shredding, erasure.again_s = False, now_s + AGAIN_S

    def _shredded(self, erasure: _Erasure, commit: Commit[Shredded]) -> None:
        """The search is over: well, or with what is in the way."""
        now_s = self._deps.clock.now_s()
        self._deps.exposures.drop_account(erasure.sleeper)
        self._dreamscapes.unname(erasure.sleeper)
        if not commit.done:
            self._later(erasure, now_s)
            self._tell(erasure, commit.failure)
            self._settle(erasure, Refusal(Code.ERASURE_UNFINISHED, commit.failure))
            return
        self._deps.people_events.erased()
        self._end(erasure, Erased(now_s, commit.value.named))

    def _tell(self, erasure: _Erasure, in_the_way: str) -> None:
        """Tell the house what is in the way, once for each: the sleeper cannot ask again."""
        if erasure.in_the_way != in_the_way:
            erasure.in_the_way = in_the_way
            self._deps.people_events.erasure_unfinished(in_the_way)

    def is_erasing(self, sleeper: str) -> bool:
        """Whether an erasure of this sleeper is on its way: whatever is written of them now goes with it."""
        return sleeper in self._running

    def _end(self, erasure: _Erasure, answer: Erased | Refusal) -> None:
        self._running.pop(erasure.sleeper, None)
        self._settle(erasure, answer)

    @staticmethod
    def _settle(erasure: _Erasure, answer: Erased | Refusal) -> None:
        if not erasure.answer.settled:
            erasure.answer.settle(answer)

    # -- both ---------------------------------------------------------------------------------------

    def _unfit(self, caller: Caller, sleeper: str) -> Refusal | None:
        if caller.role is not Role.SLEEPER:
            return Refusal(Code.NOT_YOURS, "only the sleeper reads all of it, or has it erased")
        if not is_name(sleeper):
            return bad_field("sleeper", f"a pseudonym of {NAME_RULE}", Figure("something else"))
        return None

    def _read(
        self,
        sleeper: str,
        made: Callable[[PersonRecords], T],
        refused: Callable[[Refusal], None] = lambda _no: None,
    ) -> Deferred[T]:
        """Read all records of a sleeper; answer with what is made of them."""
        later = Deferred[T]()

        def read(commit: Commit[PersonRecords]) -> None:
            if commit.done:
                later.settle(made(commit.value))
                return
            no = Refusal(Code.LEDGER_UNAVAILABLE, f"the records could not be read: {commit.failure}")
            refused(no)
            later.settle(no)

        self._deps.ledger.read_person(sleeper).then(read)
        return later


def retained(bundle: Bundle, records: PersonRecords, now_s: float) -> Refusal | None:
    """Return why the records of a sleeper are kept by law; None: they may be erased."""
    clause, days = bundle.by_key.get("retain_days"), bundle.number("retain_days")
    until_s = records.last_s + days * DAY_S
    if clause is None or not records.subject or not now_s < until_s:
        return None
    until = instant(until_s)[:10]
    told = {"clause": clause.name, "revision": str(bundle.revision), "limit": f"{days:g}", "until": until}
    sentence = f"{clause.name} keeps the records until {until} ({clause.basis})"
    return Refusal(Code.RETAINED_BY_LAW, sentence, told)
