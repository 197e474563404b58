"""Morning letters of 200 sleepers that are checked out at once, on a real disk."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.app.people.nights import Nights
from dreamd.core.limits import HOP_S
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR
from fakes.stage import Stage

Row = Callable[[str, str, str], None]
SLEEPERS, MERGES = 200, 12
TARGET_S = 10.0


def rest(ledger: StoredLedger) -> None:
    """Wait until the disk has everything."""
    while not ledger.idle:
        ledger.deliver()
        time.sleep(0.001)


def slept(stage: Stage) -> None:
    """Let everyone merge and stop a dozen times."""
    for _ in range(MERGES):
        for kind, cause in ((PodEventKind.MERGED, ""), (PodEventKind.SEVERED, "contact")):
            for pod in stage.pods:
                pod.event(kind, cause, unix_ms=round(stage.clock.at_s * 1000))
            stage.hop(4)


def letters(row: Row) -> None:
    """Print how long it takes until each of 200 sleepers has a letter, and what a tick pays for it."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger("", Path(folder))
        stage = Stage(SLEEPERS, ledger)
        stage.appear()
        rest(ledger)
        slept(stage)
        nights: Nights = stage.app._deps.nights
        for pod in stage.pods:
            stage.app.pods.check_out(OPERATOR, pod.name)
        ticks, paid_ms, began_s = 0, [], time.perf_counter()
        while len(ledger.personal_of("letter")) < SLEEPERS:
            rest(ledger)
            began_ns = time.perf_counter_ns()
            nights.write_due(stage.clock.at_s)
            paid_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
            stage.hop()
            ticks += 1
        taken_s = time.perf_counter() - began_s
        ledger.close()
    row(f"letters of {SLEEPERS} sleepers, from check-out", f"{ticks * HOP_S:.1f} s", f"<= {TARGET_S:.0f} s")
    row("  the same, work without waiting for ticks", f"{taken_s:.1f} s", "")
    row(
        "  paid after one tick, median and most",
        f"{statistics.median(paid_ms):.1f}, {max(paid_ms):.1f} ms",
        "",
    )
