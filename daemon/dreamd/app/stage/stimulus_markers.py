"""Markers of the experiment: a stimulus computer's events, written into the journal of one Dreamscape.

A marker changes nothing but the journal. It stands among the events that come and go, so that no number of
markers pushes a sever out.

Rules
- The text is one line of 1 to 200 characters. The instant, where it is given, is at most an hour old and at
  most a second ahead of the session clock.
- A Dreamscape takes 50 a second on average and 200 at once. More are refused and may be written again later:
  each event wakes every watcher of the journal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dreamd.app.events.dreamscape_log import DreamscapeLog
from dreamd.core.dreamscapes.views import Event
from dreamd.core.limits import (
    MARKER_AGE_S,
    MARKER_AHEAD_S,
    MARKER_MAX,
    MARKER_SOURCE_MAX,
    MARKERS_A_SECOND,
    MARKERS_AT_ONCE,
)
from dreamd.core.refusals import Code, Figure, Refusal, bad_field


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker. source: such as the name of an LSL stream. acted_s: session time, s; 0: not given."""

    text: str
    source: str = ""
    acted_s: float = 0.0


class StimulusMarkers:
    """The markers of one Dreamscape. now_s: the session clock."""

    def __init__(self, log: DreamscapeLog, now_s: Callable[[], float]) -> None:
        self._log = log
        self._now_s = now_s
        self._places, self._counted_s = float(MARKERS_AT_ONCE), now_s()

    def record_marker(self, marker: Marker) -> Event | Refusal:
        """Write it into the journal; return its event."""
        now_s = self._now_s()
        refusal = _wrong(marker, now_s) or self._full(now_s)
        if refusal is not None:
            return refusal
        self._places -= 1.0
        sender = f"{marker.source} sent " if marker.source else ""
        return self._log.append_event(
            "marker", f"{sender}marker {marker.text}", marker.text, acted_s=marker.acted_s
        )

    def _full(self, now_s: float) -> Refusal | None:
        earned = max(0.0, now_s - self._counted_s) * MARKERS_A_SECOND
        self._places, self._counted_s = min(float(MARKERS_AT_ONCE), self._places + earned), now_s
        if self._places >= 1.0:
            return None
        bound = f"{MARKERS_A_SECOND:g} markers a second and {MARKERS_AT_ONCE} at once"
        sentence = f"{self._log.dreamscape} takes {bound}"
        return Refusal(Code.TOO_MANY_MARKERS, sentence, {"limit": f"{MARKERS_A_SECOND:g}"})


def _wrong(marker: Marker, now_s: float) -> Refusal | None:
    if not (marker.text.strip() and len(marker.text) <= MARKER_MAX):
        return bad_field("text", f"1 to {MARKER_MAX} characters", Figure(f"{len(marker.text)} characters"))
    if not len(marker.source) <= MARKER_SOURCE_MAX:
        got = Figure(f"{len(marker.source)} characters")
        return bad_field("source", f"at most {MARKER_SOURCE_MAX} characters", got)
    age_s = now_s - marker.acted_s
    if marker.acted_s != 0.0 and not -MARKER_AHEAD_S <= age_s <= MARKER_AGE_S:
        expected = f"a session time at most {MARKER_AGE_S:g} s ago and at most {MARKER_AHEAD_S:g} s ahead"
        got = Figure(f"{abs(age_s):.3f} s {'ago' if age_s > 0 else 'ahead'}")
        return bad_field("marker_time", expected, got)
    return None
