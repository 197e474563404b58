"""The moratoria that this pod has heard of: while one acts on it, it takes no assignment and does not merge.

The daemon severs and admits nobody by itself; the pod heeds the retained place too. So a pod that connects
later is reached, and so is one that an outdated daemon would assign.

Rules
- The highest revision holds. A pod that does not know its session clock takes each one to act.
- A moratorium wakes nobody and latches nothing.
"""

from typing import Final

from dreamedge.core.merging.effects import Effect
from dreamedge.core.merging.merge_controller import MergeController
from dreamwire.messages import CalibrationSource, Moratorium, WakeOrder, WakeScope

OF_EMPTY_BEDS: Final = frozenset({CalibrationSource.REPLAY, CalibrationSource.SIMULATED})
"""Sources of signals without a person."""


class HeardMoratoria:
    """The newest moratoria of the retained place."""

    def __init__(self, site: str, source: CalibrationSource) -> None:
        self._site = site
        self._person = source not in OF_EMPTY_BEDS
        self._revision = 0
        self._reaching: tuple[Moratorium, ...] = ()

    def heed(
        self, order: WakeOrder, merge: MergeController, session_ms: float | None, now_ns: int
    ) -> list[Effect]:
        """Take the moratoria beside this order, where they are newer; one that acts severs and unseats."""
        if order.moratoria_revision > self._revision:
            self._revision = order.moratoria_revision
            self._reaching = tuple(one for one in order.moratoria if self._reached(one))
        one = self.acting(session_ms) if merge.assigned is not None else None
        if one is None:
            return []
        return [*merge.sever("moratorium", now_ns, detail=one.reason), *merge.leave()]

    def acting(self, session_ms: float | None) -> Moratorium | None:
        """The moratorium that acts on this pod now; session_ms: None: the clock is not known."""
        return next((one for one in self._reaching if _acts(one, session_ms)), None)

    def _reached(self, one: Moratorium) -> bool:
        meant = one.scope is not WakeScope.SITE or one.target == self._site
        return meant and (self._person or not one.people_only)


def _acts(one: Moratorium, session_ms: float | None) -> bool:
    return session_ms is None or (not session_ms < one.from_ms and not session_ms >= one.until_ms)
