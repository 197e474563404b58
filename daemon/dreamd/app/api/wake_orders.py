"""Waking: what callers ask of wake orders, and what an order does to whoever it reaches.

In the call that gives an order: everyone it reaches is at zero and out of every sum (a whole Dreamscape is
woken as such, a single pod's seat is left as latched), each pod gets a wake command of its own, the retained
place is set. Then the journal, then the ledger. Nothing is waited for. The order then stands: nobody it
reaches is admitted, no Dreamscape it covers starts or resumes, and a pod that appears later, not latched, is
woken once in this life of its agent. Lifting unlatches nobody; that is the sleeper's own act at the pod.
"""

from collections.abc import Iterator, Mapping

from dreamd.app.api.protocols import Ordered
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.archive import Archive
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.listing import dated
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.core.safety.wake_orders import Order, reaches
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger import Transaction
from dreamwire.messages import Status, WakeOrder, WakePod, WakeScope

UNNAMED = "somebody who gave no name"


class WakeOrderCommands:
    """Implements `coordination.WakeDesk`."""

    def __init__(
        self, dependencies: Dependencies, runtimes: Mapping[str, DreamscapeRuntime], archive: Archive
    ) -> None:
        self._deps = dependencies
        self._archive = archive
        self._runtimes = runtimes
        self._told: dict[str, tuple[str, int]] = {}

    def list(self, after: str = "", *, standing: bool = False) -> Iterator[Order]:
        """Every order kept, or that stands, newest first, behind the place `after`.

        Raises:
            ValueError: it is no place (`listing.place_of_order`).
        """
        return (order for order in self._deps.wakes.after(dated(after)) if order.stands or not standing)

    def order(
        self, scope: WakeScope, target: str, issuer: str, reason: str, request_id: str = ""
    ) -> Ordered | Refusal:
        """Wake everyone in this scope, now, and keep them from being merged until it is lifted."""
        asked = self._deps.wakes.asked(request_id)
        if asked is not None and (asked.scope, asked.target) != (scope, target):
            # A way out is never refused for its request id: one that is taken counts as none.
            asked, request_id = None, ""
        if asked is not None and not asked.stands:
            return Ordered(asked, self._deps.tickets.issue(()))
        standing = asked or self._deps.wakes.standing(scope, target)
        unknown = None if standing else self._unknown(scope, target)
        if unknown is not None:
            return unknown
        order = standing or self._new(scope, target, issuer, reason, request_id)
        if standing is None:
            self._deps.wakes.give(order)
        ticket = self._wake(order)
        now_s = self._deps.clock.now_s()
        sentence = f"wake order {order.id} ({_whom(order)}) by {order.issuer}: {order.reason}"
        self._deps.journal.append(now_s, "wake-order", sentence, cause="wake")
        self._deps.wakes.flush()
        return Ordered(order, ticket)

    def _new(self, scope: WakeScope, target: str, issuer: str, reason: str, request_id: str) -> Order:
        now_s = self._deps.clock.now_s()
        revision = self._deps.wakes.next_revision(now_s)
        return Order(
            f"w{revision:x}", revision, scope, target, issuer or UNNAMED, reason, now_s, request_id=request_id
        )

    def _unknown(self, scope: WakeScope, target: str) -> Refusal | None:
        """A name that nobody bears would wake nobody, and whoever wrote it would not know."""
        match scope:
            case WakeScope.POD:
                record = self._deps.fleet.find(target)
                return record if isinstance(record, Refusal) else None
            case WakeScope.DREAMSCAPE if not self._archive.used(target):
                sentence = f"no Dreamscape is named {target!r}"
                return Refusal(Code.DREAMSCAPE_UNKNOWN, sentence, {"dreamscape": target})
            case WakeScope.SITE if all(record.presence.site != target for record in self._deps.fleet):
                return bad_field("target", "a site of which a pod has connected", target)
            case _:
                return None

    def _wake(self, order: Order) -> PendingSever:
        one = self._deps.fleet.get(order.target) if order.scope is WakeScope.POD else None
        reached = [
            record
            for record in ([one] if one is not None else self._deps.fleet)
            if reaches(order, record.pod, record.presence.site, record.dreamscape)
        ]
        ticket = self._deps.tickets.issue(record.pod for record in reached if self._holds(record))
        with_it: set[str] = set()
        for runtime in tuple(self._runtimes.values()):
            if _covered(order, runtime):
                with_it.update(seat.pod for seat in runtime.holding())
                runtime.wake(order.issuer, order.reason)
        for record in reached:
            if record.pod in with_it:
                self._told[record.pod] = (order.id, record.incarnation)
            else:
                self._wake_pod(order, record)
        return ticket

    def _holds(self, record: PodRecord) -> bool:
        runtime = self._runtimes.get(record.dreamscape)
        seat = runtime.seats.of(record.pod) if runtime is not None else None
        return (seat is not None and seat.slot is not None) or bool(
            record.status and record.status.assignment
        )

    def _wake_pod(self, order: Order, record: PodRecord) -> None:
        now_s = self._deps.clock.now_s()
        self._told[record.pod] = (order.id, record.incarnation)
        runtime = self._runtimes.get(record.dreamscape)
        self._deps.orders.send(record.pod, record.incarnation, WakePod(order.reason, order.issuer), now_s)
        if runtime is not None:
            runtime.wake_seat(record)

    def forget(self, pod: str) -> None:
        """The pod is known no more; should it appear again, it is told again."""
        self._told.pop(pod, None)

    def on_status(self, record: PodRecord, status: Status) -> None:
        """A pod that a standing order reaches and that nobody has told yet is told, unless it is latched."""
        order = self._deps.wakes.reaching(record.pod, record.presence.site, record.dreamscape)
        if order is None or self._told.get(record.pod) == (order.id, record.incarnation):
            return
        if not status.latched:
            self._wake_pod(order, record)

    def on_place(self, said: WakeOrder | None) -> None:
        """Something that we did not publish stands in the retained place: None, or an order of our own key.

        A stranger cannot sign: what is not ours is set right. An order of ours that is newer than the
        ledger's newest was lost with a ledger: it stands again.
        """
        if said is None or not self._deps.wakes.forgotten(said):
            self._deps.wakes.set_right()
            return
        order = self._deps.wakes.take_up(said)
        self._wake(order)
        now_s = self._deps.clock.now_s()
        sentence = (
            f"wake order {order.id} ({_whom(order)}) by {order.issuer} stands at the broker and not in the "
            f"ledger: it stands again: {order.reason}"
        )
        self._deps.journal.append(now_s, "wake-order", sentence, cause="wake")
        self._deps.wakes.flush()

    def lift(self, order_id: str, by: str, reason: str) -> Order | Refusal | Deferred[Order]:
        """The order stands no longer; a name and a reason are required. Lifted twice is lifted once."""
        order = self._deps.wakes.get(order_id)
        if order is None:
            sentence = f"no wake order is named {order_id!r}"
            return Refusal(Code.WAKE_ORDER_UNKNOWN, sentence, {"order": order_id})
        missing = _missing(by, reason)
        if missing is not None or not order.stands:
            return missing or order
        lifted = self._deps.wakes.lifting(order, by.strip(), reason.strip(), self._deps.clock.now_s())
        return self._deps.commits.ask(
            Transaction(wake_orders=(lifted,)),
            "the lifting",
            lambda _terms: self._lifted(lifted),
            undo=lambda: self._deps.wakes.still_stands(order_id),
        )

    def _lifted(self, lifted: Order) -> Order:
        now_s = self._deps.clock.now_s()
        self._deps.wakes.lift(lifted, now_s)
        by = f"{lifted.lifted_by}: {lifted.lifted_reason}"
        sentence = f"wake order {lifted.id} ({_whom(lifted)}) is lifted by {by}"
        self._deps.journal.append(now_s, "wake-lifted", sentence)
        return lifted


def _missing(by: str, reason: str) -> Refusal | None:
    for field, said in (("by", by), ("reason", reason)):
        if not said.strip():
            return bad_field(field, "what a person answers for: their name and a reason", said)
    return None


def _whom(order: Order) -> str:
    return "the fleet" if order.scope is WakeScope.FLEET else f"{order.scope.name.lower()} {order.target}"


def _covered(order: Order, runtime: DreamscapeRuntime) -> bool:
    """Whether the order wakes this Dreamscape as a whole. The fleet's leaves those that only gather."""
    if order.scope is WakeScope.DREAMSCAPE:
        return order.target == runtime.plan.dreamscape
    dreams = runtime.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED, DreamscapeState.WAKING)
    return dreams and order.scope in (WakeScope.FLEET, WakeScope.UNSPECIFIED)
