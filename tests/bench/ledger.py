"""The ledger on a real disk: the cost of a mass event for the tick's thread and the disk."""

import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.core.safety.breaker import Breaker, Trip, step
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Mark
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.counting_metrics import CountingMetrics

Row = Callable[[str, str, str], None]
PODS, ROUNDS = 500, 25
NOW_S = 1_760_000_000.0


def mark(number: int, at_s: float) -> Mark:
    """A pod's mark."""
    return Mark(f"bed-{number}", Cause.RAILED, at_s, 1, number)


def settled(ledger: SqliteLedger) -> None:
    """Wait until all is written."""
    while not ledger.idle:
        ledger.deliver()
        time.sleep(0.0002)


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began_ns = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - began_ns) / 1e6


def judged(book: BreakerRegistry, rng: random.Random, at_s: float) -> None:
    """The evaluation's work for five hundred trips: each breaker moves, and its move is stored."""
    for number in range(PODS):
        breaker, transition = step(Breaker(), Trip(Cause.RAILED, "a frame"), at_s, rng)
        assert transition is not None
        book.note_pod(f"bed-{number}", transition, breaker)


def held(path: Path) -> tuple[float, float, float]:
    """(judging, keeping, writing) of five hundred trips in one tick, medians, ms."""
    ledger, clock = SqliteLedger(path), BoottimeClock()
    journal, rng = Journal(NOW_S), random.Random(1)
    commits = Commits(ledger, clock, journal, CountingMetrics())
    book = BreakerRegistry(ledger, commits, journal, clock, rng)
    judging, keeping, writing = [], [], []
    for number in range(ROUNDS):
        gc.collect()
        at_s = NOW_S + number
        judging.append(timed(lambda at_s=at_s: judged(book, rng, at_s)))  # type: ignore[misc]
        keeping.append(timed(book.flush))
        writing.append(timed(lambda: settled(ledger)))
    ledger.close()
    return statistics.median(judging), statistics.median(keeping), statistics.median(writing)


def written(path: Path) -> tuple[float, float, float]:
    """(one row, five hundred rows together, five hundred one by one): until durable, medians, ms."""
    ledger = SqliteLedger(path)
    write = ledger.write
    one, together = [], []
    for number in range(ROUNDS):  # in turn, so that other work of the disk affects both alike
        at_s = NOW_S + number
        one.append(timed(lambda at_s=at_s: write(Transaction(marks=(mark(0, at_s),)))))  # type: ignore[misc]
        marks = tuple(mark(n, at_s) for n in range(PODS))
        together.append(timed(lambda marks=marks: write(Transaction(marks=marks))))  # type: ignore[misc]
    apart = timed(lambda: [write(Transaction(marks=(mark(n, NOW_S),))) for n in range(PODS)])
    ledger.close()
    return statistics.median(one), statistics.median(together), apart


def ledger(row: Row) -> None:
    """A mass event of five hundred trips."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        judging, keeping, writing = held(Path(folder) / "held")
        one, together, apart = written(Path(folder) / "written")
    title = f"{PODS} trips in one tick"
    row(f"{title}: judging them", f"{judging:.2f} ms", "")
    row(f"{title}: the tick's thread held beyond that", f"{keeping:.2f} ms", "<= 1 ms")
    row(f"{title}: until durable, beside the tick", f"{writing:.1f} ms", "")
    row("one write: until durable", f"{one:.1f} ms", "")
    row(f"{PODS} in one transaction over one write", f"{together / one:.2f} x", "<= 4 x")
    row(f"{PODS} writes one after another, as it was", f"{apart:.0f} ms", f"{together:.1f} ms together")
