"""Fencing: the terms under which a Dreamscape publishes, drawn and confirmed for each of its cohorts.

A term is drawn when a cohort opens, in the transaction that names the first seat in it, and confirmed once a
second. If the ledger reports that another process has drawn a higher one, this owner is lost and publishes
nothing more. If it has not been confirmed for five seconds, the owner publishes zeros until it is. So it does
while the lease of its house has run out.

A confirmation reads, and waits behind no write. So a slow disk alone ends no grant; a ledger that cannot be
read, or whose last write failed, ends it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from dreamd.core.limits import TERM_UNCONFIRMED_S
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import TermDraw, TermLedger, Terms
from dreamwire.buggify import buggify

CONFIRM_EVERY_S: Final = 1.0


class TermFence:
    """The terms under which one Dreamscape publishes."""

    def __init__(self, ledger: TermLedger, dreamscape: str) -> None:
        self._ledger = ledger
        self._dreamscape = dreamscape
        self._terms: dict[int, int] = {}
        self._again: set[int] = set()
        self._drawing: Counter[int] = Counter()
        self._asked_s = 0.0
        self._confirmed_s = 0.0
        self.lost = False

    def lacking(self, cohorts: Iterable[int], now_s: float) -> tuple[TermDraw, ...]:
        """The draws of those of these cohorts that have no term yet, or want a new one; `drawn` follows."""
        return tuple(
            TermDraw(self._dreamscape, cohort, now_s)
            for cohort in cohorts
            if cohort not in self._terms or cohort in self._again
        )

    def draw(self, draws: tuple[TermDraw, ...]) -> None:
        """These are on their way to the ledger; `ended` follows, and `drawn` where they are in it."""
        self._drawing.update(draw.cohort for draw in draws)

    def ended(self, draws: tuple[TermDraw, ...]) -> None:
        """These are on their way no more."""
        self._drawing.subtract(draw.cohort for draw in draws)
        self._drawing = +self._drawing

    def drawn(self, terms: Terms, now_s: float) -> None:
        """These are in the ledger, asked for at `now_s`."""
        for (dreamscape, cohort), term in terms.items():
            if dreamscape == self._dreamscape:
                self._terms[cohort] = term
                self._again.discard(cohort)
                self._confirmed_s = self._asked_s = max(self._confirmed_s, now_s)

    @property
    def first(self) -> int:
        """The term of the first cohort, 0 before Start."""
        return self.held(0)

    def held(self, cohort: int) -> int:
        """The term of this cohort, 0 where none was drawn yet."""
        return self._terms.get(cohort, 0)

    def close(self, cohort: int) -> None:
        """Nothing more is published there; when it is opened again, a new term is drawn.

        That of the first cohort is confirmed all the same: a daemon that takes over draws that term first.
        """
        if cohort == 0:
            self._again.add(cohort)
        else:
            self._terms.pop(cohort, None)

    def confirm(self, now_s: float) -> None:
        """Ask the ledger again where a second has passed."""
        if self.lost or not self._terms or now_s - self._asked_s < CONFIRM_EVERY_S:
            return
        self._asked_s = now_s
        if buggify("term-not-confirmed"):
            return
        asked = dict(self._terms)
        self._ledger.confirm(self._dreamscape, asked).then(
            lambda commit: self._answered(commit, asked, now_s)
        )

    def _answered(self, commit: Commit[bool], asked: dict[int, int], asked_s: float) -> None:
        """The ledger has said whether the terms hold; a question that failed says nothing.

        Nor does one about a cohort that has been closed meanwhile, or that a new term is being drawn for: the
        new term is our own.
        """
        if self._drawing.keys() & asked.keys():
            return
        if not commit.done or any(self._terms.get(cohort) != term for cohort, term in asked.items()):
            return
        if commit.value:
            self._confirmed_s = asked_s
        self.lost = self.lost or not commit.value

    def may_grant(self, now_s: float) -> bool:
        """Whether couplings above zero may be published."""
        return not self.lost and self._ledger.owned and now_s - self._confirmed_s <= TERM_UNCONFIRMED_S
