"""The cost of watchers for the tick's thread: application, real gRPC server, watchers in their own process.

The stage closes a tick; then for one hop the event loop serves the watchers. The figure is the processor time
of the loop's thread in that hop, minus the time without a watcher in the same run, as a share of the hop. The
budget is lifted, so that the cost is measured and not its limit; the last row is with the budget.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, thread_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.grpc.server import serve_grpc
from dreamd.adapters.grpc.calls.streams import ChangeSignals
from dreamd.app.events.watcher_budget import WatcherBudget
from dreamd.core.limits import HOP_S
from fakes.stage import Stage

CLIENTS = Path(__file__).parents[1] / "siege_clients.py"
TICKS = 12
Row = Callable[[str, str, str], None]


def watch(row: Row) -> None:
    """Measure and print."""
    for seats, count, what, limit in (
        (10_000, 1, "bare", 0.01),
        (500, 50, "watchers", 0.20),
        (500, 50, "bare", 0.20),
    ):
        share = asyncio.run(_measure(seats, count, what, 1.0))
        shown = (
            f"{count} watcher{'s' if count > 1 else ''} {'with' if what == 'watchers' else 'without'} seats"
        )
        row(f"{shown}, {seats} seats: share of a tick", f"{100 * share:.2f} %", f"<= {100 * limit:.0f} %")
    share = asyncio.run(_measure(500, 250, "watchers", 0.2))
    row("250 watchers with seats, 500 seats, in their budget", f"{100 * share:.1f} %", "about 20 %")


async def _measure(seats: int, count: int, what: str, budget: float) -> float:
    stage = Stage(seats)
    pods = {pod.name: pod for pod in stage.pods}
    stage.link.deliver = lambda command: pods[command.pod].obey(command)
    stage.appear()
    stage.dream()
    bells = ChangeSignals(WatcherBudget(monotonic, thread_time, budget))
    running = await serve_grpc(stage.app, "127.0.0.1", 0, bells=bells)
    without_s = await _hops(stage)
    command = [sys.executable, str(CLIENTS), what, "--port", str(running.port), "--count", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as clients:
        assert clients.stdout is not None
        await asyncio.to_thread(clients.stdout.readline)
        await asyncio.sleep(2.0)
        await _hops(stage, 4)
        with_s = await _hops(stage)
        clients.communicate()
    await running.stop(0.0)
    return (with_s - without_s) / HOP_S


async def _hops(stage: Stage, ticks: int = TICKS) -> float:
    """Processor seconds per tick that the loop's thread uses beside the tick itself."""
    used_s = 0.0
    for _ in range(ticks):
        stage.hop(statuses=False)
        began_s = thread_time()
        await asyncio.sleep(HOP_S)
        used_s += thread_time() - began_s
    return used_s / ticks
