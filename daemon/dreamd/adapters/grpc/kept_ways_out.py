"""Ways out at a daemon that does not own its house: each is kept as an order, and the owner carries it out.

Theory of operation. A call becomes an order (`core.house_orders`), which is durable before it is answered.
Where a daemon owns the house the answer waits for the order's end, as the owner's own answer waits for its
pods, and is then the same. Without an owner each sleeper is alone already, by the lease of their own bed: the
answer says so, and that the next owner carries the order out before it grants anything.

Rules
- A caller is judged as at the owner, by the same rules, from facts that are seconds old.
- A way out whose answer shows more than its outcome (CheckOutPod, TripBreaker) is the owner's. ReleasePod and
  OrderSever set the same beds to zero.
- An order that cannot be kept is refused with the reason, and with the way out that is left: the bed's own.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final, cast

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1 import severs_pb2 as severs
from dreamapi.v1 import wake_pb2 as waking
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.callers import caller_of
from dreamd.adapters.grpc.calls.errors import Declined, bad_input
from dreamd.adapters.grpc.calls.interceptor import Context, admitted_of
from dreamd.adapters.grpc.calls.streams import ANSWER_TAKES_S
from dreamd.adapters.grpc.servicers import responses
from dreamd.adapters.grpc.servicers.severs import SCOPES as SEVER_SCOPES
from dreamd.adapters.grpc.servicers.severs import target_of_sever
from dreamd.adapters.grpc.servicers.wake_orders import SCOPES as WAKE_SCOPES
from dreamd.core.house_orders import DONE, LOOKED_S, CarriedOut, HouseOrder
from dreamd.core.limits import ALONE_WITHIN_S, CONFIRM_WITHIN_S, TERM_UNCONFIRMED_S
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.scopes import SeverScope
from dreamd.ports.commit import LedgerError
from dreamd.ports.house_desk import HouseDesk, KeptOrder
from dreamwire.messages import WakeScope

ENDS_WITHIN_S: Final = LOOKED_S + CONFIRM_WITHIN_S + 0.5
"""The answer waits so long for the owner: its look, its pods, its write."""
UNOWNED: Final = (
    "no daemon owns the house: each bed is alone by its own lease; the next owner carries the order out "
    "before it grants anything"
)

Make = Callable[[Any, Context], HouseOrder]


class KeptWaysOut:
    """Implements `elsewhere_server.WaysOutElsewhere`."""

    def __init__(self, desk: HouseDesk, admission: Admission | None, via: str) -> None:
        """admission: None: the house has no site. via: this daemon, for the audit log of the owner."""
        self._desk, self._via = desk, via
        self.admission = admission

    async def carry_out(self, path: str, request: Message, context: Context) -> Message | None:
        """Keep a way out, and wait for its end where a daemon owns the house; None: this one is the owner's.

        Raises:
            Declined: it is refused, or cannot be kept.
        """
        method, began_s = path.rpartition("/")[2], monotonic()
        make = _MAKES.get(method)
        if make is None:
            return None
        order = self._signed(make(request, context), context)
        try:
            kept = await self._desk.keep_order(order)
        except LedgerError as error:
            raise Declined(_unkept(error)) from error
        end = None
        if kept.owner_left_s > 0.0:
            end = await self._desk.end_of(kept.id, _wait_s(context) - (monotonic() - began_s))
        outcome = _outcome(kept, end)
        return (
            waking.OrderWakeResponse(order=_wake_order(order), outcome=outcome) if _wakes(order) else outcome
        )

    def _signed(self, order: HouseOrder, context: Context) -> HouseOrder:
        """The order with its caller."""
        admitted = admitted_of(context)
        caller = caller_of(context, order.told)
        return HouseOrder(
            *("", order.method, order.scope, order.target, order.sleeper),
            issuer=caller.name if admitted is not None else "",
            own=admitted.acts_as if admitted is not None else "",
            role=caller.role.value,
            told=caller.on_behalf_of if admitted is not None else order.told,
            reason=order.reason,
            request_id=order.request_id,
            via=self._via,
        )


def _wakes(order: HouseOrder) -> bool:
    return order.method == "OrderWake"


def _wait_s(context: Context) -> float:
    """Seconds for which the caller's deadline lets the answer wait."""
    left_s = cast("float | None", context.time_remaining())  # None without a deadline, whatever the stubs say
    return ENDS_WITHIN_S if left_s is None else min(ENDS_WITHIN_S, left_s - ANSWER_TAKES_S)


def _unkept(error: LedgerError) -> Refusal:
    sentence = (
        f"this daemon does not own the house and could not keep the order for its owner: {error}; call the "
        "owner, or use the bed's own button; an owner that its database does not answer sets every bed to "
        f"zero within {TERM_UNCONFIRMED_S:g} s"
    )
    return Refusal(Code.HOUSE_UNOWNED, sentence)


