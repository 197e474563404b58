"""The nights of sleepers: gathered from the journal between check-in and check-out, then written as letters.

Theory of operation. Every event of the journal passes by here once. An event of a bed with a sleeper changes
the facts of that sleeper's night, in memory. Changed nights are written as rows of the kind `night`, a few
after each tick, so that they outlive this daemon. Merge-minutes are not summed here: they are what the ledger
was charged with since the check-in. A night that has ended waits for the last words of its bed, and until its
sleeper's account is closed. Then its letter is written, and its row is removed in the same transaction.

Rules
- A night is a sleeper and the time of a check-in; so its letter is written once, and again only over itself.
- A night found at the start without its sleeper in the bed has ended: its letter is made now.
- A restart is told in the letter. A sleeper that is checked in again before the account is closed goes on
  with the same night.
- At most one write is on its way. Nothing here delays or refuses a check-out.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from math import fsum, nan
from typing import Any, Final

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.registry import PodRegistry
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Scope
from dreamd.core.consent.hours import zone_of
from dreamd.core.dreamscapes.views import Event
from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.windows import DAY_S, WEEK_S, DoseAccount, bucket_of
from dreamd.core.letters.document import document
from dreamd.core.letters.letter import Place, letter
from dreamd.core.letters.night import BACK_BELOW_SHARE, Lead, Night, Oneself, WindowDose, Yes
from dreamd.core.letters.open_night import OpenNight
from dreamd.core.safety.causes import Cause
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.consent import Exposures
from dreamd.ports.ledger.exposure import PlannedDose
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

NIGHT: Final = "night"
LETTER: Final = "letter"
WRITTEN_AT_ONCE: Final = 64
"""Nights that are written after one tick; LETTERS_AT_ONCE of them as letters."""
LETTERS_AT_ONCE: Final = 12
LAST_WORDS_S: Final = 2.0
"""After a check-out the bed's own report of zero is awaited for so long."""
ENDING_MOST: Final = 20_000
"""Nights that wait for their letters in memory; the oldest of more is left to its row, for the next start."""
ROWS_MOST: Final = 500
"""Rows in one transaction at the end."""

Key = tuple[str, float]


