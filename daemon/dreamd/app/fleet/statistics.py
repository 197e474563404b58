"""The statistics of the fleet: how many pods are in each condition, by state of breaker and by site.

The fleet is never counted. The share of each pod is remembered. When its record changes, the old share is
subtracted and the new one added, in integers, so that nothing drifts. A tick reads the sums.

A pod that has been silent for longer than lease and fade is online at most: its last report counts for
nothing.

A pod without a slot has been granted nothing. If it writes, longer than lease and fade after the daemon first
heard it, that it still renders a share, it is coupled although no grant allows it. The time of writing
counts, not that of arrival: over a slow network a status dates from a time when the pod had its slot.
"""

from collections import Counter
from typing import Final

from dreamd.core.dreamscapes.views import BreakerState, renders_nothing
from dreamd.core.limits import ALONE_WITHIN_S, QUALITY_IN
from dreamd.ports.metrics import SiteMetrics
from dreamwire.messages import Presence, Status

NO_SITE: Final = "none"
"""Where pods that name no site are counted."""


Share = tuple[bool, bool, bool, bool, BreakerState, str, int, int, int, int, int]
"""The share of one pod: online, silent, in use, in use and rendering nothing, its breaker, its site, the
numbers of a SiteReading."""


class FleetStatistics:
    """The sums over every pod ever seen."""

    def __init__(self) -> None:
        self._shares: dict[str, Share] = {}
        self._sites: dict[str, list[int]] = {}
        self._moved: dict[str, None] = {}
        self._stray_s: dict[str, float] = {}
        self._strays: dict[str, None] = {}
        self._contradicted: dict[str, str] = {}
        self._left: dict[str, str] = {}
        self._left_by: Counter[str] = Counter()
        self.online = self.unheard = self.in_use = self.rendering_nothing = 0
        self.breakers: Counter[BreakerState] = Counter()

    @property
    def known(self) -> int:
        """Pods ever seen."""
        return len(self._shares)

    @property
    def strays(self) -> int:
        """Pods that hold no slot and have said for longer than lease and fade that they are coupled."""
        return len(self._strays)

    @property
    def contradicted(self) -> int:
        """Pods whose last report said that the audit log contradicts the checkpoint they keep."""
        return len(self._contradicted)

    def contradicts(self, pod: str, why: str) -> bool:
        """Take in what a pod says of the audit log (empty: it agrees); return whether it is news."""
        if not why:
            self._contradicted.pop(pod, None)
            return False
        news = self._contradicted.get(pod) != why
        self._contradicted[pod] = why
        return news

    @property
    def off_gateway(self) -> int:
        """Pods whose last report said that they have left their gateway because it is not heard."""
        return len(self._left)

    def leaves_gateway(self, pod: str, gateway: str) -> bool:
        """Take in which gateway a pod has left (empty: none); return whether no other had left it."""
        before = self._left.get(pod, "")
        if before == gateway:
            return False
        if before:
            del self._left[pod]
            self._left_by[before] -= 1
            if not self._left_by[before]:
                del self._left_by[before]
        if gateway:
            self._left[pod] = gateway
            self._left_by[gateway] += 1
        return self._left_by[gateway] == 1 if gateway else False

    def update_pod(
        self,
        presence: Presence,
        status: Status | None,
        breaker: BreakerState,
        *,
        heard: bool,
        used: bool = False,
    ) -> None:
        """A pod's record has changed; heard: its status is new enough; used: a sleeper is checked in."""
        new = _share(presence, status if heard else None, breaker, in_use=used and heard)
        old = self._shares.get(presence.pod)
        if new == old:
            return
        if old is not None:
            self._add(old, -1)
        self._add(new, 1)
        self._shares[presence.pod] = new
        if not presence.online:
            self.obeys(presence.pod)

    def forget_pod(self, pod: str) -> None:
        """The pod is known no more."""
        old = self._shares.pop(pod, None)
        if old is not None:
            self._add(old, -1)
        self._contradicted.pop(pod, None)
        self.leaves_gateway(pod, "")
        self.obeys(pod)

    def _add(self, share: Share, sign: int) -> None:
        online, silent, in_use, mute, breaker, site, pods, quality_milli, low, unsynced, uncertainty_us = (
            share
        )
        self.online += sign * online
        self.unheard += sign * silent
        self.in_use += sign * in_use
        self.rendering_nothing += sign * mute
        self.breakers[breaker] += sign
        if pods:
            sums = self._sites.setdefault(site, [0, 0, 0, 0, 0])
            sums[0] += sign
            sums[1] += sign * quality_milli
            sums[2] += sign * low
            sums[3] += sign * unsynced
            sums[4] += sign * uncertainty_us
            self._moved[site] = None

    def coupled_without_slot(self, pod: str, now_s: float, written_s: float | None = None) -> None:
        """A pod that holds no slot says that it renders a share, or did when it wrote so (None: now)."""
        since_s = self._stray_s.setdefault(pod, now_s)
        # A pod that has not yet heard this daemon's clock may write by an earlier one, ahead of ours.
        ok = min(now_s, now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S
        if not ok:
            self._strays[pod] = None

    def obeys(self, pod: str) -> None:
        """The pod holds a slot, or says that it is at zero, or is gone."""
        self._stray_s.pop(pod, None)
        self._strays.pop(pod, None)

    def sites(self) -> tuple[str, ...]:
        """The named sites in which a pod is heard, by name."""
        return tuple(sorted(site for site, sums in self._sites.items() if sums[0] and site != NO_SITE))

    def take_sites(self) -> list[tuple[str, SiteMetrics]]:
        """The sites that have changed since this was last asked."""
        moved, self._moved = self._moved, {}
        return [(site, SiteMetrics(*self._sites[site])) for site in moved]


def _share(presence: Presence, status: Status | None, breaker: BreakerState, *, in_use: bool) -> Share:
    site = presence.site or NO_SITE
    if status is None or not presence.online:
        in_use = in_use and presence.online
        return presence.online, presence.online, in_use, False, breaker, site, 0, 0, 0, 0, 0
    quality = status.quality if 0.0 <= status.quality <= 1.0 else 0.0
    low = not quality >= QUALITY_IN
    clock = status.clock
    within_us = clock.uncertainty_us if clock.synced else 0
    return (
        True,
        False,
        in_use,
        in_use and renders_nothing(status.renderer),
        breaker,
        site,
        1,
        round(quality * 1000),
        int(low),
        int(not clock.synced),
        within_us,
    )
