"""The rule `held`: no person that a case holds is coupled, over restarts and restored ledgers.

The watch keeps its own account of who is held: by the events of each daemon, and at a start by the cases in
the storage. A sleeper is named by the number of the bed.

Rules
- An anchor session couples a person with no other: there a hold bars nothing.
- From the event `case-held` on, no later message of that daemon couples the person, until a clinician returns
  them in steps, which the storage then has.
- A daemon that starts holds those whose cases in the storage hold them.
- On a copy of the ledger that lacks writes nobody is coupled until a clinician has closed the case over the
  book. From then on everyone counts that was ever held.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dreamd.core.clinic.kept_case import RESTORED
from dreamd.core.dreamscapes.views import Event
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.checks.violations import is_anchored
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage

HELD: Final = "held"

Violated = Callable[[str, str, str], None]


@dataclass(slots=True)
class _Known:
    """The knowledge of one daemon. doubts: the open case over its book, empty: none."""

    held: set[str] = field(default_factory=set)
    doubts: str = ""


class HoldWatch:
    """Everyone that is held, and each coupling looked at. ever: every person that was held in this night."""

    def __init__(self, storage: LedgerStorage, violated: Violated) -> None:
        self._storage = storage
        self._violated = violated
        self._of: dict[int, _Known] = {}
        self._person: dict[str, str] = {}
        self.ever: set[str] = set()
        self.judged = 0

    def daemon_started(self, daemon: ObservedDaemon) -> None:
        """A daemon knows what is written."""
        known = self._of[daemon.number] = _Known()
        for kept in self._storage.cases.values():
            if kept.case.ended:
                continue
            if RESTORED in kept.causes:
                known.doubts = kept.case.id
            elif not kept.case.share > 0.0:
                known.held.add(kept.case.person)
        self.ever |= known.held

    def daemon_event(self, daemon: ObservedDaemon, event: Event) -> None:
        """A line of a daemon's journal."""
        known = self._of.setdefault(daemon.number, _Known())
        match event.kind:
            case "case-opened" if event.pod:
                self._person[event.cause] = sleeper_of(event.pod)
            case "case-opened" if event.cause.startswith(f"case-{RESTORED}"):
                known.doubts = event.cause
            case "case-closed" if event.cause == known.doubts:
                known.doubts = ""
                known.held |= self.ever
            case "case-held":
                person = self._person.get(event.cause) or self._written(event.cause)
                if person:
                    known.held.add(person)
                    self.ever.add(person)
            case "case-returning":
                self._returns(known, event.cause)
            case _:
                pass

    def _returns(self, known: _Known, case: str) -> None:
        """A person returns by a plan that is written before it acts."""
        kept = self._storage.cases.get(case)
        if kept is None or not kept.case.share > 0.0:
            self._violated(HELD, case, "returns its person, and no plan of it is written")
            return
        known.held.discard(kept.case.person)

    def _written(self, case: str) -> str:
        kept = self._storage.cases.get(case)
        return kept.case.person if kept is not None else ""

    def coupled(self, daemon: ObservedDaemon, pod: str, coupling: float) -> None:
        """Hold one coupling against what this daemon knows now."""
        if not coupling > 0.0:
            return
        self.judged += 1
        known = self._of.get(daemon.number)
        if known is None:
            return
        if known.doubts and not is_anchored(self._storage, pod):
            self._violated(HELD, pod, f"is coupled while case {known.doubts} over the book is open")
        elif sleeper_of(pod) in known.held and not is_anchored(self._storage, pod):
            self._violated(HELD, pod, "is coupled although a case holds its sleeper")
