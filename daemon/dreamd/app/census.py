"""The census: how many pods are how, by state of their breaker and by site, kept true by every word of a pod.

Nobody counts the fleet. What a pod counts for is remembered, and whenever its record has changed its old
share is taken off and its new one added, in integers, so that nothing drifts. A tick reads the sums.

A pod without a slot has been granted nothing: one that goes on saying that it renders a share, for longer
than lease and fade by the times at which its words came, is coupled although nobody allows it.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from dreamd.core.limits import LEASE_FADE_S, LEASE_S, QUALITY_IN
from dreamd.core.session.views import BreakerState
from dreamd.ports.meters import SiteReading
from dreamwire.messages import Presence, Status

ALONE_BY_S: Final = LEASE_S + LEASE_FADE_S
NO_SITE: Final = "none"
"""Where pods that name no site are counted."""


@dataclass(frozen=True, slots=True)
class _Share:
    """What one pod counts for."""

    online: bool
    breaker: BreakerState
    site: str
    reading: SiteReading


class Census:
    """The sums over every pod ever seen."""

    def __init__(self) -> None:
        self._shares: dict[str, _Share] = {}
        self._sites: dict[str, SiteReading] = {}
        self._moved: dict[str, None] = {}
        self._stray_s: dict[str, float] = {}
        self._strays: dict[str, None] = {}
        self.online = 0
        self.breakers: Counter[BreakerState] = Counter()

    @property
    def known(self) -> int:
        """Pods ever seen."""
        return len(self._shares)

    @property
    def strays(self) -> int:
        """Pods that hold no slot and have said for longer than lease and fade that they are coupled."""
        return len(self._strays)

    def note(self, presence: Presence, status: Status | None, breaker: BreakerState) -> None:
        """A pod's record has changed."""
        new = _share(presence, status, breaker)
        old = self._shares.get(presence.pod)
        if new == old:
            return
        if old is not None:
            self._add(old, -1)
        self._add(new, 1)
        self._shares[presence.pod] = new
        if not presence.online:
            self.obeys(presence.pod)

    def _add(self, share: _Share, sign: int) -> None:
        self.online += sign * share.online
        self.breakers[share.breaker] += sign
        reading = share.reading
        if reading.pods:
            signed = SiteReading(
                sign * reading.pods,
                sign * reading.quality_milli,
                sign * reading.low,
                sign * reading.unsynced,
                sign * reading.uncertainty_us,
            )
            self._sites[share.site] = self._sites.get(share.site, SiteReading()) + signed
            self._moved[share.site] = None

    def coupled_without_slot(self, pod: str, now_s: float) -> None:
        """A pod that holds no slot has just said that it renders a share."""
        since_s = self._stray_s.setdefault(pod, now_s)
        ok = now_s - since_s <= ALONE_BY_S
        if not ok:
            self._strays[pod] = None

    def obeys(self, pod: str) -> None:
        """The pod holds a slot, or says that it is at zero, or is gone."""
        self._stray_s.pop(pod, None)
        self._strays.pop(pod, None)

    def take_sites(self) -> list[tuple[str, SiteReading]]:
        """The sites that have changed since this was last asked."""
        moved, self._moved = self._moved, {}
        return [(site, self._sites[site]) for site in moved]


def _share(presence: Presence, status: Status | None, breaker: BreakerState) -> _Share:
    site = presence.site or NO_SITE
    if status is None or not presence.online:
        return _Share(presence.online, breaker, site, SiteReading())
    quality = status.quality if 0.0 <= status.quality <= 1.0 else 0.0
    synced = status.clock.synced
    return _Share(
        presence.online,
        breaker,
        site,
        SiteReading(
            pods=1,
            quality_milli=round(quality * 1000),
            low=int(not quality >= QUALITY_IN),
            unsynced=int(not synced),
            uncertainty_us=status.clock.uncertainty_us if synced else 0,
        ),
    )
