"""The rule `free-always`: a caller that may free is never refused, and the affected are at zero in time.

A call is judged where it is made, in every night: whatever the clock of the admission, the rates of the
caller, the lanes and the ledger do. A name that a daemon does not know is no refusal of a way out: a daemon
that has just started, or was given an older ledger, has not heard of it.

Rules
- At zero within FREED_NS where the ways to the pod are whole and nothing else begins to fail meanwhile. An
  order whose first sending fails had no whole way: it is sent again 500 ms later.
- Else within LEFT_NS: the tether's own bound, which needs no daemon.
- A pod that is bound again after that was seen at zero before, or had no whole way.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from dreamd.core.refusals import Kind, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.checks.bounds import FADE_NS, PERMIT_NS, TIMER_NS
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamd.simulation.machines.network import NetworkLink
from dreamd.simulation.schedule import MS_NS, SECOND_NS, Schedule

T = TypeVar("T")

RULE: Final = "free-always"
FREED_NS: Final = 500 * MS_NS
LEFT_NS: Final = PERMIT_NS + TIMER_NS + FADE_NS
SETTLED_NS: Final = 5 * SECOND_NS
"""An answer that waits for the ledger is there by then, of a daemon that lives."""
WHOLE_DELAY_S: Final = 0.1
"""The longest delay of a way that counts as whole."""


@dataclass(frozen=True, slots=True)
class WayOut(Generic[T]):
    """A call that frees. by: the caller and its state; pods: those that it must set to zero."""

    daemon: ObservedDaemon
    method: str
    by: str
    pods: tuple[ObservedPod, ...]
    answer: T | Refusal | Deferred[T]


@dataclass(slots=True)
class _Due:
    """A pod that must be at zero. swift: within FREED_NS."""

    pod: ObservedPod
    what: str
    swift: bool


class FreeAlways:
    """The calls that free, and the pods that are not at zero yet."""

    def __init__(self, schedule: Schedule, violated: Callable[[str, str, str], None]) -> None:
        self._schedule = schedule
        self._violated = violated
        self._due: dict[int, list[_Due]] = {}
        self._unsent_ns = -1
        self.calls = 0

    def called(self, call: WayOut[T], *, swift: bool) -> None:
        """A call that frees was made. swift: the ways of its daemon are whole."""
        self.calls += 1
        self._judged(call, call.answer)
        swift = swift and self._unsent_ns != self._schedule.now_ns
        for pod in call.pods:
            if pod.device.stuck or not self._share(pod) > 0.0:
                continue
            due = _Due(pod, f"{call.method} by {call.by}", swift and _reached(pod))
            self._due.setdefault(pod.number, []).append(due)
            self._schedule.after(FREED_NS, lambda due=due: self._look(due, swift=True))  # type: ignore[misc]
            self._schedule.after(LEFT_NS, lambda due=due: self._look(due, swift=False))  # type: ignore[misc]

    def _judged(self, call: WayOut[T], answer: T | Refusal | Deferred[T]) -> None:
        if isinstance(answer, Deferred):
            if answer.settled:
                self._judged(call, answer.answer())
            elif answer is call.answer:
                self._schedule.after(SETTLED_NS, lambda: self._settled(call, answer))
        elif isinstance(answer, Refusal) and answer.kind is not Kind.NOT_FOUND:
            sentence = f"{call.method} is refused ({answer.code.value}): {answer.sentence}"
            self._violated(RULE, call.by, sentence)

    def _settled(self, call: WayOut[T], answer: Deferred[T]) -> None:
        if answer.settled:
            self._judged(call, answer.answer())

    def must_refuse(self, method: str, by: str, answer: object) -> None:
        """A caller that may not free has called: it must have been refused."""
        if not isinstance(answer, Refusal):
            self._violated(RULE, by, f"{method} is not refused")

    def rendered(self, pod: ObservedPod, share: float) -> None:
        """The share that a pod renders now."""
        if self._due and not share > 0.0:
            self._due.pop(pod.number, None)

    def order_unsent(self) -> None:
        """The first sending of an order fails now: a call at this instant may have made it."""
        self._unsent_ns = self._schedule.now_ns
        self.disturbed()

    def disturbed(self) -> None:
        """Something begins to fail: the ways that were whole need not stay so."""
        for due in (due for held in self._due.values() for due in held):
            due.swift = False

    def bound_again(self) -> None:
        """Sleepers are bound again: a pod without a whole way need not be seen at zero any more."""
        for number, held in tuple(self._due.items()):
            self._due[number] = [due for due in held if due.swift]

    def _look(self, due: _Due, *, swift: bool) -> None:
        held = self._due.get(due.pod.number, ())
        if due not in held or (swift and not due.swift):
            return
        share = self._share(due.pod)
        if share > 0.0 and not due.pod.device.stuck:
            within = "500 ms" if swift else "the lease and its fade"
            self._violated(RULE, due.pod.name, f"renders {share:.4f}, {within} after {due.what}")
        self._due.pop(due.pod.number, None)

    @staticmethod
    def _share(pod: ObservedPod) -> float:
        return pod.device.share_at(pod.local_ns()) if pod.disk.starts else 0.0


def _reached(pod: ObservedPod) -> bool:
    """Whether everything that is sent to this pod arrives soon."""
    return pod.alive and not pod.frozen and whole([pod.link])


def whole(links: Iterable[NetworkLink]) -> bool:
    """Whether every message on these links arrives, in order and soon."""
    return all(
        link.whole
        and link.lag is None
        and not link.conditions.loss
        and not link.conditions.reorders
        and link.conditions.delay_s[1] <= WHOLE_DELAY_S
        for link in links
    )
