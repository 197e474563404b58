"""A sleeper's consent, dose and letters in the shape that their page draws. Pure."""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from dreamapi.names import bare, word
from dreamapi.v1.access_pb2 import Principal
from dreamapi.v1.consents_pb2 import Consent, ConsentGrant, Erasure, Receipt
from dreamapi.v1.exposure_pb2 import Dose, DoseWindow
from dreamapi.v1.letters_pb2 import Letter
from dreamapi.v1.rules_pb2 import Role
from dreamd.console.shapes import given, number, seconds
from dreamd.core.limits import ARTIST_SHARE_MOST, CONSENT_MOST_S, GUIDELINE_CAP

STEPS: Final = (("faint", 0.05), ("moderate", 0.1))
"""Named ceilings below the full one."""
SHARES: Final = (0.1, 0.2, 0.3)
"""The most of an artist's share that a sleeper may choose."""
DAYS: Final = (7, 30, 90)
"""Ends that a sleeper may choose, besides this night."""
assert max(DAYS) * 86_400.0 <= CONSENT_MOST_S, "a consent lasts no longer"


def sleeper_of(viewer: Principal) -> str:
    """The pseudonym of a principal that is a sleeper; empty: it is none."""
    return next((bare(one.sleeper) for one in viewer.grants if one.role == Role.ROLE_SLEEPER), "")


def choices_shape(
    ceiling: float = GUIDELINE_CAP, artist_share: float = ARTIST_SHARE_MOST
) -> dict[str, object]:
    """The choices of a sleeper. ceiling, artist_share: the most that the guidelines allow."""
    steps = [[name, value] for name, value in STEPS if value < ceiling]
    return {
        "ceilings": [*steps, ["full", number(ceiling)]],
        "artist_shares": [share for share in SHARES if share <= artist_share],
        "days": DAYS,
    }


def consent_shape(consent: Consent) -> dict[str, object]:
    """The consent that stands now, and the part of it that may be used."""
    return {
        "state": word(Consent.State, consent.state),
        "revision": consent.revision,
        "until_s": given(consent, "until_time"),
        "changed_s": given(consent, "change_time"),
        "held": {
            "scopes": _words(ConsentGrant.Scope, consent.held_scopes),
            "modalities": _words(ConsentGrant.Modality, consent.held_modalities),
            "ceiling": number(consent.held_ceiling),
            "artist_share": number(consent.held_artist_share),
        },
        "grant": _grant(consent.grant) if consent.HasField("grant") else None,
    }


def _grant(grant: ConsentGrant) -> dict[str, object]:
    return {
        "revision": grant.revision,
        "scopes": _words(ConsentGrant.Scope, grant.scopes),
        "modalities": _words(ConsentGrant.Modality, grant.modalities),
        "ceiling": number(grant.ceiling),
        "artist_share": number(grant.artist_share),
        "hours": grant.hours,
        "zone": grant.zone,
        "expires_s": seconds(grant.expire_time),
        "given_s": seconds(grant.create_time),
    }


def _words(kind: "type[ConsentGrant.Scope | ConsentGrant.Modality]", numbers: Iterable[int]) -> list[str]:
    return sorted(word(kind, one) for one in numbers)


def dose_shape(dose: Dose) -> dict[str, object]:
    """A sleeper's own dose: used and allowed merge-minutes, and when it is below four fifths again."""
    return {
        "day": _window(dose.day),
        "week": _window(dose.week),
        "left_min": given(dose, "left_min"),
        "admitted": dose.admitted,
    }


def _window(window: DoseWindow) -> dict[str, object]:
    return {
        "used_min": number(window.used_min),
        "limit_min": given(window, "limit_min"),
        "below_s": given(window, "below_time"),
    }


def letter_shape(letter: Letter) -> dict[str, object]:
    """A letter; of a list without its text."""
    return {
        "night": bare(letter.name),
        "begin_s": given(letter, "begin_time"),
        "end_s": given(letter, "end_time"),
        "title": letter.title,
        "text": letter.text.decode(),
        "language": letter.language,
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files of an export as one archive."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made.getvalue()


def erasure_shape(erasure: Erasure) -> dict[str, object]:
    """When a sleeper was erased, and the files in which their name still stands as a word."""
    return {"erased_s": given(erasure, "erase_time"), "named_files": list(erasure.named_files)}


def receipt_shape(receipt: Receipt) -> dict[str, object]:
    """The two files of a receipt, as texts."""
    fhir = json.dumps(json.loads(receipt.fhir), indent=1) + "\n"
    return {"revision": receipt.revision, "receipt": receipt.document.decode(), "fhir": fhir}
