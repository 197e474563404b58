"""Consents set by a test, and exposures with limits."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from dreamd.adapters.consents import AGREED
from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.windows import DoseAccount
from dreamd.core.limits import EXPOSURE_WARN_SHARE
from dreamd.ports.commit import LedgerError
from dreamd.ports.consent import ConsentStatus, ConsentTally
from dreamd.ports.ledger.exposure import Exposure, MarkMove


class Consents:
    """ports.consent.Consents; every sleeper agrees to everything until the test changes it."""

    def __init__(self) -> None:
        self.standings: dict[str, ConsentStatus] = {}
        self._tell: Callable[[str], None] = lambda _sleeper: None

    def standing(self, sleeper: str) -> ConsentStatus:
        return self.standings.get(sleeper, AGREED)

    def changed(self, tell: Callable[[str], None]) -> None:
        """Notify the newest daemon."""
        self._tell = tell

    def checked_in(self, sleeper: str) -> None:
        """Do nothing: a check-in changes no consent here."""

    def tally(self) -> ConsentTally:
        return ConsentTally(Counter(standing.state for standing in self.standings.values()))

    def withdraw(self, sleeper: str) -> None:
        self.set(sleeper, replace(self.standing(sleeper), withdrawn=True))

    def set(self, sleeper: str, standing: ConsentStatus) -> None:
        """Set a sleeper's consent."""
        self.standings[sleeper] = standing
        self._tell(sleeper)


@dataclass
class Exposures:
    """ports.consent.Exposures with a limit per sleeper; `calls` lists the calls in order."""

    limits_min: dict[str, float] = field(default_factory=dict)
    charged_min: dict[str, float] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    broken: bool = False

    def opening(self, sleepers: Collection[str], at_s: float) -> Exposure:
        return self._told(Exposure(dict.fromkeys(sleepers, 0.0), at_s, MarkMove.OPEN))

    def charging(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        return self._told(Exposure(dict(minutes), at_s, MarkMove.MOVE))

    def closing(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        return self._told(Exposure(dict(minutes), at_s, MarkMove.CLOSE))

    def _told(self, exposure: Exposure) -> Exposure:
        if self.broken:
            raise LedgerError("the disk is full")
        return exposure

    def kept(self, exposure: Exposure) -> None:
        self.calls.append(exposure.move.value)
        for sleeper, lived_min in exposure.minutes.items():
            self.charged_min[sleeper] = self.charged_min.get(sleeper, 0.0) + lived_min
            self.marks.pop(sleeper, None)
            if exposure.move is not MarkMove.CLOSE:
                self.marks[sleeper] = exposure.at_s

    def near_limits(self, share: Callable[[str], float]) -> tuple[int, int]:
        shares = [share(sleeper) for sleeper in self.charged_min]
        return sum(EXPOSURE_WARN_SHARE <= one < 1.0 for one in shares), sum(one >= 1.0 for one in shares)

    def dose(self, sleeper: str, _now_s: float) -> Dose:
        return Dose(self.charged_min.get(sleeper, 0.0), self.limits_min.get(sleeper, inf))

    def account(self, sleeper: str) -> DoseAccount:
        """One bucket, of long ago."""
        return DoseAccount([0], [self.charged_min.get(sleeper, 0.0)])

    def marked(self, sleeper: str) -> bool:
        return sleeper in self.marks
