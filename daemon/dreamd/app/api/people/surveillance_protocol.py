"""The protocol of surveillance: what gRPC and the console may call."""

from dataclasses import dataclass
from datetime import tzinfo
from enum import Enum
from math import isnan, nan
from typing import Protocol

from dreamd.app.surveillance.exposure_response import ExposureResponse
from dreamd.core.access.caller import Caller, Role
from dreamd.core.refusals import Refusal
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.watch import Watch
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.surveillance import JudgedNight


class WatchState(Enum):
    """The state of a watch; blind is not quiet."""

    BLIND = "blind"
    WATCHING = "watching"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class WatchView:
    """One watch, and its past.

    rate: by which the next night is judged, NaN: blind. own: whether it is the house's own. clause: of the
    guidelines; clause_rate: its limit. past: the judged nights that are kept, oldest first.
    """

    watch: Watch
    rate: float
    own: bool
    clause: str
    clause_rate: float
    past: tuple[JudgedNight, ...] = ()

    @property
    def state(self) -> WatchState:
        """Its state."""
        if self.watch.alarm is not None:
            return WatchState.ALARM
        return WatchState.BLIND if isnan(self.rate) else WatchState.WATCHING

    @property
    def value(self) -> float:
        """The evidence now; NaN: no night has been judged."""
        return self.watch.evidence.value if self.watch.rate else nan

    @property
    def above_clause(self) -> bool:
        """Whether the house's own rate is above the one of the clause."""
        return self.watch.above(self.clause_rate)


class SurveillanceApi(Protocol):
    """The watches of the house. They name no person. zone: of the noon at which a night ends."""

    @property
    def zone(self) -> tzinfo:
        """The zone of the house."""
        ...

    def watches_now(self, caller: Caller) -> tuple[WatchView, ...]:
        """Every watch, in the order of the kinds."""
        ...

    def lift_alarm(
        self, caller: Caller, kind: HarmKind, role: Role | None = None
    ) -> WatchView | Refusal | Deferred[WatchView]:
        """Agree, in this role, to lift an alarm; it takes a clinician and an advocate, two people."""
        ...

    def response(self, caller: Caller, nights: int) -> Refusal | Deferred[ExposureResponse]:
        """How low check-ins go with the planned dose, over so many nights; 0: over all that are kept."""
        ...
