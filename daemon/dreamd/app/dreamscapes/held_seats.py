"""The seats of held sleepers: set to zero and released, as after a withdrawal.

A hold never keeps a person: it takes a slot and gives none. The journal is heard in the midst of a tick, and
the sleeper is at zero by then; their seat is released at the end of the same tick.
"""

from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.fleet.registry import PodRecord

HELD: Final = "held"
RELEASED_AT_ONCE: Final = 1024


class HeldSeats:
    """Releases the seats of sleepers that became held."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._waiting: dict[str, None] = {}
        dependencies.clinic.held_now.append(self._became_held)

    def _became_held(self, sleeper: str) -> None:
        self._waiting[sleeper] = None

    def release_due(self) -> None:
        """Release each seat whose sleeper is held now."""
        for sleeper in list(self._waiting)[:RELEASED_AT_ONCE]:
            del self._waiting[sleeper]
            record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
            if record is not None and self._merges(record) and self._deps.clinic.held(sleeper) is not None:
                self._dreamscapes.release_pod(record, HELD)

    def _merges(self, record: PodRecord) -> bool:
        """Whether this pod has a slot among others; a held sleeper may have a session alone."""
        runtime = self._dreamscapes.seating(record)
        alone = runtime is not None and runtime.dreamscape.plan.kind.alone
        return self._dreamscapes.holds_slot(record) and not alone