class Nights:
    """The nights of one daemon's sleepers; one thread uses it.

    house: zone and contact of letters. yes_of: the consent of a sleeper. case_of: their open case,
    and whether it holds them. dose_of: the dose and its limits.
    leads_since: the leads of a Dreamscape that were not over by a time. is_alone: whether a Dreamscape is an
    anchor session; anchored_since: a sleeper's minutes of such.
    """

    def __init__(
        self,
        ledger: PersonalLedger,
        commits: Commits,
        clock: SessionClock,
        fleet: PodRegistry,
        exposures: Exposures,
        beds: dict[str, str],
    ) -> None:
        """Take up what the ledger keeps. beds: the sleepers checked in, by bed."""
        self._commits = commits
        self._clock = clock
        self._fleet = fleet
        self._exposures = exposures
        self.house = Place()
        self.yes_of: Callable[[str], Consent | None] = lambda _sleeper: None
        self.dose_of: Callable[[str, float], Dose] = exposures.dose
        self.case_of: Callable[[str], tuple[str, bool]] = lambda _sleeper: ("", False)
        self.is_alone: Callable[[str], bool] = lambda _dreamscape: False
        self.anchored_since: Callable[[str, float], float] = lambda _sleeper, _since_s: 0.0
        self.leads_since: Callable[[str, float], tuple[Lead, ...]] = lambda _dreamscape, _since_s: ()
        self._open: dict[str, OpenNight] = {}
        self._bed_of: dict[str, str] = {}
        self._ending: dict[Key, OpenNight] = {}
        self._ended_in: dict[str, Key] = {}
        self._ended_of: dict[str, Key] = {}
        self._dirty: dict[Key, OpenNight] = {}
        self._under_way: tuple[list[OpenNight], list[OpenNight]] | None = None
        self._take_up(ledger.personal_of(NIGHT), beds)

    def _take_up(self, rows: Iterable[PersonalRow], beds: dict[str, str]) -> None:
        now_s = self._clock.now_s()
        for row in rows:
            night = _read(row)
            if not night.end_s and beds.get(night.bed) == row.sleeper and night.bed not in self._open:
                self._begin(night)
                continue
            if not night.end_s:
                night.ended(now_s, known=False)
            self._end(night)
        for bed, sleeper in beds.items():
            if bed not in self._open:
                night = self._new(sleeper, bed, now_s)
                night.missed = True
                self._begin(night)

    def _new(self, sleeper: str, bed: str, begin_s: float) -> OpenNight:
        return OpenNight(sleeper, bed, begin_s, _since(self._exposures.account(sleeper), begin_s))

    def _begin(self, night: OpenNight) -> None:
        self._open[night.bed], self._bed_of[night.sleeper] = night, night.bed
        self._dirty[_key(night)] = night

    def _end(self, night: OpenNight) -> None:
        key = _key(night)
        self._ending[key] = night
        self._ended_in[night.bed] = self._ended_of[night.sleeper] = key
        self._dirty[key] = night
        if len(self._ending) > ENDING_MOST:
            self._take_out(next(iter(self._ending)))

    def _take_out(self, key: Key) -> OpenNight:
        night = self._ending.pop(key)
        for ended, name in ((self._ended_in, night.bed), (self._ended_of, night.sleeper)):
            if ended.get(name) == key:
                del ended[name]
        return night

    # -- facts as they happen -----------------------------------------------------------------------

    def follow(self, journal: Journal) -> None:
        """Take in each event of the journal from now on."""
        journal.hear_all(self._take_event)

    def _take_event(self, event: Event) -> None:
        match event.kind:
            case "checked-in":
                self._checked_in(event)
            case "checked-out":
                self._checked_out(event.pod, event.at_s)
            case "ledger-restored":
                for pod in [pod for pod in self._open if not self._lies(pod)]:
                    self._checked_out(pod, event.at_s)
            case "merged" if self.is_alone(event.dreamscape):
                pass
            case _ if event.kind in _EVENTS and event.pod:
                at_s = event.acted_s or event.at_s
                night = self._night(event.pod, at_s)
                if night is not None:
                    if event.kind == "left" and night.seated_s:
                        night.led(self.leads_since(event.dreamscape, night.seated_s))
                    _EVENTS[event.kind](night, at_s, event.cause)
                    self._dirty[_key(night)] = night

    def _lies(self, pod: str) -> bool:
        record = self._fleet.get(pod)
        return record is not None and record.sleeper == self._open[pod].sleeper

    def _night(self, pod: str, at_s: float) -> OpenNight | None:
        """The night of the sleeper that lay in this bed then; a bed may report it late."""
        night = self._open.get(pod)
        if night is None or at_s < night.begin_s:
            key = self._ended_in.get(pod)
            night = None if key is None or at_s < key[1] else self._ending[key]
        return night

    def sleeper_at(self, pod: str, at_s: float) -> str:
        """The sleeper that lay in this bed then; empty: none is known."""
        night = self._night(pod, at_s)
        return "" if night is None else night.sleeper

    def _checked_in(self, event: Event) -> None:
        record = self._fleet.get(event.pod)
        if record is None or not record.sleeper:
            return
        self._checked_out(event.pod, event.at_s)  # one that was not told
        key = self._ended_of.get(record.sleeper)
        if key is not None and self._exposures.marked(record.sleeper):
            night = self._take_out(key)
            night.taken_up(event.pod)
            self._begin(night)
        else:
            self._begin(self._new(record.sleeper, event.pod, event.at_s))

    def _checked_out(self, pod: str, at_s: float) -> None:
        night = self._open.pop(pod, None)
        if night is not None:
            self._bed_of.pop(night.sleeper, None)
            night.ended(at_s)
            self._end(night)

    def measured(self, sleeper: str) -> None:
        """The sleeper's likeness to themselves was measured in the slot that is taken back now."""
        night = self._open.get(self._bed_of.get(sleeper, ""))
        if night is not None:
            night.judged(Oneself.WITHIN)

    def planned(self, doses: Iterable[PlannedDose]) -> None:
        """The ledger has these planned doses."""
        for dose in doses:
            night = self._open.get(self._bed_of.get(dose.sleeper, ""))
            if night is not None:
                night.planned(dose.dreamscape, dose.minutes)

    def forget_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased: nothing of their nights is kept or written any more."""
        self._open.pop(self._bed_of.pop(sleeper, ""), None)
        for key in [key for key in self._ending if key[0] == sleeper]:
            self._take_out(key)
        for key in [key for key in self._dirty if key[0] == sleeper]:
            del self._dirty[key]
        if self._under_way is not None:
            due, changed = ([one for one in part if one.sleeper != sleeper] for part in self._under_way)
            self._under_way = due, changed

    def present(self, sleeper: str) -> Night | None:
        """Return the night of a sleeper in a bed as far as it has come; None: in no bed."""
        night = self._open.get(self._bed_of.get(sleeper, ""))
        return None if night is None else self._told(night, self._clock.now_s())

    def dose(self, sleeper: str) -> tuple[Dose, WindowDose, WindowDose]:
        """Return the dose of a sleeper, and both windows with the time of their return below 80 %."""
        now_s = self._clock.now_s()
        account, dose = self._exposures.account(sleeper), self.dose_of(sleeper, now_s)
        day = _window(account, dose.charged_min, dose.limit_min, DAY_S, now_s)
        return dose, day, _window(account, dose.week_min, dose.week_limit_min, WEEK_S, now_s)

    # -- rows and letters ---------------------------------------------------------------------------

    @property
    def letters_waiting(self) -> int:
        """How many nights are over and have no letter yet."""
        return len(self._ending) + (len(self._under_way[0]) if self._under_way is not None else 0)

    def write_due(self, now_s: float) -> None:
        """After the ticks: write some of what has changed, and some of the letters that are due."""
        if self._under_way is not None:
            return
        due = self._due(now_s)
        for night in due:
            self._dirty.pop(_key(night), None)
        changed = [self._dirty.pop(key) for key in list(self._dirty)[: WRITTEN_AT_ONCE - len(due)]]
        if not due and not changed:
            return
        rows = [row for night in due for row in self._letter_rows(night, now_s)]
        rows += [_row(night, whole=False) for night in changed]
        self._under_way = due, changed

        def over(commit: Commit[Terms]) -> None:
            assert self._under_way is not None
            again, self._under_way = self._under_way, None
            if not commit.done:
                for night in again[0]:
                    self._end(night)
                for night in again[1]:
                    self._dirty.setdefault(_key(night), night)

        self._commits.submit(Transaction(personal=tuple(rows)), "the nights of sleepers", over)

    def _due(self, now_s: float) -> list[OpenNight]:
        """Take the ended nights of which a letter can be made out of the queue, a few at a time."""
        due: list[OpenNight] = []
        for key in list(self._ending)[:WRITTEN_AT_ONCE]:
            night = self._ending[key]
            ready = now_s - night.end_s >= LAST_WORDS_S and not self._exposures.marked(night.sleeper)
            if ready and len(due) < LETTERS_AT_ONCE:
                due.append(self._take_out(key))
            else:
                self._ending[key] = self._ending.pop(key)
        return due

    def _letter_rows(self, night: OpenNight, now_s: float) -> tuple[PersonalRow, PersonalRow]:
        told, place = self._told(night, now_s), self._place(night.sleeper)
        body = asdict(letter(told, place)) | {"zone": place.zone_name, "facts": document(told)}
        return (
            PersonalRow(night.sleeper, LETTER, night.begin_s, json.dumps(body).encode()),
            PersonalRow(night.sleeper, NIGHT, night.begin_s, b""),
        )

    def close(self) -> None:
        """The daemon ends in order: the nights of those that stay in their beds go on with the next one."""
        rows = [_row(night, whole=True) for night in (*self._open.values(), *self._ending.values())]
        self._dirty.clear()
        for at in range(0, len(rows), ROWS_MOST):
            part = Transaction(personal=tuple(rows[at : at + ROWS_MOST]))
            self._commits.submit(part, "the nights of sleepers", lambda _commit: None)

    # -- a night in full ----------------------------------------------------------------------------

    def _told(self, night: OpenNight, now_s: float) -> Night:
        account = self._exposures.account(night.sleeper)
        _, day, week = self.dose(night.sleeper)
        lived_min = _since(account, night.begin_s) - night.before_min
        in_memory = now_s - night.begin_s <= WEEK_S
        case, held = self.case_of(night.sleeper)
        return Night(
            bed=night.bed,
            begin_s=night.begin_s,
            end_s=night.end_s or now_s,
            spans=(*night.spans, *night.running(now_s)),
            stops=tuple(night.stops),
            more=night.more,
            lived_min=max(0.0, lived_min) if in_memory else nan,
            planned_min=fsum(night.planned_min.values()) if night.planned_min or not night.missed else nan,
            day=day,
            week=week,
            oneself=night.oneself,
            leads=tuple(night.leads),
            yes=_yes(self.yes_of(night.sleeper)),
            missed=night.missed,
            end_known=night.end_known,
            case=case,
            held=held,
            anchored_min=self.anchored_since(night.sleeper, night.begin_s),
        )

    def _place(self, sleeper: str) -> Place:
        """The zone of the sleeper's own hours, else the house's."""
        consent = self.yes_of(sleeper)
        hours = consent.grant.hours if consent is not None and consent.grant is not None else None
        if hours is None:
            return self.house
        return Place(zone_of(hours.zone), hours.zone, self.house.contact)


def _judged(found: Oneself) -> Callable[[OpenNight, float, str], None]:
    def judge(night: OpenNight, _at_s: float, cause: str) -> None:
        if cause == Cause.IDENTITY.value:
            night.judged(found)

    return judge


_EVENTS: Final[dict[str, Callable[[OpenNight, float, str], None]]] = {
    "assigned": lambda night, at_s, _cause: night.seated(at_s),
    "merged": lambda night, at_s, _cause: night.merged(at_s),
    "severed": OpenNight.zero,
    "alone": OpenNight.zero,
    "breaker-tripped": OpenNight.lost,
    "left": OpenNight.left,
    "coupling-halved": _judged(Oneself.HALVED),
    "identity-lost": _judged(Oneself.LOST),
}
"""The kinds of events that change a night: of its bed, at their own instant, with their cause."""


def _key(night: OpenNight) -> tuple[str, float]:
    return night.sleeper, night.begin_s


def _since(account: DoseAccount, begin_s: float) -> float:
    """Return the merge-minutes charged in the ten minutes of `begin_s` and after."""
    first = bucket_of(begin_s)
    return fsum(lived for at, lived in zip(account.buckets, account.minutes, strict=True) if at >= first)


def _window(
    account: DoseAccount, used_min: float, limit_min: float, window_s: float, now_s: float
) -> WindowDose:
    below_s = account.below_s(now_s, window_s, BACK_BELOW_SHARE * limit_min)
    return WindowDose(used_min, limit_min, below_s if below_s > now_s else 0.0)


def _yes(consent: Consent | None) -> Yes:
    if consent is None:
        return Yes()
    grant = consent.grant
    if grant is None:
        return Yes(consent.state.value)
    scopes = tuple(scope.value for scope in Scope if scope in grant.scopes)
    hours = "" if grant.hours is None else str(grant.hours.window)
    return Yes(consent.state.value, scopes, grant.expires_s, hours)


def _row(night: OpenNight, *, whole: bool) -> PersonalRow:
    body = json.dumps({"whole": whole, "night": night.document()}).encode()
    return PersonalRow(night.sleeper, NIGHT, night.begin_s, body)


def _read(row: PersonalRow) -> OpenNight:
    """Return the night of a row; of one that cannot be read the check-in alone."""
    try:
        body: dict[str, Any] = json.loads(row.body)
        night = OpenNight.from_document(row.sleeper, body["night"])
        if not night.end_s:
            night.resumed(whole=body["whole"])
    except (ValueError, KeyError, TypeError):
        return OpenNight(row.sleeper, "", row.at_s, missed=True)
    return night
