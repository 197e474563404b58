"""A real broker and a real browser for the tests in this folder."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chromium import Chromium
from mosquitto import MOSQUITTO, SHIPPED, Broker, free_port
from ward import Ward


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A running broker with its files in this folder; skips if mosquitto is not installed."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    port = free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
    one = Broker(conf, port)
    one.start()
    try:
        yield one
    finally:
        one.kill()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker; skips if mosquitto is not installed."""
    with running_broker(tmp_path) as one:
        yield one


@pytest.fixture
def ward(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ward]:
    """A ward's broker with the users dreamd and three beds; a parameter changes its settings."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    one = Ward(tmp_path, **getattr(request, "param", {}))
    yield one
    one.broker.kill()


@pytest.fixture(scope="session")
def browser_of_the_run() -> Iterator[Chromium]:
    """One browser for all modules of a worker."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        one = Chromium(Path(folder))
        yield one
        one.close()


@pytest.fixture(scope="module")
def chromium(browser_of_the_run: Chromium) -> Iterator[Chromium]:
    """The browser as new, for the tests of a module."""
    browser_of_the_run.forget_page()
    browser_of_the_run.addresses.clear()
    browser_of_the_run.prefer()
    yield browser_of_the_run
    browser_of_the_run.go("about:blank")


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program of ours, its standard error in the file `said`; killed at the end."""
    running_now: list[subprocess.Popen[bytes]] = []

    def begin(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "said").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", program, *arguments],
                stderr=said,
                stdout=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            )
        running_now.append(process)
        return process

    yield begin
    for process in running_now:
        process.kill()
        process.wait()
