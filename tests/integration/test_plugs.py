"""Plugs pulled out of a running fleet: real processes, a real broker, the pods' own stamps.

A fleet is mosquitto, `dreamd serve` and four `dreamedge run` processes; a Dreamscape is begun through the API
and all merge. Then a process is killed or frozen, and each pod's journal shows when its sleeper was alone.
All processes share CLOCK_BOOTTIME, so the moment of the pull compares with them.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from depth import LONG
from integration.fleet import LEASE_AND_FADE_S, PODS, Fleet, stamp_s, until
from mosquitto import Broker

SOAKED = pytest.mark.skipif(not LONG, reason="DREAMD_LONG: the other way of losing it is in every run")
"""Of broker and pod one way of losing it is in every run, of the daemon both."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Four sleepers, merged."""
    one = Fleet(tmp_path, broker)
    try:
        one.daemon()
        for name in PODS:
            one.pod(name)
        await one.begin(PODS)
        await until(lambda: all(one.applied(pod) > 0.03 for pod in PODS))
        yield one
    finally:
        one.close()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        pytest.param("daemon", signal.SIGKILL, id="daemon-killed"),
        pytest.param("daemon", signal.SIGSTOP, id="daemon-frozen"),
        pytest.param("broker", signal.SIGKILL, id="broker-killed", marks=SOAKED),
        pytest.param("broker", signal.SIGSTOP, id="broker-frozen"),
    ],
)
async def test_without_daemon_or_broker_everyone_is_alone(fleet: Fleet, name: str, number: int) -> None:
    """With daemon or broker killed or frozen every sleeper is alone within 1.5 s, by their pod's stamp."""
    pulled_s = fleet.signal(name, number)
    await until(lambda: all(len(fleet.facts(pod, "alone")) == 1 for pod in PODS))
    after_s = {pod: fleet.alone_after_s(pod, pulled_s) for pod in PODS}
    print(f"{name} {signal.Signals(number).name}: alone after {max(after_s.values()):.3f} s at the latest")
    assert max(after_s.values()) <= LEASE_AND_FADE_S
    if number == signal.SIGSTOP:
        fleet.signal(name, signal.SIGCONT)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGKILL, id="killed", marks=SOAKED),
        pytest.param(signal.SIGSTOP, id="frozen"),
    ],
)
async def test_a_lost_pod_affects_no_other(fleet: Fleet, number: int) -> None:
    """With a pod killed or frozen the others dream on; thawed, its sleeper has been alone all along."""
    pulled_s = fleet.signal("bed-1", number)
    await asyncio.sleep(3.0)
    others = PODS[1:]
    assert all(fleet.applied(pod) > 0.03 and not fleet.facts(pod, "severed") for pod in others)
    if number == signal.SIGSTOP:
        assert all(stamp_s(hop) <= pulled_s + 0.3 for hop in fleet.facts("bed-1", "hop"))
        thawed_s = fleet.signal("bed-1", signal.SIGCONT)
        await until(lambda: fleet.facts("bed-1", "alone"))
        after_s = fleet.alone_after_s("bed-1", pulled_s)
        print(f"bed-1 SIGSTOP: alone after {after_s:.3f} s")
        assert after_s <= LEASE_AND_FADE_S
        later = [hop for hop in fleet.facts("bed-1", "hop") if stamp_s(hop) > thawed_s]
        assert all(float(str(hop["applied"])) == 0.0 for hop in later[:8])


async def test_sigterm_zeroes_everyone_first(fleet: Fleet) -> None:
    """SIGTERM to the daemon severs every sleeper by broadcast within 500 ms, not by a lapsed lease."""
    asked_s = fleet.signal("daemon", signal.SIGTERM)
    await until(lambda: all(fleet.facts(pod, "alone") for pod in PODS))
    causes = {str(fleet.facts(pod, "severed")[0]["cause"]) for pod in PODS}
    assert causes <= {"daemon", "release"}
    assert max(fleet.alone_after_s(pod, asked_s) for pod in PODS) <= 0.5
    assert fleet.processes["daemon"].wait(timeout=30.0) == 0
