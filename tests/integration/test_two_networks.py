"""A site over two network namespaces: the daemon in one, people and programs in the other."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mosquitto import MOSQUITTO
from site_process import LINE

ROOT = Path(__file__).parents[2]
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


PAGE = ROOT / "docs" / "ward.md"
STAYING = ("mosquitto", "dreamd serve", "dreamd console", "dreamedge enrol")


def commands_of_the_page() -> list[str]:
    """The ten commands, in order."""
    section = PAGE.read_text().partition("## A ward in ten commands")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


@dataclass
class Machine:
    """Runs commands in one network. lines: by the name that enrols; running: the programs that stay."""

    before: tuple[str, ...]
    home: Path
    lines: dict[str, str]
    running: list[subprocess.Popen[str]]

    def _started(self, command: str) -> subprocess.Popen[str]:
        for name, line in self.lines.items():
            command = command.replace(f"LINE OF {name.upper()}", line)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
        return subprocess.Popen(
            [*self.before, "bash", "-c", command.replace("coordinator.example", DAEMON)],
            env={"PATH": path, "HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def stay(self, command: str) -> None:
        """Run a program that stays."""
        self.running.append(self._started(f"exec {command}" if "&&" not in command else command))

    def run(self, command: str) -> str:
        """Run it to its end, which must be well; keep the line that it prints."""
        process = self._started(command)
        said, _ = process.communicate(timeout=60.0)
        assert process.returncode == 0, (command, said)
        if found := LINE.search(said):
            self.lines["init" if " init " in command else command.split()[2]] = found[2]
        return said

    def until(self, command: str, words: str) -> None:
        """Run it until its output has these words."""
        for _ in range(100):
            process = self._started(command)
            said, _ = process.communicate(timeout=60.0)
            if words in said:
                return
            time.sleep(0.1)
        raise AssertionError((command, said))


def test_the_ten_commands_of_the_page_make_a_ward_over_two_networks(
    networks: tuple[tuple[str, ...], tuple[str, ...]], tmp_path: Path
) -> None:
    """The lines of docs/ward.md, in order, the bed's in the other network: a ward that is whole.

    From there an operator enrols, lists the bed and severs. Console and metrics answer over TLS, the
    metrics for the scraper's credential alone. Without a credential nothing is told.
    """
    here, there = (
        Machine(words, tmp_path / name, {}, []) for words, name in zip(networks, "ab", strict=True)
    )
    there.lines = here.lines
    for machine in (here, there):
        machine.home.mkdir(mode=0o700)
    ready = f"bash -c 'until echo > /dev/tcp/{DAEMON}/PORT; do sleep .05; done' 2>/dev/null"
    commands = commands_of_the_page()
    assert len(commands) == 10
    try:
        for command in commands[:-1]:
            if not command.startswith(STAYING):
                here.run(command)
                continue
            if command.startswith("mosquitto") and os.geteuid() == 0:  # it would become another user
                with (here.home / command.split()[2].removeprefix("~/")).open("a") as conf:
                    conf.write("user root\n")
            here.stay(command)
            port = {"mosquitto": "8883", "dreamd serve": "50051", "dreamd console": "8443"}
            here.run(
                ready.replace("PORT", next(one for what, one in port.items() if command.startswith(what)))
            )
        there.stay(commands[-1])
        there.run("dreamd redeem 'LINE OF OLGA'")
        there.until("dreamd pods list", "bed-1")
        there.run("dreamd sever fleet")
        stranger = there._started(f"dreamd pods list --server {DAEMON}:50051 --credential /none")
        assert stranger.communicate(timeout=30.0)[0]
        assert stranger.returncode != 0
        state = f"{here.home}/.local/state/dreamd/access/authority.pem"
        get = f"python {Path(__file__).with_name('fetched.py')} {state}"
        scraped = f'{get} https://{DAEMON}:8080/metrics "$(cat {here.home}/prometheus.credential)"'
        assert "dreamd_pods" in there.run(scraped)
        there.until(f"{get} https://{DAEMON}:8080/metrics none", "401")
        assert "<html" in there.run(f"{get} https://{DAEMON}:8443/ none").lower()
    finally:
        for process in (*there.running, *here.running[::-1]):
            os.killpg(process.pid, signal.SIGTERM)
        for process in (*there.running, *here.running):
            process.communicate(timeout=15.0)
