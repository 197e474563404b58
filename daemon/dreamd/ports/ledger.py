"""The ledger, what outlives the process: terms, Dreamscapes, check-ins, locks, wake orders, exposure.

A write is a `Transaction`: plain values, grouped by subject, all durable or none. `submit` takes one and
returns a `Commit` at once; the commit ends later, in `deliver`, on the thread of the caller. So no disk holds
up a tick.

Rules
- Grants are in the ledger before their effect; severing never waits for it and is written afterwards.
- Reading is synchronous and is done at the start, before anything runs.
- `write` and the calls that draw counters or begin a generation are synchronous too, for the start alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Final, Protocol

from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import Commit, LedgerError

__all__ = [
    "CLOSES_WITHIN_S",
    "HOUR_S",
    "LAPSED_S",
    "TRANSACTIONS_WAITING",
    "Commit",
    "DreamscapeRecord",
    "Exposure",
]
__all__ += ["Ledger", "LedgerError", "MarkMove", "TermDraw", "Terms", "Transaction", "lapsed"]

HOUR_S: Final = 3600.0
"""Exposure is kept by the hour."""
LAPSED_S: Final = 3600.0
"""What a ledger says of people holds no more when no daemon has lived on it for so long."""
TRANSACTIONS_WAITING: Final = 1024
"""A ledger takes so many transactions that are not yet written; a further one fails at once."""

CLOSES_WITHIN_S: Final = 1.0
"""A ledger that is closed writes what waits for so long, unless it is told otherwise."""

Terms = Mapping[tuple[str, int], int]
"""Drawn terms by (Dreamscape, cohort)."""


@dataclass(frozen=True, slots=True)
class DreamscapeRecord:
    """A Dreamscape as it is kept: its plan, state, who sat in it (seat, pod, sleeper), the frozen scale.

    excused: pods that were released from it and are not seated again until somebody is checked in anew.
    ended_s: session time at which it ended; 0 while it lives.
    sever_cause: of the last sever, wake or end of all; empty where there was none.
    """

    plan: Plan
    state: DreamscapeState
    created_s: float
    seats: tuple[tuple[int, str, str], ...] = ()
    excused: tuple[str, ...] = ()
    mu_db: tuple[float, ...] = ()
    sigma_db: tuple[float, ...] = ()
    ended_s: float = 0.0
    sever_cause: str = ""


@dataclass(frozen=True, slots=True)
class TermDraw:
    """The next term of a cohort is wanted: max(stored + 1, unix ms of `now_s`)."""

    dreamscape: str
    cohort: int
    now_s: float


class MarkMove(Enum):
    """What a charge of exposure does to the sleepers' marks."""

    OPEN = "open"  # charged only where a mark stands already; then all are marked
    MOVE = "move"  # charged, and marked from the new instant on
    CLOSE = "close"  # charged, and marked no more


@dataclass(frozen=True, slots=True)
class Exposure:
    """Merge-minutes by sleeper, charged in the hour of `at_s`, and what becomes of their marks."""

    minutes: Mapping[str, float]
    at_s: float
    move: MarkMove


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is written together. Within a subject, what is taken away goes before what is put in its place.

    check_ins: (pod, sleeper), an empty sleeper clears the bed. unlocked: pods whose locks are forgotten.
    lived_s: a daemon lives on the ledger at this session time, 0 for no such word.
    counted: the writes that are known of elsewhere, from which the ledger counts on.
    """

    terms: tuple[TermDraw, ...] = ()
    dreamscapes: tuple[DreamscapeRecord, ...] = ()
    check_ins: tuple[tuple[str, str], ...] = ()
    unlocked: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    marks: tuple[Mark, ...] = ()
    dropped_wake_orders: tuple[str, ...] = ()
    wake_orders: tuple[Order, ...] = ()
    exposure: tuple[Exposure, ...] = ()
    lived_s: float = field(default=0.0)
    counted: int = 0

    @property
    def empty(self) -> bool:
        """Nothing is to be written."""
        return not any(getattr(self, one.name) for one in fields(self))

    def plus(self, other: "Transaction") -> "Transaction":
        """Both in one, this one's part of each subject first."""
        parts: dict[str, Any] = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in ("lived_s", "counted")
        }
        lived_s, counted = max(self.lived_s, other.lived_s), max(self.counted, other.counted)
        return Transaction(**parts, lived_s=lived_s, counted=counted)


def lapsed(lived_s: float, now_s: float) -> bool:
    """Return whether a ledger was last touched too long ago, at `lived_s`; 0: it never was."""
    return lived_s > 0.0 and not now_s - lived_s <= LAPSED_S


class Ledger(Protocol):
    """Durable memory. One thread uses it; every failure is a LedgerError or a failed commit."""

    # -- writing, while the daemon runs ---------------------------------------------------------------

    def submit(self, transaction: Transaction) -> Commit[Terms]:
        """Take a transaction to be written.

        MUST return at once, without waiting for a disk, and never raise. MUST write transactions in the order
        in which they were submitted, each wholly or not at all; one that fails MUST NOT fail another. The
        commit ends well once everything in it is durable; its value is the terms it drew. With
        TRANSACTIONS_WAITING before it, it MUST fail.
        """
        ...

    def confirm(self, dreamscape: str, terms: Mapping[int, int]) -> Commit[bool]:
        """Ask whether each of these terms, by cohort, is still the highest drawn.

        MUST return at once, and MUST NOT wait behind a write: a slow disk is no evidence against a term.
        MUST fail where the ledger cannot be read, or where the last write to it failed.
        """
        ...

    @property
    def writes(self) -> int:
        """MUST return how many writes are durable, as the ledger counts them, without waiting for a disk.

        It falls neither while the ledger is open nor over a restart; a copy in its place has fewer.
        """
        ...

    @property
    def found(self) -> int:
        """MUST return what `writes` was when the ledger was opened, before this process wrote anything."""
        ...

    def deliver(self) -> None:
        """End every commit that is finished, on the calling thread; MUST return at once."""
        ...

    @property
    def idle(self) -> bool:
        """Whether every transaction submitted has been delivered."""
        ...

    @property
    def place(self) -> str:
        """Where it is kept, for sentences."""
        ...

    @property
    def failure(self) -> str:
        """Why the last write failed; empty while all is well. Any thread may read it."""
        ...

    # -- at the start, before anything runs -----------------------------------------------------------

    def write(self, transaction: Transaction) -> Terms:
        """MUST write it durably before returning the terms it drew.

        Raises:
            LedgerError: nothing of it was written.
        """
        ...

    def draw_counters(self, now_s: float) -> int:
        """MUST return a first command counter above every one any process may have used."""
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

    def checked_in(self) -> dict[str, str]:
        """MUST return pod -> sleeper."""
        ...

    def locks(self) -> tuple[Lock, ...]:
        """MUST return every lock that has not been cleared, by pod."""
        ...

    def marks(self) -> tuple[Mark, ...]:
        """MUST return the newest mark of every pod, by pod."""
        ...

    def wake_orders(self) -> tuple[Order, ...]:
        """MUST return every order kept, lifted ones included, by revision."""
        ...

    def merging(self) -> dict[str, float]:
        """MUST return who is marked as merging, and since when."""
        ...

    def exposures(self, since_s: float) -> dict[str, float]:
        """MUST return each sleeper's merge-minutes charged in the hour of `since_s` and after."""
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

    # -- the end ------------------------------------------------------------------------------------

    def close(self, within_s: float = CLOSES_WITHIN_S) -> int:
        """Write what waits, for at most `within_s`, and close; return how many transactions were not written.

        MUST be safe to call twice.
        """
        ...
