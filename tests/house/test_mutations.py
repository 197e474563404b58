"""The table of `make mutate` fits the code that it breaks."""

import ast
from functools import cache
from pathlib import Path

import pytest

from mutate.mutation import Mutation
from mutate.mutations import MUTATIONS

ROOT = Path(__file__).resolve().parents[2]


@cache
def named_tests(file: str) -> frozenset[str]:
    """Return the names of the tests in a file; none if it does not exist."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_mutation_still_applies(mutation: Mutation) -> None:
    """A mutation's old text occurs exactly once, the new file is valid Python, and its tests exist."""
    broken = mutation.broken_text(ROOT)
    assert broken != (ROOT / mutation.file).read_text()
    ast.parse(broken)
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert named_tests(file), f"{file} holds no tests"
        assert not name or name.partition("[")[0] in named_tests(file), f"{file} has no {name}"


def test_every_guard_has_a_name_of_its_own() -> None:
    """Every guard has its own name, so `--only` selects one."""
    names = [mutation.name for mutation in MUTATIONS]
    assert len(names) == len(set(names))
