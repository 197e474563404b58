"""A house and its standby: real daemons, PostgreSQL, mosquitto and pods; the owner killed, frozen, ended."""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from depth import LONG
from fakes.postgres import MISSING, Cluster, cluster, programs
from integration.conftest import running_broker
from integration.fleet import LEASE_AND_FADE_S, Fleet, boottime_s, number, stamp_s, until

pytestmark = [
    pytest.mark.skipif(programs() is None, reason=MISSING),
    pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two daemons, a database and pods, a minute each"),
]

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 5))
LEASE_S = 5.5
TAKEN_WITHIN_S = LEASE_S + 2.0


class House(Fleet):
    """A fleet whose daemon has a standby with a state directory of its own."""

    port: int = 0
    other_port: int = 0

    def standby(self) -> None:
        """Start it: the same flags, its own directory, with the keys of the owner."""
        other = self.folder / "standby"
        other.mkdir(mode=0o700)
        shutil.copy2(self.state / "daemon.key", other / "daemon.key")
        with closing(sqlite3.connect(self.state / "keys.sqlite3")) as keys:
            keys.execute("VACUUM INTO ?", (str(other / "keys.sqlite3"),))
        (other / "keys.sqlite3").chmod(0o600)
        flags = ["--ready-json", "--mqtt-url", self._url("daemon"), "--state-dir", str(other)]
        flags += ["--grpc-port", str(self.other_port), "--http-port", str(self.port)]
        flags += [*self.founding(), *self.flags]
        self.start("standby", [*self.program, "serve", *flags, "--house-standby", "yes"])

    def told(self) -> str:
        """The answer of the standby's /readyz."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5.0) as page:
                return str(page.read().decode())
        except urllib.error.HTTPError as wrong:
            return wrong.read().decode()
        except OSError:
            return ""

    def run(self, *words: str) -> str:
        """The output of a command that asks the owner, or the one that leads to it."""
        command = [sys.executable, "-m", "dreamd", *words, "--server", f"127.0.0.1:{self.grpc_port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60.0, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def taken_over(self) -> float:
        """Wait until the standby serves; returns the moment."""
        process = self.processes["standby"]
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (self.folder / "standby.log").read_text()
        self.grpc_port = json.loads(line)["grpc"]
        return boottime_s()

    def shares(self, since_s: float, until_s: float = inf) -> list[float]:
        """The shares that the pods rendered in that time."""
        hops = [hop for pod in PODS for hop in self.facts(pod, "hop", WARD)]
        return [number(hop, "applied") for hop in hops if since_s <= stamp_s(hop) < until_s]

    def coupled_s(self, pod: str, since_s: float) -> float:
        """When this pod first rendered a share of the others after `since_s`; 0: it has not yet."""
        hops = (hop for hop in self.facts(pod, "hop", WARD) if stamp_s(hop) > since_s)
        return next((stamp_s(hop) for hop in hops if number(hop, "applied") > 0.0), 0.0)

    def merged(self) -> bool:
        """Whether every sleeper is coupled."""
        return all(self.applied(pod, WARD) > 0.03 for pod in PODS)


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A PostgreSQL server of this test's own."""
    with cluster() as one:
        yield one


