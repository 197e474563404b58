"""A fleet of protocol-true pods at a real broker and a real daemon: one core's share of it, and what comes late.

`make bench ARGS=fleet`. SIZES are runs one after another: pods, and beds of a gateway (1: each sends by itself).
On a machine that others use, `FLEET_SLOW=4` slows the session clock at both ends; shares are then of a session
second all the same. `FLEET_SIZES=500:1,10000:64` runs others, `FLEET_SECONDS=12` measures for 12. Every share is processor time. With
`FLEET_SVG=FILE` the shares are drawn, too; `FLEET_PEERS=0` leaves other clients out.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import dreamapi
import psutil
from bench.fleet_peers import KINDS, peer
from bench.fleet_plot import fleet_svg
from dreamapi.dreamscapes import Dreamscapes
from integration.fleet import NIGHT, Fleet
from mosquitto import MOSQUITTO, SHIPPED, Broker, free_port

SIZES = os.environ.get("FLEET_SIZES", "1000:1,2000:1,2000:64")
SLOW = float(os.environ.get("FLEET_SLOW", "1"))
MEASURED_S = float(os.environ.get("FLEET_SECONDS", "20"))
SETTLES_S = 5.0
WITHIN_S = 60.0
DEADLINE_S = 10.0
PEERS = os.environ.get("FLEET_PEERS", "1") == "1"
LOOKS_S = 4.0
EACH_PROCESS = 2500
CALLS_AT_ONCE = 32
TRIES = 5
HERE = Path(__file__).parent

Row = Callable[[str, str, str], None]


class House(Fleet):
    """A broker, a daemon and a swarm, of which the session clock may be slowed.

    start_s: session seconds until the Start was answered.
    """

    start_s = 0.0

    def api(self) -> dreamapi.Api:
        """A connection to the daemon, whose deadline is in session seconds."""
        return dreamapi.connect(f"127.0.0.1:{self.grpc_port}", deadline_s=DEADLINE_S * SLOW)

    async def check_in(self, api, pods) -> None:
        """Check all in, CALLS_AT_ONCE at a time: the ledger commits those that come together in one write."""
        places = asyncio.Semaphore(CALLS_AT_ONCE)

        async def one_in(pod: str) -> None:
            async with places:
                for tries_left in reversed(range(TRIES)):
                    try:
                        return await Fleet.check_in(self, api, [pod])
                    except (
                        dreamapi.ApiError
                    ):  # a busy machine: both are done once, however often they are asked
                        if not tries_left:
                            raise
                        await asyncio.sleep(1.0)

        await asyncio.gather(*map(one_in, pods))

    async def begin(self, pods, within_s: float = 60.0, **given) -> None:
        """Begin the night as ever, and time the answer to its Start."""
        plainly = Dreamscapes.start

        async def timed(own: Dreamscapes, *names: str):
            began = time.monotonic()
            try:
                return await plainly(own, *names)
            finally:
                self.start_s = (time.monotonic() - began) / SLOW

        Dreamscapes.start = timed
        try:
            await super().begin(pods, within_s, **given)
        finally:
            Dreamscapes.start = plainly

    def counters(self) -> dict[str, float]:
        """The daemon's metrics that have no label."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics") as page:
            said = page.read().decode()
        return {name: float(value) for name, value in re.findall(r"(?m)^(\w+) ([0-9.e+-]+)$", said)}


async def seats(fleet: House) -> list:
    """The seats of the night; none where the daemon has no time for so long a list."""
    async with fleet.api() as api:
        try:
            return list((await api.dreamscapes.get(NIGHT)).seats)
        except dreamapi.ApiError as error:
            print("seats:", error, file=sys.stderr, flush=True)
            return []


