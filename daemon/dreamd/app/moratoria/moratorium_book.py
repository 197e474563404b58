"""The book of moratoria: those that act or will, the ledger's copy, and their part of the retained place.

The rules are in `core.moratoria.course`. To call and to second is to restrict: it takes effect in memory and
on the wire first, and is written after (`flush` tries a failed write again). The retained place follows with
the next tick. To lift is to grant: the ledger comes first. The end of a moratorium by time follows from what
is written, so it takes effect at once.

Rules
- The hours of the guidelines, and the rest after a mass failure, keep people from merging. A bed in which no
  person lies has neither.
- The retained place at the broker holds every open moratorium under a revision that only grows. One of our
  key that is newer than the book was lost with a ledger: its moratoria stand again. The place never ends one
  of the book.
- At most OPEN_MOST are open. A rest that finds no room for its site is one of the fleet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.moratoria.place import acting_refusal, lost_of, message_of, outside_hours
from dreamd.app.safety.wake_orders import WakeOrderRegistry
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.forms import Window
from dreamd.core.moratoria.course import (
    HOUR_S,
    Lifts,
    Moratorium,
    MoratoriumScope,
    MoratoriumState,
    Passes,
    Seconds,
    call_fault,
    step,
)
from dreamd.core.moratoria.hours import MergingHours, merging_hours
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.wake_orders import next_revision
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.moratoria import MoratoriumLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import WakeOrder

OPEN_MOST: Final = 32
"""Moratoria that act or will; all of them fit into the retained place."""
CLOSED_KEPT: Final = 256
"""Moratoria that are over and stay readable."""


@dataclass(frozen=True, slots=True)
class MoratoriumTally:
    """Those that act now. lapses_in_s: until the next one without a second lapses; NaN: there is none."""

    called: int = 0
    standing: int = 0
    lapses_in_s: float = nan


def _named(one: Moratorium) -> str:
    return f"moratorium {one.id} of {one.reach}"


class MoratoriumBook:
    """Every moratorium of one house, by id; one thread uses it."""

    def __init__(
        self,
        ledger: MoratoriumLedger,
        commits: Commits,
        place: WakeOrderRegistry,
        journal: Journal,
        clock: SessionClock,
        guidelines: Revisions,
        zone: str = "UTC",
    ) -> None:
        """place: the retained one. zone: of the hours.

        Raises:
            LedgerError: they cannot be read; no sleeper may be merged then.
        """
        self._commits, self._place, self._journal, self._clock = commits, place, journal, clock
        self._guidelines, self._zone = guidelines, zone
        self._of = {one.id: one for one in sorted(ledger.moratoria(), key=lambda one: one.revision)}
        self._newest = max((one.revision for one in self._of.values()), default=0)
        self._unsaved: dict[str, None] = {}
        self._unsaved_seconds: dict[tuple[str, str], None] = {}
        self._dropped: dict[str, None] = {}
        self._writing = False
        self._hours = MergingHours(open=False, changes_s=-inf)
        self._restrict, self._passed_s = True, clock.now_s()
        self._sort()
        self._show(publish=False)
        guidelines.in_force_changed.append(self._adopt)

    # -- reading ----------------------------------------------------------------------------------

    def list_moratoria(self) -> Iterator[Moratorium]:
        """Every one that is kept, the newest first."""
        return iter(sorted(self._of.values(), key=lambda one: (one.called_s, one.id), reverse=True))

    def named(self, moratorium: str) -> Moratorium | Refusal:
        """The moratorium of this id."""
        one = self._of.get(moratorium)
        if one is not None:
            return one
        sentence = f"no moratorium is named {moratorium!r}"
        return Refusal(Code.MORATORIUM_UNKNOWN, sentence, {"moratorium": moratorium})

    def asked(self, request_id: str, by: str) -> Moratorium | None:
        """The moratorium that a call of this person with this request id has called."""
        alike = (one for one in self._of.values() if request_id and one.request_id == request_id)
        return next((one for one in alike if one.by == by), None)

    def barring(self, site: str, *, person: bool) -> Refusal | None:
        """Why no sleeper in a bed of this site may be merged now; None: they may. person: lies there."""
        now_s = self._clock.now_s()
        for one in self._open:
            if one.reaches(site, person=person) and one.acts(now_s):
                return acting_refusal(one, now_s)
        if not person or self._hours_at(now_s).open:
            return None
        return outside_hours(self._guidelines.in_force.bundle, self._zone, self._hours.changes_s - now_s)

    def free_until_s(self, site: str, *, person: bool) -> float:
        """Session time at which the next known moratorium begins for this bed; infinity: none is known."""
        now_s = self._clock.now_s()
        begins = [
            one.begins_s for one in self._open if one.begins_s > now_s and one.reaches(site, person=person)
        ]
        if person:
            hours = self._hours_at(now_s)
            begins.append(hours.changes_s if hours.open else now_s)
        return min(begins, default=inf)

    def rested_h(self, site: str) -> float:
        """Hours since the last mass failure of this site; infinity: none is known."""
        rest = self._guidelines.in_force.bundle.by_key["rest_h"].name
        since = (one.called_s for one in self._of.values() if one.clause == rest and one.site == site)
        last_s = max(since, default=-inf)
        return (self._clock.now_s() - last_s) / HOUR_S

    def acting(self) -> tuple[str, ...]:
        """Those that act now, in words."""
        now_s = self._clock.now_s()
        return tuple(acting_refusal(one, now_s).sentence for one in self._open if one.acts(now_s))

    def tally(self) -> MoratoriumTally:
        """Those that act now, as counts."""
        now_s = self._clock.now_s()
        acting = [one for one in self._open if one.acts(now_s)]
        called = [one for one in acting if one.state is MoratoriumState.CALLED]
        lapses_s = min((one.until_s for one in called), default=nan)
        return MoratoriumTally(len(called), len(acting) - len(called), lapses_s - now_s)

    # -- the hours of the guidelines --------------------------------------------------------------

    def _hours_at(self, now_s: float) -> MergingHours:
        if not now_s < self._hours.changes_s:
            limit = self._guidelines.in_force.bundle.limit("hours")
            assert isinstance(limit, Window), "the hours are a window"
            self._hours = merging_hours(limit, self._zone, now_s)
        return self._hours

    def _adopt(self, bundle: Bundle) -> None:
        """Another revision is in force: its hours hold from now on, and its rest where that is longer."""
        self._hours = MergingHours(open=False, changes_s=-inf)
        self._restrict = True
        rest, rest_s = bundle.by_key["rest_h"].name, bundle.number("rest_h") * HOUR_S
        for one in self._open:
            if one.clause == rest and one.called_s + rest_s > one.ends_s:
                self._keep(replace(one, ends_s=one.called_s + rest_s))

    # -- commands ---------------------------------------------------------------------------------

    def call(self, called: Moratorium) -> Moratorium | Refusal:
        """Call one: it acts in memory from now on."""
        fault = call_fault(called, self._of.values())
        if fault is None and not len(self._open) < OPEN_MOST:
            wait_s = min(one.until_s for one in self._open) - self._clock.now_s()
            sentence = f"{len(self._open)} moratoria act or will; one more finds place when one of them ends"
            fault = Refusal(Code.RATE_EXCEEDED, sentence, {"retry_s": f"{max(wait_s, 0.0):.3f}"})
        return fault or self._keep(called)

    def new_id(self) -> str:
        """An id that no moratorium has."""
        return f"m{next_revision(self._newest, self._clock.now_s()):x}"

    def second(self, one: Moratorium, event: Seconds) -> Moratorium | Refusal:
        """A person seconds it, in memory; `flush` writes it."""
        after = step(one, event, self._clock.now_s())
        if isinstance(after, Refusal) or after == one:
            return after
        if event.pseudonym:
            self._unsaved_seconds[one.id, event.pseudonym] = None
        kept = self._keep(after)
        if kept.state is not one.state:
            self._write("moratorium-seconded", kept, f"{_named(kept)} is seconded: it stands")
        return kept

    def lift(self, one: Moratorium, event: Lifts) -> Moratorium | Refusal | Deferred[Moratorium]:
        """A person asks for its end: the ledger has that first."""
        after = step(one, event, self._clock.now_s())
        if isinstance(after, Refusal) or after == one:
            return after
        after = replace(after, revision=self._next())

        def done(_terms: Terms) -> Moratorium | Refusal:
            now = self._of.get(one.id, one)
            again = now if now is one else step(now, event, self._clock.now_s())
            if isinstance(again, Refusal):
                return again
            kept = self._keep(after if now is one else again)
            lifted = kept.state is MoratoriumState.LIFTED
            said = "is lifted" if lifted else f"is to be lifted, says one {event.role.value}"
            self._write(
                "moratorium-lifted" if lifted else "moratorium-lift-asked",
                *(kept, f"{_named(kept)} {said}: {event.reason}"),
            )
            self.flush()
            return kept

        def undo() -> None:
            self._unsaved[one.id] = None

        return self._commits.ask(
            Transaction(moratoria=(after,)), "the lifting of a moratorium", done, undo=undo
        )

    def mass_failure(self, sites: Iterable[str]) -> None:
        """Many sleepers of these sites failed at once: each site rests, as the guidelines say."""
        bundle, now_s = self._guidelines.in_force.bundle, self._clock.now_s()
        rest, ends_s = bundle.by_key["rest_h"].name, now_s + bundle.number("rest_h") * HOUR_S
        for site in sorted(set(sites)):
            room = bool(site) and len(self._open) < OPEN_MOST
            scope = MoratoriumScope.SITE if room else MoratoriumScope.FLEET
            begun = Moratorium(
                *(self.new_id(), 0, scope, site if room else "", now_s, ends_s),
                *("the site rests after a mass failure", rest, now_s, MoratoriumState.STANDING, rest),
                people_only=True,
                seconded_s=now_s,
            )
            resting = (one for one in self._open if one.clause == rest and one.alike(begun))
            before = next(resting, None)
            if before is not None:
                begun = replace(before, called_s=now_s, ends_s=max(before.ends_s, ends_s))
            self._restrict = True
            self._keep(begun)
            self._write(
                "moratorium-called", begun, f"{begun.reach} rests by clause {rest} after a mass failure"
            )

    # -- time -------------------------------------------------------------------------------------

    def pass_time(self) -> bool:
        """End what is over, to the second; return whether something has begun to bar sleepers since."""
        now_s = self._clock.now_s()
        was_open = self._hours.open
        if not self._hours_at(now_s).open and was_open:
            self._restrict = True
            self._tell_hours()
        while now_s >= self._due_s:
            self._end_due(now_s)
        restrict, self._restrict = self._restrict, False
        return restrict

    def _end_due(self, now_s: float) -> None:
        for one in self._open:
            after = step(one, Passes(), now_s)
            if isinstance(after, Moratorium) and after != one:
                self._keep(after)
                lapsed = after.state is MoratoriumState.LAPSED
                self._write(
                    "moratorium-lapsed" if lapsed else "moratorium-ended",
                    *(after, f"{_named(one)} is over: {after.closed_reason}"),
                )
            elif max(self._passed_s, one.called_s) < one.begins_s <= now_s:
                self._restrict = True
                self._keep(one)
                self._write("moratorium-began", one, f"{_named(one)} by {one.by} begins: {one.reason}")
        self._passed_s = now_s
        self._sort()

    def _tell_hours(self) -> None:
        clause = self._guidelines.in_force.bundle.by_key["hours"]
        sentence = f"the hours {clause.limit} of clause {clause.name} are over: no person is merged"
        self._journal.append(self._clock.now_s(), "moratorium-began", sentence, reason="hours")

    # -- how a change is made ---------------------------------------------------------------------

    def _next(self) -> int:
        self._newest = next_revision(self._newest, self._clock.now_s())
        return self._newest

    def _keep(self, one: Moratorium) -> Moratorium:
        """Take it in under a new revision; `flush` writes it, `show_changes` shows it."""
        kept = replace(one, revision=self._next())
        self._of[kept.id] = kept
        self._unsaved[kept.id] = None
        self._sort()
        self._unshown = True
        self._drop_old()
        return kept

    def _sort(self) -> None:
        """Gather the open ones, and when time changes one of them next."""
        self._open = tuple(one for one in self._of.values() if one.open)
        times = [one.until_s for one in self._open]
        times += [one.begins_s for one in self._open if one.begins_s > self._passed_s]
        self._due_s = min(times, default=inf)

    def _drop_old(self) -> None:
        closed = [one.id for one in self._of.values() if not one.open]
        for old in closed[: max(0, len(closed) - CLOSED_KEPT)]:
            del self._of[old]
            self._unsaved.pop(old, None)
            self._dropped[old] = None

    def _write(self, kind: str, one: Moratorium, sentence: str) -> None:
        self._journal.append(self._clock.now_s(), kind, sentence, reason=one.scope.value)

    def tell_called(self, one: Moratorium) -> None:
        """Write the event of a call."""
        self._write("moratorium-called", one, f"{_named(one)} by {one.by}: {one.reason}")

    # -- the retained place -----------------------------------------------------------------------

    def _show(self, *, publish: bool = True) -> None:
        self._unshown = False
        if self._newest:
            told = tuple(map(message_of, self._open))
            self._place.show_moratoria(told, self._newest, publish=publish)

    def show_changes(self) -> None:
        """Show what the retained place does not hold yet, a tick behind the zeros: it delays none of them."""
        if self._unshown:
            self._show()

    def take_up(self, found: WakeOrder | None) -> bool:
        """Let the moratoria stand again that the place holds and the ledger has lost; whether one does."""
        if found is None or not found.moratoria_revision > self._newest:
            return False
        self._newest = found.moratoria_revision
        now_s = self._clock.now_s()
        told = (lost_of(said, self._of.get(said.id), now_s) for said in found.moratoria)
        lost = [one for one in told if one is not None]
        for one in lost:
            self._restrict = True
            kept = self._keep(one)
            sentence = (
                f"{_named(kept)} by {kept.by} stands at the broker and not in the ledger: it stands again: "
                f"{kept.reason}"
            )
            self._write("moratorium-called", kept, sentence)
        return bool(lost)

    # -- the ledger -------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what is not yet in the ledger."""
        if self._writing or not (self._unsaved or self._unsaved_seconds or self._dropped):
            return
        rows, dropped = tuple(self._of[one] for one in self._unsaved), tuple(self._dropped)
        seconds = tuple(self._unsaved_seconds)
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if commit.done:
                self._written(rows, seconds, dropped)

        change = Transaction(moratoria=rows, moratorium_seconds=seconds, dropped_moratoria=dropped)
        self._commits.submit(change, "a moratorium", over)

    def _written(
        self, rows: tuple[Moratorium, ...], seconds: tuple[tuple[str, str], ...], dropped: tuple[str, ...]
    ) -> None:
        for one in rows:
            if self._of.get(one.id) is one:
                self._unsaved.pop(one.id, None)
        for second in seconds:
            self._unsaved_seconds.pop(second, None)
        for old in dropped:
            self._dropped.pop(old, None)
        self.flush()
