"""The errors of a call, as types.

`Refused` is the daemon's refusal: it has a reason from the catalogue, a sentence and a next step. Each reason
has its own class, such as `dreamapi.PodOffline`. `Unreachable` and `TimedOut` are errors of the connection;
`Failed` is a bug at the other end.
"""
# ruff: noqa: N818 - a refusal is named by what was refused

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from dreamapi.v1.errors_pb2 import ErrorInfo, Status

DOMAIN: Final = "dreamd"
DETAILS_TRAILER: Final = "grpc-status-details-bin"


class ApiError(Exception):
    """A call was not carried out; the message gives the reason and the next step."""


class Unreachable(ApiError):
    """The address does not answer, or the connection broke."""


class TimedOut(ApiError):
    """The deadline passed first; a write may or may not have been done."""


class Failed(ApiError):
    """The daemon failed at the call; its log has the particulars."""


class Refused(ApiError):
    """The daemon refused. `reason` is the catalogue's code, `metadata` the particulars."""

    by_reason: ClassVar[dict[str, type["Refused"]]] = {}

    def __init__(self, reason: str, sentence: str, next_step: str, metadata: Mapping[str, str]) -> None:
        super().__init__(f"{sentence}; {next_step}" if next_step else sentence)
        self.reason = reason
        self.sentence = sentence
        self.next_step = next_step
        self.metadata = dict(metadata)

    def __init_subclass__(cls, reason: str) -> None:
        """Register the class for its reason."""
        Refused.by_reason[reason] = cls


class InvalidArgument(Refused, reason="INVALID_ARGUMENT"):
    """`metadata` names the `field` and what was `expected`."""


class PodUnknown(Refused, reason="POD_UNKNOWN"):
    """No such pod has ever connected."""


class PodOffline(Refused, reason="POD_OFFLINE"):
    """The pod's agent is not connected."""


class PodBusy(Refused, reason="POD_BUSY"):
    """Another sleeper is in the pod."""


class PodLatched(Refused, reason="POD_LATCHED"):
    """The sleeper has latched the pod."""


class NotCheckedIn(Refused, reason="NOT_CHECKED_IN"):
    """No sleeper is checked in to the pod."""


class SleeperElsewhere(Refused, reason="SLEEPER_ELSEWHERE"):
    """The sleeper is in another pod."""


class NotCalibrated(Refused, reason="NOT_CALIBRATED"):
    """The calibration is not done."""


class QualityLow(Refused, reason="QUALITY_LOW"):
    """The signal is not good enough."""


class ConsentMissing(Refused, reason="CONSENT_MISSING"):
    """The sleeper has not granted what the Dreamscape asks; the metadata name the scope."""


class ExposureReached(Refused, reason="EXPOSURE_REACHED"):
    """The sleeper has reached the limit of merge-minutes."""


class SchemaMismatch(Refused, reason="SCHEMA_MISMATCH"):
    """The device lacks a feature that the Dreamscape needs."""


class ClockUnsynced(Refused, reason="CLOCK_UNSYNCED"):
    """The pod's clock is not yet known."""


class BreakerOpen(Refused, reason="BREAKER_OPEN"):
    """The pod's breaker is open."""


class BreakerLocked(Refused, reason="BREAKER_LOCKED"):
    """The pod's breaker waits for a named person."""


class BreakerNotLocked(Refused, reason="BREAKER_NOT_LOCKED"):
    """The breaker is not locked, so there is nothing to reset."""


class WakeOrderActive(Refused, reason="WAKE_ORDER_ACTIVE"):
    """A wake order stands; `metadata` names it."""


class WakeOrderUnknown(Refused, reason="WAKE_ORDER_UNKNOWN"):
    """No such wake order."""


class SeatTaken(Refused, reason="SEAT_TAKEN"):
    """The pod has a seat already."""


class SeatsFull(Refused, reason="SEATS_FULL"):
    """No seat is left."""


class RecordingUnavailable(Refused, reason="RECORDING_UNAVAILABLE"):
    """The plan asks for a recording, and the daemon cannot keep one."""


