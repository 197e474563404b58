"""The days of the clinic as a picture: how many persons are held, and how many return, by day. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from dreamd.festival.page.days import DAY_S, TICKS_MOST
from dreamd.festival.timeline import Happening, HappeningKind
from dreamd.rehearsal.charts import WIDE, rectangle

HIGH: Final = 72.0


def held_by_day(timeline: Sequence[Happening]) -> Iterator[str]:
    """Return the picture, a bar a day; nothing where no day has a count."""
    counted = [one for one in timeline if one.kind is HappeningKind.CLINIC and "held" in one.figures]
    if not counted:
        return
    first, last = counted[0], counted[-1]
    days = round((last.at_s - first.at_s) / DAY_S) + 1
    most = max(*(_of(one, "held") + _of(one, "returning") for one in counted), 1)
    marks = []
    for one in counted:
        day = round((one.at_s - first.at_s) / DAY_S)
        left, right, top = WIDE * day / days, WIDE * (day + 0.86) / days, HIGH
        for name in ("held", "returning"):
            high = HIGH * _of(one, name) / most
            top -= high
            if high:
                marks.append(rectangle(left, right, top, high, name))
    step = -(-days // TICKS_MOST)
    ticks = "".join(
        f'<span style="left:{100.0 * day / days:.2f}%">day {first.day + day}</span>'
        for day in range(0, days, step)
    )
    yield (
        '<div class="key"><span><i style="background:var(--cut)"></i>held</span>'
        '<span><i style="background:var(--curve)"></i>returning</span></div>'
    )
    yield (
        f'<div class="plot"><svg viewBox="0 0 {WIDE:.0f} {HIGH:.0f}" style="height:{HIGH:.0f}px" '
        'preserveAspectRatio="none" role="img" aria-label="persons held and returning, by day, at most '
        f'{most}">{"".join(marks)}</svg><div class="ticks">{ticks}</div></div>'
    )


def _of(one: Happening, name: str) -> int:
    value = one.figures.get(name, 0)
    return int(value) if isinstance(value, int | float) else 0
