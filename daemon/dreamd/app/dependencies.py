"""Dependencies that every Dreamscape shares: the clock, the ports, the fleet, the journal."""

import random
from dataclasses import dataclass, field

from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.clinic.clinic_book import ClinicBook
from dreamd.app.clinic.sittings import Sittings
from dreamd.app.collective.shared_ticks import SharedTicks
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.events.long_work import LongWork
from dreamd.app.fleet.broker_states import BrokerStates
from dreamd.app.fleet.commands import CommandQueue
from dreamd.app.fleet.registry import PodRegistry
from dreamd.app.fleet.sever_confirmations import SeverConfirmations
from dreamd.app.guidelines.admission_records import AdmissionRecords
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.invitations.guest_book import GuestBook
from dreamd.app.moratoria.moratorium_book import MoratoriumBook
from dreamd.app.people.anchor_doses import AnchorAccount
from dreamd.app.people.doses import Doses, SleeperDoses
from dreamd.app.people.nights import Nights
from dreamd.app.people.people_events import PeopleEvents
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.app.safety.step_failures import StepFailures
from dreamd.app.safety.wake_orders import WakeOrderRegistry
from dreamd.app.stage.piece_book import PieceBook
from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.ports.clock import SessionClock
from dreamd.ports.consent import Consents, Exposures
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.metrics import Metrics
from dreamd.ports.pod_link import PodLink
from dreamd.ports.recordings import Recordings
from dreamd.ports.worker import Worker


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Shared by the application and its runtimes; one thread."""

    clock: SessionClock
    link: PodLink
    ledger: Ledger
    commits: Commits
    meters: Metrics
    rng: random.Random
    journal: Journal
    fleet: PodRegistry
    orders: CommandQueue
    tickets: SeverConfirmations
    locks: BreakerRegistry
    wakes: WakeOrderRegistry
    moratoria: MoratoriumBook
    invitations: GuestBook
    principals: PrincipalTable
    consents: Consents
    exposures: Exposures
    nights: Nights
    guidelines: Revisions
    doses: Doses
    admissions: AdmissionRecords
    people_events: PeopleEvents
    clinic: ClinicBook
    aside: Worker
    recordings: Recordings
    failures: StepFailures
    anchors: AnchorAccount
    sittings: Sittings
    pieces: PieceBook
    brokers: BrokerStates = field(default_factory=BrokerStates)
    shared: SharedTicks = field(default_factory=SharedTicks)
    long_work: LongWork = field(default_factory=LongWork)

    def account_of(self, kind: DreamscapeKind) -> tuple[Exposures, SleeperDoses]:
        """Return the account that a Dreamscape of this kind charges, and its doses."""
        if kind.alone:
            return self.anchors.exposures, self.anchors.doses
        return self.exposures, self.doses
