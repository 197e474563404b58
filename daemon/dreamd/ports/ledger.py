"""What outlives the process: terms, counters, Dreamscapes, check-ins, locks and marks, wake orders, exposure.

Grants are in the ledger before their effect; severing never waits for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from dreamd.core.session.views import DreamscapeState, Plan
from dreamd.core.severing.views import Lock, Mark
from dreamd.core.severing.waking import Order

HOUR_S: Final = 3600.0
"""Exposure is kept by the hour."""
LAPSED_S: Final = 3600.0
"""What a ledger says of people holds no more when no daemon has lived on it for so long."""


@dataclass(frozen=True, slots=True)
class DreamscapeRecord:
    """A Dreamscape as it is kept: its plan, state, who sat in it (seat, pod, sleeper), the frozen scale.

    excused: pods that were released from it and are not seated again until somebody is checked in anew.
    ended_s: session time at which it ended; 0 while it lives.
    """

    plan: Plan
    state: DreamscapeState
    created_s: float
    seats: tuple[tuple[int, str, str], ...] = ()
    excused: tuple[str, ...] = ()
    mu_db: tuple[float, ...] = ()
    sigma_db: tuple[float, ...] = ()
    ended_s: float = 0.0


def lapsed(lived_s: float, now_s: float) -> bool:
    """Return whether a ledger was last touched too long ago, at `lived_s`; 0: it never was."""
    return lived_s > 0.0 and not now_s - lived_s <= LAPSED_S


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
        """MUST return every record whose Dreamscape has not ended, oldest first.

        The cost MUST NOT grow with how many have ended.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """MUST return the name of every record ever saved, without reading the records."""
        ...

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """MUST return the records of the Dreamscapes that ended last, at most so many, newest first."""
        ...

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """MUST return the record of this name, ended or not, by one indexed read; None: there is none."""
        ...

    def check_in(self, pod: str, sleeper: str) -> None:
        """MUST store that this sleeper lies in this pod; an empty sleeper clears it."""
        ...

    def checked_in(self) -> dict[str, str]:
        """MUST return pod -> sleeper."""
        ...

    def save_lock(self, lock: Lock) -> None:
        """MUST store durably that this pod's breaker is LOCKED, replacing an earlier lock of the pod."""
        ...

    def clear_lock(self, pod: str) -> None:
        """MUST forget the lock durably before returning; no lock is no error."""
        ...

    def locks(self) -> tuple[Lock, ...]:
        """MUST return every lock that has not been cleared, by pod."""
        ...

    def save_mark(self, mark: Mark) -> None:
        """MUST store durably when this pod's breaker last tripped, replacing an earlier mark of the pod."""
        ...

    def marks(self) -> tuple[Mark, ...]:
        """MUST return the newest mark of every pod, by pod."""
        ...

    def save_wake_order(self, order: Order) -> None:
        """MUST store the order durably, replacing the one of that id."""
        ...

    def drop_wake_order(self, order_id: str) -> None:
        """MUST forget the order; one that is not there is no error."""
        ...

    def wake_orders(self) -> tuple[Order, ...]:
        """MUST return every order kept, lifted ones included, by revision."""
        ...

    def note_exposure(self, minutes: Mapping[str, float], at_s: float, *, merging: bool) -> None:
        """Charge merge-minutes and mark who may be merged from `at_s` on, or may not any more.

        MUST do it durably in one transaction, for all or for nobody; minutes are kept by the hour of `at_s`.
        """
        ...

    def merging(self) -> dict[str, float]:
        """MUST return who is marked as merging, and since when."""
        ...

    def exposures(self, since_s: float) -> dict[str, float]:
        """MUST return each sleeper's merge-minutes charged in the hour of `since_s` and after."""
        ...

    def touch(self, now_s: float) -> None:
        """MUST store durably that a daemon lives on it at `now_s`."""
        ...

    def outdated(self, now_s: float) -> str:
        """MUST return why people may have done what is not in it; empty where nothing says so.

        It is older than what was last written here: a copy has been put in its place. Or it was not touched
        for LAPSED_S: a copy of everything, or nobody was there to be told. What is known of it beside the
        ledger may be a little behind; so a copy that is hardly older passes.
        """
        ...

    def begin_generation(self, now_s: float) -> None:
        """MUST take what is in it for the newest, and touch it; then nothing says that it is outdated."""
        ...

    def close(self) -> None:
        """MUST be safe to call twice."""
        ...
