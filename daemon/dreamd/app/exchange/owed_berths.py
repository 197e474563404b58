"""The berths that a night owes, by site: a bed that is kept for a sleeper with a berth goes to no other.

Theory of operation. Berths are counted by site and night, and no berth names a bed. While a site has more
free beds than sleepers with a berth who do not lie in a bed yet, a check-in is free to all. After that it is
refused with BERTH_NOT_YOURS to a sleeper without a berth of that site and night.

Rules
- A night goes from noon to noon by the clock of the house.
- A site and night without a berth given by a round are as they were without the exchange.
- A sleeper that lies in a bed stays there. No way out asks here.
- Neither consent nor coupling is looked at.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import tzinfo

from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.nights import night_named
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock

SiteNight = tuple[str, str]


class OwedBerths:
    """Sleepers with a berth by site and night; one thread uses it."""

    def __init__(
        self,
        clock: SessionClock,
        zone: tzinfo,
        fleet: PodRegistry,
        barred: Callable[[str], Refusal | None],
    ) -> None:
        """zone: of the house. barred: why a bed takes no sleeper in; None: it does."""
        self._clock, self._zone, self._fleet, self._barred = clock, zone, fleet, barred
        self._owed: dict[SiteNight, dict[str, str]] = {}
        self._of_round: dict[str, list[tuple[SiteNight, str]]] = {}

    def put_round(self, round_id: str, holders: Iterable[tuple[str, Offer]]) -> None:
        """State who holds a berth of this round now, instead of what was stated before."""
        for place, sleeper in self._of_round.pop(round_id, ()):
            owed = self._owed[place]
            if owed.get(sleeper) == round_id:
                del owed[sleeper]
            if not owed:
                del self._owed[place]
        places = [((offer.site, offer.night), sleeper) for sleeper, offer in holders]
        for place, sleeper in places:
            self._owed.setdefault(place, {})[sleeper] = round_id
        if places:
            self._of_round[round_id] = places

    def berth_refusal(
        self, record: PodRecord, sleeper: str, on_the_way: Collection[tuple[str, str]]
    ) -> Refusal | None:
        """Why this sleeper may not be checked in to this bed now; None: they may.

        on_the_way: (pod, sleeper) of check-ins that wait for the ledger.
        """
        site = record.presence.site
        night = night_named(self._clock.now_s(), self._zone) if self._owed else ""
        owed = self._owed.get((site, night))
        if not owed or sleeper in owed:
            return None
        beds, people = {pod for pod, _ in on_the_way}, {who for _, who in on_the_way}
        awaited = sum(not self._fleet.pod_of(one) and one not in people for one in owed)
        free = sum(
            one.online
            and not one.sleeper
            and one.presence.site == site
            and one.pod not in beds
            and self._barred(one.pod) is None
            for one in self._fleet
        )
        if free > awaited:
            return None
        sentence = (
            f"site {site} has {free} free beds in the night of {night}, and {awaited} sleepers with a berth "
            "are awaited"
        )
        return Refusal(Code.BERTH_NOT_YOURS, sentence, {"site": site, "night": night})
