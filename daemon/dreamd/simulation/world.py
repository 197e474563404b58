"""The world: time, the broker, the ledger's storage, daemons, pods, and the checker of all of them."""

import random
from collections.abc import Callable, Mapping
from math import inf
from typing import Final, TypeVar

from dreamd.app.access.enrolment import Coded, Issued
from dreamd.core.access.principals import Kind
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.invitations.course import GUESTS_MOST
from dreamd.core.limits import HANDOVER_FRESH_S, HOUSE_LEASE_S, RAMP_MIN_S
from dreamd.core.refusals import Refusal
from dreamd.ports.commit import LedgerError, LedgerHeldError
from dreamd.ports.deferred import Deferred
from dreamd.ports.recordings import NoRecordings, Recordings
from dreamd.simulation.checks.invariants import InvariantChecker
from dreamd.simulation.checks.rendered_exposure import number_of
from dreamd.simulation.environment import Environment, House
from dreamd.simulation.machines.clocks import MachineClock
from dreamd.simulation.machines.grants import grant_tonight
from dreamd.simulation.machines.guests import all_come
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.machines.mqtt_broker import MqttBroker
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.operators import ADMIN, OPERATOR, people
from dreamd.simulation.machines.sleepers import Body, Sleeper
from dreamd.simulation.processes.daemons import START_S, DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.processes.standby import StandbyProcess
from dreamd.simulation.processes.ward_gateway import WardGateway
from dreamd.simulation.schedule import SECOND_NS, Schedule
from dreamedge.adapters.message_verifier import Broadcasts
from dreamwire.signing import KeyedSealer

T = TypeVar("T")

SECRET: Final = b"the simulation has one key for everybody"
DREAMSCAPE: Final = "night"
ZONE: Final = "Europe/Zurich"
SKEW_PPM: Final = 100.0
OWN_WAY: Final = 3
"""In a night with gateways every third bed sends its own frames."""
SET_BY_S: Final = (-20.0, 20.0)
"""The error of a standby's wall clock, in half of its starts."""


