"""The opening of cases: what the journal tells of a person becomes evidence in the clinic's book.

Rules
- The reports of pods and the daemon's own evidence are heard alike; each joins the case that there is.
- A report belongs to the sleeper that lay in the bed then, also where another lies there by now.
- A breaker that locks for a personal cause opens level 2.
- A fault of the device or of the way counts by nights: the second one running opens level 4.
- A waking by order is none of the person's own.
- An overexposure is a dose above the limit, by more than one mark may cost. To reach the limit is none.
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from dreamd.app.clinic.clinic_book import ClinicBook
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.app.people.nights import Nights
from dreamd.app.safety.wake_orders import WakeOrderRegistry
from dreamd.core.clinic.course import CaseState, Merged
from dreamd.core.clinic.kept_case import night_of
from dreamd.core.clinic.levels import LEVELS, PARENTS, Level, opened_by
from dreamd.core.dreamscapes.views import DreamscapeState, Event
from dreamd.core.exposure.dose import Dose
from dreamd.core.limits import GUIDELINE_CAP, LEASE_FADE_S, LEASE_S, MARK_HOLDS_S
from dreamd.core.safety.causes import CAUSES, Cause, cause_named, is_cause
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.clinic import ClinicLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

HEARD: Final = frozenset({"breaker-tripped", "severed", "latched", "identity-lost"})
"""Kinds of events that tell of a pod and a cause."""
OVER_MIN: Final = GUIDELINE_CAP * (MARK_HOLDS_S + LEASE_S + LEASE_FADE_S) / 60.0
"""Merge-minutes above the limit that one mark may cost, charged from above after a crash."""
WOKEN_S: Final = 3600.0
"""A pod tells within so long that it has woken its sleeper by the order over its Dreamscape."""
BEFORE: Final = 4
"""Sleepers that are remembered of a bed, for what it tells late."""
CHARGED_AFTER_S: Final = 15.0
"""After a seat is left its last merge-minutes are charged within so long."""
LOOKED_AT: Final = 64


class CaseOpenings:
    """Hears the journal for the book; one thread uses it.

    dose_of: the dose of a sleeper at a time, against the limits in force. is_alone: whether a Dreamscape is a
    session of one.
    """

    def __init__(
        self,
        book: ClinicBook,
        ledger: ClinicLedger,
        commits: Commits,
        clock: SessionClock,
        *,
        fleet: PodRegistry,
        nights: Nights,
        wakes: WakeOrderRegistry,
        dose_of: Callable[[str, float], Dose],
    ) -> None:
        self._book, self._commits, self._clock = book, commits, clock
        self._fleet, self._nights, self._wakes = fleet, nights, wakes
        self._dose_of = dose_of
        self._woken: dict[str, float] = {}
        self._before: dict[str, deque[tuple[float, str]]] = {}
        self._heard: dict[str, Callable[[Event], None]] = {
            "state": self._moved,
            "merged": self._merged,
            "left": self._left,
            "checked-in": self._checked_in,
            "checked-out": self._checked_out,
        }
        self.is_alone: Callable[[str], bool] = lambda _dreamscape: False
        self._faults = ledger.fault_nights()
        self._unwritten: dict[str, None] = {}
        self._writing = False
        self._doses: deque[tuple[float, str]] = deque()

    def hear_journal(self, journal: Journal) -> None:
        """Take in each event of the journal from now on; the nights have heard it before."""
        journal.hear_all(self._hear)

    def _hear(self, event: Event) -> None:
        if event.kind in HEARD and event.pod:
            self._tripped(event)
        elif event.kind in self._heard:
            self._heard[event.kind](event)

    def _checked_in(self, event: Event) -> None:
        record = self._fleet.get(event.pod)
        self._woken.pop(event.pod, None)
        if record is not None and record.sleeper:
            self._book.come_back(record.sleeper)

    def _checked_out(self, event: Event) -> None:
        gone = self._nights.sleeper_at(event.pod, event.at_s)
        if gone:
            self._before.setdefault(event.pod, deque(maxlen=BEFORE)).append((event.at_s, gone))

    def _left(self, event: Event) -> None:
        sleeper = self._sleeper(event)
        if sleeper:
            self._doses.append((event.at_s + CHARGED_AFTER_S, sleeper))

    def _moved(self, event: Event) -> None:
        """A Dreamscape has moved to another state."""
        if event.cause == DreamscapeState.SEVERED.value and is_cause(event.reason):
            self._failed_as_one(event, Cause(event.reason))
        elif event.reason == Cause.WAKE.value:
            seated = [one.pod for one in self._fleet if one.dreamscape == event.dreamscape]
            self._woken |= dict.fromkeys(seated, event.at_s)

    def _sleeper(self, event: Event) -> str:
        """The sleeper that lay in the pod when it happened; empty: none is known."""
        at_s = event.acted_s or event.at_s
        found = self._nights.sleeper_at(event.pod, at_s)
        before = self._before.get(event.pod, ()) if not found else ()
        return found or next((sleeper for until_s, sleeper in before if at_s <= until_s), "")

    # -- trips ----------------------------------------------------------------------------------------

    def _tripped(self, event: Event) -> None:
        cause, sleeper = cause_named(event.cause), self._sleeper(event)
        if not sleeper or not event.cause or cause is Cause.EXPOSURE or self._by_order(event, cause):
            return
        level = LEVELS[cause]
        if level is Level.NOTE:
            level = opened_by(cause, self._running(sleeper, event.acted_s or event.at_s))
        if level is None:
            return
        personal = level <= Level.SOON
        if personal and event.kind == "breaker-tripped" and event.reason.startswith("locked"):
            level = min(level, Level.TODAY)
        self._book.add_evidence(
            sleeper,
            level,
            cause.value,
            CAUSES[cause].sentence,
            trip=personal,
            site=self._site(event.pod),
            dreamscape=event.dreamscape,
            pod=event.pod,
            at_s=event.acted_s,
        )

    def _by_order(self, event: Event, cause: Cause) -> bool:
        """Whether an order has woken the sleeper: then nothing has happened to the person."""
        if cause is not Cause.WAKE:
            return False
        reached = self._wakes.reaching(event.pod, self._site(event.pod), event.dreamscape)
        woken = event.at_s - self._woken.get(event.pod, -inf) <= WOKEN_S
        return reached is not None or woken

    def _running(self, sleeper: str, at_s: float) -> int:
        """Count the night of this fault; return how many nights it ends that follow each other."""
        night = night_of(at_s, self._book.place.zone)
        newest, running = self._faults.get(sleeper, (night - 2, 0))
        if night > newest:
            running = running + 1 if night == newest + 1 else 1
            self._faults[sleeper] = night, running
            self._unwritten[sleeper] = None
        return running

    def _failed_as_one(self, event: Event, cause: Cause) -> None:
        """A Dreamscape was severed as one: a parent, and for a cause of its sleepers a case each."""
        if cause not in PARENTS:
            return
        seated = [one for one in self._fleet if one.dreamscape == event.dreamscape and one.sleeper]
        level = LEVELS[cause]
        site = _one_site(seated)
        words = CAUSES[cause].sentence
        self._book.open_parent(event.dreamscape, site, level or Level.TODAY, cause.value, words)
        for record in seated if level is not None else ():
            self._book.add_evidence(
                record.sleeper,
                level or Level.TODAY,
                cause.value,
                words,
                trip=True,
                site=record.presence.site,
                dreamscape=event.dreamscape,
                pod=record.pod,
            )

    def _merged(self, event: Event) -> None:
        """A sleeper is coupled; a session alone is no night of the return."""
        if self.is_alone(event.dreamscape):
            return
        kept = self._book.case_of(self._sleeper(event))
        if kept is not None and kept.case.state is CaseState.RETURNING:
            self._book.apply(kept.case.id, Merged())

    def _site(self, pod: str) -> str:
        record = self._fleet.get(pod)
        return record.presence.site if record is not None else ""

    # -- once a tick ------------------------------------------------------------------------------------

    def look_at_doses(self, now_s: float) -> None:
        """Open cases for the sleepers whose dose, charged by now, is above the limit."""
        for _ in range(LOOKED_AT):
            if not self._doses or now_s < self._doses[0][0]:
                return
            sleeper = self._doses.popleft()[1]
            dose = self._dose_of(sleeper, now_s)
            over = not (
                dose.charged_min <= dose.limit_min + OVER_MIN
                and dose.week_min <= dose.week_limit_min + OVER_MIN
            )
            if over:
                site = self._site(self._fleet.pod_of(sleeper))
                words = CAUSES[Cause.EXPOSURE].sentence
                self._book.add_evidence(
                    sleeper, Level.TODAY, Cause.EXPOSURE.value, words, dose.share, site=site
                )

    def write_due(self) -> None:
        """Write the nights with faults that the ledger does not have."""
        if self._writing or not self._unwritten:
            return
        sleepers, self._unwritten, self._writing = self._unwritten, {}, True
        rows = tuple((one, *self._faults[one]) for one in sleepers if one in self._faults)

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                self._unwritten |= sleepers

        self._commits.submit(Transaction(fault_nights=rows), "nights with faults", over)

    def drop_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased: no night of theirs is known."""
        self._faults.pop(sleeper, None)
        self._unwritten.pop(sleeper, None)
        self._doses = deque(one for one in self._doses if one[1] != sleeper)
        for pod, before in self._before.items():
            self._before[pod] = deque((one for one in before if one[1] != sleeper), maxlen=BEFORE)


def _one_site(records: Iterable[PodRecord]) -> str:
    """The site of these pods; empty where they are of several."""
    sites = {one.presence.site for one in records}
    return sites.pop() if len(sites) == 1 else ""
