"""The report of a rehearsal: one HTML page that needs nothing else, light or dark as its reader has it.

Who was merged when, severs by cause over time, what the collective said of the crowd beside the lines at
which it is halved and severed, and the account that everyone came home.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from dreamd.core.limits import (
    DISPERSION_HALVE,
    DISPERSION_SEVER,
    ENERGY_MIN,
    RANK_HALVE,
    RANK_SEVER,
    SYNCHRONY_Z_MOST,
)
from dreamd.rehearsal.charts import Axis, Level, Line, curve, level, plot, rectangle
from dreamd.rehearsal.group_history import CrowdRecord, Moment
from dreamd.rehearsal.results import Results
from dreamd.terminal.sleeper_row import plural
from dreamd.up.report.night_history import Record

STRIPS_HIGH: Final = (60.0, 420.0)
STRIP_MOST: Final = 14.0
CURVE_HIGH: Final = 96.0
LANE_HIGH: Final = 22.0

STYLE: Final = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2433;--soft:#667085;--rule:#e2dfd6;
--dream:#5b7fd6;--fail:#d97706;--cut:#c2413b;--good:#2f7d4f;--curve:#4464b8}
@media(prefers-color-scheme:dark){:root{--paper:#0b1020;--card:#121931;--ink:#e6eaf5;--soft:#93a0bd;--rule:#26304d;
--dream:#7fa2ff;--fail:#f5a742;--cut:#ff7a70;--good:#6fd49a;--curve:#9db6ff}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font:italic 600 clamp(1.6rem,5vw,2.4rem)/1.15 Georgia,serif;margin:0 0 .4rem}
h2{font-size:1.05rem;margin:2.4rem 0 .3rem}p{margin:.2rem 0 .8rem;color:var(--soft);max-width:44rem}
.verdict{display:inline-block;padding:.25rem .8rem;border-radius:2rem;font-weight:600;color:var(--paper);
background:var(--good)}.verdict.no{background:var(--cut)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1.4rem 0}
.tiles div{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;padding:.6rem .8rem}
.tiles b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.85rem}
.plot{position:relative;margin:.2rem 0 .6rem}svg{display:block;width:100%;background:var(--card);
border:1px solid var(--rule);border-radius:.3rem}
.ticks,.words{position:relative;font-size:.75rem;color:var(--soft)}.ticks{height:1.3em}
.ticks span,.words span{position:absolute;white-space:nowrap;transform:translateX(-50%)}
.ticks span:first-child{transform:none}.words span{transform:none;padding-left:.2em}
.words span.late{transform:translateX(-100%);padding-right:.2em}
.onset{color:var(--fail);stroke:var(--fail)}.cut{color:var(--cut);stroke:var(--cut)}.end{color:var(--soft);stroke:var(--soft)}
path.at{stroke-width:1.5;vector-effect:non-scaling-stroke;fill:none}
path.curve{fill:none;stroke:var(--curve);stroke-width:1.8;vector-effect:non-scaling-stroke;stroke-linejoin:round}
path.level{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;vector-effect:non-scaling-stroke}
rect.well{fill:var(--dream)}rect.ill{fill:var(--fail)}rect.fall{fill:var(--cut);opacity:.75}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem;color:var(--soft)}
.key i{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;vertical-align:-.05em}
.lane{display:flex;justify-content:space-between;font-size:.85rem;margin-top:.5rem}
.lane span{color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td{border-top:1px solid var(--rule);padding:.3rem .4rem;
vertical-align:top;overflow-wrap:anywhere}td:first-child{color:var(--soft);width:40%}
"""


@dataclass(frozen=True, slots=True)
class Page:
    """What the report is made of; told: the object of `--json`."""

    books: Results
    crowd: CrowdRecord
    told: dict[str, object]
    record: Record
    when: datetime


def page(what: Page) -> str:
    """The whole document."""
    axis, lines = _axis(what), _lines(what)
    scene = what.books.cue.scene
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>{escape(scene.name)}, rehearsed</title><style>{STYLE}</style><main>",
        f"<h1>The festival, rehearsed: {escape(scene.name)}</h1>",
        f"<p>{escape(_occasion(what))}</p>{_verdict(what)}",
        _tiles(what.told),
        *_strips(what, axis, lines),
        *_severs(what, axis, lines),
        *_crowd(what, axis, lines),
        *_account(what.told),
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
    home, count = what.books.account.home, len(what.books.account.pods)
    good = what.books.passed
    words = "Everyone came home" if home == count else f"{home} of {count} came home"
    rest = "" if good else f"; {what.books.detected} of {len(what.books.failing)} found out, "
    rest += "" if good else f"{len(what.books.false_severs)} severed for nothing"
    return f'<div class="verdict{"" if good else " no"}">{words}{rest}</div>'


