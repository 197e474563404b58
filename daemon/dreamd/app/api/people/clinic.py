"""Cases: listed, read, and decided by a clinician of their site; and the answers of a morning.

Rules
- Without access control no principal is known: then any caller is the house's clinician.
- A fleet case is of no site: every clinician decides it.
- Reading a case out of the caller's sites is refused like one that does not exist.
- A reason is a note: it is sealed with the case, and is in no log.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final, TypeVar

from dreamd.app.clinic.case_text import personal_text
from dreamd.app.clinic.case_watches import CaseWatches, WatchedCases
from dreamd.app.clinic.mornings import Mornings
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.held_seats import HeldSeats
from dreamd.app.events.subscriptions import Changed
from dreamd.core.access.caller import Caller, Role
from dreamd.core.access.principals import EVERYWHERE
from dreamd.core.clinic.course import (
    ENDED,
    By,
    Case,
    CaseEvent,
    CaseKind,
    CaseState,
    Closes,
    Holds,
    Plans,
    Releases,
    Triages,
    decider_refused,
    opened,
)
from dreamd.core.clinic.kept_case import (
    NOTE_MAX,
    NOTES_MOST,
    CaseReport,
    KeptCase,
    MorningTaken,
    Note,
    case_report,
)
from dreamd.core.clinic.levels import Answers, Level
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.clinic import CASE
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamwire.text import fit
from dreamwire.topics import is_name

T = TypeVar("T")
Answer = KeptCase | Refusal | Deferred[KeptCase]
BY_HAND: Final = "clinician"
"""The cause of what a clinician has told."""
READS_ALL: Final = frozenset({Role.ADVOCATE, Role.AUDITOR})
"""Roles that read the counts of every site."""


class ClinicCommands:
    """Implements `ClinicApi`."""

    def __init__(self, dependencies: Dependencies, mornings: Mornings, seats: HeldSeats) -> None:
        self._deps = dependencies
        self._book = dependencies.clinic
        self._mornings = mornings
        self._seats = seats
        self._watches = CaseWatches()
        self._book.changed.append(self._watches.tell_case)
        self._sittings = dependencies.sittings

    # -- reading --------------------------------------------------------------------------------------

    def list_cases(
        self, caller: Caller, states: Collection[CaseState] = (), site: str = "", level: Level | None = None
    ) -> Refusal | Deferred[tuple[KeptCase, ...]] | tuple[KeptCase, ...]:
        """The cases of the caller's sites in level order; ended ones are read from the ledger."""
        sees = self._sees(caller)

        def chosen(cases: Collection[KeptCase]) -> tuple[KeptCase, ...]:
            found = [
                one
                for one in cases
                if sees(one)
                and (one.case.state in states if states else not one.case.ended)
                and site in ("", one.case.site)
                and level in (None, one.case.level)
            ]
            return tuple(sorted(found, key=lambda one: one.order))

        living = {one.case.id: one for one in self._book}
        if not ENDED & set(states):
            return chosen(living.values())
        return self._read(0.0, lambda kept: chosen(({one.case.id: one for one in kept} | living).values()))

    def case_of(self, caller: Caller, case: str) -> Answer:
        """One case with evidence, notes and sittings."""
        kept, sees = self._book.known_case(case), self._sees(caller)
        if kept is not None:
            return self._whole(kept) if sees(kept) or self._is_own(caller, kept.case) else _unknown(case)
        later = Deferred[KeptCase]()

        def read(commit: Commit[tuple[KeptCase, ...]]) -> None:
            if not commit.done:
                later.settle(_unread(commit.failure))
                return
            found = next(iter(commit.value), None)
            if found is None or not (sees(found) or self._is_own(caller, found.case)):
                later.settle(_unknown(case))
            elif not found.case.person:
                later.settle(found)
            else:
                self._unseal(found, later)

        self._deps.ledger.read_case(case).then(read)
        return later

    def _unseal(self, kept: KeptCase, later: Deferred[KeptCase]) -> None:
        def read(commit: Commit[tuple[PersonalRow, ...]]) -> None:
            if not commit.done:
                later.settle(_unread(commit.failure))
                return
            body = next((row.body for row in commit.value if row.at_s == kept.case.opened_s), b"")
            later.settle(self._whole(personal_text(kept, body) if body else kept))

        self._deps.ledger.read_personal(kept.case.person, CASE).then(read)

    def _whole(self, kept: KeptCase) -> KeptCase:
        person = kept.case.person
        if not person or kept.case.ended:
            return kept
        return replace(kept, sittings=self._sittings.of_case(person), pull=self._sittings.pull_of(person))

    @property
    def contact(self) -> str:
        """The contact of the house's letters."""
        return self._book.place.contact

    def own_case(self, caller: Caller, sleeper: str) -> KeptCase | None:
        """The case of a sleeper that has not ended."""
        kept = self._book.case_of(sleeper)
        return None if kept is None else self._whole(kept)

    def report(self, caller: Caller, from_s: float, to_s: float) -> Refusal | Deferred[CaseReport]:
        """The report over the cases of the caller's sites in this span of unix time."""
        if not from_s < to_s:
            return bad_field("to", "a time after the beginning", Figure(f"{to_s - from_s:g} s after it"))
        sees = self._sees(caller, counts=True)
        living = {one.case.id: one for one in self._book}

        def made(kept: tuple[KeptCase, ...]) -> CaseReport:
            newest = {one.case.id: one for one in kept} | living
            return case_report(filter(sees, newest.values()), from_s, to_s)

        return self._read(from_s, made)

    def watch_cases(self, caller: Caller, changed: Changed) -> WatchedCases | Refusal:
        """Watch the cases of the caller's sites."""
        living = [one for one in self._book if not one.case.ended]
        return self._watches.open_watch(living, self._sees(caller), changed)

    def _read(self, since_s: float, made: Callable[[tuple[KeptCase, ...]], T]) -> Deferred[T]:
        later = Deferred[T]()

        def read(commit: Commit[tuple[KeptCase, ...]]) -> None:
            later.settle(made(commit.value) if commit.done else _unread(commit.failure))

        self._deps.ledger.read_cases(since_s).then(read)
        return later

    # -- deciding ---------------------------------------------------------------------------------------

    def open_case(self, caller: Caller, sleeper: str, level: Level, words: str, site: str = "") -> Answer:
        """Open a case by hand, or join this to the one there is."""
        if not is_name(sleeper):
            return bad_field("sleeper", f"a pseudonym of {NAME_RULE}", Figure("something else"))
        if not words.strip() or len(words) > NOTE_MAX:
            return bad_field("words", f"1 to {NOTE_MAX} characters", Figure(f"{len(words)} characters"))
        kept = self._book.case_of(sleeper)
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        place = site or (record.presence.site if record is not None else "")
        if kept is None and (fault := self._site_fault(place, lies=record is not None and not site)):
            return fault
        case = kept.case if kept is not None else opened("", sleeper, place, level, 0.0)
        refusal = decider_refused(case, self._by(caller, case))
        if refusal is not None:
            if kept is not None:
                return refusal
            sentence = f"a case at the site {place!r} is opened by a clinician of it"
            return Refusal(refusal.code, sentence, {"site": place})
        fresh = self._book.add_evidence(sleeper, level, BY_HAND, fit(words), site=place, trip=level.holds)
        return self._acted(fresh.case.id, "the case", refused=lambda _no: fresh)

    def _site_fault(self, site: str, *, lies: bool) -> Refusal | None:
        """Why no ward would see a case of this site. lies: the sleeper lies in a bed of it."""
        granted = (grant.sites for one in self._deps.principals.every_principal() for grant in one.grants)
        known = frozenset(self._deps.fleet.census.sites()).union(*granted) - {EVERYWHERE, ""}
        if lies or site in known or not (site or known):
            return None
        named = ", ".join(sorted(known)) or "it has none"
        return bad_field("site", f"a site of this house ({named})", site or Figure("none, and no bed"))

    def triage(
        self,
        caller: Caller,
        case: str,
        level: Level,
        *,
        related: bool | None = None,
        expected: bool | None = None,
    ) -> Answer:
        """Answer a case and set its level."""
        kept = self._decided(caller, case)
        if isinstance(kept, Refusal):
            return kept
        stepped = self._book.apply(case, Triages(self._by(caller, kept.case), level))
        if isinstance(stepped, Refusal):
            return stepped
        judged = replace(
            stepped,
            related=stepped.related if related is None else related,
            expected=stepped.expected if expected is None else expected,
        )
        self._book.put_case(judged)
        return self._acted(case, "the triage")

    def add_note(self, caller: Caller, case: str, text: str) -> Answer:
        """Write a note on a case."""
        kept = self._decided(caller, case)
        if isinstance(kept, Refusal):
            return kept
        if not kept.case.person:
            sentence = f"case {case} names no person now, and a note is sealed under a person's key"
            return Refusal(Code.WRONG_STATE, sentence, {"case": case, "state": kept.case.state.value})
        note = decider_refused(kept.case, self._by(caller, kept.case)) or self._noted(caller, text, kept)
        if isinstance(note, Refusal):
            return note
        self._book.put_case(kept.with_note(note))
        return self._acted(case, "the note")

    def hold_person(self, caller: Caller, case: str, reason: str) -> Answer:
        """Hold the person: zero in the call, written after."""
        kept = self._decided(caller, case)
        if isinstance(kept, Refusal):
            return kept
        stepped = self._book.apply(
            case, Holds(self._by(caller, kept.case)), self._reason(caller, "hold", reason, kept)
        )
        if isinstance(stepped, Refusal):
            return stepped
        return self._acted(case, "the hold", refused=lambda _no: stepped)

    def plan_return(self, caller: Caller, case: str) -> Answer:
        """Plan the return of a held person."""
        return self._granted(caller, case, Plans, "the plan of return")

    def release_person(self, caller: Caller, case: str, reason: str) -> Answer:
        """Release a person after the last step of the return."""

        def event(by: By) -> CaseEvent:
            kept = self._book.known_case(case)
            person = kept.case.person if kept is not None else ""
            return Releases(by, self._book.restored(person) if person else None)

        return self._granted(caller, case, event, "the release", reason)

    def close_case(self, caller: Caller, case: str, reason: str) -> Answer:
        """Close a case after its triage, where no hold stands."""
        return self._granted(caller, case, Closes, "the closing", reason)

    def answer_morning(
        self, caller: Caller, sleeper: str, answers: Answers
    ) -> Refusal | Deferred[MorningTaken]:
        """Take the answers of a morning."""
        return self._mornings.answer(sleeper, answers)

    def _granted(
        self, caller: Caller, case: str, event: Callable[[By], CaseEvent], what: str, reason: str = ""
    ) -> Answer:
        kept = self._decided(caller, case)
        if isinstance(kept, Refusal):
            return kept
        note = self._reason(caller, what.removeprefix("the "), reason, kept)
        return self._book.written_first(case, event(self._by(caller, kept.case)), what, note)

    def _acted(
        self, case: str, what: str, refused: Callable[[Refusal], KeptCase | Refusal] = lambda no: no
    ) -> Answer:
        """A step has acted: answer once the ledger has it. A hold is answered in any case."""
        self._seats.release_due()
        kept = self._book.known_case(case)
        assert kept is not None, "a case that was decided is in memory until it is written"

        def done(_terms: Terms) -> KeptCase | Refusal:
            return self._book.known_case(case) or kept

        return self._deps.commits.ask(self._book.rows((kept,)), what, done, refused=refused)

    # -- rights -----------------------------------------------------------------------------------------

    def _decided(self, caller: Caller, case: str) -> KeptCase | Refusal:
        """The case, by now, for a decision on it."""
        self._book.pass_case(case)
        kept = self._book.known_case(case)
        if kept is None:
            sentence = f"no case that has not ended is named {case!r}"
            return Refusal(Code.CASE_UNKNOWN, sentence, {"case": case})
        own = self._is_own(caller, kept.case)
        return kept if own or self._may_know(caller, kept) else _unknown(case)

    def _may_know(self, caller: Caller, kept: KeptCase) -> bool:
        """A clinician of another site is told whose the case is; others that there is none."""
        principal = self._deps.principals.principal(caller.name)
        clinician = principal is None or any(one.role is Role.CLINICIAN for one in principal.grants)
        return clinician or self._sees(caller)(kept)

    def _sees(self, caller: Caller, *, counts: bool = False) -> Callable[[KeptCase], bool]:
        principal = self._deps.principals.principal(caller.name)
        if principal is None or (counts and any(one.role in READS_ALL for one in principal.grants)):
            return lambda _kept: True
        return lambda kept: self._by(caller, kept.case).clinician

    def _is_own(self, caller: Caller, case: Case) -> bool:
        principal = self._deps.principals.principal(caller.name)
        grants = principal.grants if principal is not None else ()
        return bool(case.person) and any(one.sleeper == case.person for one in grants)

    def _by(self, caller: Caller, case: Case) -> By:
        """The caller as the course of a case knows it."""
        principal = self._deps.principals.principal(caller.name)
        if principal is None:
            return By(caller.signature, clinician=True)
        everywhere = case.kind is CaseKind.FLEET or not case.site
        clinician = any(
            one.role is Role.CLINICIAN and (everywhere or one.has_site(case.site)) for one in principal.grants
        )
        return By(case.person if self._is_own(caller, case) else caller.name, clinician)

    # -- notes ------------------------------------------------------------------------------------------

    def _noted(self, caller: Caller, text: str, kept: KeptCase) -> Note | Refusal:
        if not text.strip() or len(text) > NOTE_MAX:
            return bad_field("text", f"1 to {NOTE_MAX} characters", Figure(f"{len(text)} characters"))
        if len(kept.notes) >= NOTES_MOST:
            return bad_field("case", f"a case with fewer than {NOTES_MOST} notes", kept.case.id)
        return Note(self._deps.clock.now_s(), caller.signature, fit(text))

    def _reason(self, caller: Caller, what: str, reason: str, kept: KeptCase) -> Note | None:
        """The reason of a decision as a note; a decision is not refused for its words."""
        if not (reason.strip() and kept.case.person):
            return None
        return Note(self._deps.clock.now_s(), caller.signature, fit(f"{what}: {reason}", NOTE_MAX))


def _unknown(case: str) -> Refusal:
    return Refusal(Code.CASE_UNKNOWN, f"no case is named {case!r}", {"case": case})


def _unread(failure: str) -> Refusal:
    return Refusal(Code.LEDGER_UNAVAILABLE, f"the cases could not be read: {failure}")
