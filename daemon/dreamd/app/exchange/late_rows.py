"""The rows of rounds that differ from the ledger: what acted before it was written, or was given up.

One write is on its way at a time, of at most ROWS_AT_ONCE rows. A row is written as it is in memory then; one
that is not there is dropped. The rows of a round wait while another write of that round is on its way: they
would overtake it.
"""

from collections.abc import Callable
from itertools import islice
from typing import Final, TypeVar

from dreamd.app.durability.commits import Commits
from dreamd.app.exchange.living_round import LivingRound
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

ROWS_AT_ONCE: Final = 500

Key = tuple[str, str]
T = TypeVar("T")


class LateRows:
    """Rounds by id; offers and asks by round and id. One thread uses it."""

    def __init__(
        self,
        commits: Commits,
        find: Callable[[str], LivingRound | None],
        left: Callable[[LivingRound, str], None],
    ) -> None:
        """find: a round in memory. left: called with each ask that the ledger has as one that has left."""
        self._commits, self._find, self._told_left = commits, find, left
        self._rounds: dict[str, None] = {}
        self._offers: dict[Key, None] = {}
        self._asks: dict[Key, None] = {}
        self._under_way: set[str] = set()

    def note_round(self, round_id: str) -> None:
        """The round itself is to be written."""
        self._rounds[round_id] = None

    def note_offer(self, round_id: str, offer_id: str) -> None:
        """This offer is to be written, or dropped."""
        self._offers[round_id, offer_id] = None

    def note_ask(self, round_id: str, ask_id: str) -> None:
        """This ask is to be written, or dropped."""
        self._asks[round_id, ask_id] = None

    def has_rows(self, round_id: str) -> bool:
        """Whether a row of this round differs from the ledger."""
        keys = (*self._offers, *self._asks)
        return (
            round_id in self._rounds or round_id in self._under_way or any(of == round_id for of, _ in keys)
        )

    def write_late(self) -> None:
        """Write what waits."""
        if self._under_way or not (self._rounds or self._offers or self._asks):
            return
        rounds = _first(self._rounds, self._idle)
        offers = _first(self._offers, lambda key: self._idle(key[0]))
        asks = _first(self._asks, lambda key: self._idle(key[0]))
        if not (rounds or offers or asks):
            return
        self._under_way = {*rounds, *(of for of, _ in offers), *(of for of, _ in asks)}
        change = self._rows(rounds, offers, asks)

        def over(commit: Commit[Terms]) -> None:
            self._under_way = set()
            if commit.done:
                self._note_left(change)
                return
            self._rounds.update(dict.fromkeys(rounds))
            self._offers.update(dict.fromkeys(offers))
            self._asks.update(dict.fromkeys(asks))

        self._commits.submit(change, "rounds of the exchange", over)

    def _idle(self, round_id: str) -> bool:
        """Whether no other write of this round is on its way."""
        living = self._find(round_id)
        return living is None or not (living.stepping or living.writing)

    def _rows(self, rounds: list[str], offers: list[Key], asks: list[Key]) -> Transaction:
        living = {name: self._find(name) for name in self._under_way}
        there = {name: one for name, one in living.items() if one is not None}
        kept_offers = [
            (of, there[of].offers[one]) for of, one in offers if of in there and one in there[of].offers
        ]
        kept_asks = [there[of].kept_ask(one) for of, one in asks if of in there and one in there[of].asks]
        written = {(of, one.id) for of, one in kept_offers} | {(one.round, one.ask.id) for one in kept_asks}
        return Transaction(
            rounds=tuple(there[name].kept for name in rounds if name in there),
            dropped_offers=tuple(key for key in offers if key not in written),
            round_offers=tuple(kept_offers),
            dropped_asks=tuple(key for key in asks if key not in written),
            round_asks=tuple(kept_asks),
        )

    def _note_left(self, change: Transaction) -> None:
        for one in change.round_asks:
            living = self._find(one.round)
            if one.left and living is not None:
                self._told_left(living, one.ask.id)


def _first(rows: dict[T, None], chosen: Callable[[T], bool]) -> list[T]:
    """Take the first of these rows out."""
    found = list(islice(filter(chosen, rows), ROWS_AT_ONCE))
    for one in found:
        del rows[one]
    return found
