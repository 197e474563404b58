"""Grafana's boards and Prometheus' alerts: generated, with existing metrics and commands."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from boards.__main__ import DEPLOY, files
from boards.alerting.alertmanager import INHIBITIONS
from boards.alerting.pages import PAGES
from boards.alerting.rules import MAPPING, PREFIX, Alert
from boards.alerting.tickets import TICKETS
from boards.kit import SCOPE, TITLE_PER_COLUMN
from boards.links import GRAFANA_URL, JOB, RUNBOOKS_URL
from dreamd.adapters.metrics.catalogue import CATALOGUE
from house.test_deploy import installed, typed, understood

RUNBOOKS = DEPLOY / "runbooks"
JSON = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
ROWS_OF_A_SCREEN = 21
SECTIONS = [
    "## What it means for sleepers",
    "## How long it may wait",
    "## First",
    "## Then",
    "## Likely causes, in this order",
    "## Tell the night nurse",
    "## It is over when",
]
ALERTS = (*PAGES, *TICKETS)
RATES = {"cps", "reqps"}
EVERYWHERE = ["datasource", "job", "instance"]
"""The variables of every board, in their order."""
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


def panels_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of a board, without the headings of its rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def variables_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The variables of a board that are asked of Prometheus."""
    return [one for one in board["templating"]["list"] if one["type"] == "query"]


def expressions(board: dict[str, Any]) -> list[str]:
    """Every query of a board."""
    asked = [target["expr"] for panel in panels_of(board) for target in panel.get("targets", [])]
    marks = [annotation["expr"] for annotation in board["annotations"]["list"]]
    values = [variable["query"]["query"] for variable in variables_of(board)]
    return [*asked, *marks, *values]


ASKED = [
    *(pytest.param(expr, id=path.stem) for path in JSON for expr in expressions(load(path))),
    *(pytest.param(alert.expr, id=alert.name) for alert in ALERTS),
]


def test_boards_and_alerts_are_what_their_code_makes() -> None:
    """Every committed file equals the output of `make boards`, and there is no other board."""
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


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_every_query_asks_the_chosen_source_job_and_daemons(path: Path) -> None:
    """Each selector has the job and the instances chosen at the top, each query the data source."""
    board = load(path)
    assert [one["name"] for one in board["templating"]["list"]][:3] == EVERYWHERE
    choosing = {
        "label_values(dreamd_build_info, job)",
        'label_values(dreamd_build_info{job=~"$job"}, instance)',
    }
    for expr in set(expressions(board)) - choosing:
        named = re.findall(r"\b(?:(?:dreamd|grpc_server)_\w+|up)\b(?:\{([^}]*)\})?", expr)
        assert all(selector.startswith(SCOPE) for selector in named), expr
    sources = re.findall(r'"uid": "([^"]*)"', json.dumps({**board, "uid": ""}))
    assert set(sources) == {"", "${datasource}"}


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_a_rate_has_a_unit_of_rates(path: Path) -> None:
    """A panel that shows events a second has that unit, and no other panel has it."""
    for panel in panels_of(load(path)):
        asked = [target["expr"] for target in panel.get("targets", [])]
        plain = [
            expr for expr in asked if re.match(r"sum(?: by \(\w+\))? ?\(rate\(", expr) and "/" not in expr
        ]
        rates = bool(plain) and "_cpu_seconds_" not in plain[0]
        unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit")
        assert (unit in RATES) is rates, panel["title"]


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_no_title_is_cut(path: Path) -> None:
    """Each panel's title has room in its columns on a screen of 1280 pixels."""
    cut = [
        p["title"] for p in panels_of(load(path)) if len(p["title"]) > TITLE_PER_COLUMN * p["gridPos"]["w"]
    ]
    assert cut == []


def test_the_boards_and_their_titles_are_area_and_board() -> None:
    """Each board is named `dreamd / Name`, and Daemon has a row for each part."""
    assert {path.stem: load(path)["title"] for path in JSON} == {
        "daemon": "dreamd / Daemon",
        "dreamscapes": "dreamd / Dreamscapes",
        "fleet": "dreamd / Fleet",
        "people": "dreamd / People",
        "safety": "dreamd / Safety",
        "surveillance": "dreamd / Surveillance",
    }
    rows = [
        one["title"]
        for one in load(DEPLOY / "grafana/dashboards/daemon.json")["panels"]
        if one["type"] == "row"
    ]
    assert rows == ["Tick", "Broker and ledger", "Process", "gRPC"]


