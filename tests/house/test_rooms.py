"""The rooms of the application: what import-linter's contracts cannot hold."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = ROOT / "daemon/dreamd/app"
OWNER = APPLICATION / "safety/breaker_registry.py"


def assigned(path: Path) -> set[str]:
    """Return the names of the attributes that a module assigns."""
    stored = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute))
    return {node.attr for node in stored if isinstance(node.ctx, ast.Store)}


def test_breaker_state_has_one_owner() -> None:
    """Only the breaker registry assigns the breaker of a pod: every observation passes through it."""
    assigning = {path for path in APPLICATION.rglob("*.py") if "breaker" in assigned(path)}
    assert assigning == {OWNER}


def test_no_import_is_hidden_from_the_contracts() -> None:
    """No module of the product imports for type checking alone: the contracts hold for each import."""
    product = [path for room in ("daemon", "edge", "proto") for path in (ROOT / room).rglob("*.py")]
    ours = [path for path in product if "_pb2" not in path.name]
    hiding = [str(path.relative_to(ROOT)) for path in ours if "TYPE_CHECKING" in path.read_text()]
    assert not hiding
