"""The ledger in one SQLite file.

Write-ahead log and `synchronous = FULL`: a term is on the disk before anyone may publish under it, so a
power cut cannot bring an old one back. Numbers that must never repeat come from two sources at once,
the stored one and the clock, and the larger wins: a restored older file still yields a higher term
(unix ms), and a clock set back still yields a higher term (stored + 1).

Command counters are drawn as blocks: a process takes a first counter and may use the next BLOCK of
them without asking again. The clock's floor is unix ms x 2^20, a million commands a millisecond.

A file that was restored from a copy has fewer writes in it than a note beside it says (`NAME.writes`), or,
where the note was restored with it, was last touched long ago: that is a new generation, and whoever opens
it decides what still holds.

Rules: every write is one `BEGIN IMMEDIATE` transaction; `user_version` names the schema and a newer one
is refused, never guessed at; every sqlite3 error leaves here as a LedgerError that says what to do.
The file is small (a row per cohort, per pod, per Dreamscape) and calls take microseconds, but for the
ones that write, which wait for the disk.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from dreamd.adapters.store.records import record_of, record_text
from dreamd.core.severing.causes import cause_named
from dreamd.core.severing.views import Lock, Mark
from dreamd.core.severing.waking import Order
from dreamd.ports.ledger import HOUR_S, DreamscapeRecord, LedgerError, lapsed
from dreamwire.messages import WakeScope

BUSY_TIMEOUT_S: Final = 0.2
"""Calls are made on the tick's thread, and the state directory is locked: nobody but a backup is met here."""
COUNTER_BLOCK: Final = 1 << 32
NOTED_EVERY: Final = 8
"""Writes between two notes beside the file of how many there were; a copy no older than that passes."""
COUNTERS_PER_MS: Final = 1 << 20

_SCHEMAS: Final = (
    """
CREATE TABLE terms (
    dreamscape TEXT NOT NULL, cohort INTEGER NOT NULL, term INTEGER NOT NULL,
    PRIMARY KEY (dreamscape, cohort)
) WITHOUT ROWID;
CREATE TABLE counters (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL);
CREATE TABLE dreamscapes (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE beds (pod TEXT PRIMARY KEY, sleeper TEXT NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE locks (
    pod TEXT PRIMARY KEY, cause TEXT NOT NULL, since_s REAL NOT NULL, evidence TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE wake_orders (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, kept TEXT NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE exposures (
    sleeper TEXT NOT NULL, hour INTEGER NOT NULL, minutes REAL NOT NULL, PRIMARY KEY (sleeper, hour)
) WITHOUT ROWID;
CREATE TABLE merging (sleeper TEXT PRIMARY KEY, since_s REAL NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE marks (
    pod TEXT PRIMARY KEY, cause TEXT NOT NULL, tripped_s REAL NOT NULL,
    term INTEGER NOT NULL, tick INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE generation (id INTEGER PRIMARY KEY CHECK (id = 1), writes INTEGER NOT NULL);
INSERT INTO generation VALUES (1, 0);
""",
    """
ALTER TABLE generation ADD COLUMN lived_s REAL NOT NULL DEFAULT 0;
""",
    """
ALTER TABLE dreamscapes ADD COLUMN ended_s REAL;
UPDATE dreamscapes SET ended_s = json_extract(record, '$.created_s')
    WHERE CASE WHEN json_valid(record) THEN json_extract(record, '$.state') = 'ended' END;
CREATE INDEX living ON dreamscapes (name) WHERE ended_s IS NULL;
CREATE INDEX ended ON dreamscapes (ended_s) WHERE ended_s IS NOT NULL;
""",
)
"""What each version adds to the one before; a file of an earlier version is brought up when it is opened."""

SCHEMA_VERSION: Final = len(_SCHEMAS)


