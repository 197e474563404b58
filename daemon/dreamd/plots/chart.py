"""The frame of a plot: document, scales, axes, text. Colours are classes: light and dark share a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final

WIDTH: Final = 920.0
STYLE: Final = """<style>
svg{--ground:#fff;--ink:#1d2330;--faint:#5d6678;--line:#d5dae3;--one:#1f5fbf;--warn:#b3261e;--band:#eef1f6;
background:var(--ground);font:14px system-ui,sans-serif}
@media (prefers-color-scheme:dark){svg{--ground:#12161f;--ink:#e6eaf2;--faint:#9aa5b8;--line:#333c4d;
--one:#7fb0ff;--warn:#ff8a80;--band:#1c2331}}
text{fill:var(--ink)}.faint{fill:var(--faint);font-size:12px}.head{font-weight:600}.warn{fill:var(--warn);font-size:12px;font-weight:600}
.line{stroke:var(--line);fill:none}.one{stroke:var(--one);fill:none;stroke-width:2;stroke-linejoin:round}
.two{stroke:var(--one);fill:none;stroke-width:2;stroke-linejoin:round;stroke-dasharray:7 4}
.limit{stroke:var(--warn);fill:none;stroke-dasharray:6 4}.dot{fill:var(--one)}.bad{fill:var(--warn)}
.band{fill:var(--band)}.bar{stroke:var(--one);stroke-width:1.5}.ground{fill:var(--ground)}
</style>
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from `low`..`high` to places from `start` to `end`; equal ends map to the middle."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """The place of a value, kept between the ends."""
        if not self.high > self.low:
            return (self.start + self.end) / 2.0
        share = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of one panel, with its scales; y grows upwards."""

    x: Scale
    y: Scale

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.x.start

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x.end

    @property
    def base(self) -> float:
        """Its lower edge."""
        return self.y.start

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.y.end

    def x_axis(self, marks: Iterable[tuple[float, str]], label: str = "") -> str:
        """The lower axis with these marks, and its label below them."""
        parts = [f'<path class="line" d="M{self.left:.1f},{self.base:.1f}H{self.right:.1f}"/>\n']
        for value, words in marks:
            at = self.x.place(value)
            parts.append(f'<path class="line" d="M{at:.1f},{self.base:.1f}v5"/>\n')
            parts.append(text(at, self.base + 19.0, words, "faint", "middle"))
        if label:
            parts.append(text((self.left + self.right) / 2.0, self.base + 40.0, label, "faint", "middle"))
        return "".join(parts)

    def y_axis(self, marks: Iterable[tuple[float, str]], label: str = "") -> str:
        """Level lines with these marks, and the label above the axis."""
        parts = []
        for value, words in marks:
            at = self.y.place(value)
            parts.append(f'<path class="line" d="M{self.left:.1f},{at:.1f}H{self.right:.1f}"/>\n')
            parts.append(text(self.left - 8.0, at + 4.0, words, "faint", "end"))
        if label:
            parts.append(text(self.left, self.top - 10.0, label, "faint"))
        return "".join(parts)

    def line(self, points: Sequence[tuple[float, float]], style: str = "one") -> str:
        """A line through these points of values; a single one is a dot."""
        placed = [(self.x.place(x), self.y.place(y)) for x, y in points]
        if len(placed) == 1:
            return f'<circle class="dot" cx="{placed[0][0]:.1f}" cy="{placed[0][1]:.1f}" r="3"/>\n'
        way = "L".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        return f'<path class="{style}" d="M{way}"/>\n' if placed else ""

    def level(self, value: float, words: str, style: str = "limit") -> str:
        """A level line over the whole width, with its words at the right above it."""
        at = self.y.place(value)
        return f'<path class="{style}" d="M{self.left:.1f},{at:.1f}H{self.right:.1f}"/>\n' + text(
            self.right - 6.0, at - 6.0, words, "faint", "end"
        )


def marks(most: float, count: int) -> list[float]:
    """Round values from 0 to `most`, at most so many steps of 1, 2 or 5 times a power of ten."""
    if not most > 0.0:
        return [0.0]
    power = 10.0 ** floor(log10(most / count))
    step = next(power * times for times in (1.0, 2.0, 5.0, 10.0) if power * times * count >= most * 0.999)
    return [step * at for at in range(int(most / step + 1e-9) + 1)]


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    """A line of text."""
    named = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named} text-anchor="{anchor}">{escape(words)}</text>\n'


def document(height: float, title: str, told: str, parts: Iterable[str]) -> str:
    """The whole file. told: what the plot shows, for a reader that sees no picture."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" '
        f'width="{WIDTH:.0f}" height="{height:.0f}" role="img" aria-labelledby="title told">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="told">{escape(told)}</desc>\n'
    )
    ground = f'<rect class="ground" width="{WIDTH:.0f}" height="{height:.0f}"/>\n'
    return f"{head}{STYLE}{ground}{''.join(parts)}</svg>\n"
