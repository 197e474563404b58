"""Checks a release before it is installed: the signature over the sums, and each file against its sum."""

import hashlib
import subprocess
from pathlib import Path

from release.build import NAMESPACE, SUMS, ReleaseError


def check(place: Path, signers: Path | None, identity: str) -> int:
    """Return the number of files that are as summed up.

    Args:
        place: the directory of the release.
        signers: the keys that may sign, as ssh-keygen(1) ALLOWED SIGNERS; None: the signature is not checked.
        identity: the name of the signer in it.

    Raises:
        ReleaseError: a file is missing, or another than was signed.
    """
    sums = place / SUMS
    if not sums.is_file():
        raise ReleaseError(f"{sums} is not there; {place} is no release")
    if signers is not None:
        _check_signature(sums, signers, identity)
    lines = [line.partition("  ") for line in sums.read_text().splitlines()]
    listed = {name: expected for expected, _, name in lines}
    for name, expected in listed.items():
        path = place / name
        if not path.is_file():
            raise ReleaseError(f"{path} is missing; it is in {SUMS}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise ReleaseError(f"{path} has another SHA-256 than {SUMS} says; do not install it")
    unlisted = {path.name for path in place.iterdir()} - {*listed, SUMS, f"{SUMS}.sig"}
    if unlisted:
        raise ReleaseError(f"{', '.join(sorted(unlisted))} in {place}: not in {SUMS}")
    return len(listed)


def _check_signature(sums: Path, signers: Path, identity: str) -> None:
    signature = sums.with_name(f"{SUMS}.sig")
    if not signature.is_file():
        raise ReleaseError(f"{signature} is not there: the release is not signed")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", identity, "-n", NAMESPACE]
    done = subprocess.run(
        [*command, "-s", str(signature)], input=sums.read_bytes(), capture_output=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise ReleaseError(f"{signature} is no signature of {identity} over {sums}: {said}")