class SlotsExhausted(Refused, reason="SLOTS_EXHAUSTED"):
    """Every slot of the Dreamscape is given for the moment."""


class LateJoiningClosed(Refused, reason="LATE_JOINING_CLOSED"):
    """The Dreamscape takes no pod after Start."""


class BelowQuorum(Refused, reason="BELOW_QUORUM"):
    """Too few of the assigned pods are healthy."""


class BelowMinimum(Refused, reason="BELOW_MINIMUM"):
    """Fewer pods are admitted than the plan's minimum."""


class WrongState(Refused, reason="WRONG_STATE"):
    """Not possible in this state."""


class DreamscapeUnknown(Refused, reason="DREAMSCAPE_UNKNOWN"):
    """No such Dreamscape."""


class DreamscapeExists(Refused, reason="DREAMSCAPE_EXISTS"):
    """The name has been used."""


class DreamscapesFull(Refused, reason="DREAMSCAPES_FULL"):
    """No more Dreamscapes are taken."""


class NobodyLeads(Refused, reason="NOBODY_LEADS"):
    """The plan lets no artist lead this Dreamscape."""


class LeadTaken(Refused, reason="LEAD_TAKEN"):
    """Another artist leads this Dreamscape now."""


class LedgerUnavailable(Refused, reason="LEDGER_UNAVAILABLE"):
    """The ledger cannot store the change, so the daemon did not make it."""


class StaleEtag(Refused, reason="STALE_ETAG"):
    """The resource has changed since it was read."""


class RequestIdReused(Refused, reason="REQUEST_ID_REUSED"):
    """The request id came with a different request before."""


class TermLost(Refused, reason="TERM_LOST"):
    """Another daemon has taken over."""


class CursorTooOld(Refused, reason="CURSOR_TOO_OLD"):
    """Events after this cursor are no longer kept."""


class CursorAhead(Refused, reason="CURSOR_AHEAD"):
    """No event has this cursor yet."""


class TooManyWatchers(Refused, reason="TOO_MANY_WATCHERS"):
    """No more watches are taken."""


class TooManyMarkers(Refused, reason="TOO_MANY_MARKERS"):
    """The Dreamscape takes no more markers in this second."""


class LaneFull(Refused, reason="LANE_FULL"):
    """The places for calls of this kind are taken; `metadata` names the `lane` and its `limit`."""


class StreamSilent(Refused, reason="STREAM_SILENT"):
    """No message came in time, so the daemon has ended the call."""


class FleetFull(Refused, reason="FLEET_FULL"):
    """No more pods are taken."""


class ShuttingDown(Refused, reason="SHUTTING_DOWN"):
    """The daemon is stopping."""


class CredentialMissing(Refused, reason="CREDENTIAL_MISSING"):
    """The call carries no credential, and the daemon asks for one."""


class CredentialUnknown(Refused, reason="CREDENTIAL_UNKNOWN"):
    """No principal has this credential."""


class CredentialExpired(Refused, reason="CREDENTIAL_EXPIRED"):
    """The credential has expired."""


class CredentialRevoked(Refused, reason="CREDENTIAL_REVOKED"):
    """The credential was revoked."""


class PrincipalPaused(Refused, reason="PRINCIPAL_PAUSED"):
    """The principal waits for an administrator."""


class PersonNeeded(Refused, reason="PERSON_NEEDED"):
    """A service may not call this method."""


class RoleLacking(Refused, reason="ROLE_LACKING"):
    """None of the caller's roles may call this method."""


class OutOfScope(Refused, reason="OUT_OF_SCOPE"):
    """The thing that the request names is not the caller's."""


class RateExceeded(Refused, reason="RATE_EXCEEDED"):
    """The caller makes more calls than its rate; `metadata` has `retry_s`."""


class PrincipalUnknown(Refused, reason="PRINCIPAL_UNKNOWN"):
    """No such principal."""


class AuditRecordUnknown(Refused, reason="AUDIT_RECORD_UNKNOWN"):
    """The audit log has no record of this number."""


