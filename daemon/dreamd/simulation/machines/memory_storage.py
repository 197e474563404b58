"""The contents of a ledger in memory, shared by all ledgers opened on it, as processes share a file."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from math import isfinite

from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.audit.records import ActText, Head, head_of, line_after
from dreamd.core.house_orders import CarriedOut, HouseOrder
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.handovers import Handover
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.terms import TermDraw
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.house.house_row import HouseRow
from dreamd.simulation.machines.memory_institutions import InstitutionStorage
from dreamd.simulation.machines.memory_people import PeopleStorage


@dataclass
class LedgerStorage(PeopleStorage, InstitutionStorage):
    """The contents of a ledger, shared by all ledgers opened on it."""

    terms: dict[tuple[str, int], int] = field(default_factory=dict)
    next_counter: int = 1
    records: dict[str, DreamscapeRecord] = field(default_factory=dict)
    beds: dict[str, str] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    wake_orders: dict[str, Order] = field(default_factory=dict)
    house_orders: dict[str, HouseOrder] = field(default_factory=dict)
    carried_out: dict[str, CarriedOut] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    audit: list[str] = field(default_factory=list)
    texts: dict[int, ActText] = field(default_factory=dict)
    audited: Head = field(default_factory=Head)
    checkpoints: dict[int, str] = field(default_factory=dict)
    house: HouseRow = field(default_factory=HouseRow)
    away: str = ""
    full: str = ""
    """`away`: why the database does not answer; `full`: why it refuses writes alone; mostly empty."""
    writes: int = 0
    lived_s: float = 0.0
    handovers: tuple[Handover, ...] = ()
    known: int = 0
    replaced: bool = False
    """`known`, `replaced` lie beside a backup: the most writes there ever were; there are fewer now."""

    def apply(self, change: Transaction) -> dict[tuple[str, int], int]:
        """Make every change of a transaction; returns the terms it drew.

        Raises:
            LedgerError: a record holds a number that is not finite; nothing was changed.
        """
        for record in change.dreamscapes:
            if not all(map(isfinite, (*record.mu_db, *record.sigma_db))):
                raise LedgerError(f"the record of {record.plan.dreamscape} holds a number that is not finite")
        drawn = {(draw.dreamscape, draw.cohort): self._draw(draw) for draw in change.terms}
        self.records.update((record.plan.dreamscape, record) for record in change.dreamscapes)
        for pod, sleeper in change.check_ins:
            self.beds.pop(pod, None)
            if sleeper:
                self.beds[pod] = sleeper
        for pod in change.unlocked:
            self.locks.pop(pod, None)
        self.locks.update((lock.pod, lock) for lock in change.locks)
        self.marks.update((mark.pod, mark) for mark in change.marks)
        for order_id in change.dropped_wake_orders:
            self.wake_orders.pop(order_id, None)
        self.wake_orders.update((order.id, order) for order in change.wake_orders)
        for end in change.carried_out:
            if end.id in self.house_orders:
                self.carried_out.setdefault(end.id, end)
        self.change_people(change)
        self.change_institutions(change)
        self.principals.update((one.name, one) for one in change.principals)
        self.credentials.update((one.id, one) for one in change.credentials)
        self.codes.update((one.id, one) for one in change.codes)
        for sleeper, _ in change.forgotten:
            self._forget_rights(sleeper)
        self._audit(change)
        self.handovers = change.handovers or self.handovers
        self.lived_s = change.lived_s or self.lived_s
        self.writes = max(self.writes, change.counted)
        return drawn

    def _forget_rights(self, sleeper: str) -> None:
        """Remove the check-in, the texts and the rights of an erased sleeper."""
        self.beds = {pod: who for pod, who in self.beds.items() if who != sleeper}
        self.texts = {n: text for n, text in self.texts.items() if text.sleeper != sleeper}
        kept = self.house_orders.items()
        self.house_orders = {at: one for at, one in kept if sleeper not in (one.sleeper, one.own)}
        for name, one in tuple(self.principals.items()):
            grants = tuple(grant for grant in one.grants if grant.sleeper != sleeper)
            if grants == one.grants:
                continue
            self.principals[name] = replace(one, grants=grants)
            if not grants:
                del self.principals[name]
                self.credentials = {at: one for at, one in self.credentials.items() if one.principal != name}
                self.codes = {at: one for at, one in self.codes.items() if one.principal != name}

    def person_of(self, sleeper: str) -> PersonRecords:
        """Return everything of a sleeper."""
        people = super().person_of(sleeper)
        if not people.subject:
            return people
        acts = [(self.audit[n - 1], text.reason) for n, text in sorted(self.texts.items())]
        own = [text.sleeper == sleeper for _, text in sorted(self.texts.items())]
        return replace(
            people,
            beds=tuple(sorted(pod for pod, who in self.beds.items() if who == sleeper)),
            seats=tuple(
                (name, number, pod)
                for name, record in sorted(self.records.items())
                for number, pod, who in record.seats
                if who == sleeper
            ),
            seconded_moratoria=tuple(sorted(one for one, by in self.seconds_of_sleepers if by == sleeper)),
            guest_lists=self.guest_lists_of(sleeper),
            report_marks=tuple(
                sorted(
                    (one for one in self.report_marks if one.sleeper == sleeper),
                    key=lambda one: (one.day, one.site, one.kind),
                )
            ),
            cases=tuple(one for _, one in sorted(self.cases.items()) if one.case.person == sleeper),
            fault_night=self.fault_nights.get(sleeper, (None,))[0],
            audit=tuple(act for act, mine in zip(acts, own, strict=True) if mine),
            principals=tuple(
                one
                for _, one in sorted(self.principals.items())
                if any(grant.sleeper == sleeper for grant in one.grants)
            ),
        )

    def shred(self, sleeper: str, now_s: float) -> None:
        """Erase the link; the sleeper's marks become a subject of nobody, and count on."""
        subject = self.links.get(sleeper, "")
        super().shred(sleeper, now_s)
        self.unname_seconds(sleeper, subject)
        own = {one for one in self.report_marks if one.sleeper == sleeper}
        self.report_marks = (self.report_marks - own) | {replace(one, sleeper=f"~{subject}") for one in own}

    def _audit(self, change: Transaction) -> None:
        for n in change.erased:
            self.texts.pop(n, None)
        self.checkpoints.update(change.checkpoints)
        for act in change.audit:
            self.audit.append(line_after(self.audited, act))
            self.audited = head_of(len(self.audit), self.audit[-1])
            if act.has_text and act.about not in dict(change.forgotten):
                self.texts[self.audited.n] = ActText(self.audited.n, act.reason, act.about)

    def _draw(self, draw: TermDraw) -> int:
        key = (draw.dreamscape, draw.cohort)
        self.terms[key] = max(self.terms.get(key, 0) + 1, int(draw.now_s * 1000), self.house.least_term)
        return self.terms[key]

    def written(self) -> None:
        """Count a write."""
        self.writes += 1
        self.known = max(self.known, self.writes)

    def copy(self) -> "LedgerStorage":
        """A backup of it as it is now; what cannot change is shared."""
        return deepcopy(self, {id(one): one for one in self.guidelines.values()})

    def restore(self, backup: "LedgerStorage", *, whole: bool = False) -> None:
        """Put a backup in its place; the counts beside it stay, unless the backup is of the whole."""
        known = backup.known if whole else self.known
        vars(self).update(vars(backup.copy()))
        self.known, self.replaced = known, self.writes < known
        self.away = self.full = ""
