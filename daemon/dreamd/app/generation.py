"""A ledger that was restored from a copy is a new generation: what people agreed to holds no more.

A copy does not know who has left, withdrawn, been locked or merged since it was made. So nobody is merged on
its word: check-ins, which are the consents, are suspended until renewed; nobody's breaker starts closed; and
exposure it records is the least there was. Terms and counters grow all the same, by the clock. A crash in the
midst of this begins it anew.
"""

from dreamd.app.journal import Journal
from dreamd.ports.ledger import Ledger


def begin_anew(ledger: Ledger, journal: Journal, now_s: float) -> bool:
    """Where the ledger was restored from a copy: suspend what it says of consent; True where it was.

    Raises:
        LedgerError: it could not be read or written; nobody may be merged on it.
    """
    if not ledger.restored():
        return False
    beds = ledger.checked_in()
    for pod in beds:
        ledger.check_in(pod, "")
    ledger.begin_generation()
    journal.append(
        now_s,
        "restored",
        f"the ledger was restored from a copy: {len(beds)} sleepers are to be checked in anew, nobody is "
        "merged before that; locks and wake orders since the copy are lost, exposure is the least there was",
    )
    return True
