"""The catalogue of refusals: every way in which the daemon says no, each with the next step.

A refusal is a value, returned, never raised; the gRPC adapter maps it to a status with ErrorInfo (domain
`dreamd`, the code as reason). Codes are stable and never reused.

Rules
- Clients repeat UNAVAILABLE, ABORTED and RESOURCE_EXHAUSTED by policy. A refusal is of such a kind only where
  the same request can succeed later by itself: UNAVAILABLE once the daemon or its disk is back, or a standby
  owns the house, RESOURCE_EXHAUSTED once a watch of another caller has closed. OWNER_ELSEWHERE is no such
  kind, for the same daemon does not answer later. The one exception is STALE_ETAG, which is ABORTED as
  AIP-154 asks: the caller reads again and repeats with the new etag.
- A next step names only methods, fields and commands that exist; a test holds that.
- A refused field is named by its path in the request, such as `plan.ramp`, with the values it takes.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

GOT_MAX: Final = 80
"""Characters of a wrong value that a refusal repeats: one line of a terminal."""


class Kind(Enum):
    """The class of a refusal; the API maps it to a gRPC status."""

    INVALID = "invalid argument"
    NOT_FOUND = "not found"
    EXISTS = "already exists"
    PRECONDITION = "failed precondition"
    ABORTED = "aborted"
    EXHAUSTED = "resource exhausted"
    UNAVAILABLE = "unavailable"
    OUT_OF_RANGE = "out of range"
    UNAUTHENTICATED = "unauthenticated"
    DENIED = "permission denied"


class Code(Enum):
    """The stable codes."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    POD_UNKNOWN = "POD_UNKNOWN"
    POD_OFFLINE = "POD_OFFLINE"
    POD_BUSY = "POD_BUSY"
    POD_LATCHED = "POD_LATCHED"
    NOT_CHECKED_IN = "NOT_CHECKED_IN"
    SLEEPER_ELSEWHERE = "SLEEPER_ELSEWHERE"
    NOT_CALIBRATED = "NOT_CALIBRATED"
    QUALITY_LOW = "QUALITY_LOW"
    CONSENT_MISSING = "CONSENT_MISSING"
    EXPOSURE_REACHED = "EXPOSURE_REACHED"
    SCHEMA_MISMATCH = "SCHEMA_MISMATCH"
    CLOCK_UNSYNCED = "CLOCK_UNSYNCED"
    BREAKER_OPEN = "BREAKER_OPEN"
    BREAKER_LOCKED = "BREAKER_LOCKED"
    BREAKER_NOT_LOCKED = "BREAKER_NOT_LOCKED"
    WAKE_ORDER_ACTIVE = "WAKE_ORDER_ACTIVE"
    WAKE_ORDER_UNKNOWN = "WAKE_ORDER_UNKNOWN"
    SEAT_TAKEN = "SEAT_TAKEN"
    SEATS_FULL = "SEATS_FULL"
    SLOTS_EXHAUSTED = "SLOTS_EXHAUSTED"
    LATE_JOINING_CLOSED = "LATE_JOINING_CLOSED"
    BELOW_QUORUM = "BELOW_QUORUM"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    WRONG_STATE = "WRONG_STATE"
    DREAMSCAPE_UNKNOWN = "DREAMSCAPE_UNKNOWN"
    DREAMSCAPE_EXISTS = "DREAMSCAPE_EXISTS"
    STALE_ETAG = "STALE_ETAG"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    TERM_LOST = "TERM_LOST"
    OWNER_ELSEWHERE = "OWNER_ELSEWHERE"
    HOUSE_UNOWNED = "HOUSE_UNOWNED"
    NO_STANDBY = "NO_STANDBY"
    CURSOR_TOO_OLD = "CURSOR_TOO_OLD"
    CURSOR_AHEAD = "CURSOR_AHEAD"
    TOO_MANY_WATCHERS = "TOO_MANY_WATCHERS"
    TOO_MANY_MARKERS = "TOO_MANY_MARKERS"
    LANE_FULL = "LANE_FULL"
    STREAM_SILENT = "STREAM_SILENT"
    NOBODY_LEADS = "NOBODY_LEADS"
    LEAD_TAKEN = "LEAD_TAKEN"
    LEADER_SEVERED = "LEADER_SEVERED"
    FLEET_FULL = "FLEET_FULL"
    DREAMSCAPES_FULL = "DREAMSCAPES_FULL"
    LEDGER_UNAVAILABLE = "LEDGER_UNAVAILABLE"
    RECORDING_UNAVAILABLE = "RECORDING_UNAVAILABLE"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    CREDENTIAL_MISSING = "CREDENTIAL_MISSING"
    CREDENTIAL_UNKNOWN = "CREDENTIAL_UNKNOWN"
    CREDENTIAL_EXPIRED = "CREDENTIAL_EXPIRED"
    CREDENTIAL_REVOKED = "CREDENTIAL_REVOKED"
    PRINCIPAL_PAUSED = "PRINCIPAL_PAUSED"
    PERSON_NEEDED = "PERSON_NEEDED"
    ROLE_LACKING = "ROLE_LACKING"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    RATE_EXCEEDED = "RATE_EXCEEDED"
    PRINCIPAL_UNKNOWN = "PRINCIPAL_UNKNOWN"
    AUDIT_RECORD_UNKNOWN = "AUDIT_RECORD_UNKNOWN"
    PRINCIPAL_EXISTS = "PRINCIPAL_EXISTS"
    CODE_UNKNOWN = "CODE_UNKNOWN"
    CODE_EXPIRED = "CODE_EXPIRED"
    CODE_SPENT = "CODE_SPENT"
    BROKER_OPEN = "BROKER_OPEN"
    NO_PROVIDER = "NO_PROVIDER"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    NO_ROLE_GIVEN = "NO_ROLE_GIVEN"
    NO_RENEWAL = "NO_RENEWAL"
    GUIDELINE_REFUSED = "GUIDELINE_REFUSED"
    BEYOND_BOUND = "BEYOND_BOUND"
    NOT_CANONICAL = "NOT_CANONICAL"
    TOO_EARLY = "TOO_EARLY"
    WRONG_ROLE = "WRONG_ROLE"
    SAME_PERSON = "SAME_PERSON"
    CONSENT_STALE = "CONSENT_STALE"
    POD_DISK = "POD_DISK"
    CONSENT_HOURS = "CONSENT_HOURS"
    NOT_YOURS = "NOT_YOURS"
    RETAINED_BY_LAW = "RETAINED_BY_LAW"
    ERASURE_UNFINISHED = "ERASURE_UNFINISHED"
    LETTER_UNKNOWN = "LETTER_UNKNOWN"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    ON_HOLD = "ON_HOLD"
    NOT_YOUR_SITE = "NOT_YOUR_SITE"
    PLAN_STEP = "PLAN_STEP"
    NOT_MEASURED = "NOT_MEASURED"
    MORATORIUM = "MORATORIUM"
    MORATORIUM_UNKNOWN = "MORATORIUM_UNKNOWN"
    QUORUM_LACKING = "QUORUM_LACKING"
    ALREADY_PUBLISHED = "ALREADY_PUBLISHED"
    RESERVE_UNFUNDED = "RESERVE_UNFUNDED"
    NOT_INVITED = "NOT_INVITED"
    PIECE_UNKNOWN = "PIECE_UNKNOWN"
    ROUND_UNKNOWN = "ROUND_UNKNOWN"
    ASK_UNKNOWN = "ASK_UNKNOWN"
    BERTH_NOT_YOURS = "BERTH_NOT_YOURS"


