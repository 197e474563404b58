"""Plugs pulled out of a running fleet: real processes, a real broker, the pods' own stamps.

A fleet is mosquitto, `dreamd serve` and four `dreamedge run` processes. A Dreamscape is begun through the
API, beside it an anchor session where a test asks one, and all merge. Then a process is killed or frozen, and
each pod's journal shows when its sleeper was alone. All processes share CLOCK_BOOTTIME, so the moment of the
pull compares with them.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from depth import LONG
from integration.fleet import LEASE_AND_FADE_S, PODS, Fact, Fleet, stamp_s, until
from mosquitto import Broker

SOAKED = pytest.mark.skipif(not LONG, reason="DREAMD_LONG: the other way of losing it is in every run")
"""Of broker and pod one way of losing it is in every run, of the daemon both."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Fleet]:
    """Four sleepers, merged; the pod of the parameter in an anchor session."""
    one, alone = Fleet(tmp_path, broker), getattr(request, "param", "")
    try:
        one.daemon()
        for name in PODS:
            one.pod(name)
        await one.begin([pod for pod in PODS if pod != alone])
        if alone:
            await one.anchor(alone)
        await until(lambda: all(one.applied(pod) > 0.03 for pod in PODS))
        yield one
    finally:
        one.close()


async def all_merged(fleet: Fleet, since_s: float) -> None:
    """Wait until every sleeper renders a share again, by a hop after this moment."""

    def merged(pod: str) -> bool:
        hops = fleet.facts(pod, "hop")
        return stamp_s(hops[-1]) > since_s and fleet.applied(pod) > 0.03

    await until(lambda: all(merged(pod) for pod in PODS), 60.0)


async def everyone_is_alone_without(fleet: Fleet, name: str, number: int) -> None:
    """Kill or freeze daemon or broker; each pod's stamp says when its sleeper was alone."""
    before = {pod: len(fleet.facts(pod, "alone")) for pod in PODS}
    pulled_s = fleet.signal(name, number)
    await until(lambda: all(len(fleet.facts(pod, "alone")) == before[pod] + 1 for pod in PODS))
    after_s = {pod: fleet.alone_after_s(pod, pulled_s) for pod in PODS}
    print(f"{name} {signal.Signals(number).name}: alone after {max(after_s.values()):.3f} s at the latest")
    assert max(after_s.values()) <= LEASE_AND_FADE_S


@pytest.mark.parametrize("fleet", [PODS[-1]], indirect=True)
async def test_without_daemon_or_broker_everyone_is_alone(fleet: Fleet) -> None:
    """Broker frozen, daemon frozen, daemon killed: each time all are alone within 1.5 s by their own stamp.

    So is the sleeper of an anchor session. After a thaw all merge again by themselves.
    """
    for name in ("broker", "daemon"):
        await everyone_is_alone_without(fleet, name, signal.SIGSTOP)
        await all_merged(fleet, fleet.signal(name, signal.SIGCONT))
    await everyone_is_alone_without(fleet, "daemon", signal.SIGKILL)


@SOAKED
async def test_without_a_killed_broker_everyone_is_alone(fleet: Fleet) -> None:
    """With the broker killed every sleeper is alone within 1.5 s, by their pod's stamp."""
    await everyone_is_alone_without(fleet, "broker", signal.SIGKILL)


@SOAKED
async def test_a_killed_pod_affects_no_other(fleet: Fleet) -> None:
    """With a pod killed the others dream on."""
    fleet.signal("bed-1", signal.SIGKILL)
    await asyncio.sleep(3.0)
    others_dream_on(fleet)


def others_dream_on(fleet: Fleet) -> None:
    """No pod but bed-1 has been severed, and each renders its share."""
    assert all(fleet.applied(pod) > 0.03 and not fleet.facts(pod, "severed") for pod in PODS[1:])


async def test_a_frozen_pod_affects_no_other_and_sigterm_zeroes_everyone_first(fleet: Fleet) -> None:
    """With a pod frozen the others dream on; thawed, its sleeper has been alone all along.

    Then SIGTERM to the daemon severs every other sleeper by broadcast within 500 ms, not by a lapsed lease.
    """
    pulled_s = fleet.signal("bed-1", signal.SIGSTOP)
    await asyncio.sleep(3.0)
    others_dream_on(fleet)
    assert all(stamp_s(hop) <= pulled_s + 0.3 for hop in fleet.facts("bed-1", "hop"))
    thawed_s = fleet.signal("bed-1", signal.SIGCONT)
    await until(lambda: fleet.facts("bed-1", "alone"))
    after_s = fleet.alone_after_s("bed-1", pulled_s)
    print(f"bed-1 SIGSTOP: alone after {after_s:.3f} s")
    assert after_s <= LEASE_AND_FADE_S
    await until(lambda: len(_hops_since(fleet, "bed-1", thawed_s)) >= 4)
    assert all(float(str(hop["applied"])) == 0.0 for hop in _hops_since(fleet, "bed-1", thawed_s)[:4])
    await all_merged(fleet, thawed_s)
    before = {pod: len(fleet.facts(pod, "severed")) for pod in PODS}
    asked_s = fleet.signal("daemon", signal.SIGTERM)
    await until(lambda: all(_alone_since(fleet, pod, asked_s) for pod in PODS))
    causes = {str(fleet.facts(pod, "severed")[before[pod]]["cause"]) for pod in PODS}
    assert causes <= {"daemon", "release"}
    assert max(fleet.alone_after_s(pod, asked_s) for pod in PODS) <= 0.5
    assert fleet.processes["daemon"].wait(timeout=30.0) == 0


def _alone_since(fleet: Fleet, pod: str, since_s: float) -> bool:
    return any(stamp_s(fact, "alone_ns") >= since_s for fact in fleet.facts(pod, "alone"))


def _hops_since(fleet: Fleet, pod: str, since_s: float) -> list[Fact]:
    return [hop for hop in fleet.facts(pod, "hop") if stamp_s(hop) > since_s]
