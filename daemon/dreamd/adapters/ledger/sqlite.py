"""The ledger in one SQLite file, written by a thread of its own.

`submit` queues a transaction and returns. The writer takes all that wait, writes them with one fsync and
returns their results; `deliver` ends the commits on the caller's thread. So neither a slow disk nor five
hundred trips in one tick block that thread, and transactions that arrive while the disk is busy share the
next fsync.

Another thread, on another connection, reads whether a term still holds: in a write-ahead log a reader does
not wait for a writer's fsync. So a slow disk is no evidence against a term. A failed write is, because the
content of the file is then uncertain.

Numbers that must never repeat come from two sources at once, the stored one and the clock, and the larger
wins: a restored older file still yields a higher term (unix ms), and a clock set back still yields a higher
term (stored + 1). Command counters are drawn as blocks: a process takes a first counter and may use the next
COUNTER_BLOCK of them without asking again. The clock's floor is unix ms x 2^20, a million commands a
millisecond.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from dreamd.adapters.ledger.changes import draw_counters
from dreamd.adapters.ledger.ledger_thread import LedgerThread
from dreamd.adapters.ledger.record_text import record_of
from dreamd.adapters.ledger.schema import order_of, principal_of
from dreamd.adapters.ledger.sqlite_file import BUSY_TIMEOUT_S, LedgerFile
from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.safety.causes import cause_named
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import HOUR_S
from dreamd.ports.ledger.generation import lapsed
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import CLOSES_WITHIN_S, TRANSACTIONS_WAITING, Transaction

T = TypeVar("T")
Asked = tuple[str, dict[int, int]]
"""A Dreamscape and its terms by cohort."""


class SqliteLedger:
    """`Ledger` on the file at `path`; one thread uses it, its own two threads do the work."""

    def __init__(
        self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, file: LedgerFile | None = None
    ) -> None:
        """Open or create the file; a call waits `busy_timeout_s` for another process's transaction.

        file: the file at `path`, where it is open already.

        Raises:
            LedgerError: it is not a ledger, is damaged, is newer than this program, or cannot be written.
        """
        self._path = path
        self._file = file or LedgerFile(path, busy_timeout_s=busy_timeout_s)
        self._using = threading.Lock()
        self._asking: sqlite3.Connection | None = None
        self._finished: Callable[[], None] = lambda: None
        self._writer = LedgerThread[Transaction, Terms]("ledger-writer", self._write, self._tell)
        self._reader = LedgerThread[Asked, bool]("ledger-reader", self._read, self._tell)

    def tell(self, finished: Callable[[], None]) -> None:
        """Set the callback, run on a thread of the ledger, for when there is something to `deliver`."""
        self._finished = finished

    def _tell(self) -> None:
        self._finished()

    @property
    def place(self) -> str:
        """The path."""
        return str(self._path)

    @property
    def failure(self) -> str:
        """Why the last write failed; empty while writes succeed."""
        return self._file.failure

    @property
    def writes(self) -> int:
        """The number of writes on the disk."""
        return self._file.writes

    @property
    def found(self) -> int:
        """The number of writes when the file was opened."""
        return self._file.found

    @property
    def idle(self) -> bool:
        """Whether every transaction submitted has been delivered."""
        return self._writer.idle

    # -- writing ------------------------------------------------------------------------------------

    def submit(self, transaction: Transaction) -> Commit[Terms]:
        """Queue it for the writer."""
        commit = Commit[Terms]()
        waiting = self._writer.unfinished
        if waiting >= TRANSACTIONS_WAITING:
            self._writer.refuse(commit, f"the ledger {self._path} is too slow: {waiting} transactions wait")
        else:
            self._writer.enqueue(transaction, commit)
        return commit

    def _write(self, transactions: Sequence[Transaction]) -> Sequence[Terms | LedgerError]:
        with self._using:
            return self._file.write(transactions)

    def confirm(self, dreamscape: str, terms: Mapping[int, int]) -> Commit[bool]:
        """Queue the question for the reader."""
        commit = Commit[bool]()
        self._reader.enqueue((dreamscape, dict(terms)), commit)
        return commit

    def _read(self, asked: Sequence[Asked]) -> Sequence[bool | LedgerError]:
        if self._file.failure:
            raise LedgerError(self._file.failure)
        try:
            if self._asking is None:
                self._asking = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            return [self._holds(self._asking, dreamscape, terms) for dreamscape, terms in asked]
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger {self._path} could not be read ({error})") from error

    @staticmethod
    def _holds(base: sqlite3.Connection, dreamscape: str, terms: dict[int, int]) -> bool:
        query = "SELECT cohort, term FROM terms WHERE dreamscape = ?"
        newest = {int(cohort): int(term) for cohort, term in base.execute(query, (dreamscape,))}
        return all(newest.get(cohort) == term for cohort, term in terms.items())

    def deliver(self) -> None:
        """End the finished commits."""
        self._writer.deliver()
        self._reader.deliver()

    # -- at the start ---------------------------------------------------------------------------------

    def write(self, transaction: Transaction) -> Terms:
        """Write it and wait for the disk."""
        commit = self.submit(transaction)
        while not commit.over:
            self._writer.wait()
            self._writer.deliver()
        return commit.value

    def draw_counters(self, now_s: float) -> int:
        """The first command counter of a block that no other process has used or will use."""
        with self._using:
            return self._file.alone(lambda base: draw_counters(base, now_s))

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self._file.rows(query, *values)

    def _understood(self, what: str, read: Callable[[str], T], text: object) -> T:
        try:
            return read(str(text))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._file.damaged(f"{what}: {error}")) from error

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """Every record that has not ended, oldest first, by an index of those alone."""
        records = self._records("SELECT name, record FROM dreamscapes WHERE ended_s IS NULL")
        return tuple(sorted(records, key=lambda record: (record.created_s, record.plan.dreamscape)))

    def names(self) -> tuple[str, ...]:
        """Every name ever given."""
        return tuple(str(name) for (name,) in self._rows("SELECT name FROM dreamscapes"))

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """Those that ended last, by the index of the ended."""
        query = "SELECT name, record FROM dreamscapes WHERE ended_s IS NOT NULL ORDER BY ended_s DESC LIMIT ?"
        return tuple(self._records(query, most))

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """The record of this name, by the primary key."""
        found = self._records("SELECT name, record FROM dreamscapes WHERE name = ?", dreamscape)
        return found[0] if found else None

    def _records(self, query: str, *values: object) -> list[DreamscapeRecord]:
        rows = self._rows(query, *values)
        return [
            self._understood(f"the record of {name}", lambda kept: record_of(json.loads(kept)), text)
            for name, text in rows
        ]

    def checked_in(self) -> dict[str, str]:
        """Pod -> sleeper."""
        rows = self._rows("SELECT pod, sleeper FROM beds ORDER BY pod")
        return {str(pod): str(sleeper) for pod, sleeper in rows}

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by pod; a cause that is no longer known reads as `unknown`."""
        rows = self._rows("SELECT pod, cause, since_s, evidence FROM locks ORDER BY pod")
        return tuple(Lock(str(p), cause_named(str(c)), _float(s), str(e)) for p, c, s, e in rows)

    def marks(self) -> tuple[Mark, ...]:
        """The newest of every pod, by pod."""
        rows = self._rows("SELECT pod, cause, tripped_s, term, tick FROM marks ORDER BY pod")
        return tuple(
            Mark(str(pod), cause_named(str(cause)), _float(tripped_s), _int(term), _int(tick))
            for pod, cause, tripped_s, term, tick in rows
        )

    def wake_orders(self) -> tuple[Order, ...]:
        """Every order, by revision."""
        rows = self._rows("SELECT id, kept FROM wake_orders ORDER BY revision")
        return tuple(self._understood(f"the wake order {name}", order_of, text) for name, text in rows)

    def merging(self) -> dict[str, float]:
        """The sleepers with an open mark, and the time of each mark."""
        rows = self._rows("SELECT sleeper, since_s FROM merging")
        return {str(sleeper): _float(since_s) for sleeper, since_s in rows}

    def exposures(self, since_s: float) -> dict[str, float]:
        """Merge-minutes by sleeper."""
        query = "SELECT sleeper, sum(minutes) FROM exposures WHERE hour >= ? GROUP BY sleeper"
        rows = self._rows(query, int(since_s // HOUR_S))
        return {str(sleeper): _float(minutes) for sleeper, minutes in rows}

    def principals(self) -> tuple[Principal, ...]:
        """Every principal, by name."""
        rows = self._rows("SELECT name, kind, kept FROM principals ORDER BY name")
        return tuple(
            self._understood(f"the principal {name}", partial(principal_of, str(name), str(kind)), text)
            for name, kind, text in rows
        )

    def credentials(self) -> tuple[Credential, ...]:
        """Every credential, by id."""
        columns = "id, principal, digest, issued_s, expires_s, revoked_s, ends_s"
        query = f"SELECT {columns} FROM credentials ORDER BY id"  # noqa: S608 - our own names
        return tuple(
            Credential(str(one), str(principal), _bytes(digest), *map(_float, dates))
            for one, principal, digest, *dates in self._rows(query)
        )

    def codes(self) -> tuple[Code, ...]:
        """Every code, by id."""
        query = "SELECT id, principal, digest, expires_s, tries, made FROM codes ORDER BY id"
        return tuple(
            Code(str(one), str(principal), _bytes(digest), _float(expires_s), _int(tries), str(made))
            for one, principal, digest, expires_s, tries, made in self._rows(query)
        )

    def outdated(self, now_s: float) -> str:
        """Compare the writes with the note beside the file, and the last use with LAPSED_S."""
        if self._file.restored:
            return "the ledger was restored from a copy"
        lived_s = _float(self._rows("SELECT lived_s FROM generation")[0][0])
        if not lapsed(lived_s, now_s):
            return ""
        return f"no daemon has used the ledger for {(now_s - lived_s) / HOUR_S:.1f} h"

    def begin_generation(self, now_s: float) -> None:
        """Continue the count from the note beside the file."""
        with self._using:
            self._file.begin_generation(now_s)

    # -- the end ------------------------------------------------------------------------------------

    def close(self, within_s: float = CLOSES_WITHIN_S) -> int:
        """Write waiting transactions, then close the file; a writer blocked by the disk keeps it open."""
        reading = self._reader.close(0.0)
        left = self._writer.close(within_s)
        if not left:
            with self._using:
                self._file.close()
        if not reading and self._asking is not None:
            self._asking.close()
        return left


def _float(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value
