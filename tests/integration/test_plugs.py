"""Plugs pulled out of a running fleet: real processes, a real broker, the pods' own stamps.

A fleet is mosquitto, `dreamd serve` and four `dreamedge run` processes; a Dreamscape is begun through the
API and everyone is merged. Then something is killed or frozen, and each pod's journal says when its
sleeper was alone. All processes share CLOCK_BOOTTIME, so the moment of the pull compares with them.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import dreamapi
from mosquitto import Broker, free_port

PODS = ("bed-1", "bed-2", "bed-3", "bed-4")
LEASE_AND_FADE_S = 1.5


def boottime_s() -> float:
    """The clock all stamps are of."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class Fleet:
    """The processes, and what the pods have written."""

    folder: Path
    broker: Broker
    grpc_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def daemon(self) -> None:
        """Start the daemon and wait until it is ready."""
        state = str(self.folder / "state")
        process = self._start(
            "daemon",
            ["dreamd", "serve", "--ready-json", "--mqtt-url", self.broker.url, "--state-dir", state,
             "--grpc-port", str(self.grpc_port), "--http-port", str(self.http_port)],
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline(), (self.folder / "daemon.log").read_text()

    def pod(self, name: str) -> None:
        """Start one pod."""
        journal = str(self.folder / f"{name}.jsonl")
        self._start(
            name,
            ["dreamedge", "run", "--pod", f"{name}=sim:{name[-1]}", "--broker", self.broker.url,
             "--daemon-key", str(self.folder / "state" / "daemon.pub"),
             "--state-dir", str(self.folder / "pods"), "--journal", journal],
        )  # fmt: skip

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=log)
        self.processes[name] = process
        return process

    def facts(self, pod: str, kind: str) -> list[dict[str, object]]:
        """This pod's facts of one kind, oldest first."""
        path = self.folder / f"{pod}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [fact for fact in map(json.loads, lines) if fact["kind"] == kind]

    def applied(self, pod: str) -> float:
        """The share this pod wrote last."""
        hops = self.facts(pod, "hop")
        return float(str(hops[-1]["applied"])) if hops else 0.0

    def alone_after_s(self, pod: str, since_s: float) -> float:
        """How long after `since_s` this pod's sleeper was alone, by its own stamp."""
        stamps = [int(str(fact["alone_ns"])) / 1e9 for fact in self.facts(pod, "alone")]
        return next(stamp for stamp in stamps if stamp >= since_s) - since_s

    def signal(self, name: str, number: int) -> float:
        """Send a signal; returns the moment before it."""
        now_s = boottime_s()
        process = self.broker.pid if name == "broker" else self.processes[name].pid
        os.kill(process, number)
        return now_s

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


async def until(true: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait until `true` is, or fail."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Four sleepers, merged."""
    one = Fleet(tmp_path, broker)
    try:
        one.daemon()
        for name in PODS:
            one.pod(name)
        async with dreamapi.connect(f"127.0.0.1:{one.grpc_port}") as api:
            await _begin(api)
        await until(lambda: all(one.applied(pod) > 0.03 for pod in PODS))
        yield one
    finally:
        one.close()


async def _begin(api: dreamapi.Api) -> None:
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        pods = await api.pods.list()
        if len(pods) == len(PODS) and all(pod.quality >= 0.9 for pod in pods):
            break
        await asyncio.sleep(0.2)
    for number, name in enumerate(PODS):
        await api.pods.check_in(name, f"sleeper-{number}")
    await api.dreamscapes.create("night", dreamapi.plan(seats_min=3, seats_max=8, ramp_s=10.0))
    while time.monotonic() < deadline:
        try:
            await api.dreamscapes.start("night")
        except (dreamapi.BelowMinimum, dreamapi.WrongState):
            await asyncio.sleep(0.2)
        else:
            return
    raise AssertionError("the night did not begin")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
@pytest.mark.parametrize("name", ["daemon", "broker"])
async def test_without_daemon_or_broker_everyone_is_alone(fleet: Fleet, name: str, number: int) -> None:
    """Kill or freeze the daemon or the broker: every sleeper is alone within 1.5 s, by their pod's stamp."""
    pulled_s = fleet.signal(name, number)
    await until(lambda: all(len(fleet.facts(pod, "alone")) == 1 for pod in PODS), 10.0)
    after_s = {pod: fleet.alone_after_s(pod, pulled_s) for pod in PODS}
    print(f"{name} {signal.Signals(number).name}: alone after {max(after_s.values()):.3f} s at the latest")
    assert max(after_s.values()) <= LEASE_AND_FADE_S
    if number == signal.SIGSTOP:
        fleet.signal(name, signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_a_lost_pod_is_nobodys_loss_but_its_own(fleet: Fleet, number: int) -> None:
    """Kill or freeze a pod: the others dream on, unsevered; thawed, its sleeper has been alone all along."""
    pulled_s = fleet.signal("bed-1", number)
    await asyncio.sleep(3.0)
    others = PODS[1:]
    assert all(fleet.applied(pod) > 0.03 and not fleet.facts(pod, "severed") for pod in others)
    if number == signal.SIGSTOP:
        assert all(int(str(h["t_ns"])) / 1e9 <= pulled_s + 0.3 for h in fleet.facts("bed-1", "hop"))
        thawed_s = fleet.signal("bed-1", signal.SIGCONT)
        await until(lambda: fleet.facts("bed-1", "alone"), 5.0)
        after_s = fleet.alone_after_s("bed-1", pulled_s)
        print(f"bed-1 SIGSTOP: alone after {after_s:.3f} s")
        assert after_s <= LEASE_AND_FADE_S
        later = [h for h in fleet.facts("bed-1", "hop") if int(str(h["t_ns"])) / 1e9 > thawed_s]
        assert all(float(str(hop["applied"])) == 0.0 for hop in later[:8])


async def test_a_restarted_daemon_draws_everyone_in_again_from_zero(fleet: Fleet) -> None:
    """After kill -9 a new daemon ticks within 3 s of its start, scores everyone at zero, then ramps again."""
    killed_s = fleet.signal("daemon", signal.SIGKILL)
    fleet.processes["daemon"].wait()
    stdout = fleet.processes["daemon"].stdout
    assert stdout is not None
    stdout.close()
    await until(lambda: all(fleet.facts(pod, "alone") for pod in PODS), 5.0)
    fleet.daemon()
    await until(lambda: all(len(fleet.facts(pod, "merged")) == 2 for pod in PODS), 40.0)
    for pod in PODS:
        again = fleet.facts(pod, "merged")[1]
        after = [h for h in fleet.facts(pod, "hop") if int(str(h["t_ns"])) >= int(str(again["t_ns"]))]
        assert float(str(after[0]["applied"])) < 0.02 if after else True
        assert fleet.alone_after_s(pod, killed_s) <= LEASE_AND_FADE_S


async def test_sigterm_zeroes_everyone_first(fleet: Fleet) -> None:
    """SIGTERM to the daemon: every sleeper is severed by its word within 500 ms, not by a lapsed lease."""
    asked_s = fleet.signal("daemon", signal.SIGTERM)
    await until(lambda: all(fleet.facts(pod, "alone") for pod in PODS), 5.0)
    causes = {str(fleet.facts(pod, "severed")[0]["cause"]) for pod in PODS}
    assert causes <= {"daemon", "release"}
    assert max(fleet.alone_after_s(pod, asked_s) for pod in PODS) <= 0.5
    assert fleet.processes["daemon"].wait(timeout=10.0) == 0
