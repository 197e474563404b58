"""A timeline as a festival tells it: a round, an act, a moratorium, the days of the clinic, a report."""

from typing import Final

from dreamd.festival.timeline import Happening, HappeningKind

EVENING_S: Final = 1_796_490_000.0
"""2026-12-05, 17:00 UTC."""
DAY_S: Final = 86_400.0
ZONE: Final = "Europe/Zurich"


def _readings() -> list[Happening]:
    """An act of five minutes, one reading every five seconds: sixty rise, three fall, then all."""
    found = []
    for n in range(61):
        at_s = 5.0 * n
        merged = min(60, 4 * n) - (3 if at_s >= 120.0 else 0)
        merged, severed = (0, 60) if at_s >= 250.0 else (merged, 3 if at_s >= 120.0 else 0)
        figures = {"merged": merged, "seated": 60, "severed": severed, "share": 0.15, "artist": 0.2}
        found.append(Happening(EVENING_S + 18_000.0 + at_s, HappeningKind.AUDIENCE, "", 1, 1, figures))
    return found


def built_timeline() -> tuple[Happening, ...]:
    """Return the whole of it, in the order of instants."""
    act_s = EVENING_S + 18_000.0
    told = [
        Happening(EVENING_S, HappeningKind.ROUND, "The round has 72 asks for 60 berths."),
        Happening(EVENING_S + 60.0, HappeningKind.ROUND, "Three berths are cancelled and given on."),
        Happening(EVENING_S + 7_200.0, HappeningKind.EVENING, "60 sleepers are checked in."),
        Happening(act_s, HappeningKind.ACT_BEGINS, "Low Tide, led by Noor <Valdt>", 1),
        *_readings(),
        Happening(act_s + 40.0, HappeningKind.FAILURE, "flat: 3 beds send a flat line", 1),
        Happening(act_s + 43.0, HappeningKind.ACTION, "3 sleepers are severed for flat", 1),
        Happening(act_s + 250.0, HappeningKind.MORATORIUM, "An advocate calls a moratorium of the fleet.", 1),
        Happening(act_s + 251.0, HappeningKind.ACTION, "60 sleepers are severed for moratorium", 1),
        Happening(act_s + 300.0, HappeningKind.ACT_ENDS, "Low Tide ends.", 1),
        Happening(
            act_s + 25_000.0, HappeningKind.MORNING, "60 sleepers are checked out, with a letter each."
        ),
        *(
            Happening(act_s + DAY_S * day, HappeningKind.CLINIC, f"Case {day} is released.", day=day + 1)
            for day in (2, 5, 9, 13)
        ),
        Happening(act_s + DAY_S * 24, HappeningKind.REPORT, "The public report is published.", day=25),
        Happening(act_s + DAY_S * 24 + 60.0, HappeningKind.END, "The festival is over.", day=25),
    ]
    return tuple(sorted(told, key=lambda one: one.at_s))
