"""A model of the breakers: the LOCKED pods, and the sever that each pod had stored at its last trip.

A daemon may die in the call in which a breaker locks, before the lock is written or broadcast. Then the lock
holds only if the pod has stored this trip. A pod at zero has stored nothing but the trip before, which the
next daemon knows already; for such a pod the next trip locks.
"""

from collections.abc import Collection, Sequence
from typing import Final

from dreamd.core.dreamscapes.views import Event
from dreamd.core.safety.causes import Kind, cause_named, kind_of
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamwire.messages import StoredSever

COUNTED: Final = (Kind.HARD, Kind.SOFT)
"""Kinds of cause that count against a person or a device."""


class BreakerModel:
    """Derived from the journals of the daemons."""

    def __init__(self, pods: Sequence[ObservedPod]) -> None:
        self._pods = pods
        self.locked: set[str] = set()
        self._stored_at: dict[str, set[StoredSever]] = {}

    def on_trip(self, daemon: ObservedDaemon, event: Event) -> None:
        """A breaker has tripped, and may be locked now."""
        if kind_of(cause_named(event.cause)) not in COUNTED:
            return
        stored = {pod.disk.severed for pod in self._pods if pod.name == event.pod and pod.disk.severed}
        fresh = stored - self._stored_at.get(event.pod, set())
        self._stored_at[event.pod] = stored
        if "LOCKED" not in event.sentence.upper():
            return
        dies = daemon.dies_at_a_lock
        if dies:
            daemon.die_at_a_lock()
        if not dies or any(kind_of(cause_named(severed.cause)) in COUNTED for severed in fresh):
            self.locked.add(event.pod)

    def reset(self, pod: str) -> None:
        """A named person has reset it."""
        self.locked.discard(pod)

    def restored(self, locks: Collection[str]) -> None:
        """A copy of the ledger has taken its place: only the locks in it remain."""
        self.locked &= set(locks)
