"""A daemon besieged by clients in processes of their own."""

import itertools
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from integration.fleet import Fleet

CLIENTS = Path(__file__).parents[1] / "siege_clients.py"


@contextmanager
def besieged(
    fleet: Fleet, streams: int, calls: int, drips: int, callers: Sequence[Path] = ()
) -> Iterator[None]:
    """Run the siege, from the moment each client has begun until they are stopped.

    callers: of a site, a directory of credential files for each process of streams or calls.
    """
    hosts = [
        *([("streams", fleet.grpc_port, streams // 2)] * 2),
        *([("calls", fleet.grpc_port, calls // 2)] * 2),
        ("drips", fleet.http_port, drips),
    ]
    shown = [("--callers", str(one)) for one in callers]
    processes = []
    try:
        for (what, port, count), credentials in itertools.zip_longest(hosts, shown, fillvalue=()):
            command = ["nice", "-n", "15", sys.executable, str(CLIENTS), what]
            command += ["--port", str(port), "--count", str(count), *credentials]
            processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate()
