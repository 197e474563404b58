"""`night.svg`: a picture of the night worth keeping, drawn from the record and from nothing else.

Self-contained SVG: no script, no font, no address. A screen reader gets the same in <desc>. All motion is
measured: each ribbon is one sleeper, its way to the middle is the coupling the pod applied, its ripple the
pod's distance to the collective, the glow in the middle the mean of all. Only the stars are invented (from
the run's seed).
"""

import colorsys
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from dreamd.up.report.night_history import Mark, Record
from dreamd.up.report.night_layout import (
    HEIGHT,
    HOME,
    LEFT,
    MIDDLE,
    REACH,
    RIGHT,
    WIDTH,
    Axis,
    Ribbon,
    curve,
    ribbons,
    togetherness,
)

STARS: Final = 260
GLOW_BUCKETS: Final = 120
NAMED_MAX: Final = 26
GLOWING_MAX: Final = 40
CAPTIONS_MAX: Final = 12
FEW: Final = 12
FEW_SIZE: Final = 19
MANY_SIZE: Final = 13
RED: Final = "#ff5d6c"
DAWN: Final = "#ffd9a0"
INK: Final = "#c9d2f0"
FAINT: Final = "#7f8bb8"
SERIF: Final = "Iowan Old Style, Palatino, Palatino Linotype, Georgia, serif"

DEFS: Final = f"""<defs>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
<stop offset="0" stop-color="#050817"/><stop offset=".5" stop-color="#0d1436"/>
<stop offset="1" stop-color="#070a1d"/></linearGradient>
<radialGradient id="dawn" cx="1.02" cy=".51" r=".42" gradientTransform="translate(0 -.06) scale(1 1.1)">
<stop offset="0" stop-color="#ffb37a" stop-opacity=".34"/>
<stop offset=".45" stop-color="#c76a9a" stop-opacity=".12"/>
<stop offset="1" stop-color="#c76a9a" stop-opacity="0"/></radialGradient>
<mask id="crescent"><circle cx="1490" cy="92" r="30" fill="#fff"/>
<circle cx="1477" cy="85" r="27" fill="#000"/></mask>
<filter id="soft" x="-5%" y="-60%" width="110%" height="220%"><feGaussianBlur stdDeviation="14"/></filter>
<filter id="glow" x="-5%" y="-20%" width="110%" height="140%"><feGaussianBlur stdDeviation="4.5"/></filter>
</defs>
<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" fill="url(#sky)"/>
<circle cx="1490" cy="92" r="30" fill="#fdeecb" mask="url(#crescent)" opacity=".9"/>
"""


@dataclass(frozen=True, slots=True)
class Words:
    """The text of the picture: the account in one line, and when and how it was."""

    account: str
    occasion: str
    everyone_home: bool


def colour(index: int, count: int) -> str:
    """A person's colour: gold at the top through rose and violet to sea green at the bottom."""
    hue = (0.11 - 0.72 * index / max(count - 1, 1)) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.72, 0.74)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>\n'


def _stars(seed: int) -> Iterator[str]:
    chance = random.Random(seed)  # noqa: S311 -- stars, not secrets
    yield '<g fill="#dfe6ff">\n'
    for _ in range(STARS):
        x, y = chance.uniform(0, WIDTH), HEIGHT * chance.random()
        yield (
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{0.4 + 1.1 * chance.random() ** 3:.2f}" '
            f'opacity="{0.15 + 0.7 * chance.random() ** 3:.2f}"/>\n'
        )
    yield "</g>\n"


def _frame(axis: Axis) -> Iterator[str]:
    yield f'<g font-family="{SERIF}" font-size="15" fill="{FAINT}">\n'
    base = MIDDLE + REACH + 62
    yield f'<path d="M{LEFT},{base}H{RIGHT}" stroke="{FAINT}" stroke-opacity=".35" stroke-width="1"/>\n'
    for x, label in axis.marks():
        yield f'<path d="M{x:.1f},{base}v7" stroke="{FAINT}" stroke-opacity=".6"/>\n'
        yield _text(x, base + 26, label, 'text-anchor="middle"')
    style = 'text-anchor="end" font-style="italic"'
    yield _text(LEFT - 26, MIDDLE + 5, "collective", style)
    yield _text(LEFT - 26, MIDDLE - REACH * 0.72, "self", style)
    yield _text(LEFT - 26, MIDDLE + REACH * 0.72 + 5, "self", style)
    for sign in (-1, 1):
        top, end = MIDDLE + sign * REACH * 0.62, MIDDLE + sign * 26
        yield (
            f'<path d="M{LEFT - 44:.0f},{top:.0f}V{end:.0f}" stroke="{FAINT}" stroke-opacity=".5" '
            f'stroke-dasharray="1 6" stroke-linecap="round"/>\n'
        )
    yield "</g>\n"