class PrincipalExists(Refused, reason="PRINCIPAL_EXISTS"):
    """The name is that of a principal of another kind."""


class CodeUnknown(Refused, reason="CODE_UNKNOWN"):
    """No enrolment has this code."""


class CodeExpired(Refused, reason="CODE_EXPIRED"):
    """The code was good for a quarter of an hour."""


class BrokerOpen(Refused, reason="BROKER_OPEN"):
    """The broker allows what it must refuse, or could not be tried: nothing that binds a sleeper is begun."""


class NoProvider(Refused, reason="NO_PROVIDER"):
    """The site names no provider at which people sign in."""


class ProviderUnavailable(Refused, reason="PROVIDER_UNAVAILABLE"):
    """The provider is gone, slow, or answers what cannot be used; credentials of before work on."""


class SignInRefused(Refused, reason="SIGN_IN_REFUSED"):
    """The provider refused the code, or its ID token does not hold."""


class NoRoleGiven(Refused, reason="NO_ROLE_GIVEN"):
    """Nothing that the provider tells of the person gives a role."""


class NoRenewal(Refused, reason="NO_RENEWAL"):
    """The person signs in at the provider, which alone gives a new credential."""


class GuidelineRefused(Refused, reason="GUIDELINE_REFUSED"):
    """A clause of the guidelines refuses it; metadata: clause, revision, limit, value."""


class BeyondBound(Refused, reason="BEYOND_BOUND"):
    """A clause's limit is outside the bounds that no ratification passes."""


class NotCanonical(Refused, reason="NOT_CANONICAL"):
    """A clause's text has no canonical form."""


class TooEarly(Refused, reason="TOO_EARLY"):
    """The revision is still open for comments."""


class WrongRole(Refused, reason="WRONG_ROLE"):
    """The person does not act in the role that it needs."""


class SamePerson(Refused, reason="SAME_PERSON"):
    """One person cannot ratify in both roles."""


class ConsentStale(Refused, reason="CONSENT_STALE"):
    """A newer revision of the consent stands."""


class PodDisk(Refused, reason="POD_DISK"):
    """The pod cannot read or write the consents on its disk."""


class ConsentHours(Refused, reason="CONSENT_HOURS"):
    """The consent holds at other hours."""


class NotYours(Refused, reason="NOT_YOURS"):
    """It belongs to another person, and that person alone may do it."""


class LetterUnknown(Refused, reason="LETTER_UNKNOWN"):
    """There is no letter of this night."""


class CodeSpent(Refused, reason="CODE_SPENT"):
    """The code was used before."""


def from_rpc(error: grpc.aio.AioRpcError, target: str) -> ApiError:
    """The typed error of a failed call to `target`."""
    refusal = _refusal(error.trailing_metadata() or ())
    said = error.details() or error.code().name
    if refusal is not None:
        return refusal
    match error.code():
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:  # by a daemon that ends
            return Unreachable(
                f"nothing answers at {target}; start the daemon (dreamd serve) or name its address"
            )
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return TimedOut(f"{target} did not answer in time; look whether it was done, then call again")
        case _:
            return Failed(said)


def _refusal(trailer: Iterable[tuple[str, str | bytes]]) -> Refused | None:
    raw = next((value for key, value in trailer if key == DETAILS_TRAILER), None)
    if not isinstance(raw, bytes):
        return None
    try:
        info = _info(Status.FromString(raw))
    except DecodeError:
        return None
    if info is None:
        return None
    metadata = dict(info.metadata)
    sentence, next_step = metadata.pop("sentence", info.reason), metadata.pop("next_step", "")
    kind = Refused.by_reason.get(info.reason, Refused)
    return kind(info.reason, sentence, next_step, metadata)


def _info(status: Status) -> ErrorInfo | None:
    for detail in status.details:
        if detail.type_url.endswith("/google.rpc.ErrorInfo"):
            info = ErrorInfo.FromString(detail.value)
            if info.domain == DOMAIN:
                return info
    return None
