"""The house: what concerns every Dreamscape at once, its sites, its events, and its planned handover."""

from collections.abc import Callable

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.views import blind
from dreamd.app.events.journal import JournalWatch
from dreamd.app.events.subscriptions import Changed
from dreamd.core.access.caller import Caller
from dreamd.core.fleet.house import HouseView, Waiting, no_standby
from dreamd.core.refusals import Code, Refusal


class HouseQueries:
    """Implements `HouseApi`. end_by_plan: ends this daemon as a signal does; set by the composition."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self.end_by_plan: Callable[[], None] = lambda: None

    def overview(self) -> HouseView:
        """The state that all Dreamscapes share: the way to the pods, and the ledger."""
        census, brokers = self._deps.fleet.census, self._deps.brokers
        broker = brokers.whole
        return HouseView(
            broker=broker.up,
            broker_since_s=broker.since_s,
            brokers_lost=brokers.unreached if brokers.several else (),
            ledger=self._deps.ledger.failure,
            ledger_slow="" if self._deps.ledger.failure else self._deps.commits.slow,
            blind=tuple(
                c.dreamscape.plan.dreamscape for c in self._dreamscapes.values() if blind(c.dreamscape)
            ),
            online=census.online,
            unheard=census.unheard,
            rendering_nothing=census.rendering_nothing,
            session_s=self._deps.clock.now_s(),
            paused=self._deps.moratoria.acting(),
            lease=self._deps.ledger.house,
        )

    def hand_over(self, _caller: Caller) -> Waiting | Refusal:
        """End, and hand the house over to a standby that can take it; return that one.

        Which pods it may take on trust is decided at the end (`drivers.handed_slots`).
        """
        refusal = self._dreamscapes.shutting_down()
        if refusal is not None:
            return refusal
        house = self._deps.ledger.house
        heir = house.heir if house is not None and self._deps.ledger.owned else None
        if heir is None:
            return Refusal(Code.NO_STANDBY, no_standby(house))
        self.end_by_plan()
        return heir

    def sites(self) -> tuple[str, ...]:
        """The sites of pods that are heard, by name."""
        return self._deps.fleet.census.sites()

    def watch_events(self, cursor: int | None, dreamscape: str, changed: Changed) -> JournalWatch | Refusal:
        """Events after `cursor` (None: from now on), of one Dreamscape or of all (empty)."""
        if dreamscape and not self._dreamscapes.archive.used(dreamscape):
            return Refusal(
                Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {dreamscape!r}", {"dreamscape": dreamscape}
            )
        return self._deps.journal.follow(cursor, dreamscape, changed)
