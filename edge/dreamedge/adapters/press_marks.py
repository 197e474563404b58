"""Presses of a button that are not on the disk yet: a page of memory that outlives the process.

Theory of operation. A press is acted on at once, and the disk's thread writes what follows from it some
milliseconds later. A process killed in between would forget that its sleeper has left. So each press is first
marked in a page of shared memory, by a store that calls nothing and waits for nothing. The next start finds
the mark and presses again. The mark is cleared once the disk holds all that followed.

Rules
- A zero of a button is never without its mark: the mark comes before it.
- Each press has a byte of its own, so that one can be marked while another thread clears those before it.
- The page lies in memory (tmpfs), never on a disk: a page of a file on a disk may wait for that disk.
- A machine that loses its power loses the page, and with it a press in the last milliseconds before.
- Where no such page can be had, the pod works without one.
"""

import hashlib
import mmap
import os
import stat
from pathlib import Path
from typing import Final

from dreamwire.operating_system import PLAIN, SHARED_MEMORY

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the system's memory, not a directory for drafts
_BYTES: Final = mmap.PAGESIZE


class PressMarks:
    """The marks of one pod. found: the buttons marked by an earlier process, whose effects may be lost."""

    def __init__(self, directory: Path, buttons: tuple[str, ...], memory: Path = MEMORY) -> None:
        """directory: of the pod's state, which names the page. buttons: at most 8."""
        self._bits = {button: 1 << number for number, button in enumerate(buttons)}
        user = os.geteuid() if SHARED_MEMORY else 0
        self._path = memory / f"dreamedge-{user}-{_name_of(directory)}"
        self._page = _opened(self._path) if SHARED_MEMORY else None
        marked = self._page[:] if self._page is not None else b""
        self.found = tuple(name for name, bit in self._bits.items() if any(byte & bit for byte in marked))
        self._cleared = 0
        self.count = len(marked.rstrip(b"\0"))
        """The number of the newest press, those of an earlier process included."""

    def mark(self, button: str) -> None:
        """Mark a press, the next one. It neither waits nor fails."""
        if self._page is not None:
            self._page[self.count % _BYTES] = self._bits.get(button, 0)
        self.count += 1

    def unmark(self, count: int) -> None:
        """All that followed from the first `count` presses is on the disk."""
        if self._page is not None:
            for number in range(max(self._cleared, count - _BYTES), count):
                self._page[number % _BYTES] = 0
        self._cleared = count

    def close(self) -> None:
        """Give the page back; one with a mark stays for the next start. Safe to call twice."""
        page, self._page = self._page, None
        if page is not None:
            if not any(page[:]):
                self._path.unlink(missing_ok=True)
            page.close()


def _name_of(directory: Path) -> str:
    return hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:32]


def _opened(path: Path) -> mmap.mmap | None:
    """Map the page, made if missing; None where it cannot be had, or is not this user's own."""
    try:
        page = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | PLAIN, 0o600)
    except OSError:
        return None
    try:
        facts = os.fstat(page)
        own = facts.st_uid == os.geteuid() and not facts.st_mode & 0o077
        if not (own and stat.S_ISREG(facts.st_mode)):
            return None
        os.posix_fallocate(page, 0, _BYTES)  # a store into a page that is not there would end the process
        return mmap.mmap(page, _BYTES)
    except OSError:
        return None
    finally:
        os.close(page)
