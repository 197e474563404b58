"""Withdrawals at a pod: its latch is read as one, once, and its event is acknowledged once that is written.

Rules
- A withdrawal at a pod is a withdrawal everywhere, also after the pod's latch is cleared.
- A latch belongs to the sleeper that lay in the pod when it was first seen. A sleeper that is checked in to a
  latched pod has not withdrawn, nor has one that grants anew before the latch is cleared. The latch itself
  keeps the pod at zero.
- A daemon that has just started sees each latch for the first time. It counts it: one withdrawal too many
  costs a new grant, one too few a sleeper that is merged against their will.
"""

from dreamd.core.safety.causes import Cause
from dreamd.ports.consent import Consents


class PodWithdrawals:
    """The withdrawals that pods have reported."""

    def __init__(self, consents: Consents) -> None:
        """None is known."""
        self._consents = consents
        self._latched: set[str] = set()
        self._unsettled: dict[str, set[str]] = {}

    def read_latch(self, pod: str, sleeper: str, latched: str) -> None:
        """A pod reports its latch, empty for none, and this sleeper lies in it, empty for none."""
        if latched != Cause.WITHDRAWN.value:
            self._latched.discard(pod)
        elif pod not in self._latched:
            self._latched.add(pod)
            if sleeper:
                self._unsettled.setdefault(pod, set()).add(sleeper)
                self._consents.withdraw(sleeper)

    def settled(self, pod: str) -> bool:
        """Whether each withdrawal at this pod is in the ledger."""
        waiting = self._unsettled.get(pod, set())
        waiting -= {sleeper for sleeper in waiting if self._consents.is_written(sleeper)}
        if not waiting:
            self._unsettled.pop(pod, None)
        return not waiting
