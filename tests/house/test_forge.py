"""The files of the usual forge: valid by its schemas, and each step a target of the Makefile."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
FILES = {
    "vendor.github-workflows": WORKFLOWS,
    "vendor.dependabot": [FORGE / "dependabot.yml"],
    "vendor.github-issue-forms": [
        FORGE / "ISSUE_TEMPLATE" / "fault.yml",
        FORGE / "ISSUE_TEMPLATE" / "wish.yml",
    ],
}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("schema", FILES)
def test_the_forge_reads_its_files(schema: str) -> None:
    """Each file of the forge is valid by the forge's own schema."""
    program = str(Path(sys.executable).parent / "check-jsonschema")
    command = [program, "--builtin-schema", schema, *map(str, FILES[schema])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_what_the_makefile_has(path: Path) -> None:
    """Every `make` of a workflow is a target, every job has a deadline, and rights are read by default."""
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    called = [
        word for line in path.read_text().splitlines() for word in re.findall(r"run: make ([a-z-]+)", line)
    ]
    assert called
    assert set(called) <= TARGETS
    assert all(job["timeout-minutes"] > 0 for job in workflow["jobs"].values())


def test_the_tests_run_on_every_python_that_is_served() -> None:
    """CI begins with the oldest Python that pyproject.toml allows, and leaves none out."""
    workflow = yaml.safe_load((FORGE / "workflows" / "ci.yml").read_text())
    found = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert oldest == f">={found[0]}"
    assert found == [f"3.{minor}" for minor in range(11, 11 + len(found))]
    assert len(found) == 4


def test_hooks_before_a_commit_use_the_tools_of_the_lock() -> None:
    """Every hook is local, so no second version of a tool says otherwise than `make check`."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/") for hook in config["repos"][0]["hooks"])
