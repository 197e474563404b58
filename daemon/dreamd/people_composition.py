"""The people's part of the daemon, put together: consents, exposure, receipts."""

from functools import partial

from dreamd.adapters.consents import CheckInConsent, LedgerExposure, shipped_limits
from dreamd.adapters.documents.receipts import sign_receipt
from dreamd.app.people.house_people import HousePeople
from dreamd.ports.ledger.ledger import Ledger
from dreamwire.signing import SigningKey


def house_people(ledger: Ledger, key: SigningKey, now_s: float, *, in_site: bool) -> HousePeople:
    """Return the people's parts of a daemon with this ledger. in_site: callers have credentials.

    Raises:
        LedgerError: exposure cannot be read or charged.
    """
    return HousePeople(
        consents=CheckInConsent(),
        exposures=LedgerExposure(ledger, now_s, shipped_limits()),
        simulated_grants=not in_site,
        sign_receipt=partial(sign_receipt, key=key),
    )
