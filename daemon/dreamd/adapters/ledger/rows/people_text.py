"""The text in which consents, grants and revisions of the guidelines are kept in a ledger's row.

Rule: a revision is read by the vocabulary of this program. A key that becomes required later needs a step
that adds its clause to kept revisions.
"""

import json
from dataclasses import asdict
from typing import Any

from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Grant, Held, Method, Modality, Scope
from dreamd.core.consent.hours import Hours
from dreamd.core.guidelines.bundle import Bundle, make_bundle, make_clause
from dreamd.core.guidelines.course import Course, CourseState
from dreamd.core.guidelines.forms import Window


def grant_text(grant: Grant) -> str:
    """Return the JSON of a grant."""
    hours = grant.hours
    kept: dict[str, Any] = {
        "scopes": sorted(scope.value for scope in grant.scopes),
        "modalities": sorted(modality.value for modality in grant.modalities),
        "ceiling": grant.ceiling,
        "expires_s": grant.expires_s,
        "artist_share": grant.artist_share,
        "hours": hours and [hours.window.start_min, hours.window.end_min, hours.zone],
        "duo": list(grant.duo),
        "notice_sha256": grant.notice_sha256,
        "language": grant.language,
        "method": grant.method.value,
        "at_s": grant.at_s,
        "adult": grant.adult,
    }
    return json.dumps(kept, allow_nan=False)


def grant_of(sleeper: str, revision: int, text: str) -> Grant:
    """Build a grant.

    Raises:
        ValueError, KeyError, TypeError: the text is not a grant's.
    """
    kept = json.loads(text)
    hours = kept.pop("hours")
    return Grant(
        sleeper,
        revision,
        **kept
        | {
            "scopes": frozenset(map(Scope, kept["scopes"])),
            "modalities": frozenset(map(Modality, kept["modalities"])),
            "hours": Hours(Window(int(hours[0]), int(hours[1])), str(hours[2])) if hours else None,
            "duo": tuple(kept["duo"]),
            "method": Method(kept["method"]),
        },
    )


def consent_text(consent: Consent) -> str:
    """Return the JSON of a consent's state, without its grant."""
    return json.dumps({"state": consent.state.value, "changed_s": consent.changed_s}, allow_nan=False)


def consent_of(revision: int, text: str, grant: Grant | None) -> Consent:
    """Build a consent of which nothing is held yet.

    Raises:
        ValueError, KeyError, TypeError: the text is not a consent's.
    """
    kept = json.loads(text)
    return Consent(ConsentState(kept["state"]), revision, grant, Held(), float(kept["changed_s"]))


def bundle_text(bundle: Bundle) -> str:
    """Return the JSON of a revision's clauses."""
    return json.dumps(bundle.document(), allow_nan=False)


def bundle_of(text: str) -> Bundle:
    """Build a revision.

    Raises:
        ValueError, KeyError, TypeError: the text is not a revision's.
    """
    kept = json.loads(text)
    return make_bundle(kept["revision"], map(make_clause, kept["clauses"]), kept.get("title", ""))


def course_text(course: Course) -> str:
    """Return the JSON of a revision's course."""
    return json.dumps(asdict(course) | {"state": course.state.value}, allow_nan=False)


def course_of(text: str) -> Course:
    """Build the course of a revision.

    Raises:
        ValueError, KeyError, TypeError: the text is not a course's.
    """
    kept = json.loads(text)
    return Course(**kept | {"state": CourseState(kept["state"])})
