"""The execution of the orders of a house: each becomes the call that it was, by the owner, once.

Theory of operation. An order reaches the owner in one of two ways. Those that waited before this process
began are read before the Dreamscapes are restored, and carried out in the same call, before anything is
granted. Those that another daemon keeps later are heard from the ledger within a second. Either way the order
runs through the command of its call, so its zeros leave first and all else follows.

After a restart a bed has a seat before it has connected, and commands name beds that have. So a bed that has
not reported loses its restored seat (`leave_returning`), and its pod, once it reports the slot of the owner
before, is released as any stray.

Rules
- The site of a bed is known from its presence alone. An order for a site reaches each restored seat as its
  bed reports for the first time, and it ends once every such seat has been judged or left.
- An order is begun once in a process, whatever it raises. Its end is written once its pods have confirmed,
  or the time for that is over.
- The audit log has a record of each, which names the daemon that was called.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from dreamd.app.api.invitations.protocol import InvitationsApi
from dreamd.app.api.people.protocols import ConsentsApi
from dreamd.app.api.protocols import DreamscapesApi, PodsApi, SeversApi
from dreamd.app.api.tickets import SeverTicket
from dreamd.app.api.wake_orders import WakeOrderCommands
from dreamd.app.audit.audit_log import AuditLog
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.access.caller import Caller
from dreamd.core.access.rules import Effect
from dreamd.core.house_orders import DONE, WAITING_MAX, CarriedOut, HouseOrder
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.scopes import SeverScope
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Release, WakeScope

LOOKED_AT_EVERY_S: Final = 10.0
"""How often the seats that an order for a site still awaits are counted anew."""
AT_ONCE: Final = 500
"""Ends in one transaction."""

Done = SeverTicket | Refusal


class OutCommands(Protocol):
    """The application, as far as ways out are its commands."""

    @property
    def severs(self) -> SeversApi:
        """Severs by scope."""
        ...

    @property
    def dreamscapes(self) -> DreamscapesApi:
        """Severs of one Dreamscape."""
        ...

    @property
    def pods(self) -> PodsApi:
        """Releases."""
        ...

    @property
    def consents(self) -> ConsentsApi:
        """Withdrawals."""
        ...

    @property
    def invitations(self) -> InvitationsApi:
        """Invitations."""
        ...

    @property
    def wake_orders(self) -> WakeOrderCommands:
        """Wake orders."""
        ...


@dataclass(slots=True)
class _Begun:
    """An order that is under way. awaits: beds of restored seats that it has still to judge."""

    order: HouseOrder
    ticket: SeverTicket | None = None
    refusal: Refusal | None = None
    awaits: set[str] = field(default_factory=set)

    def ended(self, now_s: float) -> CarriedOut | None:
        """The end; None: it is under way."""
        if self.refusal is not None:
            return CarriedOut(self.order.id, now_s, outcome=f"{self.refusal.code.value} {self.refusal}")
        if self.ticket is None or self.awaits or not self.ticket.settled:
            return None
        told = self.ticket.outcome()
        return CarriedOut(self.order.id, now_s, told.zeroed, told.confirmed, told.unconfirmed, DONE)


class HouseOrderExecution:
    """Carries out the orders of the house; one thread uses it."""

    def __init__(
        self,
        dependencies: Dependencies,
        dreamscapes: DreamscapeRegistry,
        commands: OutCommands,
        acts: AuditLog,
    ) -> None:
        self._deps, self._dreamscapes = dependencies, dreamscapes
        self._commands, self._acts = commands, acts
        self._begun: dict[str, _Begun] = {}
        self._ended: dict[str, None] = {}
        self._writing = False
        self._looked_s = 0.0
        self._do: dict[str, Callable[[HouseOrder, _Begun], Done]] = {
            "OrderSever": self._sever,
            "SeverDreamscape": self._of_dreamscape(commands.dreamscapes.sever),
            "WakeDreamscape": self._of_dreamscape(commands.dreamscapes.wake),
            "EndDreamscape": self._of_dreamscape(commands.dreamscapes.end),
            "ReleasePod": self._release,
            "WithdrawConsent": self._withdraw,
            "DeclineInvitation": self._decline,
            "OrderWake": self._wake,
        }

    def restore_house(self) -> None:
        """Restore the Dreamscapes, and carry out what waits; then hear what other daemons keep.

        Raises:
            LedgerError: the orders or the Dreamscapes cannot be read, so nothing may be granted.
        """
        waiting = self._deps.ledger.house_orders()
        self._dreamscapes.returned.append(self._judge_returned)
        self._dreamscapes.open()
        self.carry_out_orders(waiting)
        self._deps.ledger.hear_orders(self.carry_out_orders)

    def carry_out_orders(self, waiting: tuple[HouseOrder, ...]) -> None:
        """Carry out those of these orders that have not been begun."""
        for order in waiting:
            if order.id not in self._begun and order.id not in self._ended:
                self._deps.failures.attempt("orders", partial(self._begin, order))

    def _begin(self, order: HouseOrder) -> None:
        begun = self._begun[order.id] = _Begun(order)  # first, so that a bug does not come back each second
        with self._acts.call(order.method, Effect.FREES) as call:
            call.act = replace(
                call.act,
                principal=order.issuer,
                own=order.own,
                on_behalf_of=order.told,
                target=order.shown_target,
                sleeper=order.sleeper,
                reason=order.reason,
            )
            do = self._do.get(order.method)
            if do is None:
                sentence = f"this dreamd carries out no {order.method}; it is older than {order.via}"
                done: Done = Refusal(Code.WRONG_STATE, sentence)
            else:
                done = do(order, begun)
            if isinstance(done, Refusal):
                begun.refusal = done
                self._acts.refuse(call, done.code.value)
            else:
                begun.ticket = done
                call.ended(f"{DONE}, kept by {order.via}" if order.via else DONE)

    # -- each order as its call ---------------------------------------------------------------------

    @staticmethod
    def _of_dreamscape(
        command: Callable[[Caller, str, str], Done],
    ) -> Callable[[HouseOrder, _Begun], Done]:
        return lambda order, _begun: command(order.caller, order.target, order.reason)

    def _sever(self, order: HouseOrder, begun: _Begun) -> Done:
        scope = SeverScope(order.scope)
        target = order.sleeper if scope is SeverScope.SLEEPER else order.target
        if scope is SeverScope.SITE:
            begun.awaits = set(self._dreamscapes.awaited)
        done = self._commands.severs.order(order.caller, scope, target, order.reason)
        if scope in (SeverScope.SLEEPER, SeverScope.POD):
            pod = self._deps.fleet.pod_of(target) if scope is SeverScope.SLEEPER else target
            return self._unseated(pod, Cause.OPERATOR, done)
        return self._nobody() if begun.awaits and isinstance(done, Refusal) else done

    def _release(self, order: HouseOrder, _begun: _Begun) -> Done:
        done = self._commands.pods.release(order.caller, order.target, order.reason)
        return self._unseated(order.target, Cause.RELEASED, done)

    def _withdraw(self, order: HouseOrder, _begun: _Begun) -> Done:
        done = self._commands.consents.withdraw(order.caller, order.sleeper)
        return self._unseated(self._deps.fleet.pod_of(order.sleeper), Cause.WITHDRAWN, done)

    def _decline(self, order: HouseOrder, _begun: _Begun) -> Done:
        done = self._commands.invitations.decline_invitation(order.caller, order.sleeper, order.target)
        pod = self._deps.fleet.pod_of(order.sleeper)
        return self._unseated(pod, Cause.WITHDRAWN, done, of=order.target)

    def _wake(self, order: HouseOrder, _begun: _Begun) -> Done:
        scope, target = WakeScope[order.scope.upper()], order.target
        if order.sleeper:
            scope, target = WakeScope.POD, self._deps.fleet.pod_of(order.sleeper)
            if not target:
                return Refusal(Code.POD_UNKNOWN, "this sleeper is checked in to no pod")
        ordered = self._commands.wake_orders.wake_unheard(
            order.caller, scope, target, order.reason, order.request_id
        )
        if isinstance(ordered, Refusal):
            return ordered
        return (
            self._unseated(target, Cause.WAKE, ordered.ticket) if scope is WakeScope.POD else ordered.ticket
        )

    def _unseated(self, pod: str, cause: Cause, done: Done, of: str = "") -> Done:
        """The bed has no restored seat any more. Where it had one, it need not have connected yet."""
        left = self._dreamscapes.leave_returning(pod, cause, of)
        return self._nobody() if left and isinstance(done, Refusal) else done

    def _nobody(self) -> SeverTicket:
        return self._deps.tickets.issue(())

    # -- beds that return, and ends -----------------------------------------------------------------

    def _judge_returned(self, record: PodRecord) -> None:
        """A bed with a restored seat reports for the first time: an order for its site reaches it now."""
        for begun in self._begun.values():
            if record.pod in begun.awaits:
                begun.awaits.discard(record.pod)
                if record.presence.site == begun.order.target:
                    self._dreamscapes.leave_returning(record.pod, Cause.OPERATOR)
                    release = Release(begun.order.reason or Cause.OPERATOR.value)
                    self._deps.orders.send(record.pod, record.incarnation, release, self._deps.clock.now_s())

    def write_ends(self) -> None:
        """Write the ends of the orders that are carried out; one write is on its way at most."""
        if not self._begun or self._writing:
            return
        now_s = self._deps.clock.now_s()
        if now_s - self._looked_s >= LOOKED_AT_EVERY_S:
            self._looked_s = now_s
            for begun in self._begun.values():
                begun.awaits.intersection_update(self._dreamscapes.awaited if begun.awaits else ())
        found = (begun.ended(now_s) for begun in self._begun.values())
        ends = tuple(end for end in found if end is not None)[:AT_ONCE]
        if not ends:
            return
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if commit.done:
                for end in ends:
                    self._begun.pop(end.id, None)
                    self._ended[end.id] = None
                while len(self._ended) > WAITING_MAX:
                    del self._ended[next(iter(self._ended))]

        self._deps.commits.submit(Transaction(carried_out=ends), "an order of the house", over)
