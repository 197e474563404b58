"""The institutions of the house, built on the dependencies that every Dreamscape shares."""

from collections.abc import Callable
from functools import partial

from dreamd.app.api.invitations.commands import InvitationCommands
from dreamd.app.api.people.clinic import ClinicCommands
from dreamd.app.api.people.clinic_parts import ClinicParts
from dreamd.app.api.people.exchange import ExchangeCommands
from dreamd.app.api.people.exchange_parts import ExchangeParts
from dreamd.app.api.people.reports import ReportCommands
from dreamd.app.api.people.surveillance import SurveillanceCommands
from dreamd.app.api.stage.pieces import PieceQueries
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.people.house_people import HousePeople
from dreamd.app.public_report.public_reports import PublicReports
from dreamd.app.public_report.report_marks import ReportMarks
from dreamd.app.surveillance.exposure_response import ResponseQuery
from dreamd.app.surveillance.surveillance import Surveillance
from dreamd.core.surveillance.kinds import TOLD, HarmKind


class Institutions:
    """The parts. reports: commands and queries of the public report. surveillance: of the watches.

    clinic: of cases. pieces: of leads. exchange: of rounds. owed_berths: of this night. invitations: of the
    guests of intimate Dreamscapes.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        people: HousePeople,
        dreamscapes: DreamscapeRegistry,
        bits: Callable[[int], str],
    ) -> None:
        """bits: a text of so many random bits."""
        deps = dependencies
        self._marks = ReportMarks(deps.commits, deps.fleet, deps.nights.sleeper_at)
        house = deps.ledger, deps.commits, deps.clock, deps.guidelines
        self.reports = ReportCommands(PublicReports(*house, self._marks, people.sign_report))
        self._watch = Surveillance(
            *(deps.ledger, deps.commits, deps.clock, deps.guidelines, deps.journal), people.place
        )
        self.surveillance = SurveillanceCommands(
            self._watch, ResponseQuery(deps.ledger, deps.clock), deps.principals
        )
        self.pieces = PieceQueries(deps.ledger, deps.pieces.unwritten)
        deps.clinic.place, deps.sittings.zone = people.place, people.place.zone
        self._clinic = ClinicParts(deps, dreamscapes)
        self.clinic = ClinicCommands(deps, self._clinic.mornings, self._clinic.seats)
        self._rounds = ExchangeParts(deps, people, bits)
        self.exchange, self.owed_berths = ExchangeCommands(deps, self._rounds), self._rounds.owed
        self.invitations = InvitationCommands(deps, dreamscapes)
        self._deps = deps
        deps.nights.case_of = self._told_case

    def _told_case(self, sleeper: str) -> tuple[str, bool]:
        """The open case of a sleeper for their letter, and whether it holds them."""
        kept = self._deps.clinic.case_of(sleeper)
        return ("", False) if kept is None else (kept.case.id, kept.case.held)

    def hear_journal(self) -> None:
        """Take in each event from now on; the nights of sleepers follow the journal already."""
        self._marks.hear_journal(self._deps.journal)
        self._watch.hear_journal(self._deps.journal)
        self._watch.counts.sleeper_at = self._deps.nights.sleeper_at
        self._watch.opened.append(self._open_fleet_case)
        self._deps.clinic.changed.append(self._watch.counts.take_case)
        self._clinic.mornings.answered.append(self._watch.counts.take_morning)
        self._clinic.listen_to_journal()
        self._rounds.listen_to_journal()

    def _open_fleet_case(self, kind: HarmKind) -> None:
        self._deps.clinic.open_fleet_case(kind.value, words=f"{TOLD[kind]} come more often than declared")

    def release_held(self) -> None:
        """Before the ticks: no sleeper that became held is in their messages."""
        self._deps.failures.attempt("clinic", self._clinic.seats.release_due)

    def write_waiting(self) -> None:
        """Act on what the tick has told, and write it; one part that raises leaves the others as they are."""
        attempt = self._deps.failures.attempt
        self._clinic.act(attempt)
        attempt("ledger", self._marks.write_waiting)
        attempt("ledger", self._deps.pieces.write_waiting)
        attempt("ledger", self._rounds.go_on)
        attempt("ledger", self._deps.invitations.write_unwritten)
        attempt("ledger", self._deps.sittings.write_due)
        attempt("ledger", partial(self._watch.judge_due, self._deps.clock.now_s()))
        attempt("meters", lambda: self._deps.meters.watches_told(self._watch.readings()))
        attempt("meters", lambda: self._deps.meters.rounds_told(self._rounds.book.under_way))

    def forget_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased."""
        self._marks.forget_sleeper(sleeper)
        self._deps.invitations.strike_out(sleeper)
        self._deps.sittings.drop_record(sleeper)
        self._clinic.drop_sleeper(sleeper)
        self._rounds.forget_person(sleeper)
        self._watch.counts.drop_sleeper(sleeper)
