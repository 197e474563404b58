"""`dreamd top` at a real daemon: on a terminal, and for scripts."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dreamd.top.report import FIELDS, SCHEMA
from integration.conftest import running_broker
from integration.fleet import NIGHT, Fleet, boottime_s, stamp_s, until
from integration.terminal import Terminal
from mosquitto import free_port

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 7))
LOST = "no connection: every sleeper is alone by their own tether within 1.5 s"

Open = Callable[..., Terminal]


@contextmanager
def six_sleepers(folder: Path) -> Iterator[Fleet]:
    """Six sleepers in a Dreamscape, at a daemon that keeps its port."""
    with running_broker(folder) as broker:
        one = Fleet(folder, broker, fixed_port=free_port())
        try:
            one.daemon()
            one.light(WARD, 1, len(PODS), "--hops")
            asyncio.run(one.begin(PODS))
            yield one
        finally:
            one.close()


def merged(fleet: Fleet) -> bool:
    """Whether every sleeper renders a share."""
    return all(fleet.applied(pod, WARD) > 0.03 for pod in PODS)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Six sleepers for the tests that leave them merged, and the one after those that severs them."""
    with six_sleepers(tmp_path_factory.mktemp("house")) as one:
        yield one


@pytest.fixture
async def fleet(house: Fleet) -> Fleet:
    """The six sleepers of the house, merged; a test before may have left them alone for a while."""
    await until(lambda: merged(house), 60.0)
    return house


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Fleet]:
    """Six sleepers for one test, merging."""
    with six_sleepers(tmp_path) as one:
        yield one


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open `dreamd top` on a terminal; it is closed in the end."""
    terminals: list[Terminal] = []

    def top(fleet: Fleet, *flags: str, size: tuple[int, int] = (80, 24)) -> Terminal:
        terminals.append(Terminal(_command(fleet, *flags), os.environ, size))
        return terminals[-1]

    yield top
    for terminal in terminals:
        terminal.close()


def _command(fleet: Fleet, *flags: str) -> list[str]:
    server = ("--server", f"127.0.0.1:{fleet.grpc_port}")
    return [sys.executable, "-m", "dreamd", "top", *server, *flags]


async def _once(fleet: Fleet, *flags: str) -> tuple[int, str, str]:
    """Exit status, standard output and error of `top --once`."""
    done = await asyncio.to_thread(
        subprocess.run, _command(fleet, "--once", *flags), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def _severed(fleet: Fleet, pod: str, since_s: float) -> set[str]:
    """The causes of this pod's zeros since then."""
    told = fleet.facts(pod, "severed", WARD)
    return {str(fact["cause"]) for fact in told if stamp_s(fact) > since_s}


def _flat(text: str) -> str:
    return " ".join(text.split())


async def test_once_is_for_scripts(fleet: Fleet) -> None:
    """--once prints the documented object, or words without --json; an unknown name is an error."""
    status, out, err = await _once(fleet, "--json")
    told = json.loads(out)
    assert (status, err) == (0, "")
    assert list(told) == [name for name, _ in FIELDS]
    assert (told["schema"], told["live"], told["safe"], told["dreamscape"]) == (SCHEMA, True, True, NIGHT)
    assert (told["state"], told["assigned"], told["merged"]) == ("dreaming", 6, 6)
    assert {one["pod"] for one in told["sleepers"]} == set(PODS)
    assert all(0.0 < one["applied"] <= one["granted"] for one in told["sleepers"])
    assert "merged" in {event["kind"] for event in told["events"]}
    status, out, _ = await _once(fleet, "--dreamscape", f"dreamscapes/{NIGHT}")
    assert status == 0
    assert "6 of 6 merged" in out
    status, out, err = await _once(fleet, "--json", "--dreamscape", "noon")
    assert (status, out) == (1, "")
    assert "no Dreamscape is named 'noon'" in err


