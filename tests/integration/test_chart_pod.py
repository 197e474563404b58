"""The pod of a house as the chart renders it, its containers run as processes of this machine.

No control plane is needed for what a container does: its command, its variables, its files, its probes. The
paths and ports are those of the rendering, put below a directory and on free ports.
"""

import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from depth import LONG, LONG_VARIABLE
from integration.conftest import free_port

CHART = Path(__file__).resolve().parents[2] / "deploy" / "chart"
PROGRAMS = Path(sys.executable).parent
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PLUGIN = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"), Path("/nowhere"))
pytestmark = [
    pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a daemon and a broker of a site, half a minute"),
    pytest.mark.skipif(
        not Path(MOSQUITTO).exists(), reason="mosquitto is not installed (make system-packages)"
    ),
]


class Pod:
    """The rendered pod below a directory."""

    def __init__(self, place: Path) -> None:
        [house] = [
            one
            for one in yaml.safe_load_all((CHART / "examples" / "rendered" / "trial.yaml").read_text())
            if one and one["kind"] == "StatefulSet"
        ]
        self.spec: dict[str, Any] = house["spec"]["template"]["spec"]
        self.place = place
        self.ports = {"50051": str(free_port()), "8080": str(free_port()), "8883": str(free_port())}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for folder in ("run", "tmp"):
            (place / folder).mkdir()

    def here(self, text: str) -> str:
        """A path or an address of the pod, on this machine."""
        text = text.replace("/var/lib/dreamd", str(self.place / "run"))
        return re.sub(r":(50051|8080|8883)$", lambda port: f":{self.ports[port[1]]}", text)

    def container(self, name: str) -> dict[str, Any]:
        """A container by its name."""
        [found] = [
            one for one in (*self.spec["initContainers"], *self.spec["containers"]) if one["name"] == name
        ]
        return dict(found)

    def command(self, name: str) -> list[str]:
        """The words that it runs; the image's entrypoint is dreamd."""
        container = self.container(name)
        words = [*container.get("command", ["dreamd"]), *container.get("args", [])]
        program = MOSQUITTO if words[0] == "mosquitto" else shutil.which(words[0], path=self.path) or words[0]
        return [program, *map(self.here, words[1:])]

    @property
    def path(self) -> str:
        """Where programs are."""
        return f"{PROGRAMS}:{os.environ['PATH']}"

    def environment(self, name: str) -> dict[str, str]:
        """Its variables, and the free ports."""
        own = {one["name"]: self.here(one["value"]) for one in self.container(name).get("env", [])}
        mine = {name: value for name, value in os.environ.items() if name != LONG_VARIABLE}
        ports = {"DREAMD_GRPC_PORT": self.ports["50051"], "DREAMD_HTTP_PORT": self.ports["8080"]}
        return {
            **mine,
            **own,
            **(ports if name == "dreamd" else {}),
            "PATH": self.path,
            "HOME": str(self.place),
        }

    def start(self, name: str) -> None:
        """Start a container."""
        with (self.place / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.command(name), env=self.environment(name), stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self, name: str) -> int:
        """End a container as Kubernetes does; return its status."""
        process = self.running.pop(name)
        process.terminate()
        return process.wait(self.spec["terminationGracePeriodSeconds"])

    def probe(self, kind: str) -> int:
        """The status that kubelet would see: by address, over TLS that it does not verify; 0: no answer."""
        asked = self.container("dreamd")[kind]["httpGet"]
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        url = f"{asked['scheme'].lower()}://127.0.0.1:{self.ports['8080']}{asked['path']}"
        try:
            with urllib.request.urlopen(url, timeout=2, context=context) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)
        except OSError:
            return 0

    def until(self, kind: str, status: int, within_s: float) -> float:
        """Wait for a probe's status; return the seconds that it took."""
        began_s = time.monotonic()
        while (seen := self.probe(kind)) != status:
            log = (self.place / "dreamd.log").read_text()[-2000:]
            assert time.monotonic() - began_s < within_s, f"{kind} is {seen}: {log}"
            time.sleep(0.1)
        return time.monotonic() - began_s


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    """The pod, its site made."""
    one = Pod(tmp_path)
    made = subprocess.run(
        one.command("site"), env=one.environment("site"), capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert "admin" in made.stdout
    config = tmp_path / "run" / "state" / "access" / "broker" / "mosquitto.conf"
    text = config.read_text().replace("/usr/lib/mosquitto_dynamic_security.so", str(PLUGIN))
    text = re.sub(r"\b8883\b", one.ports["8883"], text)
    config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))  # in its pod it is nobody else
    yield one
    for process in one.running.values():
        process.kill()
        process.wait()


def test_the_rendered_pod_comes_up_severs_and_goes_down(pod: Pod) -> None:
    """Site, broker and daemon start as rendered, the probes answer, a way out needs no credential.

    While the broker is gone the daemon is alive and not ready; it is ready within 20 s of its return.
    """
    pod.start("dreamd")
    alive_s = pod.until("startupProbe", 200, 20.0)
    assert pod.probe("readinessProbe") == 503
    pod.start("broker")
    ready_s = pod.until("readinessProbe", 200, 20.0)
    pod.stop("broker")
    pod.until("readinessProbe", 503, 10.0)
    assert pod.probe("livenessProbe") == 200
    socket = pod.here("unix:/var/lib/dreamd/state/free.sock")
    sever = [str(PROGRAMS / "dreamd"), "sever", "fleet", "--server", socket]
    done = subprocess.run(sever, env=pod.environment("site"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pod.start("broker")
    back_s = pod.until("readinessProbe", 200, 20.0)
    again = subprocess.run(
        pod.command("site"), env=pod.environment("site"), capture_output=True, text=True, check=False
    )
    assert (again.returncode, again.stdout) == (0, ""), "the second start makes no second site"
    assert pod.stop("dreamd") == 0
    print(f"alive after {alive_s:.1f} s, ready {ready_s:.1f} s after the broker, {back_s:.1f} s after it")
