"""A file that is written whole or not at all, and that its owner alone can read, unless its mode says more.

Keys, credentials and the plans of their renewal are written this way, at both ends. A power cut leaves the
file as it was, or as it is meant to be: the new one is on the disk before it takes the place of the old one,
and the change of the directory follows at once.
"""

import os
import tempfile
from pathlib import Path

from dreamwire.operating_system import close_to_others, flush_open, flush_path


def write_closed(path: Path, content: bytes, mode: int = 0o600, *, replace: bool = True) -> None:
    """Write a file. replace: whether one that is there may be replaced.

    Raises:
        FileExistsError: the file is there, and `replace` is false.
        OSError: the disk is full, or not writable.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            close_to_others(file.fileno(), mode)
            file.write(content)
            file.flush()
            flush_open(file.fileno())
        if replace:
            Path(draft).replace(path)
        else:
            path.hardlink_to(draft)
    finally:
        Path(draft).unlink(missing_ok=True)
    flush_to_disk(path.parent)


def flush_to_disk(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder; OSError where it cannot."""
    flush_path(path)
