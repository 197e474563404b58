"""Letters over a ledger in memory, and doses set by a test, for servers without an application."""

import json
from dataclasses import asdict
from zoneinfo import ZoneInfo

from dreamd.app.api.people.letters import ExposureQueries, LetterQueries
from dreamd.core.exposure.dose import Dose
from dreamd.core.letters.document import document
from dreamd.core.letters.letter import Place, letter
from dreamd.core.letters.night import Night, Span, WindowDose
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.memory_ledger import MemoryLedger
from fakes.views import NOW_S

PLACE = Place(ZoneInfo("Europe/Zurich"), "Europe/Zurich")
EIGHT_HOURS_S = 8 * 3600.0


class FakeNights:
    """One dose for each sleeper, and the nights that go on."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.ledger = ledger
        self.day, self.week = WindowDose(7.4, 60.0), WindowDose(31.0, 240.0)
        self.running: dict[str, Night] = {}
        self.letters, self.exposure = LetterQueries(ledger), ExposureQueries(ledger, self)

    def present(self, sleeper: str) -> Night | None:
        """The night that goes on."""
        return self.running.get(sleeper)

    def dose(self, sleeper: str) -> tuple[Dose, WindowDose, WindowDose]:
        """The dose."""
        limits = self.day.limit_min, self.week.used_min, self.week.limit_min
        return Dose(self.day.used_min, *limits), self.day, self.week

    def slept(self, sleeper: str, nights_ago: int = 1, bed: str = "bed-1") -> Night:
        """Write the letter of a night that ended so many days ago."""
        begin_s = NOW_S - nights_ago * 86_400.0
        merged = Span(begin_s + 600.0, begin_s + 4200.0)
        night = Night(bed, begin_s, begin_s + EIGHT_HOURS_S, (merged,), lived_min=7.4, planned_min=60.0)
        body = asdict(letter(night, PLACE)) | {"zone": PLACE.zone_name, "facts": document(night)}
        row = PersonalRow(sleeper, "letter", begin_s, json.dumps(body).encode())
        self.ledger.write(Transaction(personal=(row,)))
        return night
