"""Bad network between real processes: each link through a proxy with faults switched while it runs.

Four pods, each behind a proxy of its own, the daemon behind a fifth. The tests assert safety deadlines, by
the pods' own stamps, and that no old command is obeyed; the time of recovery is printed.
"""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from depth import LONG
from dreamapi.v1.severing_pb2 import Breaker
from integration.conftest import running_broker
from integration.crowd import WARDS
from integration.fleet import LEASE_AND_FADE_S, PODS, Fact, Fleet, boottime_s, number, stamp_s, until
from integration.proxy import DOWN, UP, Proxy, Way
from mosquitto import Broker, free_port

LEASE_S = 1.0
BACK_WITHIN_S = 60.0
LATE_S = 3.5
SLOW_FOR_S = 12.0 if LONG else 7.0
LATENCY = "capture_to_feedback_ms"


Lines = dict[str, Proxy]


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fleet, Lines]]:
    """Four sleepers, merged once for all tests here, and each link's proxy: each pod's and the daemon's."""
    folder = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        broker = stack.enter_context(running_broker(folder))
        lines = {
            name: stack.enter_context(Proxy(broker.port, seed))
            for seed, name in enumerate((*PODS, "daemon"), 1)
        }
        one = stack.enter_context(
            closing(Fleet(folder, broker, {name: way.url for name, way in lines.items()}))
        )
        one.daemon()
        for name in PODS:
            one.pod(name)
        asyncio.run(one.begin(PODS))
        yield one, lines


@pytest.fixture
async def fleet(merged: tuple[Fleet, Lines]) -> Fleet:
    """The fleet with all lines healed and all four merged, whatever the test before did to it."""
    one, lines = merged
    for line in lines.values():
        line.heal()
        line.shape(Way(), Way())
    await until(lambda: all(one.applied(pod) > 0.03 for pod in PODS), BACK_WITHIN_S)
    return one


@pytest.fixture
def proxies(merged: tuple[Fleet, Lines]) -> Lines:
    """Each pod's proxy and the daemon's, by name."""
    return merged[1]


def shares_after(fleet: Fleet, pod: str, since_s: float) -> list[float]:
    """The shares in a pod's journal since then."""
    return [number(hop, "applied") for hop in fleet.facts(pod, "hop") if stamp_s(hop) > since_s]


def since(fleet: Fleet, pod: str, kind: str, since_s: float) -> list[float]:
    """The times of this pod's facts of this kind since then."""
    return [stamp_s(fact) for fact in fleet.facts(pod, kind) if stamp_s(fact) > since_s]


def merged_again(fleet: Fleet, pod: str, since_s: float) -> bool:
    """Whether a pod has merged and risen some way since then."""
    return bool(since(fleet, pod, "merged", since_s)) and fleet.applied(pod) > 0.01


def causes(fleet: Fleet, since_s: float) -> set[str]:
    """The causes of the pods' severs since then, by their own reports."""
    severed = [fact for pod in PODS for fact in fleet.facts(pod, "severed")]
    return {str(fact["cause"]) for fact in severed if stamp_s(fact) > since_s}


def test_a_proxy_that_ends_closes_what_it_held() -> None:
    """A connection held back before its target is reached ends with the proxy and is not left open."""
    with Proxy(free_port(), 1) as proxy:
        proxy.blackhole(UP)
        client = socket.create_connection(("127.0.0.1", proxy.port), timeout=20.0)
        time.sleep(0.2)
    with client, suppress(ConnectionResetError):
        assert client.recv(1) == b""


async def test_a_blackhole_swallows_one_pod_and_its_flood_is_not_obeyed(fleet: Fleet, proxies: Lines) -> None:
    """A blackhole of one pod severs that pod alone, within 1.5 s, and the others dream on.

    The flood at its end grants nothing: the pod is scored at zero, then ramps from zero.
    """
    others = PODS[1:]
    held_s = boottime_s()
    proxies["bed-1"].blackhole(UP, DOWN)
    await asyncio.sleep(3.0)
    after_s = fleet.alone_after_s("bed-1", held_s)
    print(f"blackhole of one link: alone after {after_s:.3f} s")
    assert after_s <= LEASE_AND_FADE_S
    freed_s = boottime_s()
    proxies["bed-1"].heal()
    await until(lambda: merged_again(fleet, "bed-1", freed_s), BACK_WITHIN_S)
    back_s = since(fleet, "bed-1", "merged", freed_s)[0]
    print(f"back {back_s - freed_s:.1f} s after the flood")
    alone = [
        number(h, "applied")
        for h in fleet.facts("bed-1", "hop")
        if held_s + LEASE_AND_FADE_S + 0.1 < stamp_s(h) < back_s
    ]
    assert alone
    assert max(alone) == 0.0
    assert back_s - freed_s >= 7.0
    assert shares_after(fleet, "bed-1", back_s)[0] < 0.02
    refused = {str(f["reason"]) for f in fleet.facts("bed-1", "refused") if stamp_s(f) > freed_s}
    assert refused & {"stale-frame", "unknown-frame", "unanswered"}
    assert not any(since(fleet, pod, "severed", held_s) for pod in others)
    assert all(min(shares_after(fleet, pod, held_s)) > 0.03 for pod in others)


