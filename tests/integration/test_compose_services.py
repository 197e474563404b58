"""The health checks of compose.yaml and the Dockerfile, run against their targets.

Programs that the images bring along and Debian lacks (busybox's wget, Grafana) are not run: of Prometheus
only the requested address is checked, of Grafana nothing.
"""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

import pytest

from depth import LONG
from house.test_compose import DEPLOY, SERVICES, context, health_of_the_daemon, lineage
from integration.fleet import Fleet
from mosquitto import Broker, free_port


def test_the_daemons_check_tells_ready_from_not(broker: Broker, tmp_path: Path) -> None:
    """The daemon's check passes with its broker, and fails without it or without a daemon."""
    assert health_of_the_daemon(free_port(), tmp_path).returncode == 1
    fleet = Fleet(tmp_path, broker)
    try:
        fleet.daemon()
        assert health_of_the_daemon(fleet.http_port, fleet.state).returncode == 0
        broker.kill()
        deadline = time.monotonic() + 10.0
        while health_of_the_daemon(fleet.http_port, fleet.state).returncode == 0:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        fleet.close()


def test_the_brokers_check_is_answered(broker: Broker) -> None:
    """The broker's check passes if the broker confirms an empty message, and fails without a broker."""
    if shutil.which("mosquitto_pub") is None:
        pytest.skip("mosquitto_pub is not installed (make system-packages)")
    word, *command = SERVICES["broker"]["healthcheck"]["test"]
    assert word == "CMD"
    for port, status in ((broker.port, 0), (free_port(), 1)):
        asked = [str(port) if part == "1883" else part for part in command]
        assert subprocess.run(asked, capture_output=True, check=False, timeout=3.0).returncode == status


def test_prometheus_starts_with_our_flags_and_answers_the_check(tmp_path: Path) -> None:
    """Debian's Prometheus starts with the flags, configuration and rules, and answers the check's address."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed (make system-packages)")
    port = free_port()
    flags = [
        flag.replace("/etc/prometheus/prometheus.yml", str(DEPLOY / "prometheus.yml"))
        .replace("=/prometheus", f"={tmp_path}")
        .replace(":9090", f":{port}")
        for flag in SERVICES["prometheus"]["command"]
    ]
    check = SERVICES["prometheus"]["healthcheck"]["test"][-1].replace(":9090", f":{port}")
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen([program, *flags], stderr=said, stdout=said)
    try:
        deadline = time.monotonic() + 20.0
        while not _answers(check):
            assert process.poll() is None, (tmp_path / "said").read_text()
            assert time.monotonic() < deadline, (tmp_path / "said").read_text()
            time.sleep(0.1)
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a minute, and the network")
@pytest.mark.parametrize(
    ("stage", "extra", "program"), [("daemon", "daemon", "dreamd"), ("edge", "edge", "dreamedge")]
)
def test_the_images_steps_install_what_they_run(stage: str, extra: str, program: str, tmp_path: Path) -> None:
    """The RUN steps in a fresh environment, with the files of COPY, install what starts.

    The edge has no gRPC.
    """
    (step,) = [rest for word, rest in lineage(f"{stage}-build") if word == "RUN"]
    assert step.endswith(f"pip install --no-cache-dir '.[{extra}]'")
    here = tmp_path / "opt"
    assert "/opt/dreamd" in step
    venv.create(here, with_pip=True)
    folder = context(tmp_path / "context")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    install = step.split(" && ")[1].replace("/opt/dreamd", str(here))
    subprocess.run(install, shell=True, cwd=folder, env=environment, check=True, capture_output=True)
    shown = subprocess.run([here / "bin" / program, "--help"], capture_output=True, text=True, check=True)
    assert f"usage: {program}" in shown.stdout
    grpc = subprocess.run([here / "bin" / "python", "-c", "import grpc"], capture_output=True, check=False)
    assert (grpc.returncode == 0) is (stage == "daemon")
