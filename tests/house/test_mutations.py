"""The table of `make mutate` fits the code that it breaks."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from mutate.mutation import Mutation, StaleMutationError
from mutate.mutations import MUTATIONS

ROOT = Path(__file__).resolve().parents[2]
TABLES: Final = sorted(
    {path.stem for path in (ROOT / "tests" / "mutate").glob("[a-z]*.py")} - {"mutation", "mutations"}
)
"""Each file of `tests/mutate` with mutations: its table has its name."""
TEST: Final = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)


def mutations_of(table: str) -> tuple[Mutation, ...]:
    """Return the mutations of one file."""
    found: tuple[Mutation, ...] = getattr(import_module(f"mutate.{table}"), table.upper())
    return found


@cache
def named_tests(file: str) -> frozenset[str]:
    """Return the names of the tests in a file; none if it does not exist."""
    path = ROOT / file
    return frozenset(TEST.findall(path.read_text())) if path.is_file() else frozenset()


def faults(mutation: Mutation) -> Iterator[str]:
    """Yield what keeps a mutation from breaking its guard."""
    try:
        broken = mutation.broken_text(ROOT)
        if mutation.file.endswith(".py"):
            ast.parse(broken)
    except (StaleMutationError, SyntaxError, OSError) as error:
        yield str(error)
    else:
        if mutation.new == mutation.old:
            yield "it changes nothing"
    for test in mutation.tests:
        file, _, name = test.partition("::")
        if not named_tests(file):
            yield f"{file} holds no tests"
        elif name and name.partition("[")[0] not in named_tests(file):
            yield f"{file} has no {name}"


@pytest.mark.parametrize("table", TABLES)
def test_every_mutation_still_applies(table: str) -> None:
    """A mutation's old text occurs exactly once, a new Python file is valid, and its tests exist."""
    assert [(one.name, fault) for one in mutations_of(table) for fault in faults(one)] == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"old": "such a line is not there"}, "stands 0 times"),
        ({"old": "\n"}, "times in"),
        ({"new": "def ("}, "invalid syntax"),
        ({"new": MUTATIONS[0].old}, "it changes nothing"),
        ({"file": "daemon/dreamd/gone.py"}, "No such file"),
        ({"tests": ("tests/house/test_gone.py",)}, "holds no tests"),
        ({"tests": ("tests/house/test_mutations.py::test_gone",)}, "has no test_gone"),
    ],
)
def test_a_mutation_that_breaks_nothing_is_found(wrong: dict[str, Any], fault: str) -> None:
    """Each way in which the table can fall behind the code is named."""
    (found,) = faults(replace(MUTATIONS[0], **wrong))
    assert fault in found


def test_every_table_is_run() -> None:
    """`make mutate` runs each table's mutations, and no others."""
    found = [one.name for table in TABLES for one in mutations_of(table)]
    assert sorted(found) == sorted(one.name for one in MUTATIONS)


def test_every_guard_has_a_name_of_its_own() -> None:
    """Every guard has its own name, so `--only` selects one."""
    names = [mutation.name for mutation in MUTATIONS]
    assert len(names) == len(set(names))
