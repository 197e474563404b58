"""The report of a rehearsal: one HTML page that needs nothing else, light or dark by the reader's setting.

The verdict in one sentence, each figure beside its limit, when each sleeper was merged, severs by cause over
time, the group's statistics beside the limits at which couplings are halved and severed, the account that
everyone came home, and what repeats it: the command, the version and the machine.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from dreamd.core.limits import (
    CROWD_MIN,
    DISPERSION_HALVE,
    DISPERSION_SEVER,
    ENERGY_MIN,
    RANK_HALVE,
    RANK_SEVER,
    SYNCHRONY_Z_MOST,
)
from dreamd.rehearsal.charts import Axis, Level, Line, curve, level, plot, rectangle
from dreamd.rehearsal.group_history import CrowdRecord, Moment
from dreamd.rehearsal.origin import Origin
from dreamd.rehearsal.report_labels import labelled
from dreamd.rehearsal.report_style import STYLE
from dreamd.rehearsal.results import Results
from dreamd.rehearsal.verdict import figures, verdict
from dreamd.terminal.sleeper_row import plural
from dreamd.up.report.night_history import Record

STRIPS_HIGH: Final = (60.0, 420.0)
STRIP_MOST: Final = 14.0
CURVE_HIGH: Final = 96.0
LANE_HIGH: Final = 22.0


@dataclass(frozen=True, slots=True)
class Page:
    """The input of the report. told: the object of `--json`. origin: the command that repeats it."""

    books: Results
    crowd: CrowdRecord
    told: dict[str, object]
    record: Record
    when: datetime
    origin: Origin


def page(what: Page) -> str:
    """The whole document."""
    axis, lines = _axis(what), _lines(what)
    scene = what.books.cue.scene
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>{escape(scene.name)}, rehearsed</title><style>{STYLE}</style><main>",
        f"<h1>The festival, rehearsed: {escape(scene.name)}</h1>",
        _verdict(what),
        f"<p>{escape(_occasion(what))}</p>",
        _tiles(what),
        *_strips(what, axis, lines),
        *_severs(what, axis, lines),
        *_crowd(what, axis, lines),
        *_account(what.told),
        *_repeat(what),
        "</main></html>\n",
    ]
    return "\n".join(parts)


def _occasion(what: Page) -> str:
    cue, count = what.books.cue, len(what.books.account.pods)
    beds = plural(cue.beds, "bed", "beds")
    kind = "features alone" if what.told["signal"] == "features" else "whole signal path"
    return (
        f"{what.when:%d %B %Y, %H:%M}. {count} sleepers ({kind}); {cue.scene.does}, in {beds}, "
        f"{cue.at_s:g} s after the merge, for {cue.lasts_s:g} s. Real processes over MQTT; every stamp is a "
        "pod's own monotonic clock's."
    )


def _verdict(what: Page) -> str:
    kind = "verdict" if what.books.passed else "verdict no"
    return f'<p class="{kind}">{escape(verdict(what.books, what.told))}</p>'


def _tiles(what: Page) -> str:
    """Each figure beside its limit; one that is not kept is marked by colour and by a word."""
    cells = []
    for one in figures(what.books, what.told):
        over = one.kept is False
        limit = f"limit: {one.limit}{', not kept' if over else ''}" if one.limit else "no limit"
        cells.append(
            f"<div{' class=over' if over else ''}><b>{escape(one.value)}</b><span>{escape(one.label)}</span>"
            f"<small>{escape(limit)}</small></div>"
        )
    return f'<div class="tiles">{"".join(cells)}</div>'


def _axis(what: Page) -> Axis:
    record = what.record
    begins = [span[0].from_ns for span in what.books.spans.values() if span]
    from_s = record.seconds(min(begins)) if begins else 0.0
    to_s = max(record.closed_s or record.ends_s, from_s + 1.0)
    return Axis(math.floor(from_s), to_s + 0.5)


def _lines(what: Page) -> tuple[Line, ...]:
    record, books = what.record, what.books
    lines = []
    begun_ns = [*books.onsets.values(), *(act.due_ns for act in books.acts.acts.values())]
    if begun_ns:
        words = f"{books.cue.scene.name}{'' if books.cue.scene.is_act else ' begins'}"
        lines.append(Line(record.seconds(min(begun_ns)), "onset", words))
    lines += [Line(at_s, "onset", f"halved: {cause}") for at_s, cause in what.crowd.halvings[:4]]
    whole = [told for told in books.told if not told.pod][:4]
    lines += [Line(record.seconds(told.at_ns), "cut", f"everyone severed: {told.cause}") for told in whole]
    return tuple(sorted(lines, key=lambda line: line.t_s))


def _strips(what: Page, axis: Axis, lines: Sequence[Line]) -> Iterator[str]:
    """A strip for each sleeper, those with a fault or an act on top."""
    books, seconds = what.books, what.record.seconds
    pods = sorted(books.account.pods, key=lambda pod: pod not in books.failing)
    low, high = STRIPS_HIGH
    tall = min(max(high / len(pods), 1.0), STRIP_MOST)
    height = max(tall * len(pods), low)
    gap = 0.15 * tall
    marks = []
    for row, pod in enumerate(pods):
        kind = "ill" if pod in books.failing else "well"
        for span in books.spans.get(pod, []):
            right = axis.x(seconds(span.to_ns)) if span.to_ns else axis.x(axis.to_s)
            marks.append(rectangle(axis.x(seconds(span.from_ns)), right, tall * row + gap, tall - gap, kind))
    yield "<h2>When each sleeper was merged</h2>"
    yield "<p>One strip for each sleeper, drawn while its pod renders any share of the others.</p>"
    yield plot(axis, height, "".join(marks), lines, "when each sleeper was merged", worded=True)
    ill, well = ("sleepers that act", "others") if books.cue.scene.is_act else ("with a fault", "healthy")
    keys = (("fail", ill, len(books.failing)), ("dream", well, len(pods) - len(books.failing)))
    words = "".join(
        f'<span><i style="background:var(--{colour})"></i>{who} ({count})</span>'
        for colour, who, count in keys
    )
    yield f'<div class="key">{words}</div>'


def _severs(what: Page, axis: Axis, lines: Sequence[Line]) -> Iterator[str]:
    """A lane for each cause, a mark for each sever."""
    falls = what.books.falls
    yield "<h2>Severs by cause</h2>"
    yield "<p>At the moment of each pod's own zero. A sever by the daemon has the daemon's cause.</p>"
    if not falls:
        yield "<p>No sleeper was severed.</p>"
    for cause in sorted({fall.cause for fall in falls}):
        own = [fall for fall in falls if fall.cause == cause]
        marks = "".join(
            rectangle(axis.x(t_s) - 1.5, axis.x(t_s) + 1.5, 2.0, LANE_HIGH - 4.0, "fall")
            for t_s in (what.record.seconds(fall.severed.zero_ns) for fall in own)
        )
        sleepers = len({fall.pod for fall in own})
        how = "with the whole Dreamscape" if all(fall.of_all for fall in own) else "alone"
        counted = plural(sleepers, "sleeper", "sleepers")
        yield f'<div class="lane"><b>{escape(cause)}</b><span>{counted}, {how}</span></div>'
        yield plot(axis, LANE_HIGH, marks, lines, f"severs for {cause}")


def _crowd(what: Page, axis: Axis, lines: Sequence[Line]) -> Iterator[str]:
    """The statistics of the collective, each with its lines."""
    moments = what.crowd.moments
    yield "<h2>The group</h2><p>The group's statistics, beside the limits at which couplings change.</p>"
    yield from _statistic(
        "merged sleepers",
        moments,
        [m.merged for m in moments],
        (),
        axis,
        lines,
        least=len(what.books.account.pods),
    )
    yield from _statistic(
        "energy: how far the sleepers are drawn away from themselves", moments, [m.energy for m in moments],
        (Level(ENERGY_MIN, f"halved above {ENERGY_MIN:g}"),), axis, lines,
    )  # fmt: skip
    yield from _statistic(
        "synchrony: the largest z of all bands", moments, [m.z for m in moments],
        (Level(SYNCHRONY_Z_MOST, f"halved above {SYNCHRONY_Z_MOST:g} in three windows"),), axis, lines,
    )  # fmt: skip
    yield from _statistic(
        "dispersion of people, over its value at Start", moments, [m.dispersion_ratio for m in moments],
        (
            Level(DISPERSION_HALVE, f"halved below {DISPERSION_HALVE:g}"),
            Level(DISPERSION_SEVER, f"severed below {DISPERSION_SEVER:g}"),
        ), axis, lines,
    )  # fmt: skip
    yield from _statistic(
        "effective rank, over its value at Start", moments, [m.rank_ratio for m in moments],
        (
            Level(RANK_HALVE, f"halved below {RANK_HALVE:g}"),
            Level(RANK_SEVER, f"severed below {RANK_SEVER:g}"),
        ), axis, lines,
    )  # fmt: skip


def _statistic(
    name: str, moments: Sequence[Moment], values: Sequence[float], levels: Sequence[Level], axis: Axis,
    lines: Sequence[Line], *, least: float = 0.0,
) -> Iterator[str]:  # fmt: skip
    known = [value for value in values if math.isfinite(value)]
    if not known:
        why = f"not known: it needs {CROWD_MIN} merged sleepers, and some time with them"
        yield f'<div class="lane"><b>{escape(name)}</b><span>{why}</span></div>'
        return
    scale = (0.0, 1.1 * max([*known, *(one.value for one in levels), least, 1e-6]))
    points = list(zip((moment.t_s for moment in moments), values, strict=True))
    marks = "".join(level(one, scale, CURVE_HIGH) for one in levels) + curve(axis, points, scale, CURVE_HIGH)
    words = "; ".join([f"{min(known):.3g} to {max(known):.3g}", *(one.words for one in levels)])
    yield f'<div class="lane"><b>{escape(name)}</b><span>{escape(words)}</span></div>'
    yield plot(axis, CURVE_HIGH, marks, lines, name)


def _account(told: dict[str, object]) -> Iterator[str]:
    """All that `--json` has, under labels for a reader."""
    rows = "".join(f"<tr><td>{escape(label)}<td>{escape(value)}" for label, value in labelled(told))
    yield f"<h2>The account</h2><table>{rows}</table>"


def _repeat(what: Page) -> Iterator[str]:
    """The command that repeats the rehearsal, and the machine on which it ran."""
    origin = what.origin
    cores = "1 core" if origin.cores == 1 else f"{origin.cores} cores"
    machine = f"dreamd {origin.version} on Python {origin.python}, {cores}, {origin.system}"
    yield "<h2>Repeat it</h2>"
    yield f"<pre>{escape(origin.command)}</pre><p>It ran with {escape(machine)}.</p>"
