"""The facts of admissions, kept for dry runs: 13 numbers and a site, written off the tick's path.

An admission is kept when a sleeper is given a slot, and when a clause begins to refuse one. There is no
pseudonym. A write that fails is tried again; with ADMISSIONS_WAITING before it, an admission is dropped.

The facts of an empty bed (a replay, a simulated sleeper) hold infinity for the seconds of calibration, which
no clause asks of it. `rested_h` is infinity where no mass failure of the site is known.
"""

from array import array
from collections.abc import Iterator, Mapping
from math import nan
from struct import Struct
from time import localtime
from typing import Final

import numpy as np

from dreamd.app.durability.commits import Commits
from dreamd.app.guidelines.dry_run import NO_ADMISSIONS, Admissions
from dreamd.core.guidelines.keys import ADMISSION_FACTS
from dreamd.core.limits import SEATS_MAX
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.guidelines import FACTS_BYTES, GuidelineLedger, KeptAdmission
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

ADMISSIONS_WAITING: Final = SEATS_MAX
"""A start of the largest Dreamscape finds place for each of its admissions."""
_FACTS: Final = Struct(f"<{len(ADMISSION_FACTS)}d")


def minute_of_day(at_s: float) -> float:
    """Return the minute after midnight, by the wall clock of the daemon's machine."""
    at = localtime(at_s)
    return at.tm_hour * 60.0 + at.tm_min


class AdmissionRecords:
    """The admissions of one daemon that are not in the ledger yet. dropped: how many found no place."""

    def __init__(self, ledger: GuidelineLedger, commits: Commits) -> None:
        """ledger: its newest number is read here, once."""
        self._newest = ledger.newest_admission()
        self._commits = commits
        self._waiting: list[KeptAdmission] = []
        self._writing = False
        self.dropped = 0

    def add_admission(self, facts: Mapping[str, float], site: str, now_s: float) -> None:
        """Keep the facts of an admission; a missing one is NaN."""
        if not len(self._waiting) < ADMISSIONS_WAITING:
            self.dropped += 1
            return
        self._newest = max(self._newest + 1, int(now_s * 1e6))
        told = _FACTS.pack(*(facts.get(name, nan) for name in ADMISSION_FACTS))
        self._waiting.append(KeptAdmission(self._newest, now_s, site, told))

    def write_waiting(self) -> None:
        """Write what waits, in one transaction at a time."""
        if self._writing or not self._waiting:
            return
        written, self._waiting = self._waiting, []
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                self._waiting = (written + self._waiting)[-ADMISSIONS_WAITING:]

        self._commits.submit(Transaction(admissions=tuple(written)), "admissions", over)


def columns(rows: Iterator[tuple[str, bytes]]) -> Admissions:
    """Return kept admissions by columns; rows: site and facts of each."""
    numbers: dict[str, int] = {}
    sites, told = array("q"), bytearray()
    for site, facts in rows:
        if len(facts) == FACTS_BYTES:
            sites.append(numbers.setdefault(site, len(numbers)))
            told += facts
    if not told:
        return NO_ADMISSIONS
    facts_of = np.frombuffer(told, dtype="<f8").reshape(-1, len(ADMISSION_FACTS))
    return Admissions(np.ascontiguousarray(facts_of.T), np.array(sites, dtype=np.intp), tuple(numbers))
