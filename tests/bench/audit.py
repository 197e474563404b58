"""The audit log: the cost of a record in its command's transaction, and of verifying a million."""

import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dreamd.adapters.keys import NoteSigner
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.cli.audit import verdict_of
from dreamd.core.audit.records import Act, Head, head_of, line_after
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.checkpoint import Checkpoint
from dreamwire.signing import SigningKey

Row = Callable[[str, str, str], None]
RECORDS, BATCH, ROUNDS = 1_000_000, 100, 30
ACT = Act(1_760_000_000.0, "anna", "", "OrderSever", "pods/bed-7", "frees", "done", "why", "", "salt")


def appended(path: Path) -> float:
    """Microseconds that a record adds to a transaction, median."""
    ledger = SqliteLedger(path)
    ledger.write(Transaction(lived_s=1.0))
    costs = []
    for _ in range(ROUNDS):
        began_ns = time.perf_counter_ns()
        ledger.write(Transaction(lived_s=1.0))
        middle_ns = time.perf_counter_ns()
        ledger.write(Transaction(lived_s=1.0, audit=(ACT,) * BATCH))
        end_ns = time.perf_counter_ns()
        costs.append((end_ns - middle_ns - (middle_ns - began_ns)) / 1e3 / BATCH)
    ledger.close()
    return statistics.median(costs)


def verified(path: Path) -> float:
    """Seconds to verify a file of RECORDS."""
    key, head = SigningKey.generate(), Head()
    with path.open("w", encoding="ascii") as file:
        for number in range(1, RECORDS + 1):
            line = line_after(head, ACT)
            head = head_of(number, line)
            file.write(f"{line}\n")
        file.write(f"{json.dumps(NoteSigner(key)(Checkpoint(head.n, head.digest)))}\n")
    began_s = time.perf_counter()
    verdict = verdict_of(path, key.public, [])
    took_s = time.perf_counter() - began_s
    assert (verdict.n, verdict.findings) == (RECORDS, ())
    return took_s


def hashed() -> float:
    """Seconds of SHA-256 alone over as many lines of that length: the floor."""
    line = line_after(Head(), ACT).encode()
    began_s = time.perf_counter()
    for _ in range(RECORDS):
        hashlib.sha256(line).hexdigest()
    return time.perf_counter() - began_s


def audit(row: Row) -> None:
    """A record's cost, and a log's."""
    with tempfile.TemporaryDirectory() as folder:
        cost_us = appended(Path(folder) / "ledger")
        row("append a record, in a transaction of a hundred", f"{cost_us:.1f} us", "<= 50 us")
        row("verify 1,000,000 records", f"{verified(Path(folder) / 'export'):.2f} s", "<= 5 s")
        row("SHA-256 alone of as many lines", f"{hashed():.2f} s", "")
