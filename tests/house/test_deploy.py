"""The shipped deployment files, checked against the programs themselves."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dreamd import settings as daemon_settings
from dreamd.core.limits import LEASE_FADE_S, LEASE_S
from dreamedge import settings as edge_settings
from dreamwire.sd_notify import BEAT_S, STARTING_MORE_S
from house.command_lines import VARIABLES, typed, understood

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
UNREAD = (".svg", ".png", ".pyc")
TEXTS = [path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix not in UNREAD]


def installed(program: str) -> str:
    """The program's path; skips where it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (make system-packages)")
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_variable_that_is_named_is_one(path: Path) -> None:
    """Every setting named in the shipped files is one that the loaders know."""
    named = set(re.findall(r"\bDREAM(?:D|EDGE)_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))
    assert named <= VARIABLES


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_command_that_is_printed_is_understood(path: Path) -> None:
    """Every `dreamd` or `dreamedge` command in the shipped files exists."""
    assert [command for command in typed(path.read_text(encoding="utf-8")) if not understood(command)] == []


def test_the_check_of_commands_sees_them() -> None:
    """The units' commands are found, and an unknown flag is reported."""
    assert typed((UNITS / "dreamedge@.service").read_text()) == ["dreamedge run --pod bed-1"]
    assert typed((UNITS / "dreamd.service").read_text()) == ["dreamd serve"]
    assert not understood("dreamd serve --mqtt-passwort-file x")
    assert not understood("dreamedge run --brocker mqtt://h")


def test_the_example_settings_load() -> None:
    """The environment files load as they are, commented lines included."""
    shipped = {}
    for name in ("dreamd.env", "bed.env"):
        lines = re.findall(r"^#?(DREAM\w+)=(.*)$", (UNITS / name).read_text(), re.MULTILINE)
        shipped[name] = dict(lines)
        assert len(shipped[name]) > 5
    daemon = daemon_settings.load({"HOME": "/", **shipped["dreamd.env"]}, {}).settings
    assert daemon.broker.tls
    bed = edge_settings.load({"pod": ["bed-1"]}, shipped["bed.env"], None)
    assert bed.broker.tls
    assert bed.pods[0].papers.password_file == "/etc/dreamd/beds/bed-1.password"


def units_here(folder: Path) -> list[Path]:
    """The units with programs that exist on this machine."""
    made = []
    for unit in UNITS.glob("*.service"):
        made.append(folder / unit.name.replace("@", "@bed-1"))
        made[-1].write_text(unit.read_text().replace("/opt/dreamd/bin", str(Path(sys.executable).parent)))
    return made


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing: each directive exists and is well formed."""
    verify = [installed("systemd-analyze"), "verify", "--man=no", *map(str, units_here(tmp_path))]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "dreamd" in line or "dreamedge" in line]
    assert ours == []
    assert done.returncode == 0


def seconds(unit: str, name: str) -> float:
    """A time of a unit, in seconds; NaN if missing."""
    said = re.findall(rf"^{name}=(\d+)$", (UNITS / unit).read_text(), re.MULTILINE)
    return float(said[0]) if said else float("nan")


@pytest.mark.parametrize("unit", ["dreamd.service", "dreamedge@.service"])
def test_the_watchdogs_of_the_units_are_no_hurry(unit: str) -> None:
    """The watchdog's limit allows a lost heartbeat, and all are alone before a restart."""
    text = (UNITS / unit).read_text()
    assert re.findall(r"^Type=(.*)$", text, re.MULTILINE) == ["notify"]
    assert "NotifyAccess" not in text  # only the main process may notify
    limit_s = seconds(unit, "WatchdogSec")
    assert 3 * BEAT_S <= limit_s <= 10.0
    assert limit_s > LEASE_S + LEASE_FADE_S
    assert BEAT_S < STARTING_MORE_S < seconds(unit, "TimeoutStartSec")
    assert 0 < seconds(unit, "TimeoutAbortSec") < limit_s


def test_the_units_are_confined(tmp_path: Path) -> None:
    """`systemd-analyze security` finds an exposure of at most 2.0 of 10 (9.2 is an empty unit)."""
    analyze = installed("systemd-analyze")
    for unit in units_here(tmp_path):
        security = [analyze, "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]
        done = subprocess.run(security, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_prometheus_takes_its_configuration() -> None:
    """`promtool` accepts the scrape configuration, and Prometheus every flag of compose.yaml."""
    check = [installed("promtool"), "check", "config", str(DEPLOY / "prometheus.yml")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    known = subprocess.run([installed("prometheus"), "--help"], capture_output=True, text=True, check=False)
    passed = re.findall(r"- (--[a-z.-]+)=", (DEPLOY / "compose.yaml").read_text())
    assert len(passed) >= 3
    for flag in passed:
        assert flag in known.stdout + known.stderr