@dataclass(frozen=True, slots=True)
class Entry:
    """A catalogue entry: the kind of refusal, and the caller's next step."""

    kind: Kind
    next_step: str


CATALOGUE: Final[dict[Code, Entry]] = {
    Code.INVALID_ARGUMENT: Entry(Kind.INVALID, "correct the named field and send it again"),
    Code.POD_UNKNOWN: Entry(
        Kind.NOT_FOUND, "list the pods (dreamd pods list); a pod appears once its agent has connected"
    ),
    Code.POD_OFFLINE: Entry(Kind.PRECONDITION, "start the pod's agent or mend its network"),
    Code.POD_BUSY: Entry(
        Kind.PRECONDITION, "check out the sleeper in this pod first (dreamd pods check-out)"
    ),
    Code.POD_LATCHED: Entry(Kind.PRECONDITION, "the sleeper clears the latch at the pod (dreamedge unlatch)"),
    Code.NOT_CHECKED_IN: Entry(Kind.PRECONDITION, "check a sleeper in to this pod (dreamd pods check-in)"),
    Code.SLEEPER_ELSEWHERE: Entry(Kind.PRECONDITION, "check this sleeper out of the other pod first"),
    Code.NOT_CALIBRATED: Entry(Kind.PRECONDITION, "wait for the calibration to finish (watch the pod)"),
    Code.QUALITY_LOW: Entry(Kind.PRECONDITION, "mend the contact of the named channels"),
    Code.CONSENT_MISSING: Entry(
        Kind.PRECONDITION, "let the sleeper grant the named scope (dreamd me consent grant)"
    ),
    Code.EXPOSURE_REACHED: Entry(
        Kind.PRECONDITION, "let the sleeper rest until enough merged time has left the limit's window"
    ),
    Code.SCHEMA_MISMATCH: Entry(
        Kind.PRECONDITION,
        "plan a schema that every bed measures (bands5x2 below 100 Hz), or run the bed with --schema",
    ),
    Code.CLOCK_UNSYNCED: Entry(Kind.PRECONDITION, "wait a few seconds for the pod's clock probes"),
    Code.SLOTS_EXHAUSTED: Entry(
        Kind.PRECONDITION, "wait some seconds: the seat is tried again once a cohort is free"
    ),
    Code.BREAKER_OPEN: Entry(Kind.PRECONDITION, "wait until the breaker has closed"),
    Code.BREAKER_LOCKED: Entry(
        Kind.PRECONDITION, "reset it with a name and a reason (dreamd breakers reset)"
    ),
    Code.BREAKER_NOT_LOCKED: Entry(
        Kind.PRECONDITION, "reset only a locked breaker; an open one closes by itself, see its cause"
    ),
    Code.WAKE_ORDER_ACTIVE: Entry(
        Kind.PRECONDITION, "lift the order with a name and a reason (dreamd wake lift)"
    ),
    Code.WAKE_ORDER_UNKNOWN: Entry(Kind.NOT_FOUND, "list the wake orders (dreamd wake list)"),
    Code.SEAT_TAKEN: Entry(
        Kind.PRECONDITION, "end that Dreamscape (dreamd dreamscapes end), or check out its sleeper"
    ),
    Code.SEATS_FULL: Entry(
        Kind.PRECONDITION,
        "raise seats_max before the start (dreamd dreamscapes update) or create another Dreamscape",
    ),
    Code.LATE_JOINING_CLOSED: Entry(
        Kind.PRECONDITION, "set late_joining before the start (dreamd dreamscapes update)"
    ),
    Code.BELOW_QUORUM: Entry(Kind.PRECONDITION, "wait until more of the assigned pods are healthy"),
    Code.BELOW_MINIMUM: Entry(
        Kind.PRECONDITION,
        "see a bed's checks (dreamd dreamscapes explain) or lower seats_min (dreamd dreamscapes update)",
    ),
    Code.WRONG_STATE: Entry(Kind.PRECONDITION, "make a move that its state allows, or begin another one"),
    Code.DREAMSCAPE_UNKNOWN: Entry(Kind.NOT_FOUND, "list the Dreamscapes (dreamd dreamscapes list)"),
    Code.DREAMSCAPE_EXISTS: Entry(Kind.EXISTS, "names are never reused; choose another"),
    Code.STALE_ETAG: Entry(Kind.ABORTED, "read it again and repeat the edit with the new etag"),
    Code.REQUEST_ID_REUSED: Entry(Kind.INVALID, "make a new request_id for a different request"),
    Code.TERM_LOST: Entry(Kind.PRECONDITION, "call the daemon that publishes now"),
    Code.OWNER_ELSEWHERE: Entry(
        Kind.PRECONDITION, "call the daemon that owns the house, at the address in the metadata"
    ),
    Code.HOUSE_UNOWNED: Entry(Kind.UNAVAILABLE, "call again in a few seconds; /readyz names the reason"),
    Code.NO_STANDBY: Entry(
        Kind.PRECONDITION,
        "start a daemon with house.standby on another machine, and look for it in dreamd house",
    ),
    Code.CURSOR_TOO_OLD: Entry(
        Kind.OUT_OF_RANGE, "begin without a cursor, from now on: older events are no longer kept"
    ),
    Code.CURSOR_AHEAD: Entry(
        Kind.OUT_OF_RANGE, "use the cursor of a received event, or begin without one, from now on"
    ),
    Code.TOO_MANY_WATCHERS: Entry(Kind.EXHAUSTED, "close a watch or try again later"),
    Code.TOO_MANY_MARKERS: Entry(Kind.EXHAUSTED, "write it again in a second, or write fewer of them"),
    Code.LANE_FULL: Entry(
        Kind.EXHAUSTED,
        "close unused calls, or call again later; sever, wake, release and end always work",
    ),
    Code.STREAM_SILENT: Entry(Kind.PRECONDITION, "send the first message at once, and further ones in time"),
    Code.NOBODY_LEADS: Entry(
        Kind.PRECONDITION,
        "give the plan an artist_share above 0 before the start (dreamd dreamscapes update)",
    ),
    Code.LEADER_SEVERED: Entry(Kind.PRECONDITION, "rest; lead again once merged again in this Dreamscape"),
    Code.LEAD_TAKEN: Entry(Kind.PRECONDITION, "wait until the other artist's stream has ended"),
    Code.FLEET_FULL: Entry(Kind.PRECONDITION, "run a second daemon for the other pods"),
    Code.DREAMSCAPES_FULL: Entry(Kind.PRECONDITION, "end a Dreamscape first (dreamd dreamscapes end)"),
    Code.LEDGER_UNAVAILABLE: Entry(Kind.UNAVAILABLE, "free the daemon's disk; severing works without it"),
    Code.RECORDING_UNAVAILABLE: Entry(
        Kind.PRECONDITION, "mend that, or plan without record before the start (dreamd dreamscapes update)"
    ),
    Code.SHUTTING_DOWN: Entry(Kind.UNAVAILABLE, "call again when the daemon is running again"),
    Code.CREDENTIAL_MISSING: Entry(
        Kind.UNAUTHENTICATED, "name your credential's file (--credential), as `dreamd enrol` made it"
    ),
    Code.CREDENTIAL_UNKNOWN: Entry(Kind.UNAUTHENTICATED, "enrol again with a new code from an administrator"),
    Code.CREDENTIAL_EXPIRED: Entry(
        Kind.UNAUTHENTICATED,
        "sign in again (dreamd login), or enrol again with a new code from an administrator",
    ),
    Code.CREDENTIAL_REVOKED: Entry(Kind.UNAUTHENTICATED, "ask an administrator why it was revoked"),
    Code.PRINCIPAL_PAUSED: Entry(Kind.DENIED, "ask an administrator to look at it and lift the pause"),
    Code.PERSON_NEEDED: Entry(Kind.DENIED, "call it with a person's credential"),
    Code.ROLE_LACKING: Entry(Kind.DENIED, "ask an administrator for one of these roles"),
    Code.OUT_OF_SCOPE: Entry(
        Kind.DENIED, "name something of your own sites, or ask an administrator for more"
    ),
    Code.RATE_EXCEEDED: Entry(Kind.EXHAUSTED, "wait as long as the answer says, then send it again"),
    Code.PRINCIPAL_UNKNOWN: Entry(Kind.NOT_FOUND, "list the principals (dreamd access list)"),
    Code.AUDIT_RECORD_UNKNOWN: Entry(Kind.NOT_FOUND, "list the newest records (dreamd audit list)"),
    Code.PRINCIPAL_EXISTS: Entry(Kind.EXISTS, "choose another name, or ask an administrator"),
    Code.CODE_UNKNOWN: Entry(Kind.UNAUTHENTICATED, "copy the whole line again, or ask for a new code"),
    Code.CODE_EXPIRED: Entry(Kind.UNAUTHENTICATED, "ask an administrator for a new code"),
    Code.BROKER_OPEN: Entry(
        Kind.PRECONDITION,
        "mend the broker's rules (/readyz names the fault); the daemon tries them again by itself",
    ),
    Code.GUIDELINE_REFUSED: Entry(
        Kind.PRECONDITION, "keep to the clause's limit, or propose another revision of the guidelines"
    ),
    Code.BEYOND_BOUND: Entry(Kind.INVALID, "set a limit inside the named bounds"),
    Code.NOT_CANONICAL: Entry(Kind.INVALID, "write the text in Unicode's form NFC, on one line"),
    Code.TOO_EARLY: Entry(Kind.PRECONDITION, "ask again at the time that the sentence names"),
    Code.WRONG_ROLE: Entry(Kind.DENIED, "let a person in the named role do it"),
    Code.SAME_PERSON: Entry(Kind.DENIED, "let another person do it: it takes two"),
    Code.CONSENT_STALE: Entry(Kind.PRECONDITION, "read the consent again and grant the next revision"),
    Code.POD_DISK: Entry(
        Kind.PRECONDITION,
        "mend or free the pod's disk, remove a consents.json that cannot be read, then restart its agent",
    ),
    Code.CONSENT_HOURS: Entry(
        Kind.PRECONDITION, "wait for the hours of the grant, or let the sleeper grant others"
    ),
    Code.NOT_YOURS: Entry(Kind.DENIED, "let the sleeper do it, with their own credential or at the pod"),
    Code.ERASURE_UNFINISHED: Entry(
        Kind.PRECONDITION,
        "let the staff end what reads the named files, or remove them; the erasure goes on by itself",
    ),
    Code.CASE_UNKNOWN: Entry(Kind.NOT_FOUND, "list the cases of your sites (dreamd clinic cases)"),
    Code.ON_HOLD: Entry(Kind.PRECONDITION, "a clinician of the site decides the case (dreamd clinic case)"),
    Code.NOT_YOUR_SITE: Entry(Kind.DENIED, "ask a clinician of the site that the sentence names"),
    Code.PLAN_STEP: Entry(Kind.PRECONDITION, "wait for the clean morning after the last step of the return"),
    Code.NOT_MEASURED: Entry(
        Kind.PRECONDITION, "gather the observations that the sentence names, then ask again"
    ),
    Code.MORATORIUM: Entry(
        Kind.PRECONDITION, "wait until it ends (dreamd moratorium list); for hours, see the clause"
    ),
    Code.MORATORIUM_UNKNOWN: Entry(Kind.NOT_FOUND, "list the moratoria (dreamd moratorium list)"),
    Code.QUORUM_LACKING: Entry(Kind.PRECONDITION, "let another person second it (dreamd moratorium second)"),
    Code.ALREADY_PUBLISHED: Entry(
        Kind.PRECONDITION, "read what was published (dreamd report list); a report is never issued anew"
    ),
    Code.RESERVE_UNFUNDED: Entry(
        Kind.PRECONDITION, "bring money into the pool, or lower the largest price of a berth"
    ),
    Code.NOT_INVITED: Entry(
        Kind.PRECONDITION,
        "invite the guest (dreamd dreamscapes invite); each guest accepts the whole list (dreamd me accept)",
    ),
    Code.PIECE_UNKNOWN: Entry(Kind.NOT_FOUND, "list the pieces there are (dreamd piece list)"),
    Code.ROUND_UNKNOWN: Entry(Kind.NOT_FOUND, "list the rounds (dreamd exchange rounds)"),
    Code.ASK_UNKNOWN: Entry(Kind.NOT_FOUND, "ask in a round while it is open (dreamd exchange ask)"),
    Code.BERTH_NOT_YOURS: Entry(
        Kind.PRECONDITION, "see which berth you have (dreamd exchange explain), or ask in the next round"
    ),
    Code.RETAINED_BY_LAW: Entry(Kind.PRECONDITION, "wait until the date that the named clause gives"),
    Code.LETTER_UNKNOWN: Entry(
        Kind.NOT_FOUND, "read it after the check-out, or list the nights (dreamd me nights)"
    ),
    Code.CODE_SPENT: Entry(
        Kind.UNAUTHENTICATED, "ask an administrator: where you have not used it, another did"
    ),
    Code.NO_PROVIDER: Entry(Kind.PRECONDITION, "use an enrolment line (dreamd redeem)"),
    Code.PROVIDER_UNAVAILABLE: Entry(
        Kind.PRECONDITION, "sign in again later; until then an enrolment line works (dreamd enrol)"
    ),
    Code.SIGN_IN_REFUSED: Entry(
        Kind.UNAUTHENTICATED, "sign in again (dreamd login); if it repeats, tell an administrator"
    ),
    Code.NO_ROLE_GIVEN: Entry(
        Kind.DENIED, "ask for a group of the provider that oidc.roles names, then sign in again"
    ),
    Code.NO_RENEWAL: Entry(Kind.PRECONDITION, "sign in again (dreamd login)"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: its code, a sentence that names the fault, and metadata for programs."""

    code: Code
    sentence: str
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """The class of this refusal."""
        return CATALOGUE[self.code].kind

    @property
    def next_step(self) -> str:
        """The caller's next step."""
        return CATALOGUE[self.code].next_step

    def __str__(self) -> str:
        """The public sentence: the fault and the next step."""
        return f"{self.sentence}; {self.next_step}"


class Figure(str):
    """A number with its unit, which a refusal repeats without quotes."""

    __slots__ = ()


def bad_field(field: str, expected: str, got: object) -> Refusal:
    """Return INVALID_ARGUMENT for the field with this path in the request.

    expected: the values the field takes; got: the value received, cut to GOT_MAX characters.
    """
    shown = str(got) if isinstance(got, Figure) else _quoted(got)
    shown = shown if len(shown) <= GOT_MAX else f"{shown[: GOT_MAX - 1]}…"
    sentence = f"{field}: expected {expected}, got {shown}"
    return Refusal(Code.INVALID_ARGUMENT, sentence, {"field": field, "expected": expected})


def _quoted(got: object) -> str:
    return repr(got[: GOT_MAX + 1] if isinstance(got, str | bytes) else got)


assert set(CATALOGUE) == set(Code), "every code has its entry"
