"""The plots of the report: SVG that stretches to any width, with its words beside it in HTML. Pure.

So a phone shows the words as large as a desk does. Every plot has the same axis of seconds, 1,000 units wide,
and is drawn in the page's own colours (`var(--...)`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDE: Final = 1000.0
STEPS_S: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
TICKS_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds of the run, from and to."""

    from_s: float
    to_s: float

    def x(self, t_s: float) -> float:
        """Units from the left, inside the plot."""
        return WIDE * min(max((t_s - self.from_s) / (self.to_s - self.from_s), 0.0), 1.0)

    def ticks(self) -> Iterable[tuple[float, str]]:
        """Percent from the left and words, of at most six moments, counted from the axis's beginning."""
        length_s = self.to_s - self.from_s
        step = next((s for s in STEPS_S if length_s / s <= TICKS_MOST), 1200)
        for t_s in range(0, int(length_s) + 1, step):
            yield 100.0 * t_s / length_s, f"{t_s} s"


@dataclass(frozen=True, slots=True)
class Line:
    """A vertical line through every plot: kind is a class of the page, words stand on the first plot."""

    t_s: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line at a value of a curve's scale."""

    value: float
    words: str


def rectangle(left: float, right: float, top: float, height: float, kind: str) -> str:
    """One bar, at least a unit wide."""
    width = max(right - left, 1.0)
    return f'<rect class="{kind}" x="{left:.1f}" y="{top:.2f}" width="{width:.1f}" height="{height:.2f}"/>'


def plot(
    axis: Axis, height: float, marks: str, lines: Sequence[Line], name: str, *, worded: bool = False
) -> str:
    """One plot `height` pixels high; worded: with the lines' words above. name: for a screen reader."""
    upright = "".join(
        f'<path class="at {line.kind}" d="M{axis.x(line.t_s):.1f},0V{height:.0f}"/>' for line in lines
    )
    above = "".join(
        f'<span class="{line.kind}{" late" if axis.x(line.t_s) > 0.6 * WIDE else ""}" '
        f'style="left:{axis.x(line.t_s) / WIDE:.2%};top:{1.3 * row:.2f}em">'
        f"{line.t_s - axis.from_s:.0f} s: {escape(line.words)}</span>"
        for row, line in enumerate(lines)
    )
    words = (
        f'<div class="words" style="height:{1.3 * len(lines) + 0.2:.2f}em">{above}</div>' if worded else ""
    )
    ticks = "".join(f'<span style="left:{percent:.2f}%">{text}</span>' for percent, text in axis.ticks())
    return (
        f'<div class="plot">{words}<svg viewBox="0 0 {WIDE:.0f} {height:.0f}" style="height:{height:.0f}px" '
        f'preserveAspectRatio="none" role="img" aria-label="{escape(name)}">{marks}{upright}</svg>'
        f'<div class="ticks">{ticks}</div></div>'
    )


def curve(
    axis: Axis, points: Sequence[tuple[float, float]], scale: tuple[float, float], height: float
) -> str:
    """The path of (seconds, value) points; where a value is not known there is a gap."""
    path, pen = [], "M"
    for t_s, value in points:
        if not math.isfinite(value):
            pen = "M"
            continue
        path.append(f"{pen}{axis.x(t_s):.1f},{_y(value, scale, height):.1f}")
        pen = "L"
    return f'<path class="curve" d="{"".join(path)}"/>' if path else ""


def level(one: Level, scale: tuple[float, float], height: float) -> str:
    """A dashed line across."""
    return f'<path class="level" d="M0,{_y(one.value, scale, height):.1f}H{WIDE:.0f}"/>'


def _y(value: float, scale: tuple[float, float], height: float) -> float:
    low, high = scale
    return height - 2.0 - (height - 4.0) * min(max((value - low) / (high - low), 0.0), 1.0)
