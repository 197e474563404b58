"""A real Prometheus scrapes a running night and answers every query of every board."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
BOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
FAILS_AFTER_S = 8
EVERY = '{job=~"dreamd", instance=~".*"}'
MAY_BE_EMPTY = {
    f"sum by (code) (increase(dreamd_refused_total{EVERY}[10s])) > 0": "no call was refused",
    f"sum by (what) (increase(dreamd_link_dropped_total{EVERY}[10s])) > 0": "no queue was full",
    f"sum by (reason) (rate(dreamd_frames_refused_total{EVERY}[10s])) > 0": "no frame was refused",
    f"sum by (change) (increase(dreamd_consent_changes_total{EVERY}[10s])) > 0": "no consent has changed",
    f"sum by (clause) (increase(dreamd_guideline_refusals_total{EVERY}[10s])) > 0": "no clause has refused",
    f"sum by (kind) (rate(dreamd_malformed_total{EVERY}[10s])) > 0": "every payload was read",
}
"""Queries that show only failures, with the reason why they are empty here."""


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    port: int

    def ask(self, path: str, **asked: str) -> Any:  # noqa: ANN401 -- JSON
        """The data of an answer; AssertionError with Prometheus' own text on an error."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(asked)}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{asked}: {error.read().decode()}") from error
        assert told["status"] == "success", told
        return told["data"]

    def value(self, expr: str) -> dict[str, float]:
        """The newest values, by the one label that the expression keeps (or none)."""
        found = self.ask("query", query=expr)["result"]
        return {" ".join(one["metric"].values()): float(one["value"][1]) for one in found}

    def until(self, expr: str, within_s: float) -> None:
        """Return once the expression has a result."""
        give_up_s = time.monotonic() + within_s
        while not self.value(expr):
            assert time.monotonic() < give_up_s, f"{expr} stayed empty for {within_s} s"
            time.sleep(0.2)


@pytest.fixture
def ports() -> tuple[int, int, int, int]:
    """Free ports: MQTT, gRPC, HTTP, Prometheus'."""
    return free_port(), free_port(), free_port(), free_port()


@pytest.fixture
def night(tmp_path: Path, ports: tuple[int, int, int, int]) -> Iterator[subprocess.Popen[str]]:
    """Four sleepers; one implant rails once all are merged."""
    flags = [f"--{name}-port={port}" for name, port in zip(("mqtt", "grpc", "http"), ports[:3], strict=True)]
    fails = f"--malfunction=railed@+{FAILS_AFTER_S}"
    more = ["--sleepers=4", "--duration=60", "--json", fails, f"--night={tmp_path / 'n.svg'}"]
    command = [sys.executable, "-m", "dreamd", "up", *flags, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def prometheus(tmp_path: Path, ports: tuple[int, int, int, int]) -> Iterator[Prometheus]:
    """With the shipped configuration and rules, but scraping that night, every second."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed (make system-packages)")
    shipped = (DEPLOY / "prometheus.yml").read_text()
    changed = re.sub(r"_(interval|timeout): \d+s", r"_\1: 1s", shipped)
    changed = changed.replace("127.0.0.1:8080", f"127.0.0.1:{ports[2]}")
    changed = changed.replace("prometheus/alerts.yml", str(DEPLOY / "prometheus/alerts.yml"))
    assert changed.count("1s") >= 3
    (tmp_path / "prometheus.yml").write_text(changed)
    command = [
        program,
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{ports[3]}",
        "--log.level=error",
    ]
    with subprocess.Popen(command) as process:
        one = Prometheus(ports[3])
        give_up_s = time.monotonic() + 15
        while True:
            try:
                one.ask("query", query="1")
            except (OSError, AssertionError):
                assert time.monotonic() < give_up_s
                time.sleep(0.1)
            else:
                break
        yield one
        process.kill()


def filled(expr: str) -> str:
    """The query as Grafana would send it: the shipped job, and all of every other variable."""
    every = re.sub(r"\$(instance|site|dreamscape|service)", ".*", expr).replace("$job", "dreamd")
    return every.replace("$__rate_interval", "10s")


def queries(board: dict[str, Any]) -> list[tuple[str, str]]:
    """(place, expression) of every panel and annotation."""
    panels = [(panel["title"], t["expr"]) for panel in board["panels"] for t in panel.get("targets", [])]
    marks = [(one["name"], one["expr"]) for one in board["annotations"]["list"]]
    return [(f"{board['title']}: {where}", filled(expr)) for where, expr in (*panels, *marks)]


def ask_everything(prometheus: Prometheus) -> list[str]:
    """Ask every query of every board, over the last 15 s; returns the unexpectedly empty ones."""
    empty, now_s = [], time.time()
    for path in BOARDS:
        board = json.loads(path.read_text())
        for where, expr in queries(board):
            asked = {"start": f"{now_s - 15:.3f}", "end": f"{now_s:.3f}", "step": "1"}
            if not prometheus.ask("query_range", query=expr, **asked)["result"] and expr not in MAY_BE_EMPTY:
                empty.append(f"{where}: {expr}")
        asked_for = [one for one in board["templating"]["list"] if one["type"] == "query"]
        for variable in asked_for:
            query = filled(variable["query"]["query"])
            found = re.fullmatch(r"label_values\((\w+(?:\{.*\})?), (\w+)\)", query)
            assert found is not None, variable
            if not prometheus.ask(f"label/{found[2]}/values", **{"match[]": found[1]}):
                empty.append(f"{board['title']}: ${variable['name']}")
    return empty


def firing(prometheus: Prometheus, severity: str) -> set[str]:
    """The alerts of this severity that fire."""
    return set(
        prometheus.value(f'count by (alertname) (ALERTS{{severity="{severity}",alertstate="firing"}})')
    )


def test_every_query_of_every_board_is_answered(night: subprocess.Popen[str], prometheus: Prometheus) -> None:
    """No query fails or is unexpectedly empty; the severs happened, and no alert pages."""
    prometheus.until("sum(dreamd_sleepers{state='merged'}) == 4", 40)
    prometheus.until("sum(dreamd_severed_total) > 0", 25)
    prometheus.until("sum(dreamd_sleepers{state='severed'}) == 1", 5)
    time.sleep(3)  # another three scrapes, so that rates have their two points
    assert ask_everything(prometheus) == []
    seen = prometheus.value("sum by (cause) (dreamd_severed_total) > 0")
    assert prometheus.value("sum(dreamd_sleepers{state='merged'})") == {"": 3.0}
    assert prometheus.value("sum(dreamd_coupled_above_granted) + sum(dreamd_unconfirmed_severs)") == {"": 0.0}
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    assert len(rules) > 15
    assert firing(prometheus, "page") == set()
    night.send_signal(signal.SIGINT)
    told = json.loads(night.communicate(timeout=30)[0])
    happened = [sever["cause"] for sever in told["severed"]]
    assert seen == {cause: float(happened.count(cause)) for cause in set(happened)}
    assert set(seen) == {"railed"}
    prometheus.until('ALERTS{alertname="DreamdNothingScraped"}', 10)
