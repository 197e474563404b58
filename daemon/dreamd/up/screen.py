"""The board on a terminal: calm, at 80 columns by 24 lines as well as wider. Pure: rich in, rich out.

A row is a sleeper: a line from `self` to `collective` with a marker on it, its place the coupling the pod
applied as a share of the ceiling. Only grave things are red. More than sixteen sleepers, or more than the
terminal has lines for, become a field of dots, one each, brighter the nearer they are to the collective.
"""

from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dreamd.terminal.sleeper_row import Row, State
from dreamd.terminal.style import SHADES, STATE_STYLE, TONE_STYLE, folded, marker, quality, synchrony
from dreamd.up.screen_model import Board, Line

ROWS_MAX: Final = 16
NOT_ROWS: Final = 7
"""Lines that belong neither to a sleeper nor to a link, two of the event lines among them."""
BAR_MIN: Final = 18
BAR_MAX: Final = 64
FIXED_COLUMNS: Final = 46
FRESH_S: Final = 3.0
"""Group statistics are shown for this long after they arrived."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The lines above and below the rows; links are (name, text to paste)."""

    sentence: str
    links: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...] = ()


def _state(row: Row) -> Text:
    if row.silent:
        return Text("silent", STATE_STYLE[State.GONE])
    words = row.state.value
    if row.state in {State.SEVERED, State.GONE} and row.cause:
        words = f"{words}: {row.cause}" if row.state is State.SEVERED else "process ended"
    elif row.state is State.HERE and row.cause:
        words = f"{words}: {row.cause}"
    if not row.linked and row.state not in {State.GONE, State.LEFT, State.HOME}:
        words = f"{words}, no link"
    return Text(words, STATE_STYLE[row.state], overflow="ellipsis", no_wrap=True)


def _rows(board: Board, width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False, expand=False)
    bar = min(BAR_MAX, max(BAR_MIN, width - FIXED_COLUMNS))
    ends = Text("self", "grey50") + Text(" " * (bar - 14)) + Text("collective", "#ffe3ad")
    table.add_column(Text("  bed", "grey50"), width=8, no_wrap=True)
    table.add_column(Text("sleeper", "grey50"), width=9, no_wrap=True)
    table.add_column(ends, width=bar, no_wrap=True)
    table.add_column(Text("signal", "grey50"), width=6, no_wrap=True, justify="right")
    table.add_column(Text("", "grey50"), width=18, no_wrap=True)
    for row in board.rows.values():
        style = STATE_STYLE[row.state] if row.state in {State.SEVERED, State.GONE} else "grey78"
        table.add_row(
            Text(f"  {row.pod}", style),
            Text(row.pseudonym, style),
            marker(row, bar),
            quality(row.quality),
            _state(row),
        )
    return table


