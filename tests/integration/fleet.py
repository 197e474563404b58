"""A fleet of real processes: mosquitto, `dreamd serve` and pods, and the pods' journals.

Every pod keeps a journal, one JSON line per fact, with stamps of CLOCK_BOOTTIME. All processes and the tests
share that clock, so the moment of a fault compares with the later stamps.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import dreamapi
from depth import LONG_VARIABLE
from dreamapi.consents import MODALITIES
from dreamapi.v1.consents_pb2 import ConsentGrant
from dreamapi.v1.pods_pb2 import Pod
from dreamd.adapters.documents.shipped import bench_text
from mosquitto import Broker

PODS = ("bed-1", "bed-2", "bed-3", "bed-4")
LEASE_AND_FADE_S = 1.5
NIGHT = "night"
LIGHT_PODS = Path(__file__).parents[1] / "fakes" / "light_pods.py"

Fact = dict[str, object]


def boottime_s() -> float:
    """The clock of all stamps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def number(fact: Fact, key: str) -> float:
    """A number of a fact."""
    return float(str(fact[key]))


def stamp_s(fact: Fact, key: str = "t_ns") -> float:
    """A stamp of a fact, in seconds."""
    return int(str(fact[key])) / 1e9


async def until(true: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait until `true` is, or fail."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"it did not come true in {within_s:.0f} s"
        await asyncio.sleep(0.05)


@dataclass
class Fleet:
    """The processes and the pods' journals.

    through: the broker's URL for a program, if not the direct one. fixed_port: of the API, if it must survive
    a restart of the daemon; 0: any. flags: of the daemon. program: Python's words that run `dreamd`.
    """

    folder: Path
    broker: Broker
    through: dict[str, str] = field(default_factory=dict)
    grpc_port: int = 0
    fixed_port: int = 0
    flags: tuple[str, ...] = ()
    http_port: int = 0
    program: tuple[str, ...] = ("-m", "dreamd")
    console_port: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _journals: dict[str, "Journal"] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The daemon's state directory."""
        return self.folder / "state"

    @property
    def key(self) -> Path:
        """The daemon's public key."""
        return self.state / "daemon.pub"

    def founding(self) -> tuple[str, ...]:
        """The flags for guidelines under which empty beds dream at once."""
        file = self.folder / "guidelines.toml"
        file.write_text(bench_text(), encoding="utf-8")
        return "--guidelines", str(file)

    def daemon(self) -> float:
        """Start the daemon and wait until it is ready; returns the moment of the start."""
        started_s = boottime_s()
        process = self.start(
            "daemon",
            [*self.program, "serve", "--ready-json", "--mqtt-url", self._url("daemon"),
             "--state-dir", str(self.state), "--grpc-port", str(self.fixed_port), "--http-port", "0",
             *self.founding(), *self.flags],
        )  # fmt: skip
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready, (self.folder / "daemon.log").read_text()
        told = json.loads(ready)
        self.grpc_port, self.http_port = told["grpc"], told["http"]
        return started_s

    def console(self) -> None:
        """Start the console and wait until it answers."""
        process = self.start(
            "console",
            [
                *("-m", "dreamd", "console", "--json", "--listen", "127.0.0.1:0"),
                *("--state-dir", str(self.state), "--server", f"127.0.0.1:{self.grpc_port}"),
            ],
        )
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told, (self.folder / "console.log").read_text()
        self.console_port = int(json.loads(told)["url"].rpartition(":")[2].strip("/"))

    def kill_daemon(self) -> float:
        """Kill it (SIGKILL) and wait for its end; returns the moment before."""
        killed_s = self.signal("daemon", signal.SIGKILL)
        _end(self.processes["daemon"])
        return killed_s

    def stop_daemon(self, within_s: float) -> int:
        """Stop it (SIGTERM) and wait for its end; returns its exit status."""
        self.signal("daemon", signal.SIGTERM)
        status = self.processes["daemon"].wait(within_s)
        _end(self.processes["daemon"])
        return status

    def pod(self, name: str) -> None:
        """Start one pod."""
        journal = str(self.folder / f"{name}.jsonl")
        self.start(
            name,
            ["-m", "dreamedge", "run", "--pod", f"{name}=sim:{name[-1]}", "--broker", self._url(name),
             "--daemon-key", str(self.key), "--state-dir", str(self.folder / "pods"), "--journal", journal],
        )  # fmt: skip

    def light(self, name: str, first: int, count: int, *flags: str) -> None:
        """Start one process of light pods, light-FIRST and so on; they share a journal."""
        process = self.start(
            name,
            [str(LIGHT_PODS), "--broker-port", self._url(name).rsplit(":", 1)[1], "--key", str(self.key),
             "--first", str(first), "--count", str(count), "--journal", str(self.folder / f"{name}.jsonl"),
             *flags],
        )  # fmt: skip
        assert process.stdin is not None

    def tell(self, name: str, order: str) -> None:
        """Send an order to a process of light pods."""
        stdin = self.processes[name].stdin
        assert stdin is not None
        stdin.write(f"{order}\n".encode())
        stdin.flush()

    def _url(self, name: str) -> str:
        return self.through.get(name, self.broker.url)

    def start(self, name: str, command: list[str], **variables: str) -> subprocess.Popen[bytes]:
        """Start a Python process, with these variables too; its standard error goes into NAME.log."""
        environment = {key: value for key, value in os.environ.items() if key != LONG_VARIABLE} | variables
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self.processes[name] = process
        return process

    def journal(self, process: str) -> "list[Fact]":
        """Every fact in the journal of this process, oldest first."""
        path = self.folder / f"{process}.jsonl"
        return self._journals.setdefault(process, Journal(path)).read()

    def facts(self, pod: str, kind: str, process: str = "") -> list[Fact]:
        """This pod's facts of one kind, oldest first; process: the journal's owner, if another."""
        return [f for f in self.journal(process or pod) if f["kind"] == kind and f["pod"] == pod]

    def applied(self, pod: str, process: str = "") -> float:
        """The last share in this pod's journal."""
        hops = self.facts(pod, "hop", process)
        return number(hops[-1], "applied") if hops else 0.0

    def alone_after_s(self, pod: str, since_s: float, process: str = "") -> float:
        """Seconds from `since_s` until this pod's sleeper was alone, by its own stamp."""
        stamps = [stamp_s(fact, "alone_ns") for fact in self.facts(pod, "alone", process)]
        return next(stamp for stamp in stamps if stamp >= since_s) - since_s

    def signal(self, name: str, number: int) -> float:
        """Send a signal; returns the moment before it."""
        now_s = boottime_s()
        process = self.broker.pid if name == "broker" else self.processes[name].pid
        os.kill(process, number)
        return now_s

    def api(self) -> dreamapi.Api:
        """A connection to the daemon, to be entered."""
        return dreamapi.connect(f"127.0.0.1:{self.grpc_port}")

    async def check_in(self, api: dreamapi.Api, pods: Iterable[str]) -> None:
        """One sleeper each grants, and is checked in."""
        for pod in pods:
            await api.consents.grant(f"sleeper-{pod}", whole_grant())
            await api.pods.check_in(pod, f"sleeper-{pod}")

    async def begin(
        self, pods: Iterable[str], within_s: float = 60.0, *, record: bool = False, artist_share: float = 0.0
    ) -> None:
        """Check all in, and begin the night with a ramp of ten seconds."""
        names = list(pods)
        deadline = time.monotonic() + within_s
        async with self.api() as api:
            while not _ready(await api.pods.list(), names):
                assert time.monotonic() < deadline, "the pods are not ready"
                assert all(p.poll() is None for p in self.processes.values()), (
                    "a process has ended: see its log"
                )
                await asyncio.sleep(0.2)
            await self.check_in(api, names)
            plan = dreamapi.plan(seats_min=3, seats_max=max(8, len(names)), pods=names, ramp_s=10.0)
            plan.record, plan.artist_share = record, artist_share
            await api.dreamscapes.create(NIGHT, plan)
            while True:
                seats = (await api.dreamscapes.get(NIGHT)).seats
                if sum(seat.state == seat.STATE_ADMITTED for seat in seats) == len(names):
                    break
                waiting = {seat.pod: seat.refusal for seat in seats if seat.refusal}
                assert time.monotonic() < deadline, f"not everyone is admitted: {waiting}"
                await asyncio.sleep(0.2)
            await api.dreamscapes.start(NIGHT)

    async def anchor(self, pod: str, within_s: float = 60.0) -> None:
        """Check one in, and begin an anchor session of this pod with a ramp of ten seconds."""
        deadline = time.monotonic() + within_s
        async with self.api() as api:
            while not _ready(await api.pods.list(), [pod]):
                assert time.monotonic() < deadline, "the pod is not ready"
                await asyncio.sleep(0.2)
            await self.check_in(api, [pod])
            name = f"anchor-{pod}"
            await api.dreamscapes.create(name, dreamapi.plan(kind="anchor", pods=[pod], ramp_s=10.0))
            seats = (await api.dreamscapes.get(name)).seats
            while not (seats and seats[0].state == seats[0].STATE_ADMITTED):
                assert time.monotonic() < deadline, "the pod is not admitted"
                await asyncio.sleep(0.2)
                seats = (await api.dreamscapes.get(name)).seats
            await api.dreamscapes.start(name)

    async def breakers(self) -> dict[str, Pod]:
        """Every pod in the daemon's view, by name."""
        async with self.api() as api:
            return {pod.name.removeprefix("pods/"): pod for pod in await api.pods.list()}

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            _end(process)


def whole_grant() -> ConsentGrant:
    """The yes to everything, for this night."""
    return dreamapi.consent_grant(
        scopes=("merge", "intimate", "perform", "record", "research"),
        modalities=MODALITIES,
        ceiling=0.15,
        artist_share=0.5,
        notice_sha256="a" * 64,
        adult=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _ready(pods: list[Pod], names: list[str]) -> bool:
    found = {pod.name.removeprefix("pods/"): pod for pod in pods}
    return all(name in found and found[name].quality >= 0.9 and found[name].clock.synced for name in names)


class Journal:
    """A journal that is read incrementally; an incomplete last line waits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._facts: list[Fact] = []

    def read(self) -> list[Fact]:
        """Every fact so far."""
        if not self._path.exists():
            return self._facts
        with self._path.open("rb") as file:
            file.seek(self._at)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._at += len(whole)
        self._facts += [json.loads(line) for line in whole.splitlines()]
        return self._facts