async def test_a_blackhole_before_the_daemon_leaves_everyone_alone(fleet: Fleet, proxies: Lines) -> None:
    """With the daemon mute, deaf, or both all are alone within 1.5 s; then all return, without a cause."""
    began_s = boottime_s()
    for directions in ((UP,), (DOWN,), (UP, DOWN)):
        held_s = boottime_s()
        proxies["daemon"].blackhole(*directions)
        await until(lambda s=held_s: all(since(fleet, pod, "alone", s) for pod in PODS))
        after_s = {pod: fleet.alone_after_s(pod, held_s) for pod in PODS}
        print(f"blackhole {directions} of the daemon's link: alone after {max(after_s.values()):.3f} s")
        assert max(after_s.values()) <= LEASE_AND_FADE_S
        await asyncio.sleep(1.0)
        freed_s = boottime_s()
        proxies["daemon"].heal()
        await until(lambda s=freed_s: all(merged_again(fleet, pod, s) for pod in PODS), BACK_WITHIN_S)
        print(f"all merged again {boottime_s() - freed_s:.1f} s after the flood")
    assert causes(fleet, began_s) <= {"lease", "daemon"}
    breakers = (await fleet.breakers()).values()
    assert {pod.breaker.cause for pod in breakers} <= {"", "stale", "lost"}


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")
async def test_torn_connections_come_back_with_jitter(fleet: Fleet, proxies: Lines) -> None:
    """With every connection reset pods reconnect by themselves and lose at most a lease.

    A pod refused for a while is alone in 1.5 s and returns from zero; the others dream on.
    """
    torn_s = boottime_s()
    assert sum(proxy.reset() for proxy in proxies.values()) >= len(proxies)
    await until(lambda: all(since(fleet, pod, "connected", torn_s) for pod in PODS))
    back_s = [since(fleet, pod, "connected", torn_s)[0] - torn_s for pod in PODS]
    print("connected again after " + ", ".join(f"{one:.2f}" for one in sorted(back_s)) + " s")
    assert min(back_s) >= 0.2
    await asyncio.sleep(LEASE_AND_FADE_S)
    ends_s = [fleet.alone_after_s(pod, torn_s) for pod in PODS if since(fleet, pod, "alone", torn_s)]
    assert max(ends_s, default=0.0) <= LEASE_AND_FADE_S
    assert causes(fleet, torn_s) <= {"lease"}
    await until(lambda: all(fleet.applied(pod) > 0.03 for pod in PODS), BACK_WITHIN_S)
    shut_s = boottime_s()
    proxies["bed-1"].refuse()
    proxies["bed-1"].reset()
    await asyncio.sleep(2.0)
    assert fleet.alone_after_s("bed-1", shut_s) <= LEASE_AND_FADE_S
    proxies["bed-1"].accept()
    await until(lambda: merged_again(fleet, "bed-1", shut_s), BACK_WITHIN_S)
    merged_s = since(fleet, "bed-1", "merged", shut_s)[0]
    assert shares_after(fleet, "bed-1", merged_s)[0] < 0.02
    assert not any(since(fleet, pod, "severed", shut_s) for pod in PODS[1:])
    assert all(pod.breaker.state != Breaker.STATE_LOCKED for pod in (await fleet.breakers()).values())


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a quarter of a minute")
async def test_a_line_too_narrow_leaves_a_pod_alone_rather_than_on_old_data(
    fleet: Fleet, proxies: Lines
) -> None:
    """At 400 bytes a second a pod is alone, never on data older than a lease; its memory does not grow."""
    before_kib = _rss_kib(fleet, "bed-1")
    narrowed_s = boottime_s()
    proxies["bed-1"].shape(Way(bytes_per_s=400.0), Way(bytes_per_s=400.0))
    await until(lambda: since(fleet, "bed-1", "alone", narrowed_s))
    alone_s = narrowed_s + fleet.alone_after_s("bed-1", narrowed_s)
    print(f"400 bytes a second: alone after {alone_s - narrowed_s:.1f} s")
    await asyncio.sleep(5.0)
    assert max(shares_after(fleet, "bed-1", alone_s + 0.1)) == 0.0
    hops = [hop for hop in fleet.facts("bed-1", "hop") if stamp_s(hop) > narrowed_s]
    ages_ms = [number(hop, LATENCY) for hop in hops if LATENCY in hop]
    assert max(ages_ms) <= LEASE_S * 1000
    assert fleet.processes["bed-1"].poll() is None
    assert _rss_kib(fleet, "bed-1") - before_kib < 10_000
    assert not any(since(fleet, pod, "severed", narrowed_s) for pod in PODS[1:])
    assert all(fleet.applied(pod) > 0.03 for pod in PODS[1:])


