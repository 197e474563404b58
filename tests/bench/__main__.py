"""`make bench`: the numbers of docs/limits-and-numbers.md, measured on this machine.

`python -m tests.bench [name ...]`.

No bench passes or fails: it prints the measured value beside its target.
"""

import argparse
import json
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in `dreamd`, before numpy is loaded

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.bench.audit import audit
from tests.bench.admission import admission
from tests.bench.button import button
from tests.bench.clauses import clauses
from tests.bench.clinic import clinic
from tests.bench.enrol import enrol
from tests.bench.cluster import cluster
from tests.bench.cohort_key import cohort_key
from tests.bench.erase import erase
from tests.bench.exchange import exchange
from tests.bench.fast_device import fast_device
from tests.bench.fleet import fleet as swarm
from tests.bench.formats import formats
from tests.bench.fusion import fusion
from tests.bench.intake import intake
from tests.bench.overload import overload
from tests.bench.pooled import pooled
from tests.bench.ledger import ledger
from tests.bench.letters import letters
from tests.bench.lsl import lsl
from tests.bench.recording import recording
from tests.bench.render import render_night
from tests.bench.sever import sever
from tests.bench.siege import siege
from tests.bench.simulate import simulate
from tests.bench.site_tick import site_tick
from tests.bench.sound import sound
from tests.bench.stage import stage
from tests.bench.surveillance import surveillance
from tests.bench.takeover import takeover
from tests.bench.watch import watch as watchers
from tests.bench.moratorium import moratorium
from tests.bench.withdrawal import withdrawal
from tests.bench.size import ended, lists

PORTS = ["--mqtt-port", "21883", "--grpc-port", "25051", "--http-port", "28080", "--console-port", "28081"]


def row(what: str, measured: str, limit: str) -> None:
    """Print one line of the table."""
    print(f"{what:<52} {measured:>16}   {limit}", flush=True)


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """All living children, whatever depth."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def watch(
    command: list[str], words: dict[str, str]
) -> tuple[str, dict[str, list[tuple[float, float, float]]]]:
    """Run a command; sample (time, CPU seconds, RSS in MB) of descendants by a word of their command line."""
    samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in words}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True, cwd=folder)
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            for child in [parent, *descendants(parent)]:
                try:
                    line, used = " ".join(child.cmdline()), child.cpu_times()
                    rss_mb = child.memory_info().rss / 1e6
                except (psutil.NoSuchProcess, psutil.ZombieProcess):
                    continue
                for name, word in words.items():
                    if word in line:
                        samples[name].append((time.monotonic(), used.user + used.system, rss_mb))
            time.sleep(0.5)
        out = process.stdout.read() if process.stdout else ""
    return out, samples


def fleet(sleepers: int, broker: str, duration_s: int) -> None:
    """A fleet on one machine: ticks, latency, the daemon's memory."""
    program = str(Path(sys.executable).with_name("dreamd"))
    command = [program, "up", "--sleepers", str(sleepers), "--broker", broker, "--json", *PORTS]
    command += ["--duration", str(duration_s)]
    out, samples = watch(command, {"daemon": "dreamd serve"})
    account = json.loads(out)
    title = f"{sleepers} pods, {broker}, {duration_s} s"
    latency = account["latency_ms"]["capture_to_feedback"]
    row(f"{title}: ticks skipped", f"{account['ticks_skipped']} of {account['ticks']}", "0")
    row(f"{title}: capture to feedback p50", f"{latency['p50']:.0f} ms", "<= 250 ms")
    row(f"{title}: capture to feedback p99", f"{latency['p99']:.0f} ms", "<= 500 ms")
    row(f"{title}: came home", f"{account['home']} of {account['sleepers']}", "all")
    rss = max((rss for _, _, rss in samples["daemon"]), default=0.0)
    row(f"{title}: daemon memory", f"{rss:.0f} MB", "<= 150 MB")


def pod(duration_s: int) -> None:
    """One edge agent with 8 channels at 256 Hz, merged: its share of a core and its memory."""
    program = str(Path(sys.executable).with_name("dreamd"))
    command = [program, "up", "--sleepers", "3", "--json", *PORTS, "--duration", str(duration_s)]
    _, samples = watch(command, {"pod": "dreamedge run --pod bed-1"})
    series = samples["pod"]
    settled = series[len(series) // 3 :]
    (begun_s, first_s, _), (over_s, last_s, _) = settled[0], settled[-2]
    cpu = (last_s - first_s) / (over_s - begun_s)
    row("one edge agent, 8 channels at 256 Hz: share of a core", f"{100 * cpu:.1f} %", "<= 3 %")
    row("one edge agent: memory", f"{max(rss for _, _, rss in series):.0f} MB", "<= 70 MB")


BENCHES = {
    "embedded": lambda: fleet(50, "amqtt", 60),
    "mosquitto": lambda: fleet(50, "mosquitto", 60),
    "pod": lambda: pod(40),
    "sever": lambda: sever(row),
    "moratorium": lambda: moratorium(row),
    "withdrawal": lambda: withdrawal(row),
    "siege": lambda: siege(row),
    "fleet": lambda: swarm(row),
    "enrol": lambda: enrol(row),
    "site-tick": lambda: site_tick(row),
    "admission": lambda: admission(row),
    "clauses": lambda: clauses(row),
    "surveillance": lambda: surveillance(row),
    "cohort-key": lambda: cohort_key(row),
    "button": lambda: button(row),
    "watch": lambda: watchers(row),
    "simulate": lambda: simulate(row),
    "intake": lambda: intake(row),
    "takeover": lambda: takeover(row),
    "overload": lambda: overload(row),
    "pooled": lambda: pooled(row),
    "lists": lambda: lists(row),
    "ended": lambda: ended(row),
    "ledger": lambda: ledger(row),
    "letters": lambda: letters(row),
    "clinic": lambda: clinic(row),
    "audit": lambda: audit(row),
    "erase": lambda: erase(row),
    "exchange": lambda: exchange(row),
    "render": lambda: render_night(row),
    "cluster": lambda: cluster(row),
    "fusion": lambda: fusion(row, Path("fusion.png")),
    "recording": recording,
    "fast-device": lambda: fast_device(row),
    "formats": lambda: formats(row),
    "sound": lambda: sound(row),
    "lsl": lambda: lsl(row),
    "stage": lambda: stage(row),
}


LONG = ("enrol",)
"""Those that take a quarter of an hour run where they are named alone."""


def main() -> None:
    """Run the named benches, or all but the long ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], default=[])
    names = parser.parse_args().names or [name for name in BENCHES if name not in LONG]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for name in names:
        BENCHES[name]()


main()
