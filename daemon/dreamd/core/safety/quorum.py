"""When a whole Dreamscape is severed: too few healthy sleepers, or many failures at once.

Below three sleepers each can derive another's signal from the collective. A collective of mostly failed
members represents no group. Many failures within seconds point at a common cause that no single breaker
sees (a firmware, the mains, the content), so all are severed.

Rules
- A pod that has left is not a failed one: callers count only pods assigned now. A seat is `away` where its
  breaker is open for a transport cause, or HALF_OPEN from before this assignment without a frame scored. Away
  seats count for neither side. So a network failure severs no pod that it still reaches, and a returning pod
  cannot sever the Dreamscape.
- Below the minimum merge size the majority rule does not apply: couplings stay at zero until enough pods
  return, and their return needs no operator.
- Frames missing from more than half of the fleet at once are reported as the daemon's own fault: thirty
  sleepers do not stop breathing in one instant, but one network cable stops thirty pods.
"""

from enum import Enum
from typing import Final

from dreamd.core.limits import MASS_MIN, MASS_SHARE, MASS_WINDOW_S, QUORUM_MIN, QUORUM_SHARE, SEATS_MAX
from dreamd.core.safety.causes import Cause, Kind, kind_of

INTIMATE_MIN: Final = 2
"""Fewest sleepers of an intimate Dreamscape: one alone has no other to merge with."""

OWN_FAULT_MIN: Final = 2
"""Fewest missing pods: one silent pod of one is no evidence about the daemon."""


class QuorumVerdict(Enum):
    """Whether a Dreamscape may go on dreaming; the value is the reason as a sentence."""

    HOLDS = "enough healthy sleepers"
    TOO_FEW = "too few healthy sleepers to merge"
    MOST_FAILED = "fewer than half of the assigned sleepers are healthy"

    @property
    def holds(self) -> bool:
        """Whether it may go on dreaming."""
        return self is QuorumVerdict.HOLDS


def fewest(*, intimate: bool, alone: bool = False) -> int:
    """Return the fewest sleepers that may merge. alone: an anchor session, of one."""
    return 1 if alone else INTIMATE_MIN if intimate else QUORUM_MIN


def quorum(
    assigned: int,
    healthy: int,
    intimate: bool,  # noqa: FBT001 - a fact, read from the plan
    away: int = 0,
    *,
    alone: bool = False,
) -> QuorumVerdict:
    """Judge a Dreamscape by the sleepers assigned now and how many of them are healthy.

    The quorum holds if the sleepers within reach satisfy the majority rule, and the minimum is met with all
    away sleepers back.

    Args:
        assigned: sleepers that hold a slot; those that left are not among them.
        healthy: of these, sleepers with a CLOSED breaker.
        intimate: every sleeper gave the intimate scope.
        away: of those assigned, sleepers with a breaker not CLOSED for a transport cause, or not CLOSED since
            their seat was taken with no frame scored there. 0: ask whether the Dreamscape may begin.
        alone: an anchor session, of one sleeper.
    """
    least = fewest(intimate=intimate, alone=alone)
    if not healthy + away >= least:
        return QuorumVerdict.TOO_FEW
    within_reach = assigned - away
    if within_reach >= least and not healthy >= QUORUM_SHARE * within_reach:
        return QuorumVerdict.MOST_FAILED
    return QuorumVerdict.HOLDS


def own_fault(missing: int, expected: int) -> bool:
    """Return whether so many frames are missing at once that the daemon or its network must be at fault.

    Args:
        missing: pods with a frame due and not arrived this tick.
        expected: pods from which one was due.
    """
    return missing >= OWN_FAULT_MIN and 2 * missing > expected


class MassFailure:
    """The pods that tripped within the last 10 s; at most one entry a pod, at most SEATS_MAX."""

    def __init__(self) -> None:
        self._tripped_s: dict[str, float] = {}  # in order of time, oldest first

    def tripped(self, pod: str, cause: Cause, now_s: float, seen_s: float | None = None) -> None:
        """Count a trip; transport, orders and evidence older than 10 s (seen_s; None: now) do not count."""
        lately = seen_s is None or now_s - seen_s <= MASS_WINDOW_S
        if kind_of(cause) not in (Kind.HARD, Kind.SOFT) or not lately:
            return
        self._tripped_s.pop(pod, None)
        self._tripped_s[pod] = now_s
        self._forget(now_s)

    def count(self, now_s: float) -> int:
        """The number of pods that tripped within the last 10 s."""
        self._forget(now_s)
        return len(self._tripped_s)

    def failed(self, assigned: int, now_s: float) -> bool:
        """Return whether at least three and more than a fifth of those assigned tripped within 10 s."""
        count = self.count(now_s)
        return count >= MASS_MIN and count > MASS_SHARE * assigned

    def clear(self) -> None:
        """Forget all trips: the Dreamscape has been severed for them."""
        self._tripped_s.clear()

    def _forget(self, now_s: float) -> None:
        while self._tripped_s:
            pod, at_s = next(iter(self._tripped_s.items()))
            recent = now_s - at_s <= MASS_WINDOW_S
            if recent and len(self._tripped_s) <= SEATS_MAX:
                return
            del self._tripped_s[pod]
