"""Counts the held rows of a live stream: at most a second of rows in every five, so a poll costs little."""

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.rate_judgement import HELD, RateJudgement, held_share

Doubles = NDArray[np.float64]

_EXCERPT_S: Final = 1.0
_ROWS_MOST: Final = 4096
_SHORTEST_S: Final = 0.3
"""An excerpt of a fast stream has at most 4,096 rows, and is longer than a stretch that stands still."""
_EVERY_S: Final = 5.0
_KEPT: Final = 12
"""Excerpts that count: the newest minute."""
_SURE: Final = 3
"""Excerpts from which on held rows are told. The median counts: a device may stand still in one of them."""
_CHANNELS: Final = 16
"""Channels that are compared. A row that is held is held in all of them."""


class HeldWatch:
    """The rows of one stream, as they arrive."""

    def __init__(self, rate_hz: float) -> None:
        """rate_hz: the nominal rate, before any decimation."""
        self._rate_hz = rate_hz
        self._rows = max(1, min(round(_EXCERPT_S * rate_hz), max(_ROWS_MOST, round(_SHORTEST_S * rate_hz))))
        self._every = round(_EVERY_S * rate_hz)
        self._taken: list[Doubles] = []
        self._taken_n = 0
        self._skip = 0
        self._begun_ns: int | None = None
        self._passed = 0
        self._effective_hz = rate_hz
        self._shares: deque[float] = deque(maxlen=_KEPT)

    @property
    def share(self) -> float:
        """The median share 0..1 of held rows in the newest minute; 0 until three excerpts were compared."""
        return float(np.median(self._shares)) if len(self._shares) >= _SURE else 0.0

    def note(self, what: str) -> tuple[Note, ...]:
        """A note on the held rows of `what`; none if they are few."""
        held = RateJudgement(self._rate_hz, self._effective_hz, self.share).held_sentence
        return (Note(HELD, f"{what} repeats samples: {held}."),) if held else ()

    def compare(self, uv: Doubles, last_ns: int) -> None:
        """Compare the next rows, float64[n, channels], n >= 1, the last captured at `last_ns`."""
        if self._begun_ns is None:
            self._begun_ns = last_ns
        else:
            self._passed += len(uv)
        if self._skip > 0:
            self._skip -= len(uv)
            return
        self._taken.append(uv[: self._rows - self._taken_n, :_CHANNELS])
        self._taken_n += len(self._taken[-1])
        if self._taken_n >= self._rows:
            self._shares.append(held_share(np.concatenate(self._taken), self._rate_hz))
            self._measure(last_ns)
            self._taken, self._taken_n = [], 0
            self._skip = self._every - self._rows

    def _measure(self, last_ns: int) -> None:
        """The effective rate since the last excerpt."""
        passed_s = (last_ns - (self._begun_ns or 0)) / 1e9
        if passed_s >= _EXCERPT_S:
            self._effective_hz = self._passed / passed_s
            self._begun_ns, self._passed = last_ns, 0
