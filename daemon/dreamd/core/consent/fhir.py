"""A consent as HL7 FHIR R5 `Consent`, for clinics.

The code sets are HL7's, as published with R5 (https://hl7.org/fhir/R5/consent.html); a withdrawn consent is
`inactive`, for R5 has no code `withdrawn`.
"""

from typing import Final

from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import DUO_DEFAULT, Grant, Scope
from dreamd.core.consent.receipt import Controller, instant

STATE_CODES: Final = frozenset({"draft", "active", "inactive", "not-done", "entered-in-error", "unknown"})
"""http://hl7.org/fhir/consent-state-codes, R5."""
DECISION_CODES: Final = frozenset({"deny", "permit"})
"""http://hl7.org/fhir/consent-provision-type, R5."""
DUO_SYSTEM: Final = "http://purl.obolibrary.org/obo/duo.owl"
SCOPE_SYSTEM: Final = "urn:dreamd:scope"
LOINC: Final = {"system": "http://loinc.org", "code": "59284-0", "display": "Consent Document"}


def fhir_consent(consent: Consent, controller: Controller, record_id: str, subject: str) -> dict[str, object]:
    """Return the resource of a consent that has a grant. subject: the random id that stands for the sleeper.

    Raises:
        ValueError: nothing was granted.
    """
    grant = consent.grant
    if grant is None:
        raise ValueError("the resource tells of a grant; this sleeper has given none")
    active = consent.state is ConsentState.GIVEN
    who = {"identifier": {"system": "urn:dreamd:subject", "value": subject}}
    house = {"system": "urn:dreamd:controller", "value": controller.id}
    return {
        "resourceType": "Consent",
        "id": record_id,
        "status": "active" if active else "inactive",
        "category": [{"coding": [LOINC]}],
        "subject": who,
        "date": instant(grant.at_s)[:10],
        "period": {"start": instant(grant.at_s), "end": _end(consent, grant)},
        "grantor": [who],
        "controller": [{"identifier": house, "display": controller.name}],
        "decision": "permit",
        "provision": [_provision(grant, scope) for scope in Scope if scope in grant.scopes],
    }


def _end(consent: Consent, grant: Grant) -> str:
    withdrawn = consent.state is ConsentState.WITHDRAWN
    return instant(min(consent.changed_s, grant.expires_s) if withdrawn else grant.expires_s)


def _provision(grant: Grant, scope: Scope) -> dict[str, object]:
    purpose = [{"system": SCOPE_SYSTEM, "code": scope.value}]
    if scope is Scope.RESEARCH:
        codes = (code.replace(":", "_") for code in grant.duo or DUO_DEFAULT)
        purpose += [{"system": DUO_SYSTEM, "code": code} for code in codes]
    return {"period": {"start": instant(grant.at_s), "end": instant(grant.expires_s)}, "purpose": purpose}
