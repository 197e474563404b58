"""The merge-minutes that each device has rendered, held against limits and against the ledger."""

from collections.abc import Mapping, Sequence
from typing import Final

from dreamd.adapters.exposure import UNDER_A_MARK_MIN, UNDER_AN_ANCHOR_MARK_MIN
from dreamd.simulation.checks.bounds import SILENT_NS
from dreamd.simulation.environment import ObservedPod
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.schedule import SECOND_NS, Schedule

NOT_SEEN: Final = (0, 0.0)
UNLIMITED_MIN: Final = float("inf")


def sleeper_of(pod: str) -> str:
    """The sleeper of the bed of this name, the same all night even while checked out."""
    return f"sleeper-{pod.rpartition('-')[2]}"


def number_of(name: str) -> int:
    """The number of a bed or of its sleeper."""
    return int(name.rpartition("-")[2])


class RenderedExposure:
    """Minutes by pod, integrated over the shares that its device renders."""

    def __init__(
        self,
        schedule: Schedule,
        storage: LedgerStorage,
        limits_min: Mapping[str, float],
        pods: Sequence[ObservedPod],
    ) -> None:
        self._schedule = schedule
        self._storage = storage
        self._limits_min = limits_min
        self._pods = pods
        self._lived_min: dict[int, float] = {}
        self._seen: dict[int, tuple[int, float]] = {}

    def rendered(self, pod: ObservedPod, share: float) -> float:
        """Take the share of an obedient device; returns the minutes of the bed where any have a limit.

        A device that is not fed falls silent by itself, so a share counts for half a second at most.
        """
        number, now_ns = pod.number, self._schedule.now_ns
        since_ns, was = self._seen.get(number, NOT_SEEN)
        if was:
            lasted_s = min(now_ns - since_ns, SILENT_NS) / SECOND_NS
            self._lived_min[number] = self._lived_min.get(number, 0.0) + was * lasted_s / 60.0
        self._seen[number] = (now_ns, 0.0 if pod.device.stuck else share)
        return self.lived_min(pod.name) if self._limits_min else 0.0

    def limit_min(self, pod: str) -> float:
        """The limit of the bed's sleeper, infinity without one."""
        return self._limits_min.get(sleeper_of(pod), UNLIMITED_MIN) if self._limits_min else UNLIMITED_MIN

    def lived_min(self, pod: str) -> float:
        """The minutes rendered by all devices of this name."""
        beds = (bed.number for bed in self._pods if bed.name == pod)
        return sum(self._lived_min.get(number, 0.0) for number in beds)

    def charged_min(self, pod: str) -> float:
        """The minutes in both accounts of the ledger; an open mark counts as charged.

        A minute of an anchor session is charged whole, which is more than it renders.
        """
        sleeper, kept = sleeper_of(pod), self._storage
        charged_min = 0.0
        for minutes, marks, under_min in (
            (kept.exposed_min, kept.merging, UNDER_A_MARK_MIN),
            (kept.anchored_min, kept.anchoring, UNDER_AN_ANCHOR_MARK_MIN),
        ):
            charged_min += sum(lived_min for (name, _), lived_min in minutes.items() if name == sleeper)
            charged_min += under_min if sleeper in marks else 0.0
        return charged_min
