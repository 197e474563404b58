"""Letters: read by their own sleeper, from the ledger; and nights with planned and lived dose.

Every answer is deferred: the ledger reads and opens the sealed rows on its own thread. Of an erased sleeper
there is nothing.
"""

import json
from collections.abc import Callable
from typing import Protocol, TypeVar

from dreamd.app.api.people.letters_protocol import DoseView, KeptLetter, NightDose
from dreamd.app.people.nights import LETTER
from dreamd.core.access.caller import Caller
from dreamd.core.exposure.dose import Dose
from dreamd.core.letters.document import night_of
from dreamd.core.letters.night import Night, WindowDose
from dreamd.core.limits import EXPOSURE_WARN_SHARE
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow

T = TypeVar("T")
Rows = tuple[PersonalRow, ...]


class Present(Protocol):
    """The nights that go on, and the doses now."""

    def present(self, sleeper: str) -> Night | None:
        """The night of a sleeper in a bed; None: in no bed."""
        ...

    def dose(self, sleeper: str) -> tuple[Dose, WindowDose, WindowDose]:
        """The dose of a sleeper, and both windows."""
        ...


class LetterQueries:
    """Implements `LettersApi`."""

    def __init__(self, ledger: PersonalLedger) -> None:
        self._ledger = ledger

    def letters_of(self, caller: Caller, sleeper: str) -> Deferred[tuple[KeptLetter, ...]]:
        """Every letter of a sleeper, newest first."""
        return self._read(sleeper, lambda rows: tuple(_letter(row) for row in reversed(rows)))

    def letter_of(self, caller: Caller, sleeper: str, night: str = "") -> Deferred[KeptLetter]:
        """The letter of a night, by its name; empty: the newest."""

        def chosen(rows: Rows) -> KeptLetter | Refusal:
            letters = [_letter(row) for row in reversed(rows)]
            found = next((one for one in letters if night in ("", one.night)), None)
            if found is None:
                what = f"there is no letter of the night {night}" if night else "there is no letter yet"
                return Refusal(Code.LETTER_UNKNOWN, what, {"night": night} if night else {})
            return found

        return self._read(sleeper, chosen)

    def _read(self, sleeper: str, make: Callable[[Rows], T | Refusal]) -> Deferred[T]:
        return read_rows(self._ledger, sleeper, make)


class ExposureQueries:
    """Implements `ExposureApi`."""

    def __init__(self, ledger: PersonalLedger, nights: Present) -> None:
        self._ledger = ledger
        self._nights = nights

    def dose_of(self, caller: Caller, sleeper: str) -> DoseView:
        """The dose of a sleeper now."""
        dose, day, week = self._nights.dose(sleeper)
        return DoseView(day, week, dose.left_min, dose.share < EXPOSURE_WARN_SHARE)

    def nights_of(self, caller: Caller, sleeper: str) -> Deferred[tuple[NightDose, ...]]:
        """Every night of a sleeper with its doses, newest first; the one that goes on has no end."""

        def doses(rows: Rows) -> tuple[NightDose, ...]:
            past = tuple(_dose(night_of(json.loads(row.body)["facts"])) for row in reversed(rows))
            present = self._nights.present(sleeper)
            return past if present is None else (_dose(present, running=True), *past)

        return read_rows(self._ledger, sleeper, doses)


def read_rows(ledger: PersonalLedger, sleeper: str, make: Callable[[Rows], T | Refusal]) -> Deferred[T]:
    """Return what `make` makes of a sleeper's letters, once the ledger has read them."""
    later = Deferred[T]()

    def read(commit: Commit[Rows]) -> None:
        if commit.done:
            later.settle(make(commit.value))
        else:
            sentence = f"the letters could not be read: {commit.failure}"
            later.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))

    ledger.read_personal(sleeper, LETTER).then(read)
    return later


def _letter(row: PersonalRow) -> KeptLetter:
    body = json.loads(row.body)
    night = night_of(body["facts"])
    return KeptLetter(
        night.id,
        night.begin_s,
        night.end_s,
        body["title"],
        body["text"],
        body["html"],
        body["language"],
        body["zone"],
        json.dumps(body["facts"], sort_keys=True),
    )


def _dose(night: Night, *, running: bool = False) -> NightDose:
    end_s = 0.0 if running else night.end_s
    return NightDose(night.id, night.begin_s, end_s, night.planned_min, night.lived_min)
