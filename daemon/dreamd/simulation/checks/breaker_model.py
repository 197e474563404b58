"""A model of the breakers: the LOCKED pods, and the daemons that must know each lock.

Rules
- The daemon that locked a breaker keeps it, and so does each that starts with the lock in its ledger.
- A daemon may die before its lock is written, on a slow disk or in the very call. Then the lock holds for the
  others only if the pod has stored this trip. A pod at zero has stored nothing but the trip before, which the
  next daemon knows already; for such a pod the next trip locks.
- A trip that the pod itself told is told to each daemon until it is written. It locks in each that started
  with the mark of the trip before in its ledger, and has the same clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from dreamd.core.dreamscapes.views import Event
from dreamd.core.safety.causes import Kind, cause_named, kind_of
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamwire.messages import StoredSever

COUNTED: Final = (Kind.HARD, Kind.SOFT)
"""Kinds of cause that count against a person or a device."""
TOLD_BY_POD: Final = "(the pod: "
SAME_CLOCK_S: Final = 1.0


@dataclass(slots=True)
class _Lock:
    """One lock. by: the daemons that made it; told: by the word of the pod. everywhere: the pod stored it."""

    by: set[int] = field(default_factory=set)
    told: list[ObservedDaemon] = field(default_factory=list)
    everywhere: bool = False


class BreakerModel:
    """Derived from the journals of the daemons, and from what each read at its start."""

    def __init__(self, storage: LedgerStorage, pods: Sequence[ObservedPod]) -> None:
        self._storage = storage
        self._pods = pods
        self._locks: dict[str, _Lock] = {}
        self._found: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self._stored_at: dict[str, set[StoredSever]] = {}

    def daemon_started(self, daemon: ObservedDaemon) -> None:
        """A daemon has read the locks and the marks of its ledger."""
        self._found[daemon.number] = frozenset(self._storage.locks), frozenset(self._storage.marks)

    def on_trip(self, daemon: ObservedDaemon, event: Event) -> None:
        """A breaker has tripped, and may be locked now."""
        if kind_of(cause_named(event.cause)) not in COUNTED:
            return
        stored = {pod.disk.severed for pod in self._pods if pod.name == event.pod and pod.disk.severed}
        fresh = stored - self._stored_at.get(event.pod, set())
        self._stored_at[event.pod] = stored
        if "LOCKED" not in event.sentence.upper():
            return
        lock = self._locks.setdefault(event.pod, _Lock())
        lock.by.add(daemon.number)
        lock.everywhere |= any(kind_of(cause_named(severed.cause)) in COUNTED for severed in fresh)
        if TOLD_BY_POD in event.sentence and not daemon.dies_at_a_lock:
            lock.told.append(daemon)
        if daemon.dies_at_a_lock:
            daemon.die_at_a_lock()

    def locked(self, daemon: ObservedDaemon, pod: str) -> bool:
        """Whether this daemon must have the pod's breaker LOCKED."""
        lock = self._locks.get(pod)
        if lock is None:
            return False
        locks, marks = self._found.get(daemon.number, (frozenset(), frozenset()))
        alike = any(abs(daemon.now_s() - maker.now_s()) < SAME_CLOCK_S for maker in lock.told)
        return lock.everywhere or daemon.number in lock.by or pod in locks or (alike and pod in marks)

    def reset(self, pod: str) -> None:
        """A named person has reset it."""
        self._locks.pop(pod, None)

    def restored(self, locks: Collection[str]) -> None:
        """A copy of the ledger has taken its place: only the locks in it remain."""
        self._locks = {pod: lock for pod, lock in self._locks.items() if pod in locks}
