"""Everything that the ledger holds of one sleeper, for an export and for the date of its last record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dreamd.core.access.principals import Principal
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.core.exposure.windows import BUCKET_S, DAY_S
from dreamd.core.invitations.course import Guest
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.exposure import PlannedDose
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.public_reports import ReportMark


@dataclass(frozen=True, slots=True)
class PersonRecords:
    """The rows of a sleeper. Times are unix seconds.

    subject: empty where the house holds nothing. buckets, days: merge-minutes by ten minutes and, of more
    than a week ago, by day. anchors: minutes of anchor sessions by ten minutes. seats: (Dreamscape, number,
    pod). guest_lists: (Dreamscape, own answer) of each list that names the sleeper. cases: without evidence
    and notes, which are personal rows. fault_night: the newest with a fault of their device. audit: (record,
    reason) of acts on the sleeper.
    """

    sleeper: str
    subject: str = ""
    beds: tuple[str, ...] = ()
    consent: Consent | None = None
    grants: tuple[Grant, ...] = ()
    buckets: Mapping[int, float] = field(default_factory=dict)
    days: Mapping[int, float] = field(default_factory=dict)
    anchors: Mapping[int, float] = field(default_factory=dict)
    planned: tuple[PlannedDose, ...] = ()
    seats: tuple[tuple[str, int, str], ...] = ()
    calibration_days: tuple[int, ...] = ()
    personal: tuple[PersonalRow, ...] = ()
    report_marks: tuple[ReportMark, ...] = ()
    seconded_moratoria: tuple[str, ...] = ()
    guest_lists: tuple[tuple[str, Guest], ...] = ()
    cases: tuple[KeptCase, ...] = ()
    fault_night: int | None = None
    audit: tuple[tuple[str, str], ...] = ()
    principals: tuple[Principal, ...] = ()

    @property
    def last_s(self) -> float:
        """The time of the newest record that has one; 0: there is none."""
        consent = () if self.consent is None else (self.consent.changed_s,)
        times = (
            *consent,
            *(grant.at_s for grant in self.grants),
            *((bucket + 1) * BUCKET_S for bucket in (*self.buckets, *self.anchors)),
            *((day + 1) * DAY_S for day in self.days),
            *(plan.at_s for plan in self.planned),
            *(row.at_s for row in self.personal),
            *(kept.case.opened_s for kept in self.cases),
            *(guest.at_s for _, guest in self.guest_lists),
        )
        return max(times, default=0.0)


class PersonLedger(Protocol):
    """The records of one sleeper."""

    def read_person(self, sleeper: str) -> Commit[PersonRecords]:
        """Ask for all records of a sleeper, in one state of the ledger; MUST return at once."""
        ...
