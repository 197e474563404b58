"""The house of a festival: its world in virtual time, its people, and the calls that are made to it.

Time passes in two ways: tick by tick while beds are on, and by leaps while they are off. A leap stops at each
instant for which something is planned, and at least once an hour, so that the daemon keeps its own times.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from dreamd.adapters.documents.public_reports import document, sign_report
from dreamd.app.application import Application
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.letters.letter import Place
from dreamd.core.refusals import CATALOGUE, Code, Refusal
from dreamd.festival.facts import Performed, Planted, RefusalTold, Stay
from dreamd.festival.play.watch import FestivalWatch
from dreamd.festival.scenario.limits import festival_founding
from dreamd.festival.scenario.plan import Festival
from dreamd.festival.timeline import Happening, HappeningKind, Tell
from dreamd.ports.deferred import Deferred
from dreamd.simulation.environment import House
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.operators import ADA, CLEO, OLGA
from dreamd.simulation.machines.pulled_bodies import PulledBody, mean_profile
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import World
from dreamwire.signing import SigningKey

T = TypeVar("T")
CLINICIAN: Final = Caller(CLEO, Role.CLINICIAN, Channel.GRPC)
ADVOCATE: Final = Caller(ADA, Role.ADVOCATE, Channel.GRPC)
OPERATOR: Final = Caller(OLGA, Role.OPERATOR, Channel.GRPC)
SLEEPER: Final = Caller("", Role.SLEEPER, Channel.GRPC)
NAME: Final = "The festival's house"
CONTACT: Final = "the night desk"
LEAP_MOST_S: Final = 3600.0
AFTER_LEAP_S: Final = 0.6
"""The daemon takes two ticks after each leap."""
BEDS_ON_S: Final = 7.0
"""From the start of the beds' agents until their clocks are known."""
BEFORE_S: Final = 900.0
"""The world begins so long before the first thing that happens in it."""
WARD: Final = NetworkConditions(delay_s=(0.0001, 0.0008))
"""A wired network."""
ROUNDED_S: Final = 1e-6


@dataclass(order=True)
class Planned:
    """Something that is due at an instant."""

    at_s: float
    order: int
    act: Callable[[], None] = field(compare=False)


