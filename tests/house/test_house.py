"""The rules of the house, checked by tests; CONTRIBUTING.md lists them in words."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dreamd.adapters.metrics.catalogue import markdown
from dreamd.core.dreamscapes.states import table_markdown
from dreamd.core.guidelines import keys
from sim import restarts
from tables import schema_text

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("daemon", "edge", "proto")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "base", "misc"}
TOP_LEVEL = {
    "daemon", "proto", "edge", "deploy", "docs", "tests", ".ci", ".github", "requirements",
    "pyproject.toml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
    "SECURITY.md", "Makefile", "buf.yaml", ".gitignore", ".gitattributes", ".dockerignore",
    ".pre-commit-config.yaml",
}  # fmt: skip


def tracked(*suffixes: str) -> list[Path]:
    """Return the files git tracks or would track, with one of these endings."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    files = [ROOT / name for name in names if name.endswith(suffixes)]
    return [path for path in files if path.is_file() and "_pb2" not in path.name]


def sources() -> list[Path]:
    """Return our modules, without tests and generated code."""
    return [path for path in tracked(".py") if path.relative_to(ROOT).parts[0] in SOURCES]


def relative(path: Path) -> str:
    """Return the path from the top of the project."""
    return str(path.relative_to(ROOT))


def test_top_level_is_as_asked() -> None:
    """The top level of the project holds its layout's names and no others."""
    names = {path.relative_to(ROOT).parts[0] for path in tracked("")}
    assert names <= TOP_LEVEL


def test_modules_are_short() -> None:
    """No module is longer than 400 lines: a longer one is two things."""
    long = {relative(p): n for p in sources() if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_functions_are_short() -> None:
    """No function is longer than 60 lines: a longer one is two things."""
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 60:
                    long.append(f"{relative(path)}:{node.lineno} {node.name} {length}")
    assert not long


def test_modules_are_named_for_what_they_are() -> None:
    """No module has an empty name such as utils or helpers."""
    vague = [relative(path) for path in sources() if path.stem in BANNED_NAMES]
    assert not vague


def test_every_test_says_what_it_proves() -> None:
    """Every test has a docstring: the fact it proves."""
    silent = []
    for path in tracked(".py"):
        if path.relative_to(ROOT).parts[0] == "tests" and path.name.startswith("test_"):
            for node in ast.walk(ast.parse(path.read_text())):
                is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
                    "test_"
                )
                if is_test and not ast.get_docstring(node):
                    silent.append(f"{relative(path)}:{node.lineno} {node.name}")
    assert not silent


def test_nothing_is_left_unfinished() -> None:
    """No marker of unfinished work is committed."""
    marker = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|NotImplemented" r"Error)\b")
    found = [
        f"{relative(path)}:{number}"
        for path in tracked(".py", ".proto", ".md", ".yaml", ".conf")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marker.search(line)
    ]
    assert not found


def test_the_state_table_in_the_documents_is_the_code() -> None:
    """docs/reference.md shows the Dreamscape's state table exactly as the code has it."""
    assert table_markdown() in (ROOT / "docs" / "reference.md").read_text()


def test_the_table_of_metrics_in_the_documents_is_the_code() -> None:
    """docs/reference.md lists every metric exactly as the catalogue has it (`make tables` writes it)."""
    assert markdown() in (ROOT / "docs" / "reference.md").read_text()


def test_the_vocabulary_in_the_documents_is_the_code() -> None:
    """docs/ shows the keys of the guidelines and their JSON Schema as the code has them (`make tables`)."""
    assert keys.markdown() in (ROOT / "docs" / "reference.md").read_text()
    assert (ROOT / "docs" / "guidelines.schema.json").read_text() == schema_text()


def test_the_table_of_restarts_in_the_documents_is_the_one_that_is_lived_through() -> None:
    """docs/reference.md shows every row of the restarts with its bounds (`make tables` writes it)."""
    assert restarts.markdown() in (ROOT / "docs" / "reference.md").read_text()


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",)],
    ids=lambda command: command[0] + ("-format" if "format" in command else ""),
)
def test_the_tools_agree(command: tuple[str, ...]) -> None:
    """Lint, format, types and import contracts hold over the whole tree."""
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
