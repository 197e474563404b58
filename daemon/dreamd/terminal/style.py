"""The style that boards share: colours, the marker of a sleeper, a signal's quality, folded words. Pure.

A marker is a line from `self` to `collective` with the sleeper on it; its place is the coupling that the pod
applied, as a share of the ceiling. Only grave things are red.
"""

import math
import textwrap
from collections.abc import Iterable
from typing import Final

from rich.text import Text

from dreamd.core.limits import SYNCHRONY_Z_MOST
from dreamd.terminal.sleeper_row import Row, State, Tone

QUALITY_GOOD: Final = 0.5
GRAVE: Final = "#ff7a86"

STATE_STYLE: Final = {
    State.COMING: "grey42",
    State.READY: "grey62",
    State.HERE: "grey62",
    State.DREAMING: "#a8b8ff",
    State.SEVERED: "bold #ff5d6c",
    State.AWAKE: "#ffd9a0",
    State.LEFT: "grey62",
    State.GONE: "bold #ff5d6c",
    State.HOME: "#9fe3b4",
    State.UNKNOWN: "grey50",
}
TONE_STYLE: Final = {Tone.CALM: "grey70", Tone.GRAVE: GRAVE, Tone.GOOD: "#9fe3b4"}
SHADES: Final = ("grey30", "#4a5380", "#5f6cae", "#7d8cdb", "#a8b8ff", "#fff0cc")


def marker(row: Row, width: int) -> Text:
    """The line from self to collective, with the sleeper on it."""
    place = min(round(row.share * (width - 1)), width - 1)
    style = STATE_STYLE[row.state]
    if row.state in {State.SEVERED, State.GONE}:
        return Text("●", style) + Text("─" * (width - 1), "#5a2630")
    if row.silent or row.state in {State.COMING, State.READY, State.LEFT, State.UNKNOWN}:
        return Text("○" + "·" * (width - 1), "grey30")
    bar = Text("━" * place, SHADES[min(int(row.share * 5), 5)])
    bar.append("●", style)
    bar.append("─" * (width - 1 - place), "grey27")
    return bar


def quality(value: float) -> Text:
    """A signal's quality, 0 to 1; a dash where it is not known."""
    if not math.isfinite(value):
        return Text("-", "grey30")
    ok = value >= QUALITY_GOOD
    return Text(f"{value:.2f}", "grey62" if ok else GRAVE)


def synchrony(bands: Iterable[tuple[str, float]]) -> Text:
    """Each band's z against chance, beside the limit at which couplings are halved; NaN: not known."""
    text = Text(f"synchrony z (limit {SYNCHRONY_Z_MOST:g})", "grey50", no_wrap=True, overflow="ellipsis")
    told = tuple(bands)
    if not told:
        text.append("  not known")
    for band, z in told:
        value = f"{z:+.1f}" if math.isfinite(z) else "-"
        text.append(f" {band} ").append(value, f"bold {GRAVE}" if z > SYNCHRONY_Z_MOST else "grey78")
    return text


def folded(words: str, width: int) -> list[str]:
    """Words over as many lines as they take, at least one, none narrower than 20 columns."""
    return textwrap.wrap(words, max(20, width)) or [""]
