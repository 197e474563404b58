"""`dreamd rehearse` with real processes: a small rehearsal of each failure; most are for `make soak`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from depth import LONG
from dreamd.up.processes import brokers
from integration.conftest import free_port

REHEARSE = (sys.executable, "-m", "dreamd", "rehearse", "festival", "--json")
SHORT = ("frozen",)
"""Besides the failure it runs agents, a lying link, the daemon's own finding and the way home."""


def rehearsed(*flags: str, within_s: float = 120.0) -> tuple[int, dict[str, Any]]:
    """Exit status and result of a rehearsal on free ports."""
    if brokers.mosquitto_binary() is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    ports = [f"--{name}-port={free_port()}" for name in ("mqtt", "grpc", "http", "console")]
    command = [*REHEARSE, *ports, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    "name",
    ["silence", "flat", "railed", "nonfinite", "frozen", "replay", "clock-jump", "actuator-stuck", "mass"],
)
def test_every_injected_failure_is_found_and_all_come_home(name: str, tmp_path: Path) -> None:
    """Twelve light sleepers, real MQTT, real daemon: all failures found, no false sever, all home."""
    if name not in SHORT and not LONG:
        pytest.skip("DREAMD_LONG: half a minute")
    report = tmp_path / "report.html"
    flags = ("--sleepers=12", "--signal=features", f"--malfunction={name}", "--at=12", f"--report={report}")
    status, told = rehearsed(*flags)
    assert told["malfunctioned"] == told["detected"] >= 1
    assert (told["false_severs"], told["home"]) == (0, 12)
    assert told["onset_to_alone_ms"]["max"] is not None
    assert status == 0
    assert "</svg>" in report.read_text()


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute each")
@pytest.mark.parametrize("name", ["withdrawal", "expiry", "hours-end", "narrowing", "widening", "anchor"])
def test_every_act_of_a_sleeper_holds_in_time(name: str) -> None:
    """Of twelve two act: withdrawals, ends, narrower and wider grants hold by the pods' own stamps."""
    flags = ("--sleepers=12", "--signal=features", "--share=0.17", f"--malfunction={name}")
    status, told = rehearsed(*flags, within_s=200.0)
    assert (told["malfunctioned"], told["detected"], told["false_severs"], told["home"]) == (2, 2, 0, 12)
    assert told["evidence_to_zero_ms"]["max"] <= (500.0 if name == "withdrawal" else 750.0)
    assert (told["onset_to_alone_ms"]["max"] is None) is (name in ("narrowing", "widening", "anchor"))
    assert status == 0


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a minute")
def test_a_sleeper_with_a_signal_fails_alike() -> None:
    """Eight sleepers with the whole signal path: one rails, its own pod finds it, all come home."""
    status, told = rehearsed("--sleepers=8", "--share=0.13", "--malfunction=railed")
    assert (told["signal"], told["detected"], told["false_severs"], told["home"]) == ("whole", 1, 0, 8)
    assert told["evidence_to_zero_ms"]["max"] <= 500.0
    assert status == 0


def test_an_impossible_rehearsal_starts_nothing() -> None:
    """An impossible rehearsal is refused at once with status 2 and one sentence."""
    command = [*REHEARSE, "--sleepers=6", "--malfunction=homogenise", "--duration=5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "could not show itself" in line