class World:
    """Everything of one night, from one seed. dreamscape: the one that is on."""

    dreamscape = DREAMSCAPE
    between = False

    def __init__(
        self,
        seed: int,
        pods: int,
        conditions: NetworkConditions | None = None,
        limits_min: Mapping[str, float] | None = None,
        *,
        sleeper: Callable[[int], Sleeper] = Body,
        every_pulse: bool = False,
        hops: bool = False,
        recordings: Recordings | None = None,
        begins_s: float = START_S,
        zone: str = ZONE,
        house: House | None = None,
        checks: type[InvariantChecker] = InvariantChecker,
        joined_after_s: Mapping[str, float] | None = None,
        gateways: int = 0,
        leased: bool = False,
        old_daemons: bool = False,
    ) -> None:
        """Start one daemon and so many pods.

        limits_min: merge-minutes by pseudonym, of the sleepers that have a limit. sleeper: makes the sleeper
        of a bed's number. every_pulse, hops, recordings: see `Environment`. begins_s: when the night begins,
        unix time. zone: of wall clocks. house: absent, a bench of one site. checks: the checker's class.
        joined_after_s, old_daemons: see `Environment`. gateways: so many, for two of three beds. leased: the
        ledger is in a database, and there is a standby on a second machine; else it is a file.
        """
        self.seed, self.zone, self._sleeper = seed, zone, sleeper
        self.rng = random.Random(seed)  # noqa: S311 - one seed, one story
        self.schedule, self.storage = Schedule(), LedgerStorage()
        self.conditions = conditions or NetworkConditions()
        self.limits_min = limits_min or {}
        self.storage.house.lease_s = HOUSE_LEASE_S if leased else inf
        self.storage.principals, self.storage.credentials = people(begins_s)
        self.broker = MqttBroker(self.schedule)
        self.daemons, self.pods = list[DaemonProcess](), list[Pod]()
        self.checker = self._checked_by(checks)
        self.checker.calm = self.conditions.loss == 0.0 and not joined_after_s
        key = KeyedSealer(SECRET)
        self.environment = Environment(
            *(seed, self.rng, self.schedule, self.conditions, self.limits_min),
            *(key, Broadcasts(key), self.broker, self.storage, self.checker),
            every_pulse=every_pulse,
            hops=hops,
            recordings=recordings or NoRecordings(),
            begins_s=begins_s,
            house=house or House(),
            joined_after_s=joined_after_s or {},
            old_daemons=old_daemons,
        )
        self.gateways = [WardGateway(self.environment, f"ward-{one}") for one in range(1, gateways + 1)]
        self.start_daemon()
        self.standby = self._keep_standby() if leased else None
        for number in range(1, pods + 1):
            self.add_pod(f"bed-{number}", number)

    def _checked_by(self, checks: type[InvariantChecker]) -> InvariantChecker:
        checker = checks(self.schedule, self.storage, self.limits_min, self.pods)
        checker.credentials.broker = self.broker
        checker.grants.moratoria.site_of = lambda pod: self.environment.house.site_of(number_of(pod))
        return checker

    def add_pod(self, name: str, number: int) -> Pod:
        """Add a pod and start it."""
        skew_ppm = self.rng.uniform(-SKEW_PPM, SKEW_PPM)
        clock = MachineClock(self.rng.randrange(10**12, 10**15), skew_ppm)
        by_gateway = bool(self.gateways) and number % OWN_WAY != 0
        gateway = self.gateways[number % len(self.gateways)] if by_gateway else None
        pod = Pod(self.environment, name, number, clock, self._sleeper(number), gateway)
        pod.credential = next((other.credential for other in self.pods if other.name == name), "")
        self.pods.append(pod)
        pod.boot()
        return pod

    def start_daemon(self, *, set_by_s: float = 0.0, machine: int = 0) -> DaemonProcess:
        """Start a daemon over the one ledger, on this machine; 0: on that of the last owner.

        Raises:
            LedgerHeldError: another daemon owns the house.
            LedgerError: its database does not answer, or refuses writes.
        """
        house, now_s, number = self.storage.house, self.schedule.now_s, len(self.daemons) + 1
        if self.storage.away or self.storage.full:
            raise LedgerError(self.storage.away or self.storage.full)
        owner = self.daemons[house.owner - 1] if 0 < house.owner < number else None
        machine = machine or (owner.machine if owner is not None else 1)
        ended = owner is None or (owner.machine == machine and not owner.alive)
        succeeds = now_s - house.handed_s <= HANDOVER_FRESH_S
        if not house.claim(number, now_s, self.environment.begins_s + now_s, ended=ended):
            raise LedgerHeldError("another dreamd already uses the ledger")
        daemon = DaemonProcess(
            self.environment, number, set_by_s=set_by_s, machine=machine, succeeds=succeeds
        )
        self.daemons.append(daemon)
        return daemon

    @property
    def has_heir(self) -> bool:
        """Whether a standby waits on its machine."""
        standby = self.standby
        return standby is not None and not self._lives_on(standby.machine)

    def _lives_on(self, machine: int) -> bool:
        return any(one.alive and one.machine == machine for one in self.daemons)

    def _keep_standby(self) -> StandbyProcess:
        clocks = random.Random(f"standby {self.seed}")  # noqa: S311 - one seed, one story

        def start(machine: int) -> DaemonProcess:
            return self.start_daemon(
                set_by_s=clocks.choice((0.0, clocks.uniform(*SET_BY_S))), machine=machine
            )

        return StandbyProcess(
            *(self.schedule, self.storage),
            start=start,
            taken=self._lives_on,
            violated=self.checker.violated,
        )

    @property
    def daemon(self) -> DaemonProcess | None:
        """The daemon that owns the house, or was the last to; None where it has ended."""
        term = self.storage.house.term
        living = (daemon for daemon in reversed(self.daemons) if daemon.alive)
        return next((daemon for daemon in living if daemon.lease.term == term), None)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.schedule.run_until(self.schedule.now_ns + round(seconds * SECOND_NS))

    def answered(self, answer: T | Refusal | Deferred[T]) -> T | Refusal:
        """Let time pass until an answer that waits for the ledger is there."""
        if not isinstance(answer, Deferred):
            return answer
        while not answer.settled:
            self.run(0.01)
        return answer.answer()

    def found_site(self) -> None:
        """Enrol every bed and gateway; from then on the broker lets in only beds with an account."""
        daemon = self.daemon
        assert daemon is not None
        self.broker.keep_accounts()
        daemon.keep_rights()
        enrolled: list[Pod | WardGateway] = [*self.pods, *self.gateways]
        for one in enrolled:
            coded = self.answered(daemon.app.access.enrol(ADMIN, one.name, Kind.BED, ()))
            assert isinstance(coded, Coded), coded
            issued = self.answered(daemon.app.access.redeem(coded.text))
            assert isinstance(issued, Issued), issued
            one.credential = issued.token
        while daemon.keeper is not None and not daemon.keeper.idle:
            self.run(0.1)

    def gather(self, **plan: object) -> str:
        """Let every sleeper grant and lie down, create, wait for admissions, start; return the refusal."""
        self.run(6.0)
        daemon = self.daemon
        assert daemon is not None
        sleepers = [f"sleeper-{pod.number}" for pod in self.pods]
        while False in [grant_tonight(daemon.app, sleeper, daemon.now_s()) for sleeper in sleepers]:
            self.run(0.01)
        for pod in self.pods:
            self.answered(daemon.app.pods.check_in(OPERATOR, pod.name, f"sleeper-{pod.number}"))
        intimate = len(self.pods) <= GUESTS_MOST
        most = max(len(self.pods), 5)
        wanted = {"seats_min": 3, "seats_max": most, "ramp_s": RAMP_MIN_S, "intimate": intimate} | plan
        created = self.answered(daemon.app.dreamscapes.create(OPERATOR, Plan(DREAMSCAPE, **wanted)))  # type: ignore[arg-type]
        if isinstance(created, Refusal):
            return created.sentence
        while not all_come(daemon.app, DREAMSCAPE, sleepers):
            self.run(0.01)
        self.run(2.0)
        started = self.answered(daemon.app.dreamscapes.start(OPERATOR, DREAMSCAPE))
        return str(getattr(started, "sentence", ""))
