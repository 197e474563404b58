"""Five views against the pods' own journals, while broker, bed, disk and daemon break in real processes.

The views: the console's answer, `top --once --json`, `pods list --json`, `dreamscapes get --json`, the
metrics. The truth: each pod's own journal. A view may show "not known". It must never show a bed as merged
that is alone, or an unheard bed as healthy or at fault.
"""

import asyncio
import contextlib
import json
import re
import resource
import signal
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dreamapi
from depth import LONG
from integration.fleet import NIGHT, Fleet, until
from mosquitto import Broker, free_port
from run_here import run_here

WARD, ALONE = "ward", "lonely"
PODS = ("light-1", "light-2", "light-3", "light-4")
LATER_S = 2.6
"""Lease, fade, and the permitted delay of a view."""


@dataclass(frozen=True)
class Faces:
    """The five views: each bed's coupling (None: not known), and the troubles of the house."""

    console: dict[str, Any]
    top: dict[str, Any]
    pods: list[dict[str, Any]]
    night: dict[str, Any]
    metrics: dict[str, float]
    banners: tuple[str, ...]

    def couplings(self) -> list[dict[str, float | None]]:
        """Each view's couplings by bed."""
        scene = self.console["scene"]
        rows = [dict(zip(scene["columns"], row, strict=True)) for row in scene["rows"]]
        return [
            {row["pod"]: row["applied"] for row in rows},
            {one["pod"]: one["applied"] for one in self.top["sleepers"]},
            {one["name"].removeprefix("pods/"): one.get("applied") for one in self.pods},
            {one["pod"].removeprefix("pods/"): one.get("applied") for one in self.night["seats"]},
        ]

    def troubles(self) -> list[str]:
        """The troubles in each view but the metrics, as one text."""
        return [" ".join(self.console["house"]["troubles"]), " ".join(self.top["troubles"]), *self.banners]


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Three sleepers in one process, one in another, merged."""
    one = Fleet(tmp_path, broker, fixed_port=free_port(), flags=("--log-format", "json"))
    try:
        one.daemon()
        one.console()
        one.light(WARD, 1, 3, "--hops")
        one.light(ALONE, 4, 1, "--hops")
        await one.begin(PODS)
        await until(lambda: all(applied(one, pod) > 0.03 for pod in PODS))
        yield one
    finally:
        one.close()


def applied(fleet: Fleet, pod: str) -> float:
    """The last share in a pod's own journal."""
    return fleet.applied(pod, ALONE if pod == PODS[3] else WARD)


async def command(fleet: Fleet, *line: str) -> tuple[int, str, str]:
    """Run the verb; its status, output and error."""
    server = ("--server", f"127.0.0.1:{fleet.grpc_port}")
    done = await asyncio.to_thread(run_here, (*line, *server), {})
    return done.returncode, done.stdout, done.stderr


def fetched(fleet: Fleet, path: str) -> str:
    """A page: of the metrics' port, or of the console's."""
    port = fleet.http_port if path == "/metrics" else fleet.console_port
    address = f"http://127.0.0.1:{port}{path}"
    asked = urllib.request.Request(address, headers={"X-Dreamd-Console": "1"})
    with urllib.request.urlopen(asked, timeout=5.0) as answer:
        return str(answer.read().decode())


def looked(fleet: Fleet) -> dict[str, Any]:
    """A page's look with house and Dreamscape: the console needs a moment to follow them."""
    for _ in range(100):
        with contextlib.suppress(urllib.error.HTTPError):
            told = json.loads(fetched(fleet, f"/console/look?dreamscape={NIGHT}"))
            if told["house"] and told["scene"]:
                return dict(told)
        time.sleep(0.1)
    raise AssertionError("the console follows nothing")


def series(text: str) -> dict[str, float]:
    """The metrics, by name and labels."""
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


async def read(fleet: Fleet) -> Faces:
    """All five, at the same time."""
    top, pods, night, console, metrics = await asyncio.gather(
        command(fleet, "top", "--once", "--json"),
        command(fleet, "pods", "list", "--json"),
        command(fleet, "dreamscapes", "get", NIGHT, "--json"),
        asyncio.to_thread(looked, fleet),
        asyncio.to_thread(fetched, fleet, "/metrics"),
    )
    assert (top[0], pods[0], night[0]) == (0, 0, 0), (top, pods, night)
    return Faces(
        console,
        json.loads(top[1]),
        json.loads(pods[1]),
        json.loads(night[1]),
        series(metrics),
        (pods[2], night[2]),
    )


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")
async def test_five_faces_say_what_is_so(fleet: Fleet) -> None:
    """Broker frozen, a bed killed, the disk full, the daemon killed: no view shows anything false."""
    told = await read(fleet)
    assert all(couplings[pod] > 0.02 for couplings in told.couplings() for pod in PODS)  # type: ignore[operator]
    assert told.troubles() == ["", "", "", ""]
    assert (told.top["safe"], told.metrics["dreamd_pods_online"]) == (True, 4.0)

    await broker_is_frozen(fleet)
    await bed_is_killed(fleet)
    await disk_is_full(fleet)
    await daemon_is_killed(fleet)


