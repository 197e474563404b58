"""The container files, checked without a container engine.

The composition against the schema of its specification (check-jsonschema has it), its references against the
tree, its commands and health checks against the programs themselves; the Dockerfile against its context, and
the build of a wheel from only the files it copies.
"""

import os
import re
import shlex
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from dreamd import settings as daemon_settings
from house.test_deploy import understood

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
READ: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = READ["services"]
MADE_BY_HAND = ("./daemon.pub", "./secrets/grafana-admin")
"""Files that the head of compose.yaml asks the operator to make."""


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined, the base that is an argument by its default."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    base = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    text = text.replace("${BASE}", base[1]).replace(base[0], "") if base else text
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage, by its name; the first is its FROM."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word, rest in instructions():
        if word == "FROM":
            name = rest.split(" AS ")[1]
            found[name] = []
        found[name].append((word, rest))
    return found


def lineage(stage: str) -> list[tuple[str, str]]:
    """The instructions of a stage with those of the stages it is from, first to last."""
    mine = stages()[stage]
    parent = mine[0][1].split(" AS ")[0]
    return [*(lineage(parent) if parent in stages() else []), *mine]


def sent_to_the_builder(path: str) -> bool:
    """Whether .dockerignore lets this file of the context through; the last matching line decides."""
    through = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        fits = any(fnmatch(part, pattern) for part in (path, *(str(p) for p in Path(path).parents)))
        fits = fits or (pattern.startswith("**/") and pattern[3:] in Path(path).parts)
        through = line.startswith("!") if fits else through
    return through


