"""A clinic in memory: real courses of cases, decided by every caller that a test does not refuse."""

from collections.abc import Callable, Collection
from dataclasses import replace

from dreamd.app.events.subscriptions import Changed
from dreamd.core.access.caller import Caller
from dreamd.core.clinic.course import (
    By,
    CaseState,
    Closes,
    Decision,
    Holds,
    Plans,
    Releases,
    Triages,
    opened,
    step,
)
from dreamd.core.clinic.kept_case import (
    CaseReport,
    CaseSitting,
    EvidenceLine,
    KeptCase,
    MorningTaken,
    Note,
    case_report,
)
from dreamd.core.clinic.levels import Answers, Level, answers_fault
from dreamd.core.clinic.restoration import PullRecord
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from fakes.views import NOW_S


class FakeCaseWatch:
    """The cases that changed; `changed` rings."""

    def __init__(self, owner: "FakeClinic", changed: Changed) -> None:
        self._owner = owner
        self.changed = changed
        self.dirty = dict.fromkeys(owner.cases)

    def take_cases(self, most: int) -> tuple[KeptCase, ...] | Refusal:
        """Those that changed, the gravest first."""
        found = sorted((self._owner.cases[name] for name in self.dirty), key=lambda one: one.order)[:most]
        for one in found:
            del self.dirty[one.case.id]
        return tuple(found)

    def close(self) -> None:
        """Leave."""
        self._owner.watches.discard(self)


class FakeClinic:
    """Implements `ClinicApi`. asked: called with the name of each decision, and returns its refusal."""

    def __init__(self, asked: Callable[..., Refusal | None]) -> None:
        self._asked = asked
        self.cases: dict[str, KeptCase] = {}
        self.watches: set[FakeCaseWatch] = set()
        self.morning = MorningTaken()

    def opens(self, name: str, sleeper: str, level: Level, *, cause: str = "distress") -> KeptCase:
        """A case is opened, a minute after the one before."""
        at_s = NOW_S + 60.0 * len(self.cases)
        kept = KeptCase(opened(name, sleeper, "north", level, at_s), 20_000, "night")
        return self._keep(kept.with_evidence(EvidenceLine(at_s, cause, "severed in distress", 0.5)))

    def stand(self) -> None:
        """Five cases: open, triaged, held, returning after its last step, and triaged at level 3."""
        for n, state in enumerate(("open", "triaged", "held", "returning", "triaged"), 1):
            kept = self.opens(f"c{n}", "ada" if n == 1 else f"s{n}", Level.SOON)
            held = state in ("held", "returning")
            case = replace(
                kept.case, state=CaseState(state), held=held, step=4 if state == "returning" else 0
            )
            self._keep(replace(kept, case=case))

    def _keep(self, kept: KeptCase) -> KeptCase:
        self.cases[kept.case.id] = kept
        for watch in self.watches:
            watch.dirty[kept.case.id] = None
            watch.changed()
        return kept

    def list_cases(
        self,
        caller: Caller,
        states: Collection[CaseState] = (),
        site: str = "",
        level: Level | None = None,
    ) -> Refusal | Deferred[tuple[KeptCase, ...]] | tuple[KeptCase, ...]:
        """Those that fit, in level order."""
        found = [
            one
            for one in self.cases.values()
            if (one.case.state in states if states else not one.case.ended)
            and site in ("", one.case.site)
            and level in (None, one.case.level)
        ]
        return tuple(sorted(found, key=lambda one: one.order))

    def case_of(self, caller: Caller, case: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """One case."""
        found = self.cases.get(case)
        return found or Refusal(Code.CASE_UNKNOWN, f"there is no case {case} at your sites", {"case": case})

    contact = "020 7946 0018"

    def own_case(self, caller: Caller, sleeper: str) -> KeptCase | None:
        """The sleeper's case that has not ended."""
        own = [one for one in self.cases.values() if one.case.person == sleeper and not one.case.ended]
        return own[0] if own else None

    def open_case(
        self, caller: Caller, sleeper: str, level: Level, words: str, site: str = ""
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Open a case by hand."""
        kept = self.opens(f"by-hand-{len(self.cases)}", sleeper, level, cause="told")
        return self._keep(kept.with_evidence(EvidenceLine(NOW_S, "told", words, float("nan"))))

    def triage(
        self,
        caller: Caller,
        case: str,
        level: Level,
        *,
        related: bool | None = None,
        expected: bool | None = None,
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Answer a case."""
        found = self._decided("triage", caller, case, lambda by: Triages(by, level))
        if isinstance(found, Refusal):
            return found
        return self._keep(replace(found, related=related, expected=expected))

    def add_note(self, caller: Caller, case: str, text: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Write a note."""
        found = self.case_of(caller, case)
        if not isinstance(found, KeptCase):
            return found
        return self._keep(found.with_note(Note(NOW_S, caller.name, text)))

    def hold_person(self, caller: Caller, case: str, reason: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Hold."""
        return self._decided("hold_person", caller, case, Holds, reason)

    def plan_return(self, caller: Caller, case: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Plan."""
        return self._decided("plan_return", caller, case, Plans)

    def release_person(
        self, caller: Caller, case: str, reason: str
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Release."""
        return self._decided("release_person", caller, case, lambda by: Releases(by, None), reason)

    def close_case(self, caller: Caller, case: str, reason: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Close."""
        return self._decided("close_case", caller, case, Closes, reason)

    def _decided(
        self, name: str, caller: Caller, case: str, decision: Callable[[By], Decision], reason: str = ""
    ) -> KeptCase | Refusal:
        refusal = self._asked(name, case)
        found = refusal or self.cases.get(case)
        if not isinstance(found, KeptCase):
            return found or Refusal(Code.CASE_UNKNOWN, f"there is no case {case} at your sites")
        after = step(found.case, decision(By(caller.name, clinician=True)), NOW_S)
        if isinstance(after, Refusal):
            return after
        kept = replace(found, case=after)
        return self._keep(kept.with_note(Note(NOW_S, caller.name, reason)) if reason else kept)

    def sat(self, case: str, *sittings: CaseSitting, pull: PullRecord | None = None) -> None:
        """Sittings of a case."""
        self._keep(replace(self.cases[case], sittings=sittings, pull=pull))

    def answer_morning(
        self, caller: Caller, sleeper: str, answers: Answers
    ) -> Refusal | Deferred[MorningTaken]:
        """Take the answers."""
        refusal = self._asked("answer_morning", sleeper, answers) or answers_fault(answers)
        if refusal is not None:
            return refusal
        later = Deferred[MorningTaken]()
        later.settle(self.morning)
        return later

    def report(self, caller: Caller, from_s: float, to_s: float) -> Refusal | Deferred[CaseReport]:
        """The report over all cases."""
        later = Deferred[CaseReport]()
        later.settle(case_report(self.cases.values(), from_s, to_s))
        return later

    def watch_cases(self, caller: Caller, changed: Changed) -> FakeCaseWatch | Refusal:
        """Watch."""
        watch = FakeCaseWatch(self, changed)
        self.watches.add(watch)
        return watch
