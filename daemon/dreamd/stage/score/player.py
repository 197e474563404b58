"""A score and a hand as one leader. Pure.

| leads | until |
|---|---|
| the score | live input comes |
| live | 10 s after the newest live input; then the score, at the second it has reached by then |

Rules
- Second 0 of a score is the first tick that is seen. Its time is that of the ticks, so one score over the
  same ticks asks for the same vectors.
- Time runs on while live leads, while nobody dreams and while the daemon is lost: a score ends when it ends.
- Live input begins at what the score holds at that instant: a message about one feature leaves the others.
- Where no tick has come for two seconds, nothing is known about the audience, and the score leads nothing.
- A jump from one to the other is no jump at a pod: the daemon slews what it applies.
"""

from math import inf, isnan, nan
from typing import Final

from dreamd.stage.leading import Credits, Moment, Source, Wanted
from dreamd.stage.live_input import LiveInput
from dreamd.stage.score.score import Score

BLIND_S: Final = 2.0
"""Without a tick for longer the score leads nothing."""


class ScorePlayer:
    """The leader of one evening. began_s: the grid instant of second 0, session time; NaN: not yet."""

    def __init__(self, score: Score, live: LiveInput) -> None:
        self._score = score
        self._live = live
        self.credits = Credits(score.title, score.artist, score.sha256)
        self.began_s = nan
        self._tick_s, self._seen_s = nan, -inf
        self._told_s = -inf

    def wanted(self, moment: Moment) -> Wanted | None:
        """Return the live input, or what the score holds at this tick; None: lead nothing."""
        at_s = self._second(moment)
        if self._score.duration_s < at_s:
            return None
        live = self._live.wanted(moment)
        if live is not None:
            return live
        if not (at_s >= 0.0 and moment.now_s - self._seen_s <= BLIND_S):
            return None
        vector, share = self._score.lead_at(at_s)
        self._live.vector, self._live.share = list(vector), share
        return Wanted(vector, share, Source.SCORE)

    def due_cues(self, moment: Moment) -> tuple[str, ...]:
        """Return the names of the cues since the last question; each is told once."""
        at_s = self._second(moment)
        if not at_s > self._told_s:
            return ()
        due = self._score.cues_until(self._told_s, at_s)
        self._told_s = at_s
        return tuple(cue.name for cue in due)

    def is_over(self, moment: Moment) -> bool:
        """Whether the score has ended: by its ticks, or by this machine's clock where none come any more."""
        at_s = self._second(moment)
        blind_s = max(0.0, moment.now_s - self._seen_s - BLIND_S)
        return at_s > self._score.duration_s or at_s + blind_s > self._score.duration_s

    def _second(self, moment: Moment) -> float:
        """Return the second of the score at this moment's tick; NaN before the first one."""
        if not isnan(moment.tick_s) and moment.tick_s != self._tick_s:
            self._tick_s, self._seen_s = moment.tick_s, moment.now_s
            if isnan(self.began_s):
                self.began_s = moment.tick_s
        return moment.tick_s - self.began_s
