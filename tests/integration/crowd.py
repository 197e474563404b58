"""Light pods by the hundred, in two processes, and readings of all of them for a test or a bench."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from integration.fleet import Fact, Fleet, stamp_s

WARDS = ("ward-1", "ward-2")


@dataclass
class Crowd:
    """`count` light pods of `fleet`, an even number."""

    fleet: Fleet
    count: int
    pods: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Name them."""
        self.pods = tuple(f"light-{number}" for number in range(1, self.count + 1))

    async def begin(self) -> None:
        """Start the daemon and all pods, check all in and begin the night."""
        self.fleet.daemon()
        each = self.count // len(WARDS)
        for number, ward in enumerate(WARDS):
            self.fleet.light(ward, 1 + number * each, each)
        await self.fleet.begin(self.pods, within_s=60.0)

    def told(self, kind: str, since_s: float) -> Iterator[Fact]:
        """All pods' facts of one kind since then."""
        for ward in WARDS:
            yield from (f for f in self.fleet.journal(ward) if f["kind"] == kind and stamp_s(f) > since_s)

    def zero_after_s(self, moments: Iterable[tuple[str, float]]) -> list[float]:
        """From each pod's moment to its next zero, ascending; inf: it never came.

        Pods that were alone already are left out: there was nothing to end.
        """
        moves: dict[object, list[tuple[float, bool]]] = {}
        for kind, stamp, coupled in (("merged", "t_ns", True), ("severed", "zero_ns", False)):
            for fact in self.told(kind, 0.0):
                moves.setdefault(fact["pod"], []).append((stamp_s(fact, stamp), coupled))
        took_s = []
        for pod, at_s in moments:
            before = [coupled for moved_s, coupled in sorted(moves.get(pod, ())) if moved_s <= at_s]
            zeros_s = [moved_s for moved_s, coupled in moves.get(pod, ()) if not coupled and moved_s > at_s]
            if before and before[-1]:
                took_s.append(min(zeros_s, default=inf) - at_s)
        return sorted(took_s)

    def lie(self, pod: str) -> None:
        """Let the next frame of this pod be NaN."""
        self.fleet.tell(self._ward(pod), f"nan {pod}")

    def press(self, pod: str, button: str) -> None:
        """Let the sleeper of this pod press a button."""
        self.fleet.tell(self._ward(pod), f"press {pod} {button}")

    def _ward(self, pod: str) -> str:
        return WARDS[self.pods.index(pod) // (self.count // len(WARDS))]

    def evidence_to_zero_s(self, since_s: float) -> list[float]:
        """From the capture of each false frame to its pod's zero, as `zero_after_s`."""
        lies = [(str(fact["pod"]), stamp_s(fact, "onset_ns")) for fact in self.told("lied", since_s)]
        return self.zero_after_s(lies)
