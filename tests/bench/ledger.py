"""The ledger on a real disk: the cost of a mass event for the tick's thread and the disk."""

import gc
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.rows.changes import Changes
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.core.safety.breaker import Breaker, Trip, step
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Mark
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from fakes.postgres import MISSING, cluster, programs

Row = Callable[[str, str, str], None]
PODS, ROUNDS = 500, 25
WAITING, COMMANDS, TURNS = 256, 5_000, 9
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


def commanded(path: Path) -> float:
    """Commands a second with WAITING callers, each of which sends its next command once the last is durable."""
    ledger, done = SqliteLedger(path), 0

    def send(bed: int) -> None:
        nonlocal done
        if done >= COMMANDS:
            return
        done += 1
        ledger.submit(Transaction(check_ins=((f"bed-{bed}", f"sleeper-{done}"),))).then(lambda _: send(bed))

    told = threading.Event()
    ledger.tell(told.set)
    began_ns = time.perf_counter_ns()
    for bed in range(WAITING):
        send(bed)
    while not ledger.idle:
        told.wait(1.0)
        told.clear()
        ledger.deliver()
    seconds = (time.perf_counter_ns() - began_ns) / 1e9
    ledger.close()
    return done / seconds


def inserted(path: Path, group: int) -> float:
    """Rows a second by sqlite3 alone, as many in each transaction: the same table, durable as the ledger's."""
    SqliteLedger(path).close()
    base, number = sqlite3.connect(path, isolation_level=None), 0
    base.execute("PRAGMA synchronous = FULL")
    began_ns = time.perf_counter_ns()
    while number < (COMMANDS if group > 1 else COMMANDS // 10):
        base.execute("BEGIN IMMEDIATE")
        for _ in range(group):
            number += 1
            base.execute(
                "INSERT OR REPLACE INTO beds VALUES (?, ?)", (f"bed-{number % WAITING}", f"sleeper-{number}")
            )
        base.execute("COMMIT")
    base.close()
    return number / ((time.perf_counter_ns() - began_ns) / 1e9)


def rates(row: Row, folder: Path) -> None:
    """Group commit on SQLite beside sqlite3 by hand, in turn; medians, also of each turn's ratio.

    Two comparisons: with inserts of which each is durable by itself, as a command is, and with inserts that
    share a flush with as many others as the commands do. The second is the cost of a command alone: queue,
    commit, callback, audit and tables' rules, in two threads of one interpreter.
    """
    ours, single, grouped = [], [], []
    for number in range(TURNS):
        ours.append(commanded(folder / f"ours-{number}"))
        grouped.append(inserted(folder / f"grouped-{number}", WAITING))
        single.append(inserted(folder / f"single-{number}", 1))
    rate, one, many = (statistics.median(rates) for rates in (ours, single, grouped))
    alone, equal = (
        statistics.median(mine / other for mine, other in zip(ours, others, strict=True))
        for others in (single, grouped)
    )
    row(f"commands a second, {WAITING} at once, SQLite", f"{rate:.0f}", ">= 2000")
    row(f"over raw inserts, each durable ({one:.0f}/s)", f"{alone:.1f} x", ">= 0.5 x")
    row(f"over raw inserts in groups of {WAITING} ({many:.0f}/s)", f"{equal:.2f} x", ">= 0.5 x")


def fenced(row: Row, folder: Path) -> None:
    """A write of the ledger's store beside the same upsert without fence and count, in turn; medians."""
    if programs() is None:
        row("fenced write over a plain upsert, PostgreSQL", "-", MISSING)
        return
    from dreamd.adapters.ledger.postgres import engine_of
    from sqlalchemy.dialects.postgresql import insert

    folder.chmod(0o755)  # PostgreSQL runs as another user where this one is root
    with cluster(folder.resolve()) as server:
        url = server.url()
        ledger = open_ledger(url, folder)
        plain, ours = list[float](), list[float]()
        store, changes = ledger._store, Changes(insert)
        with engine_of(url).connect() as base:

            def upsert(change: Transaction) -> None:
                with base.begin():
                    changes.make(base, [change], 0)

            both = [(ours, lambda change: store.write([change])), (plain, upsert)]
            for number in range(1000):
                both.reverse()  # a disk that is busy after each write meets both alike
                for costs, act in both:
                    change = Transaction(check_ins=((f"bed-{number % 2}", f"sleeper-{number}"),))
                    costs.append(timed(lambda act=act, change=change: act(change)))  # type: ignore[misc]
        ledger.close()
    one, other = statistics.median(ours), statistics.median(plain)
    row(f"fenced write over a plain upsert ({other:.1f} ms), PostgreSQL", f"{one / other:.2f} x", "<= 1.5 x")


def ledger(row: Row) -> None:
    """A mass event of five hundred trips; commands at once; PostgreSQL."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        judging, keeping, writing = held(Path(folder) / "held")
        one, together, apart = written(Path(folder) / "written")
        rates(row, Path(folder))
        fenced(row, Path(folder))
    title = f"{PODS} trips in one tick"
    row(f"{title}: judging them", f"{judging:.2f} ms", "")
    row(f"{title}: the tick's thread held beyond that", f"{keeping:.2f} ms", "<= 1 ms")
    row(f"{title}: until durable, beside the tick", f"{writing:.1f} ms", "")
    row("one write: until durable", f"{one:.1f} ms", "")
    row(f"{PODS} in one transaction over one write", f"{together / one:.2f} x", "<= 4 x")
    row(f"{PODS} writes one after another, as it was", f"{apart:.0f} ms", f"{together:.1f} ms together")
