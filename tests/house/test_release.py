"""A release: notes from CHANGELOG, and its check, which names whatever is not as it was signed."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from release.build import NAMESPACE, SUMS, ReleaseError
from release.check import check
from release.notes import NoNotesError, notes_of

LOG = """# Changelog

## [Unreleased]

## [1.1.0] - 2026-03-01

### Added

- A way out.

## [1.0.0] - 2026-01-01

- First.
"""


def test_the_notes_of_a_version_are_its_section() -> None:
    """A version has the lines below its heading alone; one without a section or without lines is refused."""
    assert notes_of(LOG, "1.1.0") == "### Added\n\n- A way out.\n"
    assert notes_of(LOG, "1.0.0") == "- First.\n"
    with pytest.raises(NoNotesError, match=r"there: Unreleased, 1\.1\.0, 1\.0\.0"):
        notes_of(LOG, "2.0.0")
    with pytest.raises(NoNotesError, match="has nothing below"):
        notes_of(LOG, "Unreleased")


def released(place: Path) -> Path:
    """A directory as `make release` makes it, of two files."""
    place.mkdir()
    lines = []
    for name in ("dreamd-1.0.0-py3-none-any.whl", "NOTES.md"):
        (place / name).write_text(name)
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n")
    (place / SUMS).write_text("".join(lines))
    return place


def change(place: Path) -> None:
    """Another wheel of the same name."""
    (place / "dreamd-1.0.0-py3-none-any.whl").write_text("other")


def remove(place: Path) -> None:
    """A file is not there."""
    (place / "NOTES.md").unlink()


def add(place: Path) -> None:
    """A file that was not summed up."""
    (place / "dreamd-1.0.1-py3-none-any.whl").write_text("more")


@pytest.mark.parametrize(
    ("damage", "said"), [(change, "another SHA-256"), (remove, "is missing"), (add, "not in SHA256SUMS")]
)
def test_a_release_that_was_changed_is_named(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    """A file that is another, gone, or too many ends the check with its name; a whole release passes."""
    place = released(tmp_path / "dreamd-1.0.0")
    assert check(place, None, "") == 2
    damage(place)
    with pytest.raises(ReleaseError, match=said):
        check(place, None, "")


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")
def test_sums_that_another_key_signed_are_refused(tmp_path: Path) -> None:
    """The signature counts by the named signer, over these sums, for a release and for nothing else."""
    place = released(tmp_path / "dreamd-1.0.0")
    for name in ("ours", "other"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(tmp_path / name)]
        subprocess.run(command, check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"release {(tmp_path / 'ours.pub').read_text()}")

    def sign(key: str, purpose: str) -> None:
        (place / f"{SUMS}.sig").unlink(missing_ok=True)
        command = [
            "ssh-keygen",
            "-q",
            "-Y",
            "sign",
            "-f",
            str(tmp_path / key),
            "-n",
            purpose,
            str(place / SUMS),
        ]
        subprocess.run(command, check=True, capture_output=True)

    with pytest.raises(ReleaseError, match="is not signed"):
        check(place, signers, "release")
    sign("ours", NAMESPACE)
    assert check(place, signers, "release") == 2
    for key, purpose in (("other", NAMESPACE), ("ours", "file")):
        sign(key, purpose)
        with pytest.raises(ReleaseError, match="is no signature of release"):
            check(place, signers, "release")
    sign("ours", NAMESPACE)
    (place / SUMS).write_text((place / SUMS).read_text() + "\n")
    with pytest.raises(ReleaseError, match="is no signature of release"):
        check(place, signers, "release")


def test_the_changelog_has_the_form_that_a_release_reads() -> None:
    """Versions stand below the title, the unreleased first; below each, the sections of Keep a Changelog."""
    text = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text()
    headings = [line for line in text.splitlines() if line.startswith(("## ", "### "))]
    assert headings[0] == "## [Unreleased]"
    kinds = {"### Added", "### Changed", "### Deprecated", "### Fixed", "### Removed", "### Security"}
    for heading in headings[1:]:
        assert heading in kinds or re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading)
    assert notes_of(text, "Unreleased")
