"""A grant: the yes of one sleeper, with its scopes, modalities, ceiling, hours and end.

Rules
- Nothing implies another: a scope that is not named is not granted.
- `Held` is the part of grants that may be used now. A new grant narrows it at once (`meet`), and widens
  it only with the next assign.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from math import isfinite
from re import fullmatch
from typing import Final

from dreamd.core.consent.hours import Hours, night_end_s, zone_of
from dreamd.core.limits import ARTIST_SHARE_MOST, CONSENT_MOST_S, GUIDELINE_CAP
from dreamd.core.refusals import Code, Figure, Refusal, bad_field


class Scope(Enum):
    """The purposes that a sleeper may agree to, each apart."""

    MERGE = "merge"
    INTIMATE = "intimate"  # fewer than five people
    PERFORM = "perform"  # an artist has a share
    RECORD = "record"  # a recording of the Dreamscape
    RESEARCH = "research"  # an export, with the DUO codes of the grant


class Modality(Enum):
    """The ways in which feedback reaches a sleeper."""

    SOUND = "sound"
    LIGHT = "light"
    TOUCH = "touch"


class Method(Enum):
    """The way in which a grant was given."""

    TOKEN = "token"  # noqa: S105 - the sleeper's own credential, not a secret
    POD = "pod"
    SIMULATED = "simulated"


DUO_DEFAULT: Final = ("DUO:0000006", "DUO:0000021", "DUO:0000018")
"""GA4GH codes of a grant for research that names none: HMB, IRB, NPUNCU."""
DUO_FORM: Final = "DUO:[0-9]{7}"
HOURS_MOST: Final = 4
"""Windows that can hold at once; a grant with one more leaves nothing until the next assign."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The yes of a sleeper. Times are unix seconds. hours: None for the whole day.

    artist_share: the most share of an artist. notice_sha256: of the text that the sleeper has read, in
    `language` (BCP 47). adult: the sleeper says that they are of age; without it no grant is taken.
    """

    sleeper: str
    revision: int
    scopes: frozenset[Scope]
    modalities: frozenset[Modality]
    ceiling: float
    expires_s: float
    artist_share: float = 0.0
    hours: Hours | None = None
    duo: tuple[str, ...] = ()
    notice_sha256: str = ""
    language: str = ""
    method: Method = Method.TOKEN
    at_s: float = 0.0
    adult: bool = False

    @property
    def held(self) -> "Held":
        """The whole of it."""
        hours = () if self.hours is None else (self.hours,)
        return Held(self.scopes, self.modalities, self.ceiling, self.artist_share, self.expires_s, hours)


@dataclass(frozen=True, slots=True)
class Held:
    """The part of grants that may be used now; by default nothing."""

    scopes: frozenset[Scope] = field(default_factory=frozenset)
    modalities: frozenset[Modality] = field(default_factory=frozenset)
    ceiling: float = 0.0
    artist_share: float = 0.0
    expires_s: float = 0.0
    hours: tuple[Hours, ...] = ()

    def meet(self, other: "Held") -> "Held":
        """Return what both allow."""
        hours = _both(self.hours, other.hours)
        if len(hours) > HOURS_MOST:
            return Held()
        return Held(
            self.scopes & other.scopes,
            self.modalities & other.modalities,
            min(self.ceiling, other.ceiling),
            min(self.artist_share, other.artist_share),
            min(self.expires_s, other.expires_s),
            hours,
        )

    def until_s(self, now_s: float) -> float:
        """Return when it ends, the least of expiry and the windows' ends; 0: it does not hold now."""
        ok = now_s < self.expires_s and 0.0 < self.ceiling <= 1.0
        ends = [self.expires_s, *(hours.open_until_s(now_s) for hours in self.hours)]
        return min(ends) if ok and now_s < min(ends) else 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """The scopes that a Dreamscape asks of each sleeper, and the most share of its artist."""

    scopes: frozenset[Scope] = frozenset({Scope.MERGE})
    artist_share: float = 0.0


def _both(some: tuple[Hours, ...], more: tuple[Hours, ...]) -> tuple[Hours, ...]:
    """Return the windows of both, those left out that hold another one of them."""
    every = tuple(dict.fromkeys(some + more))
    return tuple(one for one in every if not any(_inside(other, one) for other in every if other != one))


def _inside(one: Hours, other: Hours) -> bool:
    return one.zone == other.zone and one.window.within(other.window)