def _tiles(told: dict[str, object]) -> str:
    evidence, alone = told["evidence_to_zero_ms"], told["onset_to_alone_ms"]
    assert isinstance(evidence, dict)
    assert isinstance(alone, dict)
    tiles = (
        (f"{told['detected']} of {told['malfunctioned']}", "malfunctions found out"),
        (told["false_severs"], "severed for nothing"),
        (f"{told['home']} of {told['sleepers']}", "came home"),
        (f"{told['halved']} / {told['dreamscape_severed']}", "Dreamscape halved / severed"),
        (_ms(evidence["p99"]), "evidence to zero, p99"),
        (_ms(alone["max"]), "onset to alone, at most"),
        (f"{told['ticks_skipped']} of {told['ticks']}", "ticks skipped"),
    )
    cells = "".join(f"<div><b>{escape(str(value))}</b><span>{what}</span></div>" for value, what in tiles)
    return f'<div class="tiles">{cells}</div>'


def _ms(value: float | None) -> str:
    if value is None:
        return "not known"
    return f"{value:.0f} ms" if value < 10_000 else f"{value / 1000:.1f} s"  # noqa: PLR2004 -- seconds read better


def _axis(what: Page) -> Axis:
    record = what.record
    begins = [span[0].from_ns for span in what.books.spans.values() if span]
    from_s = record.seconds(min(begins)) if begins else 0.0
    to_s = max(record.closed_s or record.ends_s, from_s + 1.0)
    return Axis(math.floor(from_s), to_s + 0.5)


def _lines(what: Page) -> tuple[Line, ...]:
    record, books = what.record, what.books
    lines = []
    if books.onsets:
        at_s = record.seconds(min(books.onsets.values()))
        lines.append(Line(at_s, "onset", f"{books.cue.scene.name} begins"))
    lines += [Line(at_s, "onset", f"halved: {cause}") for at_s, cause in what.crowd.halvings[:4]]
    whole = [told for told in books.told if not told.pod][:4]
    lines += [Line(record.seconds(told.at_ns), "cut", f"everyone severed: {told.cause}") for told in whole]
    return tuple(sorted(lines, key=lambda line: line.t_s))


def _strips(what: Page, axis: Axis, lines: Sequence[Line]) -> Iterator[str]:
    """A strip a sleeper, whoever was made to fail on top."""
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
    yield "<h2>Who was merged when</h2>"
    yield "<p>A strip a sleeper, drawn while any share of the others is rendered.</p>"
    yield plot(axis, height, "".join(marks), lines, "who was merged when", worded=True)
    keys = (
        ("fail", "made to fail", len(books.failing)),
        ("dream", "the others", len(pods) - len(books.failing)),
    )
    words = "".join(
        f'<span><i style="background:var(--{colour})"></i>{who} ({count})</span>'
        for colour, who, count in keys
    )
    yield f'<div class="key">{words}</div>'


def _severs(what: Page, axis: Axis, lines: Sequence[Line]) -> Iterator[str]:
    """A lane a cause, a mark a sever."""
    falls = what.books.falls
    yield "<h2>Severs by cause</h2>"
    yield "<p>At the moment of each pod's own zero. What the daemon decided has the daemon's cause.</p>"
    if not falls:
        yield "<p>Nobody was severed.</p>"
    for cause in sorted({fall.cause for fall in falls}):
        own = [fall for fall in falls if fall.cause == cause]
        marks = "".join(
            rectangle(axis.x(t_s) - 1.5, axis.x(t_s) + 1.5, 2.0, LANE_HIGH - 4.0, "fall")
            for t_s in (what.record.seconds(fall.severed.zero_ns) for fall in own)
        )
        sleepers = len({fall.pod for fall in own})
        whose = "of all" if all(fall.of_all for fall in own) else "their own"
        yield f'<div class="lane"><b>{escape(cause)}</b><span>{sleepers} sleepers, {whose}</span></div>'
        yield plot(axis, LANE_HIGH, marks, lines, f"severs for {cause}")


def _crowd(what: Page, axis: Axis, lines: Sequence[Line]) -> Iterator[str]:
    """The statistics of the collective, each with its lines."""
    moments = what.crowd.moments
    yield "<h2>The crowd</h2><p>What the collective said of everyone, beside the lines at which it acts.</p>"
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
        "energy: how far everyone is drawn away from themselves", moments, [m.energy for m in moments],
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
        yield f'<div class="lane"><b>{escape(name)}</b><span>not said</span></div>'
        return
    scale = (0.0, 1.1 * max([*known, *(one.value for one in levels), least, 1e-6]))
    points = list(zip((moment.t_s for moment in moments), values, strict=True))
    marks = "".join(level(one, scale, CURVE_HIGH) for one in levels) + curve(axis, points, scale, CURVE_HIGH)
    words = "; ".join([f"{min(known):.3g} to {max(known):.3g}", *(one.words for one in levels)])
    yield f'<div class="lane"><b>{escape(name)}</b><span>{escape(words)}</span></div>'
    yield plot(axis, CURVE_HIGH, marks, lines, name)


def _account(told: dict[str, object]) -> Iterator[str]:
    """Everything that `--json` says."""
    rows = "".join(f"<tr><td>{escape(name)}<td>{escape(_plain(value))}" for name, value in told.items())
    yield f"<h2>The account</h2><table>{rows}</table>"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not known" if value is None else str(value)