def _outcome(kept: KeptOrder, end: CarriedOut | None) -> severing.SeverOutcome:
    if end is None:
        return severing.SeverOutcome(kept=_told(kept))
    if end.outcome != DONE:
        code, _, sentence = end.outcome.partition(" ")
        known = next((one for one in Code if one.value == code), Code.WRONG_STATE)
        raise Declined(Refusal(known, sentence))
    return severing.SeverOutcome(
        zeroed=end.zeroed,
        confirmed=end.confirmed,
        unconfirmed=[names.pod(pod) for pod in end.unconfirmed],
    )


def _told(kept: KeptOrder) -> str:
    """How an order stands that has no end yet."""
    if not kept.owner_left_s > 0.0:
        return UNOWNED
    return (
        "the order is kept, and the owner of the house has not reported its end yet; the beds of an owner "
        f"that is dead are alone within {ALONE_WITHIN_S:g} s, those of one that its database does not reach "
        f"once its lease is over, in {kept.owner_left_s:.0f} s"
    )


# -- the order of each call -------------------------------------------------------------------------


def _sever(request: severs.OrderSeverRequest, _context: Context) -> HouseOrder:
    scope = SEVER_SCOPES.get(request.scope)
    if scope is None:
        raise bad_input("scope", ", ".join(f"SCOPE_{one.name}" for one in SeverScope), request.scope)
    target = target_of_sever(scope, request.target)
    of_sleeper = scope is SeverScope.SLEEPER
    return HouseOrder(
        *("", "OrderSever", scope.value, "" if of_sleeper else target, target if of_sleeper else ""),
        told=request_fields.reason(request.issuer),
        reason=request_fields.reason(request.reason),
    )


def _wake(request: waking.OrderWakeRequest, _context: Context) -> HouseOrder:
    scope, target, sleeper = WAKE_SCOPES.get(request.scope, WakeScope.UNSPECIFIED), "", ""
    if request.scope == waking.WakeOrder.SCOPE_SLEEPER:
        scope, sleeper = WakeScope.POD, request_fields.sleeper_id(request.target, "target")
    else:
        target = request_fields.wake_target(scope, request.target)
    return HouseOrder(
        *("", "OrderWake", scope.name.lower(), target, sleeper),
        told=request_fields.reason(request.issuer),
        reason=request_fields.reason(request.reason),
        request_id=request_fields.request_id_if_fit(request.request_id),
    )


def _of_dreamscape(method: str) -> Make:
    def make(request: Any, _context: Context) -> HouseOrder:  # noqa: ANN401 -- one of three
        return HouseOrder(
            *("", method, "", request_fields.dreamscape_id(request.name)),
            told=request_fields.reason(getattr(request, "issuer", "")),
            reason=request_fields.reason(request.reason),
        )

    return make


def _release(request: Any, _context: Context) -> HouseOrder:  # noqa: ANN401 -- generated
    pod = request_fields.pod_id(request.name)
    return HouseOrder("", "ReleasePod", "", pod, reason=request_fields.reason(request.reason))


def _own(context: Context) -> str:
    admitted = admitted_of(context)
    return admitted.own_sleeper if admitted is not None else ""


def _withdraw(request: Any, context: Context) -> HouseOrder:  # noqa: ANN401 -- generated
    sleeper = request_fields.of_sleeper(request.name, "consent", _own(context))
    return HouseOrder(
        *("", "WithdrawConsent", "", "", sleeper),
        told=request_fields.reason(request.issuer),
        reason=request_fields.reason(request.reason),
    )


def _decline(request: Any, context: Context) -> HouseOrder:  # noqa: ANN401 -- generated
    sleeper, dreamscape = request_fields.invitation_of(request.name, _own(context))
    told = request_fields.reason(request.issuer)
    return HouseOrder("", "DeclineInvitation", "", dreamscape, sleeper, told=told)


_MAKES: Final[dict[str, Make]] = {
    "OrderSever": _sever,
    "OrderWake": _wake,
    "SeverDreamscape": _of_dreamscape("SeverDreamscape"),
    "WakeDreamscape": _of_dreamscape("WakeDreamscape"),
    "EndDreamscape": _of_dreamscape("EndDreamscape"),
    "ReleasePod": _release,
    "WithdrawConsent": _withdraw,
    "DeclineInvitation": _decline,
}
"""The methods that are kept, those of `core.house_orders.METHODS`."""


def _wake_order(order: HouseOrder) -> waking.WakeOrder:
    """The order as it was asked for; its name is the owner's to give."""
    now = Timestamp()
    now.GetCurrentTime()
    scope = WakeScope[order.scope.upper()]
    named = {WakeScope.POD: names.pod, WakeScope.DREAMSCAPE: names.dreamscape, WakeScope.SITE: names.site}
    shown = named.get(scope)
    return waking.WakeOrder(
        scope=responses.WAKE_SCOPES[scope],
        target=shown(order.target) if shown is not None and order.target else "",
        issuer=order.caller.signature,
        reason=order.reason,
        create_time=now,
        stands=True,
    )
