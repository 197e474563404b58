"""A night as a picture in SVG, of which the PNG is made too.

It shows the centre of the collective by band, its synchrony, and both shares. It shows no count of sleepers:
a step in one is a person that left. Colours are literal, because the PNG's renderer knows no CSS variables.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import HOP_S
from dreamd.core.pieces.piece import Piece
from dreamd.plots.chart import WIDTH, Frame, Scale, marks, text
from dreamd.render.night import Night, Numbers

HEIGHT: Final = 640.0
POINTS_MOST: Final = 460
_COLOURS: Final = ("#7fb0ff", "#b79cff", "#7fe0c8", "#ffd27f", "#ff9c8a", "#e0e6f0")
_FONTS: Final = "'DejaVu Sans','Liberation Sans','Noto Sans',Arial,Helvetica,sans-serif"
"""By name: the PNG's renderer does not know which font a machine means by `sans-serif`."""
_STYLE: Final = (
    f"text{{fill:#e6eaf2;font-family:{_FONTS};font-size:14px}}"
    """
.faint{fill:#9aa5b8;font-size:12px}.head{font-size:22px;font-weight:600}
.line{stroke:#333c4d;fill:none}.ground{fill:#12161f}
.area{fill:#7fb0ff;fill-opacity:0.35}.artist{fill:#ffd27f;fill-opacity:0.55}
"""
)
_LEFT: Final = 64.0
_RIGHT: Final = WIDTH - 150.0
_WORDS_MOST: Final = 70
"""Characters of a line of text; a longer one is cut."""


class _Bins:
    """The night cut into at most POINTS_MOST parts of one length. at_s: the middle of each."""

    def __init__(self, night: Night) -> None:
        hops = int(night.hops[-1]) + 1
        self.count = min(hops, POINTS_MOST)
        self.at_s = [(n + 0.5) * hops * HOP_S / self.count for n in range(self.count)]
        self._bin = night.hops * self.count // hops

    def mean(self, values: Numbers, counted: NDArray[np.bool_]) -> Numbers:
        """Return the mean of a column in each bin, float64[count]; NaN where none of its ticks counts."""
        known = counted & np.isfinite(values)
        number = np.bincount(self._bin[known], minlength=self.count)
        total = np.bincount(self._bin[known], values[known], minlength=self.count)
        return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def picture(night: Night, pieces: Sequence[Piece] = ()) -> str:
    """Return the SVG document. pieces: led in this night; title and artist of each are named."""
    bins, seconds = _Bins(night), Scale(0.0, max(night.lasted_s, 1.0), _LEFT, _RIGHT)
    merged = night.share > 0.0
    titles = dict.fromkeys(one.credits.title or "untitled" for one in pieces)
    names = dict.fromkeys(one.credits.artist for one in pieces if one.credits.artist)
    begun = datetime.fromtimestamp(night.begin_s, UTC)
    told = f"{begun:%Y-%m-%d %H:%M} UTC, {_length(night.lasted_s)}"
    parts = [
        _curves(
            Frame(seconds, Scale(0.0, 1.0, 300.0, 100.0)), bins, _centre(night, bins, merged), signed=True
        ),
        _curves(Frame(seconds, Scale(0.0, 1.0, 450.0, 345.0)), bins, _synchrony(night, bins, merged)),
        _shares(night, seconds, bins),
    ]
    led = f", led by {', '.join(names)}" if names else ""
    return _document(", ".join(titles) or night.dreamscape, f"{told}{led}", parts)


