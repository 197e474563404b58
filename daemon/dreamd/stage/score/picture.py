"""A picture of a score: the share, each band that moves, and the cues, over the seconds of the score."""

from collections.abc import Iterator
from typing import Final

from dreamd.plots.chart import WIDTH, Frame, Scale, document, marks, text
from dreamd.stage.score.score import Score

LEFT: Final = 84.0
RIGHT: Final = WIDTH - 24.0
HEAD: Final = 112.0
PANEL: Final = 110.0
FOOT: Final = 52.0
SAMPLES: Final = 800
"""Points of a line, about one a pixel."""
DOTS_MOST: Final = 400
CUES_MOST: Final = 24
"""Names of cues; more are counted and not named."""
STYLES: Final = ("one", "two")
"""Lines of the regions, in their order."""


def score_svg(score: Score) -> str:
    """Return the picture."""
    bands = _moving(score)
    height = HEAD + PANEL * (1 + len(bands)) + FOOT
    time = Scale(0.0, score.duration_s, LEFT, RIGHT)
    parts = [text(24.0, 32.0, f"{score.title}, by {score.artist}", "head")]
    parts.append(text(24.0, 52.0, _facts(score), "faint"))
    parts += _cues(score, time, height - FOOT - 30.0)
    share = Frame(time, Scale(0.0, max(score.share_most, 0.01), HEAD + PANEL - 30.0, HEAD + 20.0))
    times = _times(score)
    leads = [score.lead_at(at_s) for at_s in times]
    parts.append(share.y_axis(((0.0, "0"), (share.y.high, f"{share.y.high:g}")), "share of the blend"))
    parts.append(share.line([(at_s, lead[1]) for at_s, lead in zip(times, leads, strict=True)]))
    parts += _dots(score, share, None)
    base = share.base
    for number, band in enumerate(bands, 1):
        parts += _band(score, band, number, times, [vector for vector, _ in leads])
        base = HEAD + PANEL * (number + 1) - 30.0
    frame = Frame(time, Scale(0.0, 1.0, base, base - 1.0))
    parts.append(frame.x_axis([(at, _clock(at)) for at in marks(score.duration_s, 8)], "minutes:seconds"))
    return document(height, score.title, _words(score), parts)


def _moving(score: Score) -> list[int]:
    """Return the bands in which some move is not zero."""
    count = len(score.schema.bands)
    return [band for band in range(count) if any(any(move.vector[band::count]) for move in score.moves)]


def counted(score: Score) -> str:
    """Return how long a score is, and how many moves and cues it has."""
    moves = f"{len(score.moves)} move{'s' if len(score.moves) != 1 else ''}"
    cues = f"{len(score.cues)} cue{'s' if len(score.cues) != 1 else ''}"
    return f"{score.duration_s:g} s, {moves}, {cues}"


def _facts(score: Score) -> str:
    regions = score.schema.regions
    lines = f"{regions[0]} solid, {', '.join(regions[1:])} dashed"
    return f"{counted(score)}; {score.schema.name}, {lines}"


def _words(score: Score) -> str:
    """A sentence for a reader that sees no picture, and one a move."""
    names = score.schema.feature_names()
    sentences = [f"{_facts(score)}."]
    for move in score.moves[:DOTS_MOST]:
        moved = ", ".join(
            f"{name} {value:g}" for name, value in zip(names, move.vector, strict=True) if value
        )
        sentences.append(f"At {move.at_s:g} s share {move.share:g}, {moved or 'the zero vector'}.")
    sentences += [f"At {cue.at_s:g} s the cue {cue.name}." for cue in score.cues[:CUES_MOST]]
    return " ".join(sentences)


def _times(score: Score) -> list[float]:
    even = {score.duration_s * at / SAMPLES for at in range(SAMPLES + 1)}
    return sorted(even | {move.at_s for move in score.way[:DOTS_MOST]})


def _band(
    score: Score, band: int, number: int, times: list[float], vectors: list[tuple[float, ...]]
) -> Iterator[str]:
    """Draw the panel of one band: a line for each region."""
    top, count = HEAD + PANEL * number, len(score.schema.bands)
    most = max(max(map(abs, move.vector[band::count])) for move in score.moves)
    frame = Frame(
        Scale(0.0, score.duration_s, LEFT, RIGHT), Scale(-most, most, top + PANEL - 30.0, top + 20.0)
    )
    levels = ((-most, f"{-most:g}"), (0.0, "0"), (most, f"{most:g}"))
    yield frame.y_axis(levels, f"{score.schema.bands[band].name}, standard deviations")
    for region, style in enumerate(STYLES):
        feature = region * count + band
        points = [(at_s, vector[feature]) for at_s, vector in zip(times, vectors, strict=True)]
        yield frame.line(points, style)
        yield from _dots(score, frame, feature)


def _dots(score: Score, frame: Frame, feature: int | None) -> Iterator[str]:
    """Draw a dot a move; feature None: of the share."""
    for move in score.moves[:DOTS_MOST]:
        yield frame.line([(move.at_s, move.share if feature is None else move.vector[feature])])


def _cues(score: Score, time: Scale, base: float) -> Iterator[str]:
    """Draw a line a cue over all panels, the names in two rows."""
    for number, cue in enumerate(score.cues[:CUES_MOST]):
        at = time.place(cue.at_s)
        yield f'<path class="line" d="M{at:.1f},{HEAD - 14.0:.1f}V{base:.1f}"/>\n'
        row = HEAD - 18.0 - 16.0 * (number % 2)
        yield text(at, row, cue.name[:24], "faint", "end" if at > (LEFT + RIGHT) / 2.0 else "start")
    if len(score.cues) > CUES_MOST:
        yield text(RIGHT, 52.0, f"{len(score.cues) - CUES_MOST} cues more", "faint", "end")


def _clock(at_s: float) -> str:
    return f"{int(at_s // 60)}:{at_s % 60:02.0f}" if at_s == int(at_s) else f"{at_s:g} s"
