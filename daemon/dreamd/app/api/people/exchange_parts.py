"""The exchange's parts, built once on the dependencies of the house, and what drives them."""

from collections.abc import Callable

from dreamd.app.dependencies import Dependencies
from dreamd.app.exchange.asks import Asks
from dreamd.app.exchange.attestations import Attestations
from dreamd.app.exchange.closings import Closings
from dreamd.app.exchange.computations import Computations
from dreamd.app.exchange.exchange_book import ExchangeBook
from dreamd.app.exchange.owed_berths import OwedBerths
from dreamd.app.exchange.round_reader import RoundReader
from dreamd.app.people.house_people import HousePeople
from dreamd.core.dreamscapes.views import Event


class ExchangeParts:
    """The parts. owed: the berths that this night owes, for check-ins."""

    def __init__(self, dependencies: Dependencies, people: HousePeople, bits: Callable[[int], str]) -> None:
        """bits: a text of so many random bits, lower case.

        Raises:
            LedgerError: the rounds cannot be read.
        """
        deps = self._deps = dependencies
        computations = Computations(deps.aside, deps.clock)
        self.owed = OwedBerths(deps.clock, people.place.zone, deps.fleet, deps.principals.barred)
        self.book = ExchangeBook(
            *(deps.ledger, deps.commits, deps.clock, deps.journal, computations, self.owed), people.place
        )
        self.asks = Asks(self.book, deps.commits, bits)
        self.closings = Closings(self.book, computations, deps.clock, people.digest)
        self.attestations = Attestations(deps.ledger, deps.commits, deps.clock)
        self.reader = RoundReader(self.book, deps.ledger, deps.ledger, computations, people.digest)
        self.place = people.place

    def listen_to_journal(self) -> None:
        """Hear that the ledger turns out to be a copy."""
        self._deps.journal.hear_all(self._take_event)

    def _take_event(self, event: Event) -> None:
        if event.kind == "ledger-restored":
            self.book.doubt()

    def go_on(self) -> None:
        """Once a tick: compute, close, do what is due, write what is late."""
        self.closings.go_on()
        self.book.pass_time()

    def forget_person(self, sleeper: str) -> None:
        """The sleeper is erased."""
        self.book.forget_asks(sleeper)
        self.attestations.forget_words(sleeper)
