"""The daemon's directory: made private, and held by one process at a time.

It holds terms, counters and the signing key. Two daemons on one directory would each believe that they own
every Dreamscape, so the second is refused by an advisory lock on `daemon.lock`. The kernel drops the lock
when its holder dies, however it dies, so no stale lock remains.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

_OTHERS_WRITE: Final = 0o002
"""Listing the directory reveals nothing: each file in it is closed to others, except the public key."""


class StateDirError(Exception):
    """The directory cannot be used; the message has the reason and the next step."""


class StateDir:
    """A locked state directory; `close` releases it."""

    def __init__(self, path: Path) -> None:
        """Make and lock the directory at `path`.

        Raises:
            StateDirError: it cannot be written, others may write in it, or another daemon holds it.
        """
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check(path)
            self._lock_fd = os.open(path / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateDirError(
                f"the state directory {path} cannot be written ({error.strerror}); "
                "give another with --state-dir or DREAMD_STATE_DIR"
            ) from error
        self._take()

    @staticmethod
    def _check(path: Path) -> None:
        mode = path.stat().st_mode & 0o7777
        if mode & _OTHERS_WRITE:
            raise StateDirError(
                f"the state directory {path} is open to others, who may replace what is in it "
                f"(mode {mode:04o}); run: chmod 700 {path}"
            )

    def close_to_others(self) -> None:
        """Let others pass through the directory at most, to what in it is open to them.

        Raises:
            StateDirError: it belongs to another user.
        """
        seen = self.path.stat()
        if seen.st_uid != os.geteuid():
            raise StateDirError(
                f"the state directory {self.path} belongs to user {seen.st_uid}, and this runs as user "
                f"{os.geteuid()}, so the daemon could not read what is made here; run it as that user"
            )
        self.path.chmod(0o700 | seen.st_mode & 0o011)

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._lock_fd, 32, 0).decode("ascii", "replace").strip()
            self.close()
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise StateDirError(
                    f"the state directory {self.path} cannot be locked ({error.strerror})"
                ) from error
            raise StateDirError(
                f"another dreamd (process {holder or 'unknown'}) already uses {self.path}; "
                "stop it, or give this one its own directory with --state-dir"
            ) from error
        os.ftruncate(self._lock_fd, 0)
        os.pwrite(self._lock_fd, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Release the directory for another daemon; safe to call twice."""
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1
