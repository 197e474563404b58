"""Admission of a call: CPU of the judgement alone, for a known operator, over ten thousand principals.

Then the same within a site's daemon, at a thousand calls a second over TLS from two processes beside it.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamapi.v1.pods_pb2 import GetPodRequest, ReleasePodRequest
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Credential, Grant, Kind, Principal, digest_of, token_of
from dreamd.simulation.machines.memory_ledger import MemoryLedger
from integration.fleet import boottime_s
from integration.site_fleet import SiteFleet
from tests.bench.site_tick import TIMED, at, client, costs

CALLS_S, CALLERS, LOADED_S = 1000, 25, 20.0
CALLS, PRINCIPALS = 20_000, 10_000
SECRET = "s" * 52
Row = Callable[[str, str, str], None]


class Where:
    """Every pod stands in a ward."""

    def site_of(self, pod: str) -> str:
        return "ward-a"

    def bed_of(self, sleeper: str) -> str:
        """No sleeper is asked for."""
        return ""

    def sites_of(self, dreamscape: str) -> frozenset[str]:
        return frozenset({"ward-a"})

    def sleeper_in(self, pod: str) -> str:
        return ""

    def dreamscape_of(self, sleeper: str) -> str:
        return ""


def admission(row: Row) -> None:
    """Print the CPU of one admission, of a read and of a way out; then those of a daemon under load."""
    _alone(row)
    with tempfile.TemporaryDirectory() as name:
        site = SiteFleet(Path(name), CALLERS)
        site.program = (str(TIMED), str(site.folder / "costs.jsonl"))
        try:
            asyncio.run(_loaded(row, site))
        finally:
            site.close()


async def _loaded(row: Row, site: SiteFleet) -> None:
    site.daemon()
    clients = [client(site, "paced", CALLS_S // 2, callers) for callers in site.caller_files()[:2]]
    await asyncio.sleep(5.0)
    began_s = boottime_s()
    await asyncio.sleep(LOADED_S)
    for one in clients:
        one.kill()
        one.communicate()
    site.stop_daemon(20.0)
    rows = [one for one in costs(site, "admitted") if began_s <= one[0] < began_s + LOADED_S]
    title = f"admission in a daemon, {len(rows) / LOADED_S:.0f} calls a second over TLS"
    row(
        f"{title}: p50, p99", f"{1e6 * at(0.5, rows, 1):.0f}, {1e6 * at(0.99, rows, 1):.0f} us", "p99 <= 1 ms"
    )
    row(f"{title}: CPU p99", f"{1e6 * at(0.99, rows, 2):.0f} us", "")


def _alone(row: Row) -> None:
    table, now_s = PrincipalTable(MemoryLedger()), 1e9
    grants = (Grant(Role.OPERATOR, sites=frozenset({"ward-a"})),)
    principals = tuple(Principal(f"p{n}", Kind.PERSON, grants) for n in range(PRINCIPALS))
    made = tuple(
        Credential(f"c{n}", f"p{n}", digest_of(SECRET), now_s, now_s + 1e6) for n in range(PRINCIPALS)
    )
    table.put_rows(principals, made)
    ticking = iter(range(10**9))
    one = Admission(check_rules(TABLE), table, Where(), lambda: now_s + next(ticking))
    rng = random.Random(1)
    shown = [
        (("authorization", f"Bearer {token_of(f'c{rng.randrange(PRINCIPALS)}', SECRET)}"),)
        for _ in range(CALLS)
    ]
    for what, path, request in (
        ("a read", "/dreamapi.v1.Pods/GetPod", GetPodRequest(name="pods/bed-1")),
        ("a way out", "/dreamapi.v1.Pods/ReleasePod", ReleasePodRequest(name="pods/bed-1")),
    ):
        began_s = time.process_time()
        for metadata in shown:
            one.scoped(path, one.admitted(path, metadata), request)
        each_us = (time.process_time() - began_s) / CALLS * 1e6
        row(f"admission of {what}, {PRINCIPALS:,} principals", f"{each_us:.1f} us", "limit 20 us")
