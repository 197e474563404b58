"""A tick with everything on: a site's daemon beside one without a site, both at once, in turns.

Each has its own mosquitto and as many light pods that dream. The site has TLS, an account a bed, the audit
log with its checkpoints, eight watchers and 200 calls a second. Both daemons keep what each tick costs
(`timed_daemon`), on the same machine in the same seconds, so that its other work meets both alike.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.besieged import CLIENTS
from integration.fleet import Fleet, boottime_s, until
from integration.site_fleet import SiteFleet
from mosquitto import SHIPPED, Broker, free_port

PODS = 24
CALLS_S, WATCHERS = 200, 8
PHASE_S, TURNS = 25.0, 3
TIMED = Path(__file__).with_name("timed_daemon.py")

Row = Callable[[str, str, str], None]
Span = tuple[float, float]
Cost = tuple[float, float, float]
"""When, wall, CPU: seconds."""


def site_tick(row: Row) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in ("site", "plain"):
            (folder / one).mkdir()
        port = free_port()
        conf = folder / "plain" / "mosquitto.conf"
        conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
        broker = Broker(conf, port)
        broker.start()
        plain, site = Fleet(folder / "plain", broker), SiteFleet(folder / "site", 25)
        for fleet in (plain, site):
            fleet.program = (str(TIMED), str(fleet.folder / "costs.jsonl"))
        try:
            calm, loaded = asyncio.run(_measure(plain, site))
            for fleet in (plain, site):
                fleet.stop_daemon(20.0)
            _report(
                row, costs(plain, "tick"), costs(site, "tick"), {"at rest": calm, "everything on": loaded}
            )
            rows = [took for took in costs(site, "admitted") if _in(took, loaded)]
            row(f"admission at {CALLS_S} calls a second: p50, p99", _shown_us(rows), "p99 <= 1 ms")
        finally:
            for fleet in (plain, site):
                fleet.close()
            broker.kill()


async def _measure(plain: Fleet, site: SiteFleet) -> tuple[list[Span], list[Span]]:
    """The spans without and with callers, in turn."""
    plain.daemon()
    site.daemon()
    pods = await site.light_beds("ward", PODS)
    plain.light("ward", 1, PODS)
    for fleet in (plain, site):
        await fleet.begin(pods, within_s=90.0)
        await until(lambda fleet=fleet: len(fleet.facts(pods[-1], "merged", "ward")) > 0, 60.0)  # type: ignore[misc]
    calm, loaded = list[Span](), list[Span]()
    callers = site.caller_files()[0]
    for _ in range(TURNS):
        calm.append(await _span())
        clients = [
            client(site, "watchers", WATCHERS, callers),
            client(site, "paced", CALLS_S, callers),
        ]
        await asyncio.sleep(3.0)
        loaded.append(await _span())
        for one in clients:
            one.kill()
            one.communicate()
    return calm, loaded


async def _span() -> Span:
    began_s = boottime_s()
    await asyncio.sleep(PHASE_S)
    return began_s, boottime_s()


def client(site: SiteFleet, what: str, count: int, callers: Path) -> subprocess.Popen[bytes]:
    """A process of siege_clients, with the credentials in `callers`."""
    words = ["nice", "-n", "5", sys.executable, str(CLIENTS), what, "--port", str(site.grpc_port)]
    words += ["--count", str(count), "--callers", str(callers)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def costs(fleet: Fleet, kind: str) -> list[Cost]:
    """The costs of one kind that the daemon has kept."""
    lines = (json.loads(line) for line in (fleet.folder / "costs.jsonl").read_text().splitlines())
    return [(at_s, wall_s, cpu_s) for name, at_s, wall_s, cpu_s in lines if name == kind]


def _in(cost: Cost, spans: list[Span]) -> bool:
    return any(began_s <= cost[0] < over_s for began_s, over_s in spans)


def at(share: float, rows: list[Cost], which: int) -> float:
    """A quantile of the wall (1) or CPU (2) seconds."""
    found = sorted(one[which] for one in rows)
    return found[min(len(found) - 1, int(share * len(found)))]


def _shown_us(rows: list[Cost]) -> str:
    return f"{1e6 * at(0.5, rows, 1):.0f}, {1e6 * at(0.99, rows, 1):.0f} us"


def _report(row: Row, plain: list[Cost], site: list[Cost], phases: dict[str, list[Span]]) -> None:
    for name, spans in phases.items():
        ours, other = ([one for one in rows if _in(one, spans)] for rows in (site, plain))
        for which, what in ((2, "CPU"), (1, "wall")):
            for share in (0.5, 0.99):
                mine_s, their_s = at(share, ours, which), at(share, other, which)
                title = f"a tick of {PODS}, site over plain, {name}: {what} p{100 * share:.0f}"
                limit = "<= 1.05" if share > 0.5 else ""
                row(title, f"{1e3 * mine_s:.2f} / {1e3 * their_s:.2f} ms, {mine_s / their_s:.2f}", limit)
    row("ticks measured with everything on", f"{len(ours)}, {len(other)}", "")
