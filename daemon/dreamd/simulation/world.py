"""The world: time, the broker, the ledger's storage, daemons, pods, and the checker of all of them."""

import random
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from dreamd.app.access.enrolment import Coded, Issued
from dreamd.core.access.principals import Kind
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.invitations.course import GUESTS_MOST
from dreamd.core.limits import RAMP_MIN_S
from dreamd.core.refusals import Refusal
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
    ) -> None:
        """Start one daemon and so many pods.

        limits_min: merge-minutes by pseudonym, of the sleepers that have a limit. sleeper: makes the sleeper
        of a bed's number. every_pulse, hops, recordings: see `Environment`. begins_s: when the night begins,
        unix time. zone: of wall clocks. house: absent, a bench of one site. checks: the checker's class.
        joined_after_s: see `Environment`. gateways: so many, for two of three beds.
        """
        self.seed, self.zone, self._sleeper = seed, zone, sleeper
        self.rng = random.Random(seed)  # noqa: S311 - one seed, one story
        self.schedule, self.storage = Schedule(), LedgerStorage()
        self.conditions = conditions or NetworkConditions()
        self.limits_min = limits_min or {}
        self.storage.principals, self.storage.credentials = people(begins_s)
        self.broker = MqttBroker(self.schedule)
        self.daemons, self.pods = list[DaemonProcess](), list[Pod]()
        self.checker = checks(self.schedule, self.storage, self.limits_min, self.pods)
        self.checker.calm = self.conditions.loss == 0.0 and not joined_after_s
        self.checker.credentials.broker = self.broker
        self.checker.grants.moratoria.site_of = lambda pod: self.environment.house.site_of(number_of(pod))
        key = KeyedSealer(SECRET)
        self.environment = Environment(
            seed=seed,
            rng=self.rng,
            schedule=self.schedule,
            conditions=self.conditions,
            limits_min=self.limits_min,
            key=key,
            broadcasts=Broadcasts(key),
            broker=self.broker,
            storage=self.storage,
            observer=self.checker,
            every_pulse=every_pulse,
            hops=hops,
            recordings=recordings or NoRecordings(),
            begins_s=begins_s,
            house=house or House(),
            joined_after_s=joined_after_s or {},
        )
        self.gateways = [WardGateway(self.environment, f"ward-{one}") for one in range(1, gateways + 1)]
        self.start_daemon()
        for number in range(1, pods + 1):
            self.add_pod(f"bed-{number}", number)

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

    def start_daemon(self, *, set_by_s: float = 0.0) -> DaemonProcess:
        """Start a daemon over the one ledger; one that runs already keeps running."""
        daemon = DaemonProcess(self.environment, len(self.daemons) + 1, set_by_s=set_by_s)
        self.daemons.append(daemon)
        return daemon

    @property
    def daemon(self) -> DaemonProcess | None:
        """The newest living daemon."""
        return next((daemon for daemon in reversed(self.daemons) if daemon.alive), None)

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
