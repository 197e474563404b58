"""Clauses: the cost of judging an admission by them, and of a dry run over a million admissions."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.app.guidelines.admission_records import columns
from dreamd.app.guidelines.dry_run import dry_run
from dreamd.core.exposure.dose import Dose
from dreamd.core.guidelines.doses import dose_limits
from dreamd.core.guidelines.judgement import against_sleeper
from dreamd.core.guidelines.keys import ADMISSION_FACTS
from fakes.stage import Stage

Row = Callable[[str, str, str], None]
ROUNDS, ADMISSIONS = 20_000, 1_000_000


def median_us(act: Callable[[], object], rounds: int) -> float:
    """Median of 20 runs, microseconds of CPU a call."""
    costs = []
    for _ in range(20):
        began_ns = time.process_time_ns()
        for _ in range(rounds // 20):
            act()
        costs.append((time.process_time_ns() - began_ns) / 1e3 / (rounds // 20))
    return statistics.median(costs)


def judged() -> float:
    """Microseconds of the seven clauses of one sleeper: adult, calibration and its days, three doses."""
    bundle, facts = shipped_bundle(), {"adult": 1.0, "calibrated_s": 150.0}

    def act() -> None:
        against_sleeper(bundle, facts)
        Dose(5.0, week_min=20.0).held_to(dose_limits(bundle, 3.0)).refusal("the sleeper")

    return median_us(act, ROUNDS)


def explained() -> float:
    """Microseconds of a sleeper's whole admission, every check of it."""
    stage = Stage(pods=4)
    stage.appear()
    stage.dream()
    return median_us(lambda: stage.app.dreamscapes.explain("night", "bed-1"), ROUNDS // 10)


def run_dry() -> tuple[float, float]:
    """Seconds of CPU to unpack a million rows, and to judge them by two revisions."""
    draw = np.random.default_rng(1)
    facts = draw.uniform(0.0, 100.0, (ADMISSIONS, len(ADMISSION_FACTS)))
    rows = [("north" if n % 2 else "south", facts[n].tobytes()) for n in range(ADMISSIONS)]
    began_s = time.process_time()
    past = columns(iter(rows))
    middle_s = time.process_time()
    dry_run(shipped_bundle(), shipped_bundle(), past.facts, past.site, past.sites)
    return middle_s - began_s, time.process_time() - middle_s


def clauses(row: Row) -> None:
    """Print the table."""
    row("admission: its clauses, a sleeper", f"{judged():.1f} us", "100 us")
    row("admission: every check, a sleeper", f"{explained():.0f} us", "1 ms")
    unpacked_s, judged_s = run_dry()
    row("dry run of 10^6 admissions: unpacked, judged", f"{unpacked_s:.2f}, {judged_s:.2f} s", "1 s")
