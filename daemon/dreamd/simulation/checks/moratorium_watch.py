"""The rule `paused`: while a moratorium acts, no daemon that knows it grants a coupling.

A daemon knows those that it was called to, and at its start those that are in the storage. One that neither
has is lost with both, until the broker's retained place brings it back.
"""

from collections.abc import Callable
from typing import Final

from dreamd.core.moratoria.course import Moratorium
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage

PAUSED: Final = "paused"

Violated = Callable[[str, str, str], None]


class MoratoriumWatch:
    """The moratoria of a night, and each coupling in their reach held against them. judged: so many."""

    def __init__(self, storage: LedgerStorage, violated: Violated) -> None:
        self._storage = storage
        self._violated = violated
        self._called: dict[str, int] = {}
        self.judged = 0
        self.site_of: Callable[[str], str] = lambda _pod: "here"
        """The site of a bed."""

    def called(self, daemon: ObservedDaemon, moratorium: Moratorium) -> None:
        """This daemon has answered the call."""
        self._called[moratorium.id] = daemon.number

    def coupled(self, daemon: ObservedDaemon, pod: str) -> None:
        """Hold one coupling above zero against the moratoria that this daemon knows."""
        if not self._called:
            return
        self.judged += 1
        now_s = daemon.now_s()
        for one in self._storage.moratoria_by_id.values():
            reached = one.reaches(self.site_of(pod), person=True)
            if daemon.number >= self._called.get(one.id, daemon.number) and reached and one.acts(now_s):
                self._violated(PAUSED, pod, f"is coupled although {one.id} acts")
