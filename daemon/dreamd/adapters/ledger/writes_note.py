"""The note beside the ledger: its number of writes, so that an older file in its place is recognised.

A backup does not copy the note. A file with fewer writes than the note is older than the last write here. An
unreadable note is no evidence.
"""

import os
from pathlib import Path
from typing import Final

AS_A_COPY: Final = -1
"""The count in a file that was made as a copy: below every note, and below no note at all."""


class WritesNote:
    """The file `NAME.writes` beside the ledger `NAME`; closed to others."""

    def __init__(self, ledger: Path) -> None:
        """Store the path; nothing is read yet."""
        self._path = ledger.with_name(f"{ledger.name}.writes")

    def read(self) -> int:
        """Return the count; 0 where there is no note, or none that can be read."""
        try:
            return int(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def keep_count(self, count: int) -> None:
        """Keep the count, whole or not at all; OSError from the disk."""
        fresh = self._path.with_suffix(".fresh")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            os.fchmod(handle, 0o600)
            file.write(str(count))
            file.flush()
            os.fsync(handle)
        fresh.replace(self._path)

    def raise_above(self, writes: int) -> None:
        """Record more writes than any file here has; OSError from the disk."""
        self.keep_count(max(self.read(), writes, 0) + 1)
