"""The services' API of dreamd, for programs: a client that needs grpcio and protobuf alone.

    async with dreamapi.connect("127.0.0.1:50051") as api:
        await api.pods.check_in("bed-1", "ada")
        async for tick in api.dreamscapes.watch_collective("first-night"):
            print(tick.tick, tick.merged)

What may live here: resource names, the client, its errors. Nothing of the daemon; `v1` is generated.
"""

from dreamapi.client import Api, connect
from dreamapi.dreamscapes import plan
from dreamapi.errors import (
    ApiError,
    BelowMinimum,
    BelowQuorum,
    BreakerLocked,
    BreakerNotLocked,
    BreakerOpen,
    ClockUnsynced,
    ConsentMissing,
    CursorTooOld,
    DreamscapeExists,
    DreamscapesFull,
    DreamscapeUnknown,
    ExposureReached,
    Failed,
    FleetFull,
    InvalidArgument,
    LateJoiningClosed,
    LedgerUnavailable,
    NotCalibrated,
    NotCheckedIn,
    PodBusy,
    PodLatched,
    PodOffline,
    PodUnknown,
    QualityLow,
    Refused,
    RequestIdReused,
    SchemaMismatch,
    SeatsFull,
    SeatTaken,
    ShuttingDown,
    SleeperElsewhere,
    StaleEtag,
    TermLost,
    TimedOut,
    TooManyWatchers,
    Unreachable,
    WakeOrderActive,
    WakeOrderUnknown,
    WrongState,
)
from dreamapi.glance import show
from dreamapi.v1.breakers_pb2 import BreakerDetail, BreakerMove
from dreamapi.v1.dreamscapes_pb2 import Check, Collective, Dreamscape, Event, Plan, Seat
from dreamapi.v1.pods_pb2 import Pod
from dreamapi.v1.severing_pb2 import Breaker, SeverOutcome
from dreamapi.v1.wake_pb2 import WakeOrder

__all__ = [
    "Api",
    "ApiError",
    "BelowMinimum",
    "BelowQuorum",
    "Breaker",
    "BreakerDetail",
    "BreakerLocked",
    "BreakerMove",
    "BreakerNotLocked",
    "BreakerOpen",
    "Check",
    "ClockUnsynced",
    "Collective",
    "ConsentMissing",
    "CursorTooOld",
    "Dreamscape",
    "DreamscapeExists",
    "DreamscapeUnknown",
    "DreamscapesFull",
    "Event",
    "ExposureReached",
    "Failed",
    "FleetFull",
    "InvalidArgument",
    "LateJoiningClosed",
    "LedgerUnavailable",
    "NotCalibrated",
    "NotCheckedIn",
    "Plan",
    "Pod",
    "PodBusy",
    "PodLatched",
    "PodOffline",
    "PodUnknown",
    "QualityLow",
    "Refused",
    "RequestIdReused",
    "SchemaMismatch",
    "Seat",
    "SeatTaken",
    "SeatsFull",
    "SeverOutcome",
    "ShuttingDown",
    "SleeperElsewhere",
    "StaleEtag",
    "TermLost",
    "TimedOut",
    "TooManyWatchers",
    "Unreachable",
    "WakeOrder",
    "WakeOrderActive",
    "WakeOrderUnknown",
    "WrongState",
    "connect",
    "plan",
    "show",
]