def needed(*, intimate: bool, artist_share: float, record: bool) -> Asked:
    """Return what a Dreamscape of such a plan asks of each sleeper."""
    asked = {Scope.INTIMATE: intimate, Scope.PERFORM: not artist_share <= 0.0, Scope.RECORD: record}
    scopes = frozenset({Scope.MERGE, *(scope for scope, asks in asked.items() if asks)})
    return Asked(scopes, artist_share)


def filled(grant: Grant, newest: int, now_s: float) -> Grant | Refusal:
    """Return the grant with its defaults: revision 0 is the next one, expiry 0 the end of this night.

    newest: the highest revision seen. now_s: unix time.
    """
    try:
        expires_s = grant.expires_s or night_end_s(grant.hours, now_s)
    except ValueError:
        return _zone_fault(grant)
    return replace(grant, revision=grant.revision or newest + 1, expires_s=expires_s)


def _zone_fault(grant: Grant) -> Refusal:
    return bad_field("grant.zone", "a zone such as Europe/Zurich", grant.hours.zone if grant.hours else "")


def grant_fault(grant: Grant) -> Refusal | None:
    """Return why no such grant can be given, its field named; None: it can."""
    for fault in (_age_fault, _scope_fault, _number_fault, _time_fault, _notice_fault):
        refusal = fault(grant)
        if refusal is not None:
            return refusal
    return None


def _age_fault(grant: Grant) -> Refusal | None:
    if grant.adult is True:
        return None
    sentence = "grant.adult: expected true, for adults alone may grant (clause G-1.1 of the guidelines)"
    expected = {"field": "grant.adult", "expected": "true", "clause": "G-1.1"}
    return Refusal(Code.INVALID_ARGUMENT, sentence, expected)


def _scope_fault(grant: Grant) -> Refusal | None:
    if not grant.scopes:
        return bad_field("grant.scopes", "at least one scope", Figure("none"))
    if Scope.MERGE in grant.scopes and not grant.modalities:
        return bad_field("grant.modalities", "at least one, with the scope merge", Figure("none"))
    if grant.duo and Scope.RESEARCH not in grant.scopes:
        return bad_field("grant.duo", "no codes without the scope research", ", ".join(grant.duo))
    wrong = next((code for code in grant.duo if fullmatch(DUO_FORM, code) is None), None)
    if wrong is not None or len(grant.duo) > len(set(grant.duo)):
        return bad_field("grant.duo", "codes such as DUO:0000006, each once", wrong or ", ".join(grant.duo))
    return None


def _number_fault(grant: Grant) -> Refusal | None:
    merges = Scope.MERGE in grant.scopes
    if merges and not 0.0 < grant.ceiling <= GUIDELINE_CAP:
        return bad_field("grant.ceiling", f"a coupling above 0, at most {GUIDELINE_CAP}", grant.ceiling)
    if not merges and grant.ceiling != 0.0:
        return bad_field("grant.ceiling", "0 without the scope merge", grant.ceiling)
    performs = Scope.PERFORM in grant.scopes
    if not 0.0 <= grant.artist_share <= (ARTIST_SHARE_MOST if performs else 0.0):
        expected = f"0 to {ARTIST_SHARE_MOST}, and 0 without the scope perform"
        return bad_field("grant.artist_share", expected, grant.artist_share)
    return None


def _time_fault(grant: Grant) -> Refusal | None:
    lasts_s = grant.expires_s - grant.at_s
    if not (isfinite(lasts_s) and 0.0 < lasts_s <= CONSENT_MOST_S):
        expected = f"a time to come, at most {CONSENT_MOST_S / 86400:.0f} days ahead"
        return bad_field("grant.expire_time", expected, Figure(f"{lasts_s:+.0f} s from now"))
    if grant.hours is None:
        return None
    if grant.hours.window.start_min == grant.hours.window.end_min:
        return bad_field(
            "grant.hours", "an end other than the start; none for the whole day", str(grant.hours.window)
        )
    try:
        zone_of(grant.hours.zone)
    except ValueError:
        return _zone_fault(grant)
    return None


def _notice_fault(grant: Grant) -> Refusal | None:
    if fullmatch("[0-9a-f]{64}", grant.notice_sha256) is None:
        return bad_field("grant.notice_sha256", "64 hexadecimal digits", grant.notice_sha256)
    if fullmatch("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", grant.language) is None:
        return bad_field("grant.language", "a language tag such as en or de-CH", grant.language)
    return None
