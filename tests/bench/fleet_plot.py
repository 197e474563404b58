"""The plot of `make bench ARGS=fleet`: a daemon's and a broker's share of a core by pods, single and by gateway."""

from collections.abc import Sequence

from dreamd.plots.chart import WIDTH, Frame, Scale, document, marks, text

Found = tuple[int, int, dict[str, float]]
"""Pods, beds of a gateway, and what was measured."""


def fleet_svg(found: Sequence[Found], told: str) -> str:
    """The plot. told: where it was measured."""
    most = max(pods for pods, _, _ in found)
    share = max(0.7, *(each[name] for _, _, each in found for name in ("daemon", "broker")))
    frame = Frame(Scale(0, most, 84.0, WIDTH - 24.0), Scale(0.0, share, 330.0, 84.0))
    parts = [
        text(24.0, 32.0, "A fleet at one daemon: share of a core", "head"),
        text(24.0, 52.0, told, "faint"),
        frame.x_axis([(at, f"{at:,.0f}") for at in marks(most, 5)], "pods at 4 frames a second"),
        frame.y_axis([(at, f"{100 * at:.0f} %") for at in marks(share, 5)]),
        frame.level(0.6, "planned for at most"),
    ]
    words = []
    for single, style, by in ((True, "one", "single"), (False, "two", "by gateway")):
        for name in ("daemon", "broker"):
            points = [(pods, each[name]) for pods, beds, each in found if (beds == 1) == single]
            if not points:
                continue
            parts.append(frame.line(points, style))
            at, value = points[-1]
            end = "end" if at > 0.8 * most else "start"
            parts.append(text(frame.x.place(at), frame.y.place(value) - 8.0, f"{name}, {by}", "faint", end))
            words.append(f"{name} {by}: " + ", ".join(f"{100 * y:.0f} % at {x:,}" for x, y in points))
    return document(386.0, "A fleet at one daemon", "; ".join(words) + ".", parts)