def _rss_kib(fleet: Fleet, name: str) -> int:
    return psutil.Process(fleet.processes[name].pid).memory_info().rss // 1024


async def slow_lines(
    broker: Broker, folder: Path, way: Way, count: int, learn_s: float, for_s: float
) -> None:
    """Light pods behind links like `way`: they learn the clock for a while, then dream."""
    with Proxy(broker.port) as line:
        line.shape(way, way)
        fleet = Fleet(folder, broker, dict.fromkeys(WARDS, line.url))
        pods = tuple(f"light-{k}" for k in range(1, count + 1))
        try:
            fleet.daemon()
            each = count // len(WARDS)
            for at, ward in enumerate(WARDS):
                fleet.light(ward, 1 + at * each, each, "--hops")
            await asyncio.sleep(learn_s)
            await fleet.begin(pods, within_s=60.0)
            await until(lambda: {f["pod"] for f in told(fleet, "merged")} == set(pods), 60.0)
            await asyncio.sleep(for_s)
            over_s = boottime_s()  # counting delays the proxy, a thread of this process
            facts = [fact for ward in WARDS for fact in fleet.journal(ward) if stamp_s(fact) < over_s]
            hops = [fact for fact in facts if fact["kind"] == "hop"]
            ages_ms = sorted(number(hop, LATENCY) for hop in hops if LATENCY in hop)
            p50_ms, p99_ms = ages_ms[len(ages_ms) // 2], ages_ms[int(len(ages_ms) * 0.99)]
            severed = Counter(str(fact["cause"]) for fact in facts if fact["kind"] == "severed")
            figures = f"capture to feedback p50 {p50_ms:.0f} ms, p99 {p99_ms:.0f} ms, severed {dict(severed)}"
            print(f"{count} pods, {for_s:.0f} s, {figures}")
            assert not severed
            newest = {str(hop["pod"]): number(hop, "applied") for hop in hops}
            assert min(newest[pod] for pod in pods) > 0.01
        finally:
            fleet.close()


def told(fleet: Fleet, kind: str) -> list[Fact]:
    """All light pods' facts of one kind."""
    return [fact for ward in WARDS for fact in fleet.journal(ward) if fact["kind"] == kind]


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")
async def test_slow_lines_sever_no_healthy_pod(broker: Broker, tmp_path: Path) -> None:
    """Twenty healthy pods at 100 to 200 ms each way are never severed."""
    await slow_lines(broker, tmp_path, Way(latency_s=(0.1, 0.2)), 20, learn_s=0.0, for_s=10.0)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: four minutes")
async def test_slow_and_uneven_lines_sever_no_healthy_pod_in_two_minutes(
    broker: Broker, tmp_path: Path
) -> None:
    """A hundred healthy pods at 100 to 300 ms each way, clocks learnt, are not severed in two minutes."""
    await slow_lines(broker, tmp_path, Way(latency_s=(0.1, 0.3)), 100, learn_s=60.0, for_s=120.0)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")
async def test_late_messages_accuse_no_bed(fleet: Fleet, proxies: Lines) -> None:
    """Four beds' messages 3.5 s late, in order: 0 hard causes, 0 locks, all return by themselves."""
    began_s = boottime_s()
    for _ in range(2 if LONG else 1):
        slow_s = boottime_s()
        for name in PODS:
            proxies[name].shape(up=Way((LATE_S, LATE_S)))
        await asyncio.sleep(SLOW_FOR_S)
        assert max(fleet.alone_after_s(pod, slow_s) for pod in PODS) <= LEASE_AND_FADE_S
        quick_s = boottime_s()
        for name in PODS:
            proxies[name].shape(up=Way())
        await until(lambda s=quick_s: all(merged_again(fleet, pod, s) for pod in PODS), BACK_WITHIN_S)
        print(f"all merged again {boottime_s() - quick_s:.1f} s after {SLOW_FOR_S:.0f} s of delay")
    assert causes(fleet, began_s) <= {"lease", "daemon"}
    breakers = (await fleet.breakers()).values()
    assert {pod.breaker.state for pod in breakers} == {Breaker.STATE_CLOSED}
    assert {pod.breaker.cause for pod in breakers} <= {"", "stale", "lost"}
    series = await asyncio.to_thread(_metrics, fleet)
    assert series["dreamd_frames_above_granted_total"] == 0.0
    assert series["dreamd_coupled_above_granted"] == 0.0


def _metrics(fleet: Fleet) -> dict[str, float]:
    """The daemon's series without labels."""
    with urlopen(f"http://127.0.0.1:{fleet.http_port}/metrics", timeout=5.0) as answer:
        lines = answer.read().decode().splitlines()
    plain = (line.split(" ") for line in lines if not line.startswith("#") and "{" not in line)
    return {name: float(value) for name, value in plain}
