"""Facts of a small festival that ended well: two sleepers, and one each of everything else."""

from typing import Final

from dreamd.festival.facts import (
    Allowed,
    CaseTold,
    ClauseTold,
    Facts,
    Led,
    LetterTold,
    Merging,
    Pause,
    Performed,
    Piece,
    Planted,
    RefusalTold,
    ReportCell,
    ReportTold,
    Round,
    Stay,
    Subject,
    Trip,
)

EVENING_S: Final = 1_796_000_000.0
MORNING_S: Final = EVENING_S + 8 * 3600.0
NIGHT: Final = "2026-11-30"

STAYS: Final = tuple(Stay(f"sleeper-{n}", f"bed-{n}", "lake", NIGHT, EVENING_S, MORNING_S) for n in (1, 2))
MERGINGS: Final = tuple(
    Merging(f"sleeper-{n}", 1, EVENING_S + 600.0, EVENING_S + 900.0, 0.6, 0.15) for n in (1, 2)
)
ALLOWED: Final = tuple(
    Allowed(f"sleeper-{n}", EVENING_S, MORNING_S, 0.15, 60.0, 240.0, EVENING_S, MORNING_S) for n in (1, 2)
)
LED: Final = Led(1, "bed-1", 1200, 0.9, 0.08, 0.25, 1.0, 0.1, 0.3)
PAUSE: Final = Pause("m-1", "fleet", EVENING_S + 1000.0, EVENING_S + 1300.0)
ROWS: Final = (
    ("ask", "offer", "site", "class", "price", "paid", "from_pool", "levy", "to_site"),
    ("a", "o1", "lake", "open", "20.00", "20.00", "0.00", "4.00", "16.00"),
    ("b", "o1", "lake", "crisis", "20.00", "0.00", "20.00", "0.00", "20.00"),
)
ROUND: Final = Round(
    "r1",
    {
        "held": {"a": "o1", "b": "o1"},
        "book": {"offers": [{"id": "o1", "site": "lake", "night": NIGHT}]},
    },
    (),
    {"a": "sleeper-1", "b": "sleeper-2"},
    ROWS,
    10_000,
    8_400,
)
TRIP: Final = Trip("sleeper-1", EVENING_S + 700.0, "distress", "act-1")
PERFORMED: Final = Performed(1, "Low Tide", began=True, merged=6)
PLANTED: Final = Planted(
    *("distress", 1, ("bed-1",), ("distress",)), begin_s=EVENING_S + 699.0, until_s=EVENING_S + 720.0
)
CASE: Final = CaseTold(
    *("case-1", "sleeper-1", 1, 1, EVENING_S + 700.5, EVENING_S + 900.0, 0, MORNING_S + 5 * 86400.0),
    ("open", "held", "returning", "released"),
    ("distress",),
    released=True,
    planted_pull=0.1,
    measured_pull=0.12,
)
REFUSAL: Final = RefusalTold(
    *(EVENING_S, "Create", "GUIDELINE_REFUSED", "clause G-2.1 ...: ceiling is .2", "propose within it"),
    {"clause": "G-2.1", "revision": "1", "limit": "0.15", "value": "0.2"},
)
CLAUSE: Final = ClauseTold("G-2.1", "ceiling", "0.15", "1")
LETTERS: Final = tuple(LetterTold(f"sleeper-{n}", EVENING_S, MORNING_S, 180, 0.6) for n in (1, 2))
CELLS: Final = (ReportCell("lake", "slept", 20, 21, 0), ReportCell("lake", "case", None, 2, 19))
REPORT: Final = ReportTold(NIGHT, 5, CELLS, {"slept": 20, "case": 0})
PIECE: Final = Piece("p-1", 1, "Low Tide", 1200, ())
FACTS: Final = Facts(
    title="A small festival",
    seed=1,
    subjects=tuple(Subject),
    acts=1,
    stays=STAYS,
    mergings=MERGINGS,
    allowed=ALLOWED,
    led=(LED,),
    pauses=(PAUSE,),
    checks=1000,
    rounds=(ROUND,),
    performed=(PERFORMED,),
    planted=(PLANTED,),
    trips=(TRIP,),
    cases=(CASE,),
    refusals=(REFUSAL,),
    clauses=(CLAUSE,),
    letters=LETTERS,
    reports=(REPORT,),
    pieces=(PIECE,),
    played=(1,),
)
