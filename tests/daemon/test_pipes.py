"""Both programs without a reader and without an extra."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", [("dreamd", "settings"), ("dreamedge", "--version")])
def test_a_reader_that_goes_away_is_no_traceback(command: tuple[str, ...]) -> None:
    """A verb with a closed output pipe ends quietly, like a program ended by SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        (sys.executable, "-m", *command), stdout=write, stderr=subprocess.PIPE, timeout=30, check=False
    )
    os.close(write)
    assert done.returncode in {0, 141}  # argparse itself tolerates a closed output
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("program", "verb", "extra"),
    [("dreamedge", "run", "edge"), ("dreamd", "pods", "daemon"), ("dreamd", "up", "up")],
)
def test_a_missing_extra_is_named_with_its_command(
    program: str, verb: str, extra: str, tmp_path: Path
) -> None:
    """Without an extra's packages a verb names the missing one and the command to install it."""
    told = tmp_path / "dreamd-0.1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: dreamd\nVersion: 0.1.0\n")
    path = os.pathsep.join(map(str, (ROOT / "daemon", ROOT / "edge", ROOT / "proto", tmp_path)))
    done = subprocess.run(
        (sys.executable, "-S", "-m", program, verb),
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert f"pip install 'dreamd[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
