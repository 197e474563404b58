"""What the API may ask of the application: every call answers at once, with a value or a refusal.

Watches are pulled: the caller gets an object with `take`, and a callback that says there is
something to take. The callback is called on the application's thread and must return at once.
"""

from collections.abc import Callable
from typing import Protocol

from dreamd.core.refusals import Refusal
from dreamd.core.session.views import (
    Check,
    CollectiveView,
    DreamscapeView,
    Event,
    Plan,
    PodView,
    SeverOutcome,
)

Changed = Callable[[], None]


class CollectiveWatch(Protocol):
    """The newest tick of one Dreamscape; ticks not taken in time are skipped and counted."""

    def take(self) -> CollectiveView | None:
        """The newest tick not yet taken, with how many were skipped before it; None: nothing new."""
        ...

    @property
    def ended(self) -> bool:
        """The Dreamscape has ended and nothing is left to take."""
        ...

    def close(self) -> None:
        """Stop watching; safe to call twice."""
        ...


class EventWatch(Protocol):
    """The journal after a cursor, without loss."""

    def take(self, limit: int) -> tuple[Event, ...] | Refusal:
        """The next events in order, at most `limit`; a refusal where they are no longer kept."""
        ...

    @property
    def cursor(self) -> int:
        """Everything up to here has been taken or is not this watcher's; ask after it to go on."""
        ...

    def close(self) -> None:
        """Stop watching; safe to call twice."""
        ...


class PodWatch(Protocol):
    """Pods that have changed; only the newest view of each is kept."""

    def take(self) -> tuple[PodView, ...]:
        """The pods that changed since the last call; on the first call all of them."""
        ...

    def close(self) -> None:
        """Stop watching; safe to call twice."""
        ...


class SeverTicket(Protocol):
    """A sever that has already been sent; the outcome fills in as pods confirm."""

    def outcome(self) -> SeverOutcome:
        """How many were zeroed and confirmed by now."""
        ...

    @property
    def settled(self) -> bool:
        """All have confirmed, or 1.5 s have passed."""
        ...


class Coordination(Protocol):
    """The application as its callers see it."""

    def pods(self) -> tuple[PodView, ...]:
        """Every pod ever seen, by name."""
        ...

    def pod(self, pod: str) -> PodView | Refusal:
        """One pod."""
        ...

    def watch_pods(self, changed: Changed) -> PodWatch | Refusal:
        """Watch the fleet."""
        ...

    def check_in(self, pod: str, sleeper: str, etag: str = "") -> PodView | Refusal:
        """Bind a sleeper (a pseudonym) to a pod; the same pair again is the same answer."""
        ...

    def check_out(self, pod: str) -> PodView | Refusal:
        """Release the pod, then unbind its sleeper; idempotent."""
        ...

    def release(self, pod: str, reason: str) -> SeverTicket | Refusal:
        """This bed alone, now; valid in every state."""
        ...

    def create(self, plan: Plan, *, validate_only: bool = False) -> DreamscapeView | Refusal:
        """Create a Dreamscape in PLANNED, or say what is wrong with the plan."""
        ...

    def dreamscapes(self) -> tuple[DreamscapeView, ...]:
        """Every Dreamscape, newest first, ended ones included."""
        ...

    def dreamscape(self, name: str) -> DreamscapeView | Refusal:
        """One Dreamscape."""
        ...

    def start(self, name: str, etag: str = "") -> DreamscapeView | Refusal:
        """Freeze the scale, assign everyone admitted, begin to dream."""
        ...

    def sever(self, name: str, reason: str) -> SeverTicket | Refusal:
        """Everyone to zero in this call; they sleep on, Resume is possible."""
        ...

    def resume(self, name: str, etag: str = "") -> DreamscapeView | Refusal:
        """Dream on after a sever; everyone ramps from zero."""
        ...

    def wake(self, name: str, issuer: str, reason: str) -> SeverTicket | Refusal:
        """Sever, then wake everyone: latches at every pod."""
        ...

    def end(self, name: str, reason: str) -> SeverTicket | Refusal:
        """Close the books once all are home."""
        ...

    def explain(self, name: str, pod: str) -> tuple[Check, ...] | Refusal:
        """Every admission check of this pod for this Dreamscape, in order."""
        ...

    def watch_collective(self, name: str, changed: Changed) -> CollectiveWatch | Refusal:
        """Watch a Dreamscape's ticks, conflated."""
        ...

    def watch_events(self, cursor: int | None, dreamscape: str, changed: Changed) -> EventWatch | Refusal:
        """Events after `cursor` (None: from now on), of one Dreamscape or of all (empty)."""
        ...
