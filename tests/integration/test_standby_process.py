"""Two real daemons over one PostgreSQL, without beds: the owner is killed, and the standby owns the house."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dreamapi
from dreamapi.v1.house_pb2 import HouseLease
from fakes.postgres import MISSING, cluster, programs
from fakes.service_manager import FakeManager
from integration.conftest import running_broker
from integration.fleet import boottime_s, until

pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)

TAKEN_WITHIN_S = 2.0
"""Of a daemon killed on the standby's own machine, which leaves no lease to wait for."""


class Daemons:
    """The processes of `dreamd serve` in one folder, each with a state directory of its own."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder, self._flags = folder, flags

    @contextmanager
    def running(self, name: str, *more: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """One daemon, killed at the end."""
        flags = ("--ready-json", "--state-dir", str(self.folder / name), "--http-port", "0", *self._flags)
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dreamd", "serve", *flags, *more],
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | variables,
            )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def ready(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Wait until it serves."""
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (self.folder / f"{name}.log").read_text()
        assert json.loads(line)["ready"]

    def keys_for(self, name: str) -> None:
        """Give another daemon the signing key of the owner."""
        (self.folder / name).mkdir(mode=0o700)
        shutil.copy2(self.folder / "owner" / "daemon.key", self.folder / name / "daemon.key")


@pytest.fixture
async def daemons(tmp_path: Path) -> AsyncIterator[Daemons]:
    """A database and a broker for them."""
    with cluster() as server, running_broker(tmp_path) as broker:
        yield Daemons(tmp_path, "--mqtt-url", broker.url, "--ledger-url", server.url())


async def seen(api: dreamapi.Api) -> HouseLease:
    """The lease of a house, once its owner has seen a standby: with a renewal."""
    while True:
        lease = (await api.houses.get()).lease
        if lease.standbys:
            return lease
        await asyncio.sleep(0.1)


async def test_a_standby_owns_the_house_after_its_owner_was_killed(
    daemons: Daemons, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """SIGKILL: the standby, which the owner saw, serves in time, under a higher term, from its books.

    While it waits, its service manager is given more time and told for what.
    """
    owners, standbys = unused_tcp_port_factory(), unused_tcp_port_factory()
    manager = FakeManager(tmp_path / "notify")
    with daemons.running("owner", "--grpc-port", str(owners)) as owner:
        daemons.ready("owner", owner)
        daemons.keys_for("standby")
        flags = ("--grpc-port", str(standbys), "--house-standby", "yes")
        with daemons.running("standby", *flags, NOTIFY_SOCKET=str(manager.path)) as standby:
            await until(lambda: len(manager.lines("EXTEND_TIMEOUT_USEC")) > 1)
            async with dreamapi.connect(f"127.0.0.1:{standbys}") as api:
                before = await seen(api)
                assert before.address == f"127.0.0.1:{owners}", "the standby leads there"
                assert [one.lacks for one in before.standbys] == [""]
                assert before.standbys[0].address == f"127.0.0.1:{standbys}"
                await api.dreamscapes.create("night", dreamapi.plan(seats_min=3, seats_max=8))
                owner.kill()
                killed_s = boottime_s()
                daemons.ready("standby", standby)
                assert boottime_s() - killed_s <= TAKEN_WITHIN_S
                after = (await api.houses.get()).lease
                assert after.term > before.term
                assert (after.address, len(after.standbys)) == (f"127.0.0.1:{standbys}", 0)
                assert (await api.dreamscapes.get("night")).plan.seats_max == 8
    assert any("owns it" in words for words in manager.lines("STATUS"))
    manager.close()
