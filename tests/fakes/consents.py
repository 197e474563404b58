"""Consents over a ledger in memory, for servers without an application."""

from collections.abc import Callable, Mapping

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.receipts import sign_receipt
from dreamd.app.people.consent_book import ConsentBook
from dreamd.app.people.house_people import HousePeople, unnamed_house
from dreamd.app.people.people_events import PeopleEvents
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.consent.course import Consent
from dreamd.core.consent.fhir import fhir_consent
from dreamd.core.consent.grant import Grant, Modality, Scope, filled
from dreamd.core.consent.receipt import receipt
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamwire.signing import SigningKey
from fakes.access import FakeAccess
from fakes.people import Exposures


class FakeConsents:
    """The real book. A withdrawal sets bed-1 to zero."""

    def __init__(
        self,
        principals: FakeAccess,
        asked: Callable[..., Refusal | None],
        ticket: Callable[[tuple[str, ...]], object],
    ) -> None:
        self._asked, self._ticket = asked, ticket
        self._clock, self._ledger = principals.clock, principals.ledger
        kept = self._ledger.consents()
        events = PeopleEvents(principals.journal, self._clock, CountingMetrics())
        people = HousePeople(
            Exposures(), str.upper, simulated_grants=True, anchors=Exposures(), digest=digest
        )
        self.book = ConsentBook(kept, principals.commits, self._clock, events, lambda _sleeper: "", people)
        self.callers: list[Caller] = []

    def grant(self, caller: Caller, grant: Grant) -> Consent | Refusal | Deferred[Consent]:
        """Take a grant."""
        self.callers.append(caller)
        whole = filled(grant, self.book.consent(grant.sleeper).revision, self._clock.now_s())
        if isinstance(whole, Refusal):
            return whole
        return self._asked("consents.grant", whole) or self.book.grant(caller, whole)

    def given(self, sleeper: str) -> None:
        """Let this sleeper grant."""
        scopes, modalities = frozenset({Scope.MERGE}), frozenset({Modality.SOUND})
        notice = {"notice_sha256": "a" * 64, "language": "en"}
        grant = Grant(sleeper, 0, scopes, modalities, 0.1, 0.0, **notice, adult=True)
        answer = self.grant(Caller("", Role.SLEEPER, Channel.GRPC), grant)
        assert not isinstance(answer, Refusal), answer

    def consent_of(self, caller: Caller, sleeper: str) -> Consent | Refusal:
        """The consent."""
        self.callers.append(caller)
        return self._asked("consents.consent_of", sleeper) or self.book.consent(sleeper)

    def until_s(self, sleeper: str) -> float:
        """The end of what may be used now."""
        return self.book.consent(sleeper).until_s(self._clock.now_s())

    def withdraw(self, caller: Caller, sleeper: str) -> object:
        """End the consent."""
        self.callers.append(caller)
        self._asked("consents.withdraw", sleeper)
        self.book.withdraw(sleeper)
        return self._ticket(("bed-1",))

    def list_revisions(self, caller: Caller, sleeper: str) -> tuple[Grant, ...] | Refusal:
        """Every grant."""
        return self._asked("consents.list_revisions", sleeper) or self._ledger.grants(sleeper)

    def receipt(self, caller: Caller, sleeper: str, revision: int = 0) -> str | Refusal:
        """The newest one, signed."""
        consent = self.book.consent(sleeper)
        if consent.grant is None:
            return Refusal(Code.CONSENT_MISSING, "the sleeper has granted nothing", {"scope": "merge"})
        key = SigningKey.from_seed(bytes(32))
        return sign_receipt(receipt(consent, unnamed_house(), "consent-x", "subject-x"), key=key)

    def fhir(self, caller: Caller, sleeper: str, revision: int = 0) -> Mapping[str, object] | Refusal:
        """The newest one."""
        return fhir_consent(self.book.consent(sleeper), unnamed_house(), "consent-x", "subject-x")