class SqliteLedger:
    """ports.ledger.Ledger on the file at `path`; one thread uses it."""

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Open or create the file; a call waits `busy_timeout_s` for another process's transaction.

        Raises:
            LedgerError: it is not a ledger, is damaged, is newer than this program, or cannot be written.
        """
        self._path = path
        self._beside = path.with_name(f"{path.name}.writes")
        self._unnoted = 0
        self._counts_writes = self._restored = False
        self._failure = ""
        try:
            self._base = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger {path} cannot be opened ({error})") from error
        try:
            self._open()
        except BaseException:
            self._base.close()
            raise

    @property
    def failure(self) -> str:
        """Why the last call failed; empty while all is well."""
        return self._failure

    def draw_term(self, dreamscape: str, cohort: int, now_s: float) -> int:
        """The next term of this cohort, on the disk before it is returned."""
        with self._writing():
            row = self._base.execute(
                "SELECT term FROM terms WHERE dreamscape = ? AND cohort = ?", (dreamscape, cohort)
            ).fetchone()
            term = max((int(row[0]) if row else 0) + 1, int(now_s * 1000))
            self._base.execute("INSERT OR REPLACE INTO terms VALUES (?, ?, ?)", (dreamscape, cohort, term))
        return term

    def confirm_term(self, dreamscape: str, cohort: int, term: int) -> bool:
        """Whether `term` is still the highest drawn; one indexed read."""
        with self._translated():
            row = self._base.execute(
                "SELECT term FROM terms WHERE dreamscape = ? AND cohort = ?", (dreamscape, cohort)
            ).fetchone()
        return row is not None and int(row[0]) == term

    def draw_counters(self, now_s: float) -> int:
        """The first command counter of a block nobody else has or will have."""
        with self._writing():
            row = self._base.execute("SELECT next FROM counters WHERE id = 1").fetchone()
            first = max(int(row[0]) if row else 1, int(now_s * 1000) * COUNTERS_PER_MS)
            self._base.execute("INSERT OR REPLACE INTO counters VALUES (1, ?)", (first + COUNTER_BLOCK,))
        return first

    def save(self, record: DreamscapeRecord) -> None:
        """Keep the record, in place of the one of that name."""
        text, ended_s = record_text(record), record.ended_s or None
        with self._writing():
            self._base.execute(
                "INSERT OR REPLACE INTO dreamscapes VALUES (?, ?, ?)", (record.plan.dreamscape, text, ended_s)
            )

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """Every record that has not ended, oldest first, by an index of those alone."""
        records = self._records("SELECT name, record FROM dreamscapes WHERE ended_s IS NULL")
        return tuple(sorted(records, key=lambda record: (record.created_s, record.plan.dreamscape)))

    def names(self) -> tuple[str, ...]:
        """Every name ever given."""
        with self._translated():
            return tuple(str(name) for (name,) in self._base.execute("SELECT name FROM dreamscapes"))

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """Those that ended last, by the index of the ended."""
        query = "SELECT name, record FROM dreamscapes WHERE ended_s IS NOT NULL ORDER BY ended_s DESC LIMIT ?"
        return tuple(self._records(query, most))

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """The record of this name, by the primary key."""
        found = self._records("SELECT name, record FROM dreamscapes WHERE name = ?", dreamscape)
        return found[0] if found else None

    def _records(self, query: str, *values: str | int) -> list[DreamscapeRecord]:
        with self._translated():
            rows = self._base.execute(query, values).fetchall()
        return [self._record(str(name), str(text)) for name, text in rows]

    def check_in(self, pod: str, sleeper: str) -> None:
        """Keep who lies in this pod; an empty sleeper clears it."""
        with self._writing():
            if sleeper:
                self._base.execute("INSERT OR REPLACE INTO beds VALUES (?, ?)", (pod, sleeper))
            else:
                self._base.execute("DELETE FROM beds WHERE pod = ?", (pod,))

    def checked_in(self) -> dict[str, str]:
        """Pod -> sleeper."""
        with self._translated():
            rows = self._base.execute("SELECT pod, sleeper FROM beds ORDER BY pod").fetchall()
        return {str(pod): str(sleeper) for pod, sleeper in rows}

    def save_lock(self, lock: Lock) -> None:
        """Keep that this pod's breaker is LOCKED."""
        row = (lock.pod, lock.cause.value, lock.since_s, lock.evidence)
        with self._writing():
            self._base.execute("INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?)", row)

    def clear_lock(self, pod: str) -> None:
        """Forget it."""
        with self._writing():
            self._base.execute("DELETE FROM locks WHERE pod = ?", (pod,))

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by pod; a cause that is not known any more reads as `unknown`."""
        with self._translated():
            rows = self._base.execute(
                "SELECT pod, cause, since_s, evidence FROM locks ORDER BY pod"
            ).fetchall()
        return tuple(Lock(str(p), cause_named(str(c)), float(s), str(e)) for p, c, s, e in rows)

    def save_mark(self, mark: Mark) -> None:
        """Keep when this pod's breaker last tripped."""
        row = (mark.pod, mark.cause.value, mark.tripped_s, mark.term, mark.tick)
        with self._writing():
            self._base.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)", row)

    def marks(self) -> tuple[Mark, ...]:
        """The newest of every pod, by pod."""
        with self._translated():
            rows = self._base.execute(
                "SELECT pod, cause, tripped_s, term, tick FROM marks ORDER BY pod"
            ).fetchall()
        return tuple(Mark(str(p), cause_named(str(c)), float(s), int(t), int(n)) for p, c, s, t, n in rows)

    def save_wake_order(self, order: Order) -> None:
        """Keep it, in place of the one of that id."""
        with self._writing():
            self._base.execute(
                "INSERT OR REPLACE INTO wake_orders VALUES (?, ?, ?)",
                (order.id, order.revision, json.dumps(asdict(order), allow_nan=False)),
            )

    def drop_wake_order(self, order_id: str) -> None:
        """Forget it."""
        with self._writing():
            self._base.execute("DELETE FROM wake_orders WHERE id = ?", (order_id,))

    def wake_orders(self) -> tuple[Order, ...]:
        """Every order, by revision."""
        with self._translated():
            rows = self._base.execute("SELECT id, kept FROM wake_orders ORDER BY revision").fetchall()
        return tuple(self._order(str(name), str(text)) for name, text in rows)

    def _order(self, name: str, text: str) -> Order:
        try:
            kept = json.loads(text)
            return Order(**{**kept, "scope": WakeScope(kept["scope"])})
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._damaged(f"the wake order {name}: {error}")) from error

    def note_exposure(self, minutes: Mapping[str, float], at_s: float, *, merging: bool) -> None:
        """Charge, and mark or unmark, all of them in one transaction."""
        hour = int(at_s // HOUR_S)
        with self._writing():
            self._base.executemany(
                "INSERT INTO exposures VALUES (?, ?, ?) "
                "ON CONFLICT (sleeper, hour) DO UPDATE SET minutes = minutes + excluded.minutes",
                [(sleeper, hour, lived_min) for sleeper, lived_min in minutes.items()],
            )
            if merging:
                marks = [(sleeper, at_s) for sleeper in minutes]
                self._base.executemany("INSERT OR REPLACE INTO merging VALUES (?, ?)", marks)
            else:
                gone = [(sleeper,) for sleeper in minutes]
                self._base.executemany("DELETE FROM merging WHERE sleeper = ?", gone)

    def merging(self) -> dict[str, float]:
        """Who is marked, and since when."""
        with self._translated():
            rows = self._base.execute("SELECT sleeper, since_s FROM merging").fetchall()
        return {str(sleeper): float(since_s) for sleeper, since_s in rows}

    def exposures(self, since_s: float) -> dict[str, float]:
        """Merge-minutes by sleeper."""
        with self._translated():
            rows = self._base.execute(
                "SELECT sleeper, sum(minutes) FROM exposures WHERE hour >= ? GROUP BY sleeper",
                (int(since_s // HOUR_S),),
            ).fetchall()
        return {str(sleeper): float(minutes) for sleeper, minutes in rows}

    def touch(self, now_s: float) -> None:
        """Keep that a daemon lives on it now."""
        with self._writing():
            self._base.execute("UPDATE generation SET lived_s = ?", (now_s,))

    def outdated(self, now_s: float) -> str:
        """Whether fewer writes are in it than were noted beside it, or the last touch is an hour ago."""
        if self._restored:
            return "the ledger was restored from a copy"
        with self._translated():
            lived_s = float(self._base.execute("SELECT lived_s FROM generation").fetchone()[0])
        if not lapsed(lived_s, now_s):
            return ""
        return f"nobody has lived on the ledger for {(now_s - lived_s) / HOUR_S:.1f} h"

    def begin_generation(self, now_s: float) -> None:
        """Count on from what was noted beside it."""
        with self._writing():
            noted = self._noted()
            self._base.execute("UPDATE generation SET writes = max(writes, ?), lived_s = ?", (noted, now_s))
        self._restored = False
        self._note()

    def _writes(self) -> int:
        with self._translated():
            return int(self._base.execute("SELECT writes FROM generation").fetchone()[0])

    def _noted(self) -> int:
        try:
            return int(self._beside.read_text())
        except (OSError, ValueError):
            return 0

    def _note(self) -> None:
        """Note beside the file how far it has come; a note that cannot be written is a little behind."""
        self._unnoted = 0
        with suppress(OSError, LedgerError):
            newest = max(self._writes(), self._noted())
            fresh = self._beside.with_suffix(".fresh")
            fresh.write_text(str(newest))
            fresh.replace(self._beside)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with suppress(sqlite3.ProgrammingError):
            self._base.execute("SELECT 1")
            self._note()
        self._base.close()

    def _open(self) -> None:
        with self._translated():
            version = int(self._base.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                raise LedgerError(
                    f"the ledger {self._path} was written by a newer dreamd (schema {version}, this one "
                    f"reads {SCHEMA_VERSION}); run that version, or give another --state-dir"
                )
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            verdict = str(self._base.execute("PRAGMA quick_check(1)").fetchone()[0])
            if verdict != "ok":
                raise LedgerError(self._damaged(verdict))
        if version < SCHEMA_VERSION:
            self._bring_up()
        self._counts_writes = True
        self._restored = self._writes() < self._noted()

    def _bring_up(self) -> None:
        with self._writing():
            # Another process may have done it between our reading of the version and this lock.
            version = int(self._base.execute("PRAGMA user_version").fetchone()[0])
            for schema in _SCHEMAS[version:]:
                for statement in filter(str.strip, schema.split(";")):
                    self._base.execute(statement)
            self._base.execute(f"PRAGMA user_version = {max(version, SCHEMA_VERSION)}")

    def _record(self, name: str, text: str) -> DreamscapeRecord:
        try:
            return record_of(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._damaged(f"the record of {name}: {error}")) from error

    def _damaged(self, detail: str) -> str:
        return (
            f"the ledger {self._path} is damaged ({detail}); restore it from a copy, or move it away "
            "to start with an empty one (terms still grow, check-ins are lost)"
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One durable transaction."""
        with self._translated():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                if self._counts_writes:
                    self._base.execute("UPDATE generation SET writes = writes + 1")
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise
        self._unnoted += 1
        if self._unnoted >= NOTED_EVERY:
            self._note()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """sqlite3's errors as LedgerError; remembers whether the last call went well."""
        try:
            yield
        except sqlite3.OperationalError as error:
            self._failure = f"the ledger {self._path} could not be used ({error})"
            raise LedgerError(self._failure) from error
        except sqlite3.Error as error:
            self._failure = self._damaged(str(error))
            raise LedgerError(self._failure) from error
        self._failure = ""