def check_schema(path: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema's output for a file by the compose specification's schema."""
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [program, "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_composition_is_one_by_its_specification(tmp_path: Path) -> None:
    """The composition fits its schema; a misspelt word in it does not."""
    assert check_schema(COMPOSE).returncode == 0, check_schema(COMPOSE).stdout
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text(encoding="utf-8").replace("stop_grace_period:", "stop_grace_time:"))
    assert check_schema(wrong).returncode == 1


def test_images_are_pinned() -> None:
    """Each image and base has a tag with a version of three numbers."""
    bases = [rest.split(" AS ")[0] for word, rest in instructions() if word == "FROM"]
    images = [one["image"] for one in SERVICES.values() if "image" in one]
    assert len(images) == 3
    for image in [*images, *(base for base in bases if base not in stages())]:
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+(-[a-z-]+)?", image), image


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_confined_comes_back_and_says_how_it_is(service: str) -> None:
    """Each service drops all capabilities, writes only to volumes, restarts, is bounded and checked."""
    one = SERVICES[service]
    assert one["cap_drop"] == ["ALL"]
    assert one["read_only"] is True
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["restart"] == "unless-stopped"
    assert "privileged" not in one
    assert "ports" not in one
    if "build" in one and "healthcheck" not in one:
        assert "HEALTHCHECK" in [word for word, _ in lineage(one["build"]["target"])]
    else:
        assert one["healthcheck"].get("disable") is True or one["healthcheck"]["test"][0] == "CMD"


def test_every_reference_exists() -> None:
    """Mounted files (read only), volumes, secrets, services and stages that are named exist."""
    for one in SERVICES.values():
        for mount in one.get("volumes", []):
            source, target, *mode = (
                [mount["source"], mount["target"], "ro" if mount["read_only"] else ""]
                if isinstance(mount, dict)
                else mount.split(":")
            )
            assert target.startswith("/")
            if source.startswith("."):
                assert mode == ["ro"]
                assert source in MADE_BY_HAND or (DEPLOY / source).exists(), source
            else:
                assert source in READ["volumes"]
        assert set(one.get("secrets", [])) <= set(READ["secrets"])
        assert set(one.get("depends_on", [])) <= set(SERVICES)
        if "build" in one:
            assert one["build"]["target"] in stages()
            assert (DEPLOY / one["build"]["context"]).resolve() == ROOT
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    for made in MADE_BY_HAND:
        assert any(fnmatch(f"/deploy{made[1:]}", f"{line.rstrip('/')}*") for line in ignored if line), made


def test_no_password_is_in_what_is_shipped() -> None:
    """A secret is a file under /run/secrets; no password is in the shipped files."""
    for service, one in SERVICES.items():
        for name, value in one.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|KEY", name):
                assert str(value).startswith("/run/"), f"{service}: {name}"
    grafana = SERVICES["grafana"]["environment"]
    assert grafana["GF_SECURITY_ADMIN_PASSWORD__FILE"] == f"/run/secrets/{SERVICES['grafana']['secrets'][0]}"
    assert grafana["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


def test_every_service_is_addressed_at_its_port() -> None:
    """Broker, metrics, Prometheus and Grafana are addressed at the ports they listen on."""
    listener = re.findall(r"^listener (\d+) (\S+)$", (DEPLOY / "mosquitto.conf").read_text(), re.MULTILINE)
    port, host = listener[0]
    assert SERVICES["daemon"]["environment"]["DREAMD_MQTT_URL"] == f"mqtt://{host}:{port}"
    assert SERVICES["beds"]["environment"]["DREAMEDGE_BROKER"] == f"mqtt://{host}:{port}"
    told = daemon_settings.load({}, {}).settings
    scraped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["static_configs"] == [{"targets": [f"{told.http_host}:{told.http_port}"]}]
    flags = dict(flag.split("=", 1) for flag in SERVICES["prometheus"]["command"])
    listens = flags["--web.listen-address"]
    assert f"http://{listens}/-/healthy" in SERVICES["prometheus"]["healthcheck"]["test"]
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/dreamd.yaml").read_text())
    assert source["datasources"][0]["url"] == f"http://{listens}"
    boards = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/dreamd.yaml").read_text())
    path = boards["providers"][0]["options"]["path"]
    assert f"./grafana/dashboards:{path}:ro" in SERVICES["grafana"]["volumes"]
    grafana = SERVICES["grafana"]["environment"]
    address = f"{grafana['GF_SERVER_HTTP_ADDR']}:{grafana['GF_SERVER_HTTP_PORT']}"
    assert f"http://{address}/api/health" in SERVICES["grafana"]["healthcheck"]["test"]
    rules = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["rule_files"]
    mounts = (mount.split(":") for mount in SERVICES["prometheus"]["volumes"])
    mounted = {mount[1]: mount[0] for mount in mounts}
    for rule in rules:
        folder = str(Path("/etc/prometheus") / Path(rule).parent)
        assert (DEPLOY / mounted[folder] / Path(rule).name).exists()


def health_of_the_daemon(port: int, state: Path) -> subprocess.CompletedProcess[str]:
    """Run the Dockerfile's HEALTHCHECK against another port and state directory."""
    (check,) = [rest for word, rest in lineage("daemon") if word == "HEALTHCHECK"]
    program, flag, code = yaml.safe_load(check.partition("CMD ")[2])
    assert (program, flag) == ("python", "-c")
    assert ":8080/" in code
    command = [sys.executable, flag, code.replace(":8080/", f":{port}/")]
    environment = {**os.environ, "DREAMD_STATE_DIR": str(state)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("stage", ["daemon", "edge"])
def test_what_an_image_runs_is_a_command_we_have(stage: str) -> None:
    """ENTRYPOINT with CMD, and with the commands of compose.yaml, are accepted by our command lines."""
    said = dict(lineage(stage))
    entry, usual = yaml.safe_load(said["ENTRYPOINT"]), yaml.safe_load(said["CMD"])
    assert understood(shlex.join([*entry, *usual]))
    for one in SERVICES.values():
        if one.get("build", {}).get("target") == stage and "command" in one:
            assert understood(shlex.join([*entry, *one["command"]]))
    assert said["USER"] == "dreamd"
    assert said["STOPSIGNAL"] == "SIGTERM"


def test_what_is_copied_is_sent_and_there() -> None:
    """Each COPY's source exists and passes .dockerignore; each --from names an earlier stage."""
    before: list[str] = []
    for name, steps in stages().items():
        for word, rest in steps:
            if word != "COPY":
                continue
            *sources, _ = rest.split()
            if sources[0].startswith("--from="):
                assert sources[0].removeprefix("--from=") in before
                continue
            for source in sources:
                assert (ROOT / source).exists(), source
                assert sent_to_the_builder(source), source
        before.append(name)
    assert not sent_to_the_builder("tests/conftest.py")
    assert not sent_to_the_builder("deploy/secrets/grafana-admin")
    assert not sent_to_the_builder("daemon/dreamd/__pycache__/main.pyc")


def context(folder: Path) -> Path:
    """A folder with exactly the files that the Dockerfile's stage `source` copies."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    copied = [rest.split()[:-1] for word, rest in stages()["source"] if word == "COPY"]
    for file in tracked.stdout.splitlines():
        wanted = any(file == source or file.startswith(f"{source}/") for line in copied for source in line)
        if wanted and (ROOT / file).exists():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / file).read_bytes())
    return folder


def test_a_wheel_is_built_from_what_is_copied_alone(tmp_path: Path) -> None:
    """A wheel from only the copied files has all four packages, the broker's files and both programs."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "out")]
    made = subprocess.run(
        build, cwd=context(tmp_path / "context"), capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    for root in ("daemon/dreamd", "edge/dreamedge", "proto/dreamwire", "proto/dreamapi"):
        sources = (path.relative_to(ROOT / root).as_posix() for path in (ROOT / root).rglob("*.py"))
        assert {f"{root.split('/')[1]}/{source}" for source in sources} <= names
    assert "dreamd/up/processes/mosquitto.conf" in names
    assert any(name.endswith("entry_points.txt") for name in names)
