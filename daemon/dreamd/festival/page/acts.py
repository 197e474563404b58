"""The acts of a festival as pictures: the audience by the second, failures and actions as lines. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Final

from dreamd.festival.timeline import Happening, HappeningKind
from dreamd.rehearsal.charts import Axis, Line, plot, rectangle
from dreamd.terminal.sleeper_row import plural

HIGH: Final = 110.0
WORDED_MOST: Final = 6
"""Lines with words on one act; further ones stand in the list of what happened."""
WORDS_MOST: Final = 64
"""Characters of a line's words."""
SAME_S: Final = 1.0
"""Happenings of one kind and cause within this are one line."""
_LINED: Final = (HappeningKind.FAILURE, HappeningKind.ACTION, HappeningKind.MORATORIUM)
_COUPLED: Final = frozenset({"planned", "gathering", "dreaming", ""})
"""The states of a Dreamscape in which a sleeper at zero is not severed by it."""


@dataclass(frozen=True, slots=True)
class _Act:
    """One act. told: its happenings, in order."""

    number: int
    told: tuple[Happening, ...]

    def of(self, kind: HappeningKind) -> list[Happening]:
        return [one for one in self.told if one.kind is kind]


def acts(timeline: Sequence[Happening]) -> Iterator[str]:
    """Return a picture for each act that has begun; nothing before the first one."""
    by_act: dict[int, list[Happening]] = {}
    for one in timeline:
        if one.act:
            by_act.setdefault(one.act, []).append(one)
    if not by_act:
        return
    yield "<h2>The acts</h2>"
    yield (
        "<p>How many sleepers merge, are alone, or are severed, by the seconds of each act. "
        "Those that have left are blank.</p>"
    )
    yield (
        '<div class="key"><span><i style="background:var(--dream)"></i>merged</span>'
        '<span><i style="background:var(--rule)"></i>alone</span>'
        '<span><i style="background:var(--cut)"></i>severed</span>'
        '<span><i style="background:var(--fail)"></i>a failure</span></div>'
    )
    for number, told in sorted(by_act.items()):
        yield from _act(_Act(number, tuple(told)))


def _act(act: _Act) -> Iterator[str]:
    readings, begins = act.of(HappeningKind.AUDIENCE), act.of(HappeningKind.ACT_BEGINS)
    first = begins[0] if begins else act.told[0]
    yield f"<h3>Act {act.number}: {escape(first.words)}</h3>"
    if not readings:
        yield "<p>It has no reading of its audience yet.</p>"
        return
    seated = max(_count(one, "seated") for one in readings)
    merged = max(_count(one, "merged") for one in readings)
    severed = max(_severed(one, seated) for one in readings)
    yield (
        f'<div class="lane"><b>{plural(seated, "sleeper", "sleepers")}</b>'
        f"<span>{merged} merged at most, {severed} severed at most</span></div>"
    )
    axis = Axis(first.at_s, max(act.told[-1].at_s, first.at_s + 1.0))
    lines = _lines(act)
    marks = "".join(_areas(readings, axis, max(seated, 1)))
    name = f"act {act.number}: merged at most {merged}, severed at most {severed} of {seated}"
    yield plot(axis, HIGH, marks, lines[:WORDED_MOST], name, worded=True)
    if len(lines) > WORDED_MOST:
        yield f"<p>The list of what happened has {len(lines) - WORDED_MOST} more.</p>"


def _lines(act: _Act) -> list[Line]:
    """A line for each failure and action; several of one kind and cause in one moment are one."""
    lines: list[Line] = []
    more, before = 0, None
    for one in (found for found in act.told if found.kind in _LINED):
        cause = one.figures.get("cause", "")
        kind = "onset" if one.kind is HappeningKind.FAILURE else "cut" if cause else "end"
        same = before is not None and (before.kind, before.figures.get("cause", "")) == (one.kind, cause)
        if same and before is not None and one.at_s - before.at_s < SAME_S:
            more += 1
            first = _short(before.words)
            lines[-1] = Line(before.at_s, kind, f"{first} (and {more} more)")
        else:
            more, before = 0, one
            lines.append(Line(one.at_s, kind, _short(one.words)))
    return lines


def _short(words: str) -> str:
    return words if len(words) <= WORDS_MOST else f"{words[: WORDS_MOST - 1]}…"


def _areas(readings: Sequence[Happening], axis: Axis, seated: int) -> Iterator[str]:
    """Bars from reading to reading, merged at the bottom, alone above it, severed on top."""
    ends = [one.at_s for one in readings[1:]] + [axis.to_s]
    for one, end_s in zip(readings, ends, strict=True):
        left, right, top = axis.x(one.at_s), axis.x(end_s), HIGH
        severed = _severed(one, seated)
        merged = 0 if severed == seated else _count(one, "merged")
        alone = max(_count(one, "seated") - merged - severed, 0)
        for count, kind in ((merged, "merged"), (alone, "alone"), (severed, "severed")):
            if count:
                high = HIGH * count / seated
                top -= high
                yield rectangle(left, right, top, high, kind)


def _severed(reading: Happening, seated: int) -> int:
    """The severed sleepers of a reading; once the whole Dreamscape is severed, all that were seated."""
    whole = str(reading.figures.get("state", "")) not in _COUPLED
    return seated if whole else _count(reading, "severed")


def _count(reading: Happening, name: str) -> int:
    value = reading.figures.get(name, 0)
    return int(value) if isinstance(value, int | float) and isfinite(value) else 0
