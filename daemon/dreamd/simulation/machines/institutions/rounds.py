"""The exchange in a ledger in memory: rounds, offers, asks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.kept_round import KeptAsk, KeptBook, KeptRound
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.transaction import Transaction

Key = tuple[str, str]


@dataclass
class RoundsStorage:
    """Rounds by id; offers and asks by round and id."""

    rounds_by_id: dict[str, KeptRound] = field(default_factory=dict)
    round_offers: dict[Key, Offer] = field(default_factory=dict)
    round_asks: dict[Key, KeptAsk] = field(default_factory=dict)

    def change_rounds(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        self.rounds_by_id.update((one.round.id, one) for one in change.rounds)
        for key in change.dropped_offers:
            self.round_offers.pop(key, None)
        self.round_offers.update(((name, one.id), one) for name, one in change.round_offers)
        for key in change.dropped_asks:
            self.round_asks.pop(key, None)
        self.round_asks.update(((one.round, one.ask.id), one) for one in change.round_asks)


class MemoryRounds(ABC):
    """The answers of a ledger in memory about rounds."""

    @property
    @abstractmethod
    def readable(self) -> RoundsStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def rounds(self) -> tuple[KeptRound, ...]:
        """Every round, the oldest first."""
        return tuple(sorted(self.readable.rounds_by_id.values(), key=lambda one: one.order))

    def round_book(self, round_id: str) -> KeptBook:
        """The offers and asks of a round, by their ids."""
        kept = self.readable
        return KeptBook(
            tuple(one for (of, _), one in sorted(kept.round_offers.items()) if of == round_id),
            tuple(one for (of, _), one in sorted(kept.round_asks.items()) if of == round_id),
        )

    def read_round_book(self, round_id: str) -> Commit[KeptBook]:
        """The offers and asks of a round, at once."""
        commit: Commit[KeptBook] = Commit()
        try:
            commit.end(self.round_book(round_id))
        except LedgerError as error:
            commit.fail(str(error))
        return commit
