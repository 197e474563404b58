"""The geometry of the night's picture: where each sleeper's ribbon runs. Pure, no markup but path data.

Every sleeper has a lane above or below the middle line, which is the collective. Alone, a ribbon runs in its
lane; at the coupling ceiling it runs with all others close to the middle: its offset is the lane's times 1 -
0.96 ease(share), ease(s) = s^2 (3 - 2 s), so that ramps flow. The ripple on it is the pod's own distance to
the collective against its median. Curves are monotone cubics (Fritsch & Carlson 1980): a sever is drawn as
the edge it was and never rings. After the closing of the night nothing is to scale: each ribbon is led home
to its name.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dreamd.up.report.night_history import Record, Sample, Track

WIDTH: Final = 1600.0
HEIGHT: Final = 1000.0
LEFT: Final = 130.0
RIGHT: Final = 1290.0
HOME: Final = 1424.0
MIDDLE: Final = 510.0
REACH: Final = 300.0
NEAREST: Final = 34.0
TOGETHER: Final = 0.96
RIPPLE: Final = 30.0
POINTS_TOTAL: Final = 24_000
POINTS_PER_RIBBON: Final = (32, 480)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ribbon:
    """One sleeper's curve: pixel points in order of x, and the y of its lane, where its name stands."""

    pod: str
    pseudonym: str
    lane_y: float
    points: tuple[Point, ...]

    def way_home(self) -> str:
        """Path data from the last point to the name, in one bend."""
        x, y = self.points[-1]
        bend = x + 0.55 * (HOME - x)
        return (
            f"M{x:.1f},{y:.1f}C{bend:.1f},{y:.1f} {bend:.1f},{self.lane_y:.1f} {HOME:.1f},{self.lane_y:.1f}"
        )


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds to pixels."""

    ends_s: float

    def x(self, t_s: float) -> float:
        """The x of a moment, inside the frame."""
        return LEFT + (RIGHT - LEFT) * min(max(t_s / self.ends_s, 0.0), 1.0)

    def marks(self) -> tuple[tuple[float, str], ...]:
        """(x, label) of at most a dozen round moments."""
        steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
        step = next((s for s in steps if self.ends_s / s <= 12), 14_400)  # noqa: PLR2004 -- a dozen
        moments = range(0, int(self.ends_s) + 1, step)
        return tuple((self.x(t), _moment(t, step)) for t in moments)


def _moment(t_s: int, step_s: int) -> str:
    if step_s < 60:  # noqa: PLR2004 -- below a minute
        return f"{t_s} s"
    minutes = t_s // 60
    return f"{minutes} min" if step_s < 3600 else f"{minutes // 60} h"  # noqa: PLR2004 -- an hour


def lanes(count: int) -> tuple[float, ...]:
    """Offsets from the middle in pixels, top to bottom, none nearer than 34 or farther than 300."""
    half = (count + 1) // 2
    step = (REACH - NEAREST) / max(half - 0.5, 1.0)
    below = [NEAREST + step * (i + 0.5) for i in range(half)]
    above = [-offset for offset in reversed(below)]
    return (*above, *below[: count - half])


def _thinned(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most about `most` samples, keeping both sides of every step between alone and together."""
    stride = max(1, math.ceil(len(samples) / most))
    kept = []
    for i, sample in enumerate(samples):
        beside = samples[max(0, i - 1) : i + 2]
        edge = any(abs(one.share - sample.share) > 0.25 for one in beside)  # noqa: PLR2004 -- a step, not a ramp
        if i % stride == 0 or edge or i == len(samples) - 1:
            kept.append(sample)
    return kept


def _typical(track: Track) -> float:
    known = sorted(s.distance for s in track.samples if math.isfinite(s.distance) and s.distance > 0)
    return known[len(known) // 2] if known else math.nan


def _ribbon(track: Track, offset: float, axis: Axis, most: int) -> Ribbon:
    typical, smooth = _typical(track), 0.0
    points: list[Point] = []
    for sample in _thinned([s for s in track.samples if s.t_s <= axis.ends_s], most):
        excess = (sample.distance - typical) / typical
        if math.isfinite(excess):
            smooth += 0.35 * (min(max(excess, -1.0), 1.0) - smooth)
        ease = sample.share * sample.share * (3 - 2 * sample.share)
        y = MIDDLE + offset * (1 - TOGETHER * ease) + math.copysign(RIPPLE, offset) * smooth
        x = axis.x(sample.t_s)
        if points and x <= points[-1][0]:
            x = points[-1][0] + 0.05
        points.append((x, y))
    return Ribbon(track.pod, track.pseudonym, MIDDLE + offset, tuple(points))


def ribbons(record: Record, axis: Axis) -> tuple[Ribbon, ...]:
    """One ribbon a sleeper, top to bottom."""
    tracks = tuple(record.tracks.values())
    fewest, most = POINTS_PER_RIBBON
    share = min(most, max(fewest, POINTS_TOTAL // max(len(tracks), 1)))
    offsets = lanes(len(tracks))
    return tuple(_ribbon(track, offset, axis, share) for track, offset in zip(tracks, offsets, strict=True))


def togetherness(record: Record, axis: Axis, buckets: int) -> tuple[float, ...]:
    """Mean share of all sleepers in each of `buckets` equal spans of the night, 0..1."""
    sums, counts = [0.0] * buckets, [0] * buckets
    for track in record.tracks.values():
        for sample in track.samples:
            index = int(sample.t_s / axis.ends_s * buckets)
            if 0 <= index < buckets:
                sums[index] += sample.share
                counts[index] += 1
    filled, last = [], 0.0
    for total, count in zip(sums, counts, strict=True):
        last = total / count if count else last
        filled.append(last)
    return tuple(filled)


def curve(points: Sequence[Point]) -> str:
    """SVG path data of the monotone cubic through the points (Fritsch & Carlson 1980)."""
    if not points:
        return ""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    slopes = _slopes(points)
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        path.append(
            f"C{x0 + third:.1f},{y0 + slopes[i] * third:.1f} "
            f"{x1 - third:.1f},{y1 - slopes[i + 1] * third:.1f} {x1:.1f},{y1:.1f}"
        )
    return "".join(path)


def _slopes(points: Sequence[Point]) -> list[float]:
    secants = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    if not secants:
        return [0.0]
    inner = [
        0.0 if a * b <= 0 else math.copysign(min(abs(a + b) / 2, 3 * abs(a), 3 * abs(b)), a)
        for a, b in pairwise(secants)
    ]
    return [secants[0], *inner, secants[-1]]