def _field(board: Board, width: int) -> Group:
    """One dot a sleeper, and a count of each state."""
    dots = Text()
    per_line = max(10, min(50, (width - 4) // 2 // 10 * 10))
    for index, row in enumerate(board.rows.values()):
        dots.append("\n  " if index and index % per_line == 0 else ("  " if index == 0 else " "))
        calm = row.state in {State.DREAMING, State.HERE}
        style = SHADES[min(int(row.share * 5), 5)] if calm else STATE_STYLE[row.state]
        dots.append("●" if row.state is not State.COMING else "○", style)
    tally = Text("  ")
    for state in State:
        number = sum(row.state is state for row in board.rows.values())
        if number:
            tally.append(f"{number} {state.value}   ", STATE_STYLE[state])
    mean = sum(row.share for row in board.rows.values()) / max(len(board.rows), 1)
    bar = min(BAR_MAX, max(BAR_MIN, width - 36))
    together = Row("", "", State.DREAMING, mean)
    line = Text("  self ", "grey50") + marker(together, bar) + Text(" collective", "#ffe3ad")
    return Group(dots, Text(), line, tally)


def _said(line: Line, width: int) -> list[Text]:
    """A line, over as many rows as it takes."""
    rows = folded(line.words, width - len(_clock(line)))
    first = Text(_clock(line), "grey42").append(rows[0], TONE_STYLE[line.tone])
    rest = [Text(" " * len(_clock(line)) + row, TONE_STYLE[line.tone]) for row in rows[1:]]
    return [first, *rest]


def _clock(line: Line) -> str:
    return f"  {line.at_s:6.1f} s  "


def _top(heading: Heading, width: int) -> list[Text]:
    """The sentence and the links.

    A link stands on one line, because a folded one cannot be copied: where it would not fit it loses its
    margin, then its label. Only a link that is longer than the terminal is wide is folded.
    """
    lines = [Text(f"  {heading.sentence}", "bold #dfe6ff", no_wrap=True, overflow="ellipsis")]
    label = max((len(what) for what, _ in heading.links), default=0)
    longest = max((len(paste) for _, paste in heading.links), default=0)
    margin = "  " if 2 + label + 1 + longest <= width else ""
    for what, paste in heading.links:
        head = f"{margin}{what:<{label}} "
        room = width if len(head) + len(paste) > width else width - len(head)
        first, *more = [paste[at : at + room] for at in range(0, len(paste), room)] or [""]
        lines.append(Text("" if room == width else head, "grey50", no_wrap=True).append(first, "#8fb4ff"))
        lines += [Text(part, "#8fb4ff", no_wrap=True) for part in more]
    return lines


def _footer(heading: Heading, now_s: float, ends_s: float | None) -> Text:
    text = Text("  ", no_wrap=True, overflow="ellipsis")
    for key, what in heading.keys:
        text.append(f" {key} ", "bold #0b1030 on #8fb4ff")
        text.append(f" {what}  ", "grey62")
    until = "" if ends_s is None else f" of {ends_s:.0f}"
    return text.append(f"  {now_s:.0f}{until} s", "grey50")


def _crowd(board: Board, now_s: float) -> Text:
    """The awaited event before the night, then each band's synchrony while it is fresh, or an empty line."""
    if board.awaited:
        return Text(f"  {board.awaited}", "#ffd9a0", no_wrap=True, overflow="ellipsis")
    fresh = now_s - board.synchrony_at_s <= FRESH_S
    if not (fresh and board.synchrony):
        return Text()
    return Text("  ").append_text(synchrony(board.synchrony))


def screen(
    board: Board, heading: Heading, now_s: float, ends_s: float | None, size: tuple[int, int]
) -> RenderableType:
    """The whole screen for a terminal of (columns, lines); older lines that do not fit are left out."""
    width, height = size
    top = _top(heading, width)
    few = len(board.rows) <= min(ROWS_MAX, height - len(top) + 1 - NOT_ROWS)
    used = len(top) + 1 + (len(board.rows) + 1 if few else 4 + len(board.rows) // 25) + 1 + 2
    room = max(1, height - used - 1)
    rows = [row for line in board.lines for row in _said(line, width)][-room:]
    return Group(
        *top,
        Text(),
        _rows(board, width) if few else _field(board, width),
        _crowd(board, now_s),
        *rows,
        *(Text() for _ in range(room - len(rows) if heading.keys else 0)),
        _footer(heading, now_s, None if board.awaited else ends_s),
    )


def progress(board: Board, now_s: float) -> str:
    """One plain line for a pipe: the number of dreaming sleepers, and how near the collective on average."""
    if board.awaited:
        return f"{now_s:6.1f} s  {board.awaited}"
    near = [row.share for row in board.rows.values() if row.state is State.DREAMING]
    mean = sum(near) / len(near) if near else 0.0
    way = f"{100 * mean:.0f} % of the way to the ceiling"
    return f"{now_s:6.1f} s  {len(near)} of {len(board.rows)} dream, {way}"


def plain(line: Line) -> str:
    """A line for a pipe."""
    return f"{line.at_s:6.1f} s  {line.words}"
