"""Grafana's boards and Prometheus' alerts: made from code, true of the metrics, their commands exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from boards.__main__ import DEPLOY, files
from boards.alerts import ALERTS, PAGES, Alert
from dreamd.adapters.metrics.catalogue import CATALOGUE
from house.test_deploy import typed, understood

RUNBOOKS = DEPLOY / "runbooks"
JSON = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
ROWS_OF_A_SCREEN = 24
SECTIONS = ["## What it means for sleepers", "## First", "## Then", "## It is over when"]
SERIES = {
    series: set(metric.labels) | ({"le"} if series.endswith("_bucket") else set())
    for metric in CATALOGUE
    for series in (
        [f"{metric.name}{end}" for end in ("_bucket", "_sum", "_count")]
        if metric.kind == "histogram"
        else [metric.name]
    )
}
"""Every series by name, with its labels."""
OF_PROMETHEUS = {"instance", "job", "alertname", "severity", "alertstate"}


def load(path: Path) -> dict[str, Any]:
    """A board."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def expressions(board: dict[str, Any]) -> list[str]:
    """Every query of a board."""
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    marks = [annotation["expr"] for annotation in board["annotations"]["list"]]
    values = [variable["query"]["query"] for variable in board.get("templating", {}).get("list", [])]
    return [*asked, *marks, *values]


ASKED = [
    *(pytest.param(expr, id=path.stem) for path in JSON for expr in expressions(load(path))),
    *(pytest.param(alert.expr, id=alert.name) for alert in ALERTS),
]


def test_boards_and_alerts_are_what_their_code_makes() -> None:
    """Every committed file equals what `make boards` would write, and no other board lies beside them."""
    made = files()
    drifted = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert drifted == []
    assert {path for path in made if path.suffix == ".json"} == set(JSON)


@pytest.mark.parametrize("expr", ASKED)
def test_a_query_names_metrics_and_labels_that_exist(expr: str) -> None:
    """Each metric is in the catalogue (or `up`) and has every label that is matched, kept or joined on."""
    named = set(re.findall(r"\b(?:dreamd|grpc_server)_\w+", expr))
    assert named or re.search(r"\bup\b|^vector\(", expr), expr
    assert named <= SERIES.keys()
    labels = set(re.findall(r"[{,]\s*(\w+)=~?\"", expr)) | set(re.findall(r"(\w+)!=\"", expr))
    for listed in re.findall(r"(?:by|on|group_left) \(([\w, ]+)\)", expr):
        labels |= {label.strip() for label in listed.split(",")}
    known = set[str]().union(*(SERIES[name] for name in named), OF_PROMETHEUS)
    assert labels <= known


def test_every_metric_is_looked_at() -> None:
    """No metric is measured for nobody: each is on a board or in an alert."""
    asked = " ".join(str(one.values[0]) for one in ASKED)
    stems = {name.removesuffix(end) for name in re.findall(r"\b(?:dreamd|grpc_server)_\w+", asked)
             for end in ("", "_bucket", "_count", "_sum")}  # fmt: skip
    unseen = {metric.name for metric in CATALOGUE} - stems
    assert unseen == {"dreamd_process_virtual_memory_bytes"}, "which says nothing, and comes with the others"


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_every_panel_says_what_it_means_and_lists_who_it_is(path: Path) -> None:
    """Each has words, and a command that could be pasted: `dreamd` takes it as it stands."""
    for panel in load(path)["panels"]:
        commands = re.findall(r"`((?:dreamd|curl) [^`]+)`", panel["description"])
        assert commands, panel["title"]
        assert len(panel["description"].split("\n")[0]) > 5, panel["title"]
        wrong = [command for command in commands if command.startswith("dreamd") and not understood(command)]
        assert wrong == []


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_panels_stand_side_by_side(path: Path) -> None:
    """Within 24 columns, none over another, each with the provisioned source; what is not known is orange."""
    taken: dict[tuple[int, int], str] = {}
    for panel in load(path)["panels"]:
        at = panel["gridPos"]
        assert at.get("x", 0) + at["w"] <= 24
        cells = [
            (at.get("x", 0) + column, at.get("y", 0) + row)
            for column in range(at["w"])
            for row in range(at["h"])
        ]
        assert not [cell for cell in cells if cell in taken], panel["title"]
        taken.update(dict.fromkeys(cells, panel["title"]))
        assert panel["datasource"]["uid"] == "dreamd-prometheus"
        if panel["type"] == "stat":
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] == "orange"


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_a_board_is_what_grafanas_own_schema_reads(path: Path) -> None:
    """Read by the SDK's model of Grafana 11 and written again it is the same, but for annotations' words."""
    board = load(path)
    again = json.loads(json.dumps(Dashboard.from_json(load(path)), cls=JSONEncoder))
    for annotation, read in zip(board["annotations"]["list"], again["annotations"]["list"], strict=True):
        assert read.items() <= annotation.items()
        assert set(annotation) - set(read) <= {
            "titleFormat",
            "textFormat",
            "tagKeys",
            "step",
            "useValueForTime",
        }
    del board["annotations"], again["annotations"]
    assert again == board


def test_safety_is_one_screen_and_begins_with_who_is_coupled_unasked() -> None:
    """The first panel is the one that must be 0, and nothing of the board is below the fold."""
    panels = load(DEPLOY / "grafana/dashboards/safety.json")["panels"]
    assert panels[0]["title"] == "Coupled above what was granted: must be 0"
    assert max(panel["gridPos"].get("y", 0) + panel["gridPos"]["h"] for panel in panels) <= ROWS_OF_A_SCREEN


def test_the_boards_are_provisioned() -> None:
    """The data source that Grafana is given bears the name the boards ask for."""
    source = (DEPLOY / "grafana/provisioning/datasources/dreamd.yaml").read_text()
    assert "uid: dreamd-prometheus" in source


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_has_a_runbook_whose_commands_exist(alert: Alert) -> None:
    """What it means for sleepers, what to do first and then, when it is over; its commands are understood."""
    text = (RUNBOOKS / alert.runbook).read_text(encoding="utf-8")
    assert text.startswith(f"# {alert.name} ({alert.severity})\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    assert "```" in text.split("## Then")[0], "the first thing to do can be pasted, or read off a board"
    assert [command for command in typed(text) if not understood(command)] == []
    inline = re.findall(r"`(dreamd [a-z][^`]*)`", text)
    assert [command for command in inline if command != "dreamd serve" and not understood(command)] == []


def test_no_runbook_is_of_an_alert_that_does_not_exist() -> None:
    """As many runbooks as alerts."""
    assert {path.name for path in RUNBOOKS.iterdir()} == {alert.runbook for alert in ALERTS}


def test_only_what_may_hurt_a_sleeper_pages() -> None:
    """The list of what wakes somebody is closed; everything else is a ticket."""
    assert [alert.name for alert in PAGES] == [
        "CoupledAboveGranted",
        "SeversUnconfirmed",
        "BreakerLocked",
        "MassFailure",
        "TickNearLease",
        "NothingScraped",
    ]
    assert {alert.severity for alert in PAGES} == {"page"}
    assert {alert.severity for alert in set(ALERTS) - set(PAGES)} == {"ticket"}
