"""The book of the exchange: every round, those under way in memory, and what time does to them.

Theory of operation. A step of a round's course, an offer and an ask are in the ledger before they count. To
leave (a withdrawal, a cancellation, an erasure) acts in the call and is written after; the berth is given on
once that is written. The book is frozen at the close, and named by its digest once every row of it is in the
ledger. Once both nonces are there the result is computed, and its berths are owed once the ledger has that
the round is cleared. The result itself is not kept: it follows from the book, the seed and those that left.

Rules
- Time ends a round: a nonce withheld voids it, and the noon after its last night settles it. Due times wait
  on a heap. A round that was restored from a copy before its close is void: a nonce may be known already.
- Large books are computed beside the thread of the ticks.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final, Protocol

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.exchange.computations import Computations
from dreamd.app.exchange.late_rows import LateRows
from dreamd.app.exchange.living_round import LivingRound
from dreamd.app.exchange.owed_berths import OwedBerths
from dreamd.app.exchange.round_events import RoundEvents
from dreamd.core.exchange.accounts import account
from dreamd.core.exchange.book import Book, BookError
from dreamd.core.exchange.clearing import Clearing, clear
from dreamd.core.exchange.course import (
    Clears,
    RevealDue,
    Round,
    RoundEvent,
    RoundState,
    Settles,
    Voids,
    step,
)
from dreamd.core.exchange.kept_round import RESTORED, KeptRound, free_pool
from dreamd.core.exchange.views import ShownRound
from dreamd.core.letters.letter import Place
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.deferred import Deferred, Relayed
from dreamd.ports.ledger.exchange import ExchangeLedger, ask_kind
from dreamd.ports.ledger.personal import PersonalLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

ROUNDS_MOST: Final = 32
"""Rounds under way."""
ROUNDS_A_DAY: Final = 100
DAY_S: Final = 86_400.0
STEPS_MOST: Final = 64
"""Steps that wait for one before them."""
AGAIN_S: Final = 5.0
"""A result that could not be written is tried again after so long."""

Shown = ShownRound | Refusal | Deferred[ShownRound]


class BookLedger(ExchangeLedger, PersonalLedger, Protocol):
    """The part of the ledger that the book needs."""


class ExchangeBook:
    """The rounds; one thread uses it. place: the zone of the house."""

    def __init__(
        self,
        ledger: BookLedger,
        commits: Commits,
        clock: SessionClock,
        journal: Journal,
        computations: Computations,
        owed: OwedBerths,
        place: Place,
    ) -> None:
        """Take up what the ledger holds.

        Raises:
            LedgerError: it cannot be read.
        """
        self._commits, self._clock, self._events = commits, clock, RoundEvents(journal, clock)
        self._computations, self._owed, self._place = computations, owed, place
        self.late = LateRows(commits, self.find_round, self.note_left)
        self._of = {one.round.id: one for one in ledger.rounds()}
        self._living: dict[str, LivingRound] = {}
        self._planning: dict[str, KeptRound] = {}
        self._clearing: set[str] = set()
        self._steps: list[tuple[LivingRound, Callable[[], None]]] = []
        self._due: list[tuple[float, str]] = []
        for name, kept in self._of.items():
            if not kept.ended:
                self._take_up(LivingRound(kept, ledger.round_book(name), _tied(ledger, name)))
        heapify(self._due)

    def _take_up(self, living: LivingRound) -> None:
        self._living[living.round.id] = living
        if living.round.state is RoundState.CLEARED:
            try:
                book = living.whole_book()
            except BookError as error:
                raise LedgerError(f"the ledger holds a damaged round {living.round.id}: {error}") from error
            living.take_result(book, clear(book, living.round.seed))
            self._owe(living)
        self._drop_nameless(living)
        self._due.append((living.due_s(self._place.zone), living.round.id))

    # -- reading --------------------------------------------------------------------------------------

    def every_round(self) -> Iterator[KeptRound]:
        """Every round, the newest first."""
        return iter(sorted(self._of.values(), key=lambda one: one.order, reverse=True))

    def living_rounds(self) -> Iterator[LivingRound]:
        """Those that have not ended, and those of which the end is not written."""
        return iter(self._living.values())

    def find_round(self, round_id: str) -> LivingRound | None:
        """A round that has not ended, or of which the end is not written."""
        return self._living.get(round_id)

    def kept_round(self, round_id: str) -> KeptRound | Refusal:
        """A round of this id."""
        found = self._of.get(round_id)
        if found is not None:
            return found
        return Refusal(Code.ROUND_UNKNOWN, f"no round is named {round_id!r}", {"round": round_id})

    def view_of(self, kept: KeptRound) -> ShownRound:
        """A round for every caller; of one that has ended without its offers."""
        living = self._living.get(kept.round.id)
        if living is not None:
            return living.public_view()
        return ShownRound(kept.round, (), kept.asks, kept.held, kept_offers=kept.offers)

    @property
    def under_way(self) -> int:
        """How many rounds have not ended."""
        return sum(not one.kept.ended for one in self._living.values())

    @property
    def free_cents(self) -> int:
        """The free part of the pool, whole cents."""
        return free_pool((*self._of.values(), *self._planning.values()))

    # -- the course -----------------------------------------------------------------------------------

    def asked_before(self, request_id: str, by: str) -> KeptRound | None:
        """The round that this person has planned with this request id."""
        alike = (one for one in self._of.values() if request_id and one.request_id == request_id)
        return next((one for one in alike if one.by == by), None)

    def plan(self, kept: KeptRound) -> Shown:
        """Keep a new round; its part of the pool is set aside from now on."""
        name = kept.round.id
        refusal = self._too_many(kept.planned_s)
        if refusal is not None:
            return refusal
        self._planning[name] = kept

        def done(_terms: Terms) -> ShownRound:
            self._living[name] = LivingRound(kept)
            self._put(self._living[name], kept)
            return self._living[name].public_view()

        def over(_commit: Commit[Terms]) -> None:
            self._planning.pop(name, None)

        def undo() -> None:
            gave_up = replace(kept.round, state=RoundState.VOID, void_reason="the plan was given up")
            self._of[name] = replace(kept, round=gave_up, paid_in_cents=0)
            self._living[name] = LivingRound(self._of[name])
            self.late.note_round(name)

        return self._commits.ask(
            Transaction(rounds=(kept,)), "the plan of a round", done, over=over, undo=undo
        )

    def _too_many(self, now_s: float) -> Refusal | None:
        """Why no further round is planned now; None: one is. Every round is kept, so a day has few."""
        if not len(self._living) + len(self._planning) < ROUNDS_MOST:
            sentence = f"{ROUNDS_MOST} rounds are under way; one more finds place when one of them is over"
            return Refusal(Code.WRONG_STATE, sentence, {"state": "full"})
        planned = sorted(one.planned_s for one in self._of.values() if one.planned_s > now_s - DAY_S)
        if len(planned) + len(self._planning) < ROUNDS_A_DAY:
            return None
        sentence = f"{ROUNDS_A_DAY} rounds were planned in the last 24 hours"
        wait_s = (planned[0] if planned else now_s) + DAY_S - now_s
        return Refusal(Code.RATE_EXCEEDED, sentence, {"retry_s": f"{max(wait_s, 0.0):.3f}"})

    def take_step(
        self,
        living: LivingRound,
        event: RoundEvent,
        what: str,
        failed: Callable[[], None] = lambda: None,
    ) -> Shown:
        """Take a step of the course: it counts once the ledger has it. what: it, in words.

        failed: called where the ledger did not take it. Steps of one round are written one by one.
        """
        if living.stepping:
            return self._wait(living, event, what, failed)
        kept, name = living.kept, living.round.id
        after = step(kept.round, event, self._clock.now_s())
        if isinstance(after, Refusal):
            return after
        if after == kept.round:
            return living.public_view()
        wanted, late = self._with_end(living, after), partial(self.late.note_round, name)

        def done(_terms: Terms) -> ShownRound | Refusal:
            if living.kept is kept:
                self._put(living, wanted)
                return living.public_view()
            late()
            again = step(living.round, event, self._clock.now_s())
            if isinstance(again, Refusal):
                return again
            self._put(living, self._with_end(living, again))
            return living.public_view()

        def over(_commit: Commit[Terms]) -> None:
            living.stepping = False

        living.stepping = True
        return self._commits.ask(
            Transaction(rounds=(wanted,)), what, done, over=over, failed=failed, undo=late
        )

    def _wait(self, living: LivingRound, event: RoundEvent, what: str, failed: Callable[[], None]) -> Shown:
        """Take a step once the one before it is over."""
        if not len(self._steps) < STEPS_MOST:
            return Refusal(Code.LANE_FULL, "too many steps of rounds wait for the ledger")
        later, context = Relayed[ShownRound](), copy_context()

        def take() -> None:
            later.answered(context.run(self.take_step, living, event, what, failed))

        self._steps.append((living, take))
        return later

    def _take_waiting(self) -> None:
        """Once a tick: take the first step that waits of each round without one on its way."""
        waiting, self._steps = self._steps, []
        for living, take in waiting:
            if living.stepping:
                self._steps.append((living, take))
            else:
                take()

    def _with_end(self, living: LivingRound, after: Round) -> KeptRound:
        """The round with this course, and where it is over with the numbers that stay of it."""
        kept = replace(living.kept, round=after)
        if not kept.ended:
            return kept
        shown, change = living.public_view(), 0
        if living.book is not None and after.state is RoundState.SETTLED:
            change = account(living.book, living.holding.holds).pool_after - after.terms.pool_cents
        ended = replace(kept, offers=shown.offered, asks=shown.asks, held=shown.held)
        return replace(ended, pool_change_cents=change)

    def _put(self, living: LivingRound, kept: KeptRound) -> None:
        """Take a step in: tell of it, and do what follows."""
        before, name = living.round.state, kept.round.id
        living.kept = self._of[name] = kept
        living.frozen = kept.round.state not in (RoundState.PLANNED, RoundState.OPEN)
        if living.due_s(self._place.zone) < inf:
            heappush(self._due, (living.due_s(self._place.zone), name))
        if kept.round.state is not before:
            self._events.tell_state(living)
        if kept.ended:
            self._owed.put_round(name, ())
        if kept.round.state is RoundState.DRAWN:
            self._compute_result(living)

    # -- the result -----------------------------------------------------------------------------------

    def _compute_result(self, living: LivingRound) -> None:
        name, seed = living.round.id, living.round.seed
        if name in self._clearing:
            return
        self._clearing.add(name)
        copy = LivingRound(living.kept, living.kept_book())

        def work() -> tuple[Book, Clearing]:
            book = copy.whole_book()
            return book, clear(book, seed)

        self._computations.compute(len(living.asks), work, partial(self._write_result, living))

    def _write_result(self, living: LivingRound, made: tuple[Book, Clearing]) -> None:
        name = living.round.id
        after = step(living.round, Clears(), self._clock.now_s())
        if isinstance(after, Refusal):
            return
        wanted = replace(living.kept, round=after)
        living.stepping = True

        def over(commit: Commit[Terms]) -> None:
            living.stepping = False
            self._clearing.discard(name)
            if not commit.done:
                heappush(self._due, (self._clock.now_s() + AGAIN_S, name))
                return
            self._events.tell_gifts(living, living.take_result(*made))
            self._drop_nameless(living)
            self._put(living, wanted)
            self._owe(living)

        self._commits.submit(Transaction(rounds=(wanted,)), "the result of a round", over)

    def note_left(self, living: LivingRound, ask_id: str) -> None:
        """The ledger has that this ask has left the line."""
        self._events.tell_gifts(living, living.note_left(ask_id))
        self._owe(living)

    def _owe(self, living: LivingRound) -> None:
        cleared = living.round.state is RoundState.CLEARED
        self._owed.put_round(living.round.id, living.holders() if cleared else ())

    # -- leaving --------------------------------------------------------------------------------------

    def take_out(self, living: LivingRound, ask_id: str) -> None:
        """An ask leaves, now: out of an open book, or out of the line. It is still to be written."""
        if living.kept.ended:
            return
        if living.frozen:
            living.leave_line(ask_id)
            self._owe(living)
        else:
            living.drop_ask(ask_id)

    def forget_asks(self, sleeper: str) -> None:
        """The sleeper is erased: their asks leave, and name nobody."""
        for living in self._living.values():
            ask = living.ask_of.get(sleeper)
            if ask is not None:
                self.take_out(living, ask)
                living.drop_name(ask)
                self.late.note_ask(living.round.id, ask)

    def _drop_nameless(self, living: LivingRound) -> None:
        for ask in living.nameless():
            self.take_out(living, ask)
            self.late.note_ask(living.round.id, ask)

    # -- time -----------------------------------------------------------------------------------------

    def pass_time(self) -> None:
        """Once a tick: compute, do what is due, write what is late, forget what is over."""
        self._computations.start_next()
        self._take_waiting()
        now_s = self._clock.now_s()
        while self._due and self._due[0][0] <= now_s:
            _, name = heappop(self._due)
            living = self._living.get(name)
            if living is not None and living.due_s(self._place.zone) <= now_s:
                self._end_due(living, now_s)
        self.late.write_late()
        for name in [one for one, living in self._living.items() if living.kept.ended]:
            if not self.late.has_rows(name):
                del self._living[name]

    def _end_due(self, living: LivingRound, now_s: float) -> None:
        if living.round.state is RoundState.DRAWN:
            self._compute_result(living)
            return
        event = Settles() if living.round.state is RoundState.CLEARED else RevealDue()
        self._pass(living, event, now_s)

    def _pass(self, living: LivingRound, event: RoundEvent, now_s: float) -> None:
        """Take a step that time takes: it counts at once, and is written after."""
        after = step(living.round, event, now_s)
        if isinstance(after, Round) and after != living.round:
            self.late.note_round(living.round.id)
            self._put(living, self._with_end(living, after))

    def doubt(self) -> None:
        """The ledger lacks writes: no round that was not closed goes on."""
        for living in tuple(self._living.values()):
            self._pass(living, Voids(RESTORED), self._clock.now_s())


def _tied(ledger: BookLedger, round_id: str) -> Mapping[str, str]:
    """The sleepers of a round's asks, by ask."""
    return {row.body.decode(): row.sleeper for row in ledger.personal_of(ask_kind(round_id))}
