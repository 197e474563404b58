"""`dreamd up --screenshot` with its real processes."""

import subprocess
from pathlib import Path

from integration.test_up import UP, ports
from up.test_screenshot import words


def test_a_run_without_a_terminal_keeps_its_screen(tmp_path: Path) -> None:
    """A night that ends before the requested second is kept at its end, complete."""
    screen = tmp_path / "screen.svg"
    where = ports()
    command = [
        *(*UP, *where, "--json", "--sleepers=2", "--duration=1"),
        *(f"--night={tmp_path / 'n.svg'}", f"--screenshot={screen}@999"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    text = "\n".join(words(screen.read_text(encoding="utf-8")))
    http_port = where[2].partition("=")[2]
    assert f"http://127.0.0.1:{http_port}/metrics" in text
    assert "bed-1ash" in text
    assert "thenightbegins:twodrawnin" in text
