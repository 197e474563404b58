"""The chart, by its committed renderings: confined pods, one daemon a house, ways out reached, no secret.

`make chart` renders them by helm and validates them for Kubernetes; this reads what it wrote.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

CHART = Path(__file__).resolve().parents[2] / "deploy" / "chart"
EXAMPLES = ("trial", "ward", "city")
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
Object = dict[str, Any]


def rendered(example: str) -> list[Object]:
    """The objects of an example."""
    text = (CHART / "examples" / "rendered" / f"{example}.yaml").read_text()
    return [one for one in yaml.safe_load_all(text) if one]


def of_kind(example: str, kind: str) -> list[Object]:
    """Those of one kind."""
    return [one for one in rendered(example) if one["kind"] == kind]


def pods(example: str) -> list[Object]:
    """Every pod, of workloads and of the Ray cluster."""
    found = [
        one["spec"]["template"]["spec"] for one in rendered(example) if "template" in one.get("spec", {})
    ]
    for cluster in of_kind(example, "RayCluster"):
        groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
        found += [group["template"]["spec"] for group in groups]
    return found


def objects(schema: Any) -> list[Object]:  # noqa: ANN401 -- JSON
    """Every schema of an object with named properties within a schema."""
    if isinstance(schema, list):
        return [found for one in schema for found in objects(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "properties" in schema and schema.get("type") == "object" else []
    return own + [found for one in schema.values() for found in objects(one)]


def test_a_value_that_the_chart_lacks_is_refused() -> None:
    """Every object of the values is closed, and no house has a number of replicas."""
    assert all(one["additionalProperties"] is False for one in objects(SCHEMA))
    assert "replicas" not in json.dumps(SCHEMA)
    for values in ({"houses": {"a": {"replicas": 2}}}, {"houses": {}}, {"houses": {"a": {}}, "typo": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values, SCHEMA)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_allowed(example: str) -> None:
    """Its values are valid, as are the defaults with a house."""
    jsonschema.validate(yaml.safe_load((CHART / "examples" / f"{example}.yaml").read_text()), SCHEMA)
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    jsonschema.validate(defaults | {"houses": {"a": None}}, SCHEMA)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_container_is_confined(example: str) -> None:
    """No pod has a token of the cluster; none is root or gains rights; no daemon has a limit of CPU."""
    for pod in pods(example):
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            confined = container["securityContext"]
            assert confined["runAsNonRoot"] is True
            assert confined["allowPrivilegeEscalation"] is False
            assert confined["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            if "ray" not in container["name"]:
                assert confined["readOnlyRootFilesystem"] is True
                assert "cpu" not in container["resources"]["limits"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_house_is_one_daemon_whose_ways_out_are_reached(example: str) -> None:
    """One replica, state that outlives it, a budget that stops a drain, a Service also for one not ready."""
    houses = of_kind(example, "StatefulSet")
    assert houses
    budgets = of_kind(example, "PodDisruptionBudget")
    assert [one["spec"]["maxUnavailable"] for one in budgets] == [0] * len(houses)
    services = {one["metadata"]["name"]: one["spec"] for one in of_kind(example, "Service")}
    for house in houses:
        assert house["spec"]["replicas"] == 1
        assert house["spec"]["persistentVolumeClaimRetentionPolicy"] == {
            "whenDeleted": "Retain",
            "whenScaled": "Retain",
        }
        service = services[house["metadata"]["name"]]
        assert service["publishNotReadyAddresses"] is True
        assert service["selector"].items() <= house["spec"]["template"]["metadata"]["labels"].items()
        daemon = house["spec"]["template"]["spec"]["containers"][0]
        assert daemon["livenessProbe"]["httpGet"] == daemon["startupProbe"]["httpGet"]
        assert daemon["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("example", EXAMPLES)
def test_secrets_are_references(example: str) -> None:
    """The chart makes no Secret, and no variable that is one stands in the clear."""
    assert of_kind(example, "Secret") == []
    for pod in pods(example):
        for container in pod["containers"]:
            for variable in container.get("env", []):
                secret = variable["name"].endswith(
                    ("_PASSWORD", "_TOKEN", "_SECRET", "LEDGER_URL", "MQTT_USER")
                )
                assert not secret or "secretKeyRef" in variable["valueFrom"]


def test_what_prometheus_is_given_is_what_compose_gives_it() -> None:
    """The rules in the cluster are the shipped alerts, and the scraper asks by TLS with a credential."""
    [rule] = of_kind("ward", "PrometheusRule")
    shipped = yaml.safe_load((CHART.parent / "prometheus" / "alerts.yml").read_text())
    assert rule["spec"] == shipped
    [monitor] = of_kind("ward", "ServiceMonitor")
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["authorization"]["credentials"] == {"name": "scraper", "key": "credential"}
    boards = {path.name for path in (CHART / "files" / "dashboards").glob("*.json")}
    assert boards == {path.name for path in (CHART.parent / "grafana" / "dashboards").glob("*.json")}
