"""Records of the audit log: each holds the hash of the record before it.

A record is one line of JSON, an array. The line itself is what is hashed, so a reader needs no rule of
encoding. The first value is the hash of the line before, the second is the record's number, from 1.

Rules
- A principal that acts as a sleeper is a salted hash, too: its name may be the sleeper's.
- A reason is not in the record: its salted hash is. Text and salt are kept apart and can be erased, and the
  chain stays whole. The name of a sleeper is treated alike, so an auditor reads none.
- A line is ASCII and holds no line break, whatever the texts hold.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

GENESIS: Final = "0" * 64
"""The hash before record 1."""
TEXT_MAX: Final = 200
"""Characters of a principal, a target and an outcome; longer ones are cut."""
HASHED: Final = "sleepers/~"
"""The beginning of a target that is a sleeper."""
OWN: Final = "~"
"""The beginning of a principal that acts as a sleeper; no principal's name begins so."""
_SLEEPER_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Act:
    """A call that has changed something, or was refused.

    at_s: session seconds. principal: empty without access control. on_behalf_of: the name that the request
    told. target: what the request names, without sleepers. outcome: done, unchanged, begun, undone, or
    `refused CODE`. reason, sleeper: texts kept apart. salt: random text, for their hashes. own: the sleeper
    as which the principal acts; then its name is a hash, too.
    """

    at_s: float
    principal: str
    on_behalf_of: str
    method: str
    target: str
    effect: str
    outcome: str
    reason: str = ""
    sleeper: str = ""
    salt: str = ""
    own: str = ""

    @property
    def about(self) -> str:
        """The sleeper whose name is kept apart: the one it names, else the one that acts."""
        return self.sleeper or self.own

    @property
    def has_text(self) -> bool:
        """Whether something of it is kept apart."""
        return bool(self.reason or self.about)


@dataclass(frozen=True, slots=True)
class ActText:
    """The texts of a record that are kept apart. n: the record's number. sleeper: as in Act."""

    n: int
    reason: str
    sleeper: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record. n: its number, 0: there is none. digest: SHA-256 of its line, hexadecimal."""

    n: int = 0
    digest: str = GENESIS


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is read. at_ms: Unix time. reason: the salted hash, empty where none was given."""

    before: str
    n: int
    at_ms: int
    principal: str
    on_behalf_of: str
    method: str
    target: str
    effect: str
    outcome: str
    reason: str


def line_after(head: Head, act: Act) -> str:
    """The line of the record behind `head`."""
    target = act.target[:TEXT_MAX]
    if act.sleeper:
        target = f"{HASHED}{salted(act.salt, act.sleeper)[:_SLEEPER_DIGITS]}"
    principal, told = act.principal[:TEXT_MAX], act.on_behalf_of[:TEXT_MAX]
    if act.own:
        principal, told = f"{OWN}{salted(act.salt, act.principal)[:_SLEEPER_DIGITS]}", ""
    values = (
        head.digest,
        head.n + 1,
        int(act.at_s * 1000),
        principal,
        told,
        act.method,
        target,
        act.effect,
        act.outcome[:TEXT_MAX],
        salted(act.salt, act.reason),
    )
    return json.dumps(values, separators=(",", ":"))


def head_of(n: int, line: str) -> Head:
    """The head behind a line."""
    return Head(n, hashlib.sha256(line.encode()).hexdigest())


def salted(salt: str, text: str) -> str:
    """The salted hash of a text, hexadecimal; empty where the text is."""
    return hashlib.sha256(f"{salt}\0{text}".encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def has_text(record: Record) -> bool:
    """Whether a text was kept apart of this record."""
    return bool(record.reason) or record.target.startswith(HASHED) or record.principal.startswith(OWN)


def record_of(line: str) -> Record:
    """Read a line.

    Raises:
        ValueError: it is no record.
    """
    try:
        values = json.loads(line)
        if isinstance(values, list):
            before, n, at_ms, *texts = values
            if isinstance(n, int) and isinstance(at_ms, int) and all(isinstance(one, str) for one in texts):
                return Record(str(before), n, at_ms, *texts)
    except (TypeError, ValueError):
        pass
    raise ValueError("it is no record of an audit log")
