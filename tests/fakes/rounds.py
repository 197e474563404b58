"""A house with an exchange: rounds on a stage, driven by their people."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, TypeVar

from dreamd.app.api.people.exchange import ExchangeCommands
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.nights import night_named
from dreamd.core.exchange.tickets import commitment
from dreamd.core.exchange.views import OwnAsk, ShownRound
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from fakes.callers import named
from fakes.stage import Stage

T = TypeVar("T")
OLGA, ADA = named("olga"), named("ada")
CLINICIAN = named("cleo")
SLEEPER = Caller("", Role.SLEEPER, Channel.GRPC)
NONCES = ("11" * 32, "22" * 32)
"""Of the site and of the advocate."""
HOUR_S = 3600.0


def settled_now(asked: T | Refusal | Deferred[T]) -> T | Refusal:
    """The answer, which is there by now."""
    return asked.answer() if isinstance(asked, Deferred) else asked


def good(asked: T | Refusal | Deferred[T]) -> T:
    """The answer, which is no refusal."""
    found = settled_now(asked)
    assert not isinstance(found, Refusal), found
    return found


def code_of(asked: object) -> str:
    """The code of a refusal; empty: it is none."""
    found = settled_now(asked)
    return found.code.value if isinstance(found, Refusal) else ""


class QueuedWorker:
    """A worker whose work is done when the test says so. free: whether it takes more."""

    def __init__(self) -> None:
        self.free = True
        self._waiting: list[tuple[Callable[[], Any], Callable[[Any], object]]] = []

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Take work."""
        self._waiting.append((work, done))

    def work_off(self) -> None:
        """Do it all."""
        while self._waiting:
            work, done = self._waiting.pop(0)
            done(work())


class House:
    """A stage, and the people of its exchange. name: of the newest round."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.name = ""

    @property
    def exchange(self) -> ExchangeCommands:
        """The commands."""
        return self.stage.app.exchange

    @property
    def tonight(self) -> str:
        """The night that is now."""
        return night_named(self.stage.clock.at_s, UTC)

    def plan(
        self, offers: Mapping[str, int], price: int = 1000, paid_in: int = 100_000, **more: object
    ) -> str:
        """Plan a round with offers at the site north for this night, and let both sides commit."""
        now_s = self.stage.clock.at_s
        shown = good(self.exchange.plan_round(OLGA, price, now_s + HOUR_S, paid_in_cents=paid_in, **more))
        self.name = shown.round.id
        for one, count in offers.items():
            good(self.exchange.add_offer(OLGA, self.name, self.offer(one, count, price)))
        self.commit()
        return self.name

    def offer(
        self, one: str, count: int = 1, price: int = 1000, night: str = "", site: str = "north"
    ) -> Offer:
        """An offer, of this night."""
        return Offer(one, site, night or self.tonight, ("quiet",), count, price)

    def commit(self) -> None:
        """Both sides commit."""
        for caller, role, nonce in ((OLGA, Role.OPERATOR, NONCES[0]), (ADA, Role.ADVOCATE, NONCES[1])):
            good(self.exchange.commit(caller, self.name, commitment(nonce), role))

    def open(self, offers: Mapping[str, int], **more: object) -> str:
        """Plan and publish a round."""
        self.plan(offers, **more)
        good(self.exchange.publish_round(OLGA, self.name))
        return self.name

    def ask(self, sleeper: str, offers: Sequence[str], ask_class: AskClass | None = None) -> OwnAsk:
        """A sleeper asks."""
        return good(self.exchange.place_ask(SLEEPER, self.name, sleeper, ask_class, offers))

    def close(self) -> ShownRound:
        """The hour passes, and the book is closed."""
        self.later(HOUR_S)
        closing = self.exchange.close_round(OLGA, self.name)
        self.stage.hop(2)
        return good(closing)

    def reveal(self) -> ShownRound:
        """Both sides reveal; the round is cleared."""
        for caller, role, nonce in ((ADA, Role.ADVOCATE, NONCES[1]), (OLGA, Role.OPERATOR, NONCES[0])):
            good(self.exchange.reveal(caller, self.name, nonce, role))
        self.stage.hop(2)
        return self.shown()

    def later(self, seconds: float) -> None:
        """Time passes; the ticks in it are missed."""
        self.stage.clock.at_s += seconds
        self.stage.app.run_due()
        self.stage.hop(2)

    def clear(self) -> ShownRound:
        """Close, reveal, clear."""
        self.close()
        return self.clear_on()

    def clear_on(self) -> ShownRound:
        """Reveal and clear a round that is closed."""
        shown = self.reveal()
        assert shown.round.state is RoundState.CLEARED
        return shown

    def shown(self) -> ShownRound:
        """The round as everybody sees it."""
        return good(self.exchange.get_round(OLGA, self.name))

    def own(self, sleeper: str) -> OwnAsk:
        """The ask of a sleeper, with its explanation."""
        return good(self.exchange.explain(SLEEPER, self.name, sleeper))

    def cancel(self, sleeper: str) -> OwnAsk:
        """A sleeper cancels."""
        return good(self.exchange.cancel(SLEEPER, self.name, sleeper))
