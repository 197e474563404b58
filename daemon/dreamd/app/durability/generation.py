"""A ledger that people have outlived starts a new generation: the consents in it hold no more.

A ledger that was restored from a copy does not hold the sleepers who left, withdrew, were locked or merged
since. Nor does one on which no daemon has lived for an hour, be it a copy or not. So no sleeper is merged on
its word: every grant is suspended until the sleeper grants anew, every guest of an intimate Dreamscape is
asked anew, and every check-in is void, for another may lie
there now; no breaker starts CLOSED; and the exposure that it records is the least there was. Where writes are
known that it lacks, the clinic's book may lack a hold: a fleet case keeps every sleeper from a merge until a
clinician has closed it. Terms and counters grow all the same, by the clock. A crash in the midst of this
begins it anew.
"""

from datetime import UTC
from typing import Final, Protocol

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.clinic.kept_case import RESTORED, doubt_case
from dreamd.core.consent.course import Consent, Restored, step
from dreamd.core.exchange.kept_round import doubted_round
from dreamd.core.exposure.windows import DAY_S
from dreamd.core.invitations.course import voided
from dreamd.core.refusals import Refusal
from dreamd.ports.ledger.check_ins import CheckInLedger
from dreamd.ports.ledger.clinic import ClinicLedger
from dreamd.ports.ledger.consents import ConsentLedger
from dreamd.ports.ledger.exchange import ExchangeLedger
from dreamd.ports.ledger.generation import GenerationLedger
from dreamd.ports.ledger.invitations import InvitationLedger
from dreamd.ports.ledger.transaction import Transaction, Transactions

TOUCHED_EVERY_S: Final = 60.0
"""A daemon writes this often that it lives."""


class DatedLedger(
    Transactions,
    CheckInLedger,
    ConsentLedger,
    InvitationLedger,
    ClinicLedger,
    ExchangeLedger,
    GenerationLedger,
    Protocol,
):
    """The part of the ledger that a new generation needs."""


def start_new_generation(ledger: DatedLedger, journal: Journal, now_s: float) -> bool:
    """Suspend the consents of an outdated ledger; return whether it was outdated.

    Raises:
        LedgerError: it could not be read or written; no sleeper may be merged on it.
    """
    why = ledger.outdated(now_s)
    if not why:
        ledger.write(Transaction(lived_s=now_s))
        return False
    beds = ledger.checked_in()
    suspended = _suspended(ledger, now_s)
    doubts = _doubts(ledger, now_s) if ledger.older() else Transaction()
    asked_anew = Transaction(invitations=tuple(voided(one, now_s) for one in ledger.invitations()))
    doubts = doubts.plus(asked_anew)
    ledger.write(Transaction(check_ins=tuple((pod, "") for pod in beds), consents=suspended).plus(doubts))
    ledger.begin_generation(now_s)
    journal.append(
        now_s,
        "ledger-restored",
        f"{why}: {len(beds)} sleepers are to be checked in anew and {len(suspended)} to grant anew, no "
        "sleeper is merged before that; of locks and wake orders it may lack the newest, recorded exposure "
        "is a lower bound",
        values={"check_ins": float(len(beds)), "consents": float(len(suspended))},
        reason=why,
    )
    return True


def _doubts(ledger: DatedLedger, now_s: float) -> Transaction:
    """The changes that follow where writes are known that the ledger lacks.

    A case over the clinic's book, unless one stands; no round of the exchange that was not closed goes on.
    """
    standing = any(RESTORED in one.causes for one in ledger.living_cases())
    doubted = (doubted_round(one, now_s) for one in ledger.rounds() if not one.ended)
    return Transaction(
        cases=() if standing else (doubt_case(now_s, UTC),),
        rounds=tuple(one for one in doubted if one is not None),
    )


def _suspended(ledger: ConsentLedger, now_s: float) -> tuple[tuple[str, Consent], ...]:
    """The consents that a restored ledger changes, as they are from now on."""
    rows: list[tuple[str, Consent]] = []
    for sleeper, consent in ledger.consents().items():
        stepped = step(consent, Restored(), now_s)
        if not isinstance(stepped, Refusal) and stepped[0] != consent:
            rows.append((sleeper, stepped[0]))
    return tuple(rows)


class LedgerHeartbeat:
    """Keeps in the ledger that this daemon lives, and folds old exposure into days once a day."""

    def __init__(self, commits: Commits, now_s: float) -> None:
        """It was touched just now."""
        self._commits = commits
        self._touched_s = now_s
        self._folded_s = 0.0

    def keep(self, now_s: float) -> None:
        """Touch it where a minute has passed; one that cannot be written is tried again in a minute."""
        if now_s - self._touched_s < TOUCHED_EVERY_S:
            return
        self._touched_s = now_s
        due = not now_s - self._folded_s < DAY_S
        self._folded_s = now_s if due else self._folded_s
        touch = Transaction(lived_s=now_s, folded_s=now_s if due else 0.0)
        self._commits.submit(touch, "that a daemon lives on it", lambda _commit: None)
