"""Transactions: the writes of the ledger, and their submission.

A write is a `Transaction`: plain values, grouped by subject, all durable or none. `submit` takes one and
returns a `Commit` at once; the commit ends later, in `deliver`, on the thread of the caller. So no disk
delays a tick.

Rules
- Grants are in the ledger before their effect. Severing never waits for the ledger and is written afterwards.
- Reading is synchronous and is done at the start, before anything runs.
- `write` and the calls that draw counters or begin a generation are synchronous too, for the start alone.
"""

from dataclasses import dataclass, field, fields
from typing import Any, Final, Protocol

from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.audit.records import Act
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.kept_round import KeptAsk, KeptRound
from dreamd.core.house_orders import CarriedOut
from dreamd.core.invitations.course import Invitation
from dreamd.core.moratoria.course import Moratorium
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.core.surveillance.watch import NightCount, Watch
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import Exposure, PlannedDose
from dreamd.ports.ledger.guidelines import Comment, KeptAdmission, KeptRevision
from dreamd.ports.ledger.handovers import Handover
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.pieces import KeptPiece
from dreamd.ports.ledger.public_reports import PublishedReport, ReportMark
from dreamd.ports.ledger.surveillance import JudgedNight
from dreamd.ports.ledger.terms import TermDraw, Terms

TRANSACTIONS_WAITING: Final = 1024
"""Transactions that may wait to be written; a further one fails at once."""

CLOSES_WITHIN_S: Final = 1.0
"""Default time in which a closing ledger writes its waiting transactions."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Values that are written together. Within a subject, removals are written before additions.

    check_ins: (pod, sleeper), an empty sleeper clears the bed. unlocked: pods with locks to remove. lived_s:
    session time at which a daemon uses the ledger, 0: not stated. counted: the number of writes known
    elsewhere, from which the ledger continues. audit: acts, which become the next records of the audit log.
    erased: numbers of records whose text is erased. checkpoints: (n, note) of the audit log. consents:
    (sleeper, consent) without its held part; the grant of each is written in the same transaction or was
    before. planned_doses: of a Dreamscape and sleeper the first one stands. folded_s: session time by
    which old buckets of exposure are folded into days, 0: none is. personal: rows to be sealed, in order.
    moratorium_seconds: (id, sleeper), the seconds of sleepers, which `moratoria` leaves out.
    dropped_invitations: Dreamscapes, whose lists go whole. dropped_guests: (Dreamscape, sleeper).
    invitations: each writes its revision, and the guests in it; others on the list stay as they are.
    dropped_offers, dropped_asks: (round, id). round_offers: (round, offer).
    cases: without evidence and notes, which are personal rows. fault_nights: (sleeper, night, running).
    forgotten: (sleeper, session time), erased sleepers: their rows with a text or a right are removed.
    handovers: together they replace every earlier one.
    carried_out: orders of the house that its owner has carried out; the first end of each stands.
    """

    terms: tuple[TermDraw, ...] = ()
    dreamscapes: tuple[DreamscapeRecord, ...] = ()
    check_ins: tuple[tuple[str, str], ...] = ()
    unlocked: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    marks: tuple[Mark, ...] = ()
    dropped_wake_orders: tuple[str, ...] = ()
    wake_orders: tuple[Order, ...] = ()
    dropped_moratoria: tuple[str, ...] = ()
    moratoria: tuple[Moratorium, ...] = ()
    moratorium_seconds: tuple[tuple[str, str], ...] = ()
    dropped_invitations: tuple[str, ...] = ()
    dropped_guests: tuple[tuple[str, str], ...] = ()
    invitations: tuple[Invitation, ...] = ()
    exposure: tuple[Exposure, ...] = ()
    planned_doses: tuple[PlannedDose, ...] = ()
    grants: tuple[Grant, ...] = ()
    consents: tuple[tuple[str, Consent], ...] = ()
    personal: tuple[PersonalRow, ...] = ()
    forgotten: tuple[tuple[str, float], ...] = ()
    guidelines: tuple[KeptRevision, ...] = ()
    comments: tuple[Comment, ...] = ()
    calibration_days: tuple[tuple[str, int], ...] = ()
    admissions: tuple[KeptAdmission, ...] = ()
    night_counts: tuple[NightCount, ...] = ()
    watches: tuple[Watch, ...] = ()
    judged_nights: tuple[JudgedNight, ...] = ()
    cases: tuple[KeptCase, ...] = ()
    fault_nights: tuple[tuple[str, int, int], ...] = ()
    rounds: tuple[KeptRound, ...] = ()
    dropped_offers: tuple[tuple[str, str], ...] = ()
    round_offers: tuple[tuple[str, Offer], ...] = ()
    dropped_asks: tuple[tuple[str, str], ...] = ()
    round_asks: tuple[KeptAsk, ...] = ()
    report_marks: tuple[ReportMark, ...] = ()
    public_reports: tuple[PublishedReport, ...] = ()
    pieces: tuple[KeptPiece, ...] = ()
    principals: tuple[Principal, ...] = ()
    credentials: tuple[Credential, ...] = ()
    codes: tuple[Code, ...] = ()
    carried_out: tuple[CarriedOut, ...] = ()
    audit: tuple[Act, ...] = ()
    erased: tuple[int, ...] = ()
    checkpoints: tuple[tuple[int, str], ...] = ()
    handovers: tuple[Handover, ...] = ()
    lived_s: float = field(default=0.0)
    folded_s: float = field(default=0.0)
    counted: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, one.name) for one in fields(self))

    def plus(self, other: "Transaction") -> "Transaction":
        """Both in one, this one's part of each subject first."""
        parts: dict[str, Any] = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in ("lived_s", "folded_s", "counted")
        }
        lived_s, counted = max(self.lived_s, other.lived_s), max(self.counted, other.counted)
        folded_s = max(self.folded_s, other.folded_s)
        return Transaction(**parts, lived_s=lived_s, folded_s=folded_s, counted=counted)


class Transactions(Protocol):
    """Writing. One thread uses it; every failure is a LedgerError or a failed commit."""

    def submit(self, transaction: Transaction) -> Commit[Terms]:
        """Accept a transaction for writing.

        MUST return at once, without waiting for a disk, and never raise. MUST write transactions in the order
        in which they were submitted, each wholly or not at all; one that fails MUST NOT fail another. The
        commit ends well once everything in it is durable; its value is the terms it drew. With
        TRANSACTIONS_WAITING before it, it MUST fail.
        """
        ...

    def deliver(self) -> None:
        """End every commit that is finished, on the calling thread; MUST return at once."""
        ...

    @property
    def idle(self) -> bool:
        """Whether every transaction submitted has been delivered."""
        ...

    @property
    def place(self) -> str:
        """The path or address of the ledger, for sentences."""
        ...

    @property
    def failure(self) -> str:
        """Why the last write failed; empty while writes succeed. Any thread may read it."""
        ...

    def write(self, transaction: Transaction) -> Terms:
        """MUST write the transaction durably before returning the terms it drew.

        Raises:
            LedgerError: nothing of it was written.
        """
        ...

    def close(self, within_s: float = CLOSES_WITHIN_S) -> int:
        """Write waiting transactions for at most `within_s`, and close; return how many were not written.

        MUST be safe to call twice.
        """
        ...