def _collective(record: Record, axis: Axis) -> str:
    """The glow in the middle: as thick as the sleepers are together."""
    shares = togetherness(record, axis, GLOW_BUCKETS)
    step = (RIGHT - LEFT) / (GLOW_BUCKETS - 1)
    top = [(LEFT + i * step, MIDDLE - 3 - 30 * share) for i, share in enumerate(shares)]
    bottom = [(LEFT + i * step, MIDDLE + 3 + 30 * share) for i, share in enumerate(shares)]
    edge = "L".join(f"{x:.1f},{y:.1f}" for x, y in reversed(bottom))
    return (
        f'<path d="{curve(top)}L{edge}Z" fill="#ffe3ad" opacity=".30" filter="url(#soft)"/>\n'
        f'<path d="M{LEFT},{MIDDLE}H{RIGHT}" stroke="#ffe9c4" stroke-opacity=".22" stroke-dasharray="2 7"/>\n'
    )


def _ribbon(ribbon: Ribbon, tint: str, count: int) -> Iterator[str]:
    name, width = f"ribbon-{ribbon.pod}", max(1.0, min(2.2, 40 / count))
    stroke = f'fill="none" stroke="{tint}" stroke-linecap="round" stroke-linejoin="round"'
    yield f"<g {stroke}><title>{escape(f'{ribbon.pod}, {ribbon.pseudonym}')}</title>\n"
    yield f'<defs><path id="{name}" d="{curve(ribbon.points)}"/></defs>\n'
    if count <= GLOWING_MAX:
        faint = f'stroke="none" opacity="{min(0.05, 0.6 / count):.3f}"'
        yield f'<path d="{_veil(ribbon)}" fill="{tint}" {faint}/>\n'
        yield f'<use href="#{name}" stroke-width="{3 * width:.1f}" opacity=".3" filter="url(#glow)"/>\n'
    opacity = 0.95 if count <= GLOWING_MAX else 0.7
    yield f'<use href="#{name}" stroke-width="{width:.1f}" opacity="{opacity}"/>\n'
    yield f'<path d="{ribbon.way_home()}" stroke-width="{0.7 * width:.1f}" opacity=".55"/>\n'
    if count <= NAMED_MAX:
        x, y = ribbon.points[0]
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width + 1:.1f}" fill="{tint}" stroke="none"/>\n'
        at = f'cx="{HOME:.0f}" cy="{ribbon.lane_y:.1f}"'
        yield f'<circle {at} r="{width + 2:.1f}" fill="{tint}" stroke="none"/>\n'
    yield "</g>\n"


def _veil(ribbon: Ribbon) -> str:
    """The threads between a ribbon and the middle, so faint that every fourth point will do."""
    coarse = [*ribbon.points[::4], ribbon.points[-1]]
    edge = "L".join(f"{x:.0f},{y:.0f}" for x, y in coarse)
    return f"M{coarse[0][0]:.0f},{MIDDLE:.0f}L{edge}L{coarse[-1][0]:.0f},{MIDDLE:.0f}Z"


def _legend(drawn: tuple[Ribbon, ...]) -> Iterator[str]:
    count = len(drawn)
    yield f'<g font-family="{SERIF}">\n'
    if count > NAMED_MAX:
        top = drawn[0].lane_y - 16
        yield _text(
            HOME,
            top,
            f"{drawn[0].pod} to {drawn[-1].pod}",
            f'font-size="14" fill="{FAINT}" text-anchor="end"',
        )
        drawn = ()
    for index, ribbon in enumerate(drawn):
        style = f'font-size="{FEW_SIZE if count <= FEW else MANY_SIZE}" fill="{colour(index, count)}"'
        bed = f'<tspan fill="{FAINT}" font-size="12" dx="8">{escape(ribbon.pod)}</tspan>'
        name = escape(ribbon.pseudonym)
        yield f'<text x="{HOME + 14:.0f}" y="{ribbon.lane_y + 5:.1f}" {style}>{name}{bed}</text>\n'
    yield "</g>\n"


