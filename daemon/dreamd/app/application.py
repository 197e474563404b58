"""The application: builds the contexts of one daemon, drives the tick, shuts down.

Theory of operation. One thread, no waiting. Each message (a presence, a status, frames: `inbound`) and each
API call (`api`) takes effect at once; due work (ticks on the 250 ms grid, house-keeping) is done by
`run_due`. The tick of grid instant k closes 150 ms after it with the pods whose frames have arrived. If the
process slept through instants, they are counted as skipped and never made up for. Severing is done inside the
call that asks for it: zero collectives first, then orders, then the ledger.
"""

import math
import random
from functools import partial

from dreamd.app import telemetry
from dreamd.app.access.bed_accounts import BedAccounts
from dreamd.app.access.enrolment import Enrolment, Random, weak
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.access.sign_ins import SignIns
from dreamd.app.api.access import AccessCommands, SleeperFacts
from dreamd.app.api.audit import AuditQueries
from dreamd.app.api.awareness.moratoria import MoratoriumCommands
from dreamd.app.api.breakers import BreakerCommands
from dreamd.app.api.check_ins import CheckIns
from dreamd.app.api.dreamscapes import DreamscapeCommands
from dreamd.app.api.house import HouseQueries
from dreamd.app.api.invitations.commands import GuestFacts
from dreamd.app.api.kept_orders.execution import HouseOrderExecution
from dreamd.app.api.people.consents import ConsentCommands
from dreamd.app.api.people.erasures import ErasureCommands
from dreamd.app.api.people.guidelines import GuidelineCommands
from dreamd.app.api.people.letters import ExposureQueries, LetterQueries
from dreamd.app.api.pods import PodCommands
from dreamd.app.api.severs import SeverCommands
from dreamd.app.api.wake_orders import WakeOrderCommands
from dreamd.app.api.whereabouts import LiveWhereabouts
from dreamd.app.audit.audit_log import AuditLog
from dreamd.app.audit.checkpoints import Checkpoints, Sign
from dreamd.app.clinic.case_events import CaseEvents
from dreamd.app.clinic.clinic_book import ClinicBook
from dreamd.app.clinic.sittings import Sittings
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.drivers.pooled_ticks import PooledTicks
from dreamd.app.dreamscapes.moratorium_execution import MoratoriumExecution
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.wake_execution import WakeExecution
from dreamd.app.durability.commits import Commits
from dreamd.app.durability.generation import LedgerHeartbeat, start_new_generation
from dreamd.app.durability.ledger_witness import LedgerWitness
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.commands import CommandQueue
from dreamd.app.fleet.registry import PodRegistry
from dreamd.app.fleet.sever_confirmations import PendingSever, SeverConfirmations
from dreamd.app.guidelines.admission_records import AdmissionRecords
from dreamd.app.guidelines.revisions import Founding, Revisions
from dreamd.app.inbound import InboundRouter
from dreamd.app.institutions import Institutions
from dreamd.app.invitations.guest_book import GuestBook
from dreamd.app.moratoria.moratorium_book import MoratoriumBook
from dreamd.app.people.anchor_doses import AnchorAccount, AnchorDoses
from dreamd.app.people.calibration_days import CalibrationDays
from dreamd.app.people.consent_book import ConsentBook
from dreamd.app.people.doses import Doses
from dreamd.app.people.house_people import HousePeople
from dreamd.app.people.nights import Nights
from dreamd.app.people.people_events import PeopleEvents
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.app.safety.step_failures import StepFailures
from dreamd.app.safety.wake_orders import WakeOrderRegistry
from dreamd.app.stage.piece_book import PieceBook
from dreamd.core.access.caller import Caller
from dreamd.core.letters.night import Lead
from dreamd.core.limits import HOP_S, TICK_CLOSES_AFTER_S
from dreamd.ports.clock import SessionClock
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.transaction import CLOSES_WITHIN_S
from dreamd.ports.metrics import Metrics
from dreamd.ports.pod_link import PodLink
from dreamd.ports.recordings import NoRecordings, Recordings
from dreamd.ports.worker import NullWorker, Worker
from dreamwire.buggify import buggify