def test_the_first_board_lists_the_alerts() -> None:
    """Safety has one list of alerts, of ours alone, firing and pending."""
    [listed] = [
        p for p in load(DEPLOY / "grafana/dashboards/safety.json")["panels"] if p["type"] == "alertlist"
    ]
    assert listed["options"]["alertName"] == PREFIX
    assert listed["options"]["stateFilter"]["firing"]
    assert listed["options"]["stateFilter"]["pending"]


def test_every_metric_is_looked_at() -> None:
    """Each metric is on a board or in an alert."""
    asked = " ".join(str(one.values[0]) for one in ASKED)
    stems = {name.removesuffix(end) for name in re.findall(r"\b(?:dreamd|grpc_server)_\w+", asked)
             for end in ("", "_bucket", "_count", "_sum")}  # fmt: skip
    unseen = {metric.name for metric in CATALOGUE} - stems
    assert unseen == {"dreamd_process_virtual_memory_bytes"}, "which says nothing, and comes with the others"


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_every_panel_has_a_description_and_a_command(path: Path) -> None:
    """Each panel has a description and a command that `dreamd` accepts."""
    for panel in panels_of(load(path)):
        commands = re.findall(r"`((?:dreamd|curl) [^`]+)`", panel["description"])
        assert commands, panel["title"]
        assert len(panel["description"].split("\n")[0]) > 5, panel["title"]
        wrong = [command for command in commands if command.startswith("dreamd") and not understood(command)]
        assert wrong == []


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_panels_stand_side_by_side(path: Path) -> None:
    """Panels fit in 24 columns without overlap; in a number an unknown value is orange."""
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
        if panel["type"] == "stat":
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] == "orange"


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_a_board_is_what_grafanas_own_schema_reads(path: Path) -> None:
    """A board read by the SDK's model of Grafana 11 and written again is the same.

    Only the text of annotations differs.
    """
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


def test_safety_is_one_screen_and_begins_with_unpermitted_couplings() -> None:
    """Safety's first panel is the one that must be 0, and the whole board fits on one screen."""
    panels = load(DEPLOY / "grafana/dashboards/safety.json")["panels"]
    assert panels[0]["title"] == "Coupled above what was granted: must be 0"
    assert max(panel["gridPos"].get("y", 0) + panel["gridPos"]["h"] for panel in panels) <= ROWS_OF_A_SCREEN


