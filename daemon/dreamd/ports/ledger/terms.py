"""Terms and counters: numbers that never repeat, even with an older ledger or a clock set back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dreamd.ports.commit import Commit

Terms = Mapping[tuple[str, int], int]
"""Drawn terms by (Dreamscape, cohort)."""


@dataclass(frozen=True, slots=True)
class TermDraw:
    """A request for the next term of a cohort: max(stored + 1, unix ms of `now_s`)."""

    dreamscape: str
    cohort: int
    now_s: float


class TermLedger(Protocol):
    """Terms of cohorts, and the counters of commands."""

    @property
    def owned(self) -> bool:
        """Whether the ledger is surely this daemon's now.

        MUST read no more than a clock: it is asked on the tick's path. MUST be False once a lease that it
        holds by has run out, whether another daemon has claimed it or not.
        """
        ...

    def confirm(self, dreamscape: str, terms: Mapping[int, int]) -> Commit[bool]:
        """Ask whether each of these terms, by cohort, is still the highest drawn.

        MUST return at once, and MUST NOT wait behind a write: a slow disk is no evidence against a term.
        MUST fail where the ledger cannot be read, or where the last write to it failed.
        """
        ...

    def draw_counters(self, now_s: float) -> int:
        """MUST return a first command counter above every one that any process may have used."""
        ...
