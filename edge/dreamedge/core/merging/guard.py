"""The pod's own limits: what it needs nobody's permission to act on (DESIGN 8.2, pod rows).

Why at the pod: evidence here is one hop old, and no network stands between it and zero. The guard only
judges; whoever holds the coupling acts on its `Fault` in the same call.

Rules.
- Signal: out below quality .4 or not eligible or a hard cause, in again at .5, so that a contact at the
  border does not flutter. Comparisons are written so that a NaN is out. Until the first good hop: out.
- Silence: no samples for 500 ms. The evidence is the moment the half second was over.
- Clock: a session clock that jumped by more than a second. Out until the next good hop.
- Actuator: in two frames running, more is rendered than the largest grant whose lease and fade are not
  over. That is a device that does not obey: out until a new assignment. Without samples there are no frames;
  then the pod's own timer judges once a hop, because a device may go on rendering without them.
A fault is reported once, when the guard goes out.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from dreamedge.core.merging.coupling import LAPSE_FADE_NS
from dreamedge.core.signal.features import HOP_NS, Hop

QUALITY_IN: Final = 0.5
QUALITY_OUT: Final = 0.4

SILENT_NS: Final = 500_000_000
"""Nanoseconds without samples that are a fault."""

DISOBEYED_FRAMES: Final = 2
"""Frames running with too much rendered that are a fault."""

SHARE_SLACK: Final = 1e-6
"""Shares travel as float32."""

GRANTS_KEPT: Final = 8
"""Grants within a lease and its fade: six at 4 Hz."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Evidence against this pod; `evidence_ns` is its capture."""

    cause: str
    evidence_ns: int
    detail: str


class Guard:
    """Whether this pod may be coupled, by what it sees itself."""

    def __init__(self) -> None:
        self.steady = False
        """Whether the signal is good; judged here alone."""
        self._disobeyed = False
        self._sampled_ns: int | None = None
        self._grants: deque[tuple[int, float]] = deque(maxlen=GRANTS_KEPT)
        self._rendered = 0.0
        self._over = 0
        self._framed_ns = 0

    @property
    def allows(self) -> bool:
        """Whether a permission may be used."""
        return self.steady and not self._disobeyed

    def renew(self) -> None:
        """Begin a new assignment: a device that did not obey gets its next chance."""
        self._disobeyed = False
        self._over = 0
        self._grants.clear()

    def sampled(self, now_ns: int) -> None:
        """Samples have come."""
        self._sampled_ns = now_ns

    def hop(self, hop: Hop) -> Fault | None:
        """Judge a hop's quality."""
        bound = QUALITY_OUT if self.steady else QUALITY_IN
        ok = hop.quality >= bound and hop.eligible and not hop.hard
        if ok:
            self.steady = True
            return None
        cause = hop.hard or hop.cause or "quality"
        return self._fall(Fault(cause, hop.evidence_ns or hop.captured_ns, f"quality {hop.quality:.2f}"))

    def silence(self, now_ns: int) -> Fault | None:
        """Judge how long ago samples last came, and what is rendered while they are away."""
        if self._sampled_ns is None or not self.silent(now_ns):
            return None
        fault = self._fall(Fault("silence", self._sampled_ns + SILENT_NS, "no samples"))
        due = now_ns - self._framed_ns >= HOP_NS
        return self.frame(0.0, now_ns) if fault is None and due else fault

    @property
    def silent_ns(self) -> int:
        """When the samples will have been away for too long, if none come; 0 before the first."""
        return 0 if self._sampled_ns is None else self._sampled_ns + SILENT_NS

    def silent(self, now_ns: int) -> bool:
        """Whether no samples have come for half a second, or ever."""
        ok = self._sampled_ns is not None and now_ns - self._sampled_ns <= SILENT_NS
        return not ok

    def jumped(self, now_ns: int) -> Fault | None:
        """Take note that the session clock has jumped."""
        return self._fall(Fault("clock", now_ns, "session clock jumped"))

    def granted(self, level: float, over_ns: int) -> None:
        """A permission may render up to `level` until `over_ns`."""
        self._grants.append((over_ns + LAPSE_FADE_NS, level))

    def zeroed(self) -> None:
        """The target is zero: from here on no earlier grant excuses anything."""
        self._grants.clear()

    def rendered(self, share: float) -> None:
        """Take what the renderer says it renders."""
        self._rendered = share

    @property
    def device_share(self) -> float:
        """What the renderer said last that it renders."""
        return self._rendered

    def frame(self, share: float, now_ns: int) -> Fault | None:
        """Judge what is rendered, once a frame. share: by the agent's own account."""
        self._framed_ns = now_ns
        bound = 0.0
        for over_ns, level in self._grants:
            if now_ns < over_ns and level > bound:
                bound = level
        ok = share <= bound + SHARE_SLACK and self._rendered <= bound + SHARE_SLACK
        self._over = 0 if ok else self._over + 1
        if self._over < DISOBEYED_FRAMES or self._disobeyed:
            return None
        self._disobeyed = True
        return Fault("actuator", now_ns, f"rendered {max(share, self._rendered):.3f}, granted {bound:.3f}")

    def _fall(self, fault: Fault) -> Fault | None:
        was, self.steady = self.steady, False
        return fault if was else None
