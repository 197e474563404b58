"""The page of a festival, as HTML that needs nothing else: light or dark as its reader has it. Pure.

The verdict in one sentence, counts, the days and the acts as pictures, the account line by line, everything
that happened, and the command that repeats it. While the festival runs, `part` gives the same without the
account.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from dreamd.festival.account.account import FestivalAccount
from dreamd.festival.account.line import SHOWN_MOST, Line
from dreamd.festival.page.acts import acts
from dreamd.festival.page.clinic import held_by_day
from dreamd.festival.page.days import days
from dreamd.festival.page.style import STYLE
from dreamd.festival.timeline import Happening, HappeningKind
from dreamd.terminal.sleeper_row import plural

_FIGURES: Final = (
    *(("sleepers", "sleepers"), ("acts", "acts"), ("merge_minutes", "merge-minutes"), ("trips", "severs")),
    *(("cases", "cases"), ("letters", "letters"), ("berths", "berths given"), ("checks", "safety checks")),
)
"""Counts of the account that stand as tiles, and their words."""
_NAMES: Final = re.compile(r"\b(case|bed)-[0-9a-f]+")
_AFTER: Final = frozenset(
    {HappeningKind.CLINIC, HappeningKind.REPORT, HappeningKind.MORATORIUM, HappeningKind.END}
)


@dataclass(frozen=True, slots=True)
class Shown:
    """The content of the page. account: None while the festival runs. zone: of the times shown.

    command: the one that repeats it; empty: none is shown.
    """

    title: str
    zone: str
    timeline: Sequence[Happening] = field(default=())
    account: FestivalAccount | None = None
    command: str = ""


def document(shown: Shown, head: str = "") -> str:
    """Return the whole document. head: further elements of its head, such as a script."""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>{escape(shown.title)}</title><style>{STYLE}</style>{head}<main>{part(shown)}</main></html>\n"
    )


def part(shown: Shown) -> str:
    """Return the content of the page's main element."""
    told = [one for one in shown.timeline if one.kind is not HappeningKind.AUDIENCE]
    return "\n".join(
        [
            f"<h1>{escape(shown.title)}</h1>",
            _verdict(shown, told),
            *_tiles(shown.account),
            *days(shown.timeline),
            *acts(shown.timeline),
            *_berths(told, shown.zone),
            *_afterwards(told, shown.zone),
            *_account(shown.account),
            *_everything(told, shown.zone),
            *_repeat(shown),
        ]
    )


def _verdict(shown: Shown, told: Sequence[Happening]) -> str:
    account = shown.account
    if account is None:
        now = told[-1].words if told else "It begins."
        return f'<p class="verdict now" role="status">It runs. {escape(now)}</p>'
    if account.met:
        lines = plural(len(account.lines), "line", "lines")
        return f'<p class="verdict">It ended well: each of {lines} of the account holds.</p>'
    broken = [one.subject.value for one in account.lines if not one.met]
    do = "does" if len(broken) == 1 else "do"
    words = f"{len(broken)} of {len(account.lines)} lines of the account {do} not hold: {', '.join(broken)}."
    return f'<p class="verdict no">{escape(words if account.lines else "The account has no line.")}</p>'


def _tiles(account: FestivalAccount | None) -> Iterator[str]:
    if account is None:
        return
    cells = "".join(
        f"<div><b>{escape(_figure(account.figures[name]))}</b><span>{escape(words)}</span></div>"
        for name, words in _FIGURES
        if account.figures.get(name)
    )
    yield f'<div class="tiles">{cells}</div>'


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _berths(told: Sequence[Happening], zone: str) -> Iterator[str]:
    found = [one for one in told if one.kind is HappeningKind.ROUND]
    if found:
        yield "<h2>Berths, shared in the evening</h2>"
        yield _list(found, zone)


def _afterwards(told: Sequence[Happening], zone: str) -> Iterator[str]:
    found = [one for one in told if one.kind in _AFTER and "held" not in one.figures]
    if found:
        yield "<h2>The clinic, and the days after</h2>"
        yield from held_by_day(told)
        yield _list(found, zone)


def _account(account: FestivalAccount | None) -> Iterator[str]:
    if account is None:
        return
    rows = "".join(_row(one) for one in account.lines)
    yield "<h2>The account</h2>"
    yield "<p>Shares are read at the devices; cases, letters and reports by the commands of the house.</p>"
    yield (
        '<table class="account"><thead><tr><th scope=col>promise<th scope=col>result</thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(one: Line) -> str:
    kind, words = ("good", one.verdict) if one.met else ("no", f"does not hold: {one.verdict}")
    faults = "".join(f"<li>{escape(fault)}" for fault in one.faults[:SHOWN_MOST])
    more = len(one.faults) - SHOWN_MOST
    faults += f"<li>and {more} more" if more > 0 else ""
    below = f"<ul>{faults}</ul>" if faults else ""
    return f'<tr><td>{escape(one.promise)}{below}<td><span class="{kind}">{escape(words)}</span>'


def _everything(told: Sequence[Happening], zone: str) -> Iterator[str]:
    if told:
        happenings = plural(len(told), "happening", "happenings")
        yield f"<details id=everything><summary>Everything that happened: {happenings}</summary>"
        yield _list(told, zone)
        yield "</details>"


def _list(told: Sequence[Happening], zone: str) -> str:
    """A row for each happening; those of one minute that differ in a name alone are one row."""
    where, rows = ZoneInfo(zone), list[str]()
    for (minute, kind, _), group in groupby(told, lambda one: _alike(one, where)):
        alike = list(group)
        more = f" (and {len(alike) - 1} more)" if len(alike) > 1 else ""
        rows.append(f'<li><time>{minute}</time><span class="{kind}">{escape(alike[0].words)}{more}</span>')
    return f'<ol class="told">{"".join(rows)}</ol>'


def _alike(one: Happening, zone: ZoneInfo) -> tuple[str, str, str]:
    """The minute, the kind, and the words without names of cases and beds."""
    minute = f"{datetime.fromtimestamp(one.at_s, zone):%a %d %b %H:%M}"
    return minute, one.kind.value, _NAMES.sub("", one.words)


def _repeat(shown: Shown) -> Iterator[str]:
    if shown.command:
        yield f"<h2>Repeat it</h2><pre>{escape(shown.command)}</pre>"
