"""The world: time, the broker, the ledger's shelf, daemons, pods, and the watch over all of them."""

import random
from collections.abc import Mapping
from typing import Final, TypeVar

from dreamd.core.dreamscapes.admission import INTIMATE_SEATS
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import RAMP_MIN_S
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Later
from dreamd.simulation.checks.invariants import Watch
from dreamd.simulation.machines.clocks import MachineClock
from dreamd.simulation.machines.daemons import Owner
from dreamd.simulation.machines.memory_ledger import Shelf
from dreamd.simulation.machines.mqtt_broker import Hub
from dreamd.simulation.machines.network import Line, Weather
from dreamd.simulation.machines.pods import Pod
from dreamd.simulation.schedule import SECOND_NS, Schedule
from dreamedge.adapters.message_verifier import Broadcasts
from dreamwire.signing import KeyedSealer

T = TypeVar("T")

SECRET: Final = b"the simulation has one key for everybody"
DREAMSCAPE: Final = "night"
SKEW_PPM: Final = 100.0


class World:
    """Everything there is, from one seed."""

    def __init__(
        self,
        seed: int,
        pods: int,
        weather: Weather | None = None,
        limits_min: Mapping[str, float] | None = None,
    ) -> None:
        """limits_min: merge-minutes by pseudonym, of those who have a limit."""
        self.seed = seed
        self.rng = random.Random(seed)  # noqa: S311 - one seed, one story
        self.weather = weather or Weather()
        self.limits_min = limits_min or {}
        self.schedule = Schedule()
        self.key = KeyedSealer(SECRET)
        self.broadcasts = Broadcasts(self.key)
        self.broker = Hub()
        self.shelf = Shelf()
        self.dreamscape = DREAMSCAPE
        self.between = False
        self.watch = Watch(self)
        self.watch.calm = self.weather.loss == 0.0
        self.owners: list[Owner] = []
        self.pods: list[Pod] = []
        self.start_owner()
        for number in range(1, pods + 1):
            self.add_pod(f"bed-{number}", number)

    def line(self) -> Line:
        """A new line to the broker, in the world's weather."""
        return Line(self.schedule, self.rng, self.weather)

    def add_pod(self, name: str, number: int) -> Pod:
        """Set a pod up and start it."""
        skew_ppm = self.rng.uniform(-SKEW_PPM, SKEW_PPM)
        clock = MachineClock(self.rng.randrange(10**12, 10**15), skew_ppm)
        pod = Pod(self, name, number, clock, self.line())
        self.pods.append(pod)
        pod.boot()
        return pod

    def start_owner(self, *, set_by_s: float = 0.0) -> Owner:
        """Start a daemon over the one ledger; one that lives already is not asked."""
        owner = Owner(self, len(self.owners) + 1, self.shelf, self.line(), set_by_s=set_by_s)
        self.owners.append(owner)
        return owner

    @property
    def owner(self) -> Owner | None:
        """The newest daemon that lives."""
        return next((owner for owner in reversed(self.owners) if owner.alive), None)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.schedule.run_until(self.schedule.now_ns + round(seconds * SECOND_NS))

    def answered(self, answer: T | Refusal | Later[T]) -> T | Refusal:
        """Let time pass until an answer that waits for the ledger is there."""
        if not isinstance(answer, Later):
            return answer
        while not answer.settled:
            self.run(0.01)
        return answer.answer()

    def gather(self, **plan: object) -> str:
        """Check everybody in, create, wait until all are admitted, start; returns why not, or nothing."""
        self.run(6.0)
        owner = self.owner
        assert owner is not None
        for pod in self.pods:
            self.answered(owner.app.check_in(pod.name, f"sleeper-{pod.number}"))
        intimate = len(self.pods) <= INTIMATE_SEATS[1]
        most = max(len(self.pods), 5)
        wanted = {"seats_min": 3, "seats_max": most, "ramp_s": RAMP_MIN_S, "intimate": intimate} | plan
        created = self.answered(owner.app.create(Plan(DREAMSCAPE, **wanted)))  # type: ignore[arg-type]
        if isinstance(created, Refusal):
            return created.sentence
        self.run(2.0)
        started = self.answered(owner.app.start(DREAMSCAPE))
        return str(getattr(started, "sentence", ""))
