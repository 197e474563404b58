"""Whereabouts: the sites and sleepers behind the names in a request, for the scope of a caller."""

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry


class LiveWhereabouts:
    """Implements `core.access.admission.Whereabouts` over the fleet and the Dreamscapes that live."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._fleet = dependencies.fleet
        self._dreamscapes = dreamscapes

    def site_of(self, pod: str) -> str:
        """The site that the pod's presence states."""
        record = self._fleet.get(pod)
        return record.presence.site if record is not None else ""

    def sites_of(self, dreamscape: str) -> frozenset[str]:
        """The sites of the pods that it seats or invites, and of its plan; empty for one that is over."""
        runtime = self._dreamscapes.get(dreamscape)
        if runtime is None:
            return frozenset()
        plan = runtime.dreamscape.plan
        pods = {*plan.pods, *(seat.pod for seat in runtime.dreamscape.holding())}
        return frozenset({*([plan.site] if plan.site else []), *map(self.site_of, pods)})

    def sleeper_in(self, pod: str) -> str:
        """The sleeper checked in there."""
        record = self._fleet.get(pod)
        return record.sleeper if record is not None else ""

    def dreamscape_of(self, sleeper: str) -> str:
        """The Dreamscape in which the sleeper's pod has a seat."""
        record = self._fleet.get(self._fleet.pod_of(sleeper)) if sleeper else None
        return record.dreamscape if record is not None else ""

    def bed_of(self, sleeper: str) -> str:
        """The pod at which the sleeper is checked in."""
        return self._fleet.pod_of(sleeper) if sleeper else ""
