"""When a whole Dreamscape is severed: too few healthy sleepers, or many failures at once.

A merge of a handful is somebody's merge: below three each can read the other out of the collective, and
a collective most of whose members have failed is no collective. Many failures within seconds point at
something common that no single breaker sees (a firmware, the mains, the content), so all are severed.

Rules
- Who has left is not failed: callers count those now assigned. Nor is who is away: cut off by the way to
  them, or seated on trial for what happened elsewhere or before this daemon. They count for neither side, so
  that no network severs those it still reaches, and nobody who comes back severs those who dream.
- Of fewer than may merge nothing is said of most: they are granted nothing, and those who are away come back
  without a person's word.
- Frames missing from over half the fleet at once are the daemon's own fault, and said so: thirty
  sleepers do not stop breathing in one instant, but one network cable stops thirty.
"""

from enum import Enum
from typing import Final

from dreamd.core.limits import MASS_MIN, MASS_SHARE, MASS_WINDOW_S, QUORUM_MIN, QUORUM_SHARE, SEATS_MAX
from dreamd.core.safety.causes import Cause, Kind, kind_of

INTIMATE_MIN: Final = 2
"""Fewest of an intimate Dreamscape: one alone has nobody to merge with."""

OWN_FAULT_MIN: Final = 2
"""One silent pod of one says nothing about the daemon."""


class QuorumVerdict(Enum):
    """Whether a Dreamscape may dream on, and if not why; the value is a sentence."""

    HOLDS = "enough healthy sleepers"
    TOO_FEW = "too few healthy sleepers to merge"
    MOST_FAILED = "fewer than half of the assigned sleepers are healthy"

    @property
    def holds(self) -> bool:
        """Whether it may dream on."""
        return self is QuorumVerdict.HOLDS


def quorum(assigned: int, healthy: int, intimate: bool, away: int = 0) -> QuorumVerdict:  # noqa: FBT001 - a fact, read from the plan
    """Judge a Dreamscape by how many are assigned now and how many of those are healthy.

    It holds with those who are away (0: ask whether it may begin) left out, and would if all were back.

    Args:
        assigned: sleepers who hold a slot; those who left are not among them.
        healthy: of these, sleepers whose breaker is CLOSED.
        intimate: everyone gave the intimate scope.
        away: of those assigned, sleepers whose breaker is not CLOSED for a cause of transport, or has not
            been since they took their seat and nothing was seen of them there.
    """
    fewest = INTIMATE_MIN if intimate else QUORUM_MIN
    if not healthy + away >= fewest:
        return QuorumVerdict.TOO_FEW
    within_reach = assigned - away
    if within_reach >= fewest and not healthy >= QUORUM_SHARE * within_reach:
        return QuorumVerdict.MOST_FAILED
    return QuorumVerdict.HOLDS


def own_fault(missing: int, expected: int) -> bool:
    """Return whether so many frames are missing at once that the daemon itself must be at fault.

    Args:
        missing: pods whose frame did not come this tick.
        expected: pods from which one was due.
    """
    return missing >= OWN_FAULT_MIN and 2 * missing > expected


class MassFailure:
    """Counts who tripped within the last 10 s; at most one entry a sleeper, at most SEATS_MAX."""

    def __init__(self) -> None:
        self._tripped_s: dict[str, float] = {}  # in order of time, oldest first

    def tripped(self, pod: str, cause: Cause, now_s: float, seen_s: float | None = None) -> None:
        """Note a trip; transport, orders and what was seen longer than 10 s ago (None: now) do not count."""
        lately = seen_s is None or now_s - seen_s <= MASS_WINDOW_S
        if kind_of(cause) not in (Kind.HARD, Kind.SOFT) or not lately:
            return
        self._tripped_s.pop(pod, None)
        self._tripped_s[pod] = now_s
        self._forget(now_s)

    def count(self, now_s: float) -> int:
        """How many tripped within the last 10 s."""
        self._forget(now_s)
        return len(self._tripped_s)

    def failed(self, assigned: int, now_s: float) -> bool:
        """Return whether at least three and more than a fifth of those assigned tripped within 10 s."""
        count = self.count(now_s)
        return count >= MASS_MIN and count > MASS_SHARE * assigned

    def clear(self) -> None:
        """Forget all: the Dreamscape has been severed for it."""
        self._tripped_s.clear()

    def _forget(self, now_s: float) -> None:
        while self._tripped_s:
            pod, at_s = next(iter(self._tripped_s.items()))
            recent = now_s - at_s <= MASS_WINDOW_S
            if recent and len(self._tripped_s) <= SEATS_MAX:
                return
            del self._tripped_s[pod]
