"""The directory of the foreign clients' packages, set up by make from the lock file beside this module."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / ".venv" / "node" / "node_modules"
_missing = not (PACKAGES / "@grpc" / "grpc-js").is_dir() or shutil.which("node") is None

needs_node = pytest.mark.skipif(
    _missing, reason="node or its packages are missing: make system-packages, then make test"
)


def node(script: Path, *arguments: str, within_s: float = 30.0) -> subprocess.CompletedProcess[str]:
    """Run a script with the packages available, from the top of the project."""
    return subprocess.run(
        ["node", str(script), *arguments],
        cwd=ROOT,
        env=os.environ | {"NODE_PATH": str(PACKAGES)},
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
