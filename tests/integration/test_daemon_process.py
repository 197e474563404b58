"""The daemon as a process: its start, its messages, its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dreamd.adapters.ledger.opening import LEDGER_FILE
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.main import main
from dreamd.ports.ledger.generation import LAPSED_S
from dreamd.ports.ledger.transaction import Transaction
from fakes.postgres import MISSING, cluster, programs
from mosquitto import Broker, free_port

WITHIN_S = 30.0


def until(true: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Wait until `true` is, or fail."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@dataclass
class Daemon:
    """`dreamd serve` with free ports, its standard error in a file."""

    folder: Path
    mqtt_url: str
    http_port: int
    process: subprocess.Popen[str]

    def get(self, path: str) -> tuple[int, str]:
        """GET from its HTTP port; status 0 while the port is closed."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=5.0) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> dict[str, object]:
        """Its line of JSON."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    @property
    def said(self) -> str:
        """Its standard error so far."""
        return (self.folder / "stderr").read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30.0)


Serve = Callable[..., Daemon]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start `dreamd serve`; extra flags win over the free ports chosen here."""
    started: list[subprocess.Popen[str]] = []

    def start(mqtt_url: str, *flags: str, pass_fds: tuple[int, ...] = ()) -> Daemon:
        http_port = free_port()
        with (tmp_path / "stderr").open("w") as stderr:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "dreamd", "serve", "--ready-json"),
                    *("--mqtt-url", mqtt_url, "--state-dir", str(tmp_path / "state")),
                    *("--grpc-port", "0", "--http-port", str(http_port), *flags),
                ],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                pass_fds=pass_fds,
            )
        started.append(process)
        return Daemon(tmp_path, mqtt_url, http_port, process)

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_daemon_comes_up_serves_and_goes_with_status_0(broker: Broker, serve: Serve) -> None:
    """Ready line, ports, health, at most 1,000 series, below 150 MB; SIGTERM ends it within 3 s."""
    daemon = serve(broker.url)
    ready = daemon.ready()
    assert ready["ready"] is True
    assert ready["pid"] == daemon.process.pid
    assert ready["http"] == daemon.http_port
    socket.create_connection(("127.0.0.1", int(str(ready["grpc"]))), timeout=2.0).close()
    assert daemon.get("/healthz") == (200, "ok\n")
    assert daemon.get("/readyz") == (200, "ok\n")
    status, text = daemon.get("/metrics")
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    assert status == 200
    assert 100 < len(samples) <= 1200
    assert psutil.Process(daemon.process.pid).memory_info().rss < 150e6
    began_s = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - began_s < 3.0
    assert "Traceback" not in daemon.said


def test_the_ready_line_may_go_to_a_descriptor_and_control_c_ends_it(broker: Broker, serve: Serve) -> None:
    """The ready line to a descriptor is complete, and the descriptor closed; Control-C ends it."""
    read_fd, write_fd = os.pipe()
    daemon = serve(broker.url, "--ready-fd", str(write_fd), pass_fds=(write_fd,))
    os.close(write_fd)
    with os.fdopen(read_fd) as told:
        assert json.loads(told.read())["pid"] == daemon.process.pid
    assert daemon.end(signal.SIGINT) == 0
    assert "shutting_down" in daemon.said


def test_without_a_broker_it_waits_and_says_so(broker: Broker, serve: Serve) -> None:
    """Without a broker it is alive and not ready, with the reason in the log; ready once it connects."""
    broker.kill()
    daemon = serve(broker.url)
    until(lambda: daemon.get("/healthz")[0] == 200)
    until(lambda: "Connection refused" in daemon.get("/readyz")[1])
    status, why = daemon.get("/readyz")
    assert status == 503
    assert f"the broker at {broker.url} is not reached" in why
    assert "start it, or name another with --mqtt-url" in daemon.said
    broker.start()
    assert daemon.ready()["ready"] is True
    assert daemon.get("/readyz")[0] == 200
    broker.kill()
    until(lambda: daemon.get("/readyz")[0] == 503)
    assert daemon.end() == 0


