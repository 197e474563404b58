"""The close of a book: no ask is taken any more, and once every row of it is in the ledger it is named.

An ask that was on its way at the close is in the book. Where the ledger does not take the close in time, the
round is open again.
"""

from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass

from dreamd.app.exchange.computations import Computations
from dreamd.app.exchange.exchange_book import ExchangeBook, Shown
from dreamd.app.exchange.living_round import LivingRound
from dreamd.core.exchange.course import Closes, RoundState, step
from dreamd.core.exchange.views import ShownRound
from dreamd.core.limits import LEDGER_ANSWERS_WITHIN_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.deferred import Relayed

Digest = Callable[[Mapping[str, object]], str]
_SOME_DIGEST = "0" * 64


@dataclass(slots=True)
class _Closing:
    """A close under way. context: of its call. started: its digest is being made."""

    living: LivingRound
    asked_s: float
    answer: Relayed[ShownRound]
    context: Context
    started: bool = False


class Closings:
    """Closes books; one thread uses it. digest: names a document by its canonical form."""

    def __init__(
        self, book: ExchangeBook, computations: Computations, clock: SessionClock, digest: Digest
    ) -> None:
        self._book, self._computations, self._clock, self._digest = book, computations, clock, digest
        self._closing: dict[str, _Closing] = {}

    def close(self, living: LivingRound) -> Shown:
        """Close the book of a round."""
        name, now_s = living.round.id, self._clock.now_s()
        if name in self._closing:
            return self._closing[name].answer
        fault = step(living.round, Closes(_SOME_DIGEST), now_s)
        if isinstance(fault, Refusal):
            return fault
        living.frozen = True
        self._closing[name] = _Closing(living, now_s, Relayed[ShownRound](), copy_context())
        answer = self._closing[name].answer
        self.go_on()
        return answer.answer() if answer.settled else answer

    def go_on(self) -> None:
        """Once a tick: name the books of which every row is written; give up what waits too long."""
        for name, one in tuple(self._closing.items()):
            quiet = not one.living.writing and not self._book.late.has_rows(name)
            if quiet and not one.started:
                one.started = True
                self._name(one)
            elif not one.started and not self._clock.now_s() - one.asked_s <= LEDGER_ANSWERS_WITHIN_S:
                sentence = f"the ledger has not kept every ask of round {name} in time; it is not closed"
                self._reopen(one)
                one.answer.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))

    def _name(self, one: _Closing) -> None:
        copy = LivingRound(one.living.kept, one.living.kept_book())

        def done(digest: str) -> None:
            one.answer.answered(one.context.run(self._closed, one, digest))

        self._computations.compute(len(copy.asks), lambda: self._digest(copy.whole_book().document()), done)

    def _closed(self, one: _Closing, digest: str) -> Shown:
        del self._closing[one.living.round.id]
        what = "the close of a round"
        answer = self._book.take_step(one.living, Closes(digest), what, lambda: self._thaw(one.living))
        if isinstance(answer, Refusal):
            self._thaw(one.living)
        return answer

    def _reopen(self, one: _Closing) -> None:
        del self._closing[one.living.round.id]
        self._thaw(one.living)

    def _thaw(self, living: LivingRound) -> None:
        if living.round.state is RoundState.OPEN:
            for ask in living.thaw():
                self._book.late.note_ask(living.round.id, ask)
