"""A real Alertmanager accepts the shipped configuration, and sends no alert that follows from another."""

import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from boards.alerting.pages import PAGES
from boards.alerting.rules import PREFIX
from boards.alerting.tickets import TICKETS
from integration.conftest import free_port

CONFIG = Path(__file__).resolve().parents[2] / "deploy/prometheus/alertmanager.yml"
ANNOTATIONS: dict[str, dict[str, str]] = {
    rule["alert"]: rule["annotations"]
    for group in yaml.safe_load((CONFIG.parent / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
SEVERITY = {alert.name: alert.severity for alert in (*PAGES, *TICKETS)}


SETTLED_S = 0.7
"""Seconds without a change after which all that inhibits is known."""


@dataclass(frozen=True)
class Alertmanager:
    """A running Alertmanager."""

    port: int

    def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
        """The answer of its API; a body is posted."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v2/{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read() or "null")

    def fire(self, *names: str, instance: str = "a", **labels: str) -> None:
        """Alerts of this daemon fire."""
        shared = {"job": "dreamd", "instance": instance, **labels}
        self.ask(
            "alerts",
            [
                {
                    "labels": {"alertname": PREFIX + name, "severity": SEVERITY[PREFIX + name], **shared},
                    "annotations": ANNOTATIONS[PREFIX + name],
                }
                for name in names
            ],
        )

    def sent(self, within_s: float = 20.0) -> dict[tuple[str, str], str]:
        """The receiver of each alert that is not inhibited, by name and instance, once nothing changes.

        An alert is processed before those that inhibit it are known, for a moment.
        """
        give_up_s, since_s = time.monotonic() + within_s, time.monotonic()
        before: tuple[bool, dict[tuple[str, str], str]] = (True, {})
        while time.monotonic() < min(give_up_s, since_s + SETTLED_S) or before[0]:
            now = self._active()
            if now != before:
                before, since_s = now, time.monotonic()
            if time.monotonic() > give_up_s:
                break
            time.sleep(0.1)
        return before[1]

    def _active(self) -> tuple[bool, dict[tuple[str, str], str]]:
        """Whether an alert waits to be processed, and the receiver of each active one."""
        found = self.ask("alerts")
        return any(one["status"]["state"] == "unprocessed" for one in found), {
            (one["labels"]["alertname"].removeprefix(PREFIX), one["labels"]["instance"]): one["receivers"][0][
                "name"
            ]
            for one in found
            if one["status"]["state"] == "active"
        }


class Pager(http.server.BaseHTTPRequestHandler):
    """A webhook that keeps what it is sent, in `calls`."""

    calls: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Keep the alerts of one notification."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.calls.extend(told["alerts"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def pager() -> Iterator[int]:
    """A webhook on a port of its own, without calls."""
    Pager.calls.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pager)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def alertmanager(tmp_path: Path, pager: int) -> Iterator[Alertmanager]:
    """With the shipped configuration on a port of its own, but no wait before a ticket is sent."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        pytest.skip("prometheus-alertmanager is not installed (make system-packages)")
    one = Alertmanager(free_port())
    shipped = CONFIG.read_text(encoding="utf-8")
    assert "group_wait: 10s" in shipped
    assert "  - name: pager\n" in shipped
    address = f"  - name: pager\n    webhook_configs: [{{url: 'http://127.0.0.1:{pager}/'}}]\n"
    shipped = shipped.replace("group_wait: 10s", "group_wait: 0s").replace("  - name: pager\n", address)
    (tmp_path / "alertmanager.yml").write_text(shipped)
    command = [
        program,
        f"--config.file={tmp_path / 'alertmanager.yml'}",
        f"--storage.path={tmp_path}",
        f"--web.listen-address=127.0.0.1:{one.port}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    with subprocess.Popen(command) as process:
        give_up_s = time.monotonic() + 15
        while True:
            try:
                one.ask("status")
            except (OSError, urllib.error.URLError):
                assert time.monotonic() < give_up_s
                time.sleep(0.1)
            else:
                break
        yield one
        process.kill()


def test_a_lost_broker_pages_once(alertmanager: Alertmanager) -> None:
    """Alerts that follow from a lost broker are not sent for this daemon; another daemon's are."""
    alertmanager.fire("BrokerLost", "SeversUnconfirmed", "BedOffline", "FramesLost", "CoupledAboveGranted")
    alertmanager.fire("EveryoneAlone", "SleeperUnreachable", dreamscape="night")
    alertmanager.fire("BedOffline", "SeversUnconfirmed", instance="b")
    assert alertmanager.sent() == {
        ("BrokerLost", "a"): "pager",
        ("CoupledAboveGranted", "a"): "pager",
        ("BedOffline", "b"): "tickets",
        ("SeversUnconfirmed", "b"): "pager",
    }


def test_the_loss_of_all_metrics_stands_for_all(alertmanager: Alertmanager) -> None:
    """While a daemon is not scraped only that alert of it is sent."""
    alertmanager.fire("NothingScraped", "CoupledAboveGranted", "LoopLag", "BrokerLost")
    assert alertmanager.sent() == {("NothingScraped", "a"): "pager"}


def test_no_ticket_hides_a_page(alertmanager: Alertmanager) -> None:
    """A ticket inhibits its own consequences, and a page that fires beside it is sent."""
    alertmanager.fire("LedgerNotWritable", "LedgerSlow", "LedgerWriteFailures", "SeversUnconfirmed")
    alertmanager.fire("EveryoneAlone", dreamscape="night")
    alertmanager.fire("SleeperUnreachable", dreamscape="other")
    assert alertmanager.sent() == {
        ("LedgerNotWritable", "a"): "tickets",
        ("SeversUnconfirmed", "a"): "pager",
        ("EveryoneAlone", "a"): "pager",
        ("SleeperUnreachable", "a"): "pager",
    }


def called(count: int, within_s: float = 20.0) -> list[dict[str, Any]]:
    """The alerts of which the pager was called, once they are so many and a second has brought no more."""
    give_up_s = time.monotonic() + within_s
    while len(Pager.calls) < count and time.monotonic() < give_up_s:
        time.sleep(0.05)
    time.sleep(1.0)
    return list(Pager.calls)


def test_each_page_calls_a_person_once_with_its_runbook(alertmanager: Alertmanager) -> None:
    """Every page that fires arrives at the pager's address once, and names a runbook that is there."""
    names = sorted(alert.name.removeprefix(PREFIX) for alert in PAGES)
    for name in names:
        for _ in range(3):  # Prometheus repeats itself while it fires
            alertmanager.fire(name, instance=name, dreamscape="night")
    calls = called(len(names))
    assert sorted(call["labels"]["instance"] for call in calls) == names
    for call in calls:
        runbook = call["annotations"]["runbook_url"].rpartition("/")[2]
        assert (CONFIG.parents[1] / "runbooks" / runbook).is_file()


def test_a_consequence_of_a_lost_broker_calls_nobody(alertmanager: Alertmanager) -> None:
    """A broker is lost: one call for it, and none for the severs and sleepers that it explains."""
    for _ in range(2):
        alertmanager.fire("SeversUnconfirmed", "EveryoneAlone", "SleeperUnreachable", "BrokerLost")
    assert [call["labels"]["alertname"] for call in called(1)] == [f"{PREFIX}BrokerLost"]
