"""An export is written beside its target under a hidden name, and renamed when it is whole."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dreamd.adapters.recordings.manifest import RecordingError

README: Final = "README"
FIRST_LINE: Final = "Export of a dreamd recording"
"""The first line of the README of each exported directory: only such a directory is replaced."""


@contextmanager
def target(path: Path, *, force: bool) -> Iterator[Path]:
    """Yield the hidden path to write to, a file or a directory; give it its name at the end.

    Raises:
        RecordingError: the target exists, the disk is full, or the system refuses to write.
    """
    _check(path, force=force)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.partial")
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    try:
        yield hidden
        if path.is_dir():
            path.rename(old)
        hidden.replace(path)
    except OSError as error:
        raise RecordingError(_sentence(path, error)) from error
    finally:
        remove(hidden)
        if path.exists():
            remove(old)


def remove(path: Path) -> None:
    """Remove a file or a directory; there may be none."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _check(path: Path, *, force: bool) -> None:
    if not path.parent.is_dir():
        raise RecordingError(f"{path.parent} is no directory; make it, or give another --out")
    if not path.exists():
        return
    if not force:
        raise RecordingError(f"{path} exists; replace it with --force, or give another --out")
    if path.is_dir() and not _is_export(path):
        raise RecordingError(
            f"{path} is a directory that no export has made, and --force replaces only exports; "
            "give another --out"
        )


def _is_export(path: Path) -> bool:
    readme = path / README
    return readme.is_file() and readme.read_text(encoding="utf-8", errors="replace").startswith(FIRST_LINE)


def _sentence(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {path.parent} is full, and nothing was kept; free some, or give another --out"
    return f"{path} cannot be written ({error.strerror or error}); give another --out"
