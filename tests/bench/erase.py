"""Erasure: one sleeper among 100,000 rows, to the end of the search of the files; and the cost of a seal."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction

Row = Callable[[str, str, str], None]
SLEEPERS, NIGHTS, ERASED = 250, 200, 5
NOW_S = 1_760_000_000.0


def filled(path: Path) -> tuple[SqliteLedger, int]:
    """A ledger with 100,000 rows of people; return it with their number."""
    ledger, rows = SqliteLedger(path), 0
    sleepers = [f"sleeper-{number}" for number in range(SLEEPERS)]
    for night in range(NIGHTS):
        at_s = NOW_S - night * 3000.0
        letters = tuple(PersonalRow(who, "letter", at_s, b"x" * 1000) for who in sleepers)
        charged = Exposure(dict.fromkeys(sleepers, 1.0), at_s, MarkMove.CLOSE)
        ledger.write(Transaction(personal=letters, exposure=(charged,)))
        rows += 2 * SLEEPERS
    return ledger, rows


def erased_s(ledger: SqliteLedger, sleeper: str) -> float:
    """Seconds to forget the rows, remove the key and search the files."""
    began_s = time.perf_counter()
    ledger.write(Transaction(forgotten=((sleeper, NOW_S),)))
    commit = ledger.shred(sleeper, NOW_S)
    while not commit.over:
        ledger.deliver()
        time.sleep(0.001)
    assert commit.done
    return time.perf_counter() - began_s


def sealed_us(folder: Path) -> float:
    """Microseconds to seal a kilobyte, median."""
    keys, costs = StoredKeys(folder / "keys"), []
    for _ in range(2000):
        began_ns = time.perf_counter_ns()
        keys.seal("ash", "personal", "letter", b"x" * 1024)
        costs.append((time.perf_counter_ns() - began_ns) / 1e3)
    keys.close()
    return statistics.median(costs)


def erase(row: Row) -> None:
    """The whole of an erasure, and a seal."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, rows = filled(Path(folder) / "ledger")
        took_s = [erased_s(ledger, f"sleeper-{number}") for number in range(ERASED)]
        ledger.close()
        row(f"erase a sleeper, {rows:,} rows, largest of {ERASED}", f"{max(took_s):.2f} s", "<= 2 s")
        row("seal a kilobyte", f"{sealed_us(Path(folder)):.1f} us", "<= 20 us")
