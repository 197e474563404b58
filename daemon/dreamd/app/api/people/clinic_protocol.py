"""The clinic, as the adapters see it."""

from collections.abc import Collection
from typing import Protocol

from dreamd.app.events.subscriptions import Changed
from dreamd.core.access.caller import Caller
from dreamd.core.clinic.course import CaseState
from dreamd.core.clinic.kept_case import CaseReport, KeptCase, MorningTaken
from dreamd.core.clinic.levels import Answers, Level
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred


class CaseWatch(Protocol):
    """A watch of cases: first every case that has not ended, in level order, then each change."""

    def take_cases(self, most: int) -> tuple[KeptCase, ...] | Refusal:
        """At most so many cases as they are now, the gravest first; a case that changed twice comes once."""
        ...

    def close(self) -> None:
        """Stop watching."""
        ...


class ClinicApi(Protocol):
    """Cases: listed, read, decided by a clinician of their site; and the answers of a morning.

    A case out of the caller's sites is refused as one that does not exist. A decision on a case of one's own
    is refused with NOT_YOURS.
    """

    def list_cases(
        self,
        caller: Caller,
        states: Collection[CaseState] = (),
        site: str = "",
        level: Level | None = None,
    ) -> Refusal | Deferred[tuple[KeptCase, ...]] | tuple[KeptCase, ...]:
        """The cases of the caller's sites in level order. states: empty, those that have not ended.

        site: empty, all of the caller's. Evidence and notes are left out of ended cases.
        """
        ...

    def case_of(self, caller: Caller, case: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """One case with evidence, notes and sittings: for a clinician of its site, or its own sleeper."""
        ...

    @property
    def contact(self) -> str:
        """The number or address that a sleeper rings about a case; empty: they go to the desk."""
        ...

    def own_case(self, caller: Caller, sleeper: str) -> KeptCase | None:
        """The case of a sleeper that has not ended; None: there is none."""
        ...

    def open_case(
        self, caller: Caller, sleeper: str, level: Level, words: str, site: str = ""
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Open a case by hand, or join this to the one there is; level 1 and 2 hold in the call.

        site: of the case; empty, that of the bed in which the sleeper lies.
        """
        ...

    def triage(
        self,
        caller: Caller,
        case: str,
        level: Level,
        *,
        related: bool | None = None,
        expected: bool | None = None,
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Answer a case and set its level. related, expected: judged by the clinician; None: not yet."""
        ...

    def add_note(self, caller: Caller, case: str, text: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Write a note on a case; it is sealed under the sleeper's key."""
        ...

    def hold_person(self, caller: Caller, case: str, reason: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Hold the person: zero in the call, written after."""
        ...

    def plan_return(self, caller: Caller, case: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Plan the return of a held person: a quarter of the ceiling in the next night."""
        ...

    def release_person(
        self, caller: Caller, case: str, reason: str
    ) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Release a person after the last step of the return."""
        ...

    def close_case(self, caller: Caller, case: str, reason: str) -> KeptCase | Refusal | Deferred[KeptCase]:
        """Close a case after its triage, where no hold stands."""
        ...

    def answer_morning(
        self, caller: Caller, sleeper: str, answers: Answers
    ) -> Refusal | Deferred[MorningTaken]:
        """Take the answers of a morning, against the sleeper's own earlier ones."""
        ...

    def report(self, caller: Caller, from_s: float, to_s: float) -> Refusal | Deferred[CaseReport]:
        """The report over the cases of the caller's sites in this span of unix time."""
        ...

    def watch_cases(self, caller: Caller, changed: Changed) -> CaseWatch | Refusal:
        """Watch the cases of the caller's sites. changed: called when there is something to take."""
        ...