def _document(title: str, told: str, parts: Sequence[str]) -> str:
    styles = "".join(
        f".c{n}{{stroke:{colour};fill:none;stroke-width:1.6;stroke-linejoin:round}}.t{n}{{fill:{colour}}}\n"
        for n, colour in enumerate(_COLOURS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
        f'width="{WIDTH:.0f}" height="{HEIGHT:.0f}" role="img" aria-labelledby="title told">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="told">{escape(told)}</desc>\n'
        f"<style>{_STYLE}{styles}</style>\n"
        f'<rect class="ground" width="{WIDTH:.0f}" height="{HEIGHT:.0f}"/>\n'
        f"{text(_LEFT, 42.0, _cut(title), 'head')}{text(_LEFT, 64.0, _cut(told), 'faint')}"
        f"{''.join(parts)}</svg>\n"
    )


def _cut(words: str) -> str:
    return words if len(words) <= _WORDS_MOST else f"{words[: _WORDS_MOST - 1]}…"


def _centre(night: Night, bins: _Bins, merged: NDArray[np.bool_]) -> dict[str, Numbers]:
    """The centre by band, the mean over the regions."""
    bands = [name.rpartition(".")[2] for name in night.feature_names]
    return {
        band: bins.mean(night.centre[:, [one == band for one in bands]].mean(axis=1), merged)
        for band in dict.fromkeys(bands)
    }


def _synchrony(night: Night, bins: _Bins, merged: NDArray[np.bool_]) -> dict[str, Numbers]:
    return {band: bins.mean(night.synchrony[:, n], merged) for n, band in enumerate(night.phase_bands)}


def _curves(frame: Frame, bins: _Bins, lines: Mapping[str, Numbers], *, signed: bool = False) -> str:
    """A panel with a curve for each band, broken where nothing was measured, and its name at the right."""
    most = max(
        (float(np.nanmax(np.abs(one))) for one in lines.values() if np.isfinite(one).any()), default=0.0
    )
    top = max(1.0 if signed else 0.1, most * 1.1)
    scaled = Frame(frame.x, Scale(-top if signed else 0.0, top, frame.base, frame.top))
    if signed:
        axis = scaled.y_axis(
            [(-top, f"{-top:.1f}"), (0.0, "0"), (top, f"{top:.1f}")], "centre of the collective"
        )
    else:
        axis = scaled.y_axis([(one, f"{one:g}") for one in marks(top, 4)], "synchrony, PPC")
    parts = [axis]
    for number, (band, values) in enumerate(lines.items()):
        parts += [scaled.line(run, f"c{number}") for run in _runs(bins.at_s, values.tolist())]
        parts.append(text(_RIGHT + 14.0, frame.top + 14.0 + 17.0 * number, band, f"t{number}"))
    return "".join(parts)


def _runs(at_s: Sequence[float], values: Sequence[float]) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for x, y in zip([*at_s, 0.0], [*values, float("nan")], strict=True):
        if np.isfinite(y):
            run.append((x, y))
        elif run:
            yield run
            run = []


def _shares(night: Night, seconds: Scale, bins: _Bins) -> str:
    """The share of the others, and the artist's part of it, as areas from one base."""
    always = np.ones(len(night.hops), dtype=np.bool_)
    others = np.nan_to_num(bins.mean(night.share, always))
    artist = np.nan_to_num(bins.mean(night.share * night.artist_share, always))
    top = max(0.05, float(others.max()) * 1.1)
    frame = Frame(seconds, Scale(0.0, top, 570.0, 495.0))
    parts = [
        frame.y_axis([(one, f"{one:g}") for one in marks(top, 3)], "share of the others, and the artist's")
    ]
    for values, style in ((others, "area"), (artist, "artist")):
        places = [
            (frame.x.place(x), frame.y.place(y)) for x, y in zip(bins.at_s, values.tolist(), strict=True)
        ]
        way = "L".join(f"{x:.1f},{y:.1f}" for x, y in places)
        first, last = places[0][0], places[-1][0]
        parts.append(
            f'<path class="{style}" d="M{first:.1f},{frame.base:.1f}L{way}L{last:.1f},{frame.base:.1f}Z"/>\n'
        )
    return "".join([*parts, frame.x_axis(_times(night.lasted_s), "time since the beginning")])


def _times(lasted_s: float) -> list[tuple[float, str]]:
    """Marks in hours for a night of two hours or more, in minutes or seconds for a shorter one."""
    hours, minutes = lasted_s / 3600.0, lasted_s / 60.0
    if hours >= 2.0:  # noqa: PLR2004 - as the docstring has it
        return [(one * 3600.0, f"{one:g} h") for one in marks(hours, 8)]
    if minutes >= 2.0:  # noqa: PLR2004 - likewise
        return [(one * 60.0, f"{one:g} min") for one in marks(minutes, 8)]
    return [(one, f"{one:g} s") for one in marks(lasted_s, 8)]


def _length(lasted_s: float) -> str:
    minutes, seconds = divmod(round(lasted_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"
