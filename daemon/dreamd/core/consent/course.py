"""The states of one sleeper's consent: one table, and `step(consent, event, now)`.

Rules
- A grant has the next revision, one above the highest that daemon or pod has seen. A lower one is stale.
- A grant narrows in the very next message and widens with the next assign: `held` is what both allow until
  then. After WITHDRAWN, EXPIRED, SUSPENDED and NONE it holds from the next assign on.
- Withdrawing is possible in every state and needs nothing. It keeps the revision: an equal one is refused by
  the pod from then on.
- A grant with hours holds again when they open again, until it expires. Outside them it allows nothing.
- A restored ledger suspends each grant: the sleeper is asked anew. So does a pod that has seen a higher
  revision than ours, for that grant is lost.
"""

from dataclasses import dataclass, field, replace
from enum import Enum

from dreamd.core.consent.grant import Asked, Grant, Held, Scope
from dreamd.core.refusals import Code, Refusal


class ConsentState(Enum):
    """The states of a consent."""

    NONE = "none"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


class ConsentEffect(Enum):
    """The consequence of a step."""

    ZERO = "zero"  # zero in the same message; the ledger after
    NARROW = "narrow"  # the limits hold in the very next message
    AT_ASSIGN = "at assign"  # from the next assign on, with a ramp from zero


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent of one sleeper. revision: the highest seen. held: what may be used now."""

    state: ConsentState = ConsentState.NONE
    revision: int = 0
    grant: Grant | None = None
    held: Held = field(default_factory=Held)
    changed_s: float = 0.0

    def until_s(self, now_s: float) -> float:
        """Return when it ends; 0 where nothing is granted now."""
        return self.held.until_s(now_s) if self.state is ConsentState.GIVEN else 0.0


@dataclass(frozen=True, slots=True)
class Granted:
    """The sleeper grants."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The sleeper withdraws, or another does on their request."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """The sleeper is assigned: the newest grant holds whole."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The ledger was restored from a copy."""


@dataclass(frozen=True, slots=True)
class PodHolds:
    """A pod has told the highest revision that it has seen. Above ours: our grant is not the newest."""

    revision: int


