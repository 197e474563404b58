"""Ways out while a house has no owner: real daemons, PostgreSQL, mosquitto and pods, by the pods' stamps."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import dreamapi
from depth import LONG
from dreamapi.v1.severs_pb2 import OrderSeverRequest
from dreamapi.v1.wake_pb2 import WakeOrder
from fakes.postgres import MISSING, Cluster, cluster, programs
from integration.conftest import running_broker
from integration.fleet import LEASE_AND_FADE_S, boottime_s, number, stamp_s, until
from integration.test_takeover import LEASE_S, WARD, House

pytestmark = [
    pytest.mark.skipif(programs() is None, reason=MISSING),
    pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two daemons, a database and pods, a minute each"),
]

PODS = tuple(f"light-{k}" for k in range(1, 8))
OUT, STAY = PODS[:3], PODS[3:]
SERVES = re.compile(r"standby_serves.*?grpc[=\":\s]+(\d+)")


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A PostgreSQL server of this test's own."""
    with cluster() as one:
        yield one


@pytest.fixture
async def house(tmp_path: Path, server: Cluster, unused_tcp_port: int) -> AsyncIterator[House]:
    """A house of seven merged sleepers, and a standby that serves its ways out."""
    flags = ("--ledger-url", server.url(), "--house-lease-s", str(LEASE_S), "--house-name", "Nachthaus")
    with running_broker(tmp_path) as broker:
        one = House(tmp_path, broker, flags=flags)
        one.port = unused_tcp_port
        try:
            one.daemon()
            one.light(WARD, 1, len(PODS), "--hops")
            await one.begin(PODS)
            await until(lambda: merged(one, PODS), within_s=60.0)
            one.standby()
            await until(lambda: SERVES.search((one.folder / "standby.log").read_text()) is not None)
            yield one
        finally:
            one.close()


def merged(house: House, pods: tuple[str, ...]) -> bool:
    """Whether each of these sleepers is coupled."""
    return all(house.applied(pod, WARD) > 0.03 for pod in pods)


def standby(house: House) -> dreamapi.Api:
    """A client of the standby alone."""
    found = SERVES.search((house.folder / "standby.log").read_text())
    assert found is not None
    return dreamapi.connect(f"127.0.0.1:{found.group(1)}", deadline_s=8.0)


def shares(house: House, pods: tuple[str, ...], since_s: float) -> list[float]:
    """The shares that these pods have rendered since then."""
    hops = [hop for pod in pods for hop in house.facts(pod, "hop", WARD)]
    return [number(hop, "applied") for hop in hops if stamp_s(hop) >= since_s]


async def test_ways_out_are_answered_while_no_daemon_owns_the_house(house: House, server: Cluster) -> None:
    """Sever, Wake and Withdraw at the standby: these are alone after the takeover, all others merge."""
    async with dreamapi.connect(f"127.0.0.1:{house.grpc_port}") as api:
        sleeper = (await api.pods.get(PODS[2])).sleeper
    server.execute("UPDATE houses SET owner = 'of another machine'", house.flags[1])
    killed_s = house.kill_daemon()
    async with standby(house) as api:
        severed, woken, withdrawn = await asyncio.gather(
            api.severs.order(OrderSeverRequest.SCOPE_POD, PODS[0], reason="smoke"),
            api.wake.order(WakeOrder.SCOPE_POD, PODS[1], issuer="mira", reason="fire"),
            api.consents.withdraw(sleeper),
        )
    kept = [severed.kept, woken.outcome.kept, withdrawn.kept]
    assert all("order is kept" in one or "no daemon owns the house" in one for one in kept), kept
    house.taken_over()
    await until(lambda: merged(house, STAY), within_s=60.0)
    assert not any(shares(house, OUT, killed_s + LEASE_AND_FADE_S))
    print(f"killed: {len(STAY)} merged again after {boottime_s() - killed_s:.1f} s, {len(OUT)} alone since")


async def test_a_way_out_at_the_standby_of_a_living_owner_is_the_owners(house: House) -> None:
    """Called at the standby, a sever is carried out by the owner: zero within a second, and confirmed."""
    called_s = boottime_s()
    async with standby(house) as api:
        outcome = await api.severs.order(OrderSeverRequest.SCOPE_POD, PODS[0], reason="smoke")
    answered_s = boottime_s() - called_s
    assert (outcome.zeroed, outcome.confirmed, outcome.kept) == (1, 1, "")
    hops = [hop for hop in house.facts(PODS[0], "hop", WARD) if stamp_s(hop) >= called_s]
    zero_s = next(stamp_s(hop) - called_s for hop in hops if number(hop, "applied") == 0.0)
    assert zero_s <= 1.0 + LEASE_AND_FADE_S
    assert merged(house, STAY)
    print(f"at the standby: zero after {zero_s:.2f} s, answered after {answered_s:.2f} s")
