"""Erasure: the key and the link of a sleeper go, and *done* is said after a search of the files.

The rows of the sleeper are gone already (`rows.forgetting`). Here the link and the key are removed and a
tombstone is left. SQLite keeps removed bytes in its log until a checkpoint empties it, and beside an open
reader it does not. So the logs are emptied again and again, and the files are searched for the key and the
link after that. Nothing of this is done on the thread that writes the ledger.

The tombstone holds the merge-minutes of the last week, under a mark that only this house can compute from the
pseudonym: an erasure buys no dose.
"""

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.ledger_thread import LedgerThread
from dreamd.adapters.ledger.people_keys.file_scan import Needle, files_that_hold
from dreamd.adapters.ledger.people_keys.keys_file import written
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.store import Store, cause
from dreamd.core.exposure.windows import WEEK_S, bucket_of
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.erasure import ERASURES_WAITING, Shredded

SWEEPS_EVERY_S: Final = 0.1
SWEEPS_SELDOM_S: Final = 2.0
"""Pauses between two attempts, doubled from the first to the second: each holds up the ledger's writes."""
WITHIN_S: Final = 20.0
"""Time for the files to be free of key and link; after it the erasure fails, and can be asked for again."""
_STEP: Final = "end the program that reads them, or remove the file"
_BUCKETS: Final = sa.select(tables.exposure_buckets.c.bucket, tables.exposure_buckets.c.minutes).where(
    sa.type_coerce(tables.exposure_buckets.c.sleeper, sa.Text) == sa.bindparam("of"),
    tables.exposure_buckets.c.bucket >= sa.bindparam("since"),
)


class Eraser:
    """Erases on a thread of its own."""

    def __init__(self, store: Store, using: threading.Lock, tell: Callable[[], None]) -> None:
        """using: held while the store is used. tell: called on the thread when an erasure has ended."""
        self._store, self._using = store, using
        self._closing = threading.Event()
        self._sought: dict[str, bytes] = {}
        self.within_s = WITHIN_S
        self.thread = LedgerThread[tuple[str, float], Shredded]("ledger-eraser", self._erase, tell)

    def queue(self, sleeper: str, now_s: float) -> Commit[Shredded]:
        """Queue an erasure."""
        commit: Commit[Shredded] = Commit()
        if not self.thread.enqueue((sleeper, now_s), commit, ERASURES_WAITING):
            self.thread.refuse(commit, f"{ERASURES_WAITING} erasures wait")
        return commit

    def close(self) -> None:
        """Stop; what is not done yet is done by the next opening."""
        self._closing.set()
        self.thread.close(1.0)

    def _erase(self, asked: Sequence[tuple[str, float]]) -> Sequence[Shredded | LedgerError]:
        return [self._shred(sleeper, now_s) for sleeper, now_s in asked]

    def _shred(self, sleeper: str, now_s: float) -> Shredded | LedgerError:
        try:
            subject = self._store.keys.known_subject(sleeper)
            if subject is not None:
                self._sought[sleeper] = shred_link(self._store, subject, now_s)
            self._store.keys.file.renew_copies(now_s)
            left = self._search(sleeper)
        except LedgerError as error:
            return error
        if left:
            return LedgerError(left)
        self._sought.pop(sleeper, None)
        root = self._store.keys.path.parent
        return Shredded(files_that_hold([Needle(sleeper.encode(), word=True)], root))

    def _search(self, sleeper: str) -> str:
        """Empty the logs until no file holds key or link; return what is in the way, empty: nothing."""
        bytes_sought = self._sought.get(sleeper, b""), written(sleeper).encode()
        link = [Needle(one) for one in bytes_sought if one]
        root, until_s, pause_s = self._store.keys.path.parent, monotonic() + self.within_s, SWEEPS_EVERY_S
        while True:
            swept = self._swept()
            found = files_that_hold(link, root)
            if swept and not found:
                return ""
            if not monotonic() < until_s:
                held = ", ".join(found) or "the logs of the ledger and its keys"
                return f"the key is removed, and its bytes are still in {held} in {root}; {_STEP}"
            if self._closing.wait(pause_s):
                return "the ledger is closing; the next start ends the erasure"
            pause_s = min(2.0 * pause_s, SWEEPS_SELDOM_S)

    def _swept(self) -> bool:
        if not self._store.sweeps_beside_writes:
            with self._using:
                return self._store.swept() and self._store.keys.file.swept()
        return self._store.swept() and self._store.keys.file.swept()


def shred_link(store: Store, subject: str, now_s: float) -> bytes:
    """Remove the link and the key of a subject; return the key, to be searched for.

    Raises:
        LedgerError: nothing was removed.
    """
    sleeper = store.keys.sleeper_of(subject)
    if sleeper is None:
        return b""
    oldest = bucket_of(now_s - WEEK_S)
    try:
        with store.connect() as base, base.begin():
            rows = base.execute(_BUCKETS, {"of": subject, "since": oldest}).all()
    except sa.exc.SQLAlchemyError as error:
        raise LedgerError(f"the ledger {store.place} could not be read ({cause(error)})") from error
    person = store.keys.shred(sleeper, {int(bucket): float(lived) for bucket, lived in rows}, oldest)
    return b"" if person is None else person.key


def finish_erasures(store: Store) -> None:
    """Remove what is left of subjects that the ledger has as erased: at the opening.

    A process that ended between the link and the copies has left the key in a copy.

    Raises:
        LedgerError: they could not be removed.
    """
    store.keys.read_once()
    erased = {str(subject): float(at_s) for subject, at_s in store.rows(sa.select(tables.erasures))}
    removed = [shred_link(store, subject, at_s) for subject, at_s in erased.items()]
    if any(removed) or (erased and store.keys.file.copies_hold(erased.keys())):
        store.keys.file.renew_copies(max(erased.values()))
        store.keys.file.swept()
