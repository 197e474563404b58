"""The protocol of letters and nights: what gRPC and the console may call."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.access.caller import Caller
from dreamd.core.letters.night import WindowDose
from dreamd.ports.deferred import Deferred


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A letter as it was made at the check-out.

    night: its name, the check-in in UTC such as 20261130T214100Z. begin_s, end_s: session seconds. html: a
    whole page. language: BCP 47. zone: of the times in it. facts: every fact of the night as JSON.
    """

    night: str
    begin_s: float
    end_s: float
    title: str
    text: str
    html: str
    language: str
    zone: str
    facts: str


@dataclass(frozen=True, slots=True)
class NightDose:
    """The doses of a night, merge-minutes; NaN: not known. end_s: 0 while the sleeper is still in the bed."""

    night: str
    begin_s: float
    end_s: float
    planned_min: float
    lived_min: float


@dataclass(frozen=True, slots=True)
class DoseView:
    """The dose of a sleeper in both windows, merge-minutes. left_min: in both; infinity without limits.

    admitted: below 80 % of both limits, so that an admission does not refuse for it.
    """

    day: WindowDose
    week: WindowDose
    left_min: float
    admitted: bool


class LettersApi(Protocol):
    """Letters; a sleeper is named by the pseudonym alone. The ledger answers later."""

    def letters_of(self, caller: Caller, sleeper: str) -> Deferred[tuple[KeptLetter, ...]]:
        """Every letter of a sleeper, newest first."""
        ...

    def letter_of(self, caller: Caller, sleeper: str, night: str = "") -> Deferred[KeptLetter]:
        """The letter of a night; empty: the newest. LETTER_UNKNOWN where there is none."""
        ...


class ExposureApi(Protocol):
    """Doses of sleepers, now and by night."""

    def dose_of(self, caller: Caller, sleeper: str) -> DoseView:
        """The dose of a sleeper now; of one that never merged nothing is used."""
        ...

    def nights_of(self, caller: Caller, sleeper: str) -> Deferred[tuple[NightDose, ...]]:
        """Every night of a sleeper with planned and lived dose, newest first, the present one included."""
        ...