def _severs(record: Record, drawn: tuple[Ribbon, ...], axis: Axis) -> Iterator[str]:
    by_pod = {ribbon.pod: ribbon for ribbon in drawn}
    captions = 0
    yield f'<g font-family="{SERIF}" font-size="16" fill="{RED}" stroke="{RED}">\n'
    for mark in record.marks:
        ribbon = by_pod.get(mark.pod)
        if ribbon is None or mark.kind not in {"severed", "gone"}:
            continue
        x = axis.x(mark.t_s)
        lands_y = next((y for at_x, y in ribbon.points if at_x > x + 1.0), ribbon.lane_y)
        yield f"<g><title>{escape(mark.words)}</title>\n"
        yield (
            f'<path d="M{x:.1f},{MIDDLE}V{lands_y:.1f}" stroke-width="1.4" '
            f'stroke-dasharray="2 5" opacity=".8"/>\n'
            f'<circle cx="{x:.1f}" cy="{lands_y:.1f}" r="6" fill="none" stroke-width="2"/>\n'
            f'<circle cx="{x:.1f}" cy="{MIDDLE:.1f}" r="2.6" stroke="none"/>\n'
        )
        if mark.words and captions < CAPTIONS_MAX:
            captions += 1
            yield _caption(mark, x, lands_y)
        yield "</g>\n"
    yield "</g>\n"


LETTER: Final = 6.6
"""Pixels a letter of a caption takes, about: so that none begins or ends outside the picture."""


def _caption(mark: Mark, x: float, lane_y: float) -> str:
    right = x > (LEFT + RIGHT) / 2
    anchor, shift = ("end", -14) if right else ("start", 14)
    above = -13 if lane_y < MIDDLE else 25
    halo = 'stroke="#080c22" stroke-width="4" paint-order="stroke" stroke-linejoin="round"'
    return _text(x + shift, lane_y + above, mark.words, f'text-anchor="{anchor}" {halo}')


def _everyone(record: Record, axis: Axis) -> Iterator[str]:
    """Marks of all sleepers at once: a sever by hand, a daemon or broker that died, the waking."""
    yield f'<g font-family="{SERIF}" font-size="15" font-style="italic">\n'
    top, row = MIDDLE - REACH - 24, 0
    for mark in (mark for mark in record.marks if not mark.pod):
        x, tint = axis.x(mark.t_s), RED if mark.kind in {"outage", "severed"} else DAWN
        yield (
            f'<path d="M{x:.1f},{top:.0f}V{MIDDLE + REACH + 62:.0f}" stroke="{tint}" '
            f'stroke-opacity=".45" stroke-dasharray="1 6" stroke-linecap="round"/>\n'
        )
        before = x > LEFT + (0.85 if mark.kind == "back" else 0.35) * (RIGHT - LEFT)
        wide = LETTER * len(mark.words)
        wanted = x - 8 - wide if before else x + 8
        begin = min(max(wanted, 8), WIDTH - 8 - wide)
        yield _text(begin, top + 6 - 20 * (row % 2), mark.words, f'fill="{tint}"')
        row += mark.kind == "back"
    yield "</g>\n"


def _heading(words: Words, title: str) -> Iterator[str]:
    yield f'<g font-family="{SERIF}">\n'
    yield _text(LEFT - 60, 88, title, f'font-size="44" fill="{INK}"')
    yield _text(LEFT - 60, 124, words.occasion, f'font-size="17" font-style="italic" fill="{FAINT}"')
    style = f'font-size="20" fill="{INK}" text-anchor="middle"'
    yield _text(WIDTH / 2, HEIGHT - 42, words.account, style)
    yield "</g>\n"


def description(record: Record, words: Words) -> str:
    """The picture in words, for a screen reader."""
    names = ", ".join(f"{track.pod} ({track.pseudonym})" for track in record.tracks.values())
    marks = " ".join(f"At {mark.t_s:.1f} s: {mark.words}." for mark in record.marks if mark.words)
    return (
        f"One line for each sleeper over {record.ends_s:.0f} seconds: {names}. A line at the edge is a "
        f"sleeper alone, a line in the middle one drawn to the collective. {marks} {words.account}."
    )


def picture(record: Record, words: Words, title: str, seed: int) -> str:
    """The whole SVG document as text."""
    axis = Axis(max(record.closed_s or record.ends_s, 1.0))
    drawn = ribbons(record, axis)
    count = len(drawn)
    box = f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="title desc">\n',
        f'<title id="title">{escape(title)}</title>\n',
        f'<desc id="desc">{escape(description(record, words))}</desc>\n',
        DEFS,
        *_stars(seed),
    ]
    if words.everyone_home:
        parts.append(f'<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" fill="url(#dawn)"/>\n')
    parts += [*_frame(axis), _collective(record, axis)]
    for index, ribbon in enumerate(drawn):
        if ribbon.points:
            parts += _ribbon(ribbon, colour(index, count), count)
    parts += [
        *_everyone(record, axis),
        *_severs(record, drawn, axis),
        *_legend(drawn),
        *_heading(words, title),
    ]
    assert all(math.isfinite(v) for ribbon in drawn for point in ribbon.points for v in point)
    return "".join([*parts, "</svg>\n"])
