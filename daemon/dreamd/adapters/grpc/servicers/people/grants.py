"""Grants and consents, read from their messages and written to them.

Only the form of a field is checked here; `core.consent.grant` judges the grant.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeVar, cast

from dreamapi import names
from dreamapi.v1 import consents_pb2 as consents
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Grant, Method, Modality, Scope
from dreamd.core.consent.hours import Hours
from dreamd.core.guidelines.bundle import window
from dreamd.core.refusals import Figure

Word = TypeVar("Word", bound=Enum)

MANY_MAX: Final = 16
"""Scopes, modalities or codes in one message, however often each is named."""
REVISION_MOST: Final = 1 << 53

SCOPES: Final[dict[int, Scope]] = {
    getattr(consents.ConsentGrant, f"SCOPE_{scope.name}"): scope for scope in Scope
}
MODALITIES: Final[dict[int, Modality]] = {
    getattr(consents.ConsentGrant, f"MODALITY_{one.name}"): one for one in Modality
}
METHODS: Final[dict[int, Method]] = {
    getattr(consents.ConsentGrant, f"METHOD_{one.name}"): one for one in Method
}
STATES: Final[dict[ConsentState, consents.Consent.State]] = {
    state: getattr(consents.Consent, f"STATE_{state.name}") for state in ConsentState
}
_NUMBER_OF_SCOPE: Final = {
    scope: cast("consents.ConsentGrant.Scope", number) for number, scope in SCOPES.items()
}
_NUMBER_OF_MODALITY: Final = {
    one: cast("consents.ConsentGrant.Modality", number) for number, one in MODALITIES.items()
}
_NUMBER_OF_METHOD: Final = {
    one: cast("consents.ConsentGrant.Method", number) for number, one in METHODS.items()
}


def grant_of(sleeper: str, told: consents.ConsentGrant, *, simulated: bool) -> Grant:
    """The grant of a request; revision and expiry 0 where it leaves them out.

    simulated: whether a grant of a simulated sleeper is taken.

    Raises:
        Declined: a field has not its form.
    """
    for field in ("scopes", "modalities", "duo"):
        if not len(getattr(told, field)) <= MANY_MAX:
            raise bad_input(f"grant.{field}", f"at most {MANY_MAX}", len(getattr(told, field)))
    if not 0 <= told.revision <= REVISION_MOST:
        raise bad_input("grant.revision", "the next revision, or 0 for it", Figure(told.revision))
    scopes = _each(SCOPES, told.scopes, "scopes")
    modalities = _each(MODALITIES, told.modalities, "modalities")
    return Grant(
        sleeper,
        told.revision,
        scopes,
        modalities,
        told.ceiling,
        request_fields.moment(told.expire_time, "grant.expire_time"),
        artist_share=told.artist_share,
        hours=_hours(told.hours, told.zone),
        duo=tuple(told.duo),
        notice_sha256=told.notice_sha256,
        language=told.language,
        method=_method(told.method, simulated=simulated),
        adult=told.adult,
    )


def _each(table: Mapping[int, Word], numbers: Iterable[int], field: str) -> frozenset[Word]:
    """The words of these numbers; a number without a word is refused, with its place."""
    numbered = tuple(numbers)
    for at, number in enumerate(numbered):
        if number not in table:
            expected = ", ".join(one.name for one in table.values())
            raise bad_input(f"grant.{field}[{at}]", expected, Figure(number))
    return frozenset(table[number] for number in numbered)


def _method(number: int, *, simulated: bool) -> Method:
    if number == consents.ConsentGrant.METHOD_UNSPECIFIED:
        return Method.TOKEN
    method = METHODS.get(number)
    if method is Method.TOKEN or (method is Method.SIMULATED and simulated):
        return method
    expected = "METHOD_TOKEN, or METHOD_SIMULATED where no caller has a credential"
    if method is Method.POD:
        expected = "METHOD_TOKEN: a bed alone gives METHOD_POD, and no call comes from its button"
    raise bad_input("grant.method", expected, method.name if method is not None else Figure(number))


def _hours(text: str, zone: str) -> Hours | None:
    if not text and not zone:
        return None
    found = window(text)
    if found is None:
        raise bad_input("grant.hours", "hours such as 22:00/07:00, with their zone", text)
    return Hours(found, zone)


def told_grant(grant: Grant) -> consents.ConsentGrant:
    """The message of a grant."""
    return consents.ConsentGrant(
        revision=grant.revision,
        scopes=[_NUMBER_OF_SCOPE[scope] for scope in Scope if scope in grant.scopes],
        modalities=[_NUMBER_OF_MODALITY[one] for one in Modality if one in grant.modalities],
        ceiling=grant.ceiling,
        artist_share=grant.artist_share,
        hours=str(grant.hours.window) if grant.hours is not None else "",
        zone=grant.hours.zone if grant.hours is not None else "",
        expire_time=moment(grant.expires_s),
        duo=grant.duo,
        notice_sha256=grant.notice_sha256,
        language=grant.language,
        method=_NUMBER_OF_METHOD[grant.method],
        create_time=moment(grant.at_s),
        adult=grant.adult,
    )


def told_consent(sleeper: str, consent: Consent, until_s: float) -> consents.Consent:
    """The message of a consent. until_s: when what may be used now ends; 0: nothing may be used."""
    held = consent.held if until_s > 0.0 else None
    return consents.Consent(
        name=names.of_sleeper(sleeper, "consent"),
        state=STATES[consent.state],
        revision=consent.revision,
        grant=told_grant(consent.grant) if consent.grant is not None else None,
        until_time=moment(until_s),
        change_time=moment(consent.changed_s),
        held_scopes=[_NUMBER_OF_SCOPE[one] for one in Scope if held and one in held.scopes],
        held_modalities=[_NUMBER_OF_MODALITY[one] for one in Modality if held and one in held.modalities],
        held_ceiling=held.ceiling if held else 0.0,
        held_artist_share=held.artist_share if held else 0.0,
    )
