"""Output of real processes: no personal data, and no wait for a reader."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

import dreamapi
from dreamd.adapters.log_events import EVENTS
from dreamwire.signing import SigningKey
from integration.fleet import NIGHT, Fleet, until
from mosquitto import Broker

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 6))
CANARY = 41.85673
TRACES = ("1.85673", "sleeper-light")
"""The canary with and without offsets, and every pseudonym."""
FIRST_WITHIN_S = 20.0
QUIET_S = 1.0
"""The first event may take its time on a loaded machine; after a second without one the journal is read."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Five sleepers, one of them the canary; the log is at debug level."""
    one = Fleet(tmp_path, broker, flags=("--log-level", "debug", "--log-format", "json"))
    try:
        one.daemon()
        one.light(WARD, 1, len(PODS), "--hops", "--canary", str(CANARY))
        await one.begin(PODS)
        await until(lambda: all(one.applied(pod, WARD) > 0.01 for pod in PODS[1:]))
        yield one
    finally:
        one.close()


async def _all_events(api: dreamapi.Api) -> str:
    """Every event of the journal, with its sentence and its values."""
    told: list[str] = []
    cursor = 1
    for _ in range(2):
        try:
            async with (
                asyncio.timeout(FIRST_WITHIN_S) as limit,
                aclosing(api.dreamscapes.watch_events(after=cursor)) as events,
            ):
                async for event in events:
                    told.append(str(event))
                    limit.reschedule(asyncio.get_running_loop().time() + QUIET_S)
        except dreamapi.CursorTooOld as too_old:
            cursor = int(too_old.metadata["oldest"]) - 1
        except TimeoutError:
            break
    return "\n".join(told)


def _metrics(fleet: Fleet) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{fleet.http_port}/metrics") as answer:
        text: str = answer.read().decode()
        return text


async def _errors(api: dreamapi.Api) -> str:
    """The daemon's refusals that concern the canary."""
    said: list[str] = []
    for attempt in (
        api.pods.check_in("light-1", "sleeper-other"),
        api.pods.check_in("light-2", "sleeper-light-1"),
        api.dreamscapes.start(NIGHT),
        api.breakers.reset("light-1", by="ada", reason="a trial", etag="0"),
    ):
        try:
            await attempt
        except dreamapi.ApiError as error:
            said.append(str(error))
    assert len(said) >= 3
    return "\n".join(said)


async def test_no_personal_data_is_written(fleet: Fleet) -> None:
    """A canary in features and template, and pseudonyms, appear in no output, through all kinds of trips.

    Searched: the daemon's log at debug level, the pods' journals and standard error, /metrics, the journal's
    events and the refusals of the API.
    """
    log = fleet.folder / "daemon.log"
    fleet.tell(WARD, "ail light-3 railed")
    fleet.tell(WARD, "nan light-4")
    await asyncio.sleep(2.0)
    fleet.tell(WARD, "still light-1")
    await until(lambda: '"cause": "frozen"' in log.read_text())
    fleet.tell(WARD, "loud light-1")
    async with fleet.api() as api:
        errors = await _errors(api)
        await api.dreamscapes.sever(NIGHT, reason="a trial")
        await asyncio.sleep(1.5)
        events = await _all_events(api)
    metrics = await asyncio.to_thread(_metrics, fleet)
    fleet.signal("daemon", signal.SIGTERM)
    assert await asyncio.to_thread(fleet.processes["daemon"].wait, 10.0) == 0
    written = {
        "log": log.read_text(),
        "pods": (fleet.folder / f"{WARD}.jsonl").read_text() + (fleet.folder / f"{WARD}.log").read_text(),
        "events": events,
        "errors": errors,
        "metrics": metrics,
    }
    for where, text in written.items():
        assert len(text) > 100, where
        assert [trace for trace in TRACES if trace in text] == [], where
    lines = [json.loads(line) for line in written["log"].splitlines()]
    assert {line["event"] for line in lines} <= set(EVENTS)
    assert {"merged", "severed", "breaker_tripped", "state", "ready", "ended"} <= {
        line["event"] for line in lines
    }
    merged = [line for line in lines if line["event"] == "merged"]
    assert all(line["dreamscape"] == NIGHT and line["tick"] > 0 and line["pod"] in PODS for line in merged)


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """The write end of a full, unread pipe."""
    read_fd, write_fd = os.pipe()
    fcntl.fcntl(write_fd, fcntl.F_SETPIPE_SZ, 4096)
    os.write(write_fd, b"." * 4096)
    yield write_fd
    os.close(read_fd)
    os.close(write_fd)


async def test_a_full_pipe_holds_no_tick_up_and_no_sever(
    broker: Broker, tmp_path: Path, full_pipe: int
) -> None:
    """With standard error full from the first line on the daemon is ready, ticks, severs and ends with 0."""
    fleet = Fleet(tmp_path, broker)
    command = [
        *(sys.executable, "-m", "dreamd", "serve", "--ready-json", "--mqtt-url", broker.url),
        *("--state-dir", str(fleet.state), "--grpc-port", "0", "--http-port", "0", "--log-level", "debug"),
        *fleet.founding(),
    ]
    process = subprocess.Popen(  # noqa: ASYNC220 -- started once
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=full_pipe, env=dict(os.environ)
    )
    fleet.processes["daemon"] = process
    try:
        assert process.stdout is not None
        ready = await asyncio.to_thread(process.stdout.readline)
        fleet.grpc_port = json.loads(ready)["grpc"]
        fleet.light(WARD, 1, len(PODS), "--hops")
        await fleet.begin(PODS)
        await until(lambda: all(fleet.applied(pod, WARD) > 0.01 for pod in PODS))
        async with fleet.api() as api:
            before = (await api.dreamscapes.get(NIGHT)).tick
            await asyncio.sleep(1.5)
            assert (await api.dreamscapes.get(NIGHT)).tick - before >= 5
            outcome = await api.dreamscapes.sever(NIGHT, reason="a trial")  # it confirms for 1.5 s at most
            assert outcome.confirmed == len(PODS)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10.0) == 0
    finally:
        fleet.close()


def test_a_bed_with_an_unread_stderr_goes_on(broker: Broker, tmp_path: Path, full_pipe: int) -> None:
    """With standard error full from the first line on the agent connects, reports and goes home."""
    command = [
        *(sys.executable, "-m", "dreamedge", "run", "--pod", "bed-1=sim:3", "--broker", broker.url),
        *("--daemon-key", SigningKey.generate().public.hex, "--state-dir", str(tmp_path / "pods")),
        *("--duration", "3"),
    ]
    began_s = time.monotonic()
    done = subprocess.run(command, stderr=full_pipe, stdout=subprocess.DEVNULL, check=False, timeout=90.0)
    assert done.returncode == 0
    assert time.monotonic() - began_s < 60.0  # a blocked writer would hold it for good
