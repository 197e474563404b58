"""A round of the exchange in the midst of a night: planned, opened, asked for, drawn, cancelled.

Each person tries again until a daemon has answered. The berths are of a site without beds, so no bed of the
night is owed to anybody: the rules of the book are looked at, not the beds.
"""

import random
from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Final, TypeVar

from dreamd.app.api.people.exchange import ExchangeCommands
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.nights import night_named
from dreamd.core.exchange.tickets import commitment
from dreamd.core.exchange.views import OwnAsk, ShownRound
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.faults.fault_kinds import Kinds
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.machines.grants import SLEEPER
from dreamd.simulation.machines.operators import ADA, CLEO, OLGA
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

T = TypeVar("T")
SITE: Final = "dormitory"
DAY_S: Final = 86_400.0
PRICE: Final = 1000
AGAIN_S: Final = 1.0
SEEN_S: Final = 0.25
TRIES: Final = 40
AGAIN_CODES: Final = (Code.LEDGER_UNAVAILABLE, Code.SHUTTING_DOWN, Code.TOO_EARLY)
OPERATOR_OF: Final = Caller(OLGA, Role.OPERATOR, Channel.GRPC)
ADVOCATE: Final = Caller(ADA, Role.ADVOCATE, Channel.GRPC)
CLINICIAN: Final = Caller(CLEO, Role.CLINICIAN, Channel.GRPC)
ASKERS: Final = (3, 9)

Step = Callable[[ExchangeCommands, DaemonProcess], T | Refusal | Deferred[T]]