async def _measure(fleet: House, pods: int, together: int, anchor: str) -> dict[str, float]:
    fleet.daemon()
    daemon = psutil.Process(fleet.processes["daemon"].pid)
    broker = psutil.Process(fleet.broker.pid)
    empty = daemon.memory_info().rss
    swarms = []
    for first in range(1, pods + 1, EACH_PROCESS):
        count = min(EACH_PROCESS, pods - first + 1)
        command = [str(HERE / "fleet_swarm.py"), str(fleet.broker.url.rsplit(":", 1)[1]), str(fleet.key)]
        swarms.append(
            fleet.start(
                f"swarm-{first}", [*command, str(first), str(count), str(together), anchor, str(SLOW)]
            )
        )
    for swarm in swarms:
        await asyncio.to_thread(swarm.stdout.readline)
    names = [f"swarm-{number}" for number in range(1, pods + 1)]
    await fleet.begin(names, within_s=600.0 * SLOW)
    started = time.monotonic()
    while time.monotonic() < started + WITHIN_S * SLOW:
        if sum(seat.granted > 0.0 for seat in await seats(fleet)) == pods:
            break
        await asyncio.sleep(LOOKS_S * SLOW)
    granted_s = (time.monotonic() - started) / SLOW
    await asyncio.sleep(SETTLES_S * SLOW)
    processes = {"daemon": daemon, "broker": broker} | {
        f"swarm {at}": psutil.Process(swarm.pid) for at, swarm in enumerate(swarms)
    }
    before, began, used = fleet.counters(), time.monotonic(), _used(processes)
    await asyncio.sleep(MEASURED_S * SLOW)
    session_s = (time.monotonic() - began) / SLOW
    after, rss, found_peers = fleet.counters(), daemon.memory_info().rss - empty, dict[str, float]()
    shares = {name: (now - used[name]) / session_s for name, now in _used(processes).items()}
    looked = time.monotonic()
    granted = sum(seat.granted > 0.0 for seat in await seats(fleet))
    looked_s = (time.monotonic() - looked) / SLOW
    for kind in KINDS if PEERS else ():
        heard = await asyncio.to_thread(peer, kind, int(fleet.broker.url.rsplit(":", 1)[1]), 4.0 * SLOW)
        if heard is not None and heard[0]:
            found_peers[kind] = heard[1]
    grew = {name: after[name] - before.get(name, 0.0) for name in after}
    return {
        "daemon": shares["daemon"],
        "broker": shares["broker"],
        "swarm": sum(share for name, share in shares.items() if name.startswith("swarm")),
        "frames": grew.get("dreamd_frames_accepted_total", 0.0) / session_s,
        "late": grew.get("dreamd_frames_late_total", 0.0),
        "skipped": grew.get("dreamd_ticks_skipped_total", 0.0),
        "granted": granted,
        "granted_s": granted_s,
        "start_s": fleet.start_s,
        "seats_s": looked_s,
        "pod_kb": rss / pods / 1000,
    } | {f"peer {kind}": us for kind, us in found_peers.items()}


def _used(processes: dict[str, psutil.Process]) -> dict[str, float]:
    return {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}


def one(pods: int, together: int) -> dict[str, float]:
    """Measure one fleet."""
    anchor = f"{time.clock_gettime(time.CLOCK_BOOTTIME)},{time.time()}"
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(
            SHIPPED.read_text().replace("listener 1883 ", f"listener {port} ")
            + ("" if "max_connections" in SHIPPED.read_text() else "\nmax_connections -1\n")
        )
        broker = Broker(conf, port)
        broker.start()
        fleet = House(folder, broker)
        if SLOW != 1.0:
            fleet.program = (str(HERE / "slow_daemon.py"), anchor, str(SLOW))
        try:
            return asyncio.run(_measure(fleet, pods, together, anchor))
        except BaseException:
            for log in folder.glob("*.log"):
                print(log.name, log.read_text()[-500:], file=sys.stderr)
            raise
        finally:
            fleet.close()
            broker.kill()


def fleet(row: Row) -> None:
    """Measure and print."""
    if MOSQUITTO is None:
        row("a fleet at one daemon", "-", "mosquitto is not here")
        return
    limits = subprocess.run(["sh", "-c", "ulimit -n"], capture_output=True, text=True).stdout.strip()
    row("open files a process; seconds of the machine in one", f"{limits}; {SLOW:g}", "")
    all_found = []
    for size in SIZES.split(","):
        pods, together = (int(part) for part in size.split(":"))
        found = one(pods, together)
        all_found.append((pods, together, found))
        what = f"{pods:,} pods" + (f" by gateways of {together}" if together > 1 else "")
        row(
            f"{what}: daemon, broker, swarm",
            " ".join(f"{100 * found[n]:.0f} %" for n in ("daemon", "broker", "swarm")),
            "60 %",
        )
        row(
            "... late, skipped, granted",
            f"{found['late']:.0f}, {found['skipped']:.0f}, {found['granted']:.0f}",
            "0, 0, all",
        )
        row("... frames a second; kB a pod", f"{found['frames']:.0f}; {found['pod_kb']:.1f}", "; 36 kB")
        times = (found[name] for name in ("start_s", "granted_s", "seats_s"))
        row(
            "... session s: Start answered, all granted after it, GetDreamscape",
            "; ".join(f"{one:.1f}" for one in times),
            f"{DEADLINE_S:.0f}; ; {DEADLINE_S:.0f}",
        )
        each_us = found["daemon"] / max(found["frames"] / together, 1.0) * 1e6
        peers = "; ".join(f"{k.removeprefix('peer ')} {us:.1f}" for k, us in found.items() if "peer" in k)
        row("... us a message of frames: daemon, with all else it does; peers", f"{each_us:.0f}; {peers}", "")
    if path := os.environ.get("FLEET_SVG"):
        said = "a session second of the pods is a second of the machine"
        if SLOW != 1.0:
            said = f"in slow motion: a session second is {SLOW:g} seconds of the machine"
        Path(path).write_text(fleet_svg(all_found, f"{said}; two cores, shared"))


if __name__ == "__main__":
    fleet(lambda what, measured, limit: print(f"{what:<60} {measured:>20}  {limit}", flush=True))
