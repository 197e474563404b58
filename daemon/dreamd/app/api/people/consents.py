"""Consents: granted by the sleeper, withdrawn by anyone on request, shown with their receipts.

To withdraw is a way out: done in the call, in every state of consent and Dreamscape, and written after. The
answer is a ticket, as for a sever. A sleeper without a slot gets one that is settled at once.
"""

from collections.abc import Mapping
from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.app.people.consent_book import ConsentBook
from dreamd.app.people.house_people import HousePeople
from dreamd.core.access.caller import Caller
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.fhir import fhir_consent
from dreamd.core.consent.grant import Grant, filled
from dreamd.core.consent.receipt import receipt
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.commit import LedgerError
from dreamd.ports.deferred import Deferred
from dreamwire.topics import is_name

WITHDRAWN: Final = "withdrawn"


class ConsentCommands:
    """Implements `ConsentsApi`."""

    def __init__(
        self,
        dependencies: Dependencies,
        dreamscapes: DreamscapeRegistry,
        book: ConsentBook,
        people: HousePeople,
    ) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._book = book
        self._people = people

    def grant(self, caller: Caller, grant: Grant) -> Consent | Refusal | Deferred[Consent]:
        """Take a grant of the sleeper. Revision 0 is the next one; without an end it is for this night."""
        if not is_name(grant.sleeper):
            return bad_field("grant.sleeper", f"a pseudonym of {NAME_RULE}", Figure("something else"))
        whole = filled(grant, self._book.consent(grant.sleeper).revision, self._deps.clock.now_s())
        return whole if isinstance(whole, Refusal) else self._book.grant(caller, whole)

    def until_s(self, sleeper: str) -> float:
        """When that which the sleeper has granted ends; 0: nothing may be used now."""
        return self._book.consent(sleeper).until_s(self._deps.clock.now_s())

    def consent_of(self, caller: Caller, sleeper: str) -> Consent | Refusal:
        """The consent of a sleeper by now."""
        return self._book.consent(sleeper)

    def withdraw(self, caller: Caller, sleeper: str) -> PendingSever:
        """End the consent and set the sleeper to zero, in this call."""
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        if record is None and not self._book.knows(sleeper):
            return self._deps.tickets.issue(())
        held = record is not None and self._dreamscapes.holds_slot(record)
        ticket = self._deps.tickets.issue([record.pod] if record is not None and held else [])
        self._deps.consents.withdraw(sleeper)
        if record is not None and held and self._dreamscapes.holds_slot(record):
            self._dreamscapes.release_pod(record, WITHDRAWN)
        return ticket

    def list_revisions(self, caller: Caller, sleeper: str) -> tuple[Grant, ...] | Refusal:
        """Every grant of a sleeper, by revision."""
        try:
            return self._deps.ledger.grants(sleeper)
        except LedgerError as error:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"the grants could not be read: {error}")

    def receipt(self, caller: Caller, sleeper: str, revision: int = 0) -> str | Refusal:
        """The signed receipt of a grant, as the text of its file."""
        consent = self._consent_of(caller, sleeper, revision)
        if isinstance(consent, Refusal):
            return consent
        sign = self._people.sign_receipt
        if sign is None:
            return Refusal(Code.WRONG_STATE, "this daemon has no key to sign a receipt with")
        return sign(receipt(consent, self._people.controller, *self._ids(sleeper)))

    def fhir(self, caller: Caller, sleeper: str, revision: int = 0) -> Mapping[str, object] | Refusal:
        """The same as HL7 FHIR R5 `Consent`."""
        consent = self._consent_of(caller, sleeper, revision)
        if isinstance(consent, Refusal):
            return consent
        return fhir_consent(consent, self._people.controller, *self._ids(sleeper))

    def _ids(self, sleeper: str) -> tuple[str, str]:
        """The id of the record, and the subject: a sleeper has one record of consent."""
        subject = self._people.subjects(sleeper)
        return f"consent-{subject}", subject

    def _consent_of(self, caller: Caller, sleeper: str, revision: int) -> Consent | Refusal:
        """The consent as it stands (0), or as it was given with this revision."""
        now = self._book.consent(sleeper)
        if revision == 0 or (now.grant is not None and now.grant.revision == revision):
            none = Refusal(Code.CONSENT_MISSING, "the sleeper has granted nothing", {"scope": "merge"})
            return now if now.grant is not None else none
        grants = self.list_revisions(caller, sleeper)
        if isinstance(grants, Refusal):
            return grants
        given = next((one for one in grants if one.revision == revision), None)
        if given is None:
            known = ", ".join(str(one.revision) for one in grants) or "none"
            return bad_field("revision", f"one of this sleeper's ({known})", Figure(str(revision)))
        return Consent(ConsentState.GIVEN, revision, given, given.held, given.at_s)
