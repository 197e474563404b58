"""The calls of a night that free: each is made at the front desk, and judged by the rule `free-always`.

Callers take turns among those of `operators.FREEING` that have a role for the method. The clock of the
admission is wrong by a part of SKEWS_S in turn, and every RATED-th caller has no call of its rates left.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from google.protobuf.message import Message

from dreamapi.v1 import (
    breakers_pb2,
    consents_pb2,
    dreamscapes_pb2,
    house_pb2,
    invitations_pb2,
    pods_pb2,
    severs_pb2,
    wake_pb2,
)
from dreamd.app.api.protocols import Ordered
from dreamd.core.access.caller import Caller
from dreamd.core.dreamscapes.views import PodView, SeatState
from dreamd.core.refusals import Refusal
from dreamd.core.safety.scopes import SeverScope
from dreamd.ports.deferred import Deferred
from dreamd.simulation.checks.free_always import WayOut, whole
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.machines.operators import FREEING, ROLE_OF, token_of_person
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.front_desk import PATHS, RULES
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World
from dreamwire.messages import WakeScope

T = TypeVar("T")

SKEWS_S: Final = (0.0, 0.0, 6 * 3600.0, -3 * 3600.0)
RATED: Final = 5
METHODS: Final = (
    "SeverDreamscape",
    "ReleasePod",
    "CheckOutPod",
    "TripBreaker",
    "OrderWake",
    "OrderSever",
    "WithdrawConsent",
)
"""Those that a fault may make at any time of a night. Sessions end by EndDreamscape."""


def beds_of(world: World, daemon: DaemonProcess) -> tuple[Pod, ...]:
    """The beds that have a slot in the Dreamscape of the night."""
    view = daemon.app.dreamscapes.get(world.dreamscape)
    seated = {seat.pod for seat in getattr(view, "seats", ()) if seat.state is SeatState.ASSIGNED}
    return tuple(pod for pod in world.pods if pod.name in seated)


def same_name(world: World, pod: Pod) -> tuple[Pod, ...]:
    """The pods of this name: a twin is one, too."""
    return tuple(other for other in world.pods if other.name == pod.name)


def judge(world: World, daemon: DaemonProcess, method: str, by: str, pods: Sequence[Pod], answer: T) -> T:
    """Judge a call that must set these pods to zero; of a daemon that is not alone, its answer alone."""
    alone = sum(one.alive for one in world.daemons) == 1 and not daemon.lost
    whole_way = world.broker.alive and not world.broker.frozen and not daemon.frozen and whole([daemon.link])
    call = WayOut(daemon, method, by, tuple(pods) if alone else (), answer)
    world.checker.free_always.called(call, swift=whole_way)
    return answer


def free(
    world: World,
    daemon: DaemonProcess,
    method: str,
    request: Message,
    act: Callable[[Caller], T],
    pods: Sequence[Pod],
) -> T | Refusal:
    """Make a call that frees; these pods must be at zero in time."""
    turn, desk = world.checker.free_always.calls, daemon.desk
    may = [name for name in FREEING if ROLE_OF[name] in RULES[PATHS[method]].roles]
    by = may[turn % len(may)]
    state = by
    if turn % RATED == 0 and desk.exhaust(token_of_person(by), house_pb2.GetHouseRequest()) is not None:
        state += " with no call left in its rates"
    desk.skew_s = SKEWS_S[turn % len(SKEWS_S)]
    answer = desk.call(token_of_person(by), request, method, act)
    if desk.skew_s:
        state += f", by a clock that is {desk.skew_s:g} s wrong"
    desk.skew_s = 0.0
    return judge(world, daemon, method, state, pods, answer)


def sever(world: World, daemon: DaemonProcess, why: str) -> object:
    """Sever the Dreamscape."""
    name = world.dreamscape
    request = dreamscapes_pb2.SeverDreamscapeRequest(name=f"dreamscapes/{name}", reason=why)
    return free(
        *(world, daemon, "SeverDreamscape", request),
        lambda caller: daemon.app.dreamscapes.sever(caller, name, why),
        beds_of(world, daemon),
    )


def end(world: World, daemon: DaemonProcess, why: str) -> object:
    """End the Dreamscape."""
    name = world.dreamscape
    request = dreamscapes_pb2.EndDreamscapeRequest(name=f"dreamscapes/{name}", reason=why)
    return free(
        *(world, daemon, "EndDreamscape", request),
        lambda caller: daemon.app.dreamscapes.end(caller, name, why),
        beds_of(world, daemon),
    )


def wake(world: World, daemon: DaemonProcess, why: str) -> object:
    """Wake everyone in the Dreamscape; their latches stay until the sleepers lift them."""
    name, pods = world.dreamscape, beds_of(world, daemon)
    request = dreamscapes_pb2.WakeDreamscapeRequest(name=f"dreamscapes/{name}", reason=why)
    return free(
        *(world, daemon, "WakeDreamscape", request),
        lambda caller: daemon.app.dreamscapes.wake(caller, name, why),
        pods,
    )


def check_out(world: World, daemon: DaemonProcess, pod: Pod) -> PodView | Refusal | Deferred[PodView]:
    """Check the sleeper of this bed out."""
    return free(
        *(world, daemon, "CheckOutPod", pods_pb2.CheckOutPodRequest(name=f"pods/{pod.name}")),
        lambda caller: daemon.app.pods.check_out(caller, pod.name),
        same_name(world, pod),
    )


def release(world: World, daemon: DaemonProcess, pod: Pod) -> object:
    """Release this bed alone."""
    return free(
        *(world, daemon, "ReleasePod", pods_pb2.ReleasePodRequest(name=f"pods/{pod.name}")),
        lambda caller: daemon.app.pods.release(caller, pod.name, "asked"),
        same_name(world, pod),
    )


def trip(world: World, daemon: DaemonProcess, pod: Pod) -> object:
    """Trip the breaker of this bed."""
    return free(
        *(world, daemon, "TripBreaker"),
        breakers_pb2.TripBreakerRequest(name=f"breakers/pods/{pod.name}"),
        lambda caller: daemon.app.breakers.trip(caller, f"pods/{pod.name}", "asked"),
        same_name(world, pod),
    )


def order_wake(world: World, daemon: DaemonProcess, pod: Pod) -> Ordered | Refusal:
    """Give a wake order for this bed."""
    request = wake_pb2.OrderWakeRequest(scope=wake_pb2.WakeOrder.SCOPE_POD, target=f"pods/{pod.name}")
    return free(
        *(world, daemon, "OrderWake", request),
        lambda caller: daemon.app.wake_orders.order(caller, WakeScope.POD, pod.name, "asked"),
        same_name(world, pod),
    )


def withdraw(world: World, daemon: DaemonProcess, pod: Pod, sleeper: str) -> object:
    """A person withdraws the consent of this sleeper on request."""
    world.checker.grants.withdrew(daemon, sleeper)
    held = daemon.app.pods.bed_of(sleeper) == pod.name
    return free(
        *(world, daemon, "WithdrawConsent"),
        consents_pb2.WithdrawConsentRequest(name=f"sleepers/{sleeper}/consent"),
        lambda caller: daemon.app.consents.withdraw(caller, sleeper),
        same_name(world, pod) if held else (),
    )


def decline(world: World, daemon: DaemonProcess, pod: Pod, sleeper: str) -> object:
    """A person declines the invitation of this sleeper to the Dreamscape of the night, on request."""
    name = world.dreamscape
    world.checker.grants.guests.declined(daemon, name, sleeper)
    view = daemon.app.dreamscapes.get(name)
    intimate = not isinstance(view, Refusal) and view.plan.intimate
    held = intimate and daemon.app.pods.bed_of(sleeper) == pod.name and pod in beds_of(world, daemon)
    return free(
        *(world, daemon, "DeclineInvitation"),
        invitations_pb2.DeclineInvitationRequest(name=f"sleepers/{sleeper}/invitations/{name}"),
        lambda caller: daemon.app.invitations.decline_invitation(caller, sleeper, name),
        same_name(world, pod) if held else (),
    )


def order_sever(world: World, daemon: DaemonProcess, pod: Pod, rng: random.Random) -> object:
    """Sever this bed, by its own name or by that of its sleeper."""
    sleeper = sleeper_of(pod.name)
    held = daemon.app.pods.bed_of(sleeper) == pod.name
    scope = SeverScope.SLEEPER if held and rng.random() < 0.5 else SeverScope.POD  # noqa: PLR2004 - as likely as not
    target = sleeper if scope is SeverScope.SLEEPER else pod.name
    request = severs_pb2.OrderSeverRequest(scope=f"SCOPE_{scope.name}", target=f"{scope.value}s/{target}")
    return free(
        *(world, daemon, "OrderSever", request),
        lambda caller: daemon.app.severs.order(caller, scope, target, "asked"),
        same_name(world, pod),
    )
