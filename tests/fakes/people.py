"""Grants of sleepers in tests, through the application's own door; exposures with limits."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from dreamd.app.application import Application
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.windows import DoseAccount
from dreamd.core.limits import EXPOSURE_WARN_SHARE
from dreamd.core.refusals import Refusal
from dreamd.ports.commit import LedgerError
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.simulation.machines.grants import SLEEPER, next_grant

Answered = Consent | Deferred[Consent]


def now_s(app: Application) -> float:
    """The time of the application's clock."""
    return app._deps.clock.now_s()


def granted(app: Application, sleeper: str, **changes: object) -> Answered:
    """Let the sleeper grant this; without changes nothing, where a grant of theirs holds already."""
    consent = app.consents.consent_of(SLEEPER, sleeper)
    assert isinstance(consent, Consent)
    if not changes and consent.state is ConsentState.GIVEN:
        return consent
    answer = app.consents.grant(SLEEPER, replace(next_grant(consent, sleeper, now_s(app)), **changes))
    assert not isinstance(answer, Refusal), answer
    return answer


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

    def drop_account(self, sleeper: str) -> None:
        self.charged_min.pop(sleeper, None)

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
