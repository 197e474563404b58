"""Ways out under siege, with real processes: hundreds of streams, calls and drips, and every button acts."""

import asyncio
import http.client
import json
import resource
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integration.besieged import besieged
from integration.fleet import LEASE_AND_FADE_S, NIGHT, Fleet, boottime_s, until
from mosquitto import Broker

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 7))
ANSWERED_WITHIN_S = 5.0
PRESSED_S = 1.0
"""From a press until the besieged daemon has the order, where other tests take the cores too. From then on
its answer tells that the pods were at zero in time: none is unconfirmed."""
ALONE_S = PRESSED_S + LEASE_AND_FADE_S


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Six sleepers, merged; their pods journal every hop."""
    one = Fleet(tmp_path, broker)
    try:
        one.daemon()
        one.console()
        one.light(WARD, 1, len(PODS), "--hops")
        await one.begin(PODS)
        await until(lambda: all(one.applied(pod, WARD) > 0.03 for pod in PODS))
        yield one
    finally:
        one.close()


def press(fleet: Fleet, button: str, name: str) -> dict[str, object]:
    """One of the console's buttons, as a browser presses it."""
    host = f"127.0.0.1:{fleet.console_port}"
    headers = {
        "X-Dreamd-Console": "1",
        "Origin": f"http://{host}",
        "Content-Type": "application/json",
    }
    connection = http.client.HTTPConnection(host, timeout=ANSWERED_WITHIN_S)
    connection.request("POST", f"/console/{button}", json.dumps({"name": name}), headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, told
    return dict(told)


async def merged(fleet: Fleet, *pods: str) -> None:
    """Wait until these pods are merged: a starved one may have ended its lease before the order."""
    await until(lambda: all(fleet.applied(pod, WARD) > 0.0 for pod in pods))


async def test_every_way_out_acts_while_readers_take_all_they_can(fleet: Fleet) -> None:
    """Release, sever and wake act by API and by button, in time; a silent connection is ended."""
    silent = socket.create_connection(("127.0.0.1", fleet.grpc_port))
    with besieged(fleet, 1200, 1000, 64):
        await asyncio.sleep(3.0)
        async with fleet.api() as api, asyncio.timeout(60.0):
            await merged(fleet, *PODS)
            released_s = boottime_s()
            outcome = await api.pods.release(PODS[0])
            assert (outcome.zeroed, list(outcome.unconfirmed)) == (1, [])
            await merged(fleet, *PODS[1:])
            pressed_s = boottime_s()
            told = await asyncio.to_thread(press, fleet, "release", PODS[1])
            assert (told["zeroed"], told["unconfirmed"]) == (1, [])
            await merged(fleet, *PODS[2:])
            severed_s = boottime_s()
            outcome = await api.dreamscapes.sever(NIGHT)
            assert outcome.zeroed == len(PODS) - 2
            assert not outcome.unconfirmed
            assert (await asyncio.to_thread(press, fleet, "sever", NIGHT))["unconfirmed"] == []
            outcome = await api.dreamscapes.wake(NIGHT, issuer="a nurse", reason="a drill")
            assert not outcome.unconfirmed
            await asyncio.to_thread(press, fleet, "wake", NIGHT)
    assert fleet.alone_after_s(PODS[0], released_s, WARD) <= ALONE_S
    assert fleet.alone_after_s(PODS[1], pressed_s, WARD) <= ALONE_S
    for pod in PODS[2:]:
        assert fleet.alone_after_s(pod, severed_s, WARD) <= ALONE_S
    await until(lambda: all(fleet.facts(pod, "latched", WARD) for pod in PODS[2:]))
    with silent:
        assert await asyncio.to_thread(ended, silent)
    soft, hard = resource.prlimit(fleet.processes["daemon"].pid, resource.RLIMIT_NOFILE)
    assert soft == hard or soft >= 65_536


def ended(connection: socket.socket) -> bool:
    """Whether the other side ends a silent connection well before gRPC's own two minutes."""
    connection.settimeout(20.0)
    while connection.recv(1024):  # it may greet first
        pass
    return True
