"""Places for calls: one table gives every method its lane, and each lane has places of its own.

Why lanes. A limit over all calls refuses everything alike: once readers hold every place, Sever is refused.
Here a call takes a place in the lane of its method. The lane WAY_OUT has no limit, so no other call can take
its place, and no way out is ever refused for room.

The lanes stand on three mechanisms below them, set in `server`. gRPC's core keeps one queue for each
registered method (grpcio 1.84 and newer), so a Sever that has just arrived does not wait behind five thousand
reads. A connection carries at most STREAMS_PER_CONNECTION streams; the rest wait at their client. A
connection that does not finish its handshake ends after 5 s, and one without a call after five minutes. Their
number has no bound: a bound would keep out the connection that wants to sever.

Rules. A place is taken before the first message is read, so calls that never send one are bounded too. A full
lane refuses with LANE_FULL; its metadata names the lane, the bound and the group that it counts. The limits
of one connection add up to less than STREAMS_PER_CONNECTION: a client that has filled every lane can still
send a way out on the same connection.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.core.refusals import Code, Refusal

STREAMS_PER_CONNECTION: Final = 768
"""HTTP/2 streams one connection may have open; a client keeps the others back."""


class Lane(Enum):
    """The purpose of a method. The value is the lane's name in sentences."""

    WAY_OUT = "ways out"
    READ = "reads"
    WRITE = "writes"
    WATCH = "watches"
    LEAD = "leads"
    CHECK = "health checks"
    DIAGNOSIS = "health watches and reflection"


@dataclass(frozen=True, slots=True)
class Bound:
    """Places of one lane: of one connection, of one remote host, and of all together."""

    connection: int
    host: int
    in_all: int


BOUNDS: Final[dict[Lane, Bound]] = {
    Lane.READ: Bound(256, 512, 1024),
    Lane.WRITE: Bound(64, 256, 512),
    Lane.WATCH: Bound(256, 512, 768),
    Lane.LEAD: Bound(8, 16, 32),
    Lane.CHECK: Bound(16, 32, 64),
    Lane.DIAGNOSIS: Bound(8, 16, 32),
}
"""Every lane but WAY_OUT, which has no bound."""

assert set(BOUNDS) == set(Lane) - {Lane.WAY_OUT}
assert sum(bound.connection for bound in BOUNDS.values()) < STREAMS_PER_CONNECTION, "room for a way out"

WAITING_MAX: Final = 64
"""Ways out that wait for the pods' confirmation at once. One more is carried out and answered at once."""

_API: Final[dict[str, dict[Lane, tuple[str, ...]]]] = {
    "dreamapi.v1.Pods": {
        Lane.WAY_OUT: ("CheckOutPod", "ReleasePod"),
        Lane.READ: ("ListPods", "GetPod"),
        Lane.WRITE: ("CheckInPod",),
        Lane.WATCH: ("WatchPods",),
    },
    "dreamapi.v1.Dreamscapes": {
        Lane.WAY_OUT: ("SeverDreamscape", "WakeDreamscape", "EndDreamscape"),
        Lane.READ: ("GetDreamscape", "ListDreamscapes", "ExplainAdmission"),
        Lane.WRITE: (
            *("CreateDreamscape", "UpdateDreamscape", "StartDreamscape", "ResumeDreamscape"),
            "WriteMarker",
        ),
        Lane.WATCH: ("WatchCollective", "WatchEvents"),
        Lane.LEAD: ("LeadDreamscape",),
    },
    "dreamapi.v1.Breakers": {
        Lane.WAY_OUT: ("TripBreaker",),
        Lane.READ: ("ListBreakers", "GetBreaker"),
        Lane.WRITE: ("ResetBreaker",),
    },
    "dreamapi.v1.WakeOrders": {
        Lane.WAY_OUT: ("OrderWake",),
        Lane.READ: ("ListWakeOrders",),
        Lane.WRITE: ("LiftWakeOrder",),
    },
    "dreamapi.v1.Severs": {Lane.WAY_OUT: ("OrderSever",)},
    "dreamapi.v1.Consents": {
        Lane.WAY_OUT: ("WithdrawConsent",),
        Lane.READ: ("GetConsent", "ListGrants", "GetReceipt"),
        Lane.WRITE: ("GrantConsent", "EraseSleeper"),
        Lane.WATCH: ("ExportSleeper",),
    },
    "dreamapi.v1.Invitations": {
        Lane.WAY_OUT: ("DeclineInvitation",),
        Lane.READ: ("GetGuests", "ListInvitations"),
        Lane.WRITE: ("InviteGuests", "UninviteGuests", "AcceptInvitation"),
    },
    "dreamapi.v1.Guidelines": {
        Lane.READ: ("GetRevision", "ListRevisions", "ListComments", "DiffRevisions"),
        Lane.WRITE: (
            *("ProposeRevision", "OpenRevision", "CommentOnRevision", "RatifyRevision", "WithdrawRevision"),
            "DryRunRevision",
        ),
    },
    "dreamapi.v1.Letters": {Lane.READ: ("GetLetter", "ListLetters")},
    "dreamapi.v1.Clinic": {
        Lane.READ: ("ListCases", "GetCase", "GetOwnCase", "GetCaseReport"),
        Lane.WRITE: (
            *("OpenCase", "TriageCase", "AddCaseNote", "HoldCase", "PlanReturn", "ReleaseCase", "CloseCase"),
            "AnswerMorning",
        ),
        Lane.WATCH: ("WatchCases",),
    },
    "dreamapi.v1.Moratoria": {
        Lane.WRITE: ("CallMoratorium", "SecondMoratorium", "LiftMoratorium"),
        Lane.READ: ("ListMoratoria",),
    },
    "dreamapi.v1.Reports": {Lane.WRITE: ("PublishReport",), Lane.READ: ("PreviewReport", "ListReports")},
    "dreamapi.v1.Pieces": {Lane.READ: ("GetPiece", "ListPieces")},
    "dreamapi.v1.Exposure": {
        Lane.READ: ("GetDose", "ListNights", "GetSurveillance"),
        Lane.WRITE: ("LiftAlarm", "GetExposureResponse"),
    },
    "dreamapi.v1.Exchange": {
        Lane.READ: ("GetRound", "ListRounds", "ListOffers", "ExplainAsk", "GetAccount"),
        Lane.WRITE: (
            *("PlanRound", "AddOffer", "CommitNonce", "PublishRound", "CloseRound", "RevealNonce"),
            *("VoidRound", "AttestSleeper", "PlaceAsk", "WithdrawAsk", "CancelBerth"),
        ),
        Lane.WATCH: ("ExportRound",),
    },
    "dreamapi.v1.Houses": {Lane.READ: ("GetHouse",), Lane.WRITE: ("HandOver",)},
    "dreamapi.v1.Access": {
        Lane.READ: ("GetCaller", "GetProvider", "ListPrincipals", "ListRules"),
        Lane.WRITE: (
            *("EnrolPrincipal", "EnrolSleeper", "RedeemCode", "RedeemSignIn", "RenewCredential"),
            *("RevokePrincipal", "ResumePrincipal"),
        ),
    },
    "dreamapi.v1.Audit": {
        Lane.READ: ("GetAuditText",),
        Lane.WRITE: ("EraseAuditText",),
        Lane.WATCH: ("ExportAudit",),
    },
    "grpc.health.v1.Health": {Lane.CHECK: ("Check", "List"), Lane.DIAGNOSIS: ("Watch",)},
    "grpc.reflection.v1.ServerReflection": {Lane.DIAGNOSIS: ("ServerReflectionInfo",)},
    "grpc.reflection.v1alpha.ServerReflection": {Lane.DIAGNOSIS: ("ServerReflectionInfo",)},
}

