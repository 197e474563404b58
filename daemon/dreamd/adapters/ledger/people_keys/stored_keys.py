"""The keys of people on their file: all of them in memory, so that no reader waits for a disk.

Rules
- A reading is a look into a dictionary: no lock and no file, whatever the writers wait for.
- A new link is in memory first, and on the disk before the ledger's row that names its subject
  (`write_links`, by the thread that writes the ledger).
- A mark is an HMAC of a pseudonym under a key of the house, never under a sleeper's.
"""

import hmac
import secrets
import threading
from base64 import b32encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dreamd.adapters.ledger.people_keys.keys_file import KeysFile, Person
from dreamd.adapters.ledger.people_keys.sealing import new_key, opened_body, sealed_body
from dreamd.ports.commit import LedgerError
from dreamwire.text import unfit

SUBJECT_BYTES: Final = 16


class StoredKeys:
    """`ports.people_keys.PeopleKeys` on the file at `path`, which is read at the first use."""

    def __init__(self, path: Path) -> None:
        """Remember the path; nothing is opened yet."""
        self.file = KeysFile(path)
        self._changing = threading.Lock()  # held while dictionaries change, and never over a disk's work
        self._loading = threading.Lock()
        self._loaded = False
        self._people: dict[str, Person] = {}
        self._names: dict[str, str] = {}
        self._unwritten: dict[str, Person] = {}
        self._erased: dict[str, str] = {}  # the old subject by name, for what this process has in memory
        self._stones: dict[bytes, dict[int, float]] = {}
        self._mark_key = b""

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.file.path

    def read_once(self) -> None:
        """Read the file, where that was not done yet.

        Raises:
            LedgerError: it is no such file, is damaged, is newer than this program, or cannot be written.
        """
        if self._loaded:
            return
        with self._loading:
            self._mark_key, self._stones = self.file.mark_key(), self.file.tombstones()
            self.look_again()
            self._loaded = True

    # -- links --------------------------------------------------------------------------------------

    def subject_of(self, sleeper: str) -> str:
        """The subject; a new one is on the disk with the next write of the ledger."""
        return self._of(sleeper).subject

    def allot(self, sleeper: str, *, begins: bool = True) -> str:
        """The subject, for the thread that writes; a link that another process has made is found.

        begins: whether one that was erased gets a new one. Else it is the old one, of which no link is left.
        """
        self.read_once()
        if not begins and self.erased(sleeper):
            return self._erased[sleeper]
        if sleeper not in self._people:
            self.look_again()
        return self._of(sleeper).subject

    def _of(self, sleeper: str) -> Person:
        self.read_once()
        known = self._people.get(sleeper)
        if known is not None:
            return known
        fault = unfit(sleeper)
        if fault:
            raise LedgerError(f"the name of a sleeper cannot be kept: {fault}")
        with self._changing:
            self._erased.pop(sleeper, None)
            if sleeper not in self._people:
                self._unwritten[sleeper] = person = Person(new_subject(), new_key())
                self._learn(sleeper, person)
            return self._people[sleeper]

    def erased(self, sleeper: str) -> bool:
        """Whether this process has erased the sleeper, and no new record has begun."""
        return sleeper in self._erased and sleeper not in self._people

    def known_subject(self, sleeper: str) -> str | None:
        """The subject; None: the sleeper has none."""
        self.read_once()
        person = self._people.get(sleeper)
        return None if person is None else person.subject

    def sleeper_of(self, subject: str) -> str | None:
        """The pseudonym of a subject."""
        self.read_once()
        return self._names.get(subject)

    def write_links(self) -> None:
        """Write the links that are in memory alone, with one flush to the disk.

        Raises:
            LedgerError: none of them was written; they wait for the next write.
        """
        with self._changing:
            waiting = dict(self._unwritten)
        if not waiting:
            return
        if not self.file.insert(waiting):
            self.look_again()
            raise LedgerError(f"another process has written the keys {self.path}; try again")
        with self._changing:
            for sleeper in waiting:
                self._unwritten.pop(sleeper, None)

    def look_again(self) -> None:
        """Read the links that another process has written; those are right, and ours of the same name gone.

        Raises:
            LedgerError: the file cannot be read.
        """
        links = self.file.links()
        if links is None:
            return
        with self._changing:
            for sleeper, person in links.items():
                ours = self._unwritten.pop(sleeper, None)
                if ours is not None:
                    self._names.pop(ours.subject, None)
                self._learn(sleeper, person)
            for sleeper in self._people.keys() - links.keys() - self._unwritten.keys():
                self._names.pop(self._people.pop(sleeper).subject, None)

    def _learn(self, sleeper: str, person: Person) -> None:
        self._people[sleeper], self._names[person.subject] = person, sleeper

    # -- sealing ------------------------------------------------------------------------------------

    def seal(self, sleeper: str, table: str, column: str, body: bytes) -> bytes:
        """Encrypt under the sleeper's key."""
        person = self._of(sleeper)
        return sealed_body(person.key, person.subject, table, column, body)

    def unseal(self, sleeper: str, table: str, column: str, sealed: bytes) -> bytes | None:
        """Decrypt under the sleeper's key."""
        self.read_once()
        person = self._people.get(sleeper)
        if person is None:
            return None
        return opened_body(person.key, person.subject, table, column, sealed)

    # -- erasure ------------------------------------------------------------------------------------

    def mark_of(self, sleeper: str) -> bytes:
        """The HMAC of the pseudonym."""
        self.read_once()
        return hmac.digest(self._mark_key, sleeper.encode(), "sha256")

    def tombstones(self) -> Mapping[bytes, Mapping[int, float]]:
        """Merge-minutes by mark and bucket."""
        self.read_once()
        return self._stones

    def shred(self, sleeper: str, minutes: Mapping[int, float], oldest: int) -> Person | None:
        """Remove link and key, and add the merge-minutes to the tombstone; None: there was no link.

        minutes: by bucket of exposure. oldest: tombstones of earlier buckets are dropped. The removed bytes
        are in SQLite's log until the file is `swept`.

        Raises:
            LedgerError: nothing was removed.
        """
        person, mark = self._people.get(sleeper), self.mark_of(sleeper)
        self.file.remove(sleeper, mark, minutes, oldest)
        stones = self.file.tombstones()
        with self._changing:
            self._stones = stones
            if person is not None:
                self._erased[sleeper] = person.subject
                self._people.pop(sleeper, None)
                self._names.pop(person.subject, None)
        return person

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self.file.close()


def new_subject() -> str:
    """Return 128 random bits as 26 characters."""
    return b32encode(secrets.token_bytes(SUBJECT_BYTES)).decode().rstrip("=").lower()
