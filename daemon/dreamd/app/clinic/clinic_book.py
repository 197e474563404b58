"""The clinic's book: every case that has not ended, in memory, and who is held by it.

Theory of operation. A restriction acts first in memory and is written after; a grant (a plan of return, a
step forward, a release, a closing) is written before it acts. Cases that changed are written in one
transaction after the tick, one on its way at a time. Time moves cases too: their due times wait on a heap.

Rules
- A person has one case that has not ended; later evidence joins it. Of two daemons' two the stricter counts.
- A hold is a refusal to merge. A sleeper that becomes held while they merge is released in the same tick.
- Of an erased person the case names nobody. Its mark holds the same pseudonym when it comes back.
- A book that was restored from a copy may lack a hold. A fleet case tells so. Until a clinician has closed it
  no sleeper merges.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from heapq import heapify, heappop, heappush
from math import inf, nan
from random import Random
from typing import Final, Protocol

from dreamd.app.clinic.case_events import CaseEvents
from dreamd.app.clinic.case_text import personal_body, personal_text
from dreamd.app.clinic.living_cases import LivingCases
from dreamd.app.durability.commits import Commits
from dreamd.core.clinic.course import Case, CaseEvent, CaseKind, Evidence, Passes, opened, step
from dreamd.core.clinic.kept_case import RESTORED, EvidenceLine, KeptCase, Note, doubt_case, night_of
from dreamd.core.clinic.levels import Level
from dreamd.core.letters.letter import Place
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.clinic import CASE, ClinicLedger
from dreamd.ports.ledger.erasure import ErasureLedger
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

PASSED_AT_ONCE: Final = 256
"""Cases that time moves in one tick; the others wait for the next."""
WRITTEN_AT_ONCE: Final = 500
PARENT_JOINS_S: Final = 60.0
"""Cases that a Dreamscape opens within so long of its own fall are of the one parent."""
PARENTS_MOST: Final = 64
_ID_BITS: Final = 40


class BookLedger(ClinicLedger, PersonalLedger, ErasureLedger, Protocol):
    """The part of the ledger that the book needs."""


class ClinicBook:
    """The cases; one thread uses it.

    place: the zone of the house. held_now: called with each sleeper that becomes held. case_opened: called
    with each sleeper whose case opens. changed: called with each case that has changed. restored: whether the
    sittings show a person restored; None: not measured.
    """

    def __init__(
        self, ledger: BookLedger, commits: Commits, clock: SessionClock, rng: Random, events: CaseEvents
    ) -> None:
        """Take up the cases of the ledger.

        Raises:
            LedgerError: they cannot be read; no sleeper may be merged then.
        """
        self._keys = ledger.keys
        self._commits, self._clock, self._rng, self._events = commits, clock, rng, events
        self.place = Place()
        self.held_now: list[Callable[[str], None]] = []
        self.case_opened: list[Callable[[str], None]] = []
        self.changed: list[Callable[[KeptCase], None]] = []
        self.restored: Callable[[str], bool | None] = lambda _sleeper: None
        self._of = LivingCases(ledger.keys.mark_of)
        self._parents: dict[str, tuple[str, float]] = {}
        self._told_by: dict[str, str] = {}
        self._due: list[tuple[float, str]] = []
        self._dirty: dict[str, None] = {}
        self._writing: dict[str, KeptCase] = {}
        self._take_up(ledger)

    def _take_up(self, ledger: BookLedger) -> None:
        texts = {(row.sleeper, row.at_s): row.body for row in ledger.personal_of(CASE)}
        for kept in ledger.living_cases():
            body = texts.get((kept.case.person, kept.case.opened_s))
            whole = kept if body is None else personal_text(kept, body)
            self._of.put(whole)
            self._due.append((whole.case.due_s(), whole.case.id))
        heapify(self._due)

    # -- reading ----------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[KeptCase]:
        """Every case that has not ended, and those that ended and are not written yet."""
        return iter(self._of)

    def known_case(self, case: str) -> KeptCase | None:
        """The case of this id; None: it is not known, or has ended and is in the ledger alone."""
        return self._of.known_case(case)

    def case_of(self, sleeper: str) -> KeptCase | None:
        """The case of a sleeper that has not ended."""
        return self._of.of_person(sleeper)

    def held(self, sleeper: str) -> KeptCase | None:
        """The case that keeps a sleeper from a merge now; None: none does."""
        kept = self._of.of_person(sleeper)
        if kept is not None and not kept.case.share > 0.0:
            return kept
        return self._of.of_fleet(RESTORED)

    def share(self, sleeper: str) -> float:
        """The share of the ceiling that may be granted to a sleeper."""
        if not self._of:
            return 1.0
        kept = self.held(sleeper)
        if kept is not None:
            return 0.0
        own = self._of.of_person(sleeper)
        return 1.0 if own is None else own.case.share

    def refusal(self, sleeper: str) -> Refusal | None:
        """Why a sleeper is not merged now; None: no case holds them."""
        kept = self.held(sleeper) if self._of else None
        if kept is None:
            return None
        named = kept.case.id
        why = f"the sleeper is held by case {named}"
        if kept.case.kind is CaseKind.FLEET:
            why = f"the clinic's book was restored from a copy and may lack a hold: case {named} is open"
        return Refusal(Code.ON_HOLD, why, {"case": named})

    def counts(self) -> tuple[Mapping[Level, int], Mapping[Level, int]]:
        """Cases that have not ended by level, and those of them that were not answered in time."""
        return self._of.counts()

    # -- what comes to light ------------------------------------------------------------------------

    def add_evidence(
        self,
        sleeper: str,
        level: Level,
        cause: str,
        words: str,
        value: float = nan,
        *,
        trip: bool = False,
        site: str = "",
        dreamscape: str = "",
        pod: str = "",
        at_s: float = 0.0,
    ) -> KeptCase:
        """Join this to the case of a sleeper, or open one. trip: they were severed for it.

        cause: of the causes, or a word of its own. pod: where they lay. at_s: when it happened; 0: now.
        """
        now_s = self._clock.now_s()
        line = EvidenceLine(at_s or now_s, cause, words, value)
        kept = self.case_of(sleeper)
        if kept is not None and any((one.at_s, one.cause) == (line.at_s, cause) for one in kept.evidence):
            return kept  # a pod tells it again after a restart of this daemon
        if kept is not None:
            stepped = step(kept.case, Evidence(level, trip=trip), now_s)
            if isinstance(stepped, Case) and not stepped.ended:
                joined = replace(kept, case=stepped).with_evidence(line)
                return self.put_case(replace(joined, dreamscape=joined.dreamscape or dreamscape), pod)
            self.pass_case(kept.case.id)
        parent = self._parent_in(dreamscape, now_s)
        case = opened(self._new_id(), sleeper, site, level, now_s, parent)
        night = night_of(now_s, self.place.zone)
        fresh = self.put_case(KeptCase(case, night, dreamscape).with_evidence(line), pod)
        for tell in self.case_opened:
            tell(sleeper)
        return fresh

    def open_parent(self, dreamscape: str, site: str, level: Level, cause: str, words: str) -> KeptCase:
        """A Dreamscape was severed as one: the cases that it has opened just now, and opens soon, name it."""
        now_s = self._clock.now_s()
        before = self._of.known_case(self._parent_in(dreamscape, now_s))
        line = EvidenceLine(now_s, cause, words, nan)
        if before is not None:
            return self.put_case(before.with_evidence(line))
        case = opened(self._new_id(), "", site, level, now_s, kind=CaseKind.PARENT)
        kept = KeptCase(case, night_of(now_s, self.place.zone), dreamscape).with_evidence(line)
        self.put_case(kept)
        self._parents[dreamscape] = case.id, now_s
        while len(self._parents) > PARENTS_MOST:
            self._parents.pop(next(iter(self._parents)))
        for own in tuple(self._of):
            child = own.case
            just = child.kind is CaseKind.PERSON and now_s - child.opened_s <= PARENT_JOINS_S
            if just and own.dreamscape == dreamscape and not child.parent:
                self.put_case(replace(own, case=replace(child, parent=case.id)))
        return kept

    def _parent_in(self, dreamscape: str, now_s: float) -> str:
        parent, at_s = self._parents.get(dreamscape, ("", 0.0))
        known = self._of.known_case(parent) is not None
        return parent if known and now_s - at_s <= PARENT_JOINS_S else ""

    def open_fleet_case(self, kind: str, level: Level = Level.TODAY, words: str = "") -> KeptCase:
        """A kind of harm has become more frequent, or the book is in doubt; one case of a kind at a time."""
        standing = self._of.of_fleet(kind)
        now_s = self._clock.now_s()
        line = EvidenceLine(now_s, kind, words, nan)
        if standing is not None:
            return self.put_case(standing.with_evidence(line))
        case = opened(self._new_id(), "", "", level, now_s, kind=CaseKind.FLEET)
        return self.put_case(KeptCase(case, night_of(now_s, self.place.zone)).with_evidence(line))

    def doubt(self) -> KeptCase:
        """The ledger is a copy: until a clinician has compared the book no sleeper merges."""
        standing = self._of.of_fleet(RESTORED)
        return standing or self.put_case(doubt_case(self._clock.now_s(), self.place.zone))

    def _new_id(self) -> str:
        while True:
            found = f"case-{self._rng.getrandbits(_ID_BITS):010x}"
            if self._of.known_case(found) is None:
                return found

    # -- changes ------------------------------------------------------------------------------------

    def apply(self, case: str, event: CaseEvent, note: Note | None = None) -> KeptCase | Refusal:
        """Take a step that acts at once and is written after. The case is known.

        Raises:
            KeyError: it is not.
        """
        after = self._after(self._kept(case), event, note)
        return after if isinstance(after, Refusal) else self.put_case(after)

    def _kept(self, case: str) -> KeptCase:
        kept = self._of.known_case(case)
        if kept is None:
            raise KeyError(case)
        return kept

    def _after(self, kept: KeptCase, event: CaseEvent, note: Note | None) -> KeptCase | Refusal:
        stepped = step(kept.case, event, self._clock.now_s())
        if isinstance(stepped, Refusal):
            return stepped
        after = replace(kept, case=stepped)
        return after if note is None else after.with_note(note)

    def put_case(self, kept: KeptCase, pod: str = "") -> KeptCase:
        """Put a case in the place of the one of its id; it is written after. pod: that has told of it."""
        case, before = kept.case, self._of.known_case(kept.case.id)
        if before == kept:
            return kept
        self._of.put(kept)
        self._dirty[case.id] = None
        if pod:
            self._told_by[pod] = case.id
        if case.due_s() < inf:
            heappush(self._due, (case.due_s(), case.id))
        self._events.tell_change(before, kept, pod)
        for changed in self.changed:
            changed(kept)
        was = before.case.share if before is not None else 1.0
        if case.person and not case.share > 0.0 and was > 0.0:
            self._tell_held(case.person)
        return kept

    def _tell_held(self, sleeper: str) -> None:
        for tell in self.held_now:
            tell(sleeper)

    def written_first(
        self, case: str, event: CaseEvent, what: str, note: Note | None = None
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Take a step that grants: it acts once the ledger has it. what: it, in words."""
        kept = self._kept(case)
        wanted = self._after(kept, event, note)
        if isinstance(wanted, Refusal):
            return wanted

        def done(_terms: Terms) -> KeptCase | Refusal:
            now = self._of.known_case(case) or kept
            found = wanted if now is kept else self._after(now, event, note)
            if isinstance(found, Refusal):
                self._dirty[case] = None
                return found
            self.put_case(found)
            if now is kept:
                self._dirty.pop(case, None)
                self._drop_ended(found)
            return found

        def undo() -> None:
            self._dirty[case] = None

        return self._commits.ask(self.rows((wanted,)), what, done, undo=undo)

    # -- time -----------------------------------------------------------------------------------------

    def pass_time(self, now_s: float) -> None:
        """Once a tick: move the cases that are due; those that are not cost nothing."""
        for _ in range(PASSED_AT_ONCE):
            if not self._due or now_s < self._due[0][0]:
                return
            self.pass_case(heappop(self._due)[1])

    def pass_case(self, case: str) -> None:
        """Account for the time of one case."""
        kept = self._of.known_case(case)
        if kept is None or kept.case.ended:
            return
        now_s = self._clock.now_s()
        stepped = step(kept.case, Passes(), now_s)
        if isinstance(stepped, Case) and stepped != kept.case:
            self.put_case(replace(kept, case=stepped))
        elif now_s < kept.case.due_s() < inf:
            heappush(self._due, (kept.case.due_s(), case))

    # -- the ledger -----------------------------------------------------------------------------------

    def is_written(self, sleeper: str) -> bool:
        """Whether all that is known of a sleeper's case is in the ledger."""
        kept = self.case_of(sleeper)
        return kept is None or self._has(kept.case.id)

    def has_told(self, pod: str) -> bool:
        """Whether each case of which this pod has told is in the ledger, also one of an earlier sleeper."""
        case = self._told_by.get(pod)
        if case is None or not self._has(case):
            return case is None
        del self._told_by[pod]
        return True

    def _has(self, case: str) -> bool:
        return case not in self._dirty and case not in self._writing

    def write_due(self) -> None:
        """Once a tick: write the cases that have changed."""
        if self._writing or not self._dirty:
            return
        due = list(self._dirty)[:WRITTEN_AT_ONCE]
        for case in due:
            del self._dirty[case]
        found = (self._of.known_case(case) for case in due)
        self._writing = {kept.case.id: kept for kept in found if kept is not None}
        under_way = self._writing

        def over(commit: Commit[Terms]) -> None:
            self._writing = {}
            for case, kept in under_way.items():
                if not commit.done:
                    self._dirty[case] = None
                elif self._of.known_case(case) is kept:
                    self._drop_ended(kept)

        self._commits.submit(self.rows(tuple(under_way.values())), "the clinic's cases", over)

    def _drop_ended(self, kept: KeptCase) -> None:
        if kept.case.ended and kept.case.id not in self._dirty:
            self._of.drop(kept.case.id)

    @staticmethod
    def rows(cases: tuple[KeptCase, ...]) -> Transaction:
        """Return the transaction that writes these cases, with what is sealed of them."""
        texts = tuple(
            PersonalRow(one.case.person, CASE, one.case.opened_s, personal_body(one))
            for one in cases
            if one.case.person
        )
        return Transaction(cases=cases, personal=texts)

    def come_back(self, sleeper: str) -> None:
        """A sleeper is checked in: a case that holds their pseudonym since an erasure is theirs again."""
        while (kept := self._of.of_mark(sleeper)) is not None:
            self.put_case(replace(kept, case=replace(kept.case, person=sleeper), mark=b""))

    def drop_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased: no case names them, and theirs holds the same pseudonym by its mark."""
        for kept in self._of.every_of_person(sleeper):
            nameless, mark = replace(kept.case, person=""), self._keys.mark_of(sleeper)
            self.put_case(replace(kept, case=nameless, mark=mark, evidence=(), notes=(), sittings=()))
