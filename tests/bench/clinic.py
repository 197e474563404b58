"""Two hundred cases at once: from the mass failure to the whole list in level order, and into the ledger.

One Dreamscape of two hundred sleepers is severed as one, as the sleepers' signals have grown alike. The time
runs from before the tick that opens the cases to the end of the call that lists them, and to the last row on
the disk. The same house is asked for the admission of each sleeper with and without the cases.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.safety.causes import Cause
from fakes.callers import OPERATOR
from fakes.people import granted
from fakes.stage import Stage

COUNT: Final = 200
ROUNDS: Final = 3

Row = Callable[[str, str, str], None]


def clinic(row: Row) -> None:
    """Measure and print."""
    listed_s, written_s, held_us = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            stage = Stage(COUNT, SqliteLedger(Path(name) / "ledger"))
            _begin(stage)
            began_s = time.perf_counter()
            stage.app.registry["night"].dreamscape.sever(Cause.HOMOGENISED, "measured")
            cases = stage.app.clinic.list_cases(OPERATOR)
            assert isinstance(cases, tuple)
            listed_s.append(time.perf_counter() - began_s)
            assert len(cases) == COUNT + 1, len(cases)
            assert [one.order for one in cases] == sorted(one.order for one in cases)
            stage.hop()
            _settle(stage)
            written_s.append(time.perf_counter() - began_s)
            assert not any(pod.assign for pod in stage.pods)
            began_s = time.perf_counter()
            for number in range(1, COUNT + 1):
                assert stage.app._deps.clinic.refusal(f"sleeper-{number}") is not None
            held_us.append((time.perf_counter() - began_s) / COUNT * 1e6)
            stage.ledger.close()
    row(f"{COUNT} cases at once, listed in level order", f"{1000 * max(listed_s):.0f} ms", "<= 1 s")
    row(f"{COUNT} cases at once, every seat released and all written", f"{1000 * max(written_s):.0f} ms", "")
    row("whether a sleeper is held", f"{max(held_us):.1f} us", "<= 1 ms an admission")


def _begin(stage: Stage) -> None:
    """Let everyone merge; each step waits for the disk."""
    stage.appear(sleepers=False)
    for number, pod in enumerate(stage.pods, 1):
        granted(stage.app, f"sleeper-{number}")
        _settle(stage)
        stage.app.pods.check_in(OPERATOR, pod.name, f"sleeper-{number}")
        _settle(stage)
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, COUNT, ramp_s=10.0, ceiling=0.1))
    for _ in range(4):
        _settle(stage)
        stage.hop()
    stage.app.dreamscapes.start(OPERATOR, "night")
    for _ in range(8):
        _settle(stage)
        stage.hop()
    assert all(pod.assign for pod in stage.pods)


def _settle(stage: Stage) -> None:
    """Wait for the disk."""
    until_s = time.monotonic() + 20.0
    while not stage.ledger.idle and time.monotonic() < until_s:
        stage.app.deliver()
        time.sleep(0.001)
    stage.app.deliver()
