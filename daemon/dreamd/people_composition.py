"""The people's part of the daemon, put together: consents, exposure, receipts, founding guidelines."""

from functools import partial
from pathlib import Path
from typing import Final

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.pieces import sign_piece
from dreamd.adapters.documents.public_reports import document, sign_report
from dreamd.adapters.documents.receipts import sign_receipt
from dreamd.adapters.documents.shipped import founding
from dreamd.adapters.exposure import LedgerExposure
from dreamd.app.guidelines.revisions import Founding
from dreamd.app.people.house_people import NOT_STATED, HousePeople
from dreamd.cli.serve import CannotServe
from dreamd.core.consent.hours import zone_of
from dreamd.core.consent.receipt import Controller
from dreamd.core.guidelines.bundle import BundleError
from dreamd.core.guidelines.course import Course, CourseState
from dreamd.core.guidelines.reading import read_bundle
from dreamd.core.letters.letter import Place
from dreamd.ports.ledger.exposure import Account
from dreamd.ports.ledger.guidelines import KeptRevision
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.transaction import Transaction
from dreamd.settings import Settings
from dreamwire.signing import SigningKey
from dreamwire.text import shown

LOCALTIME: Final = Path("/etc/localtime")
"""A link to the zone of this machine."""


def house_people(
    ledger: Ledger, key: SigningKey, now_s: float, settings: Settings, *, in_site: bool
) -> HousePeople:
    """Return the people's parts of a daemon with this ledger. in_site: callers have credentials.

    Raises:
        LedgerError: exposure cannot be read or charged.
    """
    return HousePeople(
        exposures=LedgerExposure(ledger, now_s),
        anchors=LedgerExposure(ledger, now_s, Account.ANCHOR),
        subjects=ledger.keys.subject_of,
        simulated_grants=not in_site,
        controller=house_controller(settings, key),
        place=letters_place(settings.house_zone, settings.house_contact),
        sign_receipt=partial(sign_receipt, key=key),
        sign_report=lambda found: sign_report(document(found, settings.house_name), key),
        sign_piece=partial(sign_piece, key=key),
        digest=digest,
    )


def house_controller(settings: Settings, key: SigningKey) -> Controller:
    """Return the house that answers for the data, as receipts name it; a setting left out is not stated."""
    kept = settings.ledger_url.rpartition("@")[2].partition("?")[0] or "a file of the daemon's own machine"
    return Controller(
        id=f"house-{key.public.hex[:16]}",
        name=settings.house_name or NOT_STATED,
        address=settings.house_address or NOT_STATED,
        contact=settings.house_contact or NOT_STATED,
        jurisdiction=settings.house_country or NOT_STATED,
        storage=kept,
        retention="until the sleeper erases it, or as long as the guidelines' clause of retention says",
    )


def letters_place(zone: str, contact: str, link: Path = LOCALTIME) -> Place:
    """Return zone and contact of the letters. zone: empty, that of this machine; UTC where it names none."""
    name = zone
    if not name and link.is_symlink():
        name = str(link.resolve()).partition("zoneinfo/")[2]
    try:
        return Place(zone_of(name), name, contact) if name else Place(contact=contact)
    except ValueError:
        return Place(contact=contact)


def house_founding(file: str, ledger: Ledger, now_s: float, *, in_site: bool) -> Founding:
    """Return the guidelines of a new house. file: of --guidelines; empty: the shipped ones.

    A file's revision is written into a ledger that holds none, and is in force from then on.

    Raises:
        CannotServe: a site, a ledger with other revisions, a file that is no revision.
        LedgerError: it cannot be written.
    """
    if not file:
        return founding()
    if in_site:
        raise CannotServe(
            "--guidelines is for a house without access control; in a site two people ratify a revision, "
            "a clinician and an advocate (dreamd guidelines ratify)"
        )
    try:
        bundle = read_bundle(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, BundleError) as error:
        raise CannotServe(
            f"--guidelines {file} is no revision ({shown(str(error))}); check it (dreamd guidelines check)"
        ) from error
    name, kept = digest(bundle.document()), ledger.guidelines()
    if not kept:
        course = Course(bundle.revision, "--guidelines", now_s, CourseState.IN_FORCE, in_force_s=now_s)
        ledger.write(Transaction(guidelines=(KeptRevision(bundle, name, course),)))
    elif all(one.digest != name for one in kept):
        raise CannotServe(
            f"the ledger holds {len(kept)} revisions of the guidelines, and none is that of --guidelines "
            f"{file}; leave the flag out, or name another state directory (--state-dir)"
        )
    return founding()
