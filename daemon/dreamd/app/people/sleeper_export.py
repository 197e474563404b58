"""A sleeper's export: everything the house holds of them, as files that other programs read.

`sleeper.json` holds every record; `exposure.csv` the merge-minutes as a table; `receipts/` the signed receipt
of each grant; `fhir/` the same as HL7 FHIR R5. `README.txt` states the form of each. Times are RFC 3339 in
UTC.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dreamd.core.access.principals import Principal
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.fhir import fhir_consent
from dreamd.core.consent.grant import Grant
from dreamd.core.consent.receipt import Controller, instant, receipt
from dreamd.core.exposure.windows import BUCKET_S, DAY_S
from dreamd.ports.ledger.person import PersonRecords

FORMAT: Final = "dreamd-sleeper"
VERSION: Final = 1
README: Final = """Your data, as this house holds them.

sleeper.json   every record: check-ins, consent and grants, merge-minutes, planned doses, seats,
               calibration days, cases of the clinic, letters, answers and other personal rows, acts
               recorded about you, your logins.
exposure.csv   merge-minutes: begins (RFC 3339, UTC), seconds, merge-minutes. Parts of ten minutes, and
               days for what is older than about a week.
receipts/      the receipt of each grant (ISO/IEC TS 27560), signed. `dreamd receipt verify FILE --key KEY`
               verifies one with the house's public key alone.
fhir/          each grant as HL7 FHIR R5 Consent.

sleeper.json is JSON (RFC 8259, UTF-8). "subject" is the random name under which the rows are kept. The
body of a personal row is text, or base64 where "encoding" says so. "record" of an act is the line of the
audit log, "reason" the text kept apart of it.

To withdraw, at any time and without a reason: the button of your pod, or `dreamd me consent withdraw`.
To have all of this erased: `dreamd me erase`.
"""


@dataclass(frozen=True, slots=True)
class ExportPart:
    """A file of an export. name: a path with `/`. media_type: of its content."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ExportParts:
    """The files of an export, README.txt first."""

    sleeper: str
    parts: tuple[ExportPart, ...]


def export_parts(
    records: PersonRecords,
    controller: Controller,
    sign: Callable[[Mapping[str, object]], str] | None,
    at_s: float,
) -> ExportParts:
    """Return the files. sign: makes the signed file of a receipt; absent, receipts are left out."""
    parts = [
        ExportPart("README.txt", "text/plain", README.encode()),
        _json("sleeper.json", document(records, at_s)),
        ExportPart("exposure.csv", "text/csv", exposure_table(records).encode()),
    ]
    for grant in records.grants:
        consent = _consent_of(records, grant)
        ids = f"consent-{records.subject}", records.subject
        if sign is not None:
            text = sign(receipt(consent, controller, *ids)).encode()
            parts.append(ExportPart(f"receipts/receipt-{grant.revision}.json", "application/json", text))
        name = f"fhir/consent-{grant.revision}.json"
        parts.append(_json(name, fhir_consent(consent, controller, *ids), "application/fhir+json"))
    return ExportParts(records.sleeper, tuple(parts))