async def broker_is_frozen(fleet: Fleet) -> None:
    """All are alone by their journals; no view has a number, each has the reason, none shows a fault."""
    fleet.signal("broker", signal.SIGSTOP)
    await asyncio.sleep(LATER_S)
    told = await read(fleet)
    fleet.signal("broker", signal.SIGCONT)
    assert all(applied(fleet, pod) == 0.0 for pod in PODS)
    assert told.couplings() == [dict.fromkeys(PODS)] * 4
    assert all("missing" in trouble or "broker" in trouble for trouble in told.troubles())
    assert (told.top["safe"], told.top["merged"], told.top["coupled"]) == (None, 0, [])
    assert {pod["state"] for pod in told.pods} == {"STATE_UNHEARD"}
    assert all(float(pod["heard_age"].removesuffix("s")) > 1.5 for pod in told.pods)
    assert (told.night.get("merged"), told.night["unheard"]) == (0, 4)
    assert told.metrics["dreamd_pods_online"] == 0.0
    assert told.metrics["dreamd_pods_unheard"] == 4.0
    assert str(told.metrics["dreamd_coupled_above_granted"]) == "nan"
    assert told.metrics[f'dreamd_sleepers{{dreamscape="{NIGHT}",state="merged"}}'] == 0.0
    await until(lambda: all(applied(fleet, pod) > 0.02 for pod in PODS), 60.0)


async def bed_is_killed(fleet: Fleet) -> None:
    """One bed is not known, three go on, and no view counts four."""
    fleet.processes[ALONE].kill()
    await asyncio.sleep(LATER_S)
    told = await read(fleet)
    for couplings in told.couplings():
        assert couplings[PODS[3]] is None
        assert all(couplings[pod] > 0.02 for pod in PODS[:3])  # type: ignore[operator]
    assert told.top["merged"] == 3
    assert told.metrics["dreamd_pods_online"] == 3.0


async def disk_is_full(fleet: Fleet) -> None:
    """After a failed write each view names the ledger's file, until a write succeeds."""
    daemon = fleet.processes["daemon"]
    log = fleet.folder / "daemon.log"
    most = log.stat().st_size + 32_768
    assert sum(file.stat().st_size for file in fleet.state.glob("ledger.sqlite3*")) > most
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    async with fleet.api() as api:
        with pytest.raises(dreamapi.LedgerUnavailable):
            await fill(api)
        await asyncio.sleep(1.5)  # a page's house is a second old at most
        told = await read(fleet)
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert all("ledger.sqlite3" in trouble for trouble in told.troubles()), told.troubles()
        assert told.metrics["dreamd_ledger_writable"] == 0.0
        await api.dreamscapes.create("after", dreamapi.plan(seats_min=3, seats_max=8))
        await asyncio.sleep(1.5)
    assert (await read(fleet)).troubles() == ["", "", "", ""]


async def fill(api: dreamapi.Api) -> None:
    """Write until the disk is full."""
    for number in range(40):
        await api.dreamscapes.create(f"d{number}", dreamapi.plan(seats_min=3, seats_max=8))


async def daemon_is_killed(fleet: Fleet) -> None:
    """Without a daemon the views report it; late reports have the pods' own time."""
    fleet.kill_daemon()
    for line in (("top", "--once", "--json"), ("pods", "list", "--json"), ("dreamscapes", "get", NIGHT)):
        status, out, err = await command(fleet, *line)
        assert (status, out) == (1, "")
        assert re.match(r"dreamd: nothing answers at ", err)
    await asyncio.sleep(LATER_S)
    assert all(applied(fleet, pod) == 0.0 for pod in PODS[:3])
    fleet.daemon()
    await until(lambda: told_late(fleet))
    for event in told_late(fleet):
        assert event["cause"] == "lease"
        assert event["at_s"] - event["acted_s"] > 1.0


def told_late(fleet: Fleet) -> list[dict[str, Any]]:
    """The severs that pods have reported to this daemon."""
    return [event for event in looked(fleet)["events"] if event["kind"] == "severed"]
