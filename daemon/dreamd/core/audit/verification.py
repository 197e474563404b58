"""Verification of an audit log: an edit, a deletion, a cut end and a restored copy are told apart.

The chain shows an edited record (the next one holds another hash) and a deleted one (its number is missing).
It does not show a cut end, nor a log that was written anew as a whole. The log's own signed checkpoints show
these. A copy from a backup agrees with its own checkpoints. A witness shows it: a bed has kept a newer one.

Rule: signatures are the caller's; a checkpoint that comes here is signed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dreamd.core.audit.records import GENESIS
from dreamwire.checkpoint import Checkpoint

FINDINGS_MAX: Final = 32
"""Findings of the chain; a log with more is told by its first ones."""
_BEFORE: Final = slice(2, 66)
_NUMBER_AT: Final = 68
_START: Final = b'["'


class Fault(Enum):
    """The kind of damage."""

    EDITED = "edited"
    DELETED = "deleted"
    TRUNCATED = "truncated"
    RESTORED = "restored"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, in a sentence. n: the record at which it shows."""

    fault: Fault
    n: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """n, head: of the newest record read. findings: none where the log is whole."""

    n: int
    head: str
    findings: tuple[Finding, ...]


class ChainCheck:
    """Reads a log line by line; `verdict` compares it with checkpoints. 1 us a line."""

    def __init__(self, checkpoints: Iterable[Checkpoint] = (), witnesses: Iterable[Checkpoint] = ()) -> None:
        """checkpoints: the log's own. witnesses: those that beds have kept."""
        self._own = sorted(checkpoints, key=lambda one: one.n)
        self._seen = sorted(witnesses, key=lambda one: one.n)
        self._wanted = {one.n for one in (*self._own, *self._seen)}
        self._heads: dict[int, str] = {}
        self._n, self._head = 0, GENESIS
        self._findings: list[Finding] = []

    def take_line(self, line: bytes) -> None:
        """Take the next line, without its line break."""
        if line.startswith(b'["%s",%d,' % (self._head.encode(), self._n + 1)) and line.endswith(b"]"):
            self._follow(self._n + 1, line)
            return
        n = _number(line)
        if n is None:
            self._find(Fault.UNREADABLE, self._n + 1, f"the line after record {self._n} is no record")
            return
        if n != self._n + 1:
            self._misplaced(n)
        elif line[_BEFORE] != self._head.encode():
            self._edited(n)
        self._follow(n, line)

    def _follow(self, n: int, line: bytes) -> None:
        """Go on behind this record."""
        self._n, self._head = n, hashlib.sha256(line).hexdigest()
        if n in self._wanted:
            self._heads[n] = self._head

    def _misplaced(self, n: int) -> None:
        if n <= self._n:
            self._find(Fault.UNREADABLE, n, f"record {n} stands behind record {self._n}")
            return
        first, last = self._n + 1, n - 1
        gone = f"record {first} is" if first == last else f"records {first} to {last} are"
        self._find(Fault.DELETED, first, f"{gone} missing")

    def _edited(self, n: int) -> None:
        if n == 1:
            self._find(Fault.EDITED, 1, "record 1 does not begin a chain: it was edited")
        else:
            sentence = f"record {n - 1} was edited: record {n} holds the hash of another one"
            self._find(Fault.EDITED, n - 1, sentence)

    def _find(self, fault: Fault, n: int, sentence: str) -> None:
        if len(self._findings) < FINDINGS_MAX:
            self._findings.append(Finding(fault, n, sentence))

    def verdict(self) -> Verdict:
        """Judge all that was read."""
        own = [found for found in map(self._against_own, self._own) if found is not None]
        cut = [found for found in own if found.fault is Fault.TRUNCATED]
        edited = [found for found in own if found.fault is Fault.EDITED]
        seen = [found for found in map(self._against_witness, self._seen) if found is not None]
        told = (*edited[:1], *cut[-1:]) or seen[-1:]  # a witness adds nothing to what the log itself shows
        return Verdict(self._n, self._head, (*self._findings, *told))

    def _against_own(self, one: Checkpoint) -> Finding | None:
        if one.n > self._n:
            sentence = f"the log ends at record {self._n}, and its own checkpoint counts {one.n}: it was cut"
            return Finding(Fault.TRUNCATED, self._n, sentence)
        if self._differs(one):
            sentence = f"record {one.n}, or one before it, is not the one of the checkpoint: it was edited"
            return Finding(Fault.EDITED, one.n, sentence)
        return None

    def _against_witness(self, one: Checkpoint) -> Finding | None:
        if one.n > self._n:
            sentence = f"a witness has seen {one.n} records, and the log ends at {self._n}: it is an old copy"
            return Finding(Fault.RESTORED, self._n, sentence)
        if self._differs(one):
            sentence = f"a witness has seen another record {one.n}: an older copy was restored and written on"
            return Finding(Fault.RESTORED, one.n, sentence)
        return None

    def _differs(self, one: Checkpoint) -> bool:
        """Whether the log has another record of this number; a missing one is found by the chain."""
        return self._heads.get(one.n, one.head) != one.head


def _number(line: bytes) -> int | None:
    """The number of a record's line; None: it is no such line."""
    if not (line.startswith(_START) and line.endswith(b"]")):
        return None
    digits = line[_NUMBER_AT : line.find(b",", _NUMBER_AT)]
    return int(digits) if digits.isdigit() and digits[:1] != b"0" else None
