"""The clinic's parts around its book: what opens cases, what takes answers, what releases held seats."""

from collections.abc import Callable

from dreamd.app.clinic.case_openings import CaseOpenings
from dreamd.app.clinic.mornings import Mornings
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.held_seats import HeldSeats
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.core.clinic.levels import Level


class ClinicParts:
    """Built once by the application."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        deps = self._deps = dependencies
        self._dreamscapes = dreamscapes
        self.seats = HeldSeats(deps, dreamscapes)
        self._openings = CaseOpenings(
            *(deps.clinic, deps.ledger, deps.commits, deps.clock),
            fleet=deps.fleet,
            nights=deps.nights,
            wakes=deps.wakes,
            dose_of=deps.doses.dose,
        )
        self.mornings = Mornings(deps.clinic, deps.ledger, deps.commits, deps.clock, self._site_of)
        self._openings.is_alone = deps.nights.is_alone = self._is_alone
        deps.nights.anchored_since = deps.anchors.doses.lived_since
        self._join_sittings()
        for sleeper in deps.ledger.checked_in().values():
            deps.clinic.come_back(sleeper)

    def _join_sittings(self) -> None:
        """Sittings are taken for a case, and tell it of a pull."""
        book, sittings = self._deps.clinic, self._deps.sittings
        sittings.open_case, sittings.pulled = book.case_of, self._pulled
        book.restored = sittings.restored
        book.changed.append(sittings.case_changed)
        for kept in book:
            sittings.case_changed(kept)

    def _pulled(self, sleeper: str, level: Level, word: str, sentence: str, pull: float) -> None:
        site = self._site_of(sleeper)
        self._deps.clinic.add_evidence(sleeper, level, word, sentence, pull, trip=True, site=site)

    def _is_alone(self, dreamscape: str) -> bool:
        runtime = self._dreamscapes.get(dreamscape)
        return runtime is not None and runtime.dreamscape.plan.kind.alone

    def _site_of(self, sleeper: str) -> str:
        """The site of the bed in which a sleeper lies."""
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        return record.presence.site if record is not None else ""

    def listen_to_journal(self) -> None:
        """Take in each event from now on; the nights of sleepers follow the journal already."""
        self._openings.hear_journal(self._deps.journal)

    def act(self, attempt: Callable[[str, Callable[[], None]], object]) -> None:
        """Once a tick, after its messages: time, doses, held seats; then what is to be written."""
        now_s = self._deps.clock.now_s()
        attempt("clinic", lambda: self._deps.clinic.pass_time(now_s))
        attempt("clinic", lambda: self._openings.look_at_doses(now_s))
        attempt("clinic", self.seats.release_due)
        attempt("ledger", self._deps.clinic.write_due)
        attempt("ledger", self._openings.write_due)

    def drop_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased."""
        self._deps.clinic.drop_sleeper(sleeper)
        self._openings.drop_sleeper(sleeper)
