"""The daily copies of the keys, in `keys-copies` beside them: a week of them, and none older than an erasure.

A copy holds every link and key as of its day. An erasure makes one new copy and removes all others, so that
no copy brings an erased sleeper back. A removed copy is overwritten first; on a disk that moves its blocks
that is no proof.
"""

import os
import sqlite3
from collections.abc import Container
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dreamwire.closed_file import flush_to_disk

COPIES: Final = "keys-copies"
KEPT: Final = 7
"""Copies that are kept, one a day."""


def keep_copy(base: sqlite3.Connection, keys: Path, at_s: float) -> None:
    """Copy the keys, unless there is a copy of this day; drop the oldest beyond KEPT."""
    copy = _folder(keys) / f"{_day(at_s)}.sqlite3"
    if not copy.exists():
        _copy(base, copy)
    for old in _copies(keys)[:-KEPT]:
        _shred(old)


def renew_copies(base: sqlite3.Connection, keys: Path, at_s: float) -> None:
    """Replace every copy by one of now."""
    old = [*_copies(keys), *_drafts(keys)]
    if not old:
        return
    newest = _folder(keys) / f"{_day(at_s)}.sqlite3"
    draft = newest.with_suffix(".fresh")
    draft.unlink(missing_ok=True)
    _copy(base, draft)
    for one in old:
        _shred(one)
    draft.replace(newest)
    flush_to_disk(newest.parent)


def copies_hold(keys: Path, subjects: Container[str]) -> bool:
    """Whether a copy holds one of these subjects, or cannot be read, or was cut short."""
    return bool(_drafts(keys)) or any(_holds(copy, subjects) for copy in _copies(keys))


def _holds(copy: Path, subjects: Container[str]) -> bool:
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            return any(subject in subjects for (subject,) in base.execute("SELECT subject FROM people"))
    except sqlite3.Error:
        return True


def _drafts(keys: Path) -> list[Path]:
    """Copies that a killed program has left unfinished."""
    return sorted(keys.with_name(COPIES).glob("*.draft"))


def _copies(keys: Path) -> list[Path]:
    """The copies, oldest first."""
    return sorted(keys.with_name(COPIES).glob("*.sqlite3"))


def _folder(keys: Path) -> Path:
    folder = keys.with_name(COPIES)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d")


def _copy(base: sqlite3.Connection, to: Path) -> None:
    """Write a copy without free pages, whole or not at all, closed to others."""
    draft = to.with_suffix(".draft")
    draft.unlink(missing_ok=True)  # of a program that was killed
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        base.execute("VACUUM INTO ?", (str(draft),))
        flush_to_disk(draft)
        draft.replace(to)
        flush_to_disk(to.parent)
    finally:
        draft.unlink(missing_ok=True)


def _shred(copy: Path) -> None:
    """Overwrite and remove."""
    with suppress(FileNotFoundError):
        with copy.open("r+b", buffering=0) as file:
            file.write(bytes(copy.stat().st_size))
            os.fsync(file.fileno())
        copy.unlink()
