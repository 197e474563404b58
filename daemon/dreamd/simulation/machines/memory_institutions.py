"""The part of a ledger in memory of the institutions: public reports, surveillance, cases, rounds, pieces."""

from abc import abstractmethod
from dataclasses import dataclass, field

from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.public_reports import MarkedPeople, PublishedReport, ReportMark
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.institutions.cases import CasesStorage, MemoryCases
from dreamd.simulation.machines.institutions.invitations import InvitationsStorage, MemoryInvitations
from dreamd.simulation.machines.institutions.moratoria import MemoryMoratoria, MoratoriaStorage
from dreamd.simulation.machines.institutions.nights import MemoryNights, NightsStorage
from dreamd.simulation.machines.institutions.pieces import MemoryPieces, PiecesStorage
from dreamd.simulation.machines.institutions.rounds import MemoryRounds, RoundsStorage


@dataclass
class InstitutionStorage(
    NightsStorage, MoratoriaStorage, InvitationsStorage, CasesStorage, RoundsStorage, PiecesStorage
):
    """Marks of people, and published reports by their first day."""

    report_marks: set[ReportMark] = field(default_factory=set)
    public_reports: dict[int, PublishedReport] = field(default_factory=dict)

    def change_institutions(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        self.change_nights(change)
        self.change_moratoria(change)
        self.change_invitations(change)
        self.change_cases(change)
        self.change_rounds(change)
        self.change_pieces(change)
        self.report_marks |= set(change.report_marks)
        for report in change.public_reports:
            self.public_reports.setdefault(report.first, report)
            self.report_marks = {one for one in self.report_marks if one.day >= report.end}


class MemoryInstitutions(
    MemoryNights, MemoryMoratoria, MemoryInvitations, MemoryCases, MemoryRounds, MemoryPieces
):
    """The answers of a ledger in memory about the institutions."""

    @property
    @abstractmethod
    def readable(self) -> InstitutionStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def published_reports(self) -> tuple[PublishedReport, ...]:
        """Every published report, oldest first."""
        return tuple(one for _, one in sorted(self.readable.public_reports.items()))

    def earliest_mark(self) -> int | None:
        """The first day with a mark."""
        return min((one.day for one in self.readable.report_marks), default=None)

    def read_report_marks(self, first: int, end: int) -> Commit[MarkedPeople]:
        """The marked people of these days, at once."""
        commit: Commit[MarkedPeople] = Commit()
        try:
            marks = self.readable.report_marks
        except LedgerError as error:
            commit.fail(str(error))
            return commit
        found: dict[tuple[str, str], set[str]] = {}
        for one in marks:
            if first <= one.day < end:
                found.setdefault((one.site, one.kind), set()).add(one.sleeper)
        commit.end(found)
        return commit
