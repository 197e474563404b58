"""The client's few calls that one system has and another lacks, each with its substitute.

On Linux and macOS each is the system's own call. The substitutes were run on Linux with the calls taken away,
not on Windows.
"""

import errno
import importlib
import os
from pathlib import Path
from typing import Any, Final


def _loaded(name: str) -> Any:  # noqa: ANN401 -- a module of another system
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_FCNTL: Final = _loaded("fcntl")
_OTHERS: Final = 0o077
PLAIN: Final[int] = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Flags of each open file: no child inherits it, and its bytes stay as they are."""


def lock_alone(handle: int) -> None:
    """Lock an open file for this process until it is closed. Windows: one byte of it.

    Raises:
        BlockingIOError: another process holds it.
    """
    if _FCNTL is not None:
        _FCNTL.flock(handle, _FCNTL.LOCK_EX | _FCNTL.LOCK_NB)
        return
    msvcrt = _loaded("msvcrt")
    if msvcrt is None:
        raise OSError(errno.ENOLCK, "this system has no lock for files")
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        raise BlockingIOError(errno.EWOULDBLOCK, "another process holds it") from error


def close_to_others(handle: int) -> None:
    """Let the owner alone read an open file. Windows: the rights are those of its folder."""
    if hasattr(os, "fchmod"):
        os.fchmod(handle, 0o600)


def closed_to_others(path: Path) -> bool:
    """Whether the owner alone can read a file. Windows: its mode has no word of it, and is believed."""
    mode = path.stat().st_mode
    return not mode & _OTHERS or not hasattr(os, "fchmod")


def flush_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder. Windows opens none, and they follow later."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | PLAIN)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
