"""A real Ray cluster on loopback for tests, with a token of its own; it ends with the test."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

HEAD = """
import sys
from dreamd.adapters.cluster.ray_session import HERE, connect
ray = connect(HERE, cpus=4)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
"""


@contextmanager
def ray_cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the address of a cluster; this process and its children have its token."""
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    with subprocess.Popen(
        [sys.executable, "-c", HEAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: text for name, text in os.environ.items() if name != "DREAMD_LONG"},
    ) as head:
        assert head.stdin is not None
        assert head.stdout is not None
        nodes: list[psutil.Process] = []
        try:
            address = head.stdout.readline().strip()
            assert address, "the head of the cluster has not started"
            nodes = psutil.Process(head.pid).children(recursive=True)
            yield address
        finally:
            head.stdin.close()
            head.wait(30)
            for one in nodes:  # where a test has killed their parent
                with suppress(psutil.NoSuchProcess):
                    one.kill()


def listening(process: psutil.Process) -> set[str]:
    """Return the addresses on which a process and its children accept connections."""
    return {
        connection.laddr.ip.removeprefix("::ffff:")
        for one in [process, *process.children(recursive=True)]
        for connection in one.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }
