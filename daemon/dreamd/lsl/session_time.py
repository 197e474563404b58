"""The daemon's session clock on this machine's LSL clock, measured by questions and answers. Pure.

A stamp of the daemon, such as a tick's grid instant, is of its session clock. LSL wants this machine's
`local_clock`. The difference of both is bounded by each answer that states the session time: it is at least
session - received and at most session - sent. The bounds of several answers are intersected (Marzullo 1984),
each widened by DRIFT for its age, and the middle wins.

Rules
- The uncertainty is half the distance of the bounds: at most half of the quickest round trip, whatever the
  way there and the way back have in common.
- Bounds that contradict one another come from a clock that was set or slewed: the oldest answers are dropped
  until the others agree. The session clock leans by at most 500 ppm, so with a question each second this
  costs at most half a millisecond.
- An answer that took longer than a second, or with a stamp that is no number, is not counted.
"""

from collections import deque
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

DRIFT: Final = 50e-6
"""Seconds by which two crystals differ after a second, at most."""
KEPT: Final = 64
"""Answers that count."""
ANSWERS_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer. sent_s, received_s: LSL's clock around the call; session_s: the daemon's, in between."""

    sent_s: float
    session_s: float
    received_s: float


class SessionTime:
    """The difference of session clock and LSL's clock on this machine."""

    def __init__(self) -> None:
        self._probes: deque[Probe] = deque(maxlen=KEPT)
        self._offset_s = self._uncertainty_s = nan

    @property
    def known(self) -> bool:
        """Whether at least one answer counts."""
        return isfinite(self._offset_s)

    @property
    def uncertainty_s(self) -> float:
        """Half the distance of the bounds, as of the newest answer; NaN: nothing is known."""
        return self._uncertainty_s

    def heard(self, probe: Probe) -> None:
        """Count an answer."""
        round_trip_s = probe.received_s - probe.sent_s
        if not (isfinite(probe.session_s) and 0.0 <= round_trip_s <= ANSWERS_WITHIN_S):
            return
        self._probes.append(probe)
        least_s, most_s = self._bounds(probe.received_s)
        while least_s > most_s:
            self._probes.popleft()
            least_s, most_s = self._bounds(probe.received_s)
        self._offset_s, self._uncertainty_s = (least_s + most_s) / 2, (most_s - least_s) / 2

    def forget(self) -> None:
        """Drop every answer: the daemon may be another process, with its clock anchored anew."""
        self._probes.clear()
        self._offset_s = self._uncertainty_s = nan

    def to_lsl(self, session_s: float) -> float:
        """Return a session time on LSL's clock, s; NaN where nothing is known."""
        return session_s - self._offset_s

    def to_session(self, lsl_s: float) -> float:
        """Return a time of LSL's clock on this machine as session time, s; NaN where nothing is known."""
        return lsl_s + self._offset_s

    def _bounds(self, now_s: float) -> tuple[float, float]:
        """The bounds of session minus LSL time that all answers agree on."""
        least_s = max(p.session_s - p.received_s - DRIFT * (now_s - p.received_s) for p in self._probes)
        most_s = min(p.session_s - p.sent_s + DRIFT * (now_s - p.received_s) for p in self._probes)
        return least_s, most_s