class RoundStory:
    """One round. rng: of its own, so that no other fault depends on it."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world, self._rng = world, rng
        self._watch = world.checker.grants.rounds
        self._name = ""
        self._offers: list[str] = []
        number = world.schedule.now_ns
        self._nonces = tuple(rng.randbytes(32).hex() for _ in range(2))
        self._sleepers = [f"guest-{number}-{n}" for n in range(rng.randint(*ASKERS))]

    def play_out(self, lasts_s: float) -> None:
        """Plan the round; it may be closed after half of this time."""
        paid_in = self._rng.choice((3_000, 20_000))

        def plan(exchange: ExchangeCommands, daemon: DaemonProcess) -> object:
            closes_s = daemon.now_s() + 0.5 * lasts_s
            return exchange.plan_round(
                OPERATOR_OF, PRICE, closes_s, paid_in_cents=paid_in, request_id=self._sleepers[0]
            )

        self._do(plan, self._planned)

    def _planned(self, shown: ShownRound) -> None:
        self._name = shown.round.id
        self._offers = [f"k{n}" for n in range(self._rng.randint(1, 3))]
        self._offer(0)

    def _offer(self, n: int) -> None:
        if n == len(self._offers):
            self._do(
                self._commit(OPERATOR_OF, 0), lambda _one: self._do(self._commit(ADVOCATE, 1), self._open)
            )
            return
        count, price = self._rng.randint(1, 2), self._rng.randint(0, PRICE)

        def add(exchange: ExchangeCommands, daemon: DaemonProcess) -> object:
            night = night_named(daemon.now_s() + DAY_S, UTC)
            offer = Offer(self._offers[n], SITE, night, (), count, price)
            return exchange.add_offer(OPERATOR_OF, self._name, offer)

        self._do(add, lambda _shown: self._offer(n + 1))

    def _commit(self, caller: Caller, side: int) -> Step[object]:
        return lambda exchange, _daemon: exchange.commit(caller, self._name, commitment(self._nonces[side]))

    def _open(self, _shown: object) -> None:
        self._do(lambda exchange, _daemon: exchange.publish_round(OPERATOR_OF, self._name), self._opened)

    def _opened(self, _shown: object) -> None:
        for sleeper in self._sleepers:
            self._ask(sleeper)
        if self._rng.random() < 0.5:  # noqa: PLR2004 - as likely as not
            later(self._world, SEEN_S, partial(self._leave, self._rng.choice(self._sleepers)))
        self._do(lambda exchange, _daemon: exchange.close_round(OPERATOR_OF, self._name), self._closed)

    def _ask(self, sleeper: str) -> None:
        wanted = self._rng.sample(self._offers, self._rng.randint(1, len(self._offers)))
        of = self._rng.choice(list(AskClass))

        def ask(exchange: ExchangeCommands, _daemon: DaemonProcess) -> object:
            return exchange.place_ask(SLEEPER, self._name, sleeper, None, wanted)

        def place(_word: object) -> None:
            self._do(ask, partial(self._watch.placed, sleeper))

        if of is AskClass.OPEN:
            place(None)
        else:
            self._do(lambda exchange, _daemon: exchange.attest(CLINICIAN, sleeper, of), place)

    def _closed(self, _shown: object) -> None:
        for caller, side in ((ADVOCATE, 1), (OPERATOR_OF, 0)):
            self._do(
                lambda exchange, _daemon, caller=caller, side=side: exchange.reveal(  # type: ignore[misc]
                    caller, self._name, self._nonces[side]
                ),
                self._revealed,
            )

    def _revealed(self, _shown: object) -> None:
        leaving = self._rng.sample(self._sleepers, self._rng.randint(0, len(self._sleepers) // 2))
        for n, sleeper in enumerate(leaving, 1):
            later(self._world, AGAIN_S * n, partial(self._leave, sleeper))
        for n in range(1, 8):
            later(self._world, 2.0 * n, self._look)

    def _leave(self, sleeper: str) -> None:
        """A sleeper gives their berth or place back; a way out is never refused for its time."""
        daemon = _asked(self._world)
        if daemon is None:
            return
        answer = daemon.app.exchange.cancel(SLEEPER, self._name, sleeper)

        def told(own: OwnAsk | Refusal) -> None:
            if isinstance(own, OwnAsk):
                self._watch.left(daemon, own)
            elif own.code not in (Code.ASK_UNKNOWN, Code.ROUND_UNKNOWN):
                self._world.checker.violated("berth", self._name, f"a cancellation is refused: {own.code}")

        self._settled(daemon, answer, told)
        self._look()

    def _look(self) -> None:
        daemon = _asked(self._world)
        if daemon is not None:
            self._watch.judge(daemon)

    # -- asking -----------------------------------------------------------------------------------------

    def _do(self, step: Step[object], then: Callable[..., object], tries: int = TRIES) -> None:
        """Take a step until a daemon has answered it; give up where it is refused for another reason."""
        daemon = _asked(self._world)
        again = partial(self._do, step, then, tries - 1)
        if not tries:
            return
        if daemon is None:
            later(self._world, AGAIN_S, again)
            return

        def told(answer: object) -> None:
            if not isinstance(answer, Refusal):
                then(answer)
            elif answer.code in AGAIN_CODES:
                later(self._world, AGAIN_S, again)

        self._settled(daemon, step(daemon.app.exchange, daemon), told, again)

    def _settled(
        self,
        daemon: DaemonProcess,
        answer: T | Refusal | Deferred[T],
        told: Callable[[T | Refusal], None],
        died: Callable[[], None] = lambda: None,
    ) -> None:
        if not isinstance(answer, Deferred):
            told(answer)
        elif answer.settled:
            told(answer.answer())
        elif self._world.daemon is daemon:
            later(self._world, SEEN_S, lambda: self._settled(daemon, answer, told, died))
        else:
            later(self._world, AGAIN_S, died)


def _asked(world: World) -> DaemonProcess | None:
    daemon = world.daemon
    return daemon if daemon is not None and not daemon.frozen and not daemon.app.closing else None


def begin_round(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A round begins."""
    rng = random.Random(f"round {world.seed} {world.schedule.now_ns}")  # noqa: S311 - one seed, one story
    RoundStory(world, rng).play_out(lasts_s)


ROUNDS: Final[Kinds] = {"round": (begin_round, 4.0, 12.0)}
"""The action of the kind, and how long it lasts at least and at most, seconds."""
