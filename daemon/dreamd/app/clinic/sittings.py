"""Sittings: the record of each sleeper that measures the pull of a group, and the case that a sitting opens.

Theory of operation. A calibration that is seated is a day of the sleeper's own mean, or, in an anchor
session, a sitting. A slot that is taken back leaves the centre of its night. All three wait in memory until
the row of that sleeper has been read, are added to it, and the row is written anew: one personal row a
sleeper, sealed under their key. So nothing of it is in memory but of sleepers with a case.

Rules
- While a case is open nothing is added to the own days, nor a centre of a later night.
- A sitting pulled half of the way to the group opens a case of level 1, or joins the one there is.
- A few rows are on their way at a time; those of one sleeper follow each other.
- A row that cannot be written is tried again with the next change. No seat waits for it.
- Until a record is read its sleeper is not restored.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from itertools import islice
from math import isfinite
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.core.clinic.kept_case import CaseSitting, KeptCase, night_of
from dreamd.core.clinic.levels import Level, opened_by_pull
from dreamd.core.clinic.lots import days_offered
from dreamd.core.clinic.restoration import (
    NOT_READ,
    Centre,
    Features,
    OwnRecord,
    PullRecord,
    Taken,
    pull_record,
)
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

SITTINGS: Final = "sittings"
"""The kind of the personal rows."""
UNDER_WAY_MOST: Final = 16
"""Rows that are read or written at a time."""
PULLED: Final = "pull"
"""The word of the evidence."""

OpenCase = Callable[[str], KeptCase | None]
Pulled = Callable[[str, Level, str, str, float], None]


@dataclass(slots=True)
class _Change:
    """An addition to a record. sat: the day of a sitting in it, None: it has none."""

    more: OwnRecord = field(default_factory=OwnRecord)
    sat: int | None = None


class Sittings:
    """The sittings of all sleepers; one thread uses it.

    zone: of the house. open_case: the case of a sleeper that has not ended. pulled: called with a sleeper,
    the level, a word, a sentence and the pull, where a sitting opens a case.
    """

    def __init__(self, ledger: PersonalLedger, commits: Commits, clock: SessionClock) -> None:
        self._ledger, self._commits, self._clock = ledger, commits, clock
        self.zone: tzinfo = UTC
        self.open_case: OpenCase = lambda _sleeper: None
        self.pulled: Pulled = lambda _sleeper, _level, _word, _sentence, _pull: None
        self._waiting: dict[str, _Change] = {}
        self._under_way: dict[str, _Change] = {}
        self._known: dict[str, OwnRecord] = {}
        self._gone: set[str] = set()

    # -- what happens ---------------------------------------------------------------------------------

    def calibrated(self, sleeper: str, db: Features, *, alone: bool, coupled: bool) -> None:
        """A seat with this calibration, dB, is in the ledger. alone: of an anchor session, so a sitting.

        coupled: the session may couple. A template that is not finite is no calibration.
        """
        if not (db and all(map(isfinite, db))):
            return
        day, case = self._night(), self.open_case(sleeper)
        if alone:
            self._add(sleeper, OwnRecord(sittings={day: Taken(db, coupled)}), sat=day)
        elif case is None:
            self._add(sleeper, OwnRecord(days={day: db}))

    def left_slot(self, sleeper: str, centre: Centre | None) -> None:
        """A slot is taken back. centre: of its merged time, None: it was never merged."""
        night, case = self._night(), self.open_case(sleeper)
        if centre is not None and all(map(isfinite, centre.db)) and (case is None or case.night >= night):
            self._add(sleeper, OwnRecord(centres={night: centre}))

    def case_changed(self, kept: KeptCase) -> None:
        """Keep the record of a sleeper with a case in memory, and of no other."""
        sleeper = kept.case.person
        if kept.case.ended:
            self._known.pop(sleeper, None)
        elif sleeper and sleeper not in self._known:
            self._add(sleeper, OwnRecord())

    def drop_record(self, sleeper: str) -> None:
        """The sleeper is erased: nothing of them is kept or written any more."""
        for kept in (self._waiting, self._known):
            kept.pop(sleeper, None)
        if sleeper in self._under_way:
            self._gone.add(sleeper)

    def _night(self) -> int:
        return night_of(self._clock.now_s(), self.zone)

    def _add(self, sleeper: str, more: OwnRecord, sat: int | None = None) -> None:
        change = self._waiting.setdefault(sleeper, _Change())
        change.more = change.more.plus(more)
        change.sat = change.sat if sat is None else sat

    # -- what is known --------------------------------------------------------------------------------

    def pull_of(self, sleeper: str) -> PullRecord:
        """The pull of a sleeper with a case; NOT_READ until the record is read."""
        case, own = self.open_case(sleeper), self._known.get(sleeper)
        if case is None or own is None:
            return NOT_READ
        waiting = self._waiting.get(sleeper) or self._under_way.get(sleeper)
        found = pull_record(own if waiting is None else own.plus(waiting.more), case.night)
        return replace(found, offered=days_offered(case.case.id, case.night, self._night()))

    def restored(self, sleeper: str) -> bool | None:
        """Whether the last sittings show the sleeper as themselves; None: it cannot be measured."""
        return self.pull_of(sleeper).restored

    def of_case(self, sleeper: str) -> tuple[CaseSitting, ...]:
        """The sittings of a sleeper since the night of their case."""
        return tuple(CaseSitting(one.day, one.pull, one.anchored) for one in self.pull_of(sleeper).sittings)

    # -- rows -----------------------------------------------------------------------------------------

    def write_due(self) -> None:
        """Once a tick: read the rows of some sleepers with a change, to write them anew."""
        # Of those that wait at most so many are on their way already, so twice as many are enough to look at.
        for sleeper in list(islice(self._waiting, 2 * UNDER_WAY_MOST)):
            if len(self._under_way) >= UNDER_WAY_MOST:
                return
            if sleeper not in self._under_way:
                self._under_way[sleeper] = self._waiting.pop(sleeper)
                self._read(sleeper)

    def _read(self, sleeper: str) -> None:
        def read(commit: Commit[tuple[PersonalRow, ...]]) -> None:
            if commit.done:
                self._add_to(sleeper, commit.value)
            else:
                self._over(sleeper, done=False)

        self._ledger.read_personal(sleeper, SITTINGS).then(read)

    def _add_to(self, sleeper: str, rows: tuple[PersonalRow, ...]) -> None:
        change = self._under_way[sleeper]
        before = _of_row(rows[-1]) if rows else OwnRecord()
        after = before.plus(change.more)
        if sleeper in self._gone or after == before:
            self._over(sleeper, done=True, own=after)
            return
        # The name of a row holds its time: the old one goes in the same transaction.
        now_s = self._clock.now_s()
        written = [PersonalRow(sleeper, SITTINGS, row.at_s, b"") for row in rows if row.at_s != now_s]
        written.append(PersonalRow(sleeper, SITTINGS, now_s, _body(after)))

        def over(commit: Commit[Terms]) -> None:
            self._over(sleeper, done=commit.done, own=after)

        self._commits.submit(Transaction(personal=tuple(written)), "the sittings of sleepers", over)

    def _over(self, sleeper: str, *, done: bool, own: OwnRecord | None = None) -> None:
        change = self._under_way.pop(sleeper)
        if sleeper in self._gone:
            self._gone.discard(sleeper)
            return
        if not done:
            later = self._waiting.pop(sleeper, _Change())
            sat = change.sat if later.sat is None else later.sat
            self._waiting[sleeper] = _Change(change.more.plus(later.more), sat)
        elif own is not None:
            self._learn(sleeper, own, change.sat)

    def _learn(self, sleeper: str, own: OwnRecord, sat: int | None) -> None:
        """The ledger has this record; a sitting in it may open a case."""
        case = self.open_case(sleeper)
        if case is not None:
            self._known[sleeper] = own
        if sat is None:
            return
        record = pull_record(own, None if case is None else case.night)
        found = next((one.pull for one in record.sittings if one.day == sat), float("nan"))
        level = opened_by_pull(found) if isfinite(found) else None
        if level is not None:
            self.pulled(sleeper, level, PULLED, "a sitting is pulled half of the way to the group", found)


def _body(own: OwnRecord) -> bytes:
    kept = {
        "days": {str(day): db for day, db in own.days.items()},
        "centres": {str(night): [one.db, one.sigma_db] for night, one in own.centres.items()},
        "sittings": {str(day): [one.db, one.coupled] for day, one in own.sittings.items()},
    }
    return json.dumps(kept).encode()


def _of_row(row: PersonalRow) -> OwnRecord:
    """Return the record of a row; an empty one where it cannot be read."""
    try:
        kept = json.loads(row.body)
        return OwnRecord(
            days={int(day): tuple(map(float, db)) for day, db in kept["days"].items()},
            centres={
                int(night): Centre(tuple(map(float, db)), tuple(map(float, sigma_db)))
                for night, (db, sigma_db) in kept["centres"].items()
            },
            sittings={
                int(day): Taken(tuple(map(float, db)), bool(coupled))
                for day, (db, coupled) in kept["sittings"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return OwnRecord()
