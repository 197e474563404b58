"""Sever tickets: a sever that has been sent, filling in as pods confirm their zero.

A pod confirms by its own word after the sever: a frame, status or event that says applied = 0. An
offline pod is alone within lease + fade by its own tether, but that is not its word, so it stays
unconfirmed.
"""

from collections.abc import Callable, Iterable

from dreamd.core.limits import CONFIRM_WITHIN_S
from dreamd.core.session.views import SeverOutcome


class Ticket:
    """One sever: whom it zeroed, who has confirmed."""

    def __init__(self, pods: Iterable[str], sent_s: float, now_s: Callable[[], float]) -> None:
        self._waiting = dict.fromkeys(pods)
        self._zeroed = len(self._waiting)
        self._sent_s = sent_s
        self._now_s = now_s

    def confirm(self, pod: str) -> None:
        """The pod has said that its coupling is zero."""
        self._waiting.pop(pod, None)

    def outcome(self) -> SeverOutcome:
        """The answer by now."""
        return SeverOutcome(self._zeroed, self._zeroed - len(self._waiting), tuple(self._waiting))

    @property
    def settled(self) -> bool:
        """Nobody is waited for, or the time to confirm is over."""
        return not self._waiting or self.expired

    @property
    def expired(self) -> bool:
        """The time to confirm is over."""
        return not self._now_s() - self._sent_s <= CONFIRM_WITHIN_S


class Tickets:
    """The open tickets; a confirmation goes to all of them."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._open: list[Ticket] = []

    def issue(self, pods: Iterable[str]) -> Ticket:
        """A ticket for a sever being sent now."""
        ticket = Ticket(pods, self._now_s(), self._now_s)
        self._open = [t for t in self._open if not t.settled]
        self._open.append(ticket)
        return ticket

    def confirm(self, pod: str) -> None:
        """The pod is at zero."""
        for ticket in self._open:
            ticket.confirm(pod)
