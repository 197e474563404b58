"""What outlives the process. Today: terms, counters and the plans of live Dreamscapes.

Grants are in the ledger before their effect; severing never waits for it.
"""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.session.views import DreamscapeState, Plan


@dataclass(frozen=True, slots=True)
class DreamscapeRecord:
    """A Dreamscape as it is kept: its plan, state, who sat in it (seat, pod, sleeper), the frozen scale.

    excused: pods that were released from it and are not seated again until somebody is checked in anew.
    """

    plan: Plan
    state: DreamscapeState
    created_s: float
    seats: tuple[tuple[int, str, str], ...] = ()
    excused: tuple[str, ...] = ()
    mu_db: tuple[float, ...] = ()
    sigma_db: tuple[float, ...] = ()


class LedgerError(Exception):
    """The ledger could not do what was asked; the message says what was wrong."""


class Ledger(Protocol):
    """Durable memory; calls are short and synchronous, and raise LedgerError on failure."""

    def draw_term(self, dreamscape: str, cohort: int, now_s: float) -> int:
        """MUST return max(stored + 1, unix ms) and store it durably before returning."""
        ...

    def confirm_term(self, dreamscape: str, cohort: int, term: int) -> bool:
        """MUST return whether `term` is still the highest drawn."""
        ...

    def draw_counters(self, now_s: float) -> int:
        """MUST return a first command counter above every one any process may have used."""
        ...

    def save(self, record: DreamscapeRecord) -> None:
        """MUST store the record durably, replacing the one of that name."""
        ...

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """MUST return every record that has been saved, ended ones included."""
        ...

    def check_in(self, pod: str, sleeper: str) -> None:
        """MUST store that this sleeper lies in this pod; an empty sleeper clears it."""
        ...

    def checked_in(self) -> dict[str, str]:
        """MUST return pod -> sleeper."""
        ...

    def close(self) -> None:
        """MUST be safe to call twice."""
        ...
