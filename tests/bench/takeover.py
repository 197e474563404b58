"""The lease of a house on a real PostgreSQL: the fence's share of a write, and a claim after a killed owner."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.ledger.house.house_row import Claim
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.postgres import engine_of
from dreamd.ports.commit import LedgerHeldError
from fakes.postgres import MISSING, cluster, programs

Row = Callable[[str, str, str], None]
WRITES, ROUNDS, LEASE_S = 200, 5, 6.0
OWNER = (
    "import sys; from pathlib import Path; from dreamd.adapters.ledger.opening import open_ledger; "
    "open_ledger(sys.argv[1], Path(sys.argv[2])); print('held', flush=True); sys.stdin.read()"
)
UPSERT = "INSERT INTO beds VALUES ('bed-1', 's') ON CONFLICT (pod) DO UPDATE SET sleeper = excluded.sleeper"
COUNT = "UPDATE generation SET writes = writes + 1 WHERE epoch >= 0 RETURNING writes"
SHARE = (
    "WITH h AS (SELECT 1 FROM houses WHERE term >= 0 FOR KEY SHARE) INSERT INTO beds SELECT 'bed-1', 's' "
    "FROM h ON CONFLICT (pod) DO UPDATE SET sleeper = excluded.sleeper"
)


def written_ms(base: sa.Connection, statements: tuple[str, ...]) -> float:
    """The median of a durable transaction of these statements, ms."""
    taken = []
    for _ in range(WRITES):
        began_s = time.perf_counter()
        with base.begin():
            for statement in statements:
                base.exec_driver_sql(statement)
        taken.append((time.perf_counter() - began_s) * 1e3)
    return statistics.median(taken)


def claimed_s(url: str, folder: Path, *, elsewhere: Callable[[], object]) -> float:
    """Seconds from a killed owner to the claim of the next."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, url, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        elsewhere()
        owner.kill()
    began_s = time.perf_counter()
    while True:
        try:
            open_ledger(url, folder, Claim(lease_s=LEASE_S)).close()
        except LedgerHeldError:
            time.sleep(0.05)
        else:
            return time.perf_counter() - began_s


def takeover(row: Row) -> None:
    """Print the ratios and the times."""
    if programs() is None:
        row("takeover", MISSING, "")
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        Path(name).chmod(0o755)  # the server runs as a user of its own
        server = stack.enter_context(cluster(Path(name)))
        url, folder = server.url(), Path(name) / "state"
        folder.mkdir()
        open_ledger(url, folder).close()
        engine = engine_of(url)
        with engine.connect() as base:
            ways = {"plain": (UPSERT,), "counted": (COUNT, UPSERT), "key share": (SHARE,)}
            taken: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(ROUNDS):
                for way, statements in ways.items():
                    taken[way].append(written_ms(base, statements))
        engine.dispose()
        median = {way: statistics.median(found) for way, found in taken.items()}
        row("a plain upsert, durable", f"{median['plain']:.2f} ms", "")
        row("... fenced by the counted row, over plain", f"{median['counted'] / median['plain']:.2f}", "1.5")
        row(
            "... fenced by FOR KEY SHARE, over plain",
            f"{median['key share'] / median['plain']:.2f}",
            "not used",
        )
        here_s = claimed_s(url, folder, elsewhere=lambda: None)
        row("owner killed on this machine, to the next claim", f"{here_s:.2f} s", f"{LEASE_S + 2:.0f} s")
        update = "UPDATE houses SET owner = 'of another machine'"
        there_s = claimed_s(url, folder, elsewhere=lambda: server.execute(update, url))
        row("owner killed on another machine, to the next claim", f"{there_s:.2f} s", f"{LEASE_S + 2:.0f} s")