TABLE: Final[dict[str, Lane]] = {
    f"/{service}/{method}": lane
    for service, lanes in _API.items()
    for lane, methods in lanes.items()
    for method in methods
}
"""Every method served, by its path."""


class MethodWithoutLaneError(Exception):
    """The table and the .proto files differ; the message names the methods."""


def check_table(served: Iterable[str]) -> None:
    """Compare the table with the paths of dreamapi.v1 that are served.

    Raises:
        MethodWithoutLaneError: a method has no lane, or a lane names a method that is not served.
    """
    paths, named = set(served), {path for path in TABLE if path.startswith("/dreamapi.")}
    if paths != named:
        missing, unknown = sorted(paths - named), sorted(named - paths)
        raise MethodWithoutLaneError(f"methods without a lane: {missing}; lanes without a method: {unknown}")


def lane_of(path: str) -> Lane:
    """The lane of a served method; an unknown method of a newer library gets the smallest lane."""
    return TABLE.get(path, Lane.DIAGNOSIS)


def host_of(peer: str) -> str:
    """The host of a gRPC peer such as `ipv4:10.0.0.7:4242`; empty for this machine itself."""
    kind, _, address = unquote(peer).partition(":")
    host = address.rpartition(":")[0].strip("[]")
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = kind not in ("ipv4", "ipv6")
    return "" if local else host


class Lanes:
    """The places in use; only the event loop's thread changes them, `full` may be read from any thread."""

    def __init__(self, bounds: dict[Lane, Bound] | None = None) -> None:
        self._bounds = BOUNDS if bounds is None else bounds
        self._open: Counter[Lane] = Counter()
        self._held: Counter[tuple[Lane, str]] = Counter()

    def open_calls(self, lane: Lane) -> int:
        """The number of calls that hold a place in this lane."""
        return self._open[lane]

    def refusal(self, lane: Lane, peer: str) -> Refusal | None:
        """The reason why this peer gets no place in the lane now; None: it gets one."""
        bound = self._bounds.get(lane)
        if bound is None:
            return None
        host = host_of(peer)
        counts = (
            ("this connection", self._held[lane, peer], bound.connection),
            ("this host", self._held[lane, host] if host else 0, bound.host),
            ("all callers", self._open[lane], bound.in_all),
        )
        for of, held, most in counts:
            if held >= most:
                sentence = f"the lane of {lane.value} is full: {of} may hold {most} places"
                return Refusal(Code.LANE_FULL, sentence, {"lane": lane.value, "limit": str(most), "of": of})
        return None

    @contextmanager
    def place(self, lane: Lane, peer: str) -> Iterator[None]:
        """Hold a place for one call; raises Declined where there is none."""
        no, host = self.refusal(lane, peer), host_of(peer)
        if no is not None:
            raise Declined(no)
        keys = [(lane, peer), *([(lane, host)] if host else [])]
        self._open[lane] += 1
        self._held.update(keys)
        try:
            yield
        finally:
            self._open[lane] -= 1
            for key in keys:
                self._held[key] -= 1
                if not self._held[key]:
                    del self._held[key]

    def notes(self) -> tuple[str, ...]:
        """`full`, for /readyz: the daemon works, but refuses some callers."""
        return self.full

    @property
    def full(self) -> tuple[str, ...]:
        """One sentence for each lane that is full for all callers."""
        return tuple(
            f"the API's lane of {lane.value} is full ({bound.in_all} places): further ones are refused, "
            "ways out are not"
            for lane, bound in self._bounds.items()
            if self._open[lane] >= bound.in_all
        )
