"""The protocols of the application, one a subject: what gRPC and the console may call.

A call answers at once, with a value or a refusal. A call that binds a sleeper or a plan may answer
`Deferred`: it settles once the ledger has the change, or has failed to take it within a few seconds. A sever
is done in the call, whatever the ledger does.

Watches are pulled: the caller gets an object with `take`, and passes a callback that is called when there is
something to take. The callback runs on the application's thread and must return at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from dreamd.app.access.enrolment import Coded, Issued
from dreamd.app.api.access import PrincipalView
from dreamd.app.api.audit_protocol import AuditApi
from dreamd.app.api.people.people_api import PeopleApi
from dreamd.app.api.tickets import SeverTicket
from dreamd.app.audit.audit_log import AuditLog
from dreamd.app.events.subscriptions import Changed
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.access.caller import Caller
from dreamd.core.access.identities import Identity
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.dreamscapes.views import (
    BreakerState,
    Check,
    CollectiveView,
    DreamscapeView,
    Event,
    Plan,
    PodView,
)
from dreamd.core.fleet.house import HouseView, Waiting
from dreamd.core.pieces.piece import NO_CREDITS, Credits
from dreamd.core.refusals import Refusal
from dreamd.core.safety.scopes import SeverScope
from dreamd.core.safety.views import BreakerView
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.deferred import Deferred
from dreamwire.messages import WakeScope


class CollectiveWatch(Protocol):
    """The newest tick of one Dreamscape; ticks not taken in time are skipped and counted."""

    def take(self) -> CollectiveView | None:
        """The newest tick not yet taken, with how many were skipped before it; None: nothing new."""
        ...

    @property
    def ended(self) -> bool:
        """The Dreamscape has ended and nothing is left to take."""
        ...

    def close(self) -> None:
        """Stop watching; safe to call twice."""
        ...


class EventWatch(Protocol):
    """The journal after a cursor, without loss."""

    def take(self, limit: int) -> tuple[Event, ...] | Refusal:
        """The next events in order, at most `limit`; a refusal where they are no longer kept."""
        ...

    @property
    def cursor(self) -> int:
        """Everything up to here has been taken or is not this watcher's; ask after it to go on."""
        ...

    def close(self) -> None:
        """Stop watching; safe to call twice."""
        ...


class PodWatch(Protocol):
    """Pods that have changed; only the newest view of each is kept."""

    def take(self) -> tuple[PodView, ...]:
        """The pods that changed since the last call; on the first call all of them."""
        ...

    def close(self) -> None:
        """Stop watching; safe to call twice."""
        ...


