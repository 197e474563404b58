"""The search of files for bytes that must not be in them any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

READ_AT_ONCE: Final = 1 << 20
LEFT_OUT: Final = frozenset({"recordings"})
"""Directories without a name or a key: a recording knows its sleepers by numbers."""
_IN_NAMES: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_.-")


@dataclass(frozen=True, slots=True)
class Needle:
    """Bytes to look for. word: only where no character of a name stands beside them."""

    content: bytes
    word: bool = False

    def within(self, text: bytes) -> bool:
        """Whether it is in these bytes."""
        at = text.find(self.content)
        while at >= 0:
            end = at + len(self.content)
            if not self.word or _IN_NAMES.isdisjoint(text[max(at - 1, 0) : at] + text[end : end + 1]):
                return True
            at = text.find(self.content, at + 1)
        return False


def files_that_hold(needles: Sequence[Needle], root: Path) -> tuple[str, ...]:
    """Return the files under `root` in which one of these is found, as paths from there."""
    overlap = max(len(needle.content) for needle in needles) + 1
    return tuple(
        str(path.relative_to(root)) for path in sorted(_files(root)) if _holds(path, needles, overlap)
    )


def _files(root: Path) -> Iterator[Path]:
    for path in root.iterdir():
        if path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in LEFT_OUT:
                yield from _files(path)
        elif path.is_file():
            yield path


def _holds(path: Path, needles: Sequence[Needle], overlap: int) -> bool:
    """Whether a needle is in the file, also across two readings."""
    try:
        with path.open("rb", buffering=0) as file:
            before = b""
            while part := file.read(READ_AT_ONCE):
                here = before + part
                if any(needle.within(here) for needle in needles):
                    return True
                before = here[-overlap:]
    except FileNotFoundError:  # removed meanwhile
        return False
    return False
