"""The pod's own limits, which need no permission to act (DESIGN 8.2, pod rows).

Evidence at the pod is one hop old, and no network stands between it and zero. The guard only judges; the
merge controller acts on its `Fault` in the same call.

Rules.
- Signal: out below quality .4, not eligible or with a hard cause; in again at .5, so that a marginal contact
  does not flutter. Comparisons are written so that a NaN is out. Out until the first good hop.
- Silence: no samples for 500 ms. The evidence is the moment the half second was over.
- Clock: a session clock that jumped by more than a second. Out until the next good hop.
- Actuator: in two consecutive frames, more is rendered than the largest grant whose lease and fade are not
  over. Such a device does not obey: out until a new assignment. Without samples there are no frames; then the
  pod's own timer judges once a hop, because a device may go on rendering without them.
- Renderer: a renderer that gives nothing, or only a part of what it is given. Out until it renders again: a
  sleeper who would be half served is alone with themselves.

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
"""Consecutive frames with too much rendered that are a fault."""

SHARE_SLACK: Final = 1e-6
"""Tolerance, because shares are sent as float32."""

GRANTS_KEPT: Final = 8
"""Grants within a lease and its fade: six at 4 Hz."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Evidence against this pod; `evidence_ns` is its capture."""

    cause: str
    evidence_ns: int
    detail: str


class Guard:
    """Whether this pod may be coupled, by its own evidence."""

    def __init__(self) -> None:
        self.steady = False
        """Whether the signal is good; changed only by this class."""
        self._disobeyed = False
        self._unrendered = ""
        self._unrendered_told = False
        self._sampled_ns: int | None = None
        self._grants: deque[tuple[int, float]] = deque(maxlen=GRANTS_KEPT)
        self._rendered = 0.0
        self._over = 0
        self._framed_ns = 0

    @property
    def allows(self) -> bool:
        """Whether a permission may be used."""
        return self.steady and not self._disobeyed and not self._unrendered

    def renew(self) -> None:
        """Begin a new assignment: a device that did not obey is judged anew."""
        self._disobeyed = False
        self._over = 0
        self._grants.clear()

    def sampled(self, now_ns: int) -> None:
        """Record that samples have arrived."""
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
        """Judge the time since the last samples, and the rendered share while they are missing."""
        if self._sampled_ns is None or not self.silent(now_ns):
            return None
        fault = self._fall(Fault("silence", self._sampled_ns + SILENT_NS, "no samples"))
        due = now_ns - self._framed_ns >= HOP_NS
        # Share 0.0: only the device's own report is judged, as it may render without samples.
        return self.frame(0.0, now_ns) if fault is None and due else fault

    @property
    def silent_ns(self) -> int:
        """When the absence of samples will be a fault, if none come; 0 before the first."""
        return 0 if self._sampled_ns is None else self._sampled_ns + SILENT_NS

    def silent(self, now_ns: int) -> bool:
        """Whether no samples have come for half a second, or ever."""
        ok = self._sampled_ns is not None and now_ns - self._sampled_ns <= SILENT_NS
        return not ok

    def jumped(self, now_ns: int) -> Fault | None:
        """Record that the session clock has jumped."""
        return self._fall(Fault("clock", now_ns, "session clock jumped"))

    def granted(self, level: float, over_ns: int) -> None:
        """Record that a permission allows up to `level` until `over_ns`."""
        self._grants.append((over_ns + LAPSE_FADE_NS, level))

    def zeroed(self) -> None:
        """Record that the target is zero: earlier grants no longer count."""
        self._grants.clear()

    def rendered(self, share: float, failed: str = "") -> None:
        """Take the share that the renderer reports, and why it renders nothing; empty: it renders."""
        self._rendered = share
        self._unrendered = failed

    def renderer_fault(self, now_ns: int) -> Fault | None:
        """Judge the renderer: a fault once, when it has failed."""
        was, self._unrendered_told = self._unrendered_told, bool(self._unrendered)
        return Fault("renderer", now_ns, self._unrendered) if self._unrendered and not was else None

    @property
    def unrendered(self) -> str:
        """Why the renderer renders nothing; empty: it renders."""
        return self._unrendered

    @property
    def device_share(self) -> float:
        """The share that the renderer reported last."""
        return self._rendered

    def frame(self, share: float, now_ns: int) -> Fault | None:
        """Judge the rendered share, once a frame. share: by the agent's own account."""
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
