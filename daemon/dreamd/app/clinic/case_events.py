"""Events and counts of cases: each names the case, and no person."""

from dreamd.app.events.journal import Journal
from dreamd.core.clinic.course import CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.ports.clock import SessionClock


class CaseEvents:
    """Writes the events of cases into the journal."""

    def __init__(self, journal: Journal, clock: SessionClock) -> None:
        self._journal = journal
        self._clock = clock

    def tell_change(self, before: KeptCase | None, kept: KeptCase, pod: str = "") -> None:
        """A case has changed, or is new. pod: in which the person of a new case lay."""
        case, was = kept.case, before.case if before is not None else None
        if was is None:
            self._write("case-opened", "is opened", kept, pod)
        elif case.climbed > was.climbed:
            self._write("case-climbed", "was not answered in time and has climbed", kept)
        if case.held and case.state is not CaseState.RETURNING and (was is None or was.share > 0.0):
            self._write("case-held", "holds its person", kept)
        if was is None or was.state is not case.state:
            self._tell_state(kept)

    def _tell_state(self, kept: KeptCase) -> None:
        match kept.case.state:
            case CaseState.TRIAGED:
                self._write("case-triaged", "is triaged", kept)
            case CaseState.RETURNING:
                self._write("case-returning", "returns its person in steps", kept)
            case CaseState.RELEASED:
                self._write("case-released", "has released its person", kept)
            case CaseState.CLOSED:
                self._write("case-closed", "is closed", kept)
            case CaseState.OPEN | CaseState.HELD:
                pass

    def _write(self, kind: str, words: str, kept: KeptCase, pod: str = "") -> None:
        case = kept.case
        self._journal.append(
            self._clock.now_s(),
            kind,
            f"case {case.id} of level {case.level} {words}",
            dreamscape=kept.dreamscape,
            pod=pod,
            cause=case.id,
            values={"level": float(case.level)},
        )