class Application:
    """Builds the contexts, drives the tick, shuts down.

    Attributes:
        pods, dreamscapes, breakers, wake_orders, severs, consents, letters, exposure, reports, surveillance,
            clinic, pieces, invitations, exchange, house, guidelines, access, audit: commands, one each
            (`api.protocols.Api`).
        acts: the audit log, for every call that changes something.
        principals, whereabouts, enrolment: what admission asks; what a revocation ends.
        bed_accounts: the beds' accounts at the broker, which follow their credentials.
        inbound: takes what pods and the broker send.
        registry: the Dreamscapes by name.
        ticks, failures: how Dreamscapes are ticked; the steps that raised.
    """

    _books_closed = False
    _shutdown_tickets: tuple[PendingSever, ...] = ()

    def __init__(
        self,
        clock: SessionClock,
        link: PodLink,
        ledger: Ledger,
        meters: Metrics,
        rng: random.Random,
        people: HousePeople,
        aside: Worker | None = None,
        recordings: Recordings | None = None,
        *,
        founding: Founding,
        secret: Random | None = None,
        sign: Sign | None = None,
    ) -> None:
        """founding: of a new house. secret: random bits; absent, from `rng`. sign: absent, no checkpoint."""
        now_s = clock.now_s()
        self.failures = StepFailures(clock.now_s, meters.step_failed)
        journal = Journal(now_s, attempt=self.failures.attempt)
        restored = start_new_generation(ledger, journal, now_s)
        commits, told = Commits(ledger, clock, journal, meters), PeopleEvents(journal, clock, meters)
        self._touch = LedgerHeartbeat(commits, now_s)
        self._witness = LedgerWitness(ledger, link, suspended=restored)
        locks = BreakerRegistry(ledger, commits, journal, clock, rng, doubted_s=now_s if restored else 0.0)
        fleet, nights = self._open_beds(clock, ledger, commits, locks, people, told)
        guidelines = Revisions(founding, ledger, commits, clock)
        wakes = WakeOrderRegistry(ledger, commits, link)
        standing = ledger, commits, wakes, journal, clock, guidelines, people.place.zone_name
        self._deps = Dependencies(
            clock=clock,
            link=link,
            ledger=ledger,
            commits=commits,
            meters=meters,
            rng=rng,
            journal=journal,
            fleet=fleet,
            orders=CommandQueue(link, ledger.draw_counters(now_s), self.failures.attempt),
            tickets=SeverConfirmations(clock.now_s, meters.confirmed),
            locks=locks,
            wakes=wakes,
            moratoria=MoratoriumBook(*standing),
            invitations=GuestBook(ledger, commits, clock, journal),
            principals=PrincipalTable(ledger),
            consents=self._book,
            exposures=people.exposures,
            nights=nights,
            guidelines=guidelines,
            doses=Doses(people.exposures, guidelines, CalibrationDays(ledger)),
            admissions=AdmissionRecords(ledger, commits),
            people_events=told,
            clinic=ClinicBook(ledger, commits, clock, rng, CaseEvents(journal, clock)),
            aside=aside or NullWorker(),
            recordings=recordings or NoRecordings(),
            failures=self.failures,
            anchors=AnchorAccount(people.anchors, AnchorDoses(people.anchors, guidelines)),
            sittings=Sittings(ledger, commits, clock),
            pieces=PieceBook(commits, clock, people.sign_piece),
        )
        self._build_all(people, secret or weak(rng), sign)

    def _build_all(self, people: HousePeople, secret: Random, sign: Sign | None) -> None:
        self._closed = self._newest_closing(self._deps.clock.now_s())
        self.registry, self.shared = DreamscapeRegistry(self._deps), self._deps.shared
        self.ticks = PooledTicks(self.failures, self._deps.clock)
        self.brokers, waking = self._deps.brokers, self._build_commands()
        self._build_people(people, secret)
        self._build_access(secret, sign)
        self._join(self._deps.locks, waking)

    def _open_beds(
        self,
        clock: SessionClock,
        ledger: Ledger,
        commits: Commits,
        locks: BreakerRegistry,
        people: HousePeople,
        told: PeopleEvents,
    ) -> tuple[PodRegistry, Nights]:
        beds = ledger.checked_in()
        fleet = PodRegistry(beds, locks.breaker_of, clock.now_s, self.failures.attempt)
        self._book = ConsentBook(ledger.consents(), commits, clock, told, fleet.pod_of, people)
        return fleet, Nights(ledger, commits, clock, fleet, people.exposures, beds)

    def _build_commands(self) -> WakeExecution:
        self._check_ins = CheckIns(self._deps, self.registry)
        waking = WakeExecution(self._deps, self.registry)
        self._pausing = MoratoriumExecution(self._deps, self.registry)
        self.inbound = InboundRouter(
            self._deps, self.registry, waking, self._pausing, self._witness, lambda: self._closed
        )
        self.pods = PodCommands(self._deps, self.registry, self._check_ins)
        self.dreamscapes = DreamscapeCommands(self._deps, self.registry)
        self.breakers = BreakerCommands(self._deps, self.registry)
        self.wake_orders = WakeOrderCommands(self._deps, self.registry, waking)
        self.severs = SeverCommands(self._deps, self.registry)
        self.moratoria = MoratoriumCommands(self._deps, self._pausing)
        return waking

    def _join(self, locks: BreakerRegistry, waking: WakeExecution) -> None:
        """Connect what hears of one another."""
        self.failures.concern(lambda: tuple(self.registry.items()), self.journal)
        locks.on_settled(self.inbound.receipts.pay)
        locks.on_moved.append(lambda record: self._deps.fleet.changed(record, self._deps.clock.now_s()))
        self._deps.consents.changed(self._consent_changed)
        self._deps.nights.leads_since = self._leads_since
        self._deps.nights.dose_of = self._deps.doses.dose
        self._deps.nights.follow(self.journal)
        self._institutions.hear_journal()
        told = self._deps.people_events.in_force
        self._deps.guidelines.in_force_changed.append(lambda bundle: told(bundle.revision))
        self._deps.guidelines.limits_changed.append(self.registry.tighten)
        self.surveillance.house.counts.alone = self.registry.dreams_alone
        self._deps.fleet.forgotten += [self._deps.orders.forget_pod, waking.forget_pod]

    def _build_people(self, people: HousePeople, secret: Random) -> None:
        deps = self._deps
        deps.nights.house, deps.nights.yes_of = people.place, self._book.consent
        self.letters, self.exposure = LetterQueries(deps.ledger), ExposureQueries(deps.ledger, deps.nights)
        self.consents = ConsentCommands(deps, self.registry, self._book, people)
        self.erasures = ErasureCommands(
            *(deps, self.registry, self._check_ins, self.consents, self._book), people
        )
        self._institutions = Institutions(deps, people, self.registry, secret)
        self.exchange, self._check_ins.berths = self._institutions.exchange, self._institutions.owed_berths
        self.reports, self.surveillance = self._institutions.reports, self._institutions.surveillance
        self.clinic, self.pieces = self._institutions.clinic, self._institutions.pieces
        self.invitations = self._institutions.invitations
        self.invitations.sleepers = GuestFacts(self._book.knows, self.erasures.is_erasing)
        self.erasures.forgetting = self._institutions.forget_sleeper
        self.house = HouseQueries(deps, self.registry)

    def _build_access(self, secret: Random, sign: Sign | None) -> None:
        deps = self._deps
        self.acts = AuditLog(deps.commits, deps.clock, secret)
        self._checkpoints = Checkpoints(deps.ledger, deps.commits, deps.journal, deps.clock, deps.link, sign)
        self.audit = AuditQueries(deps.ledger, self._checkpoints, deps.commits)
        self.principals = deps.principals
        self.guidelines = GuidelineCommands(deps.guidelines, deps.principals)
        self.enrolment = Enrolment(self.principals, deps.commits, deps.journal, deps.clock, secret)
        self.erasures.logged_out = self.enrolment.forget_principal
        sign_ins = SignIns(self.principals, self.enrolment, deps.commits, deps.journal, deps.clock)
        self.access = AccessCommands(
            *(self.principals, self.enrolment, sign_ins, self.pods.release),
            SleeperFacts(self.erasures.is_erasing, self._book.knows, deps.fleet.pod_of),
        )
        self.whereabouts = LiveWhereabouts(deps, self.registry)
        self._house_orders = HouseOrderExecution(deps, self.registry, self, self.acts)
        self.bed_accounts = BedAccounts(
            self.principals,
            self.enrolment,
            deps.journal,
            deps.clock,
            dreaming=lambda: self.registry.tally().dreaming > 0,
            seated=self.registry.is_held,
            release=self._release_bed,
        )

    @property
    def journal(self) -> Journal:
        """The journal, for the log."""
        return self._deps.journal

    @property
    def closing(self) -> bool:
        """Whether `shutdown` has begun."""
        return self.registry.closing

    def open(self, _caller: Caller) -> None:
        """Restore the Dreamscapes of the ledger; see `HouseOrderExecution.restore_house`."""
        self._house_orders.restore_house()

    def _consent_changed(self, sleeper: str) -> None:
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        runtime = self.registry.seating(record) if record is not None else None
        if record is not None and runtime is not None:
            runtime.dreamscape.on_consent_changed(record)
        for _, one in tuple(self.registry.items()):
            one.on_consent_changed(sleeper)

    def _leads_since(self, dreamscape: str, since_s: float) -> tuple[Lead, ...]:
        runtime = self.registry.get(dreamscape)
        return runtime.dreamscape.live_lead.leads_since(since_s) if runtime is not None else ()

    def _release_bed(self, bed: str, reason: str) -> None:
        record = self._deps.fleet.get(bed)
        if record is not None:
            self.registry.release_pod(record, reason)

    # -- what is due ------------------------------------------------------------------------------

    @staticmethod
    def _newest_closing(now_s: float) -> int:
        return math.floor((now_s - TICK_CLOSES_AFTER_S) / HOP_S + 1e-6)

    def next_due_s(self) -> float:
        """Session time at which `run_due` has something to do."""
        tick_s = (self._closed + 1) * HOP_S + TICK_CLOSES_AFTER_S
        return min(tick_s, self.shared.due_s(), self._deps.long_work.due_s())

    def deliver(self) -> None:
        """End the commits that the ledger has finished."""
        self.failures.attempt("ledger", self._deps.ledger.deliver)

    def run_due(self) -> None:
        """Close the newest tick that is due; older ones are skipped and counted, never queued."""
        self.deliver()
        now_s = self._deps.clock.now_s()
        self.shared.expire(now_s, self.failures.attempt)
        instant = self._newest_closing(now_s)
        missed = instant - self._closed - 1
        if missed < 0 or buggify("tick-skipped"):
            self._deps.long_work.do_part(now_s, self.failures.attempt)
            return
        self._closed = instant
        self.failures.check()
        attempt = self.failures.attempt
        self._institutions.release_held()
        with self.failures.together():
            self.ticks.run_instant(self.registry.items(), instant, missed)
        with self.failures.together():
            attempt("archive", partial(self.registry.put_away, now_s))
            attempt("archive", partial(self._deps.fleet.forget_ghosts, now_s))
            attempt("orders", partial(self._deps.orders.resend, now_s))
            attempt("watcher", partial(self._deps.fleet.fall_silent, now_s))
            self._keep(now_s)
            attempt("meters", partial(telemetry.tell, self._deps, self.registry.values(), instant))
            attempt("meters", lambda: self._deps.meters.tick(self._deps.clock.now_s() - now_s, missed))

    def _keep(self, now_s: float) -> None:
        """Write the changes that severing did not wait for."""
        attempt = self.failures.attempt
        attempt("locks", self._deps.locks.flush)
        attempt("wake-orders", self._deps.wakes.flush)
        attempt("orders", self._house_orders.write_ends)
        attempt("moratoria", self._pausing.sever_due)
        attempt("access", partial(self.bed_accounts.end_expired, now_s))
        attempt("access", partial(self.bed_accounts.close_left, now_s))
        attempt("access", self.enrolment.write_rights)
        attempt("audit", self.acts.write_waiting)
        attempt("audit", partial(self._checkpoints.sign_due, now_s))
        attempt("ledger", self._deps.guidelines.pass_time)
        attempt("ledger", self._deps.admissions.write_waiting)
        self._institutions.write_waiting()
        attempt("ledger", self._check_ins.write_bindings)
        attempt("ledger", partial(self.erasures.advance, now_s))
        attempt("ledger", self._book.write_unwritten)
        attempt("ledger", partial(self._deps.nights.write_due, now_s))
        attempt("ledger", self.inbound.receipts.pay)
        attempt("ledger", partial(self._touch.keep, now_s))
        attempt("ledger", self._witness.tell)
        attempt("ledger", partial(self._deps.commits.check_age, now_s))

    # -- the end ----------------------------------------------------------------------------------

    def shutdown(self, _caller: Caller, *, hands_over: bool = False) -> None:
        """Set every sleeper to zero, then release the pods; see `DreamscapeRegistry.close_all`."""
        self._shutdown_tickets = self.registry.close_all(hands_over=hands_over)

    @property
    def settled(self) -> bool:
        """After `shutdown`: every pod has confirmed its zero, or the time for it is over."""
        return self.closing and all(ticket.settled for ticket in self._shutdown_tickets)

    def close_books(self) -> None:
        """Submit all that is not yet written: accounts, records, locks, orders; `written` reports the end."""
        now_s = self._deps.clock.now_s()
        self._books_closed = True
        self._keep(now_s)
        for runtime in self.registry.values():
            runtime.dreamscape.records.flush()
            if not runtime.dreamscape.ownership.lost:
                runtime.dreamscape.exposure.close(now_s)
        self._deps.nights.close()
        self.registry.keep_handover()

    @property
    def ledger_trouble(self) -> str:
        """Why no pod is seated now: the ledger fails or is slow; safe on any thread."""
        return self._deps.commits.trouble

    @property
    def written(self) -> bool:
        """After `close_books`: the ledger has everything it was given."""
        self._deps.ledger.deliver()
        return self._deps.ledger.idle

    def close(self, within_s: float = CLOSES_WITHIN_S) -> None:
        """Close the books; an event of the journal names the changes that were not written in time."""
        if not self._books_closed:
            self.close_books()
        left = self._deps.ledger.close(within_s)
        self._deps.ledger.deliver()
        if left:
            what = ", ".join(sorted(set(self._deps.commits.waiting)))
            sentence = f"the ledger has not written {left} changes before the end: {what}"
            self._deps.journal.append(
                self._deps.clock.now_s(), "ledger-write-failed", sentence, reason=sentence
            )
