"""Another house of the Dreamscape, and the engine between: sums that come late, or not at all.

The house has three healthy sleepers that lie among this house's own. Its answers come after a few
milliseconds as a rule, after the deadline now and then, and for stretches of seconds they stay away, until
the night's end without faults begins.
"""

import random
from collections.abc import Callable
from typing import Final

import numpy as np

from dreamd.fusion.reduction import Part, unite
from dreamd.fusion.summary import Summary, summarise
from dreamd.fusion.synchrony import PhaseSums
from dreamd.ports.cohort_engine import Heard
from dreamd.simulation.schedule import SECOND_NS, Schedule
from dreamwire.messages import Floats

SLEEPERS: Final = 3
USUAL_S: Final = (0.001, 0.02)
LATE_S: Final = (0.03, 0.3)
LATE: Final = 0.02
AWAY_EVERY_S: Final = 20.0
AWAY_S: Final = (0.3, 6.0)
_MARK: Final = 8


class ImaginedHouse:
    """ports.cohort_engine in virtual time. sound_after_s: from then on every answer comes in time."""

    def __init__(self, schedule: Schedule, seed: str, sound_after_s: float) -> None:
        self._schedule, self._sound_after_s = schedule, sound_after_s
        self._dice = random.Random(f"house {seed}")  # noqa: S311 - one seed, one story
        self._sleepers = np.random.default_rng(self._dice.randrange(2**32))
        self._heard: Heard = lambda _dreamscape, _answer: None
        self._away_s = 0.0, 0.0

    trouble = ""

    def listen(self, heard: Heard) -> None:
        """Call `heard` with each answer."""
        self._heard = heard

    def close(self) -> None:
        """Nothing is open."""

    def submit(self, dreamscape: str, part: Part) -> None:
        """Answer with the sums of both houses, in time, late or never."""
        now_s, sound = self._schedule.now_s, self._schedule.now_s >= self._sound_after_s
        if not sound and self._gone(now_s):
            return
        late = not sound and self._dice.random() < LATE
        after_s = self._dice.uniform(*(LATE_S if late else USUAL_S))
        answer = unite("reducer", [part, self._own(part)])
        self._schedule.after(round(after_s * SECOND_NS), self._later(dreamscape, answer))

    def _later(self, dreamscape: str, answer: Part) -> Callable[[], None]:
        return lambda: self._heard(dreamscape, answer)

    def _gone(self, now_s: float) -> bool:
        if now_s >= self._away_s[1]:
            begins_s = now_s + self._dice.expovariate(1.0 / AWAY_EVERY_S)
            self._away_s = begins_s, begins_s + self._dice.uniform(*AWAY_S)
        return now_s >= self._away_s[0]

    def _own(self, part: Part) -> Part:
        houses = frozenset(["imagined"])
        if not isinstance(part.sums, Summary):
            silence = PhaseSums(np.zeros_like(part.sums.g), np.zeros_like(part.sums.k))
            return Part("imagined", part.instant, part.centre, silence, houses)
        r: Floats = np.frombuffer(part.centre[_MARK:], dtype=np.float32)
        n = max(part.sums.n, 1)
        among = part.sums.x / n if part.sums.n else r.astype(np.float64)
        spread = np.sqrt(max(part.sums.squares / n - float(among @ among), 1.0) / len(r))
        rows = (among + spread * self._sleepers.standard_normal((SLEEPERS, len(r)))).astype(np.float32)
        silent = np.zeros_like(part.sums.phases), np.zeros_like(part.sums.phase_n)
        sums = summarise(rows, r, silent, np.linalg.norm(rows - r, axis=1).astype(np.float32))
        return Part("imagined", part.instant, part.centre, sums, houses, (SLEEPERS, SLEEPERS, 0))
