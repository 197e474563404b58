"""How a scene looks on a terminal, at 80 columns by 24 lines as well as wider. Pure: rich in, rich out.

Bars and colours are shared with `dreamd up` (`dreamd.terminal.style`). A picture that cannot be believed has
no bars and no numbers: it lists the beds by name, under the sentence that gives the reason.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from dreamd.core.limits import (
    DISPERSION_HALVE,
    IDENTITY_HALVE,
    LAG_CORRELATION_MOST,
    RANK_HALVE,
)
from dreamd.terminal.sleeper_row import Row, State
from dreamd.terminal.style import GRAVE, STATE_STYLE, TONE_STYLE, folded, marker, quality, synchrony
from dreamd.top.event_groups import EventLine, event_lines, ranked
from dreamd.top.navigation import KEYS, ORDERS, Browse, first_line, place, rows
from dreamd.top.order_prompt import NOTHING, Reach, question
from dreamd.top.sentences import estranged, headline
from dreamd.top.sleeper_detail import closely
from dreamd.top.state import Detail
from dreamd.top.view_model import Crowd, Link, Sleeper, ViewModel
from dreamd.top.widths import Widths, end_of, widths

NOT_KNOWN: Final = "not known"
FAINT: Final = "grey50"
EVENTS_LEAST: Final = 3
EVENTS_SHARE: Final = 5
"""One line in this many belongs to the events."""
FOOTER: Final = (
    ("?", "help"),
    ("/", "filter"),
    ("g", "grave"),
    ("x", "sever"),
    ("enter", "closely"),
    ("q", "quit"),
)


@dataclass(frozen=True, slots=True)
class View:
    """The input of the screen. paused_s: how long the picture has stood still; None: it is the newest.

    now: the newest state. The sentences are of now: rows may stand still, "safe" may not. reach: the possible
    targets of a sever. said: the result of the last order, and whether beds have not confirmed it.
    """

    scene: ViewModel
    browse: Browse
    detail: Detail | None = None
    paused_s: float | None = None
    now: ViewModel | None = None
    reach: Reach = NOTHING
    said: tuple[str, bool] = ("", False)


def clock(at_s: float) -> str:
    """A moment on the wall clock of this machine."""
    return (
        datetime.fromtimestamp(at_s).astimezone().strftime("%H:%M:%S") if math.isfinite(at_s) else "--:--:--"
    )


def figure(value: float, digits: int = 2) -> str:
    """A number, or a dash where it is not known."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def picture(view: View, size: tuple[int, int]) -> RenderableType:
    """The whole screen for a terminal of (columns, lines)."""
    width, height = size
    top = [*_top(view, width)]
    body = height - len(top) - 1
    if view.browse.helping:
        middle = _help(body)
    elif view.browse.closely:
        middle = closely(view.scene, view.browse.closely, view.detail, width)
    else:
        table = _table(view, width, body)
        events = _events(view.scene, width, body - len(table), grave_only=view.browse.grave_only)
        middle = [*table, *events]
    drawn = [*top, *middle][: height - 1]
    for line in drawn:
        line.truncate(width, overflow="ellipsis")
    return Group(*drawn, *(Text() for _ in range(height - 1 - len(drawn))), _footer(view, width))


def whole(scene: ViewModel, width: int) -> RenderableType:
    """Everything at its full length: for `--once` in words."""
    view = View(scene, Browse())
    shown = rows(scene, view.browse)
    columns = _widths(scene, width)
    lines = [_row(scene, one, columns, selected=False) for one in shown]
    return Group(
        *_top(view, width),
        _columns(view.browse, columns),
        *lines,
        *_events(scene, width, 20, grave_only=False),
    )


def rows_that_fit(view: View, size: tuple[int, int]) -> int:
    """The number of rows on a page."""
    body = size[1] - len([*_top(view, size[0])]) - 1
    return max(1, body - 1 - _event_lines(body))


