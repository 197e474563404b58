"""Builds the files of a release from the committed tree, twice, and compares them byte by byte.

The second build runs elsewhere, in another time zone, with another hash seed, under another umask. A file
that differs is named, and nothing is released.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from release.notes import UNRELEASED, notes_of

SUMS: Final = "SHA256SUMS"
NAMESPACE: Final = "dreamd-release"
"""The purpose of a signature: one of anything else by the same key does not pass."""
LOCK: Final = "requirements/up.txt"
_OTHERS: Final = {"TZ": "Pacific/Chatham", "PYTHONHASHSEED": "77", "LC_ALL": "C"}

Tell = Callable[[str, str], None]
"""Called with a step and what was seen."""


class ReleaseError(Exception):
    """There is no release; the message names what was wrong, where, and what helps."""


def build(root: Path, tools: Path, out: Path, *, key: Path | None, trial: bool, tell: Tell) -> Path:
    """Build a release of the commit that is checked out.

    Args:
        root: the project.
        tools: the environment with hatchling and cyclonedx-py.
        out: where the directory of the release is made.
        key: signs the sums; None: they are not signed.
        trial: a commit without a tag is built as well, with the notes of what is unreleased.
        tell: is told of each step.

    Returns:
        The directory.

    Raises:
        ReleaseError: something is not committed or not tagged, or two builds differ.
        NoNotesError: CHANGELOG.md says nothing of the version.
    """
    changed = _git(root, "status", "--porcelain")
    if changed:
        raise ReleaseError(
            f"not committed: {', '.join(line[3:] for line in changed.splitlines()[:5])}; commit first"
        )
    tag = _tag(root)
    if not tag and not trial:
        raise ReleaseError("the commit has no tag v*; `git tag -s v1.2.3`, or --try to build it without one")
    with tempfile.TemporaryDirectory(prefix="release-") as place:
        first, second = Path(place) / "a", Path(place) / "another place"
        version = _built(root, tools, first, {}, 0o022)
        tell("build", f"dreamd {version}")
        _built(root, tools, second, _OTHERS, 0o077)
        _compare(first / "dist", second / "dist")
        tell("build again", "the same bytes, elsewhere")
        _rebuild_from_source(tools, first / "dist", Path(place) / "source", _epoch(root))
        tell("build from the sdist", "the same wheel")
        if tag and tag != f"v{version}":
            raise ReleaseError(f"the tag is {tag} and the version {version}; a tag is v and a version")
        text = notes_of((root / "CHANGELOG.md").read_text(), version if tag else UNRELEASED)
        made = out / f"dreamd-{version}"
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(first / "dist", made)
        (made / "NOTES.md").write_text(text)
        shutil.copyfile(root / LOCK, made / f"dreamd-{version}-up.txt")
        parts = _list_parts(root, tools, version, made / f"dreamd-{version}.cdx.json", _epoch(root))
        tell("list parts", f"{parts} packages, CycloneDX")
    _sum_up(made)
    tell("sum up", f"{SUMS}, SHA-256 of {len(list(made.iterdir())) - 1} files")
    tell("sign", _sign(made / SUMS, key))
    return made


def _tag(root: Path) -> str:
    command = ["git", "-C", str(root), "describe", "--exact-match", "--tags", "--match", "v*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _epoch(root: Path) -> str:
    return _git(root, "log", "-1", "--format=%ct")


def _git(root: Path, *words: str) -> str:
    return _run(["git", "-C", str(root), *words]).rstrip("\n")


def _run(
    command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, umask: int = -1
) -> str:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, umask=umask, capture_output=True, text=True, check=True
        )
    except FileNotFoundError as error:
        raise ReleaseError(f"{command[0]} is not installed here") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()[-5:]
        raise ReleaseError(f"`{' '.join(command)}` has failed: {' / '.join(said)}") from error
    return done.stdout


def _built(root: Path, tools: Path, place: Path, others: Mapping[str, str], umask: int) -> str:
    """Clone, build sdist and wheel into place/dist, and return the version."""
    _run(["git", "clone", "--quiet", str(root), str(place)], umask=umask)
    _run(["git", "checkout", "--quiet", "--detach", _git(root, "rev-parse", "HEAD")], cwd=place)
    env = {**os.environ, "SOURCE_DATE_EPOCH": _epoch(root), **others}
    python = str((tools / "bin" / "python").absolute())
    _run(
        [python, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", "dist"],
        cwd=place,
        env=env,
        umask=umask,
    )
    return _run([python, "-m", "hatchling", "version"], cwd=place, env=env).strip()


def _compare(first: Path, second: Path) -> None:
    names = sorted(path.name for path in first.iterdir())
    if names != sorted(path.name for path in second.iterdir()):
        raise ReleaseError(f"the second build made other files than {', '.join(names)}")
    for name in names:
        if (first / name).read_bytes() != (second / name).read_bytes():
            raise ReleaseError(f"{name} has other bytes in the second build; `diffoscope` shows which")


def _rebuild_from_source(tools: Path, dist: Path, place: Path, epoch: str) -> None:
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    (source,) = place.iterdir()
    env = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
    python = str((tools / "bin" / "python").absolute())
    _run([python, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"], cwd=source, env=env)
    if (source / "dist" / wheel.name).read_bytes() != wheel.read_bytes():
        raise ReleaseError(f"{wheel.name} has other bytes where it is built from {sdist.name}")


def _list_parts(root: Path, tools: Path, version: str, file: Path, epoch: str) -> int:
    """Write the SBOM of what the lock installs; return the number of packages."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    with tempfile.TemporaryDirectory() as place:
        about = Path(place) / "pyproject.toml"
        about.write_text(
            f'[project]\nname = "dreamd"\nversion = "{version}"\n'
            f'description = "{project["description"]}"\nlicense = "{project["license"]}"\n'
        )
        tool = str((tools / "bin" / "cyclonedx-py").absolute())
        words = ["requirements", str(root / LOCK), "--pyproject", str(about), "--output-reproducible"]
        env = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONWARNINGS": "ignore"}
        _run([tool, *words, "--of", "JSON", "-o", str(file)], env=env)
    return file.read_text().count('"purl"')


def _sum_up(made: Path) -> None:
    """Write the sums, in the form that `sha256sum -c` reads."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(made.iterdir())
    ]
    (made / SUMS).write_text("".join(lines))


def _sign(sums: Path, key: Path | None) -> str:
    if key is None:
        return "not signed: --key FILE names an SSH key"
    _run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(sums)])
    return f"{SUMS}.sig"
