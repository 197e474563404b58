"""The locks of `requirements/` against pyproject.toml: `make` installs the project's requirements."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
EXTRAS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]
BUILD = ROOT / "requirements" / "build.in"
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^ ;]+)(?P<marker> ;.*)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def asked(extra: str) -> list[Requirement]:
    """An extra's requirements, with those of our extras that it names."""
    found = []
    for text in EXTRAS[extra]:
        one = Requirement(text)
        found += [more for other in one.extras for more in asked(other)] if one.name == "dreamd" else [one]
    return found


def locked(extra: str) -> dict[str, list[Version]]:
    """The versions a lock pins, by package: several where they differ by platform or Python."""
    found: dict[str, list[Version]] = {}
    for line in (ROOT / "requirements" / f"{extra}.txt").read_text().splitlines():
        pin = PINNED.match(line)
        assert pin or HASH.match(line), line
        if pin:
            found.setdefault(canonicalize_name(pin["name"]), []).append(Version(pin["version"]))
    return found


@pytest.mark.parametrize("extra", ["up", "dev", "chart", "docs", "release"])
def test_a_lock_pins_what_its_extra_asks_for(extra: str) -> None:
    """Every requirement of the extra and of the build is pinned at a version that it allows (`make lock`)."""
    build = [line for line in BUILD.read_text().splitlines() if not line.startswith("#")]
    pins = locked(extra)
    for wanted in [*asked(extra), *map(Requirement, build)]:
        versions = pins.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is not in requirements/{extra}.txt"
        assert any(wanted.specifier.contains(version) for version in versions), (wanted, versions)


def test_a_lock_names_no_registry() -> None:
    """No lock holds an address, so each installation asks the registry that it is set up for."""
    for lock in (ROOT / "requirements").iterdir():
        assert "://" not in lock.read_text()