async def test_a_paused_picture_says_so_and_is_not_held_over_a_lost_connection(
    fleet: Fleet, opened: Open
) -> None:
    """PAUSED has its age while the daemon lives; after its death it is no connection, paused or not."""
    top = opened(fleet, size=(120, 30))
    await top.shows("6 of 6 merged")
    top.press("p")
    await top.shows("PAUSED, 1 s old", within_s=5.0)
    fleet.signal("daemon", signal.SIGSTOP)
    await top.shows(LOST, within_s=5.0)
    assert "PAUSED" not in top.screen
    fleet.signal("daemon", signal.SIGCONT)
    await top.shows("PAUSED", within_s=10.0)
    top.press("p")
    await top.becomes(lambda screen: "PAUSED" not in screen and "tick" in screen, 30.0, "go on")
    top.resize((80, 24))
    await until(lambda: len(top.screen.splitlines()) == 24)
    top.press("\x03")
    assert await asyncio.to_thread(top.process.wait, 5.0) == 0
    assert top.echoes()


async def test_three_keys_sever_and_the_answer_names_the_beds(fleet: Fleet, opened: Open) -> None:
    """One bed, then the whole house: the question names the scope, the rows show the result."""
    top = opened(fleet, size=(120, 30))
    await top.shows("6 of 6 merged")
    top.press("x")
    await top.shows("d night", "i site", "f all beds of this house")
    top.press("b")
    await top.shows("sever light-1? y: yes")
    asked_s = boottime_s()
    top.press("y")
    await top.shows("sever light-1: 1 zeroed, 1 confirmed by their pods", within_s=6.0)
    await until(lambda: fleet.applied("light-1", WARD) == 0.0)
    assert _severed(fleet, "light-1", asked_s) == {"release"}
    others = set[str]().union(*(_severed(fleet, pod, asked_s) for pod in PODS[1:]))
    assert not others & {"release", "operator"}  # a busy machine may have stalled them
    await top.shows("night dreaming", within_s=5.0)
    top.press("xfy")
    await top.shows("all beds of this house: 5 zeroed, 5 confirmed by their pods", within_s=6.0)
    await until(lambda: all(fleet.applied(pod, WARD) == 0.0 for pod in PODS))  # their journals lag a hop
    await top.shows("resume is possible", within_s=15.0)


async def test_a_night_watched_from_a_terminal(other: Fleet, opened: Open) -> None:
    """Merged, severed and why; a killed daemon is no connection in 2.5 s, no row stays; back it is live.

    `--once` at a killed daemon says that nothing answers.
    """
    await until(lambda: merged(other), 60.0)
    top = opened(other)
    await top.shows("6 of 6 merged")
    assert "OK: no bed above its limit" in top.screen
    assert not top.echoes()
    other.tell(WARD, "ail light-3 railed")
    await top.shows("severed: light-3 (railed)", within_s=10.0)
    rows = [line for line in top.screen.splitlines() if re.match(r"[ >]light-", line)]
    assert "severed: railed" in rows[0]
    top.press("\r")
    await top.shows("rendered of")
    await top.shows("breaker open: railed", within_s=5.0)
    top.press("\x1b")
    await top.hides("rendered of")
    top.press("/merged\r")
    await top.shows("5 of 6 have: merged")
    top.press("\x1b")
    other.kill_daemon()
    killed_s = time.monotonic()
    await top.shows(LOST, within_s=5.0)
    assert time.monotonic() - killed_s < 2.5
    rows = [line for line in top.screen.splitlines() if re.match(r"[ >]light-", line)]
    assert len(rows) == len(PODS)
    assert all(_flat(row).endswith("not known") for row in rows)
    status, out, err = await _once(other, "--json")
    assert (status, out) == (1, "")
    assert err.startswith("dreamd: nothing answers at ")
    other.daemon()
    await top.becomes(lambda screen: LOST not in screen and "OK:" in screen, 15.0, "come back")
    top.press("q")
    assert await asyncio.to_thread(top.process.wait, 5.0) == 0
    assert top.echoes()
    assert "Traceback" not in top.listen()


def test_without_a_terminal_it_says_what_to_do() -> None:
    """Without a terminal `top` exits with status 2 and one sentence, and draws nothing."""
    for flags in ([], ["--json"]):
        command = [sys.executable, "-m", "dreamd", "top", *flags]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert "dreamd top --once --json" in done.stderr
