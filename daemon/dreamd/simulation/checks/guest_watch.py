"""The rule `invited`: in an intimate Dreamscape those that are coupled have accepted one another.

The watch reads the lists in the storage and asks no daemon. A sleeper is named by the number of the bed.

Rules
- Each sleeper that is coupled is a guest, and has accepted a list that names every other one in the message.
- After a guest was heard to decline, no later message of that daemon couples them, until they are assigned
  anew with an acceptance in the storage.
- A daemon that another one has followed is judged by its own calls: the ledger belongs to the other one.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from dreamd.core.invitations.course import Guest
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamwire.messages import Collective

INVITED: Final = "invited"

Violated = Callable[[str, str, str], None]


class GuestWatch:
    """The guests of a night, and each intimate message held against them. judged: so many."""

    def __init__(self, storage: LedgerStorage, violated: Violated) -> None:
        self._storage = storage
        self._violated = violated
        self._newest = 0
        self._declined: set[tuple[int, str, str]] = set()
        self.judged = 0

    def follow_daemon(self, daemon: ObservedDaemon) -> None:
        """It is the newest."""
        self._newest = max(self._newest, daemon.number)

    def declined(self, daemon: ObservedDaemon, dreamscape: str, sleeper: str) -> None:
        """This daemon was told that the guest declines, or takes an acceptance back."""
        self._declined.add((daemon.number, dreamscape, sleeper))

    def assigned(self, daemon: ObservedDaemon, dreamscape: str, pod: str) -> None:
        """The sleeper is assigned: an acceptance that is newer than their no counts."""
        guest = self._storage.guests.get((dreamscape, sleeper_of(pod)))
        if guest is not None and guest.accepted and not guest.declined:
            self._declined.discard((daemon.number, dreamscape, sleeper_of(pod)))

    def published(self, daemon: ObservedDaemon, collective: Collective) -> None:
        """Hold one message against the lists."""
        name = collective.dreamscape
        record = self._storage.records.get(name)
        if record is None or not record.plan.intimate:
            return
        slots = np.flatnonzero(collective.coupling).tolist()
        held = (daemon.slots.get((name, collective.cohort, slot)) for slot in slots)
        pods = [one[0] for one in held if one is not None]
        self.judged += bool(pods)
        for pod in pods:
            if (daemon.number, name, sleeper_of(pod)) in self._declined:
                self._violated(INVITED, pod, "is coupled after its sleeper declined")
        if daemon.number >= self._newest:
            self._look(name, pods)

    def _look(self, name: str, pods: list[str]) -> None:
        guests: dict[str, Guest] = {}
        for pod in pods:
            guest = self._storage.guests.get((name, sleeper_of(pod)))
            if guest is None or guest.declined or not guest.accepted:
                self._violated(INVITED, pod, f"is coupled, and is no guest of {name} that has accepted")
            else:
                guests[pod] = guest
        newest = max((one.since for one in guests.values()), default=0)
        for pod, guest in guests.items():
            if not guest.accepted >= newest:
                sentence = f"has accepted list {guest.accepted} and is coupled with a guest of list {newest}"
                self._violated(INVITED, pod, sentence)
