"""The pull of a sleeper by day as a picture: sittings, the band of their own days, the lines that decide.

Self-contained SVG: no script, no font, no address. Its colours follow the reader's preference for light or
dark. A screen reader gets the same in <desc>. A sitting after an anchor session is a filled mark, another one
an open mark, so that no meaning rests on colour. A sitting that cannot be measured is a cross on the floor.
"""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from html import escape
from math import ceil, floor, isfinite
from statistics import stdev
from typing import Final

from dreamd.core.clinic.pull import ONE_SIDED_95, POOLED_SD, PULL_NOW, PULL_RESTORED, SITTINGS
from dreamd.core.clinic.restoration import PulledSitting, PullRecord

WIDTH: Final = 760.0
HEIGHT: Final = 400.0
LEFT: Final = 120.0
RIGHT: Final = 730.0
TOP: Final = 74.0
FLOOR: Final = 312.0
LOWEST: Final = -0.4
HIGHEST: Final = 1.1
LABELS_MOST: Final = 10
DAYS_LEAST: Final = 7
"""Fewest days on the axis: a single sitting does not fill the picture."""
_EPOCH: Final = date(1970, 1, 1)

_STYLE: Final = """<style>
.sheet{fill:#fff}.ink{fill:#1b2230}.soft{fill:#4d586b}.rule{stroke:#c4ccd8;fill:none}
.own{fill:#cfe0f5}.restored{stroke:#8a5200;fill:none}.now{stroke:#b3261e;fill:none}
.path{stroke:#5b6b86;fill:none}.mark{stroke:#164a9c;fill:#fff}.filled{stroke:#164a9c;fill:#164a9c}
.restored-ink{fill:#7a4800}.now-ink{fill:#a01f18}.upper{stroke:#164a9c;fill:none}
text{font-family:system-ui,sans-serif;font-size:13px}.title{font-size:18px}
@media (prefers-color-scheme:dark){
.sheet{fill:#10141c}.ink{fill:#e8ecf4}.soft{fill:#a7b1c3}.rule{stroke:#3a4457}
.own{fill:#1f3350}.restored{stroke:#f0b458}.now{stroke:#ff8a80}.path{stroke:#8695b0}
.mark{stroke:#8fb8ff;fill:#10141c}.filled{stroke:#8fb8ff;fill:#8fb8ff}.upper{stroke:#8fb8ff}
.restored-ink{fill:#f0b458}.now-ink{fill:#ff8a80}}
</style>
"""


def pull_svg(record: PullRecord, heading: str = "Pull by day") -> str:
    """Return the document."""
    scale = _Scale(record)
    box = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} aria-labelledby="pull-title pull-desc">\n',
        f'<title id="pull-title">{escape(heading)}</title>\n',
        f'<desc id="pull-desc">{escape(description(record))}</desc>\n',
        _STYLE,
        f'<rect class="sheet" width="{WIDTH:g}" height="{HEIGHT:g}"/>\n',
        _text(LEFT - 96, 36, heading, "ink title"),
        *_band(record, scale),
        *_lines(scale),
        *_days(scale, frozenset(record.offered)),
        *_sittings(record, scale),
        *_upper(record, scale),
        *_legend(record),
    ]
    return "".join([*parts, "</svg>\n"])


def description(record: PullRecord) -> str:
    """Return the picture in words, for a screen reader."""
    words = ["Pull by day: 0 is oneself, 1 is the group."]
    for one in record.sittings:
        value = f"{one.pull:.2f}" if isfinite(one.pull) else "not measured"
        words.append(f"{_dated(one.day)}: {value}{' after an anchor session' if one.anchored else ''}.")
    words.append(verdict(record))
    return " ".join(words)


def verdict(record: PullRecord) -> str:
    """Return what the record shows, as a sentence."""
    if record.restored:
        return f"The last {SITTINGS} sittings show the sleeper as themselves: upper limit {record.upper:.2f}."
    return f"Not shown as restored: {record.why}." if record.why else "Not shown as restored."


class _Scale:
    """Days and pulls to pixels. A pull outside LOWEST to HIGHEST stretches the axis."""

    def __init__(self, record: PullRecord) -> None:
        pulls = [one.pull for one in record.sittings if isfinite(one.pull)]
        self.lowest = min([LOWEST, *(floor(one * 10 - 1) / 10 for one in pulls)])
        self.highest = max([HIGHEST, *(ceil(one * 10 + 1) / 10 for one in pulls)])
        days = [one.day for one in record.sittings]
        self.first = min(days, default=0)
        self.last = max([*days, self.first + DAYS_LEAST - 1])
        self.known = bool(days)

    def x(self, day: int) -> float:
        """The place of a day."""
        return LEFT + 18 + (RIGHT - LEFT - 36) * (day - self.first) / max(self.last - self.first, 1)

    def y(self, pull: float) -> float:
        """The place of a pull."""
        return FLOOR - (FLOOR - TOP) * (pull - self.lowest) / (self.highest - self.lowest)