def test_a_frozen_daemon_is_not_called_healthy_after_thawing_it_is(broker: Broker, serve: Serve) -> None:
    """SIGSTOP holds the tick loop; after SIGCONT it goes on; a closed terminal ends it as SIGTERM does."""
    daemon = serve(broker.url)
    daemon.ready()
    daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(1.0)
    daemon.process.send_signal(signal.SIGCONT)
    until(lambda: daemon.get("/readyz")[0] == 200)
    assert daemon.end(signal.SIGHUP) == 0
    assert "shutting_down" in daemon.said


def test_one_daemon_has_the_state_directory_until_its_end(broker: Broker, serve: Serve) -> None:
    """A second daemon is refused by the first one's process; after kill -9 the directory and key go on."""
    first = serve(broker.url)
    first.ready()
    second = serve(broker.url)
    assert second.process.wait(timeout=30.0) == 1
    assert f"another dreamd (process {first.process.pid}) already uses" in second.said
    assert first.get("/readyz")[0] == 200
    public = (first.folder / "state" / "daemon.pub").read_bytes()
    first.end(signal.SIGKILL)
    third = serve(broker.url)
    assert third.ready()["ready"] is True
    assert (third.folder / "state" / "daemon.pub").read_bytes() == public


def test_a_daemon_on_an_outdated_ledger_says_so_in_its_log(broker: Broker, serve: Serve) -> None:
    """An outdated ledger, found before the log opened, is in the log with the number it affects."""
    first = serve(broker.url)
    first.ready()
    first.end()
    state = first.folder / "state"
    ledger = SqliteLedger(state / LEDGER_FILE)
    for number in range(3):
        ledger.write(Transaction(check_ins=((f"bed-{number}", f"sleeper-{number}"),)))
    ledger.write(Transaction(lived_s=time.time() - 2.0 * LAPSED_S))
    ledger.close()
    second = serve(broker.url)
    second.ready()
    (line,) = [line for line in second.said.splitlines() if "restored" in line]
    assert "check_ins=3" in line
    assert second.end() == 0
    ledger = SqliteLedger(state / LEDGER_FILE)
    assert ledger.checked_in() == {}
    ledger.close()


@pytest.mark.parametrize("flag", ["--grpc-port", "--http-port"])
def test_a_port_in_use_is_a_sentence(broker: Broker, serve: Serve, flag: str) -> None:
    """A port in use is one sentence with the flag to use, status 1, no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        daemon = serve(broker.url, flag, str(taken.getsockname()[1]))
        assert daemon.process.wait(timeout=30.0) == 1
    [line] = [line for line in daemon.said.splitlines() if line.startswith("dreamd: ")]
    assert flag in line
    assert "Traceback" not in daemon.said


def test_an_unusable_state_directory_is_one_sentence(broker: Broker, serve: Serve, tmp_path: Path) -> None:
    """A state directory that is a file, or an invalid ledger, is one sentence."""
    (tmp_path / "file").write_text("")
    daemon = serve(broker.url, "--state-dir", str(tmp_path / "file" / "state"))
    assert daemon.process.wait(timeout=30.0) == 1
    assert daemon.said.startswith("dreamd: the state directory")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ledger.sqlite3").write_text("a letter" * 1000)
    daemon = serve(broker.url)
    assert daemon.process.wait(timeout=30.0) == 1
    assert "is damaged" in daemon.said
    assert "Traceback" not in daemon.said


@pytest.mark.skipif(programs() is None, reason=MISSING)
def test_a_daemon_on_a_database_frees_while_it_is_down_and_writes_it_after(
    broker: Broker, serve: Serve, tmp_path: Path
) -> None:
    """With PostgreSQL down a wake order works, `/readyz` names it; back up, the order is kept, no restart."""
    with cluster() as server:
        url = server.url()
        daemon = serve(broker.url, "--ledger-url", url)
        api = f"127.0.0.1:{daemon.ready()['grpc']}"
        until(lambda: daemon.get("/readyz") == (200, "ok\n"))
        server.stop()
        assert main(["wake", "order", "fleet", "--server", api]) == 0
        until(lambda: daemon.get("/readyz")[0] == 503)
        assert "postgresql" in daemon.get("/readyz")[1]
        server.start()
        until(lambda: daemon.get("/readyz") == (200, "ok\n"))
        until(lambda: server.execute("SELECT count(*) FROM wake_orders", url) == [(1,)])
        assert daemon.end() == 0
    assert [path.name for path in (tmp_path / "state").glob("*.sqlite3")] == ["keys.sqlite3"]
    assert "Traceback" not in daemon.said
