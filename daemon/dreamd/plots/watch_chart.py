"""The watches over harm, one panel a kind: the evidence night by night against the evidence of an alarm."""

from collections.abc import Iterable, Iterator
from math import log10
from typing import Final

from dreamapi import names
from dreamapi.v1 import exposure_pb2 as exposure
from dreamd.plots.chart import WIDTH, Frame, Scale, document, text

PANEL: Final = 210.0
LEFT: Final = 84.0
TITLES: Final = {
    exposure.HARM_KIND_DISTRESS: "Distress and wake",
    exposure.HARM_KIND_IDENTITY: "Identity severs",
    exposure.HARM_KIND_CHECK_IN: "Low check-ins",
}
UNITS: Final = {exposure.HARM_KIND_CHECK_IN: "answered morning"}
"""The unit of exposure of a kind, where it is no sleeper-night."""
SLEEPER_NIGHT: Final = "sleeper-night"
LEVELS: Final = ((0.0, "0"), (1.0, "10"), (2.0, "100"), (3.0, "1,000"))
"""Marks of evidence, on the scale log10(1 + value)."""
HIGHEST: Final = 5.0
DATES_MOST: Final = 8
HARMED: Final = "a mark below the axis is a night with a case"
HarmWatch = exposure.HarmWatch
Night = exposure.JudgedNight


def watch_svg(told: exposure.Surveillance) -> str:
    """The plot of every watch."""
    height = 64.0 + PANEL * len(told.watches) + 12.0
    parts = [text(24.0, 32.0, "Surveillance: evidence that harm comes more often than declared", "head")]
    parts.append(text(24.0, 52.0, f"one Dreamscape-night is a unit; {HARMED}", "faint"))
    for number, watch in enumerate(told.watches):
        parts += _panel(watch, 64.0 + PANEL * number)
    return document(height, "Surveillance", " ".join(map(_words, told.watches)), parts)


def _words(watch: HarmWatch) -> str:
    """A sentence for a reader that sees no picture."""
    state = names.word(HarmWatch.State, watch.state)
    value = f", evidence {watch.value:,.1f} of {watch.threshold:,.0f}" if watch.HasField("value") else ""
    harmed = sum(night.harmed > 0 for night in watch.past)
    nights = f"{len(watch.past)} judged nights, {harmed} with a case"
    return f"{TITLES[watch.kind]}: {state}{value}; {nights}."


def _panel(watch: HarmWatch, top: float) -> Iterator[str]:
    """The panel of one kind."""
    past = watch.past
    times = [night.end_time.ToSeconds() for night in past]
    x = Scale(times[0] if times else 0.0, times[-1] if times else 1.0, LEFT, WIDTH - 24.0)
    frame = Frame(x, Scale(0.0, HIGHEST, top + PANEL - 44.0, top + 40.0))
    yield text(24.0, top + 20.0, TITLES[watch.kind], "head")
    alarm = watch.state == HarmWatch.STATE_ALARM
    yield text(WIDTH - 24.0, top + 20.0, _state(watch), "warn" if alarm else "faint", "end")
    yield from _blind(frame, past)
    yield frame.y_axis(LEVELS)
    yield frame.level(_place(watch.threshold), f"alarm at {watch.threshold:,.0f}")
    for run in _runs(past):
        yield frame.line([(night.end_time.ToSeconds(), _evidence(night)) for night in run])
    for night in past:
        if night.harmed:
            at = frame.x.place(night.end_time.ToSeconds())
            yield f'<path class="bar" d="M{at:.1f},{frame.base + 1:.1f}v6"/>\n'
    yield frame.x_axis(_dates(times))
    if not past:
        middle = (frame.left + frame.right) / 2.0
        yield text(middle, (frame.top + frame.base) / 2.0, "no night has been judged", "faint", "middle")


def _state(watch: HarmWatch) -> str:
    unit = UNITS.get(watch.kind, SLEEPER_NIGHT)
    if watch.state == HarmWatch.STATE_BLIND:
        return f"blind: {watch.gathered:,} of {watch.gathered_least:,} {unit}s"
    rate = f"rate {watch.rate:.3g} a{'n' if unit[0] == 'a' else ''} {unit}"
    rate = f"{rate}, {'declared' if watch.declared else 'own'}"
    if watch.state == HarmWatch.STATE_ALARM:
        return f"ALARM since {watch.alarm.begin_time.ToDatetime():%Y-%m-%d}; {rate}"
    return f"watching; {rate}"


def _blind(frame: Frame, past: Iterable[Night]) -> Iterator[str]:
    """The nights without a rate, as a band."""
    blind = [night.end_time.ToSeconds() for night in past if not night.HasField("rate")]
    if blind:
        start, end = frame.x.place(blind[0]), max(frame.x.place(blind[-1]), frame.x.place(blind[0]) + 4.0)
        size = f'width="{end - start:.1f}" height="{frame.base - frame.top:.1f}"'
        yield f'<rect class="band" x="{start:.1f}" y="{frame.top:.1f}" {size}/>\n'
        yield text(start + 6.0, frame.top + 16.0, "blind", "faint")


def _runs(past: Iterable[Night]) -> Iterator[list[Night]]:
    """The judged nights in runs without a blind one between them."""
    run: list[Night] = []
    for night in past:
        if night.HasField("rate"):
            run.append(night)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _place(value: float) -> float:
    return log10(1.0 + value)


def _evidence(night: Night) -> float:
    """The place of a night's evidence; evidence beyond what a number holds is at the upper edge."""
    return _place(night.value) if night.HasField("value") else HIGHEST


def _dates(times: list[int]) -> Iterator[tuple[float, str]]:
    """At most DATES_MOST dates, the first and the last among them."""
    if not times:
        return
    every = max(1, -(-(len(times) - 1) // (DATES_MOST - 1)))
    chosen = {*times[::every], times[0]}
    for at in sorted(chosen):
        stamp = exposure.JudgedNight()
        stamp.end_time.FromSeconds(int(at))
        yield at, f"{stamp.end_time.ToDatetime():{'%d %b %Y' if at == times[0] else '%d %b'}}"
