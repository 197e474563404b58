"""Consents: granted by the sleeper, withdrawn by anyone on request, shown with their receipts.

To withdraw is a way out: done in the call, in every state of consent and Dreamscape, and written after. The
answer is a ticket, as for a sever. It waits for the ledger, so that an answer outlives a crash, but no longer
than for a pod; a ledger that fails or takes too long refuses nothing.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

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
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamwire.topics import is_name

T = TypeVar("T")
Resource = Mapping[str, object]
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
        zeroed = [record.pod] if record is not None and held else []
        ticket = self._deps.tickets.issue(zeroed, lambda: self._book.is_written(sleeper))
        self._deps.consents.withdraw(sleeper)
        if record is not None and held and self._dreamscapes.holds_slot(record):
            self._dreamscapes.release_pod(record, WITHDRAWN)
        return ticket

    def list_revisions(self, caller: Caller, sleeper: str) -> Deferred[tuple[Grant, ...]]:
        """Every grant of a sleeper, by revision."""
        return self._read(sleeper, lambda grants: grants)

    def receipt(self, caller: Caller, sleeper: str, revision: int = 0) -> str | Refusal | Deferred[str]:
        """The signed receipt of a grant, as the text of its file."""
        sign = self._people.sign_receipt
        if sign is None:
            return Refusal(Code.WRONG_STATE, "this daemon has no key to sign a receipt with")
        ids, house = self._ids(sleeper), self._people.controller
        return self._told(sleeper, revision, lambda consent: sign(receipt(consent, house, *ids)))

    def fhir(
        self, caller: Caller, sleeper: str, revision: int = 0
    ) -> Resource | Refusal | Deferred[Resource]:
        """The same as HL7 FHIR R5 `Consent`."""
        ids, house = self._ids(sleeper), self._people.controller
        return self._told(sleeper, revision, lambda consent: fhir_consent(consent, house, *ids))

    def _ids(self, sleeper: str) -> tuple[str, str]:
        """The id of the record, and the subject: a sleeper has one record of consent."""
        subject = self._people.subjects(sleeper)
        return f"consent-{subject}", subject

    def _told(self, sleeper: str, revision: int, make: Callable[[Consent], T]) -> T | Refusal | Deferred[T]:
        """Make a document of the consent as it stands (0), or as it was given with this revision."""
        now = self._book.consent(sleeper)
        if now.grant is not None and revision in (0, now.grant.revision):
            return make(now)
        if revision == 0:
            return Refusal(Code.CONSENT_MISSING, "the sleeper has granted nothing", {"scope": "merge"})

        def given(grants: tuple[Grant, ...]) -> T | Refusal:
            one = next((grant for grant in grants if grant.revision == revision), None)
            if one is not None:
                return make(Consent(ConsentState.GIVEN, revision, one, one.held, one.at_s))
            known = ", ".join(str(grant.revision) for grant in grants) or "none"
            return bad_field("revision", f"one of this sleeper's ({known})", Figure(str(revision)))

        return self._read(sleeper, given)

    def _read(self, sleeper: str, use: Callable[[tuple[Grant, ...]], T | Refusal]) -> Deferred[T]:
        """Read the grants beside this thread, and use them once they are there."""
        later = Deferred[T]()

        def read(commit: Commit[tuple[Grant, ...]]) -> None:
            if commit.done:
                later.settle(use(commit.value))
            else:
                sentence = f"the grants could not be read: {commit.failure}"
                later.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))

        self._deps.ledger.read_grants(sleeper).then(read)
        return later
