"""The connection to a real Ray cluster: loopback and a token, or none."""

import os
import subprocess
import sys

import psutil
import pytest

from depth import LONG
from dreamd.adapters.cluster.ray_session import AUTH_MODE, ClusterError, connect
from fakes.ray_cluster import listening, ray_cluster

JOIN = "import sys; from dreamd.adapters.cluster.ray_session import connect; connect(sys.argv[1])"


def test_a_cluster_without_a_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment turns authentication off, the sentence names the variable and its value."""
    monkeypatch.setenv(AUTH_MODE, "disabled")
    with pytest.raises(ClusterError, match="RAY_AUTH_MODE is 'disabled': anyone could run code here"):
        connect("local")


@pytest.mark.skipif(not LONG, reason="a Ray cluster takes ten seconds: DREAMD_LONG")
def test_a_cluster_listens_on_loopback_and_takes_its_token_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every port of a cluster started here is on loopback, and a process with another token cannot join."""
    with ray_cluster(monkeypatch) as address:
        found = set().union(*(listening(child) for child in psutil.Process(os.getpid()).children()))
        assert found == {"127.0.0.1"}
        environment = {**os.environ, "RAY_AUTH_TOKEN": "0" * 64}
        joined = subprocess.run(
            [sys.executable, "-c", JOIN, address],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert joined.returncode != 0
        assert "ClusterError" in joined.stderr