def test_the_data_source_is_provisioned_with_its_alerts() -> None:
    """Grafana gets a default Prometheus source that lists the alerts of its rules."""
    given = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/dreamd.yaml").read_text())
    [source] = given["datasources"]
    assert (source["type"], source["isDefault"], source["jsonData"]["manageAlerts"]) == (
        "prometheus",
        True,
        True,
    )


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_has_a_runbook_with_commands_that_exist(alert: Alert) -> None:
    """Every runbook has meaning, patience, first, then, causes, the nurse's sentence and the end.

    Each of its commands is accepted.
    """
    text = (RUNBOOKS / alert.runbook).read_text(encoding="utf-8")
    assert text.startswith(f"# {alert.name} ({alert.severity})\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    assert "```" in text.split("## Then")[0], "the first thing to do can be pasted"
    causes = text.split(SECTIONS[4])[1].split("## ")[0]
    assert len(re.findall(r"^\d\. ", causes, re.MULTILINE)) >= 2, "likely causes are a list, in their order"
    assert [command for command in typed(text) if not understood(command)] == []
    inline = re.findall(r"`(dreamd [a-z][^`]*)`", text)
    assert [command for command in inline if command != "dreamd serve" and not understood(command)] == []


def test_a_runbook_names_only_alerts_that_exist() -> None:
    """An alert that a runbook points to has a runbook, too."""
    for path in RUNBOOKS.glob("*.md"):
        named = set(re.findall(rf"`({PREFIX}[A-Z]\w+)`", path.read_text(encoding="utf-8")))
        assert named <= {alert.name for alert in ALERTS}, path.name


def test_there_are_as_many_runbooks_as_alerts() -> None:
    """Each file but the list belongs to one alert."""
    assert {path.name for path in RUNBOOKS.iterdir()} == {alert.runbook for alert in ALERTS} | {"README.md"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_links_to_its_runbook_and_to_a_board(alert: Alert) -> None:
    """The runbook's address ends in its file's name, the board's names a board that is shipped."""
    links = alert.annotations
    assert links["runbook_url"] == f"{RUNBOOKS_URL}/{alert.runbook}"
    assert (RUNBOOKS / alert.runbook).is_file()
    found = re.match(
        rf"{re.escape(GRAFANA_URL)}/d/([\w-]+)\?var-job={JOB}&var-instance=", links["dashboard_url"]
    )
    assert found is not None
    assert found[1] in {load(path)["uid"] for path in JSON}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_has_a_summary_and_a_description(alert: Alert) -> None:
    """The prefix of the house; a summary without a number or full stop; a description of whole sentences."""
    assert re.fullmatch(rf"{PREFIX}(?:[A-Z][a-z]+)+", alert.name)
    assert not re.search(r"[{}.]|\d", alert.summary)
    assert alert.summary[0].isupper()
    assert alert.description.endswith(".")
    assert MAPPING.keys() == {"page", "ticket"}


def test_the_list_of_runbooks_maps_the_severities() -> None:
    """The list names every alert, and the other terms for a page and a ticket."""
    text = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text and f"`{other}`" in text for name, other in MAPPING.items())
    assert all(f"[{alert.name}]({alert.runbook})" in text for alert in ALERTS)


def test_an_inhibition_is_between_alerts_that_exist_and_no_ticket_hides_a_page() -> None:
    """Only alerts are sources and targets, only a page inhibits a page; one page alone hides the worst."""
    severity = {alert.name.removeprefix(PREFIX): alert.severity for alert in ALERTS}
    for one in INHIBITIONS:
        assert {one.source, *one.targets} <= severity.keys()
        assert one.source not in one.targets
        assert {"job", "instance"} <= set(one.equal)
        if severity[one.source] == "ticket":
            assert {severity[target] for target in one.targets} == {"ticket"}
            assert one.targets, "an empty list is every alert"
        if not one.targets:
            assert one.source == "NothingScraped"
        assert "CoupledAboveGranted" not in one.targets


def test_alertmanagers_part_is_well_formed() -> None:
    """Every route has a receiver that is there, and every inhibition has its matchers and labels."""
    part = yaml.safe_load((DEPLOY / "prometheus/alertmanager.yml").read_text(encoding="utf-8"))
    known = {receiver["name"] for receiver in part["receivers"]}
    assert {part["route"]["receiver"], *(route["receiver"] for route in part["route"]["routes"])} == known
    assert len(part["inhibit_rules"]) == len(INHIBITIONS)
    for rule in part["inhibit_rules"]:
        assert rule.keys() == {"source_matchers", "target_matchers", "equal"}
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            found = re.fullmatch(r'alertname(=|=~|!=)"(.+)"', matcher)
            assert found is not None, matcher
            assert re.compile(found[2])


def test_alertmanagers_own_check_takes_its_part() -> None:
    """`amtool` accepts the configuration."""
    check = [installed("amtool"), "check-config", str(DEPLOY / "prometheus/alertmanager.yml")]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_danger_to_a_sleeper_or_the_loss_of_a_night_pages() -> None:
    """The list of alerts that page is closed; all others are tickets."""
    assert [alert.name.removeprefix(PREFIX) for alert in PAGES] == [
        "CoupledAboveGranted",
        "SeversUnconfirmed",
        "BreakerLocked",
        "MassFailure",
        "EveryoneAlone",
        "SleeperUnreachable",
        "BrokerLost",
        "TickNearLease",
        "CaseUnanswered",
        "NothingScraped",
    ]
    assert {alert.severity for alert in PAGES} == {"page"}
    assert {alert.severity for alert in TICKETS} == {"ticket"}