def document(records: PersonRecords, at_s: float) -> dict[str, object]:
    """Return every record as the document of `sleeper.json`."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made": instant(at_s),
        "sleeper": records.sleeper,
        "subject": records.subject,
        "beds": list(records.beds),
        "consent": records.consent and _consent(records.consent),
        "grants": [_grant(grant) for grant in records.grants],
        "exposure": [
            {"begins": instant(begins_s), "lasts_s": lasts_s, "merge_minutes": minutes}
            for begins_s, lasts_s, minutes in _exposure(records)
        ],
        "planned_doses": [
            {"dreamscape": plan.dreamscape, "merge_minutes": plan.minutes, "at": instant(plan.at_s)}
            for plan in records.planned
        ],
        "anchor_minutes": [
            {"from": instant(bucket * BUCKET_S), "minutes": lived_min}
            for bucket, lived_min in sorted(records.anchors.items())
        ],
        "seats": [{"dreamscape": name, "seat": seat, "pod": pod} for name, seat, pod in records.seats],
        "calibration_days": [instant(day * DAY_S)[:10] for day in records.calibration_days],
        "invitations": [
            {"dreamscape": name, "list": guest.since, "accepted": guest.accepted, "declined": guest.declined}
            for name, guest in records.guest_lists
        ],
        "seconded_moratoria": list(records.seconded_moratoria),
        "counted_in_reports": [
            {"day": instant(mark.day * DAY_S)[:10], "site": mark.site, "kind": mark.kind}
            for mark in records.report_marks
        ],
        "cases": [_case(kept) for kept in records.cases],
        "fault_night": None if records.fault_night is None else instant(records.fault_night * DAY_S)[:10],
        "personal": [
            {"kind": row.kind, "at": instant(row.at_s), "at_s": row.at_s} | _body(row.body)
            for row in records.personal
        ],
        "acts": [{"record": json.loads(line), "reason": reason} for line, reason in records.audit],
        "logins": [_login(principal, records.sleeper) for principal in records.principals],
    }


def exposure_table(records: PersonRecords) -> str:
    """Return the merge-minutes as CSV."""
    rows = ["begins,lasts_s,merge_minutes"]
    rows += [
        f"{instant(begins_s)},{lasts_s:.0f},{minutes!r}" for begins_s, lasts_s, minutes in _exposure(records)
    ]
    return "\n".join(rows) + "\n"


def _exposure(records: PersonRecords) -> list[tuple[float, float, float]]:
    days = [(day * DAY_S, DAY_S, minutes) for day, minutes in records.days.items()]
    parts = [(bucket * BUCKET_S, BUCKET_S, minutes) for bucket, minutes in records.buckets.items()]
    return sorted(days + parts)


def _json(name: str, value: object, media_type: str = "application/json") -> ExportPart:
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return ExportPart(name, media_type, text.encode())


def _consent_of(records: PersonRecords, grant: Grant) -> Consent:
    """The consent of this grant: the newest one as it stands, an older one as it was given."""
    now = records.consent
    if now is not None and now.grant is not None and now.grant.revision == grant.revision:
        return now
    return Consent(ConsentState.GIVEN, grant.revision, grant, grant.held, grant.at_s)


def _case(kept: KeptCase) -> dict[str, object]:
    case = kept.case
    return {
        "id": case.id,
        "level": int(case.level),
        "state": case.state.value,
        "site": case.site,
        "dreamscape": kept.dreamscape,
        "causes": list(kept.causes),
        "opened": instant(case.opened_s),
        "answered": instant(case.answered_s) if case.answered_s else None,
        "ended": instant(case.ended_s) if case.ended_s else None,
    }


def _consent(consent: Consent) -> dict[str, object]:
    granted = consent.grant.revision if consent.grant else 0
    return {
        "state": consent.state.value,
        "revision": consent.revision,
        "granted": granted,
        "changed": instant(consent.changed_s),
        "changed_s": consent.changed_s,
    }


def _grant(grant: Grant) -> dict[str, Any]:
    hours = grant.hours
    return {
        "revision": grant.revision,
        "scopes": sorted(scope.value for scope in grant.scopes),
        "modalities": sorted(modality.value for modality in grant.modalities),
        "ceiling": grant.ceiling,
        "artist_share": grant.artist_share,
        "hours": hours and str(hours.window),
        "zone": hours and hours.zone,
        "duo": list(grant.duo),
        "notice_sha256": grant.notice_sha256,
        "language": grant.language,
        "method": grant.method.value,
        "adult": grant.adult,
        "at": instant(grant.at_s),
        "at_s": grant.at_s,
        "expires": instant(grant.expires_s),
        "expires_s": grant.expires_s,
    }


def _body(body: bytes) -> dict[str, object]:
    try:
        return {"encoding": "utf-8", "body": body.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "body": base64.b64encode(body).decode()}


def _login(principal: Principal, sleeper: str) -> dict[str, object]:
    roles = [grant.role.value for grant in principal.grants if grant.sleeper == sleeper]
    return {"name": principal.name, "kind": principal.kind.value, "roles": roles, "shown": principal.shown}
