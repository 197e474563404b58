"""The days of a festival as a picture: a row for each kind of happening, a mark at its time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from dreamd.festival.timeline import Happening, HappeningKind
from dreamd.rehearsal.charts import WIDE, rectangle

DAY_S: Final = 86_400.0
ROW_HIGH: Final = 18.0
MARK_WIDE: Final = 4.0
TICKS_MOST: Final = 5
ROWS: Final = (
    ("the exchange", "round", (HappeningKind.ROUND,)),
    ("acts", "act", (HappeningKind.ACT_BEGINS,)),
    ("failures", "failure", (HappeningKind.FAILURE,)),
    ("severed, halved", "action", (HappeningKind.ACTION,)),
    ("moratorium", "pause", (HappeningKind.MORATORIUM,)),
    ("mornings", "morning", (HappeningKind.MORNING,)),
    ("the clinic", "clinic", (HappeningKind.CLINIC,)),
    ("public report", "report", (HappeningKind.REPORT,)),
)
"""The rows: words, class of the mark, kinds of happenings."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Whole days from the first happening's midnight on."""

    first_s: float
    days: int

    def x(self, at_s: float) -> float:
        """Units from the left."""
        return WIDE * min(max((at_s - self.first_s) / (self.days * DAY_S), 0.0), 1.0)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Percent from the left and words of at most TICKS_MOST days."""
        step = -(-self.days // TICKS_MOST)
        for day in range(0, self.days, step):
            yield 100.0 * day / self.days, f"day {day + 1}"


def days(timeline: Sequence[Happening]) -> Iterator[str]:
    """Return the picture; nothing for an empty timeline. A row without a happening is left out."""
    if not timeline:
        return
    span = _span(timeline)
    yield "<h2>The days</h2>"
    yield "<p>Each mark is one happening; the acts are drawn by the second below.</p>"
    yield '<div class="rows">'
    for words, kind, kinds in ROWS:
        found = [one for one in timeline if one.kind in kinds]
        if found:
            yield f"<span>{escape(words)}, {len(found)}</span>{_row(span, found, kind, words)}"
    ticks = "".join(f'<span style="left:{percent:.2f}%">{text}</span>' for percent, text in span.ticks())
    yield f'<div class="ticks">{ticks}</div></div>'


def _span(timeline: Sequence[Happening]) -> _Span:
    """Whole days that end after the last happening; the first one begins with its first happening."""
    first, last = timeline[0], timeline[-1]
    begin_s = first.at_s - (first.day - 1) * DAY_S
    length = max(int((last.at_s - begin_s) // DAY_S) + 1, last.day)
    return _Span(begin_s, length)


def _row(span: _Span, found: Iterable[Happening], kind: str, words: str) -> str:
    left = (min(span.x(one.at_s), WIDE - MARK_WIDE) for one in found)
    marks = "".join(rectangle(x, x + MARK_WIDE, 2.0, ROW_HIGH - 4.0, kind) for x in left)
    return (
        f'<svg viewBox="0 0 {WIDE:.0f} {ROW_HIGH:.0f}" style="height:{ROW_HIGH:.0f}px" '
        f'preserveAspectRatio="none" role="img" aria-label="{escape(words)} by day">{marks}</svg>'
    )
