"""The archive: Dreamscapes that have ended, as rows, and the names that are used.

An ended Dreamscape gives its memory back; the view it had at its end stays. The rows kept here are bounded in
number and age, and their seats in number. A row that falls out is still in the ledger, and `view` reads it
there by its name. A name is never given again: every name ever given is held as a number of eight bytes.

Rules
- A way out is valid for an ended Dreamscape too, and severs no sleeper; it reads nothing from the disk.
- Of two names with the same number the second is refused as used: at a million names one in thirty million.
"""

from array import array
from bisect import bisect_left, insort
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import inf, nan
from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.events.subscriptions import Changed
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.dreamscapes.states import Move, breaker_of, refused
from dreamd.core.dreamscapes.views import CollectiveView, DreamscapeState, DreamscapeView
from dreamd.core.limits import ENDED_KEPT, ENDED_KEPT_S, ENDED_SEATS_KEPT
from dreamd.core.listing import Newest
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.views import BreakerView
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeLedger, DreamscapeRecord

ENDED: Final = DreamscapeState.ENDED
LONG_AGO: Final = "ended before this daemon began"


class UsedNames:
    """Every name ever given, each as a number of eight bytes in one sorted array."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._numbers = array("Q", sorted(map(_number, names)))

    def __contains__(self, name: str) -> bool:
        """Whether the name was given."""
        number = _number(name)
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number

    def add(self, name: str) -> None:
        """The name is given."""
        if name not in self:
            insort(self._numbers, _number(name))


def _number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Row:
    """The row of an ended Dreamscape: its last view, that of its breaker, and when it ended.

    A view shows beds as they are now, so the view of an ended Dreamscape shows none: see `of_the_past`.
    """

    view: DreamscapeView
    breaker: BreakerView
    ended_s: float


def of_the_past(view: DreamscapeView) -> DreamscapeView:
    """Return the view without the state of its beds, which will be another tomorrow."""
    seats = (replace(seat, applied=nan, quality=nan, heard_age_s=inf) for seat in view.seats)
    return replace(view, seats=tuple(seats))


def row_of(record: DreamscapeRecord) -> Row:
    """Return the row of an ended Dreamscape as the ledger has it."""
    view = DreamscapeView(
        plan=record.plan,
        state=ENDED,
        state_cause=LONG_AGO,
        created_s=record.created_s,
        term=0,
        tick=0,
        ticks_skipped=0,
        assigned=0,
        merged=0,
        seats=(),
        etag="0-1",
    )
    breaker = BreakerView(
        name=f"dreamscapes/{record.plan.dreamscape}",
        state=breaker_of(ENDED),
        cause="",
        since_s=record.ended_s,
        until_s=0.0,
        tripped_s=0.0,
        evidence=LONG_AGO,
        history=(),
        etag=view.etag,
    )
    return Row(view, breaker, record.ended_s)


class Over:
    """A watch of a Dreamscape that has ended: there is nothing to take."""

    ended = True

    def take(self) -> CollectiveView | None:
        """Nothing."""
        return None

    def close(self) -> None:
        """Nothing is held."""


class Bygone:
    """One ended Dreamscape, as far as it is asked for something; the moves are those of a living one."""

    state = ENDED

    def __init__(self, name: str, archive: "Archive") -> None:
        self.name = name
        self._archive = archive

    def view(self) -> DreamscapeView | Refusal:
        """Its last view; from the ledger where the row is not kept in memory any more."""
        row = self.row()
        return row if isinstance(row, Refusal) else row.view

    def as_answer(self) -> DreamscapeView | Refusal:
        """The same."""
        return self.view()

    def row(self) -> Row | Refusal:
        """Its row."""
        return self._archive.row(self.name)

    def start(self) -> Refusal:
        """Refused: nothing leads back."""
        return self._wrong_state(Move.START)

    def resume(self) -> Refusal:
        """Refused: nothing leads back."""
        return self._wrong_state(Move.RESUME)

    def _wrong_state(self, step: Move) -> Refusal:
        refusal = refused(self.name, ENDED, step)
        assert refusal is not None, "the table leads nowhere from ENDED"
        return refusal

    def way_out(self) -> PendingSever:
        """Sever, wake, end: valid, and no sleeper is left to sever."""
        return self._archive.nobody()

    def watch(self, _changed: Changed) -> Over:
        """A watch that is over."""
        return Over()


class Archive:
    """The ended Dreamscapes of one daemon, and all names."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._deps = dependencies
        self._ledger: DreamscapeLedger = dependencies.ledger
        self._used = UsedNames()
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self.places = Newest()
        self._seats = 0

    def open(self) -> None:
        """Read the names and the rows that are kept.

        Raises:
            LedgerError: they cannot be read.
        """
        self._used = UsedNames(self._ledger.names())
        for record in reversed(self._ledger.ended(ENDED_KEPT)):
            self._keep(row_of(record))
        self._forget_old()

    def use(self, name: str) -> None:
        """A Dreamscape of this name has been created."""
        self._used.add(name)

    def used(self, name: str) -> bool:
        """Whether a Dreamscape of this name has ever been created."""
        return name in self._used

    def ended_named(self, name: str) -> Bygone | None:
        """The ended Dreamscape of this name; ask for those that live first."""
        return Bygone(name, self) if name in self._used else None

    def _keep(self, row: Row) -> None:
        self._rows[row.view.plan.dreamscape] = row
        self.places.add((row.view.created_s, row.view.plan.dreamscape))

    def put(self, row: Row) -> None:
        """A Dreamscape has ended and its books are closed."""
        self._keep(row)
        self._seats += len(row.view.seats)
        for name, old in self._rows.items():
            if self._seats <= ENDED_SEATS_KEPT:
                break
            self._seats -= len(old.view.seats)
            self._rows[name] = replace(old, view=replace(old.view, seats=()))
        self._forget_old()

    def unname(self, sleeper: str) -> None:
        """Name nobody on the seats of an erased sleeper."""
        for name, row in self._rows.items():
            if any(seat.sleeper == sleeper for seat in row.view.seats):
                seats = (replace(s, sleeper="") if s.sleeper == sleeper else s for s in row.view.seats)
                self._rows[name] = replace(row, view=replace(row.view, seats=tuple(seats)))

    def _forget_old(self) -> None:
        now_s = self._deps.clock.now_s()
        while self._rows:
            name, oldest = next(iter(self._rows.items()))
            kept = len(self._rows) <= ENDED_KEPT and now_s - oldest.ended_s <= ENDED_KEPT_S
            if kept:
                return
            self._seats -= len(oldest.view.seats)
            self.places.discard((oldest.view.created_s, name))
            del self._rows[name]

    def rows(self) -> tuple[Row, ...]:
        """The rows kept, those that ended first before the others."""
        return tuple(self._rows.values())

    def listed(self, name: str) -> DreamscapeView:
        """The view of a row that is kept, without its seats."""
        return replace(self._rows[name].view, seats=())

    def row(self, name: str) -> Row | Refusal:
        """The row of a name that is used."""
        kept = self._rows.get(name)
        if kept is not None:
            return kept
        try:
            record = self._ledger.find(name)
        except LedgerError as error:
            return Refusal(
                Code.LEDGER_UNAVAILABLE, f"{name} has ended, and the ledger cannot be read: {error}"
            )
        if record is None:
            return Refusal(Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {name!r}", {"dreamscape": name})
        return row_of(record)

    def nobody(self) -> PendingSever:
        """The ticket of a sever that reaches no sleeper."""
        return self._deps.tickets.issue(())