class Leading(Protocol):
    """An artist's lead of one Dreamscape."""

    @property
    def piece(self) -> str:
        """The id of its piece, once it is over; empty where no tick of it was broadcast."""
        ...

    def offer(self, vector: Sequence[float], share: float) -> Refusal | None:
        """The artist's newest vector, D numbers on the shared scale, and its share; None: accepted."""
        ...

    def close(self) -> None:
        """The lead is over; safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Ordered:
    """A wake order and the ticket of those it has severed."""

    order: Order
    ticket: SeverTicket


class BreakersApi(Protocol):
    """The breakers; a name is pods/{pod} or dreamscapes/{dreamscape}."""

    def list(self, state: BreakerState | None = None, after: str = "") -> Iterator[BreakerView]:
        """Every breaker in this state (None: any), by name, behind the name `after`, of what has not ended.

        MUST make a view only as it is read; read it before anything else happens. So in every list here.
        """
        ...

    def get(self, name: str) -> BreakerView | Refusal:
        """One breaker."""
        ...

    def trip(self, caller: Caller, name: str, reason: str) -> BreakerView | Refusal:
        """Open it now; valid in every state."""
        ...

    def reset(
        self, caller: Caller, name: str, reason: str, etag: str = ""
    ) -> BreakerView | Refusal | Deferred[BreakerView]:
        """From LOCKED to HALF_OPEN, by a named person with a reason."""
        ...


class WakeOrdersApi(Protocol):
    """Wake orders."""

    def list(self, after: str = "", *, standing: bool = False) -> Iterator[Order]:
        """Every order kept, or that stands, newest first, behind the place `after`.

        Raises:
            ValueError: it is no place.
        """
        ...

    def order(
        self, caller: Caller, scope: WakeScope, target: str, reason: str, request_id: str = ""
    ) -> Ordered | Refusal:
        """Wake everyone in this scope, now, and keep them from being merged until it is lifted."""
        ...

    def lift(self, caller: Caller, order_id: str, reason: str) -> Order | Refusal | Deferred[Order]:
        """The order stands no longer; a name and a reason are required."""
        ...


class SeversApi(Protocol):
    """Severs by scope."""

    def order(self, caller: Caller, scope: SeverScope, target: str, reason: str) -> SeverTicket | Refusal:
        """Set each pod in the scope to zero, in this call; refused only for a name that is not known."""
        ...


class PodsApi(Protocol):
    """Pods, and the sleepers that are checked in to them."""

    def list(self, after: str = "") -> Iterator[PodView]:
        """Every known pod, by name, behind the name `after`."""
        ...

    def get(self, pod: str) -> PodView | Refusal:
        """One pod."""
        ...

    def watch(self, changed: Changed) -> PodWatch | Refusal:
        """Watch the fleet."""
        ...

    def bed_of(self, sleeper: str) -> str | Refusal:
        """The pod a sleeper is checked in to."""
        ...

    def check_in(
        self, caller: Caller, pod: str, sleeper: str, etag: str = ""
    ) -> PodView | Refusal | Deferred[PodView]:
        """Bind a sleeper (a pseudonym) to a pod; the same pair again is the same answer."""
        ...

    def check_out(self, caller: Caller, pod: str) -> PodView | Refusal | Deferred[PodView]:
        """Release the pod, then unbind its sleeper; idempotent."""
        ...

    def release(self, caller: Caller, pod: str, reason: str) -> SeverTicket | Refusal:
        """Release this pod alone, now; valid in every state."""
        ...


class DreamscapesApi(Protocol):
    """Dreamscapes."""

    def list(self, after: str = "") -> Iterator[DreamscapeView]:
        """Every Dreamscape that is kept, newest first, without seats, behind the place `after`.

        The newest of those that ended are kept; any is found by its name.

        Raises:
            ValueError: it is no place.
        """
        ...

    def living(self) -> tuple[DreamscapeView, ...]:
        """Every Dreamscape that has not ended, newest first, without its seats."""
        ...

    def get(self, name: str) -> DreamscapeView | Refusal:
        """One Dreamscape."""
        ...

    def create(
        self, caller: Caller, plan: Plan, *, validate_only: bool = False
    ) -> DreamscapeView | Refusal | Deferred[DreamscapeView]:
        """Create a Dreamscape in PLANNED, or say what is wrong with the plan."""
        ...

    def update(
        self, caller: Caller, plan: Plan, etag: str = "", *, validate_only: bool = False
    ) -> DreamscapeView | Refusal | Deferred[DreamscapeView]:
        """Change the plan of the Dreamscape of that name before its start, or say what is wrong with it."""
        ...

    def start(
        self, caller: Caller, name: str, etag: str = ""
    ) -> DreamscapeView | Refusal | Deferred[DreamscapeView]:
        """Freeze the scale, assign everyone admitted, begin to dream."""
        ...

    def sever(self, caller: Caller, name: str, reason: str) -> SeverTicket | Refusal:
        """Everyone to zero in this call; they sleep on, Resume is possible."""
        ...

    def resume(self, caller: Caller, name: str, etag: str = "") -> DreamscapeView | Refusal:
        """Dream on after a sever; everyone ramps from zero."""
        ...

    def wake(self, caller: Caller, name: str, reason: str) -> SeverTicket | Refusal:
        """Sever, then wake everyone: latches at every pod."""
        ...

    def end(self, caller: Caller, name: str, reason: str) -> SeverTicket | Refusal:
        """End it: ENDED and in the archive once all are home."""
        ...

    def explain(self, name: str, pod: str) -> tuple[Check, ...] | Refusal:
        """Every admission check of this pod for this Dreamscape, in order."""
        ...

    def watch(self, name: str, changed: Changed) -> CollectiveWatch | Refusal:
        """Watch a Dreamscape's ticks, conflated."""
        ...

    def lead(self, caller: Caller, name: str, words: Credits = NO_CREDITS) -> Leading | Refusal:
        """Begin to lead a Dreamscape live; one leads at a time, within the plan's artist share.

        words: the artist's own, for the piece and for letters.
        """
        ...

    def write_marker(self, caller: Caller, name: str, marker: Marker) -> Event | Refusal:
        """Write a marker of the experiment into the journal; it changes nothing else."""
        ...


