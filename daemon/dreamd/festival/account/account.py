"""The account: one line for each subject of the scenario, as values of JSON; it holds if each line does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dreamd.festival.account import institutions, nights
from dreamd.festival.account.line import Line
from dreamd.festival.facts import Facts, Subject
from dreamd.festival.timeline import Happening

FORMAT: Final = "dreamd festival account 1"
LINES: Final[Mapping[Subject, Callable[[Facts], Line]]] = {
    Subject.HOME: nights.home,
    Subject.DOSE: nights.dose,
    Subject.HOURS: nights.hours,
    Subject.CEILING: nights.ceiling,
    Subject.SLEW: nights.slew,
    Subject.PAUSE: nights.pause,
    Subject.ACTS: nights.acts,
    Subject.FOUND: nights.found,
    Subject.RULES: nights.rules,
    Subject.BERTHS: institutions.berths,
    Subject.POOL: institutions.pool,
    Subject.CASES: institutions.cases,
    Subject.TRIAGE: institutions.triage,
    Subject.PULL: institutions.pull,
    Subject.REFUSALS: institutions.refusals,
    Subject.LETTERS: nights.letters,
    Subject.REPORT: institutions.report,
    Subject.PIECES: institutions.pieces,
}
"""The line of each subject, in the order of the account."""

assert set(LINES) == set(Subject), "every subject has its line"


@dataclass(frozen=True, slots=True)
class FestivalAccount:
    """The account of one festival. figures: counts of the whole, by name."""

    title: str
    seed: int
    lines: tuple[Line, ...]
    figures: dict[str, float | int]
    timeline: tuple[Happening, ...] = ()

    @property
    def met(self) -> bool:
        """Whether there is a line, and each holds."""
        return bool(self.lines) and all(one.met for one in self.lines)

    def plain(self) -> dict[str, object]:
        """The account as values of JSON; the same for the same seed."""
        return {
            "format": FORMAT,
            "title": self.title,
            "seed": self.seed,
            "holds": self.met,
            "lines": [one.plain() for one in self.lines],
            "figures": self.figures,
            "timeline": [one.plain() for one in self.timeline],
        }


def account_of(facts: Facts, timeline: Sequence[Happening] = ()) -> FestivalAccount:
    """Judge each subject of the scenario."""
    lines = tuple(judge(facts) for subject, judge in LINES.items() if subject in facts.subjects)
    figures: dict[str, float | int] = {
        "acts": facts.acts,
        "stays": len(facts.stays),
        "sleepers": len({one.sleeper for one in facts.stays}),
        "merge_minutes": round(sum(one.minutes for one in facts.mergings), 3),
        "trips": sum(institutions.opens_case(trip) for trip in facts.trips),
        "cases": len(facts.cases),
        "refusals": len(facts.refusals),
        "letters": len(facts.letters),
        "berths": sum(len(one.told_rows) - 1 for one in facts.rounds if one.told_rows),
        "pieces": len(facts.pieces),
        "checks": facts.checks,
    }
    return FestivalAccount(facts.title, facts.seed, lines, figures, tuple(timeline))