def _band(record: PullRecord, scale: _Scale) -> Iterator[str]:
    """The band of the own days: in it lie nineteen of twenty sittings of an unhurt sleeper."""
    if len(record.baseline) < 2:  # noqa: PLR2004 - a spread takes two
        return
    half = ONE_SIDED_95 * max(stdev(record.baseline), POOLED_SD)
    top, bottom = scale.y(min(half, scale.highest)), scale.y(max(-half, scale.lowest))
    place = f'x="{LEFT:g}" y="{top:.1f}" width="{RIGHT - LEFT:g}" height="{bottom - top:.1f}"'
    yield f'<rect class="own" {place}/>\n'


def _lines(scale: _Scale) -> Iterator[str]:
    rows = (
        (1.0, "rule", "soft", "1, the group"),
        (PULL_NOW, "now", "now-ink", f"{PULL_NOW}, at once"),
        (PULL_RESTORED, "restored", "restored-ink", f"{PULL_RESTORED}, restored"),
        (0.0, "rule", "soft", "0, oneself"),
    )
    for pull, line, ink, words in rows:
        y, dashes = scale.y(pull), "" if line == "rule" else ' stroke-dasharray="6 4"'
        yield f'<path class="{line}" d="M{LEFT:g},{y:.1f}H{RIGHT:g}" stroke-width="1.4"{dashes}/>\n'
        yield _text(LEFT - 10, y + 4, words, ink, "end")
    yield f'<path class="rule" d="M{LEFT:g},{FLOOR:g}H{RIGHT:g}" stroke-width="1.4"/>\n'


def _days(scale: _Scale, offered: Collection[int]) -> Iterator[str]:
    if not scale.known:
        return
    days = range(scale.first, scale.last + 1)
    step = max(1, -(-len(days) // LABELS_MOST))
    for day in days:
        x = scale.x(day)
        if (day - scale.first) % step == 0:
            yield f'<path class="rule" d="M{x:.1f},{FLOOR:g}v5"/>\n'
            yield _text(x, FLOOR + 19, _dated(day), "soft", "middle")
        if day in offered:
            yield f'<path class="upper" d="M{x - 5:.1f},{FLOOR + 27:g}h10" stroke-width="3"/>\n'


def _sittings(record: PullRecord, scale: _Scale) -> Iterator[str]:
    measured = [one for one in record.sittings if isfinite(one.pull)]
    points = "L".join(f"{scale.x(one.day):.1f},{scale.y(one.pull):.1f}" for one in measured)
    if len(measured) > 1:
        yield f'<path class="path" d="M{points}" stroke-width="1.2"/>\n'
    for one in record.sittings:
        yield _mark(one, scale)


def _mark(one: PulledSitting, scale: _Scale) -> str:
    x = scale.x(one.day)
    if not isfinite(one.pull):
        return f'<path class="path" d="M{x - 4:.1f},{FLOOR - 12:g}l8,8m0,-8l-8,8" stroke-width="1.6"/>\n'
    after = ", after an anchor session" if one.anchored else ""
    kind = "filled" if one.anchored else "mark"
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{scale.y(one.pull):.1f}" r="5.5" stroke-width="2">'
        f"<title>{_dated(one.day)}: {one.pull:.2f}{after}</title></circle>\n"
    )


def _upper(record: PullRecord, scale: _Scale) -> Iterator[str]:
    """The upper limit of the last sittings' mean, over their days."""
    last = [one for one in record.sittings if isfinite(one.pull)][-SITTINGS:]
    if not (isfinite(record.upper) and last):
        return
    y = scale.y(min(max(record.upper, scale.lowest), scale.highest))
    first, end = scale.x(last[0].day), scale.x(last[-1].day)
    yield f'<path class="upper" d="M{first:.1f},{y - 5:.1f}v5H{end:.1f}v-5" stroke-width="1.6"/>\n'
    yield _text((first + end) / 2, y + 16, f"upper limit {record.upper:.2f}", "ink", "middle")


def _legend(record: PullRecord) -> Iterator[str]:
    y = FLOOR + 52
    yield f'<circle class="filled" cx="{LEFT - 90:g}" cy="{y - 4:g}" r="5.5" stroke-width="2"/>\n'
    yield _text(LEFT - 78, y, "after an anchor session", "ink")
    yield f'<circle class="mark" cx="{LEFT + 98:g}" cy="{y - 4:g}" r="5.5" stroke-width="2"/>\n'
    yield _text(LEFT + 110, y, "without", "ink")
    yield f'<rect class="own" x="{LEFT + 182:g}" y="{y - 11:g}" width="22" height="14"/>\n'
    yield _text(LEFT + 210, y, "own days", "ink")
    yield f'<path class="upper" d="M{LEFT + 292:g},{y - 4:g}h14" stroke-width="3"/>\n'
    yield _text(LEFT + 312, y, "an anchor session is offered", "ink")
    yield _text(LEFT - 96, y + 24, verdict(record), "ink")


def _dated(day: int) -> str:
    found = _EPOCH + timedelta(days=day)
    return f"{found:%d %b}".lstrip("0")


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{place}>{escape(words)}</text>\n'
