"""Wake orders: give one, lift one, list them.

In the call that gives an order the pods it reaches are woken (`WakeExecution`) and the retained place is set;
then follow the journal and the ledger. Nothing is waited for. While the order stands, no pod it reaches is
admitted and no Dreamscape it covers starts or resumes. Lifting unlatches no pod: that is the sleeper's own
act at the pod.
"""

from collections.abc import Callable, Iterator

from dreamd.app.api.protocols import Ordered
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.wake_execution import WakeExecution, reach_of, scope_of
from dreamd.core.access.caller import Caller
from dreamd.core.listing import dated
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import WakeScope


class WakeOrderCommands:
    """Implements `WakeOrdersApi`."""

    def __init__(
        self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry, execution: WakeExecution
    ) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._execution = execution

    def list(self, after: str = "", *, standing: bool = False) -> Iterator[Order]:
        """Every order kept, or that stands, newest first, behind the place `after`.

        Raises:
            ValueError: it is no place (`listing.place_of_order`).
        """
        return (
            order for order in self._deps.wakes.orders_before(dated(after)) if order.stands or not standing
        )

    def order(
        self, caller: Caller, scope: WakeScope, target: str, reason: str, request_id: str = ""
    ) -> Ordered | Refusal:
        """Wake everyone in this scope, now, and keep them from being merged until it is lifted."""
        return self._order(caller, scope, target, reason, request_id, self._unknown)

    def wake_unheard(
        self, caller: Caller, scope: WakeScope, target: str, reason: str, request_id: str
    ) -> Ordered | Refusal:
        """The same for a pod or a site that may not have connected yet: it is woken as it does."""
        later = scope in (WakeScope.POD, WakeScope.SITE)
        unknown = _known if later else self._unknown
        return self._order(caller, scope, target, reason, request_id, unknown)

    def _order(
        self,
        caller: Caller,
        scope: WakeScope,
        target: str,
        reason: str,
        request_id: str,
        unknown_name: Callable[[WakeScope, str], Refusal | None],
    ) -> Ordered | Refusal:
        asked = self._deps.wakes.asked(request_id)
        if asked is not None and (asked.scope, asked.target, asked.issuer) != (
            *(scope, target),
            caller.signature,
        ):
            # A way out is never refused for its request id: one of another order or caller counts as none.
            asked, request_id = None, ""
        if asked is not None and not asked.stands:
            return Ordered(asked, self._deps.tickets.issue(()))
        standing = asked or self._deps.wakes.standing(scope, target)
        unknown = None if standing else unknown_name(scope, target)
        if unknown is not None:
            return unknown
        order = standing or self._new(caller, scope, target, reason, request_id)
        if standing is None:
            self._deps.wakes.give(order)
        ticket = self._execution.wake(order)
        now_s = self._deps.clock.now_s()
        sentence = f"wake order {order.id} ({reach_of(order)}) by {order.issuer}: {order.reason}"
        self._deps.journal.append(now_s, "wake-order", sentence, cause="wake", reason=scope_of(order))
        self._deps.wakes.flush()
        return Ordered(order, ticket)

    def _new(self, caller: Caller, scope: WakeScope, target: str, reason: str, request_id: str) -> Order:
        now_s = self._deps.clock.now_s()
        revision = self._deps.wakes.next_revision(now_s)
        return Order(
            f"w{revision:x}", revision, scope, target, caller.signature, reason, now_s, request_id=request_id
        )

    def _unknown(self, scope: WakeScope, target: str) -> Refusal | None:
        """Refuse a name that no pod, Dreamscape or site has: such an order would wake no pod, unnoticed."""
        match scope:
            case WakeScope.POD:
                record = self._deps.fleet.find(target)
                return record if isinstance(record, Refusal) else None
            case WakeScope.DREAMSCAPE if not self._dreamscapes.archive.used(target):
                sentence = f"no Dreamscape is named {target!r}"
                return Refusal(Code.DREAMSCAPE_UNKNOWN, sentence, {"dreamscape": target})
            case WakeScope.SITE if all(record.presence.site != target for record in self._deps.fleet):
                return bad_field("target", "a site of which a pod has connected", target)
            case _:
                return None

    def lift(self, caller: Caller, order_id: str, reason: str) -> Order | Refusal | Deferred[Order]:
        """The order stands no longer; a name and a reason are required. Lifted twice is lifted once."""
        order = self._deps.wakes.order_named(order_id)
        if order is None:
            sentence = f"no wake order is named {order_id!r}"
            return Refusal(Code.WAKE_ORDER_UNKNOWN, sentence, {"order": order_id})
        missing = _missing(caller, reason)
        if missing is not None or not order.stands:
            return missing or order
        lifted = self._deps.wakes.lifting(
            order, caller.name.strip(), reason.strip(), self._deps.clock.now_s()
        )
        return self._deps.commits.ask(
            Transaction(wake_orders=(lifted,)),
            "the lifting",
            lambda _terms: self._lifted(lifted),
            undo=lambda: self._deps.wakes.still_stands(order_id),
        )

    def _lifted(self, lifted: Order) -> Order:
        known = self._deps.wakes.order_named(lifted.id)
        if known is not None and not known.stands:
            return known  # by another call, while this one was being written
        now_s = self._deps.clock.now_s()
        self._deps.wakes.lift(lifted, now_s)
        by = f"{lifted.lifted_by}: {lifted.lifted_reason}"
        sentence = f"wake order {lifted.id} ({reach_of(lifted)}) is lifted by {by}"
        self._deps.journal.append(now_s, "wake-lifted", sentence, reason=scope_of(lifted))
        return lifted


def _known(_scope: WakeScope, _target: str) -> None:
    """Every name is known."""
    return


def _missing(caller: Caller, reason: str) -> Refusal | None:
    for field, said in (("by", caller.name), ("reason", reason)):
        if not said.strip():
            return bad_field(field, "what a person answers for: their name and a reason", said)
    return None