@pytest.fixture
async def house(
    tmp_path: Path, server: Cluster, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[House]:
    """A house of four merged sleepers, and a standby that waits."""
    flags = ("--ledger-url", server.url(), "--house-lease-s", str(LEASE_S), "--house-name", "Nachthaus")
    with running_broker(tmp_path) as broker:
        one = House(tmp_path, broker, flags=flags)
        one.port, one.other_port, one.fixed_port = (unused_tcp_port_factory() for _ in range(3))
        try:
            one.daemon()
            one.light(WARD, 1, len(PODS), "--hops")
            await one.begin(PODS)
            await until(one.merged, within_s=60.0)
            one.standby()
            yield one
        finally:
            one.close()


async def waits(house: House) -> None:
    """The standby says whose it is."""
    await until(lambda: f"standby of Nachthaus: 127.0.0.1:{house.fixed_port} owns it" in house.told())


async def test_a_killed_owner_is_followed_within_its_lease_and_two_seconds(
    house: House, server: Cluster
) -> None:
    """SIGKILL of an owner elsewhere: alone in 1.5 s, served in time, and all merge again."""
    await waits(house)
    server.execute("UPDATE houses SET owner = 'of another machine'", house.flags[1])
    killed_s = house.kill_daemon()
    served_s = house.taken_over() - killed_s
    assert served_s <= TAKEN_WITHIN_S
    alone_s = max(house.alone_after_s(pod, killed_s, WARD) for pod in PODS)
    assert alone_s <= LEASE_AND_FADE_S
    assert not any(house.shares(killed_s + LEASE_AND_FADE_S, killed_s + served_s))
    await until(house.merged, within_s=60.0)
    merged_s = boottime_s() - killed_s
    print(f"killed: alone {alone_s:.2f} s, served by the standby {served_s:.1f} s, merged {merged_s:.1f} s")


async def test_a_frozen_owner_sends_nothing_coupled_after_it_wakes(house: House) -> None:
    """SIGSTOP: the lease runs out and the standby takes over; after SIGCONT the old one ends, all dream."""
    await waits(house)
    frozen_s = house.signal("daemon", signal.SIGSTOP)
    served_s = house.taken_over() - frozen_s
    assert LEASE_S * 0.6 <= served_s <= TAKEN_WITHIN_S
    await until(house.merged, within_s=60.0)
    woken_s = house.signal("daemon", signal.SIGCONT)
    assert house.processes["daemon"].wait(20.0) == 1
    assert "another dreamd owns the house" in (house.folder / "daemon.log").read_text()
    await until(lambda: boottime_s() > woken_s + 5.0)
    assert house.merged()
    least = min(house.shares(woken_s))
    assert least > 0.03, "the old owner took no bed from the new one"
    print(f"frozen: served {served_s:.1f} s after the stop; least share after its return {least:.2f}")


async def end_by_plan(house: House, name: str) -> tuple[float, float, float]:
    """End the owner; seconds until everyone is at zero, the next one serves, and all are merged."""
    ended_s, taken = boottime_s(), asyncio.create_task(asyncio.to_thread(house.taken_over))
    if name == "dreamd handover":
        told = await asyncio.to_thread(house.run, "handover", "--reason", "a new disk")
        assert "ends; 127.0.0.1" in told
        assert f"127.0.0.1:{house.other_port} owns the house" in told
        print(told)
        assert house.processes["daemon"].wait(20.0) == 0
    else:
        assert house.stop_daemon(20.0) == 0
    served_s = await taken - ended_s
    zero_s = max(house.alone_after_s(pod, ended_s, WARD) for pod in PODS)
    await until(lambda: all(house.coupled_s(pod, ended_s + zero_s) for pod in PODS), within_s=60.0)
    merged_s = max(house.coupled_s(pod, ended_s + zero_s) for pod in PODS) - ended_s
    print(
        f"{name}: zero {zero_s:.2f} s, served {served_s:.2f} s, merged again {merged_s:.1f} s after SIGTERM"
    )
    return zero_s, served_s, merged_s


@pytest.mark.parametrize("name", ["a plain stop", "a handover", "dreamd handover"])
async def test_an_owner_that_ends_hands_the_house_over(house: House, server: Cluster, name: str) -> None:
    """The planned end: every bed at zero, then the lease is given up, and the standby serves at once.

    A plain stop is what an owner does that sees no standby; each bed is then released, and scored anew.
    """
    if name == "a plain stop":
        hidden = "CREATE RULE hidden AS ON INSERT TO standbys DO INSTEAD NOTHING"
        server.execute(f"{hidden}; DELETE FROM standbys", house.flags[1])
    await waits(house)
    await asyncio.sleep(LEASE_S)  # the owner sees who waits with its next renewal
    zero_s, served_s, _ = await end_by_plan(house, name)
    assert zero_s <= LEASE_AND_FADE_S
    assert served_s <= TAKEN_WITHIN_S
    log = (house.folder / "daemon.log").read_text()
    assert ("handing_over" in log) == (name != "a plain stop")
    shown = await asyncio.to_thread(house.run, "house")
    assert f"owner      127.0.0.1:{house.other_port} of Nachthaus" in shown


async def test_a_database_that_dies_zeroes_and_its_return_goes_on(house: House, server: Cluster) -> None:
    """PostgreSQL is killed: all at zero, the standby takes nothing; PostgreSQL is back: all merge again."""
    await waits(house)
    killed_s = boottime_s()
    server.stop()
    await until(lambda: all(house.applied(pod, WARD) == 0.0 for pod in PODS), within_s=20.0)
    zero_s = boottime_s() - killed_s
    assert zero_s <= 5.0 + 2.0
    await until(lambda: boottime_s() > killed_s + LEASE_S + 3.0)
    assert house.processes["standby"].poll() is None
    server.start()
    await until(house.merged, within_s=60.0)
    print(f"database killed: zero after {zero_s:.1f} s; merged again {boottime_s() - killed_s:.1f} s after")
    told = house.told()
    assert f"127.0.0.1:{house.fixed_port} owns it" in told, "the house has the owner that it had"
    assert house.processes["daemon"].poll() is None
