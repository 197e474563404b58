"""The execution of wake orders: what an order does to the pods it reaches.

Rules
- In the call that executes an order, each pod it reaches is at zero and out of every sum: a whole Dreamscape
  is woken as such, the seat of a single pod is left as latched. Each pod gets a wake command of its own.
- While the order stands, a pod that appears later and is not latched is woken once in this life of its agent.
- The retained place at the broker holds the newest of our orders. An order of our key that is newer than the
  ledger's newest was lost with a ledger: it stands again.
"""

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.wake_orders import Order, reaches
from dreamwire.messages import Status, WakeOrder, WakePod, WakeScope


class WakeExecution:
    """Wakes the pods that standing orders reach."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._commanded: dict[str, tuple[str, int]] = {}

    def wake(self, order: Order) -> PendingSever:
        """Wake each pod that this order reaches; the ticket counts those that hold a slot."""
        one = self._deps.fleet.get(order.target) if order.scope is WakeScope.POD else None
        reached = [
            record
            for record in ([one] if one is not None else self._deps.fleet)
            if reaches(order, record.pod, record.presence.site, record.dreamscape)
        ]
        ticket = self._deps.tickets.issue(
            record.pod for record in reached if self._dreamscapes.holds_slot(record)
        )
        with_it: set[str] = set()
        for runtime in tuple(self._dreamscapes.values()):
            if _covered(order, runtime):
                with_it.update(seat.pod for seat in runtime.dreamscape.holding())
                runtime.dreamscape.wake(order.issuer, order.reason)
        for record in reached:
            if record.pod in with_it:
                self._commanded[record.pod] = (order.id, record.incarnation)
            else:
                self._wake_pod(order, record)
        return ticket

    def _wake_pod(self, order: Order, record: PodRecord) -> None:
        now_s = self._deps.clock.now_s()
        self._commanded[record.pod] = (order.id, record.incarnation)
        runtime = self._dreamscapes.seating(record)
        self._deps.orders.send(record.pod, record.incarnation, WakePod(order.reason, order.issuer), now_s)
        runtime = runtime or self._dreamscapes.seating(record)  # it may have reported meanwhile
        if runtime is not None:
            runtime.dreamscape.wake_seat(record)
        else:
            self._dreamscapes.leave_returning(record.pod, Cause.WAKE)

    def forget_pod(self, pod: str) -> None:
        """The pod is known no more; should it appear again, it is woken again."""
        self._commanded.pop(pod, None)

    def on_status(self, record: PodRecord, status: Status) -> None:
        """Wake a pod that a standing order reaches, once in a life of its agent, unless it is latched."""
        order = self._deps.wakes.reaching(record.pod, record.presence.site, record.dreamscape)
        if order is None or self._commanded.get(record.pod) == (order.id, record.incarnation):
            return
        if not status.latched:
            self._wake_pod(order, record)

    def on_place(self, found: WakeOrder | None) -> None:
        """Something that we did not publish stands in the retained place: None, or an order of our own key.

        A stranger cannot sign: anything else is overwritten by our newest. An order of ours that is newer
        than the ledger's newest was lost with a ledger: it stands again.
        """
        if found is None or not self._deps.wakes.forgotten(found):
            self._deps.wakes.set_right()
            return
        order = self._deps.wakes.take_up(found)
        self.wake(order)
        now_s = self._deps.clock.now_s()
        sentence = (
            f"wake order {order.id} ({reach_of(order)}) by {order.issuer} stands at the broker and not in "
            f"the ledger: it stands again: {order.reason}"
        )
        self._deps.journal.append(now_s, "wake-order", sentence, cause="wake", reason=scope_of(order))
        self._deps.wakes.flush()


def scope_of(order: Order) -> str:
    """The order's scope in one word; its target may be a pseudonym."""
    return order.scope.name.lower()


def reach_of(order: Order) -> str:
    """The reach of an order in words, for the journal."""
    return "the fleet" if order.scope is WakeScope.FLEET else f"{order.scope.name.lower()} {order.target}"


def _covered(order: Order, runtime: DreamscapeRuntime) -> bool:
    """Whether the order wakes this Dreamscape as a whole. The fleet's leaves those that only gather."""
    if order.scope is WakeScope.DREAMSCAPE:
        return order.target == runtime.dreamscape.plan.dreamscape
    dreams = runtime.dreamscape.state in (
        DreamscapeState.DREAMING,
        DreamscapeState.SEVERED,
        DreamscapeState.WAKING,
    )
    return dreams and order.scope in (WakeScope.FLEET, WakeScope.UNSPECIFIED)
