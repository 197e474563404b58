"""The group's closed loop in numpy and virtual time: sleepers, the centre, the statistics, the decision."""

from dataclasses import dataclass, field

import numpy as np

from dreamd.core.limits import CEILING, CEILING_INTIMATE, HOP_S, INTIMATE_BELOW
from dreamd.core.safety.group import (
    Act,
    GroupState,
    Halve,
    Labelled,
    PersonAct,
    Restore,
    Zero,
    judge_person,
    step,
)
from dreamd.fusion.collective import shared_scale
from dreamd.fusion.group_statistics import GroupStatistics, Heard
from dreamwire import blend
from dreamwire.schema import BANDS6X2
from fusion.people import Doubles, Floats, Sleepers

START = 6_800_000_000
RAMP_S = 60.0


def strangers(a: np.ndarray, b: np.ndarray) -> Doubles:
    """Phases without any agreement."""
    return np.zeros((len(a), len(BANDS6X2.phase_bands)))


@dataclass
class Loop:
    """A Dreamscape of these sleepers; `told` lists the actions with seconds since Start."""

    people: Sleepers
    ceiling: float | None = None
    judged: bool = True
    told: list[tuple[float, Act]] = field(default_factory=list)
    persons: list[tuple[float, int, PersonAct]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Enrolled, seated, at zero."""
        n = self.people.n
        if self.ceiling is None:
            self.ceiling = CEILING if n >= INTIMATE_BELOW else CEILING_INTIMATE
        self.crowd = GroupStatistics(BANDS6X2)
        self.crowd.reserve(n)
        self.mu, self.sigma = shared_scale(self.people.profile.astype(np.float32), BANDS6X2)
        for row in range(n):
            self.crowd.take_up(row, self.people.profile[row], self.people.scale_db[row])
        self.state = GroupState()
        self.rows = np.arange(n)
        self.instant = START
        self.share = 0.0
        self.alone = np.zeros(n, dtype=np.bool_)
        self.half = np.zeros(n, dtype=np.bool_)
        self.severed_s: float | None = None
        self.r = np.zeros(BANDS6X2.size, dtype=np.float32)
        self._sums: tuple[Doubles, float, Doubles] = (np.zeros(BANDS6X2.size), 0.0, np.zeros(n))

    @property
    def now_s(self) -> float:
        """Seconds since Start."""
        return (self.instant - START) * HOP_S

    @property
    def live(self) -> bool:
        """Whether it is not severed."""
        return self.severed_s is None

    def tick(self) -> None:
        """One hop of all sleepers and one tick of the daemon."""
        self.instant += 1
        assert self.ceiling is not None
        granted = self.ceiling * (0.5 if self.state.halved else 1.0) if self.live else 0.0
        self.share = min(granted, self.share + self.ceiling / RAMP_S * HOP_S)
        shares = np.where(self.alone, 0.0, np.where(self.half, self.share / 2.0, self.share))
        db = self.people.hop(shares, *self._sums)
        x = blend.to_shared(db, self.mu, self.sigma)
        self._fuse(db, x)
        if not self.judged:
            return
        self.crowd.observe(
            Heard(self.rows, db, x, ~self.alone, np.zeros(len(x), dtype=np.int64), self.r, self.instant)
        )
        self._judge()
        self.crowd.digest(strangers)

    def _fuse(self, db: Floats, x: Floats) -> None:
        """One Weiszfeld step; sums in dB, as the sleepers here live in dB."""
        w = blend.weights(x, self.r).astype(np.float64) * ~self.alone
        self._sums = (w @ db, float(w.sum()), w)
        self.r = (w @ x / max(float(w.sum()), 1e-9)).astype(np.float32)

    def _judge(self) -> None:
        self.state, acts = step(self.state, self.crowd.signs(), self.now_s, live=self.live)
        for act in acts:
            self.told.append((self.now_s, act))
            if isinstance(act, Zero):
                self.severed_s, self.share = self.now_s, 0.0
        if not self.live:
            return
        alone = set(np.flatnonzero(self.alone).tolist())
        for row in {*self.crowd.doubted(), *np.flatnonzero(self.half).tolist()} - alone:
            verdict = judge_person(*self.crowd.likeness(row), halved=bool(self.half[row]))
            if verdict is not PersonAct.NOTHING:
                self.persons.append((self.now_s, row, verdict))
                self.half[row] = verdict is PersonAct.HALVE
                self.alone[row] |= verdict is PersonAct.SEVER

    def run(self, seconds: float) -> "Loop":
        """Run for this long."""
        for _ in range(round(seconds / HOP_S)):
            self.tick()
        return self

    def done(self, kind: type[Act]) -> list[float]:
        """When this action was taken."""
        return [at_s for at_s, act in self.told if isinstance(act, kind)]


__all__ = ["Halve", "Labelled", "Loop", "Restore", "Zero"]
