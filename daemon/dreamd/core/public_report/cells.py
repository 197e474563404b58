"""The cells of a public report: people of one site with one kind in one period.

Rules
- A cell is shown where it and the rest of the site's people are both at least `least` people, rounded to the
  nearest 5. Otherwise it is hidden, and the reader is told one sentence for both sides: it is fewer than
  `least`, or all but fewer than `least`. So a hidden cell has at least five values that nothing rules out.
- The people of a site (`slept`) have no rest; they are shown from `least` on.
- Every site of the house has its row, one without a sleeper too: a row says nothing.
- A total is the sum of what is shown, so it tells nothing about a hidden cell.
- Periods do not overlap, and each is published once. A correction would be a difference of one person.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dreamd.core.exposure.windows import DAY_S
from dreamd.core.public_report.kinds import Kind

ROUNDED_TO: Final = 5
NOON_S: Final = DAY_S / 2.0
FORMAT: Final = "dreamd public report 1"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from noon to noon UTC, so that one night is one day: from `first` up to, not including, `end`."""

    first: int
    end: int

    @property
    def begin_s(self) -> float:
        """Its first instant, unix seconds."""
        return self.first * DAY_S + NOON_S

    @property
    def end_s(self) -> float:
        """The instant from which it is over, unix seconds."""
        return self.end * DAY_S + NOON_S


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell. people: rounded; None: hidden."""

    site: str
    kind: Kind
    people: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """A report. cells: by site and kind, each site with each kind. totals: by kind, of what is shown."""

    period: Period
    least: int
    cells: tuple[Cell, ...]
    totals: tuple[tuple[Kind, int], ...]


def day_of(at_s: float) -> int:
    """Return the number of the day of this unix time; it goes from noon to noon, UTC."""
    return int((at_s - NOON_S) // DAY_S)


def day_text(day: int) -> str:
    """Return the date of a day that begins at noon UTC, such as 2026-11-02."""
    return datetime.fromtimestamp(Period(day, day).begin_s, UTC).strftime("%Y-%m-%d")


def next_period(published_to: int | None, earliest: int, days: int) -> Period:
    """Return the period that is published next: it begins where the last one ended.

    published_to: the end of the last one; None: none was published. earliest: the day of the first fact.
    """
    first = earliest if published_to is None else published_to
    return Period(first, first + days)


def report(
    people: Mapping[tuple[str, Kind], AbstractSet[str]], sites: Iterable[str], period: Period, least: int
) -> Report:
    """Return the report. people: the persons by site and kind, in this period. sites: all of the house."""
    if not least >= ROUNDED_TO:
        raise ValueError(f"least is at least {ROUNDED_TO}, not {least}")
    named = sorted({*sites, *(site for site, _ in people)})
    cells = tuple(
        Cell(site, kind, _shown(len(_of(people, site, kind)), len(_everyone(people, site)), kind, least))
        for site in named
        for kind in Kind
    )
    totals = tuple((kind, sum(cell.people or 0 for cell in cells if cell.kind is kind)) for kind in Kind)
    return Report(period, least, cells, totals)


def _of(people: Mapping[tuple[str, Kind], AbstractSet[str]], site: str, kind: Kind) -> AbstractSet[str]:
    return _everyone(people, site) if kind is Kind.SLEPT else people.get((site, kind), frozenset())


def _everyone(people: Mapping[tuple[str, Kind], AbstractSet[str]], site: str) -> AbstractSet[str]:
    """All people of a site: a person of any kind was there."""
    return frozenset().union(*(people.get((site, kind), frozenset()) for kind in Kind))


def _shown(count: int, everyone: int, kind: Kind, least: int) -> int | None:
    rest = everyone - count
    shown = count >= least and (kind is Kind.SLEPT or rest >= least)
    return (2 * count + ROUNDED_TO) // (2 * ROUNDED_TO) * ROUNDED_TO if shown else None
