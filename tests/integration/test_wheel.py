"""The wheel in an environment of its own, with only the packages of its extra `up`."""

import json
import os
import re
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from integration.test_up import ports

ROOT = Path(__file__).resolve().parents[2]


def needed(wheel: metadata.Distribution, extra: str) -> dict[str, metadata.Distribution]:
    """Each distribution that an extra of the wheel needs, as it is installed here, by its name."""
    found: dict[str, metadata.Distribution] = {}
    asked = [(wheel, extra)]
    while asked:
        one, of = asked.pop()
        for text in one.requires or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": of}):
                continue
            ours = requirement.name == "dreamd"
            there = wheel if ours else metadata.distribution(requirement.name)
            extras = requirement.extras or ("",)
            if not ours:
                if requirement.name in found and not requirement.extras:
                    continue
                found[requirement.name] = there
            asked += [(there, more) for more in extras]
    return found


def lent(one: metadata.Distribution, site: Path) -> None:
    """Make an installed distribution importable from another environment, by links."""
    for top in {file.parts[0] for file in one.files or () if file.parts[0] not in {"..", "__pycache__"}}:
        link = site / top
        if not link.exists():
            link.symlink_to(Path(str(one.locate_file(top))))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, built from this tree, and with what `dreamd[up]` needs."""
    room = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(room)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = room.glob("dreamd-*.whl")
    here = room / "venv"
    venv.create(here, with_pip=False, symlinks=True)
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--offline",
        "--no-index",
        "--no-deps",
        "--quiet",
    ]
    subprocess.run([*install, "--python", str(here / "bin" / "python"), str(wheel)], check=True)
    (site,) = here.glob("lib/python*/site-packages")
    (installed,) = metadata.distributions(name="dreamd", path=[str(site)])
    for one in needed(installed, "up").values():
        lent(one, site)
    return here


def run(bare: Path, room: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment, in a folder of its own and without this one's variables."""
    environment = {"PATH": os.defpath, "HOME": str(room)}
    return subprocess.run(
        [str(bare / "bin" / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd=room,
        env=environment,
        timeout=90,
    )


def test_the_wheel_says_its_version_and_brings_no_development_tool(bare: Path, tmp_path: Path) -> None:
    """`dreamd --version` from the wheel, imported from there; neither pytest nor mne can be imported."""
    said = run(bare, tmp_path, "dreamd", "--version")
    assert (said.returncode, said.stderr) == (0, "")
    assert re.match(r"dreamd \d+\.\d+\.\d+", said.stdout)
    where = run(bare, tmp_path, "python", "-c", "import dreamd, dreamedge; print(dreamd.__file__)")
    assert where.stdout.startswith(str(bare)), where.stderr
    for tool in ("pytest", "mne", "brainflow"):
        assert run(bare, tmp_path, "python", "-c", f"import {tool}").returncode == 1


def test_a_night_runs_from_the_wheel(bare: Path, tmp_path: Path) -> None:
    """`dreamd up` with the packages of the extra `up` alone: three sleepers merge and come home."""
    night = f"--night={tmp_path / 'night.svg'}"
    flags = (*ports(), "--json", "--sleepers=3", "--duration=8", night)
    done = run(bare, tmp_path, "dreamd", "up", *flags)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["sleepers"], told["home"]) == (3, 3)
    assert (tmp_path / "night.svg").exists()
