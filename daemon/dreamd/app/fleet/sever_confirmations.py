"""Sever confirmations: a sever that has been sent, and the pods that have not confirmed their zero yet.

A pod confirms by its own report after the sever: a frame, status or event with applied = 0 that was captured
or written after the sever was sent. A report that was under way then confirms nothing, however late it comes.
An offline pod is alone within lease + fade by its own tether, but that is no report of its own, so it stays
unconfirmed: in the answer of its sever, and, once the time to confirm is over, in `overdue`, until it
confirms or no sleeper lies in it. A pod that is severed again meanwhile is awaited since the first time.
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf

from dreamd.core.dreamscapes.views import SeverOutcome
from dreamd.core.limits import CONFIRM_WITHIN_S


class PendingSever:
    """One sever: the pods it zeroed, and those that have not confirmed."""

    def __init__(
        self, pods: Iterable[str], sent_s: float, now_s: Callable[[], float], written: Callable[[], bool]
    ) -> None:
        """written: whether the ledger has what is to outlive a crash; the answer waits for that, too."""
        self._waiting = dict.fromkeys(pods)
        self._written = written
        self._zeroed = len(self._waiting)
        self._sent_s = sent_s
        self._now_s = now_s

    @property
    def waiting(self) -> tuple[str, ...]:
        """The pods that have not confirmed."""
        return tuple(self._waiting)

    def confirm(self, pod: str, said_s: float) -> bool:
        """The pod reported at `said_s` that its coupling was zero; return whether that is after the sever."""
        after = said_s >= self._sent_s
        if after:
            self._waiting.pop(pod, None)
        return after

    def outcome(self) -> SeverOutcome:
        """The answer by now."""
        return SeverOutcome(self._zeroed, self._zeroed - len(self._waiting), self.waiting)

    @property
    def settled(self) -> bool:
        """Whether no pod and no ledger is awaited, or the time to confirm is over."""
        return (not self._waiting and self._written()) or self.expired

    @property
    def expired(self) -> bool:
        """The time to confirm is over."""
        return not self._now_s() - self._sent_s <= CONFIRM_WITHIN_S


class SeverConfirmations:
    """The open severs by pod; `confirmed` is called with the seconds that each pod took to confirm."""

    def __init__(self, now_s: Callable[[], float], confirmed: Callable[[float], None]) -> None:
        self._now_s = now_s
        self._confirmed = confirmed
        self._open: dict[str, list[PendingSever]] = {}
        self._since_s: dict[str, float] = {}
        self._due: deque[tuple[float, str]] = deque()
        self._overdue: dict[str, None] = {}

    def issue(self, pods: Iterable[str], written: Callable[[], bool] = lambda: True) -> PendingSever:
        """A ticket for a sever being sent now. written: whether the ledger has it, if it is to have it."""
        now_s = self._now_s()
        ticket = PendingSever(pods, now_s, self._now_s, written)
        for pod in ticket.waiting:
            self._open[pod] = [one for one in self._open.get(pod, ()) if not one.expired] + [ticket]
            if self._since_s.setdefault(pod, now_s) == now_s:
                self._due.append((now_s, pod))
        return ticket

    @property
    def awaits_any(self) -> bool:
        """Whether a pod has not confirmed its zero yet."""
        return bool(self._since_s)

    def confirm(self, pod: str, said_s: float = inf) -> None:
        """The pod was at zero at `said_s`, session time; inf: it is now."""
        since_s = self._since_s.get(pod)
        if since_s is None:
            return
        waiting = [ticket for ticket in self._open[pod] if not ticket.confirm(pod, said_s)]
        if waiting:
            self._open[pod] = waiting
            return
        self.forget_pod(pod)
        self._confirmed(self._now_s() - since_s)

    def forget_pod(self, pod: str) -> None:
        """No sleeper lies in it any more: its confirmation is not awaited."""
        self._open.pop(pod, None)
        self._since_s.pop(pod, None)
        self._overdue.pop(pod, None)

    def overdue(self) -> int:
        """Return how many pods have not confirmed, although the time for it is over."""
        now_s = self._now_s()
        while self._due and not now_s - self._due[0][0] <= CONFIRM_WITHIN_S:
            sent_s, pod = self._due.popleft()
            if self._since_s.get(pod) == sent_s:
                self._overdue[pod] = None
        return len(self._overdue)
