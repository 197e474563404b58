"""A real broker for the tests in this folder."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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
    yield one
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