class HouseApi(Protocol):
    """The house: what concerns every Dreamscape at once."""

    def overview(self) -> HouseView:
        """The state that all Dreamscapes share: the way to the pods, and the ledger."""
        ...

    def sites(self) -> tuple[str, ...]:
        """The sites of pods that are heard, by name."""
        ...

    def hand_over(self, caller: Caller) -> Waiting | Refusal:
        """End this daemon, and hand the house over to a standby that can take it; return that one."""
        ...

    def watch_events(self, cursor: int | None, dreamscape: str, changed: Changed) -> EventWatch | Refusal:
        """Events after `cursor` (None: from now on), of one Dreamscape or of all (empty)."""
        ...


class AccessApi(Protocol):
    """Principals, their codes and credentials."""

    def enrol(
        self, caller: Caller, name: str, kind: Kind, grants: tuple[Grant, ...]
    ) -> Coded | Refusal | Deferred[Coded]:
        """Make a principal, or give one other grants, and a code for its credential."""
        ...

    def enrol_sleeper(self, caller: Caller, sleeper: str) -> Coded | Refusal | Deferred[Coded]:
        """Make a walk-in's login and its code."""
        ...

    def sign_in(self, identity: Identity) -> Issued | Refusal | Deferred[Issued]:
        """A credential for a person whom the site's provider knows, with the roles that it tells now."""
        ...

    def redeem(self, code: str) -> Issued | Refusal | Deferred[Issued]:
        """The credential for a code, once."""
        ...

    def renew_credential(self, principal: Principal) -> Issued | Refusal | Deferred[Issued]:
        """A successor of the principal's credential."""
        ...

    def list_principals(self, after: str = "") -> Iterator[PrincipalView]:
        """Every principal, by name, behind the name `after`."""
        ...

    def shown_caller(self, principal: Principal, credential: str) -> PrincipalView:
        """MUST return the caller itself, with the time left of its credential (its id)."""
        ...

    def revoke(
        self, caller: Caller, name: str, reason: str
    ) -> PrincipalView | Refusal | Deferred[PrincipalView]:
        """End every credential of a principal, and what runs under it, in the call; the answer waits."""
        ...

    def lift_pause(self, caller: Caller, name: str) -> Principal | Refusal | Deferred[Principal]:
        """Lift the pause of a principal."""
        ...


class Api(PeopleApi, Protocol):
    """The application as its adapters see it: one attribute a subject."""

    @property
    def pods(self) -> PodsApi:
        """Pods and check-ins."""
        ...

    @property
    def dreamscapes(self) -> DreamscapesApi:
        """Dreamscapes."""
        ...

    @property
    def breakers(self) -> BreakersApi:
        """Breakers."""
        ...

    @property
    def wake_orders(self) -> WakeOrdersApi:
        """Wake orders."""
        ...

    @property
    def severs(self) -> SeversApi:
        """Severs by scope."""
        ...

    @property
    def house(self) -> HouseApi:
        """The house, its sites and its events."""
        ...

    @property
    def access(self) -> AccessApi:
        """Principals and their credentials."""
        ...

    @property
    def audit(self) -> AuditApi:
        """The audit log, to be read."""
        ...

    @property
    def acts(self) -> AuditLog:
        """The audit log, for every call that changes something."""
        ...
