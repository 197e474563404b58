"""One sleeper closely: the seat by the last tick, the bed's own report, the history of the breaker. Pure."""

import math

from rich.text import Text

from dreamapi import names
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.core.limits import EXPOSURE_WARN_SHARE
from dreamd.terminal.style import GRAVE, STATE_STYLE, folded
from dreamd.top.state import Detail
from dreamd.top.view_model import Link, Sleeper, ViewModel

FAINT = "grey50"


def closely(scene: ViewModel, pod: str, detail: Detail | None, width: int) -> list[Text]:
    """The lines of one sleeper; unknown values are marked as such."""
    one = next((sleeper for sleeper in scene.sleepers if sleeper.pod == pod), None)
    lines = [Text()]
    if scene.link is not Link.LIVE:
        return [*lines, Text(f"   {pod}: not known", FAINT)]
    if one is None:
        lines.append(Text(f"   {pod} has no seat here any more", FAINT))
    else:
        lines += _seat(one)
    if detail is not None and detail.pod.name == f"pods/{pod}":
        lines += [*_pod(detail, width), Text(), *_moves(detail, width)]
    else:
        lines.append(_fact("bed", "not known yet"))
    return lines


def _fact(name: str, value: str, *, grave: bool = False) -> Text:
    return Text(f"   {name:<12}", FAINT).append(value, f"bold {GRAVE}" if grave else "grey78")


def _said(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not known"


def _consent(one: Sleeper) -> str:
    dose = f"{one.dose_share:.0%} of the limit" if math.isfinite(one.dose_share) else "not known"
    return f"{one.consent or 'not known'}, dose {dose}"


def _seat(one: Sleeper) -> list[Text]:
    title = Text(f"   {one.pod}  {one.sleeper}  seat {one.seat}  ", "bold #dfe6ff")
    return [
        title.append(one.words, STATE_STYLE[one.state]),
        _fact("coupling", f"{_said(one.applied)} rendered of {one.granted:.3f} granted"),
        _fact("signal", _said(one.quality)),
        _fact("consent", _consent(one), grave=one.dose_share >= EXPOSURE_WARN_SHARE),
        _fact("distance", f"{_said(one.distance)}, synchrony {_said(one.synchrony)}"),
        _fact("identity", _said(one.identity)),
    ]


def _pod(detail: Detail, width: int) -> list[Text]:
    pod = detail.pod
    state = names.word(type(pod).State, pod.state) if pod.online else "offline"
    calibrated = (
        f"{pod.calibration.source}, {pod.calibration.clean_duration.ToMilliseconds() / 1e3:.0f} s clean"
    )
    within_ms = pod.clock.uncertainty.ToMicroseconds() / 1e3
    clock = f"within {within_ms:.2f} ms" if pod.clock.synced else "not synced"
    channels = ", ".join(f"{c.name} {c.quality:.2f} {c.cause}".rstrip() for c in pod.channels) or "not known"
    said = [
        _fact("bed", f"{state}, {pod.device.kind} {pod.device.model}, site {pod.site}, {pod.software}"),
        _fact("calibrated", calibrated if pod.calibration.done else "no", grave=not pod.calibration.done),
        _fact("clock", clock if pod.HasField("clock") else "not known"),
        _fact("latched", pod.latched or "no", grave=bool(pod.latched)),
    ]
    first, *more = folded(channels, width - 16)
    return [*said, _fact("channels", first), *(Text(" " * 15 + line, "grey78") for line in more[:3])]


def _moves(detail: Detail, width: int) -> list[Text]:
    """The transitions of the breaker, the newest first."""
    breaker = detail.breaker
    state = names.word(Breaker.State, breaker.state)
    why = f": {breaker.cause}" if breaker.cause else ""
    lines = [_fact("breaker", f"{state}{why}", grave=breaker.state != Breaker.STATE_CLOSED)]
    for move in reversed(breaker.history):
        at = move.move_time.ToDatetime().strftime("%H:%M:%S")
        before, after = (names.word(Breaker.State, one) for one in (move.before, move.after))
        words = f"{at}Z {before} > {after}  {move.cause}  {move.detail}"
        lines += [Text(" " * 15 + line, "grey62") for line in folded(words, width - 16)[:2]]
    return lines
