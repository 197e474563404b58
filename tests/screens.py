"""`make screenshots`: the two pictures of the documents from one real night, terminal and console.

`dreamd up` keeps the terminal's itself; the console's is taken in a headless Chromium some seconds after the
malfunction. Without Chromium only the first is made, with a notice.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from chromium import BINARY, Chromium

SCREENS: Final = Path(__file__).resolve().parents[1] / "deploy" / "screens"
AFTER_S: Final = 3.0
WIDTH, HEIGHT = 1280, 800


def main() -> int:
    """Run a night; flags are those of `dreamd up`."""
    flags = ["--no-view", "--screenshot", f"{SCREENS / 'up.svg'}@27", *sys.argv[1:]]
    command = [sys.executable, "-m", "dreamd", "up", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        for line in up.stdout:
            print(line, end="", flush=True)
            what, _, url = line.strip().partition(": ")
            if what == "console" and BINARY is not None:
                shoot(url, SCREENS / "console.png")
    if BINARY is None:
        print("chromium is not installed (make system-packages): no picture of the console")
    return up.returncode


def shoot(url: str, path: Path) -> None:
    """Follow the console until a bed is severed, and keep that picture."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Chromium(Path(folder))
        try:
            browser.size(WIDTH, HEIGHT)
            browser.prefer(prefers_color_scheme="dark")
            browser.go(url)
            browser.until("/severed: /.test(document.getElementById('facts').textContent)", 60.0)
            time.sleep(AFTER_S)
            browser.shoot(path)
        finally:
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