def _event_lines(body: int) -> int:
    return max(EVENTS_LEAST, body // EVENTS_SHARE)


# -- the top ------------------------------------------------------------------------------------------


def _top(view: View, width: int) -> list[Text]:
    scene = view.scene
    lines = [_title(view, width)]
    for said in headline(view.now or scene):
        style = TONE_STYLE[said.tone]
        lines += [Text(f" {line}", style) for line in folded(said.words, width - 2)[:2]]
    words, unsure = view.said
    lines += [
        Text(f" {line}", GRAVE if unsure else "bold #9fe3b4")
        for line in folded(words, width - 2)[:3]
        if words
    ]
    if scene.link is Link.LIVE and scene.dreamscape:
        lines += [_synchrony(scene.crowd, width), _identity(scene.crowd, width)]
    return lines


def _title(view: View, width: int) -> Text:
    scene = view.scene
    text = Text(f" {scene.dreamscape or 'dreamd top'}", "bold #dfe6ff", no_wrap=True, overflow="ellipsis")
    if view.paused_s is not None:
        text.append(f"  PAUSED, {view.paused_s:.0f} s old: p goes on ", f"reverse {GRAVE}")
    if scene.link is Link.LIVE and scene.state:
        cause = f" ({scene.state_cause})" if scene.state_cause else ""
        text.append(f"  {scene.state}{cause}", "#a8b8ff")
        text.append(f"  tick {scene.tick}  {figure(scene.tick_ms, 1)} ms  {clock(scene.instant_s)}", FAINT)
    more = [f"{name} {state}" for name, state in scene.others]
    if more and scene.link is Link.LIVE:
        text.append(f"  d: {', '.join(more[:2])}{' ...' if len(more) > 2 else ''}", FAINT)  # noqa: PLR2004 -- two
    text.truncate(width)
    return text


def _fact(text: Text, name: str, value: str, *, grave: bool) -> None:
    text.append(f"  {name} ", FAINT)
    text.append(value, f"bold {GRAVE}" if grave else "grey78")


def _synchrony(crowd: Crowd, width: int) -> Text:
    text = Text(" ", FAINT).append_text(synchrony((band.band, band.z) for band in crowd.synchrony))
    text.truncate(width)
    return text


def _identity(crowd: Crowd, width: int) -> Text:
    text = Text(" identity   ", FAINT, no_wrap=True, overflow="ellipsis")
    axes = (crowd.dispersion_ratio, crowd.rank_ratio, crowd.i_diff)
    if all(math.isnan(axis) for axis in axes):
        text.append(f"  {NOT_KNOWN}", FAINT)
    else:
        spread = crowd.dispersion_ratio < DISPERSION_HALVE
        _fact(text, "spread", figure(crowd.dispersion_ratio), grave=spread)
        _fact(text, "rank", figure(crowd.rank_ratio), grave=crowd.rank_ratio < RANK_HALVE)
        _fact(text, "own", figure(crowd.i_diff), grave=False)
    over = crowd.energy > crowd.energy_limit or crowd.lag_correlation > LAG_CORRELATION_MOST
    energy = NOT_KNOWN if math.isnan(crowd.energy) else f"{crowd.energy:.2f} of {figure(crowd.energy_limit)}"
    _fact(text, "energy", energy, grave=over)
    _fact(text, "halved", crowd.halved_cause or "no", grave=bool(crowd.halved_cause))
    text.truncate(width)
    return text


# -- the rows -----------------------------------------------------------------------------------------


def _widths(scene: ViewModel, width: int) -> Widths:
    return widths(width, ((one.pod, one.sleeper) for one in scene.sleepers))


def _columns(browse: Browse, columns_: Widths) -> Text:
    """The heads of the columns, with a mark on the sorting one."""
    way = "▴" if browse.backwards else "▾"
    text = Text(no_wrap=True)
    heads: Sequence[tuple[str, str, int, Callable[[str, int], str]]] = (
        (" bed", "bed", columns_.bed + 2, str.ljust),
        ("sleeper", "", columns_.sleeper + 1, str.ljust),
        ("self" + " " * (columns_.bar - 7) + "all", "", columns_.bar + 1, str.ljust),
        ("coupling", "coupling", 9, str.ljust),
        ("sig", "signal", 6, str.rjust),
        ("dist", "distance", 6, str.rjust),
        ("sync", "synchrony", 6, str.rjust),
        ("ident", "identity", 6, str.rjust),
        ("  how", "state", 6, str.ljust),
    )
    for head, order, columns, pad in heads:
        sorts = order == ORDERS[browse.order].name
        mark = f"{head}{way}" if sorts else head
        text.append(pad(mark, columns), "bold grey78" if sorts else FAINT)
    return text


def _row(scene: ViewModel, one: Sleeper, columns: Widths, *, selected: bool) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    style = STATE_STYLE[one.state] if one.locked or one.state is State.SEVERED else "grey78"
    bold = " bold" if selected and "bold" not in style else ""
    text.append(
        f"{'>' if selected else ' '}{end_of(one.pod, columns.bed):<{columns.bed + 1}}", f"{style}{bold}"
    )
    text.append(f"{end_of(one.sleeper, columns.sleeper):<{columns.sleeper + 1}}", style)
    if scene.link is not Link.LIVE:
        return text.append(f"{'':<{columns.bar + 1}}{NOT_KNOWN}", FAINT)
    ceiling = scene.ceiling if scene.ceiling > 0.0 else 1.0
    share = min(max(one.applied / ceiling, 0.0), 1.0) if math.isfinite(one.applied) else 0.0
    text.append_text(marker(Row(one.pod, one.sleeper, one.state, share), columns.bar)).append(" ")
    over = one.pod in scene.coupled
    text.append(f"{_share(one.applied)}/{_share(one.granted)}", f"bold {GRAVE}" if over else "grey62")
    text.append_text(_right(quality(one.quality), 6))
    text.append(f"{figure(one.distance):>6}{figure(one.synchrony):>6}", "grey62")
    text.append(f"{figure(one.identity):>6}", f"bold {GRAVE}" if estranged(one) else "grey62")
    return text.append(f"  {_cut(one.words, columns.why)}", STATE_STYLE[one.state])


def _share(coupling: float) -> str:
    """A coupling in four columns; a dash where it is not known."""
    if not math.isfinite(coupling):
        return "   -"
    return f"{coupling:.3f}".removeprefix("0") if coupling < 1.0 else f"{coupling:.2f}"


def _right(text: Text, columns: int) -> Text:
    return Text(" " * max(0, columns - len(text))) + text


def _cut(words: str, columns: int) -> str:
    return words if len(words) <= columns else f"{words[: columns - 1]}…"


def _table(view: View, width: int, body: int) -> list[Text]:
    """The heads, and as many rows as fit around the cursor."""
    shown = rows(view.scene, view.browse)
    columns = _widths(view.scene, width)
    at, lines = place(shown, view.browse), max(1, body - 1 - _event_lines(body))
    first = first_line(at, lines, len(shown))
    head = _columns(view.browse, columns)
    seen = shown[first : first + lines]
    drawn = [_row(view.scene, one, columns, selected=first + n == at) for n, one in enumerate(seen)]
    if not drawn:
        drawn = [Text("  no row has these words" if view.browse.words else "  no seat is taken yet", FAINT)]
    return [head, *drawn, Text()] if len(drawn) < lines else [head, *drawn]


def _events(scene: ViewModel, width: int, lines: int, *, grave_only: bool) -> list[Text]:
    """The events that have room, oldest first: grave ones of the last minute, then the newest."""
    told = event_lines(scene.events, grave_only=grave_only)
    drawn: dict[int, list[Text]] = {}
    used = 0
    for at in ranked(told):
        new = _event(told[at], width)
        if used + len(new) > lines:
            break
        drawn[at], used = new, used + len(new)
    if not drawn:
        return [Text(" no event needs a look (g: all events)" if grave_only else " no events yet", FAINT)]
    return [line for at in sorted(drawn) for line in drawn[at]]


def _event(event: EventLine, width: int) -> list[Text]:
    happened = f" (happened at {clock(event.acted_s)})" if event.late else ""
    first, *more = folded(f"{event.words}{happened}", width - 11)
    tone = GRAVE if event.grave else "grey70"
    head = Text(f" {clock(event.at_s)}  ", FAINT).append(first, tone)
    return [head, *(Text(" " * 11 + words, tone) for words in more[:1])]


# -- help and foot ------------------------------------------------------------------------------------


def _help(body: int) -> list[Text]:
    lines = [Text(), *(Text(f"   {key:<9}", "#8fb4ff").append(does, "grey78") for key, does in KEYS), Text()]
    lines += [
        Text("   coupling: rendered / granted, 0 to 1; dist: to the collective, shared scale", FAINT),
        Text("   sync: own phase agreement with the others, 0 at chance", FAINT),
        Text(
            f"   ident: likeness to the own first window, 1 unchanged; halved below {IDENTITY_HALVE:g}", FAINT
        ),
        Text(
            f"   spread, rank: over their values at Start; halved below {DISPERSION_HALVE:g}, {RANK_HALVE:g}",
            FAINT,
        ),
        Text("   own: likeness to the own template above that to the others'", FAINT),
        Text("   synchrony z: agreement against chance; above its limit three times: halved", FAINT),
        Text("   - and `not known`: the bed was not heard for 1.5 s, or there is no value yet", FAINT),
    ]
    return lines[:body]


def _footer(view: View, width: int) -> Text:
    browse, text = view.browse, Text(" ", no_wrap=True, overflow="ellipsis")
    if browse.asking is not None:
        text.append(question(browse.asking, view.reach), f"bold {GRAVE}")
        text.truncate(width, overflow="ellipsis")
        return text
    if browse.typing:
        return text.append(f"filter: {browse.words}", "bold #8fb4ff").append(
            "▏  enter keeps, esc clears", FAINT
        )
    total = len(view.scene.sleepers)
    if browse.words:
        shown = len(rows(view.scene, browse))
        text.append(f"{shown} of {total} have: {browse.words} ", "bold #8fb4ff").append(
            "(esc clears)  ", FAINT
        )
    for key, what in FOOTER:
        text.append(f" {key} ", "bold #0b1030 on #8fb4ff").append(f" {what} ", "grey62")
    text.append(f" {total} sleepers", FAINT)
    text.truncate(width)
    return text
