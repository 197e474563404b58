"""The receipt of a consent: the record of ISO/IEC TS 27560, as a document to be signed.

Every mandatory field is there, also for a consent that was withdrawn: the event tells its state. Times are
RFC 3339 in UTC, durations ISO 8601.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import DUO_DEFAULT, Grant, Scope

SCHEMA_VERSION: Final = "ISO/IEC TS 27560:2023"
PURPOSES: Final[Mapping[Scope, str]] = {
    Scope.MERGE: "The sleeper's feedback is drawn towards the collective of a Dreamscape.",
    Scope.INTIMATE: "The same with fewer than five people, of whom each weighs more.",
    Scope.PERFORM: "An artist has a share in the collective.",
    Scope.RECORD: "The features of the Dreamscape are recorded, with this sleeper as a number.",
    Scope.RESEARCH: "Recorded features are exported for research under the codes named.",
}
DATA: Final = ("features of the electroencephalogram", "spectral template", "merge-minutes")
RECORD_FIELDS: Final = frozenset({"schema_version", "record_id", "receipt_id", "pii_principal_id"})
PROCESSING_FIELDS: Final = frozenset(
    {
        *("purpose", "purpose_type", "lawful_basis", "pii_information", "pii_controllers"),
        *("collection_method", "processing_method", "storage_locations", "retention_period"),
        *("processing_locations", "jurisdictions", "recipient_third_parties", "withdrawal_method"),
    }
)
PARTY_FIELDS: Final = frozenset(
    {"party_id", "party_address", "party_name", "party_contact", "party_type", "party_role"}
)
EVENT_FIELDS: Final = frozenset({"event_time", "validity_duration", "entity_id", "event_type", "event_state"})
WITHDRAWAL: Final = "the pod's button, the API, an advocate, or anyone on request: at once"


@dataclass(frozen=True, slots=True)
class Controller:
    """The house that answers for the data. contact: of its data protection; jurisdiction: ISO 3166-1."""

    id: str
    name: str
    address: str
    contact: str
    jurisdiction: str
    storage: str
    retention: str
    recipients: tuple[str, ...] = ()


def receipt(consent: Consent, controller: Controller, record_id: str, subject: str) -> dict[str, object]:
    """Return the document of a consent that has a grant. subject: the random id that stands for the sleeper.

    Raises:
        ValueError: nothing was granted.
    """
    grant = consent.grant
    if grant is None:
        raise ValueError("a receipt tells of a grant; this sleeper has given none")
    return {
        "schema_version": SCHEMA_VERSION,
        "record_id": record_id,
        "receipt_id": f"{record_id}.{consent.revision}.{consent.state.value}",
        "pii_principal_id": subject,
        "privacy_notice": f"sha256:{grant.notice_sha256}",
        "language": grant.language,
        "pii_processing": [_processing(grant, scope, controller) for scope in Scope if scope in grant.scopes],
        "party_identification": [_party(controller)],
        "event": [_event(consent, grant, subject)],
        "limits": _limits(grant),
    }


def _processing(grant: Grant, scope: Scope, controller: Controller) -> dict[str, object]:
    processing: dict[str, object] = {
        "purpose": PURPOSES[scope],
        "purpose_type": scope.value,
        "lawful_basis": "consent",
        "pii_information": [{"pii_type": one, "pii_optional": False, "sensitive": True} for one in DATA],
        "pii_controllers": [controller.id],
        "collection_method": f"{grant.method.value}, by the sleeper",
        "processing_method": "automated, closed loop",
        "storage_locations": [controller.storage],
        "retention_period": controller.retention,
        "processing_locations": [controller.storage],
        "jurisdictions": [controller.jurisdiction],
        "recipient_third_parties": list(controller.recipients),
        "withdrawal_method": WITHDRAWAL,
    }
    return processing | ({"duo": list(grant.duo or DUO_DEFAULT)} if scope is Scope.RESEARCH else {})


def _party(controller: Controller) -> dict[str, object]:
    return {
        "party_id": controller.id,
        "party_address": controller.address,
        "party_name": controller.name,
        "party_contact": controller.contact,
        "party_type": "organisation",
        "party_role": "controller",
    }


def _event(consent: Consent, grant: Grant, subject: str) -> dict[str, object]:
    withdrawn = consent.state is ConsentState.WITHDRAWN
    at_s = consent.changed_s if withdrawn else grant.at_s
    return {
        "event_time": instant(at_s),
        "validity_duration": f"PT{max(0.0, grant.expires_s - grant.at_s):.0f}S",
        "entity_id": subject,
        "event_type": "withdrawal" if withdrawn else "explicit",
        "event_state": consent.state.value,
    }


def _limits(grant: Grant) -> dict[str, object]:
    hours = {} if grant.hours is None else {"hours": str(grant.hours.window), "zone": grant.hours.zone}
    return {
        "revision": grant.revision,
        "scopes": [scope.value for scope in Scope if scope in grant.scopes],
        "modalities": sorted(modality.value for modality in grant.modalities),
        "ceiling": grant.ceiling,
        "artist_share": grant.artist_share,
        "expires": instant(grant.expires_s),
        "adult": grant.adult,
    } | hours


def instant(at_s: float) -> str:
    """Return a unix time as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def missing_fields(document: Mapping[str, object]) -> tuple[str, ...]:
    """Return the mandatory fields that a receipt lacks, as paths, sorted."""
    lacks = {name for name in RECORD_FIELDS | {"privacy_notice", "language"} if not document.get(name)}
    parts = (
        ("pii_processing", PROCESSING_FIELDS),
        ("party_identification", PARTY_FIELDS),
        ("event", EVENT_FIELDS),
    )
    for part, fields in parts:
        entries = document.get(part)
        if not isinstance(entries, list) or not entries:
            lacks.add(part)
            continue
        for entry in entries:
            known = entry.keys() if isinstance(entry, dict) else ()
            lacks |= {f"{part}.{name}" for name in fields - set(known)}
    return tuple(sorted(lacks))
