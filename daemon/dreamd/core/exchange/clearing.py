"""The clearing of a closed book: a line, the best that is left, and room made by moves.

Theory of operation. Each phase (`classes`) serves its asks in the order of their tickets. At its turn an ask
takes the first offer of its list that has a berth left. At the end of a phase that has not reached its
reserve, in line, room is made for each ask that is still without a berth: a chain of placed asks moves, each
to another offer of its own list, until the last one takes a free berth. The chain is an augmenting path of
the bipartite graph of asks and offers (Berge 1957), the shortest one, so as few as possible are moved. A
search that fails closes every offer that it reached: all are full, and each holder lists only closed ones, so
no later search can succeed through them. All failed searches together read each list once.

Rules
- An ask is never given an offer that it did not list, and never loses its berth once it is placed.
- A subsidised placement sets the largest price aside in the pool. Moves can then never cost more than is
  there. An ask for which the pool cannot do so is passed over.
- An ask whose listed offers are all full at its turn stays without a berth however it shortens or reorders
  its list: until its turn the run is the same, and a closed set stays closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dreamd.core.exchange.berths import NONE, Berths, Step
from dreamd.core.exchange.book import Book
from dreamd.core.exchange.classes import PHASES, part_of
from dreamd.core.exchange.tickets import drawn


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of an ask. place: in line, from 1. phase: 1 to 3. moment: counts turns and made room."""

    ask: str
    place: int
    phase: int
    moment: int


@dataclass(frozen=True, slots=True)
class Move:
    """A placed ask goes from one offer of its list to another, in the moment in which room is made."""

    ask: str
    left: str
    took: str
    made_for: str
    moment: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """The result of a round.

    line: every ask, in the order of turns. holds: the offer of each placed ask. moves: in their order.

    Moments: filled, in which an offer gave its last berth; room, in which room was made for an ask; unfunded,
    in which the pool could not pay for an ask.
    """

    line: tuple[Turn, ...]
    holds: Mapping[str, str]
    moves: tuple[Move, ...]
    filled: Mapping[str, int]
    room: Mapping[str, int]
    unfunded: Mapping[str, int]


def quotas(book: Book) -> tuple[int, int, int]:
    """Return how many berths each phase places before the next one begins; the last serves everybody."""
    berths, terms = book.berths, book.terms
    crisis = min(part_of(terms.reserve_crisis, berths), berths)
    community = min(part_of(terms.reserve_community, berths), berths - crisis)
    return crisis, community, len(book.asks) + 1


def fundable(book: Book) -> int:
    """Return for how many subsidised placements the pool can set the largest price aside."""
    most = book.terms.price_most_cents
    return book.terms.pool_cents // most if most else len(book.asks)


def clear(book: Book, seed: str) -> Clearing:
    """Return the clearing of a closed book by this seed. Time: the lists are read a few times."""
    run = _Run(book, seed)
    for phase, quota in enumerate(quotas(book), 1):
        run.serve(phase, quota)
    return run.result()


class _Run:
    """A clearing under way; asks and offers are numbers here, by their places in the book."""

    def __init__(self, book: Book, seed: str) -> None:
        self._book = book
        number = {offer.id: n for n, offer in enumerate(book.offers)}
        listed = [[number[one] for one in ask.offers] for ask in book.asks]
        self._berths = Berths(listed, [offer.count for offer in book.offers])
        place = {ask.id: n for n, ask in enumerate(book.asks)}
        drawing = [place[one] for one in drawn(seed, place)]
        self._queues = [
            [n for n in drawing if book.asks[n].ask_class.phase <= p] for p in range(1, PHASES + 1)
        ]
        self._funds = fundable(book)
        self._moment = 0
        self._turns: dict[int, Turn] = {}
        self._waiting: list[int] = []
        self._room: dict[int, int] = {}
        self._moves: list[Move] = []
        self._filled: dict[int, int] = {}
        self._unfunded: dict[int, int] = {}

    def serve(self, phase: int, quota: int) -> None:
        """Serve one phase until it has placed so many."""
        placed = 0
        for ask in self._queues[phase - 1]:
            if placed >= quota:
                return
            if ask not in self._turns:
                placed += self._take_turn(ask, phase)
        waiting, self._waiting = self._waiting, []
        for ask in waiting:
            if placed < quota and self._make_room(ask):
                placed += 1
            else:
                self._waiting.append(ask)

    def _take_turn(self, ask: int, phase: int) -> bool:
        self._moment += 1
        self._turns[ask] = Turn(self._book.asks[ask].id, len(self._turns) + 1, phase, self._moment)
        if not self._can_fund(ask):
            return False
        offer = self._berths.best_left(ask)
        if offer == NONE:
            self._waiting.append(ask)
            return False
        self._place(Step(ask, NONE, offer), offer)
        return True

    def _can_fund(self, ask: int) -> bool:
        if self._book.asks[ask].ask_class.subsidised and not self._funds > 0:
            self._unfunded[ask] = self._moment
            return False
        return True

    def _place(self, step: Step, filled: int) -> None:
        """Give a berth. filled: the offer that has one free berth less."""
        self._berths.carry_out(step)
        self._funds -= self._book.asks[step.ask].ask_class.subsidised
        if not self._berths.left[filled]:
            self._filled[filled] = self._moment

    def _make_room(self, ask: int) -> bool:
        if not self._can_fund(ask):
            return False
        way = self._berths.way_for(ask)
        if not way:
            return False
        self._moment += 1
        ids, offers = self._book.asks, self._book.offers
        for step in way[:-1]:
            self._berths.carry_out(step)
            left, took = offers[step.left].id, offers[step.took].id
            self._moves.append(Move(ids[step.ask].id, left, took, ids[ask].id, self._moment))
        self._place(way[-1], way[0].took)
        self._room[ask] = self._moment
        return True

    def result(self) -> Clearing:
        """Return what came of it, by ids."""
        ids, offers = [one.id for one in self._book.asks], [one.id for one in self._book.offers]
        return Clearing(
            tuple(self._turns.values()),
            {ids[n]: offers[at] for n, at in enumerate(self._berths.held) if at != NONE},
            tuple(self._moves),
            {offers[n]: moment for n, moment in self._filled.items()},
            {ids[n]: moment for n, moment in self._room.items()},
            {ids[n]: moment for n, moment in self._unfunded.items()},
        )
