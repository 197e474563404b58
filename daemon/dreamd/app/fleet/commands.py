"""Commands to pods: each is sent at once, then again until the pod answers it.

Rules: every order has a counter above all earlier ones of any process. Release and wake are resent
without end while their pod is there; an assign is resent until it is answered, voided by another
incarnation or too old. Acks are never resent: the pod repeats its event instead. An order that cannot be sent
for a bug keeps no other from being sent, and is tried again.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from dreamd.app.events.attempts import Attempt, plainly
from dreamd.core.limits import COMMAND_RESEND_S, COMMAND_VALID_S
from dreamd.ports.pod_link import PodLink
from dreamwire.buggify import buggify
from dreamwire.messages import Ack, Assign, Command, CommandOutcome, Recalibrate, WakePod, What

OUTSTANDING_PER_POD: Final = 32


@dataclass(slots=True)
class Outstanding:
    """An order not yet answered."""

    command: Command
    sent_s: float
    resend_s: float


class CommandQueue:
    """Sends commands through the link and keeps those that wait for an answer."""

    def __init__(self, link: PodLink, first_counter: int, attempt: Attempt = plainly) -> None:
        self._link = link
        self._attempt = attempt
        self._counter = first_counter
        self._waiting: dict[str, dict[int, Outstanding]] = {}

    def send(self, pod: str, incarnation: int, what: What, now_s: float) -> int:
        """Send one order now; returns its counter."""
        self._counter += 1
        not_after_ms = int((now_s + COMMAND_VALID_S) * 1000)
        command = Command(pod, self._counter, incarnation, not_after_ms, what)
        if not isinstance(what, Ack):
            self._keep(command, now_s)
        if not buggify("order-not-sent"):
            self._attempt("orders", partial(self._link.command, command))
        return self._counter

    def _keep(self, command: Command, now_s: float) -> None:
        waiting = self._waiting.setdefault(command.pod, {})
        if not isinstance(command.what, Recalibrate):
            # A pod that is to leave must not be drawn in again by an older assign, nor be woken twice over.
            # One that stays must not get an older key.
            over = Assign | WakePod if isinstance(command.what, WakePod) else Assign
            for counter in [c for c, o in waiting.items() if isinstance(o.command.what, over)]:
                del waiting[counter]
        waiting[command.counter] = Outstanding(command, now_s, now_s + COMMAND_RESEND_S)
        while len(waiting) > OUTSTANDING_PER_POD:
            del waiting[next(iter(waiting))]

    def answered(self, pod: str, outcomes: tuple[CommandOutcome, ...]) -> tuple[tuple[Command, str], ...]:
        """Drop the orders these outcomes answer; returns them with the pod's refusal ('' = obeyed)."""
        waiting = self._waiting.get(pod)
        if not waiting:
            return ()
        done = [
            (waiting.pop(outcome.counter).command, outcome.refused)
            for outcome in outcomes
            if outcome.counter in waiting
        ]
        if not waiting:
            del self._waiting[pod]
        return tuple(done)

    def void_assigns(self, pod: str) -> None:
        """The pod is another incarnation: an assign for the old one means nothing."""
        waiting = self._waiting.get(pod, {})
        for counter in [c for c, o in waiting.items() if isinstance(o.command.what, Assign)]:
            del waiting[counter]

    def resend(self, now_s: float) -> None:
        """Send again what has waited long enough; forget what has become too old."""
        for pod in list(self._waiting):
            waiting = self._waiting[pod]
            for counter, order in list(waiting.items()):
                perishable = isinstance(order.command.what, Assign | Recalibrate)
                if perishable and now_s * 1000 > order.command.not_after_ms:
                    del waiting[counter]
                elif now_s >= order.resend_s:
                    age_s = now_s - order.sent_s
                    order.resend_s = now_s + min(COMMAND_RESEND_S + age_s / 4, 5.0)
                    self._attempt("orders", partial(self._link.command, order.command))
            if not waiting:
                self._waiting.pop(pod, None)

    def forget_pod(self, pod: str) -> None:
        """The pod is known no more: nothing is sent to it again."""
        self._waiting.pop(pod, None)

    def waiting_for(self, pod: str) -> int:
        """How many orders this pod has not answered."""
        return len(self._waiting.get(pod, ()))