class HouseOfFestival:
    """The world, the clock, and the calls. One festival has one."""

    def __init__(self, plan: Festival, tell: Tell, begins_s: float) -> None:
        """begins_s: unix time of the first instant."""
        self.plan = plan
        self._tell = tell
        self.timeline: list[Happening] = []
        self.refusals: list[RefusalTold] = []
        self.stays: list[Stay] = []
        self.planted: list[Planted] = []
        self.performed: list[Performed] = []
        self.site_of_number: dict[int, str] = {}
        self.bodies: dict[int, PulledBody] = {}
        self.act = 0
        self._begins_s = begins_s
        self._agenda: list[Planned] = []
        self._order = count()
        key = SigningKey.from_seed(hashlib.sha256(f"festival {plan.seed}".encode()).digest())
        self.key = key
        house = House(
            founding=festival_founding(plan.limits),
            place=Place(ZoneInfo(plan.zone), plan.zone, CONTACT),
            site_of=lambda number: self.site_of_number.get(number, plan.sites[0].name),
            sign_report=lambda found: sign_report(document(found, NAME), key),
        )
        self.world = World(
            *(plan.seed, 0, WARD),
            sleeper=self._body,
            begins_s=begins_s,
            zone=plan.zone,
            house=house,
            checks=FestivalWatch,
        )
        watch = self.world.checker
        assert isinstance(watch, FestivalWatch)
        self.watch = watch
        watch.calm = False
        watch.begin_watch(begins_s)

    def _body(self, number: int) -> PulledBody:
        body = self.bodies[number] = PulledBody(number)
        body.day = self.day
        return body

    @property
    def app(self) -> Application:
        """The daemon's application."""
        daemon = self.world.daemon
        assert daemon is not None, "no daemon is killed in a festival"
        return daemon.app

    # -- time ------------------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """Unix seconds of the festival's clock."""
        return self._begins_s + self.world.schedule.now_s

    @property
    def day(self) -> int:
        """The day of the festival, from 1: it counts from the noon before its first instant."""
        return int((self.now_s - self._begins_s) // 86_400.0) + 1

    def plan_at(self, at_s: float, act: Callable[[], None]) -> None:
        """Plan something."""
        heappush(self._agenda, Planned(at_s, next(self._order), act))

    def next_s(self) -> float:
        """The next instant for which something is planned."""
        return self._agenda[0].at_s if self._agenda else inf

    def let_pass(self, seconds: float) -> None:
        """Let time pass tick by tick, with what is planned in it."""
        self.run_until(self.now_s + seconds)

    def run_until(self, until_s: float) -> None:
        """Let time pass tick by tick up to an instant."""
        while self.now_s < until_s - ROUNDED_S:
            self.world.run(max(min(until_s, self.next_s()) - self.now_s, 0.001))
            self._act_due()

    def leap_until(self, until_s: float) -> None:
        """Let time pass by leaps, while all beds are off."""
        assert not any(pod.alive for pod in self.world.pods), "beds that are on do not leap"
        while self.now_s + AFTER_LEAP_S < until_s - ROUNDED_S:
            to_s = min(until_s, self.next_s(), self.now_s + LEAP_MOST_S) - AFTER_LEAP_S
            self.world.schedule.leap(round((max(to_s, self.now_s) - self._begins_s) * SECOND_NS))
            self.world.run(AFTER_LEAP_S)
            self._act_due()
        self.run_until(until_s)

    def _act_due(self) -> None:
        while self._agenda and self._agenda[0].at_s <= self.now_s + ROUNDED_S:
            heappop(self._agenda).act()

    # -- calls -----------------------------------------------------------------------------------------

    def answer_of(self, call: str, answer: T | Refusal | Deferred[T]) -> T | Refusal:
        """Wait for an answer; a refusal is kept for the account. call: what was asked for, in words."""
        found = self.world.answered(answer)
        if isinstance(found, Refusal):
            self.note_refusal(call, found)
        return found

    def wait_for(self, call: str, answer: Refusal | Deferred[T]) -> T | Refusal:
        """Wait for an answer that always comes later; empty call: a refusal is not kept."""
        found: T | Refusal
        if isinstance(answer, Deferred):
            while not answer.settled:
                self.world.run(0.01)
            found = answer.answer()
        else:
            found = answer
        if call and isinstance(found, Refusal):
            self.note_refusal(call, found)
        return found

    def note_refusal(self, call: str, refusal: Refusal) -> None:
        """Keep a refusal."""
        self.keep_refusal(call, refusal.code.value, refusal.sentence, refusal.metadata)

    def keep_refusal(self, call: str, code: str, sentence: str, metadata: Mapping[str, str]) -> None:
        """Keep a refusal by its parts, as an answer shows it."""
        known = next((one for one in Code if one.value == code), None)
        next_step = CATALOGUE[known].next_step if known is not None else ""
        self.refusals.append(RefusalTold(self.now_s, call, code, sentence, next_step, dict(metadata)))

    def must(self, call: str, answer: T | Refusal | Deferred[T]) -> T:
        """Wait for an answer that is no refusal.

        Raises:
            FestivalStoppedError: it is one.
        """
        found = self.answer_of(call, answer)
        if isinstance(found, Refusal):
            raise FestivalStoppedError(f"{call} was refused: {found.code.value}: {found.sentence}")
        return found

    def announce(self, kind: HappeningKind, words: str, **figures: float | str) -> None:
        """Tell what happens now."""
        told = Happening(self.now_s, kind, words, self.act, self.day, figures)
        self.timeline.append(told)
        self._tell(told)

    # -- beds ------------------------------------------------------------------------------------------

    def bed(self, number: int) -> Pod:
        """The bed of a sleeper's number; it is made where there is none, and is off then."""
        name = f"bed-{number}"
        found = next((pod for pod in self.world.pods if pod.name == name), None)
        if found is not None:
            return found
        return self.world.add_pod(name, number)

    def turn_on(self, numbers: Iterator[int] | tuple[int, ...]) -> tuple[Pod, ...]:
        """Start the agents of these beds, and wait until their clocks are known."""
        fresh = []
        for number in numbers:
            pod = self.bed(number)
            if not pod.alive:
                self.bodies[number].day = self.day
                pod.boot()
            fresh.append(pod)
        self.let_pass(BEDS_ON_S)
        for pod in fresh:
            if pod.disk.latched:
                self.watch.on_unlatched(pod)
                pod.unlatch()
        return tuple(fresh)

    def turn_off(self) -> None:
        """Stop the agents of all beds. Nothing is rendered by then."""
        for pod in self.world.pods:
            if pod.alive:
                pod.kill()
        self.let_pass(1.0)
        self.watch.close_stretches()

    def know_others(self) -> None:
        """Each body knows the mean pattern of all others: a planted pull goes towards it."""
        for number, body in self.bodies.items():
            body.others_db = mean_profile(self.bodies, number)

    def sleeper(self, number: int) -> str:
        """The pseudonym of a number."""
        return f"sleeper-{number}"


class FestivalStoppedError(RuntimeError):
    """The festival cannot go on: the house refuses what the scenario needs; one sentence."""
