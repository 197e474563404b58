"""A press to zero: 150 presses of a bed's button, each a real input event, at a bed with a signal."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dreamedge.adapters.bedside.evdev import EVENT
from dreamedge.adapters.clock import boottime_ns
from dreamwire.signing import SigningKey

PRESSES: Final = 150
READY_S: Final = 30.0

Row = Callable[[str, str, str], None]


def button(row: Row) -> None:
    """Press at moments spread over the pulse, and compare with the stamp at which the agent had acted."""
    with tempfile.TemporaryDirectory() as folder:
        device, journal = Path(folder) / "event0", Path(folder) / "journal"
        os.mkfifo(device)
        bed = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "dreamedge",
                    "run",
                    "--pod",
                    "bed-1=sim:3",
                    "--button",
                    f"evdev:{device}",
                ),
                *("--broker", "mqtt://127.0.0.1:1", "--daemon-key", SigningKey.generate().public.hex),
                *("--state-dir", str(Path(folder) / "state"), "--journal", str(journal)),
            ]
        )
        begun = time.monotonic()
        while not _noted(journal, "up") and time.monotonic() - begun < READY_S:
            time.sleep(0.05)
        rng, pressed_ns = random.Random(1), []
        with device.open("wb", buffering=0) as keys:
            for _ in range(PRESSES):
                time.sleep(0.26 + 0.1 * rng.random())
                pressed_ns.append(boottime_ns())
                keys.write(EVENT.pack(0, 0, 1, 28, 1) + EVENT.pack(0, 0, 1, 28, 0))
            time.sleep(0.5)
        bed.send_signal(signal.SIGTERM)
        bed.wait()
        acted_ns = [note["t_ns"] for note in _noted(journal, "pressed")]
    ms = sorted((acted - pressed) / 1e6 for acted, pressed in zip(acted_ns, pressed_ns, strict=True))
    title = f"{PRESSES} presses of a button: press to zero"
    row(f"{title} p50", f"{ms[len(ms) // 2]:.1f} ms", "one hop, 250 ms")
    row(f"{title} at most", f"{ms[-1]:.1f} ms", "one hop, 250 ms")


def _noted(journal: Path, kind: str) -> list[dict[str, int]]:
    lines = journal.read_text().splitlines() if journal.exists() else []
    return [note for note in map(json.loads, lines) if note["kind"] == kind]
