"""The protocols of the people's subjects: what gRPC, the console and the command line may call."""

from collections.abc import Mapping
from typing import Protocol

from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.access.caller import Caller
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred


class ConsentsApi(Protocol):
    """Consents; a sleeper is named by the pseudonym alone."""

    def grant(self, caller: Caller, grant: Grant) -> Consent | Refusal | Deferred[Consent]:
        """Take a grant of the sleeper: its restrictions act in the call, what it gives once it is kept.

        Revision 0 is the next one. Without an end (expires_s 0) it is for this night.
        """
        ...

    def consent_of(self, caller: Caller, sleeper: str) -> Consent | Refusal:
        """The consent of a sleeper by now; of one that has granted nothing, state NONE."""
        ...

    def until_s(self, sleeper: str) -> float:
        """When that which the sleeper has granted ends, in session seconds; 0: nothing may be used now."""
        ...

    def withdraw(self, caller: Caller, sleeper: str) -> PendingSever:
        """End the consent and set the sleeper to zero, in this call. Never refused; needs no reason."""
        ...

    def list_revisions(self, caller: Caller, sleeper: str) -> Refusal | Deferred[tuple[Grant, ...]]:
        """Every grant of a sleeper, by revision."""
        ...

    def receipt(self, caller: Caller, sleeper: str, revision: int = 0) -> str | Refusal | Deferred[str]:
        """The signed receipt of a grant, as the text of its file; 0: of the consent as it stands now."""
        ...

    def fhir(
        self, caller: Caller, sleeper: str, revision: int = 0
    ) -> Mapping[str, object] | Refusal | Deferred[Mapping[str, object]]:
        """The same as HL7 FHIR R5 `Consent`."""
        ...
