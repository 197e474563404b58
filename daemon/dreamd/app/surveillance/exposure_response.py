"""Exposure-response of the house: kept mornings, read and fitted on a thread of the ledger.

Rules
- A night counts with its planned dose; a morning after a night without one does not.
- The newest MORNINGS_MOST mornings count. One fit runs at a time.
- A sleeper is a number here, and the answer holds none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import isfinite
from typing import Final

from dreamd.core.refusals import Code, Refusal
from dreamd.core.surveillance.bins import Bin, bins
from dreamd.core.surveillance.response import Morning, Response, response
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.clinic import MORNING
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow

MORNINGS_MOST: Final = 20_000
NIGHT_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class ExposureResponse:
    """The fit and the bins. mornings: how many were used. nights: over so many nights, 0: over all."""

    fit: Response
    bins: tuple[Bin, ...]
    mornings: int
    nights: int


class ResponseQuery:
    """Fits the kept mornings; one thread uses it."""

    def __init__(self, ledger: PersonalLedger, clock: SessionClock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._running = False

    def ask(self, nights: int) -> Refusal | Deferred[ExposureResponse]:
        """Fit the mornings of so many nights; 0: of all that are kept. Too few are NOT_MEASURED."""
        if self._running:
            return Refusal(Code.RATE_EXCEEDED, "another fit is under way", {"retry_s": "1.000"})
        self._running = True
        later = Deferred[ExposureResponse]()
        since_s = self._clock.now_s() - nights * NIGHT_S if nights else 0.0

        def use(rows: Iterator[PersonalRow]) -> ExposureResponse | Refusal:
            return _fitted(mornings_of(rows, since_s), nights)

        def over(commit: Commit[ExposureResponse | Refusal]) -> None:
            self._running = False
            sentence = f"the mornings could not be read: {commit.failure}"
            later.settle(commit.value if commit.done else Refusal(Code.LEDGER_UNAVAILABLE, sentence))

        self._ledger.read_personal_of(MORNING, use).then(over)
        return later


def mornings_of(rows: Iterator[PersonalRow], since_s: float) -> list[Morning]:
    """Return the newest mornings with a planned dose since this time; a body of another form is left out."""
    numbers, counted = dict[str, int](), count()
    found: list[Morning] = []
    for row in rows:
        if row.at_s < since_s:
            continue
        try:
            told = json.loads(row.body)
            dose_min, low = float(told["planned_min"]), bool(told["low"])
        except (ValueError, KeyError, TypeError):
            continue
        if isfinite(dose_min) and dose_min > 0.0:
            if row.sleeper not in numbers:
                numbers[row.sleeper] = next(counted)
            found.append(Morning(numbers[row.sleeper], dose_min, low))
    return found[-MORNINGS_MOST:]


def _fitted(mornings: list[Morning], nights: int) -> ExposureResponse | Refusal:
    try:
        fit = response(mornings)
    except ValueError as error:
        return Refusal(Code.NOT_MEASURED, f"the mornings tell no slope: {error}")
    return fit if isinstance(fit, Refusal) else ExposureResponse(fit, bins(mornings), len(mornings), nights)
