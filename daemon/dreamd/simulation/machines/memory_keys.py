"""The keys of people in memory: the real ones' promises, and the same subjects from one seed."""

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class KeyStorage:
    """Links, and tombstones by mark and bucket; shared by all ledgers opened on one storage."""

    links: dict[str, str] = field(default_factory=dict)
    stones: dict[bytes, dict[int, float]] = field(default_factory=dict)
    erased: int = 0


class MemoryKeys:
    """ports.people_keys.PeopleKeys on a storage. A sealed body is the body, behind its place."""

    def __init__(self, storage: KeyStorage) -> None:
        """storage: of the ledger."""
        self._storage = storage

    def subject_of(self, sleeper: str) -> str:
        """The subject; that of a sleeper that comes back after an erasure is another one."""
        links = self._storage.links
        if sleeper not in links:
            links[sleeper] = _subject(f"{self._storage.erased} {sleeper}")
        return links[sleeper]

    def sleeper_of(self, subject: str) -> str | None:
        """The pseudonym of a subject."""
        return next((who for who, one in self._storage.links.items() if one == subject), None)

    def seal(self, sleeper: str, table: str, column: str, body: bytes) -> bytes:
        """The body, behind its place."""
        return self._place(sleeper, table, column) + body

    def unseal(self, sleeper: str, table: str, column: str, sealed: bytes) -> bytes | None:
        """The body, where it was sealed for this place."""
        place = self._place(sleeper, table, column)
        return sealed.removeprefix(place) if sealed.startswith(place) else None

    def _place(self, sleeper: str, table: str, column: str) -> bytes:
        return f"{self.subject_of(sleeper)} {table} {column} ".encode()

    def mark_of(self, sleeper: str) -> bytes:
        """A hash of the pseudonym."""
        return hashlib.sha256(b"mark " + sleeper.encode()).digest()

    def tombstones(self) -> Mapping[bytes, Mapping[int, float]]:
        """Merge-minutes by mark and bucket."""
        return self._storage.stones

    def shred(self, sleeper: str, minutes: Mapping[int, float]) -> str:
        """Remove the link, and leave a tombstone; return the subject."""
        subject = self.subject_of(sleeper)
        del self._storage.links[sleeper]
        self._storage.erased += 1
        stone = self._storage.stones.setdefault(self.mark_of(sleeper), {})
        for bucket, lived_min in minutes.items():
            stone[bucket] = stone.get(bucket, 0.0) + lived_min
        return subject


def _subject(seed: str) -> str:
    return b32encode(hashlib.sha256(seed.encode()).digest()[:16]).decode().rstrip("=").lower()