@dataclass(frozen=True, slots=True)
class PassedOver:
    """This revision is not to be used: the ledger may hold a grant of it that never held."""

    revision: int


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes."""


ConsentEvent = Granted | Withdrawn | Assigned | Restored | PodHolds | PassedOver | Passes
Stepped = tuple[Consent, tuple[ConsentEffect, ...]]


def step(consent: Consent, event: ConsentEvent, now_s: float) -> Stepped | Refusal:
    """Return the consent after the event and its effects; a grant that cannot be taken is refused.

    now_s: unix time. The end of the expiry and of the hours is accounted for first, so an event never acts on
    a grant that has ended.
    """
    consent, effects = _passed(consent, now_s)
    after = _answered(consent, event, now_s)
    return after if isinstance(after, Refusal) else (after[0], effects + after[1])


def _answered(consent: Consent, event: ConsentEvent, now_s: float) -> Stepped | Refusal:
    match event:
        case Granted():
            return _granted(consent, event.grant, now_s)
        case Withdrawn():
            gone = replace(consent, state=ConsentState.WITHDRAWN, held=Held(), changed_s=now_s)
            return gone, (ConsentEffect.ZERO,)
        case Assigned():
            return _assigned(consent), ()
        case Restored():
            return _restored(consent, now_s)
        case PodHolds() | PassedOver():
            return _seen(consent, event, now_s)
        case Passes():
            return consent, ()


def _passed(consent: Consent, now_s: float) -> Stepped:
    """Account for the ends and openings until now, of the newest grant and of what is held."""
    grant = consent.grant
    if grant is None or consent.state not in (ConsentState.GIVEN, ConsentState.EXPIRED):
        return consent, ()
    open_now = grant.held.until_s(now_s) > 0.0
    if consent.state is ConsentState.EXPIRED:
        if not open_now:
            return consent, ()
        opened = replace(consent, state=ConsentState.GIVEN, held=grant.held, changed_s=now_s)
        return opened, (ConsentEffect.AT_ASSIGN,)
    if not open_now and not _waits(consent, grant, now_s):
        ended = replace(consent, state=ConsentState.EXPIRED, held=Held(), changed_s=now_s)
        return ended, (ConsentEffect.ZERO,)
    if open_now and consent.held != Held() and not consent.held.until_s(now_s) > 0.0:
        return replace(consent, held=Held()), (ConsentEffect.ZERO, ConsentEffect.AT_ASSIGN)
    return consent, ()


def _waits(consent: Consent, grant: Grant, now_s: float) -> bool:
    """Whether the first hours of the grant are still to come."""
    ok = now_s < grant.expires_s and grant.hours is not None
    return ok and grant.hours is not None and now_s < grant.hours.opens_s(consent.changed_s)


def _granted(consent: Consent, grant: Grant, now_s: float) -> Stepped | Refusal:
    if consent.state is ConsentState.GIVEN and grant == consent.grant:
        return consent, ()
    if grant.revision != consent.revision + 1:
        sentence = f"the grant has revision {grant.revision}, the next one is {consent.revision + 1}"
        return Refusal(Code.CONSENT_STALE, sentence, {"revision": str(consent.revision)})
    if consent.state is not ConsentState.GIVEN:
        given = Consent(ConsentState.GIVEN, grant.revision, grant, grant.held, now_s)
        return given, (ConsentEffect.AT_ASSIGN,)
    held = consent.held.meet(grant.held)
    used = held.until_s(now_s) > 0.0
    held = held if used else Held()
    effects: list[ConsentEffect] = []
    if held != consent.held:
        ended = consent.held.until_s(now_s) > 0.0 and not used
        effects.append(ConsentEffect.ZERO if ended else ConsentEffect.NARROW)
    if held != grant.held:
        effects.append(ConsentEffect.AT_ASSIGN)
    return Consent(ConsentState.GIVEN, grant.revision, grant, held, now_s), tuple(effects)


def _assigned(consent: Consent) -> Consent:
    if consent.state is not ConsentState.GIVEN or consent.grant is None:
        return consent
    return replace(consent, held=consent.grant.held)


def _seen(consent: Consent, event: PodHolds | PassedOver, now_s: float) -> Stepped:
    if not event.revision > consent.revision:
        return consent, ()
    after, effects = _restored(consent, now_s) if isinstance(event, PodHolds) else (consent, ())
    return replace(after, revision=event.revision), effects


def _restored(consent: Consent, now_s: float) -> Stepped:
    if consent.state not in (ConsentState.GIVEN, ConsentState.EXPIRED):
        return consent, ()
    suspended = replace(consent, state=ConsentState.SUSPENDED, held=Held(), changed_s=now_s)
    return suspended, (ConsentEffect.ZERO,)


def asks(consent: Consent, asked: Asked, now_s: float) -> Refusal | None:
    """Return why this is not granted now; None: it is. The first scope missing is named.

    A grant that widens counts here, for an admission leads to an assign.
    """
    grant = consent.grant
    given = consent.state in (ConsentState.GIVEN, ConsentState.EXPIRED) and grant is not None
    if not given or grant is None or not now_s < grant.expires_s:
        why = _MISSING[consent.state]
        return Refusal(Code.CONSENT_MISSING, f"the sleeper {why}", {"scope": Scope.MERGE.value})
    missing = next((scope for scope in Scope if scope in asked.scopes - grant.scopes), None)
    if missing is not None:
        sentence = f"the sleeper has not granted {missing.value}"
        return Refusal(Code.CONSENT_MISSING, sentence, {"scope": missing.value})
    if not asked.artist_share <= grant.artist_share:
        limit, value = f"{grant.artist_share:g}", f"{asked.artist_share:g}"
        sentence = f"the sleeper has granted an artist a share of at most {limit}, the plan has {value}"
        metadata = {"scope": Scope.PERFORM.value, "limit": limit, "value": value}
        return Refusal(Code.CONSENT_MISSING, sentence, metadata)
    if not grant.held.until_s(now_s) > 0.0:
        hours = grant.hours
        sentence = (
            f"the sleeper has granted {hours.window} {hours.zone}" if hours else "the grant allows nothing"
        )
        return Refusal(Code.CONSENT_HOURS, f"{sentence}, and it is another time now")
    return None


_MISSING = {
    ConsentState.NONE: "has granted nothing",
    ConsentState.GIVEN: "has granted until a time that is over",
    ConsentState.WITHDRAWN: "has withdrawn",
    ConsentState.EXPIRED: "has granted until a time that is over",
    ConsentState.SUSPENDED: "is to be asked anew: the ledger was restored",
}
