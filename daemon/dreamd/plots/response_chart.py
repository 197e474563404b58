"""Low check-ins by planned dose: bins with their intervals, and the fitted chance."""

from math import exp
from typing import Final

from dreamapi.v1 import exposure_pb2 as exposure
from dreamd.plots.chart import WIDTH, Frame, Scale, document, marks, text

HEIGHT: Final = 430.0
POINTS: Final = 80
Response = exposure.ExposureResponse
TEN_MIN: Final = 10.0


def response_svg(told: Response) -> str:
    """The plot of exposure-response."""
    most = max((one.to_min for one in told.bins), default=1.0)
    highest = _round_up(max((one.share_high for one in told.bins), default=1.0))
    frame = Frame(Scale(0.0, most, 84.0, WIDTH - 24.0), Scale(0.0, highest, HEIGHT - 64.0, 92.0))
    parts = [
        text(24.0, 32.0, "Low check-ins by the planned dose of the night", "head"),
        text(24.0, 52.0, odds_words(told), "faint"),
        frame.y_axis(
            [(highest * at / 4.0, f"{highest * at / 4.0:.0%}") for at in range(5)],
            "mornings with a low check-in",
        ),
        frame.x_axis([(dose, f"{dose:.3g}") for dose in marks(most, 6)], "planned merge-minutes"),
        frame.line(
            [(dose, _chance(told, dose)) for dose in (most * at / POINTS for at in range(POINTS + 1))]
        ),
    ]
    for one in told.bins:
        middle, share = (one.from_min + one.to_min) / 2.0, one.events / one.mornings
        x, y = frame.x.place(middle), frame.y.place(share)
        low, high = frame.y.place(one.share_low), frame.y.place(one.share_high)
        left, right = frame.x.place(one.from_min), frame.x.place(one.to_min)
        parts.append(
            f'<path class="bar" d="M{x:.1f},{low:.1f}V{high:.1f}M{left:.1f},{y:.1f}H{right:.1f}"/>\n'
        )
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>\n')
    return document(HEIGHT, "Low check-ins by planned dose", _words(told), parts)


def odds_words(told: Response) -> str:
    """The slope in words: the odds of a low check-in for ten merge-minutes more, with the 95 % interval."""
    odds, low, high = (exp(TEN_MIN * slope) for slope in (told.slope, told.slope_low, told.slope_high))
    of = f"{told.sleepers:,} sleepers, {told.mornings:,} mornings, {told.events:,} low"
    return f"odds x {odds:.2f} for each 10 merge-minutes more (95 %: {low:.2f} to {high:.2f}); {of}"


def _words(told: Response) -> str:
    rows = (
        f"{one.from_min:.3g} to {one.to_min:.3g} merge-minutes: {one.events} of {one.mornings} mornings low."
        for one in told.bins
    )
    return " ".join((f"{odds_words(told)}.", *rows))


def _chance(told: Response, dose: float) -> float:
    return 1.0 / (1.0 + exp(-max(-500.0, min(500.0, told.intercept + told.slope * dose))))


def _round_up(share: float) -> float:
    """The upper end of the scale: the least of these that holds the share."""
    return next((most for most in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8) if share <= most), 1.0)
