"""A site and its standby as real processes: either address serves, before, through and after a takeover."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from math import inf
from pathlib import Path

import pytest

import dreamapi
from depth import LONG
from fakes.postgres import MISSING, Cluster, cluster, programs
from integration.fleet import until
from integration.test_faces import fetched
from integration.test_takeover import WARD
from integration.test_takeover import House as Ward
from integration.test_takeover import house as house_of_ward
from integration.test_takeover import server as database_of_ward
from integration.test_takeover import waits as waits_for_ward
from mosquitto import MOSQUITTO, Broker, free_port
from run_here import run_here
from site_broker import with_port
from site_process import LINE, Site, ended, serving, started

pytestmark = [
    pytest.mark.skipif(programs() is None, reason=MISSING),
    pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed (make system-packages)"),
    pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two daemons of a site and a database, half a minute"),
]


server, ward = database_of_ward, house_of_ward


@dataclass
class House:
    """Two daemons of one house, each with a state directory of its own."""

    owner: Site
    standby: Site
    url: str
    database: Cluster

    def listed(self, server: str) -> subprocess.CompletedProcess[str]:
        """`dreamd pods list` at this server, by an operator."""
        return self.owner.run("dreamd", "pods", "list", "--server", server, whose="olga")


def flags(port: int, url: str) -> tuple[str, ...]:
    """The flags of a daemon of the house."""
    given = ("--ledger-url", url, "--house-name", "Nachthaus", "--house-lease-s", "5.5")
    return (*given, "--grpc-advertise", f"localhost:{port}")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A site on PostgreSQL, and a standby with copies of its files."""
    ports = free_port(), free_port()
    owner, standby = (
        Site(tmp_path / name, f"localhost:{port}") for name, port in zip("ab", ports, strict=True)
    )
    for one in (owner, standby):
        one.folder.mkdir()
    with cluster() as database:
        url = database.url()
        broker, line = made(owner, url)
        broker.start()
        try:
            serving(
                owner, f"mqtts://localhost:{broker.port}", ports[0], line=line, flags=flags(ports[0], url)
            )
            owner.join("olga", "--role", "operator", "--site", "*")
            state, copy = owner.folder / "state", standby.folder / "state"
            shutil.copytree(state / "access", copy / "access")
            copy.chmod(0o700)
            shutil.copy2(state / "daemon.key", copy / "daemon.key")
            with closing(sqlite3.connect(state / "keys.sqlite3")) as keys:
                keys.execute("VACUUM INTO ?", (str(copy / "keys.sqlite3"),))
            (copy / "keys.sqlite3").chmod(0o600)
            waits(standby, owner, url, ports[1])
            yield House(owner, standby, url, database)
        finally:
            ended(owner)
            ended(standby)
            broker.kill()


def made(owner: Site, url: str) -> tuple[Broker, str]:
    """Make the site; return its broker, and the line of its administrator."""
    files = owner.folder / "state" / "access" / "broker"
    words = (
        "init",
        "--state-dir",
        str(owner.folder / "state"),
        "--name",
        "localhost",
        "--broker-home",
        str(files),
    )
    found = LINE.search(run_here(words, {"HOME": str(owner.folder), "DREAMD_LEDGER_URL": url}).stdout)
    assert found is not None
    conf, port = files / "mosquitto.conf", free_port()
    conf.write_text(with_port(conf.read_text(), port))
    return Broker(conf, port), found[2]


def waits(standby: Site, owner: Site, url: str, port: int) -> None:
    """Start the standby, and wait until it leads callers on."""
    words = list(owner.served_by)
    state, grpc = words.index("--state-dir"), words.index("--grpc-port")
    words[state + 1], words[grpc + 1] = str(standby.folder / "state"), str(port)
    standby.served_by = (*words[: words.index("--ledger-url")], *flags(port, url), "--house-standby", "yes")
    started(standby)
    until_s = time.monotonic() + 20.0
    while "owns it" not in (standby.folder / "stderr").read_text():
        assert time.monotonic() < until_s, (standby.folder / "stderr").read_text()
        time.sleep(0.05)


async def test_either_address_serves_before_and_after_a_takeover(house: House) -> None:
    """A verb, a stranger and an open connection at the standby end at the owner, whichever daemon that is."""
    at = house.standby.server
    assert house.listed(at).returncode == 0, house.listed(at).stderr
    authority = (house.owner.folder / "state" / "access" / "authority.pem").read_text()
    async with dreamapi.connect(at, authority=authority) as stranger:
        with pytest.raises(dreamapi.CredentialMissing):
            await stranger.pods.list()
    credential = house.owner.folder / "olga.json"
    async with (
        dreamapi.connect(at, credential=credential, deadline_s=20.0) as api,
        dreamapi.connect(house.owner.server, credential=credential, deadline_s=20.0) as knows_the_owner,
    ):
        until_s = time.monotonic() + 10.0
        while not (await knows_the_owner.houses.get()).lease.standbys:
            assert time.monotonic() < until_s, "the standby is not seen"
            await asyncio.sleep(0.1)
        await api.houses.get()
        killed_s = killed(house.owner)
        for one in (api, knows_the_owner):
            await one.houses.get()
            print(f"answered again {time.monotonic() - killed_s:.1f} s after SIGKILL of the owner")
    begun_again(house.owner)
    told = house.listed(house.owner.server)
    assert told.returncode == 0, told.stderr
    both = f"localhost:{free_port()},{house.owner.server}"
    assert house.listed(both).returncode == 0


def killed(owner: Site) -> float:
    """Kill its daemon; returns the moment after."""
    assert owner.daemon is not None
    assert owner.daemon.stdout is not None
    owner.daemon.kill()
    owner.daemon.wait()
    owner.daemon.stdout.close()
    return time.monotonic()


def begun_again(owner: Site) -> None:
    """Start the killed owner as a standby of the other one."""
    words = list(owner.served_by)
    waits(owner, owner, words[words.index("--ledger-url") + 1], int(owner.server.rpartition(":")[2]))


def test_an_address_of_another_machine_itself_leads_nobody_astray(house: House) -> None:
    """An owner elsewhere with an address of loopback is not named; the refusal names the setting."""
    house.database.execute("UPDATE houses SET owner = 'of/another/1/2'", house.url)
    until_s = time.monotonic() + 10.0
    while "grpc.advertise" not in (told := house.listed(house.standby.server)).stderr:
        assert time.monotonic() < until_s, told.stderr
    assert told.returncode == 1
    assert "leads to it on its own machine alone" in told.stderr


async def test_a_console_at_the_standby_shows_the_house_through_a_takeover(ward: Ward) -> None:
    """A console that was given the standby's address shows what happens at the owner, and at the next one."""
    await waits_for_ward(ward)
    ward.grpc_port = ward.other_port
    ward.console()

    def newest_s() -> float:
        """When the newest event that a page shows happened, by Unix time; -inf: it shows none yet."""
        try:
            events = json.loads(fetched(ward, f"/console/look?dreamscape={WARD}"))["events"]
        except urllib.error.HTTPError:
            return -inf
        return max((float(one["at_s"]) for one in events), default=-inf)

    await until(lambda: newest_s() > 0.0)
    ward.kill_daemon()
    killed_s = time.time()
    await until(lambda: newest_s() > killed_s, within_s=20.0)
    print(f"the console shows the next owner's events {time.time() - killed_s:.1f} s after SIGKILL")
