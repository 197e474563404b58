"""Surveillance of one house: judges each night once it is over, raises alarms, and lifts them.

A night is over at noon of the house's zone. An alarm halves the cap of the guidelines (clause
`alarm_cap_share`) in the very next message of every Dreamscape, and is written after. Lifting it is a grant:
it is written first, and a seat has the wider cap from its next assign on.

Rules
- A clinician and an advocate, two people, lift an alarm. The evidence is then zero.
- An alarm survives a restart. A restored ledger keeps the alarms that stand in it.
- No pseudonym is kept, written or told here.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final, TypeVar

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.surveillance.night_counts import NightCounts
from dreamd.core.access.caller import Role
from dreamd.core.letters.letter import Place
from dreamd.core.refusals import Code, Refusal
from dreamd.core.surveillance.kinds import KINDS, TOLD, HarmKind
from dreamd.core.surveillance.night_numbers import night_ends_s
from dreamd.core.surveillance.watch import NightCount, Watch, after_night, lifted
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.surveillance import NIGHTS_KEPT, JudgedNight, SurveillanceLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamd.ports.metrics import WatchMetrics

T = TypeVar("T")
RATE: Final = "watch_rate"


@dataclass(frozen=True, slots=True)
class Declared:
    """The clause of the rate. clause: its name. limit: cases a sleeper-night. basis: empty, it has none."""

    clause: str
    limit: float
    basis: str

    @property
    def rate(self) -> float:
        """The rate that counts; NaN: it states no basis."""
        return self.limit if self.basis else nan


class Surveillance:
    """The watches of one house; one thread uses it.

    zone: of the noon at which a night ends. opened: called with the kind of each new alarm.
    """

    def __init__(
        self,
        ledger: SurveillanceLedger,
        commits: Commits,
        clock: SessionClock,
        guidelines: Revisions,
        journal: Journal,
        place: Place,
    ) -> None:
        """Take up what the ledger keeps; an alarm that stands holds from here on."""
        self._commits = commits
        self._clock = clock
        self._guidelines = guidelines
        self._journal = journal
        self.zone = place.zone
        self._watches = {kind: Watch(kind) for kind in KINDS} | {one.kind: one for one in ledger.watches()}
        judged = max(watch.night for watch in self._watches.values())
        self.counts = NightCounts(ledger.night_counts(judged + 1), judged, self.zone, clock.now_s)
        self._past: deque[JudgedNight] = deque(ledger.judged_nights(), maxlen=NIGHTS_KEPT * len(KINDS))
        self._unwritten: dict[HarmKind, None] = {}
        self._unwritten_past: list[JudgedNight] = []
        self._judged_counts: list[NightCount] = []
        self._writing = self._lifting = False
        self.opened: list[Callable[[HarmKind], None]] = []
        self._hold()

    def hear_journal(self, journal: Journal) -> None:
        """Take in each event of the journal from now on."""
        journal.hear_all(self.counts.take_event)

    # -- reading --------------------------------------------------------------------------------------

    @property
    def declared(self) -> Declared:
        """The clause that declares the rate, in the revision that holds now."""
        bundle = self._guidelines.in_force.bundle
        clause = bundle.by_key[RATE]
        return Declared(clause.name, bundle.number(RATE), clause.basis)

    @property
    def watches(self) -> tuple[Watch, ...]:
        """Every watch, in the order of the kinds."""
        return tuple(self._watches[kind] for kind in KINDS)

    @property
    def past(self) -> tuple[JudgedNight, ...]:
        """Every judged night that is kept, by night and kind."""
        return tuple(self._past)

    def readings(self) -> tuple[WatchMetrics, ...]:
        """Every watch, for the meters."""
        declared = self.declared
        return tuple(
            WatchMetrics(
                watch.kind.value,
                watch.evidence.value if watch.rate else nan,
                watch.next_rate(declared.rate),
                watch.alarm is not None,
                watch.above(declared.limit),
                watch.gathered,
            )
            for watch in self.watches
        )

    def _hold(self) -> None:
        """Hold the cap of the guidelines to an alarm that stands, or to none."""
        self._guidelines.hold_alarm(stands=any(one.alarm is not None for one in self._watches.values()))

    # -- nights ---------------------------------------------------------------------------------------

    def judge_due(self, now_s: float) -> None:
        """After the ticks: judge the nights that are over, and write what has changed."""
        while (night := self.counts.first_open) is not None and now_s >= night_ends_s(night, self.zone):
            self._judge(night, now_s)
        self._write()

    def _judge(self, night: int, now_s: float) -> None:
        counts, declared = self.counts.take_night(night), self.declared.rate
        self._judged_counts += counts
        raised: list[Watch] = []
        for kind, before in tuple(self._watches.items()):
            watch = self._watches[kind] = after_night(before, night, counts, declared, now_s)
            self._unwritten[kind] = None
            lived = [count for count in counts if count.exposed(kind) > 0]
            sleepers = sum(count.exposed(kind) for count in lived)
            harmed = sum(count.cases.get(kind, 0) > 0 for count in lived)
            value, rate = (watch.evidence.value, watch.rate) if watch.rate else (nan, nan)
            judged = JudgedNight(night, kind.value, len(lived), harmed, sleepers, value, rate)
            self._past.append(judged)
            self._unwritten_past.append(judged)
            if watch.alarm is not None and before.alarm is None:
                raised.append(watch)
        self._hold()
        for watch in raised:
            self._tell_alarm(watch, now_s)

    def _tell_alarm(self, watch: Watch, now_s: float) -> None:
        assert watch.alarm is not None
        share = self._guidelines.in_force.bundle.number("alarm_cap_share")
        sentence = (
            f"{TOLD[watch.kind]} come more often than the declared {watch.rate:.4g} a sleeper-night: "
            f"the cap of the guidelines is held to {share:.0%} until a clinician and an advocate lift it"
        )
        value = watch.alarm.value
        values = {"rate": watch.rate} | ({"value": value} if isfinite(value) else {})
        self._journal.append(now_s, "alarm-raised", sentence, cause=watch.kind.value, values=values)
        for tell in self.opened:
            tell(watch.kind)

    def _write(self) -> None:
        """Write what has changed, in one transaction at a time."""
        if self._writing:
            return
        kinds, past, counts = tuple(self._unwritten), tuple(self._unwritten_past), tuple(self._judged_counts)
        changed = self.counts.take_changed()
        if not (kinds or past or counts or changed):
            return
        self._unwritten, self._unwritten_past, self._judged_counts = {}, [], []
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                self._unwritten = dict.fromkeys(kinds) | self._unwritten
                self._unwritten_past[:0] = past
                self._judged_counts[:0] = counts
                self.counts.not_written(changed)

        watches = tuple(self._watches[kind] for kind in kinds)
        written = Transaction(night_counts=counts + changed, watches=watches, judged_nights=past)
        self._commits.submit(written, "the nights of Dreamscapes", over)

    # -- the alarm ------------------------------------------------------------------------------------

    def lift(
        self, kind: HarmKind, person: str, role: Role, view: Callable[[Watch], T]
    ) -> T | Refusal | Deferred[T]:
        """A person agrees in this role to lift an alarm; with the second person it is lifted.

        view: makes the answer of the watch as it is then.
        """
        if self._lifting:
            return Refusal(Code.LEDGER_UNAVAILABLE, "another lifting of an alarm waits for the ledger")
        stepped = lifted(self._watches[kind], person, role)
        if isinstance(stepped, Refusal):
            return stepped
        self._lifting = True

        def over(_commit: Commit[Terms]) -> None:
            self._lifting = False

        def done(_terms: Terms) -> T | Refusal:
            """The ledger has it; a night may have been judged meanwhile."""
            after = lifted(self._watches[kind], person, role)
            if isinstance(after, Refusal):
                return after
            self._watches[kind] = after
            self._unwritten[kind] = None
            self._hold()
            if after.alarm is None:
                self._tell_lifted(after)
            return view(after)

        def undo() -> None:
            self._unwritten[kind] = None

        written = Transaction(watches=(stepped,))
        return self._commits.ask(written, "the lifting of an alarm", done, over=over, undo=undo)

    def _tell_lifted(self, watch: Watch) -> None:
        sentence = f"a clinician and an advocate have lifted the alarm of {TOLD[watch.kind]}"
        self._journal.append(self._clock.now_s(), "alarm-lifted", sentence, cause=watch.kind.value)
