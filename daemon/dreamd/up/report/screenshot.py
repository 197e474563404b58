"""The live screen as a picture: a terminal of 100 by 24 at one moment of a run, as SVG.

For a README, a report, a poster; `make screenshots` makes ours. It needs no terminal and is drawn by the code
that draws one, so it cannot show anything that a run does not. The picture names fonts that machines have and
loads none: it is legible without a network, and where a page may load nothing.

Taken in memory at its moment and written when the night is over, so that no coupled sleeper waits for a disk.
A night that ends sooner is taken at its end.
"""

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

from dreamd.up.plan import CannotRun
from dreamd.up.processes import preflight

SIZE: Final = (100, 24)
"""Columns and lines."""
FONT_ASPECT: Final = 0.6
"""Width to height of DejaVu Sans Mono, Menlo and Liberation Mono; a wider or narrower one is fitted."""

_SYNTAX: Final = re.compile(r"(?P<path>.+)@(?P<at>\d+(\.\d+)?)")
# The night's sky and its writing; every other colour is named by the view.
_THEME: Final = TerminalTheme((9, 13, 34), (223, 230, 255), [(96, 96, 96)] * 8)
_FORMAT: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font: {char_height}px "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
.{unique_id}-title {{ font: bold 16px "DejaVu Sans", Helvetica, Arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture at `path` of second `at_s` of the run."""

    path: Path
    at_s: float


def wanted(text: str) -> Wanted:
    """Parse PATH@SECONDS and check that PATH can be written; raises CannotRun."""
    found = _SYNTAX.fullmatch(text)
    at_s = float(found["at"]) if found else math.inf
    if found is None or not at_s < math.inf:
        raise CannotRun(f"--screenshot {text!r} is not PATH@SECONDS; write for example screen.svg@27")
    preflight.check_picture(path := Path(found["path"]), "--screenshot")
    return Wanted(path, at_s)


def picture(screen: RenderableType, title: str) -> str:
    """The screen as SVG, `title` above it."""
    columns, lines = SIZE
    console = Console(
        record=True, width=columns, height=lines, file=io.StringIO(), force_terminal=True,
        color_system="truecolor", legacy_windows=False, _environ={},
    )  # fmt: skip
    console.print(screen)
    return console.export_svg(
        title=title, theme=_THEME, code_format=_FORMAT, font_aspect_ratio=FONT_ASPECT, unique_id="dreamd"
    )
