"""A site over two network namespaces: the daemon in one, people and programs in the other."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mosquitto import MOSQUITTO, free_port
from site_broker import with_port
from site_process import LINE, Site, ended, made_site, serving

DAEMON, WARD = "10.77.0.1", "10.77.0.2"


def ip(*words: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Two namespaces joined by a cable; the words that run a program in each."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    one, other = (f"dreamd-{end}-{os.getpid()}" for end in "ab")
    a, b = (f"d{end}{os.getpid() % 100_000}" for end in "ab")
    try:
        ip("netns", "add", one)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user makes no network namespaces: root and iproute2 do")
    ip("netns", "add", other)
    for name in (one, other):
        ip("-n", name, "link", "set", "lo", "up")
    ip("link", "add", a, "netns", one, "type", "veth", "peer", "name", b, "netns", other)
    for name, end, address in ((one, a, DAEMON), (other, b, WARD)):
        ip("-n", name, "address", "add", f"{address}/24", "dev", end)
        ip("-n", name, "link", "set", end, "up")
    yield ("ip", "netns", "exec", one), ("ip", "netns", "exec", other)
    for name in (one, other):
        ip("netns", "delete", name)


def test_a_ward_on_another_network_enrols_severs_and_a_stranger_gets_nothing(
    networks: tuple[tuple[str, ...], tuple[str, ...]], tmp_path: Path
) -> None:
    """From the other network a person enrols, lists and severs over TLS; in the clear nothing answers."""
    here, there = networks
    grpc_port, mqtt_port = free_port(), free_port()
    site = Site(tmp_path, f"{DAEMON}:{grpc_port}", before=here)
    files = tmp_path / "state" / "access" / "broker"
    line = made_site(site, "--broker-home", str(files))
    conf = files / "mosquitto.conf"
    conf.write_text(with_port(conf.read_text(), mqtt_port))
    quiet = subprocess.DEVNULL
    broker = subprocess.Popen([*here, MOSQUITTO, "-c", str(conf)], stdout=quiet, stderr=quiet)
    try:
        serving(site, f"mqtts://127.0.0.1:{mqtt_port}", grpc_port, DAEMON, line)
        enrolled = site.run("dreamd", "enrol", "olga", "--role", "operator", "--site", "*", whose="admin")
        found = LINE.search(enrolled.stdout)
        assert found is not None, enrolled.stderr
        ward = Site(tmp_path, site.server, before=there)
        joined = ward.run("dreamd", "redeem", found[2], "--to", str(tmp_path / "olga.json"))
        assert joined.returncode == 0, joined.stderr
        assert ward.run("dreamd", "pods", "list", whose="olga").returncode == 0
        assert ward.run("dreamd", "sever", "fleet", whose="olga").returncode == 0
        stranger = ward.run("dreamd", "pods", "list", "--server", site.server)
        assert stranger.returncode == 1
        assert "nothing answers" in stranger.stderr
    finally:
        ended(site)
        broker.terminate()
        broker.wait(5.0)
