"""The rules of a house, judged by the row of the database and by the broadcasts.

Rules
- one-owner: no daemon couples a sleeper under an older term than that of the house, nor while a device
  renders what another daemon granted.
- fence: no write under an older term reaches the ledger.
- terms: each claim of a house draws a higher term.
- moved: a house is not taken from an owner that lives, unless the owner stood still or its own way to the
  database failed: an outage of the database itself moves no house.
- takeover: while the database answers a standby, no house is free for longer than TAKEN_OVER_WITHIN_S
  (`standby`).
"""

from collections.abc import Callable, Sequence

from dreamd.core.safety.causes import Cause
from dreamd.simulation.checks.bounds import PERMIT_NS
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.schedule import Schedule
from dreamwire.messages import Collective


class HouseWatch:
    """The owners of a house, one after the other."""

    def __init__(
        self,
        schedule: Schedule,
        storage: LedgerStorage,
        violated: Callable[[str, str, str], None],
        pods: Sequence[ObservedPod],
    ) -> None:
        self._schedule, self._storage, self._violated, self._pods = schedule, storage, violated, pods
        self._owner: ObservedDaemon | None = None
        self._highest = 0
        self._coupled: tuple[int, int] = (0, 0)

    def house_claimed(self, daemon: ObservedDaemon) -> None:
        """A daemon has claimed the house."""
        before, self._owner, term = self._owner, daemon, daemon.lease.term
        if not term > self._highest:
            self._violated(
                "terms", f"daemon {daemon.number}", f"claims under term {term} after {self._highest}"
            )
        self._highest = max(self._highest, term)
        if before is not None and before.alive and not before.lease.faltered:
            self._violated("moved", f"daemon {before.number}", "lives, and its house was taken over")

    def published(self, daemon: ObservedDaemon, collective: Collective) -> None:
        """A daemon broadcasts."""
        if self._storage.house.stale_writes:
            self._violated("fence", f"daemon {daemon.number}", "a write under an older term is in the ledger")
        if not collective.coupling.any():
            return
        now_ns, newest, term = self._schedule.now_ns, self._storage.house.term, daemon.lease.term
        number, until_ns = self._coupled
        if term != newest:
            text = f"couples under term {term}, and the house has term {newest}"
            self._violated("one-owner", f"daemon {daemon.number}", text)
        elif number != daemon.number and now_ns < until_ns and any(map(_renders, self._pods)):
            self._violated("one-owner", f"daemon {daemon.number}", f"couples while daemon {number} does")
        self._coupled = daemon.number, now_ns + PERMIT_NS


def _renders(pod: ObservedPod) -> bool:
    """Whether its device gives the sleeper a share of the others, as it was commanded."""
    return bool(pod.disk.starts) and not pod.device.stuck and pod.device.share_at(pod.local_ns()) > 0.0


def handed_over(daemon: ObservedDaemon, pod: ObservedPod) -> bool:
    """Whether the owner before has stated that this pod is well, and the pod has stored nothing else."""
    severed = pod.disk.severed
    slots = [slot for one in daemon.ledger.handed_over() if one.direct for slot in one.slots]
    named = any((slot.pod, slot.incarnation) == (pod.name, pod.incarnation) for slot in slots)
    return named and (severed is None or severed.cause == Cause.DAEMON.value)
